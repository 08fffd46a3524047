// SPDX-License-Identifier: Apache-2.0
// Handlers of abi/ipc/stage.h: whose task it is, and bytes to the nouns.
#include "service.h"

#include "describe.h"

#include "abi/ipc/stage.h"
#include "abi/plan.h"
#include "base/math.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/signal.h"
#include "os/time.h"

#include <string.h>

IPC_SERVER(stage, STAGE_METHODS)

static struct client *client_find(struct stage_service *service, uint64_t badge)
{
    for (uint32_t i = 0; badge != 0 && i < TASKS_MAX; i++) {
        if (service->clients[i].badge == badge) {
            return &service->clients[i];
        }
    }
    return NULL;
}

void stage_service_taken(struct stage_service *service)
{
    char line[TIMING_LINE_MAX];
    bool asks = timing_is_first(&service->timing) && service->waited_ns != NULL;
    uint64_t waited_ns = asks ? service->waited_ns() : 0;
    if (timing_taken(&service->timing, os_clock(), waited_ns, line)) {
        log_printf("%s", line);
    }
}

void stage_service_show(struct stage_service *service)
{
    if (service->show != NULL) {
        service->show(service->show_context);
    } else {
        stage_present(service->stage);
    }
}

static struct client *client_take(struct stage_service *service)
{
    for (uint32_t i = 0; i < TASKS_MAX; i++) {
        if (service->clients[i].badge == 0) {
            return &service->clients[i];
        }
    }
    return NULL;
}

static void client_drop(struct stage_service *service, struct client *client)
{
    stage_task_close(service->stage, client->task);
    os_handle_close(client->signal);
    *client = (struct client){0};
}

static status_t do_open(void *self, struct ipc_request *request, const struct stage_open_req *req,
                        struct stage_open_rep *rep)
{
    struct stage_service *service = self;
    struct client *client = client_take(service);
    if (request->handle_count != 1 || memchr(req->name, 0, sizeof req->name) == NULL) {
        return ERR_INVALID;
    }
    if (client == NULL) {
        return ERR_FULL;
    }
    struct task *task = NULL;
    status_t status = stage_task_open(service->stage, req->name, &task);
    if (status < 0) {
        return status;
    }
    uint64_t badge = ipc_server_badge(&service->server);
    status = ipc_server_mint(&service->server, badge, &request->reply_handles[0]);
    if (status < 0) {
        stage_task_close(service->stage, task);
        return status;
    }
    request->reply_handle_count = 1;
    client->task = task;
    client->badge = badge;
    client->event_bits = req->event_bits;
    client->signal = request->handles[0];
    request->handles[0] = HANDLE_NONE;
    return OK;
}

// Handles that a node now holds are the stage's; the dispatcher closes the others.
static void handles_keep(const struct task *task, struct ipc_request *request)
{
    for (uint32_t i = 0; i < request->handle_count; i++) {
        for (uint32_t k = 0; k < TASK_FIELDS_MAX; k++) {
            const struct field *field = &task->fields[k];
            if (field->binding != NULL && field->document == request->handles[i]) {
                request->handles[i] = HANDLE_NONE;
                break;
            }
        }
    }
}

static status_t do_update(void *self, struct ipc_request *request,
                          const struct stage_update_req *req, struct stage_update_rep *rep)
{
    struct stage_service *service = self;
    struct client *client = client_find(service, request->badge);
    if (client == NULL) {
        return ERR_BAD_STATE;
    }
    ui_document_t documents[MESSAGE_HANDLES_MAX] = {0};
    for (uint32_t i = 0; i < request->handle_count; i++) {
        documents[i] = request->handles[i];
    }
    struct ui_difference_view view = {request->tail, request->tail_size, documents,
                                      request->handle_count};
    status_t status = stage_task_update(service->stage, client->task, &view);
    handles_keep(client->task, request);
    if (status < 0) {
        log_printf("stage: a difference of %s is refused (%d)", client->task->name, status);
        return status;
    }
    if (req->last) {
        stage_service_show(service);
    }
    return OK;
}

static status_t do_poll(void *self, struct ipc_request *request, const struct stage_poll_req *req,
                        struct stage_poll_rep *rep)
{
    struct stage_service *service = self;
    struct client *client = client_find(service, request->badge);
    if (client == NULL) {
        return ERR_BAD_STATE;
    }
    task_answered(client->task);
    uint32_t size = (uint32_t)sizeof(struct ui_event);
    uint32_t room = (uint32_t)min_u64(request->reply_tail_max, STAGE_EVENTS_MAX) / size;
    struct ui_event event;
    while (rep->count < room && task_event_take(client->task, &event)) {
        memcpy(request->reply_tail + rep->count * size, &event, size);
        rep->count++;
    }
    request->reply_tail_size = rep->count * size;
    rep->more = client->task->event_count > 0;
    return OK;
}

// By a grant, not by a task's handle, whose badge may look like one.
static bool is_attendant(const struct ipc_request *request)
{
    return PLAN_BADGE_IS_GRANT(request->badge) &&
           PLAN_BADGE_RESTRICTION(request->badge) == STAGE_ATTENDANT;
}

static status_t do_tree(void *self, struct ipc_request *request, const struct stage_tree_req *req,
                        struct stage_tree_rep *rep)
{
    struct stage_service *service = self;
    if (!is_attendant(request)) {
        return ERR_DENIED;
    }
    stage_present(service->stage);
    // A reader that goes on gets the text it began with; one that starts anew gets the present one.
    if (req->offset_bytes == 0 || service->tree.size == 0) {
        buffer_clear(&service->tree);
        stage_describe(service->stage, &service->tree);
        service->tree_generation = service->stage->generation;
        if (!buffer_ok(&service->tree)) {
            buffer_finish(&service->tree);
            return ERR_NO_MEMORY;
        }
    }
    if (req->offset_bytes > service->tree.size) {
        return ERR_INVALID;
    }
    uint32_t left = (uint32_t)service->tree.size - req->offset_bytes;
    uint32_t size = (uint32_t)min_u64(left, request->reply_tail_max);
    if (size > 0) {
        memcpy(request->reply_tail, service->tree.bytes + req->offset_bytes, size);
    }
    request->reply_tail_size = size;
    rep->total_bytes = (uint32_t)service->tree.size;
    rep->generation = service->tree_generation;
    return OK;
}

static status_t do_state(void *self, struct ipc_request *request, const struct stage_state_req *req,
                         struct stage_state_rep *rep)
{
    struct stage_service *service = self;
    if (!is_attendant(request)) {
        return ERR_DENIED;
    }
    if (memchr(req->name, 0, sizeof req->name) == NULL) {
        return ERR_INVALID;
    }
    struct form form = service->stage->form;
    status_t status = form_state_set(&form, req->name, req->value);
    if (status == OK) {
        stage_form_set(service->stage, &form);
        stage_service_show(service);
    }
    return status;
}

static void closed(void *self, uint64_t badge)
{
    struct stage_service *service = self;
    struct client *client = client_find(service, badge);
    if (client != NULL) {
        client_drop(service, client);
        stage_service_show(service);
    }
}

static void notify(void *context, struct task *task)
{
    struct stage_service *service = context;
    for (uint32_t i = 0; i < TASKS_MAX; i++) {
        if (service->clients[i].task == task) {
            (void)os_signal_raise(service->clients[i].signal, service->clients[i].event_bits);
        }
    }
}

static void text_changed(void *context)
{
    struct stage_service *service = context;
    stage_touch(service->stage);
    stage_service_show(service);
}

static void docs_returned(void *self, uint64_t bits)
{
    struct stage_service *service = self;
    documents_stage_reattach(service->documents);
    stage_touch(service->stage);
    stage_service_show(service);
}

status_t stage_service_init(struct stage_service *service,
                            const struct stage_service_options *options)
{
    static const struct stage_ops ops = {
        .open = do_open, .update = do_update, .poll = do_poll, .tree = do_tree, .state = do_state};
    *service = (struct stage_service){0};
    struct ipc_service served = IPC_SERVICE(stage, &ops, service);
    served.endpoint = options->endpoint;
    served.signal = options->signal;
    ipc_server_init(&service->server, &served);
    ipc_server_on_closed(&service->server, closed, service);
    service->documents = documents_stage_create(&(struct documents_stage_options){
        .server = &service->server,
        .random = options->random,
        .random_context = options->random_context,
        .changed = text_changed,
        .context = service,
    });
    if (service->documents == NULL) {
        return ERR_NO_MEMORY;
    }
    (void)ipc_server_on_restart(&service->server, "docs", docs_returned, service);
    service->stage = stage_create(&(struct stage_options){
        .form = options->form,
        .text = options->text,
        .documents = {document_bind, document_unbind, service->documents},
        .notify = notify,
        .context = service,
    });
    return service->stage != NULL ? OK : ERR_NO_MEMORY;
}

void stage_service_finish(struct stage_service *service)
{
    for (uint32_t i = 0; i < TASKS_MAX; i++) {
        if (service->clients[i].badge != 0) {
            client_drop(service, &service->clients[i]);
        }
    }
    stage_destroy(service->stage);
    documents_stage_destroy(service->documents);
    buffer_finish(&service->tree);
}
