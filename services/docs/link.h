// SPDX-License-Identifier: Apache-2.0
// A link to the same person's library on another device: one byte stream in each direction,
// protocol /nx/ysync/0.1.0 (docs/protocols/sync.md). Both sides offer what they have of the index
// and of every document, answer the other's offers, and pass on every change. Who may have a link
// is decided below: mesh links members of the circle alone.
//
// The stream is not read here: whoever owns it hands in what arrived (link_receive) and takes what
// is to be sent (link_output, link_sent).
#pragma once

#include "library.h"

#define LINK_MESSAGE_MAX (LIBRARY_UPDATE_MAX + 64u)
#define LINK_OUTPUT_MAX                                                                            \
    (8u << 20) // a peer that reads slower than this is dropped and synchronises anew

// Owned by the caller; it must stay in place. Fields are for reading.
struct link {
    struct library *library;
    struct library_listener listener;
    struct buffer input, output;
    size_t sent;    // bytes of output that are gone
    status_t error; // why the link is over, or OK
};

// Starts: offers everything. The store's errors, ERR_NO_MEMORY; finish it then, too.
status_t link_init(struct link *link, struct library *library);
// Ends; accepts a zeroed one.
void link_finish(struct link *link);
// Takes bytes that arrived, of any cut. ERR_BAD_MESSAGE: the peer does not keep to the protocol;
// ERR_FULL: it does not read; ERR_NO_MEMORY: finish the link and close the stream.
status_t link_receive(struct link *link, struct span bytes);
// What is to be sent, borrowed until the next call.
struct span link_output(const struct link *link);
// The first `size` bytes of it were sent.
void link_sent(struct link *link, size_t size);
