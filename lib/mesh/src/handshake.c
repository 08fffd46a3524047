// SPDX-License-Identifier: Apache-2.0
// From the first byte to a proven peer: choose Noise, shake hands, choose the muxer if the
// handshake did not. Any failure ends the link; nothing here is retried.
#include "connection_internal.h"

#include "base/assert.h"

#include <string.h>

enum { MESSAGE_MAX = 512 }; // ours; the longest is 32 + 48 + 136 bytes

static const char noise_name[] = "/noise";
static const char muxer_name[] = "/yamux/1.0.0";

static void send_select(struct connection *connection)
{
    uint8_t message[MULTISTREAM_OUT_MAX];
    size_t size;
    while ((size = multistream_take(&connection->select, message)) > 0) {
        struct span bytes = {message, size};
        if (connection->stage == STAGE_SELECT_MUXER) {
            connection_put_sealed(connection, bytes);
        } else {
            connection_put(connection, bytes);
        }
    }
}

static void start_select(struct connection *connection, const char *protocol)
{
    if (connection->options.is_dialer) {
        multistream_dial(&connection->select, protocol);
    } else {
        multistream_listen(&connection->select);
    }
    send_select(connection);
}

void handshake_start(struct connection *connection)
{
    connection->stage = STAGE_SELECT_NOISE;
    start_select(connection, noise_name);
}

static void become_open(struct connection *connection)
{
    const struct connection_options *options = &connection->options;
    connection->stage = STAGE_OPEN;
    connection->ping_due_ns = connection->now_ns + options->keep_alive_ns;
    yamux_init(&connection->yamux, options->is_dialer, &connection_yamux_ops, connection);
    if (options->ops->connected) {
        options->ops->connected(options->context, connection, &connection->peer);
    }
}

static void send_handshake(struct connection *connection)
{
    uint8_t payload[NOISE_PAYLOAD_MAX], message[2 + MESSAGE_MAX];
    struct writer payload_out = writer_of(payload, sizeof payload);
    struct writer out = writer_of(message + 2, MESSAGE_MAX);
    if (connection->handshake.step > 0) {
        noise_payload_write(connection->options.identity, connection->options.plain_muxer,
                            &payload_out);
    }
    assert(writer_ok(&payload_out));
    struct span plain = {payload, payload_out.size};
    status_t status = noise_handshake_write(&connection->handshake, plain, &out);
    if (status != OK) {
        connection_fail(connection, status);
        return;
    }
    struct writer length = writer_of(message, 2);
    writer_be16(&length, (uint16_t)out.size);
    connection_put(connection, (struct span){message, 2 + out.size});
}

static void start_noise(struct connection *connection)
{
    const struct connection_options *options = &connection->options;
    uint8_t secret[NOISE_KEY_BYTES];
    struct noise_keypair ephemeral;
    options->random->fill(options->random->context, secret, sizeof secret);
    noise_keypair_of_secret(secret, &ephemeral);
    enum noise_role role = options->is_dialer ? NOISE_INITIATOR : NOISE_RESPONDER;
    noise_handshake_init(&connection->handshake, role, &options->identity->statics, &ephemeral,
                         (struct span){0});
    memset(secret, 0, sizeof secret);
    connection->stage = STAGE_HANDSHAKE;
    if (options->is_dialer) {
        send_handshake(connection);
    }
}

static void on_selected(struct connection *connection)
{
    if (connection->stage == STAGE_SELECT_NOISE) {
        start_noise(connection);
    } else {
        become_open(connection);
    }
}

void handshake_feed_select(struct connection *connection, struct reader *in)
{
    const char *wanted = connection->stage == STAGE_SELECT_NOISE ? noise_name : muxer_name;
    switch (multistream_feed(&connection->select, in)) {
    case MULTISTREAM_MORE:
        send_select(connection);
        break;
    case MULTISTREAM_PROPOSED:
        if (strcmp(connection->select.protocol, wanted) != 0) {
            multistream_refuse(&connection->select);
            send_select(connection);
            break;
        }
        multistream_accept(&connection->select);
        send_select(connection);
        on_selected(connection);
        break;
    case MULTISTREAM_AGREED:
        on_selected(connection);
        break;
    case MULTISTREAM_REFUSED:
        connection_fail(connection, ERR_UNSUPPORTED);
        break;
    case MULTISTREAM_FAILED:
        connection_fail(connection, ERR_BAD_MESSAGE);
        break;
    }
}

// The peer's payload: who it is, whether it is whom we dialed, and how the muxer is chosen.
static status_t on_payload(struct connection *connection, struct span bytes,
                           struct noise_payload *out_payload)
{
    const struct peer_id *expected = connection->options.expected;
    struct peer_id peer;
    status_t status = noise_payload_check(bytes, connection->handshake.remote_static, out_payload);
    if (status != OK) {
        return status;
    }
    peer_id_of_key(out_payload->public_key, &peer);
    if (expected && !peer_id_equal(expected, &peer)) {
        return ERR_UNTRUSTED;
    }
    bool both_sent_lists = out_payload->has_muxers && !connection->options.plain_muxer;
    if (both_sent_lists && !out_payload->takes_yamux) {
        return ERR_UNSUPPORTED;
    }
    connection->peer = peer;
    return OK;
}

static void on_handshake_done(struct connection *connection, bool early_muxer)
{
    noise_handshake_split(&connection->handshake, &connection->send, &connection->receive);
    noise_handshake_finish(&connection->handshake);
    if (early_muxer) {
        become_open(connection);
    } else {
        connection->stage = STAGE_SELECT_MUXER;
        start_select(connection, muxer_name);
    }
}

void handshake_message(struct connection *connection, struct span message)
{
    struct noise_payload payload = {0};
    size_t size = 0;
    uint8_t *bytes = connection->plain;
    bool carries_payload = connection->handshake.step > 0;
    status_t status = ERR_TOO_LARGE;
    if (message.size <= sizeof connection->plain) {
        status = noise_handshake_read(&connection->handshake, message, bytes, &size);
    }
    if (status == OK && carries_payload) {
        status = on_payload(connection, (struct span){bytes, size}, &payload);
    }
    if (status != OK) {
        connection_fail(connection, status);
        return;
    }
    if (noise_handshake_is_ours(&connection->handshake)) {
        send_handshake(connection);
    }
    if (noise_handshake_is_done(&connection->handshake) && !connection->must_settle) {
        on_handshake_done(connection, payload.has_muxers && !connection->options.plain_muxer);
    }
}
