// SPDX-License-Identifier: Apache-2.0
// A store's named values in memory, for tests of services that keep some: attach, get and put as
// abi/ipc/store.h says.
#pragma once

#include "abi/ipc/store.h"
#include "ipc/host.h"
#include "os/handle.h"

#include <string.h>

enum { STORE_MODEL_VALUES = 64 };

struct store_model {
    struct ipc_server server;
    handle_t endpoint, signal;
    bool is_attached;
    status_t failure; // what get and put answer instead, unless OK
    uint32_t puts;
    struct {
        char key[STORE_KEY_MAX];
        uint8_t bytes[STORE_VALUE_MAX];
        uint32_t size;
    } values[STORE_MODEL_VALUES];
};

IPC_SERVER(store, STORE_METHODS)

static inline status_t store_model_attach(void *self, struct ipc_request *request,
                                          const struct store_attach_req *req,
                                          struct store_attach_rep *rep)
{
    struct store_model *model = self;
    if (request->handle_count != 1 || req->size_bytes == 0) {
        return ERR_INVALID;
    }
    model->is_attached = true;
    return OK;
}

static inline int store_model_find(const struct store_model *model, const char *key)
{
    for (int i = 0; i < STORE_MODEL_VALUES; i++) {
        if (strncmp(model->values[i].key, key, STORE_KEY_MAX) == 0) {
            return i;
        }
    }
    return -1;
}

static inline status_t store_model_get(void *self, struct ipc_request *request,
                                       const struct store_get_req *req, struct store_get_rep *rep)
{
    struct store_model *model = self;
    if (!model->is_attached || model->failure != OK) {
        return model->is_attached ? model->failure : ERR_BAD_STATE;
    }
    int place = store_model_find(model, req->key);
    if (place < 0) {
        return ERR_NOT_FOUND;
    }
    if (model->values[place].size > request->reply_tail_max) {
        return ERR_TOO_LARGE;
    }
    memcpy(request->reply_tail, model->values[place].bytes, model->values[place].size);
    request->reply_tail_size = model->values[place].size;
    return OK;
}

static inline status_t store_model_put(void *self, struct ipc_request *request,
                                       const struct store_put_req *req, struct store_put_rep *rep)
{
    struct store_model *model = self;
    if (!model->is_attached || model->failure != OK) {
        return model->is_attached ? model->failure : ERR_BAD_STATE;
    }
    int place = store_model_find(model, req->key);
    place = place >= 0 ? place : store_model_find(model, "");
    if (place < 0 || request->tail_size > STORE_VALUE_MAX) {
        return ERR_NO_SPACE;
    }
    memset(&model->values[place], 0, sizeof model->values[place]);
    if (request->tail_size > 0) {
        memcpy(model->values[place].key, req->key, STORE_KEY_MAX);
        memcpy(model->values[place].bytes, request->tail, request->tail_size);
        model->values[place].size = request->tail_size;
    }
    model->puts++;
    return OK;
}

static const struct store_ops store_model_ops = {
    .attach = store_model_attach, .get = store_model_get, .put = store_model_put};

// Starts (or restarts: it forgets who was attached, not what was put) the model.
static inline void store_model_start(struct store_model *model)
{
    struct ipc_service service = IPC_SERVICE(store, &store_model_ops, model);
    if (model->endpoint == HANDLE_NONE) {
        ipc_host_handles(&model->endpoint, &model->signal);
    }
    service.endpoint = model->endpoint;
    service.signal = model->signal;
    model->is_attached = false;
    ipc_server_init(&model->server, &service);
}
