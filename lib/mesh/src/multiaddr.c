// SPDX-License-Identifier: Apache-2.0
// Multiaddr; see mesh/multiaddr.h. Two walks over one table of components: binary to text and text
// to binary. Checking a binary address is walking it without writing the text.
#include "mesh/multiaddr.h"

#include "base/assert.h"
#include "base/math.h"
#include "inet_text.h"

#include <string.h>

enum kind { KIND_NONE, KIND_IP4, KIND_IP6, KIND_PORT, KIND_TEXT, KIND_PATH, KIND_PEER, KIND_HASH };

enum {
    CODE_IP4 = 4,
    CODE_TCP = 6,
    CODE_IP6 = 41,
    CODE_P2P = 421,
};

struct component {
    const char *name;
    uint16_t code;
    uint8_t kind;
};

// An alias follows the name that is printed.
static const struct component components[] = {
    {"ip4", CODE_IP4, KIND_IP4},       {"tcp", CODE_TCP, KIND_PORT},
    {"udp", 273, KIND_PORT},           {"ip6", CODE_IP6, KIND_IP6},
    {"ip6zone", 42, KIND_TEXT},        {"dns", 53, KIND_TEXT},
    {"dns4", 54, KIND_TEXT},           {"dns6", 55, KIND_TEXT},
    {"dnsaddr", 56, KIND_TEXT},        {"p2p", CODE_P2P, KIND_PEER},
    {"ipfs", CODE_P2P, KIND_PEER},     {"p2p-circuit", 290, KIND_NONE},
    {"tls", 448, KIND_NONE},           {"ws", 477, KIND_NONE},
    {"wss", 478, KIND_NONE},           {"quic-v1", 461, KIND_NONE},
    {"webrtc-direct", 280, KIND_NONE}, {"certhash", 466, KIND_HASH},
    {"noise", 454, KIND_NONE},         {"unix", 400, KIND_PATH},
    {"memory", 777, KIND_TEXT},
};

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static const struct component *component_of_code(uint64_t code)
{
    for (size_t i = 0; i < ARRAY_COUNT(components); i++) {
        if (components[i].code == code) {
            return &components[i];
        }
    }
    return NULL;
}

static const struct component *component_of_name(const char *name, size_t size)
{
    for (size_t i = 0; i < ARRAY_COUNT(components); i++) {
        if (strlen(components[i].name) == size && memcmp(components[i].name, name, size) == 0) {
            return &components[i];
        }
    }
    return NULL;
}

// Text values hold no slash, no blank and no control byte, so that the text form reads back.
static bool is_plain(struct span value)
{
    for (size_t i = 0; i < value.size; i++) {
        if (value.bytes[i] <= ' ' || value.bytes[i] == '/' || value.bytes[i] >= 0x7f) {
            return false;
        }
    }
    return value.size > 0;
}

static struct span take_value(struct reader *reader, uint8_t kind)
{
    switch (kind) {
    case KIND_NONE:
        return (struct span){0};
    case KIND_IP4:
        return reader_take(reader, 4);
    case KIND_IP6:
        return reader_take(reader, 16);
    case KIND_PORT:
        return reader_take(reader, 2);
    default:
        return reader_take(reader, reader_uvarint_minimal(reader));
    }
}

static bool value_is_valid(uint8_t kind, struct span value)
{
    struct peer_id id;
    switch (kind) {
    case KIND_TEXT:
        return is_plain(value);
    case KIND_PATH:
        return value.size > 0 && !memchr(value.bytes, 0, value.size);
    case KIND_PEER:
        return peer_id_parse(value, &id) == OK;
    case KIND_HASH:
        return value.size > 2;
    default:
        return true;
    }
}

// The next component and its checked value; NULL at the end or (reader failed) on malformed bytes.
static const struct component *next_component(struct reader *reader, struct span *out_value)
{
    if (reader_left(reader) == 0) {
        return NULL;
    }
    const struct component *component = component_of_code(reader_uvarint_minimal(reader));
    if (!component) {
        reader_fail(reader);
        return NULL;
    }
    *out_value = take_value(reader, component->kind);
    if (!reader_ok(reader) || !value_is_valid(component->kind, *out_value)) {
        reader_fail(reader);
        return NULL;
    }
    return component;
}

status_t multiaddr_parse(struct span bytes, struct multiaddr *out_address)
{
    if (bytes.size > MULTIADDR_BYTES_MAX) {
        return ERR_TOO_LARGE;
    }
    struct reader reader = reader_of(bytes.bytes, bytes.size);
    struct span value;
    while (next_component(&reader, &value)) {
    }
    if (!reader_done(&reader) || bytes.size == 0) {
        return ERR_BAD_MESSAGE;
    }
    out_address->size = (uint16_t)bytes.size;
    memcpy(out_address->bytes, bytes.bytes, bytes.size);
    return OK;
}

static void write_text(struct writer *writer, const char *text)
{
    writer_bytes(writer, text, strlen(text));
}

static void write_port(struct writer *writer, struct span value)
{
    unsigned port = (unsigned)value.bytes[0] << 8 | value.bytes[1];
    for (unsigned scale = 10000; scale > 0; scale /= 10) {
        if (port >= scale || scale == 1) {
            writer_u8(writer, (uint8_t)('0' + port / scale % 10));
        }
    }
}

static void write_path(struct writer *writer, struct span value)
{
    for (size_t i = 0; i < value.size; i++) {
        uint8_t byte = value.bytes[i];
        if (byte <= ' ' || byte == '/' || byte == '%' || byte >= 0x7f) {
            writer_u8(writer, '%');
            writer_u8(writer, (uint8_t) "0123456789ABCDEF"[byte >> 4]);
            writer_u8(writer, (uint8_t) "0123456789ABCDEF"[byte & 15]);
        } else {
            writer_u8(writer, byte);
        }
    }
}

// Multibase "u": base64url without padding.
static void write_base64(struct writer *writer, struct span value)
{
    unsigned bits = 0, have = 0;
    writer_u8(writer, 'u');
    for (size_t i = 0; i < value.size; i++) {
        bits = (bits << 8 | value.bytes[i]) & 0xffff;
        for (have += 8; have >= 6; have -= 6) {
            writer_u8(writer, (uint8_t)base64_digits[bits >> (have - 6) & 63]);
        }
    }
    if (have > 0) {
        writer_u8(writer, (uint8_t)base64_digits[bits << (6 - have) & 63]);
    }
}

static void write_value(struct writer *writer, uint8_t kind, struct span value)
{
    char text[PEER_ID_TEXT_MAX];
    struct peer_id id;
    _Static_assert((int)PEER_ID_TEXT_MAX >= (int)INET_TEXT_MAX, "one buffer serves both");
    switch (kind) {
    case KIND_IP4:
        inet4_text(value.bytes, text);
        write_text(writer, text);
        break;
    case KIND_IP6:
        inet6_text(value.bytes, text);
        write_text(writer, text);
        break;
    case KIND_PORT:
        write_port(writer, value);
        break;
    case KIND_PATH:
        write_path(writer, value);
        break;
    case KIND_PEER:
        (void)peer_id_parse(value, &id);
        peer_id_text(&id, text);
        write_text(writer, text);
        break;
    case KIND_HASH:
        write_base64(writer, value);
        break;
    default:
        writer_bytes(writer, value.bytes, value.size);
        break;
    }
}

status_t multiaddr_text(const struct multiaddr *address, char *out_text, size_t capacity)
{
    struct reader reader = reader_of(address->bytes, address->size);
    struct writer writer = writer_of(out_text, capacity);
    const struct component *component;
    struct span value;
    while ((component = next_component(&reader, &value))) {
        writer_u8(&writer, '/');
        write_text(&writer, component->name);
        if (component->kind != KIND_NONE) {
            writer_u8(&writer, '/');
            write_value(&writer, component->kind, value);
        }
    }
    writer_u8(&writer, 0);
    return writer_ok(&writer) && reader_done(&reader) ? OK : ERR_RANGE;
}

static status_t read_port(struct span text, struct writer *writer)
{
    unsigned port = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (i == 5 || text.bytes[i] < '0' || text.bytes[i] > '9') {
            return ERR_INVALID;
        }
        port = port * 10 + (unsigned)(text.bytes[i] - '0');
    }
    if (text.size == 0 || port > UINT16_MAX) {
        return ERR_INVALID;
    }
    writer_be16(writer, (uint16_t)port);
    return OK;
}

static int hex_digit(uint8_t byte)
{
    const char *digits = "0123456789ABCDEF0123456789abcdef";
    const char *place = byte ? strchr(digits, byte) : NULL;
    return place ? (int)(place - digits) & 15 : -1;
}

static status_t read_path(struct span text, struct writer *writer)
{
    uint8_t path[MULTIADDR_BYTES_MAX];
    struct writer value = writer_of(path, sizeof path);
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.bytes[i];
        if (byte == '%') {
            bool whole = i + 2 < text.size;
            int high = whole ? hex_digit(text.bytes[i + 1]) : -1;
            int low = whole ? hex_digit(text.bytes[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return ERR_INVALID;
            }
            byte = (uint8_t)(high << 4 | low);
            i += 2;
        }
        writer_u8(&value, byte);
    }
    if (!writer_ok(&value)) {
        return ERR_TOO_LARGE;
    }
    writer_block(writer, path, value.size);
    return OK;
}

static status_t read_base64(struct span text, struct writer *writer)
{
    uint8_t hash[MULTIADDR_BYTES_MAX];
    struct writer value = writer_of(hash, sizeof hash);
    unsigned bits = 0, have = 0;
    if (text.size == 0 || text.bytes[0] != 'u') {
        return ERR_INVALID;
    }
    for (size_t i = 1; i < text.size; i++) {
        const char *place = text.bytes[i] ? strchr(base64_digits, text.bytes[i]) : NULL;
        if (!place) {
            return ERR_INVALID;
        }
        bits = (bits << 6 | (unsigned)(place - base64_digits)) & 0xffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            writer_u8(&value, (uint8_t)(bits >> have));
        }
    }
    if (have >= 6 || (bits & ((1u << have) - 1)) != 0) {
        return ERR_INVALID;
    }
    writer_block(writer, hash, value.size);
    return writer_ok(&value) ? OK : ERR_TOO_LARGE;
}

static status_t read_value(uint8_t kind, struct span text, struct writer *writer)
{
    const char *chars = (const char *)text.bytes;
    uint8_t address[16];
    struct peer_id id;
    status_t status = OK;
    switch (kind) {
    case KIND_IP4:
        status = inet4_parse(chars, text.size, address);
        writer_bytes(writer, address, status == OK ? 4 : 0);
        return status;
    case KIND_IP6:
        status = inet6_parse(chars, text.size, address);
        writer_bytes(writer, address, status == OK ? 16 : 0);
        return status;
    case KIND_PORT:
        return read_port(text, writer);
    case KIND_PATH:
        return read_path(text, writer);
    case KIND_HASH:
        return read_base64(text, writer);
    case KIND_PEER:
        status = peer_id_parse_text(chars, text.size, &id);
        if (status == OK) {
            writer_block(writer, id.bytes, id.size);
        }
        return status;
    default:
        writer_block(writer, text.bytes, text.size);
        return OK;
    }
}

// The text up to the next slash, which is consumed; the slash before it too.
static struct span next_part(struct reader *reader)
{
    if (reader_u8(reader) != '/') {
        reader_fail(reader);
        return (struct span){0};
    }
    const uint8_t *slash = memchr(reader->at, '/', reader_left(reader));
    return reader_take(reader, slash ? (size_t)(slash - reader->at) : reader_left(reader));
}

status_t multiaddr_parse_text(const char *text, size_t size, struct multiaddr *out_address)
{
    uint8_t bytes[MULTIADDR_BYTES_MAX];
    struct reader reader = reader_of(text, size);
    struct writer writer = writer_of(bytes, sizeof bytes);
    while (reader_left(&reader) > 0) {
        struct span name = next_part(&reader);
        const struct component *component =
            reader_ok(&reader) ? component_of_name((const char *)name.bytes, name.size) : NULL;
        if (!component) {
            return ERR_INVALID;
        }
        writer_uvarint(&writer, component->code);
        if (component->kind == KIND_NONE) {
            continue;
        }
        struct span value = next_part(&reader);
        status_t status =
            reader_ok(&reader) ? read_value(component->kind, value, &writer) : ERR_INVALID;
        if (status != OK) {
            return status;
        }
    }
    if (!writer_ok(&writer)) {
        return ERR_TOO_LARGE;
    }
    struct span binary = {bytes, writer.size};
    return multiaddr_parse(binary, out_address) == OK ? OK : ERR_INVALID;
}

status_t multiaddr_get_tcp(const struct multiaddr *address, struct multiaddr_tcp *out_tcp)
{
    struct reader reader = reader_of(address->bytes, address->size);
    struct multiaddr_tcp tcp = {0};
    struct span host, port, peer;
    const struct component *component = next_component(&reader, &host);
    if (!component || (component->code != CODE_IP4 && component->code != CODE_IP6)) {
        return ERR_UNSUPPORTED;
    }
    tcp.is_ip6 = component->code == CODE_IP6;
    memcpy(tcp.address, host.bytes, host.size);
    component = next_component(&reader, &port);
    if (!component || component->code != CODE_TCP) {
        return ERR_UNSUPPORTED;
    }
    tcp.port = (uint16_t)(port.bytes[0] << 8 | port.bytes[1]);
    component = next_component(&reader, &peer);
    if (component && (component->code != CODE_P2P || peer_id_parse(peer, &tcp.peer) != OK)) {
        return ERR_UNSUPPORTED;
    }
    if (!reader_done(&reader)) {
        return ERR_UNSUPPORTED;
    }
    *out_tcp = tcp;
    return OK;
}

void multiaddr_of_tcp(const struct multiaddr_tcp *tcp, struct multiaddr *out_address)
{
    struct writer writer = writer_of(out_address->bytes, sizeof out_address->bytes);
    writer_uvarint(&writer, tcp->is_ip6 ? CODE_IP6 : CODE_IP4);
    writer_bytes(&writer, tcp->address, tcp->is_ip6 ? 16 : 4);
    writer_uvarint(&writer, CODE_TCP);
    writer_be16(&writer, tcp->port);
    if (tcp->peer.size > 0) {
        writer_uvarint(&writer, CODE_P2P);
        writer_block(&writer, tcp->peer.bytes, tcp->peer.size);
    }
    assert(writer_ok(&writer));
    out_address->size = (uint16_t)writer.size;
}
