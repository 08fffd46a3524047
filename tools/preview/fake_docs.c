// SPDX-License-Identifier: Apache-2.0
#include "fake_docs.h"

#include "base/assert.h"
#include "ipc/host.h"
#include "os/handle.h"
#include "os/memory.h"
#include "os/signal.h"

#include <stdlib.h>
#include <string.h>

IPC_SERVER(docs, DOCS_METHODS)

static struct fake_doc *doc_by_badge(struct fake_docs *docs, uint64_t badge)
{
    for (uint32_t i = 0; i < FAKE_DOCS_MAX; i++) {
        if (docs->docs[i].used && docs->docs[i].badge == badge) {
            return &docs->docs[i];
        }
    }
    return NULL;
}

static struct fake_doc *doc_by_id(struct fake_docs *docs, const uint8_t *id)
{
    for (uint32_t i = 0; i < FAKE_DOCS_MAX; i++) {
        if (docs->docs[i].used && memcmp(docs->docs[i].id, id, DOCS_ID_BYTES) == 0) {
            return &docs->docs[i];
        }
    }
    return NULL;
}

static struct fake_doc *newest(struct fake_docs *docs)
{
    struct fake_doc *best = NULL;
    for (uint32_t i = 0; i < FAKE_DOCS_MAX; i++) {
        struct fake_doc *doc = &docs->docs[i];
        if (doc->used && (best == NULL || doc->modified_ms > best->modified_ms)) {
            best = doc;
        }
    }
    return best;
}

static void changed(struct fake_docs *docs)
{
    docs->generation++;
    for (uint32_t i = 0; i < docs->watcher_count; i++) {
        (void)os_signal_raise(docs->watchers[i].signal, docs->watchers[i].bits);
    }
}

static struct fake_doc *doc_add(struct fake_docs *docs)
{
    for (uint32_t i = 0; i < FAKE_DOCS_MAX; i++) {
        struct fake_doc *doc = &docs->docs[i];
        if (!doc->used) {
            uint64_t number = ++docs->next_id * 0x9e3779b97f4a7c15u;
            *doc = (struct fake_doc){
                .used = true, .badge = 1000 + docs->next_id, .modified_ms = docs->now_ms++};
            memcpy(doc->id, &number, sizeof number);
            assert(doc_create(&(struct doc_options){.client = 77 + i}, &doc->doc) == OK);
            return doc;
        }
    }
    return NULL;
}

static void text_of(const struct fake_doc *doc, struct buffer *out)
{
    struct doc_text *text = doc_text(doc->doc, "text");
    assert(doc_text_read(text, 0, doc_text_length(text), out) == OK);
    buffer_u8(out, 0);
}

static void push(struct fake_docs *docs, const struct fake_doc *doc, const void *bytes, size_t size)
{
    for (uint32_t i = 0; i < FAKE_SUBSCRIBERS_MAX; i++) {
        struct fake_subscriber *subscriber = &docs->subscribers[i];
        if (subscriber->badge == doc->badge) {
            if (ring_push(&subscriber->ring, bytes, (uint32_t)size) < 0) {
                (void)ring_push(&subscriber->ring, NULL, 0);
            }
            if (ring_should_wake(&subscriber->ring)) {
                (void)os_signal_raise(subscriber->signal, subscriber->bits);
            }
        }
    }
}

static status_t doc_hand(struct fake_docs *docs, struct fake_doc *doc, struct ipc_request *request)
{
    request->reply_handle_count = 1;
    return ipc_server_mint(&docs->server, doc->badge, &request->reply_handles[0]);
}

static status_t do_create(void *self, struct ipc_request *request,
                          const struct docs_create_req *req, struct docs_create_rep *rep)
{
    struct fake_doc *doc = doc_add(self);
    if (doc == NULL) {
        return ERR_NO_SPACE;
    }
    memcpy(rep->id, doc->id, sizeof rep->id);
    changed(self);
    return doc_hand(self, doc, request);
}

static status_t do_open(void *self, struct ipc_request *request, const struct docs_open_req *req,
                        struct docs_open_rep *rep)
{
    struct fake_doc *doc = doc_by_id(self, req->id);
    return doc != NULL ? doc_hand(self, doc, request) : ERR_NOT_FOUND;
}

static status_t do_remove(void *self, struct ipc_request *request,
                          const struct docs_remove_req *req, struct docs_remove_rep *rep)
{
    struct fake_doc *doc = doc_by_id(self, req->id);
    if (doc == NULL) {
        return ERR_NOT_FOUND;
    }
    doc_destroy(doc->doc);
    *doc = (struct fake_doc){0};
    changed(self);
    return OK;
}

static int by_age(const void *a, const void *b)
{
    const struct fake_doc *first = *(struct fake_doc *const *)a,
                          *second = *(struct fake_doc *const *)b;
    return first->modified_ms < second->modified_ms   ? 1
           : first->modified_ms > second->modified_ms ? -1
                                                      : 0;
}

static void row_fill(const struct fake_doc *doc, const char *text, struct docs_row *row)
{
    memset(row, 0, sizeof *row);
    memcpy(row->id, doc->id, sizeof row->id);
    row->modified_unix_ms = doc->modified_ms;
    size_t title = strcspn(text, "\n");
    memcpy(row->title, text, (size_t)min_u64(title, sizeof row->title - 1));
    const char *rest = text[title] != 0 ? text + title + 1 : "";
    size_t size = (size_t)min_u64(strlen(rest), sizeof row->preview - 1);
    for (size_t i = 0; i < size; i++) {
        row->preview[i] = rest[i] == '\n' ? ' ' : rest[i];
    }
}

static bool matches(const char *text, const char *query)
{
    for (size_t i = 0; text[i] != 0; i++) {
        size_t k = 0;
        while (query[k] != 0 && (text[i + k] | 0x20) == (query[k] | 0x20)) {
            k++;
        }
        if (query[k] == 0) {
            return true;
        }
    }
    return query[0] == 0;
}

static status_t do_list(void *self, struct ipc_request *request, const struct docs_list_req *req,
                        struct docs_list_rep *rep)
{
    struct fake_docs *docs = self;
    struct fake_doc *order[FAKE_DOCS_MAX];
    char query[DOCS_QUERY_MAX] = {0};
    memcpy(query, request->tail, (size_t)min_u64(request->tail_size, sizeof query - 1));
    size_t count = 0;
    for (uint32_t i = 0; i < FAKE_DOCS_MAX; i++) {
        if (docs->docs[i].used) {
            order[count++] = &docs->docs[i];
        }
    }
    qsort(order, count, sizeof order[0], by_age);
    struct docs_row *rows = (struct docs_row *)(void *)request->reply_tail;
    uint32_t room = request->reply_tail_max / (uint32_t)sizeof rows[0];
    for (size_t i = 0; i < count; i++) {
        struct buffer text = {0};
        text_of(order[i], &text);
        if (matches((const char *)text.bytes, query)) {
            bool wanted = rep->total >= req->first && rep->count < req->count && rep->count < room;
            if (wanted) {
                row_fill(order[i], (const char *)text.bytes, &rows[rep->count++]);
            }
            rep->total++;
        }
        buffer_finish(&text);
    }
    rep->generation = docs->generation;
    request->reply_tail_size = rep->count * (uint32_t)sizeof rows[0];
    return OK;
}

static status_t do_watch(void *self, struct ipc_request *request, const struct docs_watch_req *req,
                         struct docs_watch_rep *rep)
{
    struct fake_docs *docs = self;
    if (docs->watcher_count == FAKE_WATCHERS_MAX) {
        return ERR_FULL;
    }
    docs->watchers[docs->watcher_count].signal = request->handles[0];
    docs->watchers[docs->watcher_count++].bits = req->change_bits;
    request->handles[0] = HANDLE_NONE;
    return OK;
}

static status_t do_state(void *self, struct ipc_request *request, const struct docs_state_req *req,
                         struct docs_state_rep *rep)
{
    struct fake_doc *doc = doc_by_badge(self, request->badge);
    if (doc == NULL) {
        return ERR_NOT_FOUND;
    }
    struct buffer state = {0};
    status_t status = doc_encode_state(doc->doc, request->tail, request->tail_size, &state);
    memcpy(rep->id, doc->id, sizeof rep->id);
    rep->size_bytes = state.size;
    if (status == OK && state.size <= DOCS_INLINE_MAX) {
        memcpy(request->reply_tail, state.bytes, state.size);
        request->reply_tail_size = (uint32_t)state.size;
    } else if (status == OK) {
        handle_t memory;
        void *bytes;
        status = os_memory_allocate(state.size, 0, &memory, &bytes);
        memcpy(bytes, state.bytes, state.size);
        os_memory_unmap(bytes, align_up(state.size, PAGE_SIZE));
        request->reply_handles[0] = memory;
        request->reply_handle_count = 1;
    }
    buffer_finish(&state);
    return status;
}

static status_t do_apply(void *self, struct ipc_request *request, const struct docs_apply_req *req,
                         struct docs_apply_rep *rep)
{
    struct fake_docs *docs = self;
    struct fake_doc *doc = doc_by_badge(docs, request->badge);
    if (doc == NULL) {
        return ERR_NOT_FOUND;
    }
    const void *bytes = request->tail;
    size_t size = request->tail_size;
    void *mapped = NULL;
    uint64_t held = 0;
    if (req->size_bytes > 0) {
        if (os_memory_size(request->handles[0], &held) < 0 || req->size_bytes > held ||
            os_memory_map(request->handles[0], 0, held, PROTECT_READ, &mapped) < 0) {
            return ERR_BAD_MESSAGE;
        }
        bytes = mapped;
        size = req->size_bytes;
    }
    status_t status = doc_apply(doc->doc, bytes, size, NULL);
    if (mapped != NULL) {
        os_memory_unmap(mapped, held);
    }
    doc->modified_ms = docs->now_ms++;
    rep->sequence = ++docs->generation;
    changed(docs);
    return status;
}

static status_t do_confirmed(void *self, struct ipc_request *request,
                             const struct docs_confirmed_req *req, struct docs_confirmed_rep *rep)
{
    rep->sequence = ((struct fake_docs *)self)->generation;
    return OK;
}

static status_t do_subscribe(void *self, struct ipc_request *request,
                             const struct docs_subscribe_req *req, struct docs_subscribe_rep *rep)
{
    struct fake_docs *docs = self;
    for (uint32_t i = 0; i < FAKE_SUBSCRIBERS_MAX; i++) {
        struct fake_subscriber *subscriber = &docs->subscribers[i];
        if (subscriber->badge == 0) {
            status_t status = os_memory_map(request->handles[0], 0, DOCS_RING_BYTES,
                                            PROTECT_READ | PROTECT_WRITE, &subscriber->bytes);
            status = status == OK ? ring_open(&subscriber->ring, subscriber->bytes, DOCS_RING_BYTES,
                                              RING_PRODUCER)
                                  : status;
            if (status < 0) {
                return status;
            }
            subscriber->badge = request->badge;
            subscriber->signal = request->handles[1];
            subscriber->bits = req->update_bits;
            request->handles[1] = HANDLE_NONE;
            return OK;
        }
    }
    return ERR_FULL;
}

static status_t do_link(void *self, struct ipc_request *request, const struct docs_link_req *req,
                        struct docs_link_rep *rep)
{
    return ERR_UNSUPPORTED;
}

static void closed(void *self, uint64_t badge)
{
    struct fake_docs *docs = self;
    for (uint32_t i = 0; i < FAKE_SUBSCRIBERS_MAX; i++) {
        struct fake_subscriber *subscriber = &docs->subscribers[i];
        if (subscriber->badge == badge) {
            os_memory_unmap(subscriber->bytes, DOCS_RING_BYTES);
            os_handle_close(subscriber->signal);
            *subscriber = (struct fake_subscriber){0};
        }
    }
}

void fake_docs_init(struct fake_docs *docs, uint64_t now_ms)
{
    static const struct docs_ops ops = {.create = do_create,
                                        .open = do_open,
                                        .remove = do_remove,
                                        .list = do_list,
                                        .watch = do_watch,
                                        .state = do_state,
                                        .apply = do_apply,
                                        .confirmed = do_confirmed,
                                        .subscribe = do_subscribe,
                                        .link = do_link};
    *docs = (struct fake_docs){.now_ms = now_ms};
    struct ipc_service served = IPC_SERVICE(docs, &ops, docs);
    ipc_host_handles(&served.endpoint, &served.signal);
    ipc_server_init(&docs->server, &served);
    ipc_server_on_closed(&docs->server, closed, docs);
}

void fake_docs_finish(struct fake_docs *docs)
{
    for (uint32_t i = 0; i < FAKE_DOCS_MAX; i++) {
        doc_destroy(docs->docs[i].doc);
    }
}

static void insert(struct fake_docs *docs, struct fake_doc *doc, uint32_t at_utf16,
                   const char *text)
{
    struct buffer update = {0};
    assert(doc_begin(doc->doc) == OK);
    assert(doc_text_insert(doc_text(doc->doc, "text"), at_utf16, text, strlen(text)) == OK);
    assert(doc_commit(doc->doc, &update) == OK);
    push(docs, doc, update.bytes, update.size);
    buffer_finish(&update);
}

void fake_docs_add(struct fake_docs *docs, const char *text, uint64_t age_ms)
{
    struct fake_doc *doc = doc_add(docs);
    assert(doc != NULL);
    insert(docs, doc, 0, text);
    doc->modified_ms -= age_ms;
    changed(docs);
}

void fake_docs_write(struct fake_docs *docs, uint32_t at_utf16, const char *text)
{
    struct fake_doc *doc = newest(docs);
    assert(doc != NULL);
    insert(docs, doc, at_utf16, text);
    doc->modified_ms = docs->now_ms++;
    changed(docs);
}

void fake_docs_read(struct fake_docs *docs, struct buffer *out)
{
    struct fake_doc *doc = newest(docs);
    if (doc != NULL) {
        text_of(doc, out);
    }
}

uint32_t fake_docs_count(const struct fake_docs *docs)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < FAKE_DOCS_MAX; i++) {
        count += docs->docs[i].used;
    }
    return count;
}
