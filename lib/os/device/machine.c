// SPDX-License-Identifier: Apache-2.0
// Calls on the machine, the log's reading side and processes: init, the console and the bus use
// them.
#include "os/budget.h"
#include "os/machine.h"

#include "base/math.h"
#include "os/process.h"
#include "os/syscall.h"

#include <string.h>

static status_t handle_result(struct os_result result, handle_t *out_handle)
{
    if (result.value < 0)
        return (status_t)result.value;
    *out_handle = (handle_t)result.value;
    return OK;
}

// For calls that leave what they tell in the message page.
static status_t page_result(struct os_result result, void *out, size_t size)
{
    if (result.value < 0)
        return (status_t)result.value;
    memcpy(out, os_message_page()->bytes, size);
    return OK;
}

status_t os_log_read(handle_t log, uint64_t position, void *bytes, uint32_t size_max,
                     uint64_t *out_next)
{
    struct os_result result = OS_SYSCALL(log_read, log, position);
    if (result.value < 0)
        return (status_t)result.value;
    // The kernel may give more than the caller takes: it reads on from where it stopped.
    uint64_t given = (uint64_t)result.value;
    uint64_t size = min_u64(given, size_max);
    memcpy(bytes, os_message_page()->bytes, size);
    *out_next = result.more[0] - (given - size);
    return (status_t)size;
}

status_t os_log_console(handle_t machine, bool on)
{
    return (status_t)OS_SYSCALL(log_console, machine, on).value;
}

status_t os_machine_info(handle_t log, struct machine_info *out_info)
{
    return page_result(OS_SYSCALL(machine_info, log), out_info, sizeof *out_info);
}

status_t os_machine_power(handle_t machine, uint32_t action)
{
    return (status_t)OS_SYSCALL(machine_power, machine, action).value;
}

status_t os_trace_set(handle_t machine, handle_t memory)
{
    return (status_t)OS_SYSCALL(trace_set, machine, memory).value;
}

status_t os_memory_device(handle_t machine, uint64_t physical, uint64_t size_bytes,
                          handle_t *out_memory)
{
    return handle_result(OS_SYSCALL(memory_device, machine, physical, size_bytes), out_memory);
}

status_t os_memory_physical(handle_t memory, handle_t machine, uint64_t *out_physical)
{
    struct os_result result = OS_SYSCALL(memory_info, memory, machine);
    if (result.value < 0)
        return (status_t)result.value;
    if (result.more[1] == 0)
        return ERR_INVALID;
    *out_physical = result.more[1];
    return OK;
}

status_t os_interrupt_create(handle_t machine, uint32_t number, handle_t signal, uint64_t bits,
                             handle_t *out_interrupt)
{
    return handle_result(OS_SYSCALL(interrupt_create, machine, number, signal, bits),
                         out_interrupt);
}

status_t os_budget_create(handle_t parent, const struct os_budget_terms *terms,
                          handle_t *out_budget)
{
    return handle_result(OS_SYSCALL(budget_create, parent, terms->bytes_limit,
                                    terms->bytes_reserved, terms->period_ns, terms->amount_ns),
                         out_budget);
}

status_t os_budget_info(handle_t budget, struct budget_info *out_info)
{
    return page_result(OS_SYSCALL(budget_info, budget), out_info, sizeof *out_info);
}

status_t os_process_create(const char *name, handle_t budget, handle_t *out_process)
{
    uint64_t words[3] = {0};
    memcpy(words, name, min_u64(strlen(name), PROCESS_NAME_MAX - 1));
    return handle_result(OS_SYSCALL(process_create, words[0], words[1], words[2], budget),
                         out_process);
}

status_t os_process_start(handle_t process, const struct os_process_start *start)
{
    return (status_t)OS_SYSCALL(process_start, process, start->entry, start->stack_top,
                                start->message_page, start->priority)
        .value;
}

status_t os_process_kill(handle_t process, int32_t exit_code)
{
    return (status_t)OS_SYSCALL(process_kill, process, (uint64_t)exit_code).value;
}

status_t os_process_info(handle_t process, struct process_info *out_info)
{
    return page_result(OS_SYSCALL(process_info, process), out_info, sizeof *out_info);
}

status_t os_process_watch(handle_t process, handle_t signal, uint64_t bits)
{
    return (status_t)OS_SYSCALL(process_watch, process, signal, bits).value;
}

status_t os_handle_give(handle_t process, handle_t handle, handle_t *out_value)
{
    return handle_result(OS_SYSCALL(handle_give, process, handle), out_value);
}

status_t os_process_map(handle_t process, handle_t memory, const struct os_mapping *mapping)
{
    return (status_t)OS_SYSCALL(memory_map, process, memory, mapping->address, mapping->offset,
                                mapping->size_bytes, mapping->protect)
        .value;
}
