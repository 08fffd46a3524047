// SPDX-License-Identifier: Apache-2.0
// yamux; see mesh/yamux.h. A slot can be freed by any callback, so after each one streams are
// looked up by id again.
#include "mesh/yamux.h"

#include "base/assert.h"
#include "base/math.h"

#include <string.h>

enum frame_type { TYPE_DATA = 0, TYPE_WINDOW = 1, TYPE_PING = 2, TYPE_GO_AWAY = 3 };
enum frame_flag { FLAG_SYN = 1, FLAG_ACK = 2, FLAG_FIN = 4, FLAG_RST = 8 };

struct frame {
    uint8_t version, type;
    uint16_t flags;
    uint32_t id, length;
};

static void send_frame(struct yamux *yamux, const struct frame *frame, struct span payload)
{
    uint8_t header[YAMUX_HEADER_BYTES];
    struct writer writer = writer_of(header, sizeof header);
    writer_u8(&writer, 0);
    writer_u8(&writer, frame->type);
    writer_be16(&writer, frame->flags);
    writer_be32(&writer, frame->id);
    writer_be32(&writer, frame->length);
    assert(writer_ok(&writer));
    yamux->ops->frame(yamux->context, header, payload);
}

static void send_bare(struct yamux *yamux, uint8_t type, uint16_t flags, uint32_t id,
                      uint32_t length)
{
    const struct frame frame = {.type = type, .flags = flags, .id = id, .length = length};
    send_frame(yamux, &frame, (struct span){0});
}

// The flags every frame of this stream starts with: our answer to its SYN, once.
static uint16_t first_flags(struct yamux_stream *stream)
{
    uint16_t flags = stream->acknowledge_due ? FLAG_ACK : 0;
    stream->acknowledge_due = false;
    return flags;
}

void yamux_init(struct yamux *yamux, bool is_client, const struct yamux_ops *ops, void *context)
{
    *yamux = (struct yamux){.ops = ops, .context = context, .next_id = is_client ? 1 : 2};
}

static void close_stream(struct yamux *yamux, struct yamux_stream *stream, status_t reason)
{
    yamux->ops->closed(yamux->context, stream, reason);
    *stream = (struct yamux_stream){0};
}

void yamux_finish(struct yamux *yamux, status_t reason)
{
    yamux->local_away = true;
    for (size_t i = 0; i < ARRAY_COUNT(yamux->streams); i++) {
        if (yamux->streams[i].id != 0) {
            close_stream(yamux, &yamux->streams[i], reason);
        }
    }
}

static struct yamux_stream *find(struct yamux *yamux, uint32_t id)
{
    for (size_t i = 0; i < ARRAY_COUNT(yamux->streams); i++) {
        if (yamux->streams[i].id == id) {
            return &yamux->streams[i];
        }
    }
    return NULL;
}

static struct yamux_stream *claim(struct yamux *yamux, uint32_t id)
{
    struct yamux_stream *stream = find(yamux, 0);
    if (stream) {
        *stream = (struct yamux_stream){
            .id = id, .send_window = YAMUX_WINDOW_BYTES, .receive_window = YAMUX_WINDOW_BYTES};
    }
    return stream;
}

status_t yamux_open(struct yamux *yamux, void *owner, struct yamux_stream **out_stream)
{
    if (yamux->remote_away || yamux->local_away) {
        return ERR_CLOSED;
    }
    if (yamux->next_id > UINT32_MAX - 2) {
        return ERR_RANGE;
    }
    struct yamux_stream *stream = claim(yamux, yamux->next_id);
    if (!stream) {
        return ERR_FULL;
    }
    yamux->next_id += 2;
    stream->owner = owner;
    send_bare(yamux, TYPE_WINDOW, FLAG_SYN, stream->id, 0);
    *out_stream = stream;
    return OK;
}

size_t yamux_write(struct yamux *yamux, struct yamux_stream *stream, struct span bytes)
{
    size_t sent = 0;
    assert(stream->id != 0);
    if (stream->local_ended) {
        return 0;
    }
    while (sent < bytes.size) {
        size_t size = (size_t)min_u64(bytes.size - sent, YAMUX_PAYLOAD_MAX);
        size = (size_t)min_u64(size, stream->send_window);
        size = (size_t)min_u64(size, yamux->ops->room(yamux->context));
        if (size == 0) {
            break;
        }
        stream->send_window -= (uint32_t)size;
        const struct frame frame = {.type = TYPE_DATA,
                                    .flags = first_flags(stream),
                                    .id = stream->id,
                                    .length = (uint32_t)size};
        send_frame(yamux, &frame, (struct span){bytes.bytes + sent, size});
        sent += size;
    }
    stream->write_wanted = sent < bytes.size;
    return sent;
}

void yamux_end(struct yamux *yamux, struct yamux_stream *stream)
{
    assert(stream->id != 0);
    if (stream->local_ended) {
        return;
    }
    stream->local_ended = true;
    stream->write_wanted = false;
    send_bare(yamux, TYPE_WINDOW, first_flags(stream) | FLAG_FIN, stream->id, 0);
    if (stream->remote_ended) {
        close_stream(yamux, stream, OK);
    }
}

void yamux_reset(struct yamux *yamux, struct yamux_stream *stream)
{
    assert(stream->id != 0);
    send_bare(yamux, TYPE_WINDOW, FLAG_RST, stream->id, 0);
    close_stream(yamux, stream, ERR_CANCELLED);
}

void yamux_consume(struct yamux *yamux, struct yamux_stream *stream, size_t size)
{
    assert(stream->id != 0 && size <= stream->unconsumed);
    stream->unconsumed -= (uint32_t)size;
    stream->receive_window += (uint32_t)size;
    if (size > 0 && !stream->remote_ended) {
        send_bare(yamux, TYPE_WINDOW, first_flags(stream), stream->id, (uint32_t)size);
    }
}

static void tell_writable(struct yamux *yamux, struct yamux_stream *stream)
{
    if (stream->id != 0 && stream->write_wanted && stream->send_window > 0 &&
        yamux->ops->room(yamux->context) > 0) {
        stream->write_wanted = false;
        yamux->ops->writable(yamux->context, stream);
    }
}

void yamux_drained(struct yamux *yamux)
{
    size_t count = ARRAY_COUNT(yamux->streams);
    size_t first = yamux->next_writable;
    yamux->next_writable = (first + 1) % count;
    for (size_t i = 0; i < count; i++) {
        tell_writable(yamux, &yamux->streams[(first + i) % count]);
    }
}

void yamux_ping(struct yamux *yamux, uint32_t value)
{
    send_bare(yamux, TYPE_PING, FLAG_SYN, 0, value);
}

void yamux_go_away(struct yamux *yamux, enum yamux_away code)
{
    if (!yamux->local_away) {
        yamux->local_away = true;
        send_bare(yamux, TYPE_GO_AWAY, 0, 0, code);
    }
}

static status_t protocol_error(struct yamux *yamux)
{
    yamux_go_away(yamux, YAMUX_AWAY_PROTOCOL);
    return ERR_BAD_MESSAGE;
}

static struct frame current_frame(const struct yamux *yamux)
{
    struct reader reader = reader_of(yamux->header, sizeof yamux->header);
    struct frame frame = {.version = reader_u8(&reader), .type = reader_u8(&reader)};
    frame.flags = reader_be16(&reader);
    frame.id = reader_be32(&reader);
    frame.length = reader_be32(&reader);
    return frame;
}

// A SYN: the id must be the peer's to choose and not be live. A stream we cannot take is refused
// with RST, and what follows on it is skipped as for any unknown stream.
static status_t on_syn(struct yamux *yamux, const struct frame *frame)
{
    bool is_theirs = frame->id != 0 && frame->id % 2 != yamux->next_id % 2;
    if (!is_theirs || find(yamux, frame->id)) {
        return protocol_error(yamux);
    }
    struct yamux_stream *stream = yamux->local_away ? NULL : claim(yamux, frame->id);
    if (!stream) {
        send_bare(yamux, TYPE_WINDOW, FLAG_RST, frame->id, 0);
        return OK;
    }
    stream->acknowledge_due = true;
    if (!yamux->ops->opened(yamux->context, stream)) {
        send_bare(yamux, TYPE_WINDOW, FLAG_RST, frame->id, 0);
        *stream = (struct yamux_stream){0};
    }
    return OK;
}

// What a stream frame's flags say beside SYN, once its payload is delivered.
static void on_end_flags(struct yamux *yamux, const struct frame *frame)
{
    struct yamux_stream *stream = find(yamux, frame->id);
    if (!stream) {
        return;
    }
    if (frame->flags & FLAG_RST) {
        close_stream(yamux, stream, ERR_CLOSED);
        return;
    }
    if (!(frame->flags & FLAG_FIN) || stream->remote_ended) {
        return;
    }
    stream->remote_ended = true;
    yamux->ops->ended(yamux->context, stream);
    stream = find(yamux, frame->id);
    if (stream && stream->local_ended) {
        close_stream(yamux, stream, OK);
    }
}

static status_t on_window(struct yamux *yamux, const struct frame *frame)
{
    struct yamux_stream *stream = find(yamux, frame->id);
    if (stream) {
        if (frame->length > UINT32_MAX - stream->send_window) {
            return protocol_error(yamux);
        }
        stream->send_window += frame->length;
        if (!(frame->flags & FLAG_RST)) {
            tell_writable(yamux, stream);
        }
    }
    on_end_flags(yamux, frame);
    return OK;
}

// The header of a data frame: the whole payload must fit the window before a byte of it is taken.
static status_t on_data_header(struct yamux *yamux, const struct frame *frame)
{
    struct yamux_stream *stream = find(yamux, frame->id);
    if (stream &&
        (frame->length > stream->receive_window || (stream->remote_ended && frame->length > 0))) {
        return protocol_error(yamux);
    }
    if (!stream && frame->length > YAMUX_WINDOW_BYTES) {
        return protocol_error(yamux);
    }
    if (stream) {
        stream->receive_window -= frame->length;
        stream->unconsumed += frame->length;
    }
    yamux->payload_left = frame->length;
    if (frame->length == 0) {
        on_end_flags(yamux, frame);
    }
    return OK;
}

static status_t on_session_frame(struct yamux *yamux, const struct frame *frame)
{
    if (frame->id != 0) {
        return protocol_error(yamux);
    }
    if (frame->type == TYPE_GO_AWAY) {
        yamux->remote_away = true;
        yamux->ops->went_away(yamux->context, frame->length);
    } else if (frame->flags & FLAG_SYN) {
        send_bare(yamux, TYPE_PING, FLAG_ACK, 0, frame->length);
    } else if (frame->flags & FLAG_ACK) {
        yamux->ops->pong(yamux->context, frame->length);
    }
    return OK;
}

static status_t on_header(struct yamux *yamux)
{
    const struct frame frame = current_frame(yamux);
    if (frame.version != 0 || frame.type > TYPE_GO_AWAY) {
        return protocol_error(yamux);
    }
    if (frame.type == TYPE_PING || frame.type == TYPE_GO_AWAY) {
        return on_session_frame(yamux, &frame);
    }
    if (frame.id == 0) {
        return protocol_error(yamux);
    }
    status_t status = frame.flags & FLAG_SYN ? on_syn(yamux, &frame) : OK;
    if (status != OK) {
        return status;
    }
    return frame.type == TYPE_DATA ? on_data_header(yamux, &frame) : on_window(yamux, &frame);
}

static void take_payload(struct yamux *yamux, struct reader *reader)
{
    const struct frame frame = current_frame(yamux);
    struct span bytes = reader_take(reader, min_u64(yamux->payload_left, reader_left(reader)));
    yamux->payload_left -= (uint32_t)bytes.size;
    struct yamux_stream *stream = find(yamux, frame.id);
    if (stream && !(frame.flags & FLAG_RST)) {
        yamux->ops->data(yamux->context, stream, bytes);
    }
    if (yamux->payload_left == 0) {
        on_end_flags(yamux, &frame);
    }
}

status_t yamux_feed(struct yamux *yamux, struct span bytes)
{
    struct reader reader = reader_of(bytes.bytes, bytes.size);
    while (reader_left(&reader) > 0) {
        if (yamux->payload_left > 0) {
            take_payload(yamux, &reader);
            continue;
        }
        size_t wanted = sizeof yamux->header - yamux->header_size;
        struct span part = reader_take(&reader, min_u64(wanted, reader_left(&reader)));
        memcpy(yamux->header + yamux->header_size, part.bytes, part.size);
        yamux->header_size = (uint8_t)(yamux->header_size + part.size);
        if (yamux->header_size < sizeof yamux->header) {
            continue;
        }
        yamux->header_size = 0;
        status_t status = on_header(yamux);
        if (status != OK) {
            return status;
        }
    }
    return OK;
}
