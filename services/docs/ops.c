// SPDX-License-Identifier: Apache-2.0
// Protocol handlers: who asks, may it, and what the library says. See ops.h.
#include "ops.h"

#include "abi/plan.h"
#include "base/error.h"
#include "base/math.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/time.h"

#include <string.h>

#define BADGE_DOCUMENT (1ull << 62)
#define BADGE_FRESH    (1ull << 63) // links: made by lib/ipc
#define NUMBER_BITS    48u
#define NUMBER_MASK    ((1ull << NUMBER_BITS) - 1)
#define OPENINGS_MASK  0x3fffull

#define FLUSH_DELAY    (15 * OS_MILLISECOND) // a burst of keys is one write
#define RETRY_DELAY    (500 * OS_MILLISECOND)
#define ROWS_MAX       (MESSAGE_BYTES_MAX / sizeof(struct docs_row))

_Static_assert(DOCS_ID_BYTES == LIBRARY_ID_BYTES && DOCS_KIND_MAX == LIBRARY_KIND_MAX, "agree");
_Static_assert(DOCS_UPDATE_MAX == LIBRARY_UPDATE_MAX, "agree");
_Static_assert(DOCS_TITLE_MAX == SUMMARY_TITLE_MAX && DOCS_PREVIEW_MAX == SUMMARY_PREVIEW_MAX,
               "agree");

IPC_SERVER(docs, DOCS_METHODS)

static const struct {
    uint32_t restriction;
    const char *kind;
} kinds[] = {{DOCS_SEES_NOTES, "note"},
             {DOCS_SEES_CIRCLE, "circle"},
             {DOCS_SEES_TASKS, "task"},
             {DOCS_SEES_SETTINGS, "settings"}};

// Whether a caller of the service itself may see documents of this kind.
static bool may_see(uint64_t badge, const char *kind)
{
    uint32_t restriction = PLAN_BADGE_RESTRICTION(badge);
    if (restriction == 0)
        return true;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
        if ((restriction & kinds[i].restriction) && strcmp(kinds[i].kind, kind) == 0)
            return true;
    return false;
}

// OK if the caller holds a handle to the service itself and there is a library.
static status_t enter(const struct docs *docs, const struct ipc_request *request)
{
    if (request->badge & (BADGE_DOCUMENT | BADGE_FRESH))
        return ERR_DENIED;
    return docs->refused;
}

// The document of the caller's handle.
static status_t enter_document(const struct docs *docs, const struct ipc_request *request,
                               struct document **out_document)
{
    if (docs->refused < 0)
        return docs->refused;
    if (!(request->badge & BADGE_DOCUMENT) || (request->badge & BADGE_FRESH))
        return ERR_DENIED;
    *out_document = library_find_number(&docs->library, request->badge & NUMBER_MASK);
    return *out_document && *out_document != docs->library.index ? OK : ERR_NOT_FOUND;
}

// After anything that may have changed something: links, watchers, and the store in a moment.
static void settle(struct docs *docs)
{
    peers_run(&docs->peers);
    views_tell(&docs->views);
    if (library_is_dirty(&docs->library) && !docs->flush.armed)
        ipc_timer_start(&docs->server, &docs->flush, os_deadline(FLUSH_DELAY));
}

static void flush_run(void *self)
{
    struct docs *docs = self;
    status_t before = docs->library.error;
    status_t status = library_flush(&docs->library);
    if (status < 0 && status != before)
        log_printf("changes wait, the store says: %s", error_text(status));
    if (status != before)
        views_tell_watchers(&docs->views);
    if (status < 0)
        ipc_timer_start(&docs->server, &docs->flush, os_deadline(RETRY_DELAY));
}

static status_t give_handle(struct docs *docs, struct ipc_request *request,
                            const struct document *document)
{
    uint64_t opening = ++docs->openings & OPENINGS_MASK;
    uint64_t badge = BADGE_DOCUMENT | opening << NUMBER_BITS | document_number(document);
    status_t status = ipc_server_mint(&docs->server, badge, &request->reply_handles[0]);
    if (status == OK)
        request->reply_handle_count = 1;
    return status;
}

static status_t do_create(void *self, struct ipc_request *request,
                          const struct docs_create_req *req, struct docs_create_rep *rep)
{
    struct docs *docs = self;
    struct document *document;
    status_t status = enter(docs, request);
    if (status == OK && !memchr(req->kind, 0, sizeof req->kind))
        status = ERR_INVALID;
    if (status == OK && !may_see(request->badge, req->kind))
        status = ERR_DENIED;
    if (status == OK)
        status = library_create(&docs->library, req->kind, &document);
    if (status < 0)
        return status;
    memcpy(rep->id, document->id, sizeof rep->id);
    status = give_handle(docs, request, document);
    if (status < 0)
        (void)library_remove(&docs->library, document);
    settle(docs);
    return status;
}

// A document that the caller may see, by id.
static status_t find(struct docs *docs, const struct ipc_request *request, const uint8_t *id,
                     struct document **out_document)
{
    status_t status = enter(docs, request);
    if (status < 0)
        return status;
    struct document *document = library_find(&docs->library, id);
    if (!document || document == docs->library.index || !may_see(request->badge, document->kind))
        return ERR_NOT_FOUND;
    *out_document = document;
    return OK;
}

static status_t do_open(void *self, struct ipc_request *request, const struct docs_open_req *req,
                        struct docs_open_rep *rep)
{
    struct document *document;
    status_t status = find(self, request, req->id, &document);
    return status < 0 ? status : give_handle(self, request, document);
}

static status_t do_remove(void *self, struct ipc_request *request,
                          const struct docs_remove_req *req, struct docs_remove_rep *rep)
{
    struct docs *docs = self;
    struct document *document;
    status_t status = find(docs, request, req->id, &document);
    if (status == OK)
        status = library_remove(&docs->library, document);
    settle(docs);
    return status;
}

static void row_fill(const struct document *document, struct docs_row *row)
{
    *row = (struct docs_row){.modified_unix_ms = document->modified_unix_ms};
    memcpy(row->id, document->id, sizeof row->id);
    memcpy(row->title, document->summary.title, sizeof row->title);
    memcpy(row->preview, document->summary.preview, sizeof row->preview);
}

static status_t do_list(void *self, struct ipc_request *request, const struct docs_list_req *req,
                        struct docs_list_rep *rep)
{
    struct docs *docs = self;
    const struct document *rows[ROWS_MAX];
    status_t status = enter(docs, request);
    if (status == OK &&
        (!memchr(req->kind, 0, sizeof req->kind) || request->tail_size > DOCS_QUERY_MAX))
        status = ERR_INVALID;
    if (status == OK && !may_see(request->badge, req->kind))
        status = ERR_DENIED;
    if (status < 0)
        return status;
    uint64_t fit = min_u64(request->reply_tail_max / sizeof(struct docs_row), ROWS_MAX);
    const struct library_query query = {.kind = req->kind,
                                        .text = {request->tail, request->tail_size},
                                        .first = req->first,
                                        .row_max = (uint32_t)min_u64(req->count, fit)};
    status = library_list(&docs->library, &query, rows, &rep->count, &rep->total);
    if (status < 0)
        return status;
    for (uint32_t i = 0; i < rep->count; i++) {
        struct docs_row row;
        row_fill(rows[i], &row);
        memcpy(request->reply_tail + i * sizeof row, &row, sizeof row);
    }
    request->reply_tail_size = rep->count * (uint32_t)sizeof(struct docs_row);
    rep->generation = docs->library.generation;
    return OK;
}

static status_t do_watch(void *self, struct ipc_request *request, const struct docs_watch_req *req,
                         struct docs_watch_rep *rep)
{
    struct docs *docs = self;
    // Also without a library: that there is one now is news, too.
    status_t status = request->badge & (BADGE_DOCUMENT | BADGE_FRESH) ? ERR_DENIED : OK;
    if (status == OK && (request->handle_count != 1 || req->change_bits == 0))
        status = ERR_INVALID;
    if (status == OK)
        status = views_watch(&docs->views, request->badge, request->handles[0], req->change_bits);
    if (status == OK)
        request->handles[0] = HANDLE_NONE; // kept
    return status;
}

// Puts a state into a memory of its own for the caller.
static status_t give_memory(struct ipc_request *request, struct span bytes)
{
    handle_t memory;
    void *mapped;
    status_t status = os_memory_allocate(bytes.size, 0, &memory, &mapped);
    if (status < 0)
        return status;
    memcpy(mapped, bytes.bytes, bytes.size);
    uint64_t size = align_up(bytes.size, PAGE_SIZE);
    os_memory_unmap(mapped, size);
    status = os_memory_share(memory, PROTECT_READ, &request->reply_handles[0]);
    os_handle_close(memory);
    if (status == OK)
        request->reply_handle_count = 1;
    return status;
}

static status_t do_state(void *self, struct ipc_request *request, const struct docs_state_req *req,
                         struct docs_state_rep *rep)
{
    struct docs *docs = self;
    struct document *document;
    struct doc *doc;
    struct buffer state = {0};
    status_t status = enter_document(docs, request, &document);
    if (status == OK)
        status = library_doc(&docs->library, document, &doc);
    if (status == OK)
        status = doc_encode_state(doc, request->tail, request->tail_size, &state);
    if (status == OK) {
        rep->size_bytes = state.size;
        memcpy(rep->id, document->id, sizeof rep->id);
        if (state.size <= min_u64(DOCS_INLINE_MAX, request->reply_tail_max)) {
            memcpy(request->reply_tail, state.bytes, state.size);
            request->reply_tail_size = (uint32_t)state.size;
        } else {
            status = give_memory(request, buffer_span(&state));
        }
    }
    buffer_finish(&state);
    return status;
}

// Copies an update out of the caller's memory, which may change at any time.
static status_t copy_memory(struct docs *docs, handle_t memory, uint64_t size)
{
    uint64_t held = 0;
    void *mapped;
    if (size > DOCS_UPDATE_MAX)
        return ERR_TOO_LARGE;
    status_t status = os_memory_size(memory, &held);
    if (status == OK && size > held)
        status = ERR_INVALID;
    uint64_t pages = align_up(size, PAGE_SIZE);
    if (status == OK)
        status = os_memory_map(memory, 0, pages, PROTECT_READ, &mapped);
    if (status < 0)
        return status;
    buffer_bytes(&docs->scratch, mapped, size);
    os_memory_unmap(mapped, pages);
    return buffer_status(&docs->scratch);
}

static status_t do_apply(void *self, struct ipc_request *request, const struct docs_apply_req *req,
                         struct docs_apply_rep *rep)
{
    struct docs *docs = self;
    struct document *document;
    status_t status = enter_document(docs, request, &document);
    if (status == OK && (req->size_bytes > 0) != (request->handle_count == 1))
        status = ERR_INVALID;
    buffer_clear(&docs->scratch);
    if (status == OK && req->size_bytes > 0)
        status = copy_memory(docs, request->handles[0], req->size_bytes);
    if (status < 0)
        return status;
    struct library_change change = {.document = document,
                                    .update = {request->tail, request->tail_size}};
    if (req->size_bytes > 0)
        change.update = buffer_span(&docs->scratch);
    status = library_apply(&docs->library, &change, &rep->sequence);
    settle(docs);
    return status;
}

static status_t do_confirmed(void *self, struct ipc_request *request,
                             const struct docs_confirmed_req *req, struct docs_confirmed_rep *rep)
{
    const struct docs *docs = self;
    if (docs->refused < 0)
        return docs->refused;
    rep->sequence = docs->library.confirmed;
    rep->error = docs->library.error;
    return OK;
}

static status_t do_subscribe(void *self, struct ipc_request *request,
                             const struct docs_subscribe_req *req, struct docs_subscribe_rep *rep)
{
    struct docs *docs = self;
    struct document *document;
    status_t status = enter_document(docs, request, &document);
    if (status == OK && (request->handle_count != 2 || req->update_bits == 0))
        status = ERR_INVALID;
    if (status < 0)
        return status;
    const struct views_subscription subscription = {.badge = request->badge,
                                                    .document = document,
                                                    .memory = request->handles[0],
                                                    .signal = request->handles[1],
                                                    .bits = req->update_bits};
    status = views_subscribe(&docs->views, &subscription);
    if (status == OK)
        request->handles[1] = HANDLE_NONE; // kept
    return status;
}

static status_t do_link(void *self, struct ipc_request *request, const struct docs_link_req *req,
                        struct docs_link_rep *rep)
{
    struct docs *docs = self;
    status_t status = enter(docs, request);
    uint32_t restriction = PLAN_BADGE_RESTRICTION(request->badge);
    if (status == OK && restriction != 0 && !(restriction & DOCS_LINKS))
        status = ERR_DENIED;
    if (status == OK && request->handle_count != 2)
        status = ERR_INVALID;
    if (status < 0)
        return status;
    struct peers_opening opening = {.badge = ipc_server_badge(&docs->server),
                                    .memory = request->handles[0],
                                    .signal = request->handles[1],
                                    .receive_bits = req->receive_bits,
                                    .space_bits = req->space_bits};
    status = ipc_server_mint(&docs->server, opening.badge, &request->reply_handles[0]);
    if (status < 0)
        return status;
    request->reply_handle_count = 1;
    status = ipc_server_signal(&docs->server, docs->kick_bits, &request->reply_handles[1]);
    if (status < 0)
        return status;
    request->reply_handle_count = 2;
    status = peers_open(&docs->peers, &opening);
    if (status < 0)
        return status;
    request->handles[1] = HANDLE_NONE; // kept
    rep->kick_bits = docs->kick_bits;
    settle(docs);
    return OK;
}

static const struct docs_ops ops = {
    .create = do_create,
    .open = do_open,
    .remove = do_remove,
    .list = do_list,
    .watch = do_watch,
    .state = do_state,
    .apply = do_apply,
    .confirmed = do_confirmed,
    .subscribe = do_subscribe,
    .link = do_link,
};

static void kicked(void *self, uint64_t bits)
{
    struct docs *docs = self;
    if (docs->refused == OK)
        settle(docs);
}

static void closed(void *self, uint64_t badge)
{
    struct docs *docs = self;
    views_closed(&docs->views, badge);
    if (docs->refused == OK)
        peers_closed(&docs->peers, badge);
}

static void stop(void *self)
{
    struct docs *docs = self;
    if (docs->refused == OK)
        (void)library_flush(&docs->library);
}

// Reads the library; while the store refuses, every request answers its reason and this is tried
// again.
static void read_library(void *self)
{
    struct docs *docs = self;
    status_t before = docs->refused;
    docs->refused = library_init(&docs->library, &docs->options);
    if (docs->refused == OK) {
        views_init(&docs->views, &docs->library);
        docs->peers.library = &docs->library;
        views_tell_watchers(&docs->views);
        log_printf("%u documents", (unsigned)docs->library.document_count);
        return;
    }
    if (docs->refused != before)
        log_printf("the library cannot be read: %s", error_text(docs->refused));
    ipc_timer_start(&docs->server, &docs->reading, os_deadline(RETRY_DELAY));
}

void docs_serve(struct docs *docs, const struct library_options *options, handle_t endpoint,
                handle_t signal)
{
    struct ipc_service service = IPC_SERVICE(docs, &ops, docs);
    service.endpoint = endpoint;
    service.signal = signal;
    docs->options = *options;
    ipc_server_init(&docs->server, &service);
    ipc_server_on_closed(&docs->server, closed, docs);
    ipc_server_on_stop(&docs->server, stop, docs);
    docs->kick_bits = ipc_server_bit(&docs->server, kicked, docs);
    docs->flush = (struct ipc_timer){.run = flush_run, .self = docs};
    docs->reading = (struct ipc_timer){.run = read_library, .self = docs};
    read_library(docs);
}

void docs_finish(struct docs *docs)
{
    stop(docs);
    ipc_timer_stop(&docs->flush);
    ipc_timer_stop(&docs->reading);
    views_finish(&docs->views);
    if (docs->refused == OK) {
        peers_finish(&docs->peers);
        library_finish(&docs->library);
    }
    buffer_finish(&docs->scratch);
}
