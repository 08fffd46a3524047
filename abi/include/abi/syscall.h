// SPDX-License-Identifier: Apache-2.0
// The system calls. `ecall` from U-mode; a7 = number, a0… = arguments in the order written; a0 =
// status_t (sign extended) or a non-negative value, a1… = further results. A call that moves a
// message also uses the eight message registers a3 a4 a5 a6 t0 t1 t2 t3 (words 0 to 7), in and out.
// Registers not named as results keep their values, except t4-t6, which are cleared, and, when call
// or reply_receive waited and no message came, what would have held it: a1, a2 and the message
// registers then hold older values of the same thread. No argument is a pointer: bytes travel in
// registers or in the calling thread's message page (abi/message.h). Any wrong handle, right,
// length or number yields an error and changes nothing. A "deadline" is an instant_ns_t;
// DEADLINE_NOW polls, DEADLINE_NEVER waits for ever; a missed one is ERR_TIMEOUT.
#pragma once

#include "abi/message.h"

// S(number, name): arguments → results. Rights, waiting and every error, call by call:
// docs/syscalls.md. tidy: line-length, because the table reads by columns
// clang-format off
#define SYSCALL_LIST(S)                                                                            \
    /* Messages. */                                                                                \
    S(0, call)                /* endpoint, info, deadline, words → status of delivery, info, -, words */ \
    S(1, reply_receive)       /* endpoint, info | REPLY_NONE, deadline, words → event, info, badge, words */ \
    S(2, reply_take)          /* → reply handle for the caller being served */                     \
    S(3, reply)               /* reply handle (consumed), info, -, words → status */               \
    S(4, endpoint_create)     /* → endpoint handle with all rights */                              \
    /* Handles. */                                                                                 \
    S(8, handle_duplicate)    /* handle, rights (at most these), badge or mask (0: keep) → handle */ \
    S(9, handle_close)        /* handle → status */                                                \
    S(10, handle_give)        /* process, handle (moved) → handle value in that process */         \
    S(11, handle_info)        /* handle → kind, rights, badge or mask */                           \
    S(14, handle_revoke)      /* handle with RIGHT_DUPLICATE → status: what was derived from it is gone */ \
    /* Budgets: memory and processor time. HANDLE_NONE is the caller's own. */                     \
    S(12, budget_create)      /* budget, bytes limit, bytes reserved, period_ns, amount_ns (both 0: no limit of time) → budget handle */ \
    S(13, budget_info)        /* budget → status; struct budget_info in the message page */        \
    /* Signals: a word of 64 bits. Who raises bits, now or later, needs them all in its handle's mask. */ \
    S(16, signal_create)      /* → signal handle */                                                \
    S(17, signal_raise)       /* signal, bits → status; never blocks */                            \
    S(18, signal_wait)        /* signal, mask, deadline → status, bits (those of mask, now cleared) */ \
    S(19, signal_bind)        /* signal | HANDLE_NONE → status: the calling thread's reply_receive also waits for it */ \
    /* Memory. */                                                                                  \
    S(24, memory_create)      /* size_bytes, MEMORY_* kind, budget, endpoint to call if MEMORY_BY_PAGER (CALL) → memory handle */ \
    S(25, memory_map)         /* process | HANDLE_NONE (self), memory, address, offset, size, PROTECT_* → status */ \
    S(26, memory_unmap)       /* process | HANDLE_NONE, address, size → status */                  \
    S(27, memory_info)        /* memory, machine | HANDLE_NONE → status, size_bytes, physical address: 0 unless the \
                                 memory is contiguous and the machine handle has RIGHT_PHYSICAL */ \
    S(28, memory_device)      /* machine, physical address, size → memory handle (uncached, never executable) */ \
    /* Processes and threads. */                                                                   \
    S(32, process_create)     /* name word 0, 1, 2 (24 bytes in a0-a2), budget → process handle */       \
    S(33, process_start)      /* process, entry, stack top, message page address, priority → status; first thread */ \
    S(34, process_kill)       /* process, exit code → status */                                    \
    S(35, process_info)       /* process → status; struct process_info in the message page */      \
    S(36, process_watch)      /* process, signal, bits → status: raised when it ends */            \
    S(37, process_exit)       /* exit code: ends the calling process */                            \
    S(38, thread_create)      /* entry, stack top, argument, message page address, priority → thread handle; own process */ \
    S(39, thread_exit)        /* ends the calling thread; the last one ends the process */         \
    S(40, thread_yield)       /* → OK */                                                           \
    /* Time, interrupts. */                                                                        \
    S(48, clock)              /* → nanoseconds since boot */                                       \
    S(49, timer_create)       /* signal, bits → timer handle */                                    \
    S(50, timer_set)          /* timer, deadline (NEVER stops it) → status */                      \
    S(51, interrupt_create)   /* machine, interrupt number, signal, bits → interrupt handle, masked */ \
    S(52, interrupt_done)     /* interrupt → status: unmask, wait for the next */                  \
    /* The machine. */                                                                             \
    S(56, log_write)          /* log, size: that many bytes of the message page → status */        \
    S(57, log_read)           /* log, position → bytes in the page (≥ 0), next position in a1 */   \
    S(58, log_console)        /* machine, on: the kernel itself writes the log to the console or not → status */ \
    S(59, machine_info)       /* log → struct machine_info in the message page */                  \
    S(60, machine_power)      /* machine, POWER_* → only returns an error */                      \
    S(61, trace_set)          /* machine, contiguous memory to write to | HANDLE_NONE: stop → status; abi/trace.h */
// clang-format on

#define SYSCALL_ENUM(number, name) SYSCALL_##name = (number),
enum { SYSCALL_LIST(SYSCALL_ENUM) SYSCALL_COUNT_MAX = 64 };
#undef SYSCALL_ENUM

// call: fails with ERR_PEER_DIED when the server (or its reply) died after it had received the
// request, ERR_TIMEOUT at the deadline (the server's later reply is dropped), ERR_TOO_LARGE. A
// request not yet received stays queued at the endpoint while the server is replaced: the caller
// just waits. Handles in a request that is not delivered stay with the sender.
//
// budget_create: what the new budget reserves is set aside from its parent at once (ERR_NO_MEMORY);
// above that, up to its limit, it competes for what the parent has left. Every page and object is
// charged when it is taken: ERR_NO_MEMORY, or a fault for a touched page, when the budget has no
// more. Time is spent by who asked, servers included; whoever has spent `amount_ns` waits for the
// end of the period, but a request that has begun is finished on credit.
//
// reply_receive: first answers the caller being served (info REPLY_NONE: nobody), then waits. a0 is
// one of
#define RECEIVED_CALL 0 // a request: info, badge and words or page are filled
#define RECEIVED_SIGNAL                                                                            \
    1 // bits of the bound signal in a1, now cleared; a reply may still be owed only if taken
#define RECEIVED_CLOSED 2 // the last handle with badge a2 is gone
// or an error (ERR_TIMEOUT at the deadline). Signals win over requests. Badge 0 is never reported
// as closed.
#define REPLY_NONE UINT64_MAX

// handle_duplicate: an endpoint's handle without a badge can be given one, a signal's handle a
// narrower mask: the bits it may raise (the first handle: all). A bit that the origin may not raise
// is ERR_DENIED. RIGHT_WAIT is to all bits.

// The new handle equals its origin, or with RIGHT_REVOCABLE among the rights it is derived from it:
// handle_revoke of the origin takes it away wherever it went, with its equals and all that was
// derived from them, mapped with them, and is to be raised with them (timers, interrupts, watches).
// What has begun ends: a request received is answered, a request queued is served; a handle in a
// message that waits goes, and the message with it (ERR_BAD_HANDLE). Whoever holds a handle sees
// RIGHT_REVOCABLE in handle_info. Revocable memory is mapped only with PROTECT_REVOCABLE, as a
// touch may fault from then on; it is no thread's message page, and no device learns its address.

// memory_create: where pages come from. 0: the kernel, zeroed, when they are first touched.
enum {
    MEMORY_CONTIGUOUS = 1, // physically contiguous, resident, below 4 GiB: for DMA (at most 8 MiB)
    MEMORY_BY_PAGER = 2,   // whoever receives at the endpoint, when they are first touched
};

// Memory by a pager: a thread that touches a page which is not there becomes a caller of the
// endpoint, with the badge of the handle that memory_create was given (so the pager knows which
// memory it is), the operation PAGER_FAULT, and two words: the page's offset in the memory and
// PROTECT_* of the access. A reply with status 0 and one handle of a memory fills the page with
// that memory's first one: moved, if the handle is all that is left of that memory (no mapping, no
// other handle), else copied; the handle is closed. Any other answer, a pager that dies, or none to
// receive, ends the process as a fault at that address. The page stays until the memory is gone,
// whose badge then closes. A message page cannot lie in such memory.
#define PAGER_FAULT 0xffffffffu

enum {
    PROTECT_READ = 1 << 0,
    PROTECT_WRITE = 1 << 1,
    PROTECT_EXECUTE = 1 << 2,   // never with PROTECT_WRITE
    PROTECT_REVOCABLE = 1 << 3, // the caller knows that it may vanish
};

enum { POWER_OFF = 0, POWER_REBOOT = 1 };

// User addresses lie in [USER_BASE, USER_END); the lowest 64 KiB and everything above never map.
#define USER_BASE 0x10000ull
#define USER_END  0x3fc0000000ull

enum process_state {
    PROCESS_NEW = 0,
    PROCESS_RUNNING = 1,
    PROCESS_EXITED = 2,
    PROCESS_FAULTED = 3
};

#define PROCESS_BACKTRACE_MAX 16u

// process_info leaves this in the caller's message page.
struct process_info {
    char name[PROCESS_NAME_MAX];
    uint32_t state;        // enum process_state
    int32_t exit_code;     // EXITED, or as given to process_kill
    uint64_t cpu_ns;       // time its threads ran
    uint64_t memory_bytes; // used of its budget, by whomever runs on it
    uint32_t handle_count;
    uint32_t thread_count;
    uint64_t fault_cause;   // FAULTED: scause
    uint64_t fault_address; // FAULTED: stval
    uint64_t fault_pc;      // FAULTED: sepc
    uint64_t registers[32]; // FAULTED: x0…x31
    // FAULTED: return addresses on its stack, innermost first, as far as its frame records (s0)
    // lead through pages that were there; then 0. What they say is the program's word, not the
    // kernel's.
    uint64_t backtrace[PROCESS_BACKTRACE_MAX];
};
_Static_assert(sizeof(struct process_info) ==
                   24 + 8 + 16 + 8 + 24 + 256 + 8 * PROCESS_BACKTRACE_MAX,
               "no padding");

// budget_info leaves this in the caller's message page.
struct budget_info {
    uint64_t bytes_limit, bytes_reserved;
    uint64_t bytes_used;           // what is reserved for children included
    uint64_t period_ns, amount_ns; // 0: no limit of its own
    int64_t left_ns;               // in this period; negative: owed to the next one
    uint64_t spent_ns;             // ever, if it has a period
};
_Static_assert(sizeof(struct budget_info) == 56, "no padding");

// machine_info leaves this in the caller's message page.
struct machine_info {
    uint64_t memory_bytes; // usable
    uint64_t memory_free_bytes;
    uint64_t kernel_bytes; // text, data, page tables, objects
    uint64_t timebase_hz;
    uint64_t boot_ns;    // kernel entry to init's first instruction
    uint32_t hart_count; // online
    uint32_t boot_hart;
    uint64_t idle_ns; // that harts spent waiting for work, summed
};
_Static_assert(sizeof(struct machine_info) == 56, "no padding");
