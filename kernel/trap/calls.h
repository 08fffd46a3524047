// SPDX-License-Identifier: Apache-2.0
// The system calls, one function each, with the names of abi/syscall.h. Each reads its arguments
// from the caller's frame and returns what goes to a0; further results it writes to the frame
// itself.
#pragma once

#include "cap/handle.h"
#include "sched/thread.h"

#include "abi/syscall.h"

struct budget;

// Returned instead of a result: the frame is written, or will be when the wait ends; or a bounded
// part is done and the same call is to be made again. No result is as low.
#define CALL_DONE                    INT64_MIN
#define CALL_RESTART                 (INT64_MIN + 1)

#define CALL_PROTOTYPE(number, name) int64_t call_##name(struct thread *thread);
SYSCALL_LIST(CALL_PROTOTYPE)
#undef CALL_PROTOTYPE

// Argument `index` (0 to 5) of the call.
static inline uint64_t call_argument(const struct thread *thread, uint32_t index)
{
    return index < 3 ? thread->frame.argument[index] : thread->frame.words[index - 3];
}

// Finds an object by handle argument `index` in the caller's table; the errors of handle_object.
status_t call_object(struct thread *thread, uint32_t index, enum object_kind kind, uint32_t rights,
                     struct object **out_object);
// The same, and what else the handle says.
status_t call_lookup(struct thread *thread, uint32_t index, enum object_kind kind, uint32_t rights,
                     struct handle_entry **out_entry);
// Finds a signal that the caller may raise `bits` of; the errors of handle_signal.
status_t call_signal(struct thread *thread, uint32_t index, uint64_t bits,
                     struct handle_entry **out_entry);
// The process that argument `index` names, or the caller's own for HANDLE_NONE.
status_t call_process_or_self(struct thread *thread, uint32_t index, uint32_t rights,
                              struct process **out_process);
// The budget that argument `index` names, or the caller's own for HANDLE_NONE.
status_t call_budget_or_own(struct thread *thread, uint32_t index, uint32_t rights,
                            struct budget **out_budget);
// Puts a new object in the caller's table with all rights of its kind and returns the handle; drops
// the object and returns the error when there is no room.
int64_t call_new_handle(struct thread *thread, struct object *object, uint32_t rights);
