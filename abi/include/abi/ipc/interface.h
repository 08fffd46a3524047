// SPDX-License-Identifier: Apache-2.0
// How a service interface is written: plain structs and one method list, from which the
// preprocessor makes opcodes, size checks, client calls, the server's table and its dispatch.
// Nothing is written twice; numbers are appended, never reused; method 0 is never used.
//
//     struct echo_add_req { int64_t a, b; };
//     struct echo_add_rep { int64_t sum; };   // ERR_RANGE if it does not fit
//     #define ECHO_METHODS(M) M(echo, 1, add, IPC_RETRY)
//     IPC_INTERFACE(echo, ECHO_METHODS)
//
// A client writes `echo_add(endpoint, &req, &rep, NULL)`; the server writes IPC_SERVER(echo,
// ECHO_METHODS) and `static const struct echo_ops ops = {.add = do_add};`. Beside the fixed structs
// a message may carry a tail (bytes after the struct) and handles, if the method's flags say so. On
// the host a test links its own ipc_invoke, so that a whole service runs without a kernel (lib/ipc,
// host transport).
#pragma once

#include "abi/message.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    IPC_RETRY =
        1 << 0, // repeating it changes nothing: the client repeats it by itself after ERR_PEER_DIED
    IPC_TAIL = 1 << 1,       // the request may carry bytes after its struct
    IPC_REPLY_TAIL = 1 << 2, // the reply may
};
#define IPC_TAKES(count)                                                                           \
    ((count) << 8) // at most so many handles in the request (moved to the server)
#define IPC_GIVES(count) ((count) << 12) // at most so many in the reply
#define IPC_TAKEN(flags) (((flags) >> 8) & 0xf)
#define IPC_GIVEN(flags) (((flags) >> 12) & 0xf)

// An empty request or reply still has a struct: one reserved word, zero.
struct ipc_empty {
    uint64_t reserved;
};

// What rides beside the fixed structs; zero = nothing. Owned by the caller.
struct ipc_extra {
    const void *tail; // request bytes after the struct
    uint32_t tail_size;
    uint32_t handle_count;
    handle_t handles[MESSAGE_HANDLES_MAX]; // moved away when the call is delivered, kept when it
                                           // fails before
    void *reply_tail;                      // where the reply's bytes go
    uint32_t reply_tail_max;
    uint32_t reply_tail_size;                    // out
    uint32_t reply_handle_count;                 // out
    handle_t reply_handles[MESSAGE_HANDLES_MAX]; // out: now the caller's
    uint64_t deadline;                           // 0: none
};

// One call, as the generated client functions describe it to the transport.
struct ipc_invocation {
    uint32_t op, flags;
    const void *req;
    uint32_t req_size;
    uint32_t rep_size;
    void *rep;
    struct ipc_extra *extra; // or NULL
};

// Calls `endpoint`: blocks until the reply. Writes rep only on success (status ≥ 0). Errors: what
// the service answers; ERR_PEER_DIED, ERR_TIMEOUT, ERR_BAD_HANDLE, ERR_BAD_MESSAGE (a reply of the
// wrong size). Device: lib/ipc over the system call; host: lib/ipc's host transport.
status_t ipc_invoke(handle_t endpoint, const struct ipc_invocation *invocation);

// A request as a handler sees it. The tail lies in the dispatcher's own copy: nested calls do not
// disturb it.
struct ipc_request {
    uint64_t badge; // who calls, or which object: as the kernel vouches
    const uint8_t *tail;
    uint32_t tail_size;
    uint32_t handle_count;
    handle_t handles[MESSAGE_HANDLES_MAX]; // a handler that keeps one sets its place to
                                           // HANDLE_NONE; the rest is closed
    uint8_t *reply_tail;
    uint32_t reply_tail_max;
    uint32_t reply_tail_size;    // set by the handler
    uint32_t reply_handle_count; // set by the handler
    handle_t reply_handles[MESSAGE_HANDLES_MAX];
    handle_t deferred; // set by ipc_defer
};

struct ipc_method {
    const char *name;
    uint32_t req_size, rep_size; // bytes
    uint32_t flags;
    status_t (*call)(const void *ops, void *self, struct ipc_request *request, const void *req,
                     void *rep);
};

#define IPC_OP(s, n, m, flags) s##_op_##m = (n),
#define IPC_FITS(s, n, m, flags)                                                                   \
    _Static_assert(sizeof(struct s##_##m##_req) <= MESSAGE_BYTES_MAX &&                            \
                       sizeof(struct s##_##m##_rep) <= MESSAGE_BYTES_MAX,                          \
                   #s "." #m " too large");
#define IPC_CALL(s, n, m, call_flags)                                                              \
    static inline status_t s##_##m(handle_t endpoint, const struct s##_##m##_req *req,             \
                                   struct s##_##m##_rep *rep, struct ipc_extra *extra)             \
    {                                                                                              \
        return ipc_invoke(endpoint, &(struct ipc_invocation){.op = (n),                            \
                                                             .flags = (call_flags),                \
                                                             .req = req,                           \
                                                             .req_size = sizeof *req,              \
                                                             .rep = rep,                           \
                                                             .rep_size = sizeof *rep,              \
                                                             .extra = extra});                     \
    }
#define IPC_FN(s, n, m, flags)                                                                     \
    status_t (*m)(void *self, struct ipc_request *request, const struct s##_##m##_req *req,        \
                  struct s##_##m##_rep *rep);
#define IPC_THUNK(s, n, m, flags)                                                                  \
    static status_t s##_thunk_##m(const void *ops, void *self, struct ipc_request *request,        \
                                  const void *req, void *rep)                                      \
    {                                                                                              \
        return ((const struct s##_ops *)ops)->m(self, request, req, rep);                          \
    }
#define IPC_ROW(s, n, m, method_flags)                                                             \
    [n] = {.name = #s "." #m,                                                                      \
           .req_size = sizeof(struct s##_##m##_req),                                               \
           .rep_size = sizeof(struct s##_##m##_rep),                                               \
           .flags = (method_flags),                                                                \
           .call = s##_thunk_##m},

#define IPC_INTERFACE(s, METHODS)                                                                  \
    enum { METHODS(IPC_OP) s##_op_count };                                                         \
    METHODS(IPC_FITS) METHODS(IPC_CALL) struct s##_ops {                                           \
        METHODS(IPC_FN)                                                                            \
    };
#define IPC_SERVER(s, METHODS)                                                                     \
    METHODS(IPC_THUNK) static const struct ipc_method s##_table[s##_op_count] = {METHODS(IPC_ROW)};

// Declares `struct s_m_req` or `_rep` without fields.
#define IPC_EMPTY(name)                                                                            \
    struct name {                                                                                  \
        uint64_t reserved;                                                                         \
    };
