// SPDX-License-Identifier: Apache-2.0
// Protocol handlers of the key service; see ops.h.
#include "ops.h"

#include "abi/ipc/keys.h"

#include <string.h>

IPC_SERVER(keys, KEYS_METHODS)

static status_t do_public(void *self, struct ipc_request *request,
                          const struct keys_public_req *req, struct keys_public_rep *rep)
{
    struct keys *keys = self;
    status_t status = identity_load(&keys->identity);
    if (status == OK) {
        memcpy(rep->key, keys->identity.public_key, sizeof rep->key);
    }
    return status;
}

static status_t do_sign(void *self, struct ipc_request *request, const struct keys_sign_req *req,
                        struct keys_sign_rep *rep)
{
    struct keys *keys = self;
    if (request->tail_size > KEYS_SIGN_MAX) {
        return ERR_TOO_LARGE;
    }
    struct span message = {request->tail, request->tail_size};
    uint32_t prefixes = PLAN_BADGE_RESTRICTION(request->badge);
    return identity_sign(&keys->identity, prefixes, message, rep->signature);
}

static const struct keys_ops ops = {.public = do_public, .sign = do_sign};

static void stop(void *self)
{
    identity_finish(&((struct keys *)self)->identity);
}

void keys_serve(struct keys *keys, handle_t endpoint, handle_t signal)
{
    struct ipc_service service = IPC_SERVICE(keys, &ops, keys);
    service.endpoint = endpoint;
    service.signal = signal;
    ipc_server_init(&keys->server, &service);
    ipc_server_on_stop(&keys->server, stop, keys);
}
