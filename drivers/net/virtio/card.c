// SPDX-License-Identifier: Apache-2.0
// A virtio network device; see card.h.
#include "card.h"

#include "base/codec.h"

#include <string.h>

enum { FEATURE_MAC = 1 << 5, FEATURE_STATUS = 1 << 16, STATUS_LINK_UP = 1 };
enum { HEADER_BYTES = 12, BUFFER_BYTES = 2048, STATUS_AT = 6, FRAME_MIN = 14 };

static status_t offer(struct card *card, uint32_t buffer, bool notify)
{
    struct bus_submit_req req = {
        .cookie = buffer,
        .queue = CARD_RECEIVE,
        .segment_count = 1,
        .segments = {{card->receive.index, buffer * BUFFER_BYTES, BUFFER_BYTES, 1}},
        .address_at = UINT32_MAX,
        .notify = notify,
    };
    return bus_driver_submit(&card->driver, &req);
}

status_t card_open(struct card *card, handle_t bus, handle_t signal, uint64_t queue_bits,
                   uint64_t config_bits)
{
    *card = (struct card){0};
    struct bus_open_req open = {
        .kind = BUS_NETWORK, .queue_bits = queue_bits, .config_bits = config_bits};
    status_t status = bus_driver_open(&card->driver, bus, signal, &open);
    if (status < 0) {
        return status;
    }
    uint64_t features =
        card->driver.features & (BUS_FEATURE_VERSION_1 | FEATURE_MAC | FEATURE_STATUS);
    card->has_status = features & FEATURE_STATUS;
    status = features & FEATURE_MAC
                 ? bus_driver_config(&card->driver, 0, card->mac, sizeof card->mac)
                 : ERR_UNSUPPORTED;
    if (status == OK) {
        status = bus_driver_start(&card->driver, features, 2, CARD_BUFFERS);
    }
    if (status == OK) {
        status = bus_driver_memory(&card->driver, CARD_BUFFERS * BUFFER_BYTES, &card->receive);
    }
    if (status == OK) {
        status = bus_driver_memory(&card->driver, CARD_BUFFERS * BUFFER_BYTES, &card->transmit);
    }
    for (uint32_t i = 0; i < CARD_BUFFERS && status == OK; i++) {
        status = offer(card, i, i + 1 == CARD_BUFFERS);
    }
    return status;
}

bool card_link_up(struct card *card)
{
    uint8_t bytes[2];
    if (!card->has_status) {
        return true;
    }
    if (bus_driver_config(&card->driver, STATUS_AT, bytes, sizeof bytes) < 0) {
        return false;
    }
    struct reader reader = reader_of(bytes, sizeof bytes);
    return reader_le16(&reader) & STATUS_LINK_UP;
}

// Frames that the device received go to the client's ring, their buffers back to the device.
static status_t receive(struct card *card)
{
    struct bus_completion done[BUS_REAP_MAX];
    status_t count = bus_driver_reap(&card->driver, CARD_RECEIVE, done, BUS_REAP_MAX);
    for (status_t i = 0; i < count; i++) {
        uint32_t buffer = (uint32_t)done[i].cookie;
        uint32_t size = done[i].written_bytes;
        bool is_frame = size >= HEADER_BYTES + FRAME_MIN && size <= HEADER_BYTES + NETDEV_FRAME_MAX;
        const uint8_t *frame = card->receive.bytes + buffer * BUFFER_BYTES + HEADER_BYTES;
        if (!is_frame || !card->has_client ||
            ring_push(&card->receive_ring, frame, size - HEADER_BYTES) < 0) {
            card->dropped++;
        }
        status_t status = offer(card, buffer, i + 1 == count);
        if (status < 0) {
            return status;
        }
    }
    return count < 0 ? count : OK;
}

static status_t reclaim(struct card *card)
{
    struct bus_completion done[BUS_REAP_MAX];
    status_t count = bus_driver_reap(&card->driver, CARD_TRANSMIT, done, BUS_REAP_MAX);
    for (status_t i = 0; i < count; i++) {
        card->is_sending[done[i].cookie % CARD_BUFFERS] = false;
    }
    return count < 0 ? count : OK;
}

static uint32_t free_buffer(const struct card *card)
{
    uint32_t buffer = 0;
    while (buffer < CARD_BUFFERS && card->is_sending[buffer]) {
        buffer++;
    }
    return buffer;
}

// Sends one frame that lies in transmit buffer `buffer`.
static status_t send(struct card *card, uint32_t buffer, uint32_t frame_bytes)
{
    card->is_sending[buffer] = true;
    bool last = ring_peek(&card->transmit_ring) < 0 || free_buffer(card) == CARD_BUFFERS;
    struct bus_submit_req req = {
        .cookie = buffer,
        .queue = CARD_TRANSMIT,
        .segment_count = 1,
        .segments = {{card->transmit.index, buffer * BUFFER_BYTES, HEADER_BYTES + frame_bytes, 0}},
        .address_at = UINT32_MAX,
        .notify = last,
    };
    return bus_driver_submit(&card->driver, &req);
}

// Frames of the client's ring go to the device, as many as have a buffer; one kick for all. A
// client whose ring is corrupt or holds what is no frame is dropped: it attaches again.
static status_t transmit(struct card *card)
{
    for (uint32_t buffer; (buffer = free_buffer(card)) < CARD_BUFFERS;) {
        uint8_t *bytes = card->transmit.bytes + buffer * BUFFER_BYTES;
        memset(bytes, 0, HEADER_BYTES);
        status_t size = ring_pop(&card->transmit_ring, bytes + HEADER_BYTES, NETDEV_FRAME_MAX);
        if (size == ERR_AGAIN) {
            break;
        }
        if (size < FRAME_MIN) {
            card->has_client = false;
            break;
        }
        status_t status = send(card, buffer, (uint32_t)size);
        if (status < 0) {
            return status;
        }
    }
    return OK;
}

status_t card_move(struct card *card, struct card_wakes *out_wakes)
{
    *out_wakes = (struct card_wakes){0};
    status_t status = receive(card);
    if (status == OK) {
        status = reclaim(card);
    }
    bool more = card->has_client;
    while (status == OK && more) {
        status = transmit(card);
        more = card->has_client && free_buffer(card) < CARD_BUFFERS &&
               !ring_sleep(&card->transmit_ring, 0);
    }
    if (status == OK && card->has_client) {
        out_wakes->receive = ring_should_wake(&card->receive_ring);
        out_wakes->space = ring_should_wake(&card->transmit_ring);
    }
    return status;
}
