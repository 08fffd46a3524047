// SPDX-License-Identifier: Apache-2.0
// Protocol handlers: find the session, check numbers, call the log. What lies in a client's memory
// is copied by the log before anything depends on it.
#include "ops.h"

#include "base/math.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/time.h"

#include <string.h>

#define SPACE_BY_ROW (1ull << 32)
#define SWEEP_PAUSE  (200 * OS_MILLISECOND)

IPC_SERVER(store, STORE_METHODS)

static uint64_t space_of(uint64_t badge)
{
    uint64_t restriction = badge >> 32;
    return restriction != 0 ? restriction : SPACE_BY_ROW | badge;
}

static struct store_session *session_find(struct store *store, uint64_t badge)
{
    for (uint32_t i = 0; i < STORE_SESSIONS_MAX; i++) {
        if (store->sessions[i].badge == badge) {
            return &store->sessions[i];
        }
    }
    return NULL;
}

static void session_close(struct store_session *session)
{
    os_memory_unmap(session->buffer, session->size_bytes);
    *session = (struct store_session){0};
}

// The caller's session, or why it has none.
static status_t session_enter(struct store *store, const struct ipc_request *request,
                              struct store_session **out_session)
{
    struct store_session *session =
        request->badge != 0 ? session_find(store, request->badge) : NULL;
    if (session == NULL) {
        return ERR_BAD_STATE;
    }
    *out_session = session;
    return store->refused;
}

static bool key_ends(const char key[STORE_KEY_MAX])
{
    return memchr(key, '\0', STORE_KEY_MAX) != NULL;
}

// Freeing goes on while nobody asks for anything.
static void sweep_run(void *self)
{
    struct store *store = self;
    if (log_sweep(&store->log) == 1) {
        ipc_timer_start(&store->server, &store->sweep, os_deadline(SWEEP_PAUSE));
    }
}

static void sweep_later(struct store *store)
{
    if (store->log.sweeping && !store->sweep.armed) {
        ipc_timer_start(&store->server, &store->sweep, os_deadline(SWEEP_PAUSE));
    }
}

static status_t do_attach(void *self, struct ipc_request *request,
                          const struct store_attach_req *req, struct store_attach_rep *rep)
{
    struct store *store = self;
    uint64_t memory_bytes = 0;
    if (request->handle_count != 1 || request->badge == 0 || req->size_bytes == 0 ||
        req->size_bytes > STORE_BUFFER_MAX || req->size_bytes % PAGE_SIZE != 0) {
        return ERR_INVALID;
    }
    status_t status = os_memory_size(request->handles[0], &memory_bytes);
    if (status < 0) {
        return status;
    }
    if (memory_bytes < req->size_bytes) {
        return ERR_INVALID;
    }
    struct store_session *session = session_find(store, request->badge);
    if (session == NULL && (session = session_find(store, 0)) == NULL) {
        return ERR_FULL;
    }
    void *buffer;
    status = os_memory_map(request->handles[0], 0, req->size_bytes, PROTECT_READ | PROTECT_WRITE,
                           &buffer);
    if (status < 0) {
        return status;
    }
    if (session->badge != 0) {
        session_close(session);
    }
    *session = (struct store_session){
        .badge = request->badge, .buffer = buffer, .size_bytes = req->size_bytes};
    return OK;
}

static status_t do_append(void *self, struct ipc_request *request,
                          const struct store_append_req *req, struct store_append_rep *rep)
{
    struct store *store = self;
    struct store_session *session;
    status_t status = session_enter(store, request, &session);
    if (status < 0) {
        return status;
    }
    if (req->size_bytes > session->size_bytes) {
        return ERR_INVALID;
    }
    struct span bytes = {.bytes = session->buffer, .size = req->size_bytes};
    return log_append(&store->log, space_of(request->badge), bytes, &rep->last);
}

static status_t do_read(void *self, struct ipc_request *request, const struct store_read_req *req,
                        struct store_read_rep *rep)
{
    struct store *store = self;
    struct store_session *session;
    status_t status = session_enter(store, request, &session);
    if (status < 0) {
        return status;
    }
    struct log_client_id id = {.client = space_of(request->badge), .bytes = req->id};
    struct log_target target = {.bytes = session->buffer, .size = (uint32_t)session->size_bytes};
    struct log_read_result result;
    status = log_read(&store->log, id, req->after, target, &result);
    if (status == OK) {
        rep->size_bytes = result.size_bytes;
        rep->record_count = result.record_count;
        rep->last = result.last;
    }
    return status;
}

static status_t do_compact(void *self, struct ipc_request *request,
                           const struct store_compact_req *req, struct store_compact_rep *rep)
{
    struct store *store = self;
    struct store_session *session;
    status_t status = session_enter(store, request, &session);
    if (status < 0) {
        return status;
    }
    if (req->size_bytes > session->size_bytes) {
        return ERR_INVALID;
    }
    struct log_client_id id = {.client = space_of(request->badge), .bytes = req->id};
    struct span bytes = {.bytes = session->buffer, .size = req->size_bytes};
    status = log_compact(&store->log, id, req->upto, bytes);
    sweep_later(store);
    return status;
}

static status_t do_remove(void *self, struct ipc_request *request,
                          const struct store_remove_req *req, struct store_remove_rep *rep)
{
    struct store *store = self;
    struct store_session *session;
    status_t status = session_enter(store, request, &session);
    if (status < 0) {
        return status;
    }
    struct log_client_id id = {.client = space_of(request->badge), .bytes = req->id};
    status = log_remove(&store->log, id);
    sweep_later(store);
    return status;
}

static status_t do_list(void *self, struct ipc_request *request, const struct store_list_req *req,
                        struct store_list_rep *rep)
{
    struct store *store = self;
    struct store_session *session;
    status_t status = session_enter(store, request, &session);
    if (status < 0) {
        return status;
    }
    struct log_client_id id = {.client = space_of(request->badge), .bytes = req->after};
    struct log_target target = {.bytes = session->buffer, .size = (uint32_t)session->size_bytes};
    return log_list(&store->log, id, target, &rep->count);
}

static status_t do_get(void *self, struct ipc_request *request, const struct store_get_req *req,
                       struct store_get_rep *rep)
{
    struct store *store = self;
    struct store_session *session;
    status_t status = session_enter(store, request, &session);
    if (status < 0) {
        return status;
    }
    if (!key_ends(req->key)) {
        return ERR_INVALID;
    }
    struct log_target target = {.bytes = request->reply_tail, .size = request->reply_tail_max};
    return log_get(&store->log, space_of(request->badge), req->key, target,
                   &request->reply_tail_size);
}

static status_t do_put(void *self, struct ipc_request *request, const struct store_put_req *req,
                       struct store_put_rep *rep)
{
    struct store *store = self;
    struct store_session *session;
    status_t status = session_enter(store, request, &session);
    if (status < 0) {
        return status;
    }
    if (!key_ends(req->key)) {
        return ERR_INVALID;
    }
    struct span bytes = {.bytes = request->tail, .size = request->tail_size};
    return log_put(&store->log, space_of(request->badge), req->key, bytes);
}

// Answers whenever there is a session, so that a person can be told what is wrong.
static status_t do_status(void *self, struct ipc_request *request,
                          const struct store_status_req *req, struct store_status_rep *rep)
{
    struct store *store = self;
    struct store_session *session;
    status_t status = session_enter(store, request, &session);
    if (status == ERR_BAD_STATE) {
        return status;
    }
    struct log_usage usage = {0};
    if (status == OK) {
        status = log_status(&store->log, &usage);
    }
    if (status == OK) {
        status = usage.damage;
    }
    rep->used_bytes = usage.used_bytes;
    rep->free_bytes = usage.free_bytes;
    rep->healthy = status == OK;
    rep->reason = status;
    return OK;
}

static void closed(void *self, uint64_t badge)
{
    struct store_session *session = session_find(self, badge);
    if (session != NULL) {
        session_close(session);
    }
}

static const struct store_ops ops = {
    .attach = do_attach,
    .append = do_append,
    .read = do_read,
    .compact = do_compact,
    .remove = do_remove,
    .list = do_list,
    .get = do_get,
    .put = do_put,
    .status = do_status,
};

void store_serve(struct store *store, handle_t endpoint, handle_t signal)
{
    struct ipc_service service = IPC_SERVICE(store, &ops, store);
    service.endpoint = endpoint;
    service.signal = signal;
    ipc_server_init(&store->server, &service);
    ipc_server_on_closed(&store->server, closed, store);
    store->sweep = (struct ipc_timer){.run = sweep_run, .self = store};
    if (store->refused == OK) {
        sweep_later(store);
    }
}
