// SPDX-License-Identifier: Apache-2.0
// multistream-select; see mesh/multistream.h.
#include "mesh/multistream.h"

#include "base/assert.h"

#include <string.h>

enum state { STATE_HEADER, STATE_MESSAGE, STATE_ANSWER_DUE, STATE_AGREED, STATE_FAILED };
enum {
    LENGTH_BYTES_MAX = 2,
    LENGTH_COMPLETE = 0x80, // marks length_bytes once the last byte of the length came
    OUT_DRAIN_SIZE = 24,    // pause for the owner to drain: what is left still fits any answer
};

static const char header[] = "/multistream/1.0.0";
static const char not_available[] = "na";

static void put_message(struct multistream *multistream, const char *text)
{
    struct writer writer = writer_of(multistream->out + multistream->out_size,
                                     sizeof multistream->out - multistream->out_size);
    size_t size = strlen(text);
    writer_uvarint(&writer, size + 1);
    writer_bytes(&writer, text, size);
    writer_u8(&writer, '\n');
    assert(writer_ok(&writer));
    multistream->out_size = (uint16_t)(multistream->out_size + writer.size);
}

static void set_protocol(struct multistream *multistream, const void *text, size_t size)
{
    assert(size <= MULTISTREAM_PROTOCOL_MAX);
    memcpy(multistream->protocol, text, size);
    multistream->protocol[size] = 0;
}

void multistream_dial(struct multistream *multistream, const char *protocol)
{
    *multistream = (struct multistream){.state = STATE_HEADER};
    put_message(multistream, header);
    multistream_propose(multistream, protocol);
    multistream->state = STATE_HEADER;
}

void multistream_listen(struct multistream *multistream)
{
    *multistream = (struct multistream){.state = STATE_HEADER, .is_listener = 1};
}

void multistream_propose(struct multistream *multistream, const char *protocol)
{
    set_protocol(multistream, protocol, strlen(protocol));
    put_message(multistream, protocol);
    multistream->state = STATE_MESSAGE;
}

void multistream_accept(struct multistream *multistream)
{
    assert(multistream->state == STATE_ANSWER_DUE);
    put_message(multistream, multistream->protocol);
    multistream->state = STATE_AGREED;
}

void multistream_refuse(struct multistream *multistream)
{
    assert(multistream->state == STATE_ANSWER_DUE);
    put_message(multistream, not_available);
    multistream->state = STATE_MESSAGE;
}

static bool message_is(const struct multistream *multistream, const char *text)
{
    size_t size = strlen(text);
    return multistream->message_size == size + 1 && memcmp(multistream->message, text, size) == 0;
}

static enum multistream_event fail(struct multistream *multistream)
{
    multistream->state = STATE_FAILED;
    return MULTISTREAM_FAILED;
}

static enum multistream_event dialer_message(struct multistream *multistream)
{
    if (message_is(multistream, not_available)) {
        multistream->state = STATE_ANSWER_DUE;
        return MULTISTREAM_REFUSED;
    }
    if (!message_is(multistream, multistream->protocol)) {
        return fail(multistream);
    }
    multistream->state = STATE_AGREED;
    return MULTISTREAM_AGREED;
}

static enum multistream_event listener_message(struct multistream *multistream)
{
    if (++multistream->proposals > MULTISTREAM_PROPOSALS_MAX) {
        return fail(multistream);
    }
    multistream->state = STATE_ANSWER_DUE;
    size_t size = multistream->message_size - 1u;
    bool fits = size <= MULTISTREAM_PROTOCOL_MAX && !memchr(multistream->message, 0, size);
    if (!fits || size == 0) {
        multistream_refuse(multistream);
        return MULTISTREAM_MORE;
    }
    set_protocol(multistream, multistream->message, size);
    return MULTISTREAM_PROPOSED;
}

// A whole message came.
static enum multistream_event on_message(struct multistream *multistream)
{
    if (multistream->state == STATE_HEADER) {
        if (!message_is(multistream, header)) {
            return fail(multistream);
        }
        if (multistream->is_listener) {
            put_message(multistream, header);
        }
        multistream->state = STATE_MESSAGE;
        return MULTISTREAM_MORE;
    }
    return multistream->is_listener ? listener_message(multistream) : dialer_message(multistream);
}

// Reads one byte of the length; false when the length is not one we take.
static bool length_byte(struct multistream *multistream, uint8_t byte)
{
    multistream->message_size |= (uint16_t)((byte & 0x7f) << (7 * multistream->length_bytes));
    multistream->length_bytes++;
    if (byte & 0x80) {
        return multistream->length_bytes < LENGTH_BYTES_MAX;
    }
    multistream->length_bytes |= LENGTH_COMPLETE;
    bool minimal = byte != 0 || multistream->message_size == 0;
    return minimal && multistream->message_size > 0 &&
           multistream->message_size <= MULTISTREAM_MESSAGE_MAX;
}

// Takes one byte of the body; true when it was the last.
static bool body_byte(struct multistream *multistream, uint8_t byte)
{
    if (multistream->received < sizeof multistream->message) {
        multistream->message[multistream->received] = byte;
    }
    return ++multistream->received == multistream->message_size;
}

enum multistream_event multistream_feed(struct multistream *multistream, struct reader *in)
{
    while (multistream->state != STATE_FAILED && multistream->state != STATE_AGREED &&
           reader_left(in) > 0) {
        uint8_t byte = reader_u8(in);
        if (!(multistream->length_bytes & LENGTH_COMPLETE)) {
            if (!length_byte(multistream, byte)) {
                return fail(multistream);
            }
            continue;
        }
        if (!body_byte(multistream, byte)) {
            continue;
        }
        if (byte != '\n') {
            return fail(multistream);
        }
        enum multistream_event event = on_message(multistream);
        multistream->length_bytes = 0;
        multistream->message_size = multistream->received = 0;
        if (event != MULTISTREAM_MORE || multistream->out_size >= OUT_DRAIN_SIZE) {
            return event;
        }
    }
    return multistream->state == STATE_FAILED ? MULTISTREAM_FAILED : MULTISTREAM_MORE;
}

size_t multistream_take(struct multistream *multistream, uint8_t *buffer)
{
    size_t size = multistream->out_size;
    if (multistream->is_listener && size > 0) {
        size = multistream->out[0] + 1u; // lengths here are one byte: OUT_MAX is 128
    }
    memcpy(buffer, multistream->out, size);
    multistream->out_size = (uint16_t)(multistream->out_size - size);
    memmove(multistream->out, multistream->out + size, multistream->out_size);
    return size;
}
