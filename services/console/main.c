// SPDX-License-Identifier: Apache-2.0
// The console: wiring of its sources (init, the log, the stage) to the commands.
#include "ops.h"

#include "abi/ipc/stage.h"
#include "base/error.h"
#include "base/math.h"
#include "os/log.h"
#include "os/machine.h"
#include "os/start.h"
#include "os/time.h"

#include <stdio.h>
#include <string.h>

// The stage is a client of the console, too: a call that takes longer may be one that waits for us.
#define STAGE_ANSWERS_WITHIN_NS (200 * OS_MILLISECOND)

static struct console_service service;

static status_t ask_service(void *self, uint32_t index, struct supervisor_service_rep *rep)
{
    return supervisor_service(os_handle("init"), &(struct supervisor_service_req){.index = index},
                              rep, NULL);
}

static status_t ask_device(void *self, struct supervisor_device_rep *rep)
{
    return supervisor_device(os_handle("init"), &(struct supervisor_device_req){0}, rep, NULL);
}

static status_t ask_kill(void *self, const char *name)
{
    struct supervisor_kill_req req = {0};
    struct supervisor_kill_rep rep;
    memcpy(req.name, name, min_u64(strlen(name), sizeof req.name - 1));
    return supervisor_kill(os_handle("init"), &req, &rep, NULL);
}

static status_t ask_power(void *self, uint32_t action)
{
    struct supervisor_power_rep rep;
    return supervisor_power(os_handle("init"), &(struct supervisor_power_req){.action = action},
                            &rep, NULL);
}

static status_t ask_log(void *self, uint64_t position, char *bytes, uint32_t size_max,
                        uint64_t *out_next)
{
    return os_log_read(os_handle("log"), position, bytes, size_max, out_next);
}

static status_t ask_tree(void *self, uint32_t offset, struct job_tree_part *part)
{
    if (!os_has("stage"))
        return ERR_UNSUPPORTED;
    struct stage_tree_rep rep;
    struct ipc_extra extra = {.reply_tail = part->bytes,
                              .reply_tail_max = part->size_max,
                              .deadline = os_deadline(STAGE_ANSWERS_WITHIN_NS)};
    status_t status = stage_tree(os_handle("stage"),
                                 &(struct stage_tree_req){.offset_bytes = offset}, &rep, &extra);
    if (status < 0)
        return status;
    part->total = rep.total_bytes;
    part->generation = rep.generation;
    return (status_t)extra.reply_tail_size;
}

static status_t set_state(void *self, const char *name, uint32_t value)
{
    if (!os_has("stage"))
        return ERR_UNSUPPORTED;
    struct stage_state_req request = {.value = value};
    struct stage_state_rep rep;
    struct ipc_extra extra = {.deadline = os_deadline(STAGE_ANSWERS_WITHIN_NS)};
    snprintf(request.name, sizeof request.name, "%s", name);
    return stage_state(os_handle("stage"), &request, &rep, &extra);
}

// Three functions deep, none of which may be folded into another: what a crash leaves is tested
// with it.
__attribute__((noipa)) static uint64_t fault_innermost(const volatile uint64_t *nothing)
{
    return *nothing;
}

__attribute__((noipa)) static uint64_t fault_middle(uint64_t address)
{
    return fault_innermost((const volatile uint64_t *)(uintptr_t)address) + 1;
}

__attribute__((noipa)) static uint64_t fault_outermost(uint64_t address)
{
    return fault_middle(address) + 1;
}

static void cause_fault(void *self)
{
    log_printf("~fault: reading address 8 gave %u", (unsigned)fault_outermost(8));
}

static status_t ask_trace(void *self, bool on)
{
    struct supervisor_trace_rep rep;
    return supervisor_trace(os_handle("init"), &(struct supervisor_trace_req){.on = on}, &rep,
                            NULL);
}

static status_t ask_trace_read(void *self, uint64_t offset, uint8_t *bytes, uint32_t size_max)
{
    struct supervisor_trace_read_rep rep;
    struct ipc_extra extra = {.reply_tail = bytes, .reply_tail_max = size_max};
    status_t status = supervisor_trace_read(
        os_handle("init"),
        &(struct supervisor_trace_read_req){.offset_bytes = offset, .size_bytes = size_max}, &rep,
        &extra);
    return status < 0 ? status : (status_t)extra.reply_tail_size;
}

static uint64_t ask_clock(void *self)
{
    return os_clock();
}

static const struct job_sources sources = {.service = ask_service,
                                           .device = ask_device,
                                           .kill = ask_kill,
                                           .power = ask_power,
                                           .log = ask_log,
                                           .tree = ask_tree,
                                           .state = set_state,
                                           .fault = cause_fault,
                                           .trace = ask_trace,
                                           .trace_read = ask_trace_read,
                                           .clock = ask_clock};

int main(void)
{
    struct supervisor_device_rep device;
    status_t status = ask_device(NULL, &device);
    if (status < 0)
        log_printf("init does not answer: %s", error_text(status));
    console_init(&service.console, &sources, status == OK && device.developer);
    // From here on we print the log. What the kernel printed itself is not printed again.
    struct supervisor_console_rep rep;
    uint64_t next = 0;
    char bytes[1024];
    while (ask_log(NULL, next, bytes, sizeof bytes, &next) > 0)
        continue;
    service.console.log_position = next;
    supervisor_console(os_handle("init"), &(struct supervisor_console_req){.taken = 1}, &rep, NULL);
    console_serve(&service, os_handle("serial"), HANDLE_NONE, HANDLE_NONE);
    ipc_server_run(&service.server);
}
