// SPDX-License-Identifier: Apache-2.0
// Faults that a pager answers (abi/syscall.h, MEMORY_BY_PAGER). The thread becomes an ordinary
// caller: its registers are put aside, its frame becomes that of a call, and it is given a message
// page of the kernel's, because its own may be half written. The call returns to PAGER_RETURN,
// where nothing is ever mapped: the fault there brings the thread back here with the answer, and
// ipc/ and fast.S need to know nothing of it.
#pragma once

#include "sched/thread.h"

#define PAGER_RETURN 0u

// Whether a fault is the return of a call to a pager.
static inline bool pager_answered(const struct thread *thread)
{
    return thread->paging != NULL && thread->frame.pc == PAGER_RETURN;
}
// Calls the pager of the page at `address`. OK: the thread waits. ERR_PEER_DIED, ERR_NO_MEMORY.
__attribute__((noinline)) status_t pager_ask(struct thread *thread, uint64_t cause,
                                             uint64_t address, uint32_t protect);
// Puts the registers back, fills the page from the answer and tells which fault it was, or the
// reason why the page is not filled.
__attribute__((noinline)) status_t pager_finish(struct thread *thread, uint64_t *out_cause,
                                                uint64_t *out_address, uint32_t *out_protect);
// If the thread's call is one to a pager: undoes it, the fault will come again.
bool pager_retract(struct thread *thread);
// The thread ends: frees what is kept for it.
void pager_forget(struct thread *thread);
