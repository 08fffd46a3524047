// SPDX-License-Identifier: Apache-2.0
// System calls for the selftest and the bench: straight from abi/syscall.h, nothing of the system's
// libraries, so that a failure here is the kernel's.
#pragma once

#include "abi/bundle.h"
#include "abi/message.h"
#include "abi/syscall.h"

#include <stdbool.h>
#include <stddef.h>

#define MESSAGE_ADDRESS 0x30000000ull
#define STACK_TOP       0x2fff0000ull
#define STACK_SIZE      0x4000ull
#define MILLISECOND     1000000ull

struct result {
    int64_t value;
    uint64_t a1, a2;
};

struct words {
    uint64_t word[MESSAGE_WORDS];
};

static inline struct result syscall6(uint64_t number, const uint64_t arguments[6])
{
    register uint64_t a0 __asm__("a0") = arguments[0];
    register uint64_t a1 __asm__("a1") = arguments[1];
    register uint64_t a2 __asm__("a2") = arguments[2];
    register uint64_t a3 __asm__("a3") = arguments[3];
    register uint64_t a4 __asm__("a4") = arguments[4];
    register uint64_t a5 __asm__("a5") = arguments[5];
    register uint64_t a7 __asm__("a7") = number;
    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5)
                     : "r"(a7)
                     : "a6", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "memory");
    return (struct result){(int64_t)a0, a1, a2};
}

#define SYS(name, ...)      syscall6(SYSCALL_##name, (const uint64_t[6]){__VA_ARGS__})
#define SYS0(name)          SYS(name, 0)
#define SYS1(name, a)       SYS(name, a)
#define SYS2(name, a, b)    SYS(name, a, b)
#define SYS3(name, a, b, c) SYS(name, a, b, c)

// A call that moves a message: the words go in and come out.
static inline struct result syscall_message(uint64_t number, uint64_t handle, uint64_t info,
                                            uint64_t deadline, struct words *words)
{
    register uint64_t a0 __asm__("a0") = handle;
    register uint64_t a1 __asm__("a1") = info;
    register uint64_t a2 __asm__("a2") = deadline;
    register uint64_t a3 __asm__("a3") = words->word[0];
    register uint64_t a4 __asm__("a4") = words->word[1];
    register uint64_t a5 __asm__("a5") = words->word[2];
    register uint64_t a6 __asm__("a6") = words->word[3];
    register uint64_t a7 __asm__("a7") = number;
    register uint64_t t0 __asm__("t0") = words->word[4];
    register uint64_t t1 __asm__("t1") = words->word[5];
    register uint64_t t2 __asm__("t2") = words->word[6];
    register uint64_t t3 __asm__("t3") = words->word[7];
    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6),
                       "+r"(t0), "+r"(t1), "+r"(t2), "+r"(t3)
                     : "r"(a7)
                     : "t4", "t5", "t6", "memory");
    *words = (struct words){{a3, a4, a5, a6, t0, t1, t2, t3}};
    return (struct result){(int64_t)a0, a1, a2};
}

// The call and reply_receive of programs that use few words.
static inline struct result call(handle_t endpoint, uint64_t info, struct words *words)
{
    return syscall_message(SYSCALL_call, endpoint, info, DEADLINE_NEVER, words);
}
static inline struct result receive(handle_t endpoint, uint64_t info, uint64_t deadline,
                                    struct words *words)
{
    return syscall_message(SYSCALL_reply_receive, endpoint, info, deadline, words);
}

static inline uint64_t now(void)
{
    return (uint64_t)SYS0(clock).value;
}

// program.c: what a program of this bundle needs beside.
extern struct message_page *message; // this process's first thread's
// The handle named `name` in the start block; HANDLE_NONE.
handle_t start_handle(const char *name);
// Whether `word` is one of the boot arguments.
bool start_has_argument(const char *word);
// The number that follows `name` in the boot arguments ("fuzz.calls="); `otherwise` without it.
uint64_t start_number(const char *name, uint64_t otherwise);
// A pseudo-random number by splitmix64 (Steele, Lea, Flood 2014).
uint64_t random_from(uint64_t *state);
// Prints to the kernel's log.
void print(const char *text);
void print_number(uint64_t value);
bool text_equal(const char *a, const char *b);

// spawn.c: other processes running functions of this same program.
struct child {
    handle_t process;
    uint64_t next_slot; // of the start block while it is prepared
    struct start_block *block;
};
// A new process with the program's segments, a stack and a message page; not started.
struct child child_create(const char *name);
// The same, paid for by a budget.
struct child child_create_on(handle_t budget, const char *name);
// Moves a handle into it under `name`.
void child_give(struct child *child, const char *name, handle_t handle);
void child_start(struct child *child, void (*entry)(void), uint32_t priority);
// Waits until the process is gone and returns its info; kills nothing.
struct process_info child_wait(struct child *child);
// Ends the process, waits, closes the handle.
void child_kill(struct child *child);
handle_t duplicate(handle_t handle, uint32_t rights, uint64_t badge);
