// SPDX-License-Identifier: Apache-2.0
// The circle; see mesh/circle.h. One record per (kind, subject, author): the one with the highest
// number. Membership is computed anew with every record that is accepted.
#include "mesh/circle.h"

#include "base/assert.h"
#include "base/math.h"

#include <string.h>

enum { VERSION = 1, SIGNED_MAX = CIRCLE_VALUE_MAX + sizeof CIRCLE_SIGN_PREFIX };

void circle_init(struct circle *circle, const struct peer_id *own)
{
    memset(circle, 0, sizeof *circle);
    circle->own = *own;
    circle->members = circle->settled = (struct circle_walk){.ids = {*own}, .count = 1};
}

static void write_text(struct writer *out, const char *text)
{
    writer_block(out, text, strlen(text));
}

// Everything but the signature.
static void write_body(struct writer *out, const struct circle_record *record)
{
    writer_u8(out, VERSION);
    writer_u8(out, record->kind);
    writer_be32(out, record->number);
    writer_be64(out, record->time_unix_ms);
    writer_block(out, record->subject.bytes, record->subject.size);
    writer_block(out, record->author.bytes, record->author.size);
    write_text(out, record->name);
    write_text(out, record->form);
}

// The bytes an author signs: the prefix and the body.
static size_t signed_bytes(const struct circle_record *record, uint8_t out[SIGNED_MAX])
{
    struct writer writer = writer_of(out, SIGNED_MAX);
    writer_bytes(&writer, CIRCLE_SIGN_PREFIX, sizeof CIRCLE_SIGN_PREFIX - 1);
    write_body(&writer, record);
    assert(writer_ok(&writer));
    return writer.size;
}

void circle_record_key(const struct circle_record *record, char out_key[CIRCLE_KEY_MAX])
{
    char text[PEER_ID_TEXT_MAX];
    struct writer out = writer_of(out_key, CIRCLE_KEY_MAX);
    writer_u8(&out, (uint8_t) "?arn"[record->kind]);
    writer_u8(&out, '/');
    peer_id_text(&record->subject, text);
    writer_bytes(&out, text, strlen(text));
    writer_u8(&out, '/');
    peer_id_text(&record->author, text);
    writer_bytes(&out, text, strlen(text) + 1);
    assert(writer_ok(&out));
}

size_t circle_record_value(const struct circle_record *record, uint8_t out_value[CIRCLE_VALUE_MAX])
{
    struct writer out = writer_of(out_value, CIRCLE_VALUE_MAX);
    write_body(&out, record);
    writer_bytes(&out, record->signature, sizeof record->signature);
    assert(writer_ok(&out));
    return out.size;
}

static bool read_id(struct reader *in, struct peer_id *out)
{
    return peer_id_parse(reader_block(in), out) == OK;
}

static bool text_is_plain(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if ((uint8_t)text[i] < ' ' || text[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool read_text(struct reader *in, char *out, size_t capacity)
{
    struct span text = reader_block(in);
    if (!reader_ok(in) || text.size >= capacity ||
        !text_is_plain((const char *)text.bytes, text.size)) {
        return false;
    }
    if (text.size > 0) {
        memcpy(out, text.bytes, text.size);
    }
    return true;
}

// What each kind carries beside subject and author.
static bool is_sensible(const struct circle_record *record)
{
    bool has_name = record->name[0] != 0, has_form = record->form[0] != 0;
    if (record->number == 0 || peer_id_equal(&record->subject, &record->author)) {
        return record->number != 0 && record->kind == CIRCLE_NAME && has_name && !has_form;
    }
    switch (record->kind) {
    case CIRCLE_ADD:
        return has_name;
    case CIRCLE_REMOVE:
        return !has_name && !has_form;
    case CIRCLE_NAME:
        return has_name && !has_form;
    default:
        return false;
    }
}

static status_t parse(struct span value, struct circle_record *out_record)
{
    struct circle_record record = {0};
    struct reader in = reader_of(value.bytes, value.size);
    bool known = value.size <= CIRCLE_VALUE_MAX && reader_u8(&in) == VERSION;
    record.kind = reader_u8(&in);
    record.number = reader_be32(&in);
    record.time_unix_ms = reader_be64(&in);
    bool readable = known && read_id(&in, &record.subject) && read_id(&in, &record.author) &&
                    read_text(&in, record.name, sizeof record.name) &&
                    read_text(&in, record.form, sizeof record.form);
    struct span signature = reader_take(&in, KEY_SIGNATURE_BYTES);
    if (!readable || !reader_done(&in) || !is_sensible(&record)) {
        return ERR_BAD_MESSAGE;
    }
    memcpy(record.signature, signature.bytes, KEY_SIGNATURE_BYTES);
    uint8_t subject_key[KEY_PUBLIC_BYTES], again[CIRCLE_VALUE_MAX];
    bool is_canonical = circle_record_value(&record, again) == value.size &&
                        memcmp(again, value.bytes, value.size) == 0;
    if (!is_canonical || peer_id_key(&record.subject, subject_key) != OK) {
        return ERR_BAD_MESSAGE;
    }
    *out_record = record;
    return OK;
}

static status_t check_signature(const struct circle_record *record)
{
    uint8_t key[KEY_PUBLIC_BYTES], bytes[SIGNED_MAX];
    size_t size = signed_bytes(record, bytes);
    if (peer_id_key(&record->author, key) != OK) {
        return ERR_BAD_SIGNATURE;
    }
    return key_verify(key, (struct span){bytes, size}, record->signature);
}

static bool walk_has(const struct circle_walk *walk, const struct peer_id *id)
{
    for (size_t i = 0; i < walk->count; i++) {
        if (peer_id_equal(&walk->ids[i], id)) {
            return true;
        }
    }
    return false;
}

// The highest number any of `judges` removed this device with; 0: nobody did.
static uint32_t removal_of(const struct circle *circle, const struct circle_walk *judges,
                           const struct peer_id *id)
{
    uint32_t number = 0;
    for (size_t i = 0; i < CIRCLE_RECORDS_MAX; i++) {
        const struct circle_record *record = &circle->records[i];
        if (record->kind == CIRCLE_REMOVE && record->number > number &&
            peer_id_equal(&record->subject, id) && walk_has(judges, &record->author)) {
            number = record->number;
        }
    }
    return number;
}

// Everybody reachable from this device over additions; with `judges`, only over those that no
// judge's removal undid.
static void walk_from_self(const struct circle *circle, const struct circle_walk *judges,
                           struct circle_walk *out_walk)
{
    bool grew = true;
    out_walk->ids[0] = circle->own;
    out_walk->count = 1;
    while (grew) {
        grew = false;
        for (size_t i = 0; i < CIRCLE_RECORDS_MAX; i++) {
            const struct circle_record *record = &circle->records[i];
            if (record->kind != CIRCLE_ADD || out_walk->count == CIRCLE_MEMBERS_MAX ||
                walk_has(out_walk, &record->subject) || !walk_has(out_walk, &record->author)) {
                continue;
            }
            if (!judges || record->number > removal_of(circle, judges, &record->subject)) {
                out_walk->ids[out_walk->count++] = record->subject;
                grew = true;
            }
        }
    }
}

// Who ever was in the circle (they may remove), and who is now.
static void walk_members(const struct circle *circle, struct circle_walk *out_members)
{
    struct circle_walk ever;
    walk_from_self(circle, NULL, &ever);
    walk_from_self(circle, &ever, out_members);
}

static struct circle_record *slot_of(struct circle *circle, const struct circle_record *record)
{
    for (size_t i = 0; i < CIRCLE_RECORDS_MAX; i++) {
        struct circle_record *slot = &circle->records[i];
        if (slot->kind == record->kind && peer_id_equal(&slot->subject, &record->subject) &&
            peer_id_equal(&slot->author, &record->author)) {
            return slot;
        }
    }
    return NULL;
}

// A free place, or that of a record whose author has nothing to do with us.
static struct circle_record *free_slot(struct circle *circle)
{
    struct circle_walk ever;
    for (size_t i = 0; i < CIRCLE_RECORDS_MAX; i++) {
        if (circle->records[i].kind == 0) {
            return &circle->records[i];
        }
    }
    walk_from_self(circle, NULL, &ever);
    for (size_t i = 0; i < CIRCLE_RECORDS_MAX; i++) {
        if (!walk_has(&ever, &circle->records[i].author)) {
            return &circle->records[i];
        }
    }
    return NULL;
}

// Keeps a checked record: 1 when it is news.
static status_t keep(struct circle *circle, const struct circle_record *record)
{
    struct circle_record *slot = slot_of(circle, record);
    if (slot && slot->number >= record->number) {
        return OK;
    }
    slot = slot ? slot : free_slot(circle);
    if (!slot) {
        return ERR_FULL;
    }
    *slot = *record;
    slot->accepted = ++circle->generation;
    walk_members(circle, &circle->members);
    return 1;
}

static status_t merge(struct circle *circle, const struct circle_record *record)
{
    const struct circle_record *slot = slot_of(circle, record);
    if (slot && slot->number >= record->number) {
        return OK; // known: no need to check its signature again
    }
    status_t status = check_signature(record);
    return status == OK ? keep(circle, record) : status;
}

status_t circle_merge(struct circle *circle, struct span key, struct span value)
{
    struct circle_record record;
    char own_key[CIRCLE_KEY_MAX];
    status_t status = parse(value, &record);
    if (status != OK) {
        return status;
    }
    circle_record_key(&record, own_key);
    if (key.size != strlen(own_key) || memcmp(key.bytes, own_key, key.size) != 0) {
        return ERR_BAD_MESSAGE;
    }
    return merge(circle, &record);
}

status_t circle_merge_value(struct circle *circle, struct span value)
{
    struct circle_record record;
    status_t status = parse(value, &record);
    return status == OK ? merge(circle, &record) : status;
}

const struct circle_record *circle_news(const struct circle *circle, uint64_t after)
{
    const struct circle_record *next = NULL;
    for (size_t i = 0; i < CIRCLE_RECORDS_MAX; i++) {
        const struct circle_record *record = &circle->records[i];
        if (record->kind != 0 && record->accepted > after &&
            (!next || record->accepted < next->accepted)) {
            next = record;
        }
    }
    return next;
}

// One more than any number used for the subject in records of these kinds (bits of 1 << kind).
static uint32_t next_number(const struct circle *circle, const struct peer_id *subject,
                            unsigned kinds)
{
    uint32_t number = 0;
    for (size_t i = 0; i < CIRCLE_RECORDS_MAX; i++) {
        const struct circle_record *record = &circle->records[i];
        if ((kinds >> record->kind & 1) && peer_id_equal(&record->subject, subject)) {
            number = record->number > number ? record->number : number;
        }
    }
    return number == UINT32_MAX ? number : number + 1;
}

static status_t state(struct circle *circle, const struct circle_statement *statement, uint8_t kind,
                      uint32_t number)
{
    const char *name = kind == CIRCLE_REMOVE ? "" : statement->name;
    const char *form = kind == CIRCLE_ADD && statement->form ? statement->form : "";
    struct circle_record record = {.kind = kind,
                                   .number = number,
                                   .time_unix_ms = statement->time_unix_ms,
                                   .subject = *statement->subject,
                                   .author = circle->own};
    if (!name || strlen(name) >= sizeof record.name || strlen(form) >= sizeof record.form ||
        !text_is_plain(name, strlen(name)) || !text_is_plain(form, strlen(form))) {
        return ERR_INVALID;
    }
    memcpy(record.name, name, strlen(name));
    memcpy(record.form, form, strlen(form));
    if (!is_sensible(&record)) {
        return ERR_INVALID;
    }
    uint8_t bytes[SIGNED_MAX];
    struct span message = {bytes, signed_bytes(&record, bytes)};
    const struct mesh_signer *signer = statement->signer;
    status_t status = signer->sign(signer->context, message, record.signature);
    if (status == OK) {
        status = check_signature(&record); // a signer with another key would poison the circle
    }
    if (status == OK) {
        status = keep(circle, &record);
    }
    return status > 0 ? OK : status;
}

status_t circle_add(struct circle *circle, const struct circle_statement *statement)
{
    uint32_t number =
        next_number(circle, statement->subject, 1u << CIRCLE_ADD | 1u << CIRCLE_REMOVE);
    return state(circle, statement, CIRCLE_ADD, number);
}

// The newest addition of a device: its number, name and form. A member other than the own device
// always has one.
static const struct circle_record *
addition_of(const struct circle *circle, const struct circle_walk *by, const struct peer_id *id)
{
    const struct circle_record *newest = NULL;
    for (size_t i = 0; i < CIRCLE_RECORDS_MAX; i++) {
        const struct circle_record *record = &circle->records[i];
        if (record->kind == CIRCLE_ADD && peer_id_equal(&record->subject, id) &&
            walk_has(by, &record->author) && (!newest || record->number > newest->number)) {
            newest = record;
        }
    }
    return newest;
}

// The present name of a member: the newest naming by a member, or the one it was added with.
static const char *name_of(const struct circle *circle, const struct circle_walk *members,
                           const struct peer_id *id)
{
    const struct circle_record *newest = NULL;
    for (size_t i = 0; i < CIRCLE_RECORDS_MAX; i++) {
        const struct circle_record *record = &circle->records[i];
        bool counts = record->kind == CIRCLE_NAME && peer_id_equal(&record->subject, id) &&
                      walk_has(members, &record->author);
        bool is_newer = counts && (!newest || record->number > newest->number ||
                                   (record->number == newest->number &&
                                    peer_id_compare(&record->author, &newest->author) > 0));
        newest = is_newer ? record : newest;
    }
    if (!newest) {
        newest = addition_of(circle, members, id);
    }
    return newest ? newest->name : "";
}

// Signs anew the addition of a device that was a member a moment ago and that nobody removed.
static status_t adopt(struct circle *circle, const struct circle_walk *ever,
                      const struct peer_id *id, const struct circle_statement *by)
{
    const struct circle_record *added = addition_of(circle, ever, id);
    if (!added || removal_of(circle, ever, id) >= added->number) {
        return OK;
    }
    struct circle_record copy = *added; // its slot may be reused while we write
    struct circle_statement statement = *by;
    statement.subject = id;
    statement.name = copy.name;
    statement.form = copy.form;
    status_t status = state(circle, &statement, CIRCLE_ADD, copy.number);
    return status == OK ? 1 : status;
}

status_t circle_settle(struct circle *circle, const struct mesh_signer *signer,
                       uint64_t time_unix_ms)
{
    const struct circle_statement by = {.signer = signer, .time_unix_ms = time_unix_ms};
    struct circle_walk ever, members = circle->members;
    status_t made = 0;
    walk_from_self(circle, NULL, &ever);
    for (size_t i = 1; i < circle->settled.count; i++) {
        const struct peer_id *id = &circle->settled.ids[i];
        if (walk_has(&members, id)) {
            continue;
        }
        status_t status = adopt(circle, &ever, id, &by);
        if (status < 0) {
            return status;
        }
        made += status;
    }
    circle->settled = circle->members;
    return made;
}

status_t circle_remove(struct circle *circle, const struct circle_statement *statement)
{
    if (peer_id_equal(statement->subject, &circle->own)) {
        return ERR_INVALID;
    }
    if (!walk_has(&circle->members, statement->subject)) {
        return ERR_NOT_FOUND;
    }
    circle->settled = circle->members;
    uint32_t number = next_number(circle, statement->subject, 1u << CIRCLE_ADD) - 1;
    status_t status = state(circle, statement, CIRCLE_REMOVE, number);
    if (status == OK) {
        status = circle_settle(circle, statement->signer, statement->time_unix_ms);
    }
    return status > 0 ? OK : status;
}

status_t circle_rename(struct circle *circle, const struct circle_statement *statement)
{
    if (!circle_is_member(circle, statement->subject)) {
        return ERR_NOT_FOUND;
    }
    uint32_t number = next_number(circle, statement->subject, 1u << CIRCLE_NAME);
    return state(circle, statement, CIRCLE_NAME, number);
}

bool circle_is_removed(const struct circle *circle)
{
    struct circle_walk ever;
    walk_from_self(circle, NULL, &ever);
    const struct circle_record *added = addition_of(circle, &ever, &circle->own);
    uint32_t removal = removal_of(circle, &ever, &circle->own);
    return removal > 0 && (!added || added->number <= removal);
}

bool circle_is_member(const struct circle *circle, const struct peer_id *id)
{
    return walk_has(&circle->members, id);
}

static void sort_ids(struct circle_walk *walk)
{
    for (size_t i = 2; i < walk->count; i++) { // the own device stays first
        for (size_t j = i; j > 1 && peer_id_compare(&walk->ids[j - 1], &walk->ids[j]) > 0; j--) {
            struct peer_id swapped = walk->ids[j];
            walk->ids[j] = walk->ids[j - 1];
            walk->ids[j - 1] = swapped;
        }
    }
}

size_t circle_members(const struct circle *circle, struct circle_member *out, size_t max)
{
    struct circle_walk members = circle->members;
    sort_ids(&members);
    for (size_t i = 0; i < members.count && i < max; i++) {
        const struct circle_record *added = addition_of(circle, &members, &members.ids[i]);
        out[i] = (struct circle_member){.id = members.ids[i]};
        memcpy(out[i].form, added ? added->form : "", added ? sizeof out[i].form : 1);
        const char *name = name_of(circle, &members, &members.ids[i]);
        memcpy(out[i].name, name, strlen(name));
    }
    return members.count;
}
