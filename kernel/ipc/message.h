// SPDX-License-Identifier: Apache-2.0
// Moving a message from one thread to another: words from frame to frame, or bytes from page to
// page with handles moved from table to table. Everything is checked before anything moves.
#pragma once

#include "sched/thread.h"

// Checks a message that `sender` describes with `info`: bounds, and that each handle may be
// transferred. ERR_INVALID, ERR_TOO_LARGE, ERR_BAD_HANDLE, ERR_DENIED.
status_t message_check(struct thread *sender, uint64_t info);
// Moves it. The message is checked again, since a queued one may have changed. `sender` and
// `receiver` differ. The errors of message_check, and ERR_FULL or ERR_NO_MEMORY when the receiver
// has no room for handles: nothing moved.
status_t message_move(struct thread *sender, struct thread *receiver, uint64_t info);
// Closes the handles of a message whose receiver is gone.
void message_drop(struct thread *sender, uint64_t info);
