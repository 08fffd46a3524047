// SPDX-License-Identifier: Apache-2.0
// The system call instruction itself, by number (abi/syscall.h), and this thread's message page.
// For lib/os and lib/ipc; programs use the named functions of the other headers. Device only.
#pragma once

#include "abi/syscall.h"

struct os_result {
    int64_t value;    // a0: status_t or a non-negative value
    uint64_t more[2]; // a1, a2
};

// A call without a message: up to six arguments.
static inline struct os_result os_syscall(uint32_t number, const uint64_t arguments[6])
{
    register uint64_t a0 __asm__("a0") = arguments[0];
    register uint64_t a1 __asm__("a1") = arguments[1];
    register uint64_t a2 __asm__("a2") = arguments[2];
    register uint64_t a3 __asm__("a3") = arguments[3];
    register uint64_t a4 __asm__("a4") = arguments[4];
    register uint64_t a5 __asm__("a5") = arguments[5];
    register uint64_t a7 __asm__("a7") = number;
    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1), "+r"(a2)
                     : "r"(a3), "r"(a4), "r"(a5), "r"(a7)
                     : "t4", "t5", "t6", "memory");
    return (struct os_result){.value = (int64_t)a0, .more = {a1, a2}};
}
#define OS_SYSCALL(name, ...) os_syscall(SYSCALL_##name, (const uint64_t[6]){__VA_ARGS__})

// A call that moves a message: a0-a2 and the eight words, in and out.
struct os_message {
    uint64_t a0, a1, a2;
    uint64_t words[MESSAGE_WORDS];
};
void os_syscall_message(uint32_t number, struct os_message *message);

// The message page of the only thread.
struct message_page *os_message_page(void);
