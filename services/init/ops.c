// SPDX-License-Identifier: Apache-2.0
// Handlers of the supervisor interface. Callers hold a supervisor grant; what only a developer
// image allows is checked by the supervisor.
#include "ops.h"

#include "base/math.h"
#include "os/handle.h"
#include "os/machine.h"
#include "os/memory.h"
#include "os/process.h"

#include <string.h>

#define TRACE_BYTES (1u << 20)

IPC_SERVER(supervisor, SUPERVISOR_METHODS)

static status_t do_service(void *self, struct ipc_request *request,
                           const struct supervisor_service_req *req,
                           struct supervisor_service_rep *rep)
{
    struct init *init = self;
    status_t row = supervisor_row(&init->supervisor, req->index);
    if (row < 0)
        return row;
    const struct supervised *service = &init->supervisor.services[row];
    struct process_info info = {0};
    handle_t process = init->launcher.instances[row].process;
    memcpy(rep->name, init->plan.services[row].name, sizeof rep->name);
    if (process != HANDLE_NONE && os_process_info(process, &info) == OK)
        rep->state = info.state;
    rep->restarts = service->restarts;
    rep->cpu_ns = info.cpu_ns;
    rep->memory_bytes = info.memory_bytes;
    rep->handle_count = info.handle_count;
    rep->last_exit = service->last_exit;
    rep->started_ns = service->started_ns;
    return OK;
}

static status_t do_kill(void *self, struct ipc_request *request,
                        const struct supervisor_kill_req *req, struct supervisor_kill_rep *rep)
{
    struct init *init = self;
    if (memchr(req->name, 0, sizeof req->name) == NULL)
        return ERR_INVALID;
    return supervisor_end(&init->supervisor, req->name);
}

static status_t do_power(void *self, struct ipc_request *request,
                         const struct supervisor_power_req *req, struct supervisor_power_rep *rep)
{
    if (req->action > POWER_REBOOT)
        return ERR_INVALID;
    init_power(self, req->action);
    return OK;
}

static status_t do_device(void *self, struct ipc_request *request,
                          const struct supervisor_device_req *req,
                          struct supervisor_device_rep *rep)
{
    struct init *init = self;
    rep->form = init->plan.forms[init->supervisor.form];
    rep->developer = init->plan.header->developer;
    return os_machine_info(init->launcher.log, &rep->machine);
}

static status_t do_console(void *self, struct ipc_request *request,
                           const struct supervisor_console_req *req,
                           struct supervisor_console_rep *rep)
{
    struct init *init = self;
    uint32_t row = PLAN_BADGE_ROW(request->badge) - 1;
    if (row >= PLAN_SERVICES_MAX || req->taken > 1)
        return ERR_INVALID;
    init->console_row = req->taken ? row : PLAN_SERVICES_MAX;
    return os_log_console(init->launcher.machine, !req->taken);
}

static status_t do_trace(void *self, struct ipc_request *request,
                         const struct supervisor_trace_req *req, struct supervisor_trace_rep *rep)
{
    struct init *init = self;
    handle_t memory;
    void *address;
    if (!init->plan.header->developer)
        return ERR_DENIED;
    if (req->on > 1)
        return ERR_INVALID;
    os_trace_set(init->launcher.machine, HANDLE_NONE);
    if (init->trace != NULL)
        os_memory_unmap((void *)(uintptr_t)init->trace, TRACE_BYTES);
    init->trace = NULL;
    if (!req->on)
        return OK;
    status_t status = os_memory_allocate(TRACE_BYTES, MEMORY_CONTIGUOUS, &memory, &address);
    if (status < 0)
        return status;
    init->trace = address;
    status = os_trace_set(init->launcher.machine, memory);
    os_handle_close(memory); // kernel and mapping hold it
    return status;
}

static status_t do_trace_read(void *self, struct ipc_request *request,
                              const struct supervisor_trace_read_req *req,
                              struct supervisor_trace_read_rep *rep)
{
    struct init *init = self;
    if (init->trace == NULL)
        return ERR_BAD_STATE;
    os_trace_set(init->launcher.machine, HANDLE_NONE);
    uint64_t records = min_u64(init->trace->written, init->trace->capacity);
    rep->total_bytes = sizeof *init->trace + records * sizeof(struct trace_record);
    if (req->offset_bytes > rep->total_bytes)
        return ERR_RANGE;
    uint64_t size = min_u64(rep->total_bytes - req->offset_bytes, req->size_bytes);
    request->reply_tail_size = (uint32_t)min_u64(size, request->reply_tail_max);
    memcpy(request->reply_tail, (const uint8_t *)init->trace + req->offset_bytes,
           request->reply_tail_size);
    return OK;
}

const struct ipc_method *const init_methods = supervisor_table;
const uint32_t init_method_count = supervisor_op_count;
const struct supervisor_ops init_ops = {.service = do_service,
                                        .kill = do_kill,
                                        .power = do_power,
                                        .device = do_device,
                                        .console = do_console,
                                        .trace = do_trace,
                                        .trace_read = do_trace_read};
