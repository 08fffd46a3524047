// SPDX-License-Identifier: Apache-2.0
// A planted mistake: a call that has no result but its status leaves an address of the kernel's in
// a register.
#define call_signal_raise call_signal_raise_right
#include "trap/calls.h"
#include "trap/calls_message.c"
#undef call_signal_raise

int64_t call_signal_raise(struct thread *thread);

int64_t call_signal_raise(struct thread *thread)
{
    int64_t result = call_signal_raise_right(thread);
    thread->frame.words[MESSAGE_WORDS - 1] = (uintptr_t)thread;
    return result;
}
