// SPDX-License-Identifier: Apache-2.0
// mDNS for _p2p._udp.local; see mesh/mdns.h. Names are written out in full (no compression) and
// read with it; a pointer must point backwards, so reading always ends.
#include "mesh/mdns.h"

#include "base/assert.h"
#include "base/math.h"

#include <string.h>

enum {
    TYPE_A = 1,
    TYPE_PTR = 12,
    TYPE_TXT = 16,
    TYPE_AAAA = 28,
    TYPE_SRV = 33,
    TYPE_ANY = 255,
    CLASS_IN = 1,
    CLASS_MASK = 0x7fff,   // the top bit asks for unicast, or flushes a cache
    FLAGS_ANSWER = 0x8400, // response, authoritative
    FLAG_RESPONSE = 0x8000,
    NAME_MAX = 256, // a DNS name as text with dots, and its zero
    LABEL_MAX = 63,
    LABEL_POINTER = 0xc0,
    RECORDS_MAX = 64, // looked at in one packet
    TXT_MAX = 255,
};

static const char service_name[] = "_p2p._udp.local";
static const char types_name[] = "_services._dns-sd._udp.local";
static const char address_key[] = "dnsaddr=";

void mdns_name_make(const struct mesh_random *random, char out_name[MDNS_NAME_BYTES + 1])
{
    // 32 symbols, so that five random bits choose one evenly.
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t bytes[MDNS_NAME_BYTES];
    random->fill(random->context, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        out_name[i] = digits[bytes[i] & 31];
    }
    out_name[MDNS_NAME_BYTES] = 0;
}

// Writes a dotted name as labels.
static void write_name(struct writer *out, const char *name)
{
    while (*name) {
        const char *dot = strchr(name, '.');
        size_t size = dot ? (size_t)(dot - name) : strlen(name);
        assert(size > 0 && size <= LABEL_MAX);
        writer_u8(out, (uint8_t)size);
        writer_bytes(out, name, size);
        name += size + (dot != NULL);
    }
    writer_u8(out, 0);
}

static void write_header(struct writer *out, uint16_t flags, uint16_t questions, uint16_t answers)
{
    writer_be16(out, 0);
    writer_be16(out, flags);
    writer_be16(out, questions);
    writer_be16(out, answers);
    writer_be16(out, 0);
    writer_be16(out, 0);
}

void mdns_encode_query(struct writer *out)
{
    write_header(out, 0, 1, 0);
    write_name(out, service_name);
    writer_be16(out, TYPE_PTR);
    writer_be16(out, CLASS_IN);
}

// The announcement's names: its instance below the service, its host below local.
static void instance_name(const struct mdns_announcement *announcement, char out[NAME_MAX])
{
    size_t size = strlen(announcement->name);
    memcpy(out, announcement->name, size);
    out[size] = '.';
    memcpy(out + size + 1, service_name, sizeof service_name);
}

static void host_name(const struct mdns_announcement *announcement, char out[NAME_MAX])
{
    size_t size = strlen(announcement->name);
    memcpy(out, announcement->name, size);
    memcpy(out + size, ".local", sizeof ".local");
}

// Writes a record's head; its data goes between begin_record and end_record, which fills in the
// length.
static size_t begin_record(struct writer *out, const char *name, uint16_t type)
{
    write_name(out, name);
    writer_be16(out, type);
    writer_be16(out, CLASS_IN);
    writer_be32(out, MDNS_TTL_S);
    writer_be16(out, 0);
    return out->size;
}

static void end_record(struct writer *out, size_t start)
{
    if (writer_ok(out)) {
        struct writer length = writer_of(out->start + start - 2, 2);
        writer_be16(&length, (uint16_t)(out->size - start));
    }
}

static void write_ptr(struct writer *out, const char *name, const char *target)
{
    size_t start = begin_record(out, name, TYPE_PTR);
    write_name(out, target);
    end_record(out, start);
}

// One string per address, all of them this one peer.
static status_t write_txt(struct writer *out, const struct mdns_announcement *announcement,
                          const char *instance)
{
    char text[MULTIADDR_TEXT_MAX];
    size_t start = begin_record(out, instance, TYPE_TXT);
    for (size_t i = 0; i < announcement->address_count; i++) {
        struct multiaddr_tcp tcp = announcement->addresses[i];
        struct multiaddr address;
        tcp.port = announcement->port;
        tcp.peer = announcement->peer;
        multiaddr_of_tcp(&tcp, &address);
        status_t status = multiaddr_text(&address, text, sizeof text);
        size_t size = status == OK ? strlen(text) + sizeof address_key - 1 : SIZE_MAX;
        if (size > TXT_MAX) {
            return ERR_RANGE;
        }
        writer_u8(out, (uint8_t)size);
        writer_bytes(out, address_key, sizeof address_key - 1);
        writer_bytes(out, text, strlen(text));
    }
    end_record(out, start);
    return OK;
}

static void write_srv(struct writer *out, uint16_t port, const char *instance, const char *host)
{
    size_t start = begin_record(out, instance, TYPE_SRV);
    writer_be16(out, 0); // priority
    writer_be16(out, 0); // weight
    writer_be16(out, port);
    write_name(out, host);
    end_record(out, start);
}

static void write_hosts(struct writer *out, const struct mdns_announcement *announcement,
                        const char *host)
{
    for (size_t i = 0; i < announcement->address_count; i++) {
        const struct multiaddr_tcp *tcp = &announcement->addresses[i];
        size_t start = begin_record(out, host, tcp->is_ip6 ? TYPE_AAAA : TYPE_A);
        writer_bytes(out, tcp->address, tcp->is_ip6 ? 16 : 4);
        end_record(out, start);
    }
}

status_t mdns_encode_answer(const struct mdns_announcement *announcement, uint32_t wants,
                            struct writer *out)
{
    char instance[NAME_MAX], host[NAME_MAX];
    status_t status = OK;
    size_t start = out->size;
    uint16_t answers = 0;
    bool tells_instance = wants & (MDNS_WANTS_SERVICE | MDNS_WANTS_INSTANCE);
    instance_name(announcement, instance);
    host_name(announcement, host);
    write_header(out, FLAGS_ANSWER, 0, 0);
    if (wants & MDNS_WANTS_TYPES) {
        write_ptr(out, types_name, service_name);
        answers++;
    }
    if (wants & MDNS_WANTS_SERVICE) {
        write_ptr(out, service_name, instance);
        answers++;
    }
    if (tells_instance) {
        status = write_txt(out, announcement, instance);
        write_srv(out, announcement->port, instance, host);
        answers += 2;
    }
    if (tells_instance || (wants & MDNS_WANTS_HOST)) {
        write_hosts(out, announcement, host);
        answers = (uint16_t)(answers + announcement->address_count);
    }
    if (status != OK || !writer_ok(out)) {
        return ERR_RANGE;
    }
    struct writer count = writer_of(out->start + start + 6, 2);
    writer_be16(&count, answers);
    return OK;
}

// Reads one label into the dotted text; false when the name ends (or the reader fails).
static bool read_label(struct reader *reader, uint8_t size, char *name, size_t *name_size)
{
    struct span label = reader_take(reader, size);
    if (!reader_ok(reader) || *name_size + size + 2 > NAME_MAX ||
        memchr(label.bytes, '.', label.size) || memchr(label.bytes, 0, label.size)) {
        reader_fail(reader);
        return false;
    }
    if (*name_size > 0) {
        name[(*name_size)++] = '.';
    }
    for (size_t i = 0; i < label.size; i++) {
        uint8_t byte = label.bytes[i];
        name[(*name_size)++] = (char)(byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
    }
    return true;
}

// Reads a possibly compressed name as lower-case dotted text. `packet` is the whole message.
static void read_name(struct reader *reader, struct span packet, char name[NAME_MAX])
{
    struct reader walk = *reader;
    const uint8_t *floor = reader->at; // a pointer must lead before this
    bool jumped = false;
    size_t name_size = 0;
    for (;;) {
        uint8_t size = reader_u8(&walk);
        bool is_pointer = (size & LABEL_POINTER) == LABEL_POINTER;
        size_t target = is_pointer ? (size_t)(size & 0x3f) << 8 | reader_u8(&walk) : 0;
        bool ends = !reader_ok(&walk) || size == 0 || is_pointer;
        if (ends && !jumped) {
            *reader = walk;
        }
        if (!reader_ok(&walk) || size == 0) {
            break;
        }
        if (is_pointer) {
            if (target >= (size_t)(floor - packet.bytes)) {
                reader_fail(&walk);
                break;
            }
            jumped = true;
            floor = packet.bytes + target;
            walk = reader_of(packet.bytes + target, packet.size - target);
        } else if (size > LABEL_MAX || !read_label(&walk, size, name, &name_size)) {
            reader_fail(&walk);
            break;
        }
    }
    name[name_size] = 0;
    if (!reader_ok(&walk)) {
        reader_fail(reader);
    }
}

static uint32_t wants_of(const char *name, uint16_t type, const struct mdns_announcement *own)
{
    char ours[NAME_MAX];
    bool any = type == TYPE_ANY;
    if ((type == TYPE_PTR || any) && strcmp(name, service_name) == 0) {
        return MDNS_WANTS_SERVICE;
    }
    if ((type == TYPE_PTR || any) && strcmp(name, types_name) == 0) {
        return MDNS_WANTS_TYPES;
    }
    if (!own) {
        return 0;
    }
    instance_name(own, ours);
    if ((type == TYPE_SRV || type == TYPE_TXT || any) && strcmp(name, ours) == 0) {
        return MDNS_WANTS_INSTANCE;
    }
    host_name(own, ours);
    bool is_host = type == TYPE_A || type == TYPE_AAAA || any;
    return is_host && strcmp(name, ours) == 0 ? MDNS_WANTS_HOST : 0;
}

// Keeps an address string if it names a peer, and the same one as those before.
static void keep_address(struct mdns_message *message, struct span text)
{
    const size_t key_size = sizeof address_key - 1;
    struct multiaddr address;
    struct multiaddr_tcp tcp;
    if (text.size <= key_size || memcmp(text.bytes, address_key, key_size) != 0 ||
        message->address_count == MDNS_ADDRESSES_MAX) {
        return;
    }
    if (multiaddr_parse_text((const char *)text.bytes + key_size, text.size - key_size, &address) !=
            OK ||
        multiaddr_get_tcp(&address, &tcp) != OK || tcp.peer.size == 0) {
        return;
    }
    if (message->peer.size > 0 && !peer_id_equal(&message->peer, &tcp.peer)) {
        return;
    }
    message->peer = tcp.peer;
    message->addresses[message->address_count++] = address;
}

static void read_txt(struct mdns_message *message, struct span data)
{
    struct reader strings = reader_of(data.bytes, data.size);
    while (reader_left(&strings) > 0) {
        struct span text = reader_take(&strings, reader_u8(&strings));
        if (reader_ok(&strings)) {
            keep_address(message, text);
        }
    }
}

// "<instance>._p2p._udp.local" -> the instance.
static bool instance_of(const char *name, char out[MDNS_NAME_MAX])
{
    size_t size = strlen(name), tail = sizeof service_name; // with the dot before it
    if (size <= tail || size - tail >= MDNS_NAME_MAX || name[size - tail] != '.' ||
        strcmp(name + size - tail + 1, service_name) != 0) {
        return false;
    }
    memcpy(out, name, size - tail);
    out[size - tail] = 0;
    return true;
}

static void read_record(struct reader *reader, struct span packet, struct mdns_message *message)
{
    char name[NAME_MAX], instance[MDNS_NAME_MAX] = {0};
    read_name(reader, packet, name);
    uint16_t type = reader_be16(reader);
    uint16_t class = reader_be16(reader) & CLASS_MASK;
    uint32_t ttl_s = reader_be32(reader);
    struct span data = reader_take(reader, reader_be16(reader));
    if (!reader_ok(reader) || class != CLASS_IN || type != TYPE_TXT || ttl_s == 0) {
        return;
    }
    if (instance_of(name, instance) &&
        (message->name[0] == 0 || strcmp(message->name, instance) == 0)) {
        memcpy(message->name, instance, sizeof message->name);
        read_txt(message, data);
    }
}

status_t mdns_parse(struct span packet, const struct mdns_announcement *own,
                    struct mdns_message *out_message)
{
    struct reader reader = reader_of(packet.bytes, packet.size);
    struct mdns_message message = {0};
    char name[NAME_MAX];
    (void)reader_be16(&reader); // the id means nothing here
    uint16_t flags = reader_be16(&reader);
    unsigned questions = reader_be16(&reader);
    unsigned records = reader_be16(&reader);
    records += reader_be16(&reader);
    records += reader_be16(&reader);
    message.is_answer = (flags & FLAG_RESPONSE) != 0;
    for (unsigned i = 0; i < questions && i < RECORDS_MAX && reader_ok(&reader); i++) {
        read_name(&reader, packet, name);
        uint16_t type = reader_be16(&reader);
        uint16_t class = reader_be16(&reader) & CLASS_MASK;
        if (reader_ok(&reader) && !message.is_answer && (class == CLASS_IN || class == TYPE_ANY)) {
            message.wants |= wants_of(name, type, own);
        }
    }
    bool readable = message.is_answer && questions <= RECORDS_MAX;
    for (unsigned i = 0; readable && i < records && i < RECORDS_MAX && reader_ok(&reader); i++) {
        read_record(&reader, packet, &message);
    }
    if (!reader_ok(&reader)) {
        return ERR_BAD_MESSAGE;
    }
    *out_message = message;
    return OK;
}
