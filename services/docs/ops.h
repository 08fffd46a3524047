// SPDX-License-Identifier: Apache-2.0
// The methods of abi/ipc/docs.h over a library. A document handle's badge is the document's number
// and a count that tells openings apart; it means the same to every later instance of the service.
#pragma once

#include "peers.h"
#include "views.h"

#include "abi/ipc/docs.h"
#include "ipc/server.h"

struct docs {
    struct ipc_server server;
    struct ipc_timer flush;   // armed while something is queued for the store
    struct ipc_timer reading; // armed while the library could not be read yet
    struct library library;
    struct library_options options;
    status_t refused; // OK, or why there is no library: what every request answers
    struct views views;
    struct peers peers;
    uint64_t kick_bits; // of our signal: a link has something to do
    uint64_t openings;
    struct buffer scratch; // one incoming update, copied out of its sender's reach
};

// Serves on the given endpoint and signal, HANDLE_NONE for the start block's. `docs` is zeroed and
// stays in place. When the store cannot be read every request answers why, and reading is tried
// again.
void docs_serve(struct docs *docs, const struct library_options *options, handle_t endpoint,
                handle_t signal);
// Stores what is queued, as far as the store allows, and frees everything.
void docs_finish(struct docs *docs);
