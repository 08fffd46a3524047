// SPDX-License-Identifier: Apache-2.0
// Ping; see mesh/ping.h. Inbound streams have no user pointer: they echo. Outbound ones carry their
// struct ping.
#include "mesh/ping.h"

#include <string.h>

static void send_asked(struct ping *ping)
{
    struct span bytes = {ping->asked, sizeof ping->asked};
    ping->received = 0;
    ping->sent_ns = ping->now_ns(ping->context);
    if (stream_write(ping->stream, bytes) < bytes.size) {
        stream_reset(ping->stream); // 32 bytes do not fit: the peer takes nothing
    }
}

status_t ping_send(struct ping *ping, struct connection *connection)
{
    if (ping->is_waiting) {
        return ERR_AGAIN;
    }
    ping->random->fill(ping->random->context, ping->asked, sizeof ping->asked);
    ping->is_waiting = true;
    if (ping->stream) {
        send_asked(ping);
        return OK;
    }
    status_t status = connection_open(connection, PING_PROTOCOL, ping, &ping->stream);
    ping->is_waiting = status == OK;
    return status;
}

void ping_end(struct ping *ping)
{
    if (ping->stream) {
        stream_end(ping->stream);
    }
}

static void on_opened(void *context, struct stream *stream)
{
    (void)context;
    struct ping *ping = stream_user(stream);
    if (ping) {
        send_asked(ping);
    }
}

// Echoes as it comes. The peer may not have more than one ping on its way, so a short write means
// it does not read.
static void echo(struct stream *stream, struct span bytes)
{
    stream_consume(stream, bytes.size);
    if (stream_write(stream, bytes) < bytes.size) {
        stream_reset(stream);
    }
}

static void on_data(void *context, struct stream *stream, struct span bytes)
{
    (void)context;
    struct ping *ping = stream_user(stream);
    if (!ping) {
        echo(stream, bytes);
        return;
    }
    stream_consume(stream, bytes.size);
    size_t wanted = sizeof ping->asked - ping->received;
    if (!ping->is_waiting || bytes.size > wanted ||
        memcmp(bytes.bytes, ping->asked + ping->received, bytes.size) != 0) {
        stream_reset(stream);
        return;
    }
    ping->received = (uint8_t)(ping->received + bytes.size);
    if (ping->received == sizeof ping->asked) {
        ping->is_waiting = false;
        ping->done(ping->context, OK, ping->now_ns(ping->context) - ping->sent_ns);
    }
}

static void on_ended(void *context, struct stream *stream)
{
    (void)context;
    stream_end(stream);
}

static void on_closed(void *context, struct stream *stream, status_t reason)
{
    (void)context;
    struct ping *ping = stream_user(stream);
    if (!ping) {
        return;
    }
    ping->stream = NULL;
    if (ping->is_waiting) {
        ping->is_waiting = false;
        ping->done(ping->context, reason == OK ? ERR_CLOSED : reason, 0);
    }
}

const struct stream_ops ping_stream_ops = {
    .opened = on_opened,
    .data = on_data,
    .ended = on_ended,
    .closed = on_closed,
};
