// SPDX-License-Identifier: Apache-2.0
// Pairing, /nx/pair/0.1.0: two people (or one with two hands) make sure that the device they hold
// is the one at the other end of the link. Both sides commit to a random number, then reveal it;
// six digits made from both numbers, both peer ids and both names stand on both screens; each side
// needs its person's yes and the other's. Somebody in the middle must commit before seeing either
// number, so the codes agree once in a million tries, and a try that fails is seen.
//
// A pure state machine: bytes of the stream in, bytes out, time and random numbers from outside. It
// decides nothing about membership; its owner acts on PAIRING_DONE. See docs/protocols/pairing.md
// and docs/decisions/0011-pairing.md.
#pragma once

#include "mesh/peer_id.h"

#define PAIRING_PROTOCOL     "/nx/pair/0.1.0"
#define PAIRING_EXCHANGE_NS  UINT64_C(10000000000)  // from the first byte to the code
#define PAIRING_DECISION_NS  UINT64_C(120000000000) // for both people to look and answer
#define PAIRING_BLOCK_NS     UINT64_C(5000000000)   // after a failed try; doubles with each one
#define PAIRING_BLOCK_MAX_NS UINT64_C(600000000000)

enum {
    PAIRING_NONCE_BYTES = 32,
    PAIRING_HASH_BYTES = 32,
    PAIRING_NAME_MAX = 32, // UTF-8 with the terminating zero
    PAIRING_FORM_MAX = 16,
    PAIRING_CODE_MAX = 8,      // six digits and a zero
    PAIRING_MESSAGE_MAX = 128, // bytes after the length
    PAIRING_OUT_MAX = 256,
};

enum pairing_phase {
    PAIRING_EXCHANGING, // commitments and numbers under way
    PAIRING_COMPARE,    // `code` is to be compared; nobody here has decided
    PAIRING_WAITING,    // confirmed here, not yet there
    PAIRING_DONE,       // both confirmed
    PAIRING_FAILED,     // `reason` says why; nothing was learned
};

// What a device calls itself; both are shown to the other person and are part of the code.
struct pairing_party {
    struct peer_id id;
    char name[PAIRING_NAME_MAX];
    char form[PAIRING_FORM_MAX];
};

// One attempt. Owned by the caller; fields are for reading.
struct pairing {
    struct pairing_party own, peer;
    bool is_initiator;
    bool has_commitment; // the peer's
    bool peer_confirmed; // its yes came before ours
    enum pairing_phase phase;
    status_t
        reason; // when FAILED: ERR_CANCELLED refused here or there, ERR_TIMEOUT, ERR_UNTRUSTED the
                // number is not the one committed to, ERR_BAD_MESSAGE, ERR_CLOSED the stream ended
    char code[PAIRING_CODE_MAX]; // from COMPARE on
    uint64_t deadline_ns;
    uint8_t nonce[PAIRING_NONCE_BYTES];
    uint8_t peer_commitment[PAIRING_HASH_BYTES];
    uint8_t transcript[PAIRING_HASH_BYTES];
    uint8_t in[1 + PAIRING_MESSAGE_MAX];
    uint8_t in_size;
    uint16_t out_size;
    uint8_t out[PAIRING_OUT_MAX]; // for the peer: send it, then set out_size to 0
};

// Starts an attempt on an open stream to `peer`, whose id the link has proven. The initiator's
// first message stands in `out`.
void pairing_start(struct pairing *pairing, bool is_initiator, const struct pairing_party *own,
                   const struct peer_id *peer, const struct mesh_random *random);
// Sets the first deadline; call right after pairing_start.
void pairing_begin(struct pairing *pairing, uint64_t now_ns);
// Takes bytes from the stream. The phase may change.
void pairing_feed(struct pairing *pairing, struct span bytes, uint64_t now_ns);
// The person's word: `same` true confirms, false refuses (allowed in any unfinished phase).
// ERR_BAD_STATE: there is no code to confirm.
status_t pairing_decide(struct pairing *pairing, bool same);
// Fails the attempt when its deadline passed.
void pairing_tick(struct pairing *pairing, uint64_t now_ns);
// The stream ended; fails an unfinished attempt.
void pairing_stream_ended(struct pairing *pairing);
bool pairing_is_over(const struct pairing *pairing);

// How often one may try: one attempt at a time, a pause after each failure that doubles, and for
// attempts from outside only while the person has pairing open.
struct pairing_guard {
    bool is_open;    // the person looks at the list of devices
    bool is_running; // an attempt is under way
    uint32_t failures;
    uint64_t blocked_until_ns;
};

// May an attempt start now? OK, ERR_BAD_STATE (one is running), ERR_DENIED (from outside while
// closed), ERR_AGAIN (paused; attempts the person starts here are never paused).
status_t pairing_guard_start(struct pairing_guard *guard, bool is_ours, uint64_t now_ns);
// The attempt ended.
void pairing_guard_end(struct pairing_guard *guard, bool succeeded, uint64_t now_ns);
