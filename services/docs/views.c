// SPDX-License-Identifier: Apache-2.0
// Subscribers and watchers; see views.h.
#include "views.h"

#include "abi/ipc/docs.h"
#include "os/handle.h"
#include "os/memory.h"
#include "os/signal.h"

#include <string.h>

static void subscriber_end(struct subscriber *subscriber)
{
    os_memory_unmap(subscriber->memory, DOCS_RING_BYTES);
    os_handle_close(subscriber->signal);
    if (subscriber->document)
        subscriber->document->holders--;
    *subscriber = (struct subscriber){0};
}

static void push(struct subscriber *subscriber, struct span update)
{
    if (subscriber->behind || update.size == 0 ||
        ring_push(&subscriber->ring, update.bytes, (uint32_t)update.size) < 0)
        subscriber->behind = ring_push(&subscriber->ring, NULL, 0) < 0;
    if (ring_should_wake(&subscriber->ring))
        (void)os_signal_raise(subscriber->signal, subscriber->bits);
}

static void updated(void *self, struct document *document, struct span update, const void *origin)
{
    struct views *views = self;
    for (unsigned i = 0; i < VIEWS_SUBSCRIBERS_MAX; i++)
        if (views->subscribers[i].document == document)
            push(&views->subscribers[i], update);
}

static void removed(void *self, struct document *document)
{
    struct views *views = self;
    for (unsigned i = 0; i < VIEWS_SUBSCRIBERS_MAX; i++)
        if (views->subscribers[i].document == document)
            subscriber_end(&views->subscribers[i]);
}

void views_init(struct views *views, struct library *library)
{
    views->library = library;
    views->generation = library->generation;
    views->listener =
        (struct library_listener){.updated = updated, .removed = removed, .self = views};
    library_listen(library, &views->listener);
}

void views_finish(struct views *views)
{
    for (unsigned i = 0; i < VIEWS_SUBSCRIBERS_MAX; i++)
        if (views->subscribers[i].badge)
            subscriber_end(&views->subscribers[i]);
    for (unsigned i = 0; i < VIEWS_WATCHERS_MAX; i++)
        os_handle_close(views->watchers[i].signal);
    if (views->library)
        list_remove(&views->listener.link);
    *views = (struct views){0};
}

// A free place; too many of one badge: the oldest of them makes room. NULL: none.
static struct subscriber *place_for(struct views *views, uint64_t badge)
{
    struct subscriber *free = NULL, *oldest = NULL;
    unsigned count = 0;
    for (unsigned i = 0; i < VIEWS_SUBSCRIBERS_MAX; i++) {
        struct subscriber *it = &views->subscribers[i];
        if (it->badge == 0)
            free = free ? free : it;
        if (it->badge != badge)
            continue;
        count++;
        oldest = oldest && oldest->age < it->age ? oldest : it;
    }
    if (count < VIEWS_PER_BADGE_MAX)
        return free;
    subscriber_end(oldest);
    return oldest;
}

status_t views_subscribe(struct views *views, const struct views_subscription *subscription)
{
    uint64_t size = 0;
    void *memory;
    status_t status = os_memory_size(subscription->memory, &size);
    if (status == OK && size < DOCS_RING_BYTES)
        status = ERR_INVALID;
    if (status == OK)
        status = os_memory_map(subscription->memory, 0, DOCS_RING_BYTES,
                               PROTECT_READ | PROTECT_WRITE, &memory);
    if (status < 0)
        return status;
    struct subscriber *place = NULL;
    struct ring ring;
    status = ring_open(&ring, memory, DOCS_RING_BYTES, RING_PRODUCER);
    if (status == OK) {
        place = place_for(views, subscription->badge);
        status = place ? OK : ERR_FULL;
    }
    if (status < 0) {
        os_memory_unmap(memory, DOCS_RING_BYTES);
        return status;
    }
    *place = (struct subscriber){.badge = subscription->badge,
                                 .document = subscription->document,
                                 .signal = subscription->signal,
                                 .bits = subscription->bits,
                                 .ring = ring,
                                 .memory = memory,
                                 .age = ++views->ages};
    place->document->holders++;
    return OK;
}

status_t views_watch(struct views *views, uint64_t badge, handle_t signal, uint64_t bits)
{
    struct watcher *place = NULL;
    for (unsigned i = 0; i < VIEWS_WATCHERS_MAX; i++) {
        struct watcher *it = &views->watchers[i];
        if (it->badge == badge) {
            place = it;
            break;
        }
        if (it->badge == 0 && !place)
            place = it;
    }
    if (!place)
        return ERR_FULL;
    os_handle_close(place->signal);
    *place = (struct watcher){badge, signal, bits};
    return OK;
}

void views_tell(struct views *views)
{
    for (unsigned i = 0; i < VIEWS_SUBSCRIBERS_MAX; i++)
        if (views->subscribers[i].behind)
            push(&views->subscribers[i], (struct span){0});
    if (views->generation != views->library->generation)
        views_tell_watchers(views);
}

void views_tell_watchers(struct views *views)
{
    if (views->library)
        views->generation = views->library->generation;
    for (unsigned i = 0; i < VIEWS_WATCHERS_MAX; i++)
        if (views->watchers[i].badge)
            (void)os_signal_raise(views->watchers[i].signal, views->watchers[i].bits);
}

void views_closed(struct views *views, uint64_t badge)
{
    for (unsigned i = 0; i < VIEWS_SUBSCRIBERS_MAX; i++)
        if (views->subscribers[i].badge == badge)
            subscriber_end(&views->subscribers[i]);
    for (unsigned i = 0; i < VIEWS_WATCHERS_MAX; i++) {
        if (views->watchers[i].badge == badge) {
            os_handle_close(views->watchers[i].signal);
            views->watchers[i] = (struct watcher){0};
        }
    }
}
