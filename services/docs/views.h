// SPDX-License-Identifier: Apache-2.0
// Who looks: subscribers of a document get every update through a ring, watchers of lists get a
// signal. A subscriber that does not keep up gets an empty record, which tells it to fetch the
// state; a client that is gone costs nothing.
#pragma once

#include "library.h"

#include "abi/types.h"
#include "ring/ring.h"

#define VIEWS_SUBSCRIBERS_MAX 32u
#define VIEWS_PER_BADGE_MAX   4u // the oldest makes room
#define VIEWS_WATCHERS_MAX    16u

struct subscriber {
    uint64_t badge; // of the document handle; 0: free
    struct document *document;
    handle_t signal;
    uint64_t bits;
    struct ring ring;
    void *memory; // the ring's, mapped
    bool behind;  // an update did not fit
    uint64_t age;
};

struct watcher {
    uint64_t badge; // of the caller; 0: free
    handle_t signal;
    uint64_t bits;
};

struct views {
    struct library *library;
    struct library_listener listener;
    struct subscriber subscribers[VIEWS_SUBSCRIBERS_MAX];
    struct watcher watchers[VIEWS_WATCHERS_MAX];
    uint64_t generation; // of the library when the watchers were told
    uint64_t ages;
};

// `views` is zeroed and stays in place.
void views_init(struct views *views, struct library *library);
void views_finish(struct views *views);
// A new subscriber of a document: its memory (mapped here) and signal (taken). ERR_INVALID,
// ERR_CORRUPT (not a ring), ERR_FULL, and of mapping; the signal is the caller's then.
struct views_subscription {
    uint64_t badge;
    struct document *document;
    handle_t memory, signal;
    uint64_t bits;
};
status_t views_subscribe(struct views *views, const struct views_subscription *subscription);
// Sets the caller's watching signal (taken), replacing the one it had. ERR_FULL.
status_t views_watch(struct views *views, uint64_t badge, handle_t signal, uint64_t bits);
// Tells the watchers if anything changed since, and subscribers that were behind if there is room
// again.
void views_tell(struct views *views);
// Raises every watcher's signal: the library appeared, or storing it fails, or works again.
void views_tell_watchers(struct views *views);
// The last handle with that badge is gone.
void views_closed(struct views *views, uint64_t badge);
