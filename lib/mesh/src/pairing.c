// SPDX-License-Identifier: Apache-2.0
// Pairing; see mesh/pairing.h. The planted twin of this file does not check the commitment; the
// test in which somebody in the middle searches for a matching code must then succeed for the
// attacker, that is, fail.
//
//     initiator                      responder
//     COMMIT name form H(n1)  --->
//                             <---   COMMIT name form H(n2)
//     REVEAL n1               --->
//                             <---   REVEAL n2                    code on both screens
//     CONFIRM                 <-->   CONFIRM                      in either order
#include "mesh/pairing.h"

#include "base/assert.h"
#include "base/math.h"

#include <sodium.h>
#include <string.h>

enum message { MESSAGE_COMMIT = 1, MESSAGE_REVEAL = 2, MESSAGE_CONFIRM = 3, MESSAGE_REFUSE = 4 };
enum { ROLE_INITIATOR = 1, ROLE_RESPONDER = 2, CODE_DIGITS = 6, CODES = 1000000 };

#ifdef PLANTED_COMMITMENT_UNCHECKED
enum { COMMITMENT_CHECKED = 0 };
#else
enum { COMMITMENT_CHECKED = 1 };
#endif

static void fail(struct pairing *pairing, status_t reason)
{
    if (!pairing_is_over(pairing)) {
        pairing->phase = PAIRING_FAILED;
        pairing->reason = reason;
        memset(pairing->code, 0, sizeof pairing->code);
    }
}

// Starts a hash for one purpose with both ids in their fixed order.
static void hash_start(const struct pairing *pairing, const char *purpose,
                       crypto_hash_sha256_state *hash)
{
    const struct peer_id *first = &pairing->own.id, *second = &pairing->peer.id;
    if (!pairing->is_initiator) {
        first = &pairing->peer.id;
        second = &pairing->own.id;
    }
    crypto_hash_sha256_init(hash);
    crypto_hash_sha256_update(hash, (const uint8_t *)purpose, strlen(purpose));
    crypto_hash_sha256_update(hash, &first->size, 1);
    crypto_hash_sha256_update(hash, first->bytes, first->size);
    crypto_hash_sha256_update(hash, &second->size, 1);
    crypto_hash_sha256_update(hash, second->bytes, second->size);
}

static void hash_text(crypto_hash_sha256_state *hash, const char *text)
{
    uint8_t size = (uint8_t)strlen(text);
    crypto_hash_sha256_update(hash, &size, 1);
    crypto_hash_sha256_update(hash, (const uint8_t *)text, size);
}

static uint8_t role_of(const struct pairing *pairing, bool own)
{
    return pairing->is_initiator == own ? ROLE_INITIATOR : ROLE_RESPONDER;
}

// What a side commits to: its number, its role and name, and both ids.
static void commitment_of(const struct pairing *pairing, bool own, const uint8_t *nonce,
                          uint8_t out[PAIRING_HASH_BYTES])
{
    const struct pairing_party *party = own ? &pairing->own : &pairing->peer;
    uint8_t role = role_of(pairing, own);
    crypto_hash_sha256_state hash;
    hash_start(pairing, "nx-pair-commit:", &hash);
    crypto_hash_sha256_update(&hash, &role, 1);
    hash_text(&hash, party->name);
    hash_text(&hash, party->form);
    crypto_hash_sha256_update(&hash, nonce, PAIRING_NONCE_BYTES);
    crypto_hash_sha256_final(&hash, out);
}

// Everything both sides know now, in an order both agree on.
static void make_transcript(struct pairing *pairing, const uint8_t *peer_nonce)
{
    bool ours_first = pairing->is_initiator;
    const struct pairing_party *first = ours_first ? &pairing->own : &pairing->peer;
    const struct pairing_party *second = ours_first ? &pairing->peer : &pairing->own;
    crypto_hash_sha256_state hash;
    hash_start(pairing, "nx-pair-transcript:", &hash);
    hash_text(&hash, first->name);
    hash_text(&hash, first->form);
    hash_text(&hash, second->name);
    hash_text(&hash, second->form);
    crypto_hash_sha256_update(&hash, ours_first ? pairing->nonce : peer_nonce, PAIRING_NONCE_BYTES);
    crypto_hash_sha256_update(&hash, ours_first ? peer_nonce : pairing->nonce, PAIRING_NONCE_BYTES);
    crypto_hash_sha256_final(&hash, pairing->transcript);
}

static void derived(const struct pairing *pairing, const char *purpose, uint8_t role,
                    uint8_t out[PAIRING_HASH_BYTES])
{
    crypto_hash_sha256_state hash;
    crypto_hash_sha256_init(&hash);
    crypto_hash_sha256_update(&hash, (const uint8_t *)purpose, strlen(purpose));
    crypto_hash_sha256_update(&hash, &role, 1);
    crypto_hash_sha256_update(&hash, pairing->transcript, sizeof pairing->transcript);
    crypto_hash_sha256_final(&hash, out);
}

// The first 64 bits modulo a million: the bias is below 2^-44.
static void make_code(struct pairing *pairing)
{
    uint8_t bytes[PAIRING_HASH_BYTES];
    derived(pairing, "nx-pair-code:", 0, bytes);
    struct reader reader = reader_of(bytes, sizeof bytes);
    uint64_t value = reader_be64(&reader) % CODES;
    for (size_t i = CODE_DIGITS; i > 0; i--) {
        pairing->code[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    pairing->code[CODE_DIGITS] = 0;
}

static void put_message(struct pairing *pairing, const void *bytes, size_t size)
{
    struct writer out =
        writer_of(pairing->out + pairing->out_size, sizeof pairing->out - pairing->out_size);
    assert(size <= PAIRING_MESSAGE_MAX && PAIRING_MESSAGE_MAX < 256);
    writer_u8(&out, (uint8_t)size);
    writer_bytes(&out, bytes, size);
    assert(writer_ok(&out));
    pairing->out_size = (uint16_t)(pairing->out_size + out.size);
}

static void put_commit(struct pairing *pairing)
{
    uint8_t bytes[PAIRING_MESSAGE_MAX], commitment[PAIRING_HASH_BYTES];
    struct writer out = writer_of(bytes, sizeof bytes);
    commitment_of(pairing, true, pairing->nonce, commitment);
    writer_u8(&out, MESSAGE_COMMIT);
    writer_block(&out, pairing->own.name, strlen(pairing->own.name));
    writer_block(&out, pairing->own.form, strlen(pairing->own.form));
    writer_bytes(&out, commitment, sizeof commitment);
    assert(writer_ok(&out));
    put_message(pairing, bytes, out.size);
}

static void put_reveal(struct pairing *pairing)
{
    uint8_t bytes[1 + PAIRING_NONCE_BYTES] = {MESSAGE_REVEAL};
    memcpy(bytes + 1, pairing->nonce, sizeof pairing->nonce);
    put_message(pairing, bytes, sizeof bytes);
}

void pairing_start(struct pairing *pairing, bool is_initiator, const struct pairing_party *own,
                   const struct peer_id *peer, const struct mesh_random *random)
{
    *pairing = (struct pairing){
        .own = *own, .peer.id = *peer, .is_initiator = is_initiator, .deadline_ns = UINT64_MAX};
    random->fill(random->context, pairing->nonce, sizeof pairing->nonce);
    if (is_initiator) {
        put_commit(pairing);
    }
}

void pairing_begin(struct pairing *pairing, uint64_t now_ns)
{
    pairing->deadline_ns = now_ns + PAIRING_EXCHANGE_NS;
}

bool pairing_is_over(const struct pairing *pairing)
{
    return pairing->phase == PAIRING_DONE || pairing->phase == PAIRING_FAILED;
}

// Plain text of a party: at least one byte for a name, no control bytes.
static bool read_text(struct reader *in, char *out, size_t capacity, bool may_be_empty)
{
    struct span text = reader_block(in);
    if (!reader_ok(in) || text.size >= capacity || (text.size == 0 && !may_be_empty)) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] < ' ' || text.bytes[i] == 0x7f) {
            return false;
        }
    }
    memset(out, 0, capacity);
    if (text.size > 0) {
        memcpy(out, text.bytes, text.size);
    }
    return true;
}

static void on_commit(struct pairing *pairing, struct reader *in)
{
    struct pairing_party *peer = &pairing->peer;
    bool readable = !pairing->has_commitment &&
                    read_text(in, peer->name, sizeof peer->name, false) &&
                    read_text(in, peer->form, sizeof peer->form, true);
    struct span commitment = reader_take(in, PAIRING_HASH_BYTES);
    if (!readable || !reader_done(in)) {
        fail(pairing, ERR_BAD_MESSAGE);
        return;
    }
    memcpy(pairing->peer_commitment, commitment.bytes, PAIRING_HASH_BYTES);
    pairing->has_commitment = true;
    if (pairing->is_initiator) {
        put_reveal(pairing);
    } else {
        put_commit(pairing);
    }
}

static void on_reveal(struct pairing *pairing, struct reader *in, uint64_t now_ns)
{
    uint8_t commitment[PAIRING_HASH_BYTES];
    struct span nonce = reader_take(in, PAIRING_NONCE_BYTES);
    if (!reader_done(in) || !pairing->has_commitment || pairing->phase != PAIRING_EXCHANGING) {
        fail(pairing, ERR_BAD_MESSAGE);
        return;
    }
    commitment_of(pairing, false, nonce.bytes, commitment);
    bool differs = sodium_memcmp(commitment, pairing->peer_commitment, sizeof commitment) != 0;
    if (COMMITMENT_CHECKED && differs) {
        fail(pairing, ERR_UNTRUSTED);
        return;
    }
    if (!pairing->is_initiator) {
        put_reveal(pairing);
    }
    make_transcript(pairing, nonce.bytes);
    make_code(pairing);
    pairing->phase = PAIRING_COMPARE;
    pairing->deadline_ns = now_ns + PAIRING_DECISION_NS;
}

static void on_confirm(struct pairing *pairing, struct reader *in)
{
    uint8_t expected[PAIRING_HASH_BYTES];
    struct span proof = reader_take(in, PAIRING_HASH_BYTES);
    bool has_code = pairing->phase == PAIRING_COMPARE || pairing->phase == PAIRING_WAITING;
    if (!reader_done(in) || !has_code || pairing->peer_confirmed) {
        fail(pairing, ERR_BAD_MESSAGE);
        return;
    }
    derived(pairing, "nx-pair-confirm:", role_of(pairing, false), expected);
    if (sodium_memcmp(expected, proof.bytes, sizeof expected) != 0) {
        fail(pairing, ERR_UNTRUSTED);
        return;
    }
    pairing->peer_confirmed = true;
    if (pairing->phase == PAIRING_WAITING) {
        pairing->phase = PAIRING_DONE;
    }
}

static void on_message(struct pairing *pairing, struct span message, uint64_t now_ns)
{
    struct reader in = reader_of(message.bytes, message.size);
    switch (reader_u8(&in)) {
    case MESSAGE_COMMIT:
        on_commit(pairing, &in);
        break;
    case MESSAGE_REVEAL:
        on_reveal(pairing, &in, now_ns);
        break;
    case MESSAGE_CONFIRM:
        on_confirm(pairing, &in);
        break;
    case MESSAGE_REFUSE:
        fail(pairing, reader_done(&in) ? ERR_CANCELLED : ERR_BAD_MESSAGE);
        break;
    default:
        fail(pairing, ERR_BAD_MESSAGE);
        break;
    }
}

void pairing_feed(struct pairing *pairing, struct span bytes, uint64_t now_ns)
{
    struct reader in = reader_of(bytes.bytes, bytes.size);
    while (reader_left(&in) > 0 && !pairing_is_over(pairing)) {
        pairing->in[pairing->in_size++] = reader_u8(&in);
        size_t size = pairing->in[0];
        if (size == 0 || size > PAIRING_MESSAGE_MAX) {
            fail(pairing, ERR_BAD_MESSAGE);
        } else if (pairing->in_size == size + 1) {
            pairing->in_size = 0;
            on_message(pairing, (struct span){pairing->in + 1, size}, now_ns);
        }
    }
}

status_t pairing_decide(struct pairing *pairing, bool same)
{
    if (pairing_is_over(pairing)) {
        return ERR_BAD_STATE;
    }
    if (!same) {
        uint8_t refuse = MESSAGE_REFUSE;
        put_message(pairing, &refuse, 1);
        fail(pairing, ERR_CANCELLED);
        return OK;
    }
    if (pairing->phase != PAIRING_COMPARE) {
        return ERR_BAD_STATE;
    }
    uint8_t bytes[1 + PAIRING_HASH_BYTES] = {MESSAGE_CONFIRM};
    derived(pairing, "nx-pair-confirm:", role_of(pairing, true), bytes + 1);
    put_message(pairing, bytes, sizeof bytes);
    pairing->phase = pairing->peer_confirmed ? PAIRING_DONE : PAIRING_WAITING;
    return OK;
}

void pairing_tick(struct pairing *pairing, uint64_t now_ns)
{
    if (now_ns >= pairing->deadline_ns) {
        fail(pairing, ERR_TIMEOUT);
    }
}

void pairing_stream_ended(struct pairing *pairing)
{
    fail(pairing, ERR_CLOSED);
}

status_t pairing_guard_start(struct pairing_guard *guard, bool is_ours, uint64_t now_ns)
{
    if (guard->is_running) {
        return ERR_BAD_STATE;
    }
    if (!is_ours && !guard->is_open) {
        return ERR_DENIED;
    }
    if (!is_ours && now_ns < guard->blocked_until_ns) {
        return ERR_AGAIN;
    }
    guard->is_running = true;
    return OK;
}

void pairing_guard_end(struct pairing_guard *guard, bool succeeded, uint64_t now_ns)
{
    guard->is_running = false;
    if (succeeded) {
        guard->failures = 0;
        guard->blocked_until_ns = 0;
        return;
    }
    unsigned doublings = guard->failures < 16 ? guard->failures : 16;
    guard->failures++;
    uint64_t pause_ns = min_u64(PAIRING_BLOCK_NS << doublings, PAIRING_BLOCK_MAX_NS);
    guard->blocked_until_ns = now_ns + pause_ns;
}
