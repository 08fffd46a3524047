// SPDX-License-Identifier: Apache-2.0
// The circle: which devices are one person's. A set of signed records, each "author says that
// subject is added, removed or named"; every device keeps its own set, sets merge by union, and
// each device computes for itself who is a member, starting from the one key it trusts without
// proof: its own. Records are small (key, value) pairs, so any carrier will do: our own stream
// between members, or a map document.
//
// Rules (docs/protocols/circle.md says why): a device is a member if a member added it with a
// number higher than every removal of it that anybody says who was ever in the circle; the own
// device always is. A removal therefore wins over an addition it crossed, wherever they meet and in
// whatever order; only pairing again undoes it.
#pragma once

#include "base/buffer.h"
#include "mesh/peer_id.h"

#define CIRCLE_SIGN_PREFIX "nexus-circle:"

enum {
    CIRCLE_RECORDS_MAX = 256,
    CIRCLE_MEMBERS_MAX = 64,
    CIRCLE_NAME_MAX = 32, // UTF-8 with the terminating zero
    CIRCLE_FORM_MAX = 16,
    CIRCLE_KEY_MAX = 2 * PEER_ID_TEXT_MAX + 4,
    CIRCLE_VALUE_MAX = 256,
};

enum circle_kind { CIRCLE_ADD = 1, CIRCLE_REMOVE = 2, CIRCLE_NAME = 3 };

// One accepted record. Its author's signature over the rest has been checked.
struct circle_record {
    uint8_t kind; // enum circle_kind; 0: the slot is free
    uint32_t number;
    uint64_t
        accepted; // the circle's generation when it was accepted here; not part of what is signed
    uint64_t time_unix_ms; // when, as the author's clock said; only shown, never decides
    struct peer_id subject, author;
    char name[CIRCLE_NAME_MAX];
    char form[CIRCLE_FORM_MAX]; // of CIRCLE_ADD
    uint8_t signature[KEY_SIGNATURE_BYTES];
};

// Devices found while walking the records; the own device is the first.
struct circle_walk {
    struct peer_id ids[CIRCLE_MEMBERS_MAX];
    size_t count;
};

// Fields are for reading.
struct circle {
    struct peer_id own;
    struct circle_record records[CIRCLE_RECORDS_MAX];
    uint64_t generation;        // grows with every accepted record
    struct circle_walk members; // who is a member now
    struct circle_walk settled; // who was a member when circle_settle last ran
};

struct circle_member {
    struct peer_id id;
    char name[CIRCLE_NAME_MAX];
    char form[CIRCLE_FORM_MAX];
};

// An empty circle: this device alone.
void circle_init(struct circle *circle, const struct peer_id *own);

// Takes one record from anywhere. 1: it is new here, keep it and pass it on; OK: known, or older
// than what is known. ERR_BAD_MESSAGE, ERR_BAD_SIGNATURE, ERR_FULL (and it was not worth another's
// place).
status_t circle_merge(struct circle *circle, struct span key, struct span value);
// To be called after merging what came together: a member that only a device now removed had
// vouched for is vouched for by us from now on (its addition is signed anew), so that a removal
// costs nobody else. Returns how many records that made, or the signer's refusal.
status_t circle_settle(struct circle *circle, const struct mesh_signer *signer,
                       uint64_t time_unix_ms);
// The same for a value alone: its key follows from it.
status_t circle_merge_value(struct circle *circle, struct span value);
// The record accepted next after generation `after`, or NULL: for saving and passing on what is
// new. Borrowed until the next change.
const struct circle_record *circle_news(const struct circle *circle, uint64_t after);
// The (key, value) of a record, as circle_merge takes it; `out_key` gets a terminating zero.
void circle_record_key(const struct circle_record *record, char out_key[CIRCLE_KEY_MAX]);
size_t circle_record_value(const struct circle_record *record, uint8_t out_value[CIRCLE_VALUE_MAX]);

// What this device says: signed by `signer` (whose key is our own id's), accepted here at once.
struct circle_statement {
    const struct peer_id *subject;
    const char *name;
    const char *form; // of additions
    uint64_t time_unix_ms;
    const struct mesh_signer *signer;
};
// After pairing: the subject is a member from now on. ERR_INVALID an empty or long name, ERR_FULL,
// the signer's refusal.
status_t circle_add(struct circle *circle, const struct circle_statement *statement);
// The subject is a member no more, on any device that learns of it; members it had added stay,
// vouched for by us now. ERR_INVALID this device itself, ERR_NOT_FOUND no member.
status_t circle_remove(struct circle *circle, const struct circle_statement *statement);
// The subject's name on all devices. ERR_NOT_FOUND no member.
status_t circle_rename(struct circle *circle, const struct circle_statement *statement);

// True if the others took this device out: they will refuse it until it is paired again.
bool circle_is_removed(const struct circle *circle);
bool circle_is_member(const struct circle *circle, const struct peer_id *id);
// Fills up to `max` members, this device first, the others by id; returns how many there are.
size_t circle_members(const struct circle *circle, struct circle_member *out, size_t max);
