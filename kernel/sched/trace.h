// SPDX-License-Identifier: Apache-2.0
// Writing down what happens: docs/protocols/trace.md, docs/decisions/0008. Off, each place costs a
// look at hart.pending; on, every call and reply takes the way through C (fast.S gives way to
// any bit that high), so these places see everything.
#pragma once

#include "sched/schedule.h"

#include "abi/trace.h"

struct memory;

// Where to write from now on, a contiguous memory of two pages or more; NULL: nowhere. ERR_INVALID.
status_t trace_set(struct memory *memory);
// Both may be NULL.
void trace_write(enum trace_kind kind, const struct thread *thread, const struct thread *other,
                 uint64_t argument);
void trace_write_process(enum trace_kind kind, struct process *process, uint64_t argument);
void trace_write_run(const struct thread *thread, struct process *payer);

#define trace_is_on() (hart_this()->pending >> PENDING_TRACE & 1)
#define trace(...)                                                                                 \
    do {                                                                                           \
        if (__builtin_expect(trace_is_on(), 0))                                                    \
            trace_write(__VA_ARGS__);                                                              \
    } while (0)
