// SPDX-License-Identifier: Apache-2.0
// A program that takes all it can of one thing, for ever: which one, its name says. It asks for
// nothing that its manifest does not allow; what keeps it from the others is the kernel alone.
#include "abi/ipc/rtc.h"
#include "abi/ipc/stage.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/process.h"
#include "os/signal.h"
#include "os/start.h"
#include "os/syscall.h"

#include <string.h>

#define EATEN_BYTES  (64u << 20) // more than any manifest of a hog allows
#define HELD_MAX     8192u
#define SPINNERS     31u // threads a process may have beside its first
#define PRIORITY_TOP 30u
#define UNKNOWN_OP   999u

static handle_t held[HELD_MAX];

static void spin(uint64_t argument)
{
    for (;;)
        __asm__ volatile("");
}

static void take_time(void)
{
    spin(0);
}

// Touches page after page until the kernel ends it.
static void take_memory(void)
{
    handle_t memory;
    void *address;
    if (os_memory_allocate(EATEN_BYTES, 0, &memory, &address) < 0)
        return;
    for (uint64_t at = 0; at < EATEN_BYTES; at += PAGE_SIZE)
        ((volatile uint8_t *)address)[at] = 1;
}

// As many as there are to have, and then the last ones again and again.
static void take_all(status_t (*make)(handle_t *out_handle))
{
    uint32_t count = 0;
    for (;;) {
        if (count < HELD_MAX && make(&held[count]) == OK)
            count++;
        else if (count > 0)
            os_handle_close(held[--count]);
    }
}

static status_t make_process(handle_t *out_process)
{
    return os_process_create("hog_child", HANDLE_NONE, out_process);
}

// A program cannot bring code of its own to life, so its children are threads until there are no
// more, and then processes.
static void take_processes(void)
{
    handle_t memory;
    void *address;
    if (os_memory_allocate(SPINNERS * 2 * PAGE_SIZE, 0, &memory, &address) == OK)
        for (uint32_t i = 0; i < SPINNERS; i++) {
            uint64_t page = (uintptr_t)address + (2 * i + 1) * PAGE_SIZE; // its stack is below
            OS_SYSCALL(thread_create, (uintptr_t)spin, page, 0, page, PRIORITY_TOP);
        }
    take_all(make_process);
}

// Calls whoever it may call: an answer that costs them work, and a refusal.
static void take_servers(void)
{
    for (;;) {
        struct rtc_now_rep now;
        struct ipc_empty nothing = {0};
        rtc_now(os_handle("rtc"), &(struct rtc_now_req){0}, &now, NULL);
        ipc_invoke(os_handle("stage"), &(struct ipc_invocation){.op = UNKNOWN_OP,
                                                                .req = &nothing,
                                                                .req_size = sizeof nothing,
                                                                .rep = &nothing,
                                                                .rep_size = sizeof nothing});
    }
}

int main(void)
{
    const char *name = os_name();
    log_printf("begins");
    if (strcmp(name, "hog_time") == 0)
        take_time();
    else if (strcmp(name, "hog_memory") == 0)
        take_memory();
    else if (strcmp(name, "hog_handles") == 0)
        take_all(os_signal_create);
    else if (strcmp(name, "hog_processes") == 0)
        take_processes();
    else if (strcmp(name, "hog_servers") == 0)
        take_servers();
    log_printf("knows nothing to take");
    return 1;
}
