// SPDX-License-Identifier: Apache-2.0
// The fake kernel: the calls of os/process.h, os/machine.h and os/program.h over the host twin's
// handles.
#include "fake_kernel.h"

#include "os/handle.h"
#include "os/host.h"
#include "os/host_object.h"
#include "os/machine.h"
#include "os/memory.h"
#include "os/process.h"
#include "os/program.h"

#include <string.h>

static struct fake_process processes[FAKE_PROCESSES_MAX];
static uint32_t count;
static bool console = true;
static handle_t traced; // the memory of the trace that runs
static struct os_budget_terms terms_of_last;
uint64_t fake_budget_bytes;

void fake_reset(void)
{
    fake_budget_bytes = 64u << 20;
    memset(processes, 0, sizeof processes);
    count = 0;
    console = true;
    traced = HANDLE_NONE;
}

static struct fake_process *process_of(handle_t handle)
{
    for (uint32_t i = 0; i < count; i++)
        if (processes[i].handle == handle && os_host_object(handle) != 0)
            return &processes[i];
    return NULL;
}

struct fake_process *fake_process_find(const char *name)
{
    for (uint32_t i = count; i > 0; i--)
        if (strcmp(processes[i - 1].name, name) == 0)
            return &processes[i - 1];
    return NULL;
}

uint32_t fake_process_count(void)
{
    return count;
}

const struct start_entry *fake_entry(const struct fake_process *process, const char *name)
{
    for (uint32_t i = 0; i < process->start.entry_count; i++)
        if (strcmp(process->start.entries[i].name, name) == 0)
            return &process->start.entries[i];
    return NULL;
}

bool fake_traces(void)
{
    return traced != HANDLE_NONE;
}

bool fake_log_console(void)
{
    return console;
}

status_t os_budget_create(handle_t parent, const struct os_budget_terms *terms,
                          handle_t *out_budget)
{
    if (terms->bytes_reserved > fake_budget_bytes)
        return ERR_NO_MEMORY;
    terms_of_last = *terms;
    return host_object_create(OBJECT_BUDGET, out_budget, NULL);
}

status_t os_process_create(const char *name, handle_t budget, handle_t *out_process)
{
    if (count == FAKE_PROCESSES_MAX)
        return ERR_FULL;
    struct fake_process process = {.terms = terms_of_last};
    strncpy(process.name, name, PROCESS_NAME_MAX - 1);
    status_t status = host_object_create(OBJECT_PROCESS, &process.handle, NULL);
    if (status < 0)
        return status;
    processes[count++] = process;
    *out_process = process.handle;
    return OK;
}

status_t os_process_start(handle_t handle, const struct os_process_start *start)
{
    struct fake_process *process = process_of(handle);
    if (process == NULL)
        return ERR_BAD_HANDLE;
    process->state = PROCESS_RUNNING;
    process->priority = start->priority;
    return OK;
}

status_t os_process_kill(handle_t handle, int32_t exit_code)
{
    struct fake_process *process = process_of(handle);
    if (process == NULL)
        return ERR_BAD_HANDLE;
    process->state = PROCESS_EXITED;
    process->exit_code = exit_code;
    for (uint32_t i = 0; i < process->start.entry_count; i++)
        os_handle_close(process->start.entries[i].handle);
    return OK;
}

status_t os_process_info(handle_t handle, struct process_info *out_info)
{
    const struct fake_process *process = process_of(handle);
    if (process == NULL)
        return ERR_BAD_HANDLE;
    *out_info = (struct process_info){.state = process->state, .exit_code = process->exit_code};
    return OK;
}

status_t os_process_watch(handle_t process, handle_t signal, uint64_t bits)
{
    return process_of(process) && os_host_object(signal) ? OK : ERR_BAD_HANDLE;
}

status_t os_handle_give(handle_t process, handle_t handle, handle_t *out_value)
{
    if (process_of(process) == NULL)
        return ERR_BAD_HANDLE;
    handle_t moved = os_host_handle_move(handle);
    if (moved == HANDLE_NONE)
        return ERR_DENIED;
    struct fake_process *to = process_of(process);
    // Until the start block is loaded only the fake knows it: remember it for os_process_kill.
    to->start.entries[to->start.entry_count++].handle = moved;
    *out_value = moved;
    return OK;
}

status_t os_program_load(const struct os_program_load *load)
{
    struct fake_process *process = process_of(load->process);
    if (process == NULL)
        return ERR_BAD_HANDLE;
    process->start = *load->start;
    process->patch_address = load->patch_address;
    process->patch_offset = load->patch_offset;
    return OK;
}

status_t os_log_console(handle_t machine, bool on)
{
    console = on;
    return OK;
}

status_t os_trace_set(handle_t machine, handle_t memory)
{
    traced = memory;
    return OK;
}

status_t os_machine_info(handle_t log, struct machine_info *out_info)
{
    *out_info = (struct machine_info){.memory_bytes = 128u << 20};
    return OK;
}

status_t os_memory_device(handle_t machine, uint64_t physical, uint64_t size_bytes,
                          handle_t *out_memory)
{
    if (os_host_object(machine) == 0)
        return ERR_BAD_HANDLE;
    return os_memory_create(size_bytes, 0, out_memory);
}

status_t os_interrupt_create(handle_t machine, uint32_t number, handle_t signal, uint64_t bits,
                             handle_t *out_interrupt)
{
    if (os_host_object(machine) == 0)
        return ERR_BAD_HANDLE;
    return host_object_create(OBJECT_INTERRUPT, out_interrupt, NULL);
}
