// SPDX-License-Identifier: Apache-2.0
// What the kernel writes down while it is traced: docs/protocols/trace.md. A contiguous memory
// given to trace_set begins with the header; the rest is a ring of records, the newest over the
// oldest.
#pragma once

#include <stdint.h>

#define TRACE_MAGIC 0x3145434152544e58ull // "XNTRACE1"

struct trace_header {
    uint64_t magic;
    uint64_t written;  // records ever; number i stands in place i % capacity
    uint32_t capacity; // records
    uint32_t reserved;
    uint64_t timebase_hz; // of `ticks`
};

enum trace_kind {
    TRACE_NAME = 1,  // process is called so: 16 bytes from `thread` on
    TRACE_RUN,       // the hart runs thread, or goes on; other: the process that pays for it
    TRACE_STOP,      // it no longer does
    TRACE_IDLE,      // the hart waits for work; no thread
    TRACE_WAKE,      // it goes on; argument: ticks since when
    TRACE_CALL,      // thread calls and is served by thread `other`, 0: it queues; argument: info
    TRACE_SERVE,     // thread takes the queued call of thread `other`; argument: info
    TRACE_REPLY,     // thread answers thread `other`; argument: info
    TRACE_SIGNAL,    // thread `other` wakes by bits (argument); thread: who ran then, 0: nobody
    TRACE_INTERRUPT, // argument: its number
    TRACE_PAGE,      // thread touched address (argument) and has the page now
    TRACE_FAULT,     // thread faulted; argument: its pc
    TRACE_START,     // process runs its first thread
    TRACE_END,       // process ended; argument: its exit code
    TRACE_CHORE,     // a step of postponed work was done
};

struct trace_record {
    uint64_t ticks;
    uint8_t kind; // enum trace_kind
    uint8_t hart;
    uint16_t reserved;
    uint32_t process; // of thread; 0: none. Processes and threads are numbered from 1, never twice.
    uint32_t thread;
    uint32_t other;
    uint64_t argument;
};
_Static_assert(sizeof(struct trace_header) == 32 && sizeof(struct trace_record) == 32,
               "a record is half a cache line");
