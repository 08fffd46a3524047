// SPDX-License-Identifier: Apache-2.0
// The named system calls that any program makes: handles, signals, time, interrupts.
#include "os/handle.h"
#include "os/interrupt.h"
#include "os/signal.h"
#include "os/syscall.h"
#include "os/time.h"

// For calls whose value is a new handle.
static status_t handle_result(struct os_result result, handle_t *out_handle)
{
    if (result.value < 0)
        return (status_t)result.value;
    *out_handle = (handle_t)result.value;
    return OK;
}

status_t os_endpoint_create(handle_t *out_handle)
{
    return handle_result(OS_SYSCALL(endpoint_create, 0), out_handle);
}

status_t os_handle_duplicate(handle_t handle, uint32_t rights, uint64_t mark, handle_t *out_handle)
{
    return handle_result(OS_SYSCALL(handle_duplicate, handle, rights, mark), out_handle);
}

void os_handle_close(handle_t handle)
{
    if (handle != HANDLE_NONE)
        OS_SYSCALL(handle_close, handle);
}

status_t os_handle_info(handle_t handle, struct os_handle_facts *out_facts)
{
    struct os_result result = OS_SYSCALL(handle_info, handle);
    if (result.value < 0)
        return (status_t)result.value;
    *out_facts = (struct os_handle_facts){.kind = (uint32_t)result.value,
                                          .rights = (uint32_t)result.more[0],
                                          .badge = result.more[1]};
    return OK;
}

status_t os_signal_create(handle_t *out_handle)
{
    return handle_result(OS_SYSCALL(signal_create, 0), out_handle);
}

status_t os_signal_raise(handle_t signal, uint64_t bits)
{
    return (status_t)OS_SYSCALL(signal_raise, signal, bits).value;
}

status_t os_signal_wait(handle_t signal, uint64_t mask, instant_ns_t deadline, uint64_t *out_bits)
{
    struct os_result result = OS_SYSCALL(signal_wait, signal, mask, deadline);
    if (result.value < 0)
        return (status_t)result.value;
    *out_bits = result.more[0];
    return OK;
}

instant_ns_t os_clock(void)
{
    return (instant_ns_t)OS_SYSCALL(clock, 0).value;
}

// Waits for a bit nobody raises.
void os_sleep(uint64_t duration_ns)
{
    static handle_t never;
    uint64_t bits;
    if (never == HANDLE_NONE && os_signal_create(&never) < 0)
        return;
    os_signal_wait(never, 1, os_deadline(duration_ns), &bits);
}

status_t os_interrupt_done(handle_t interrupt)
{
    return (status_t)OS_SYSCALL(interrupt_done, interrupt).value;
}
