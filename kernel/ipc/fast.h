// SPDX-License-Identifier: Apache-2.0
// The way most messages go: a call in registers to a server that waits, and the reply that finds
// nothing else to do. Both hand the hart over directly. They do exactly what endpoint_call and
// endpoint_receive do in those cases, and leave everything else to them.
#pragma once

#include "sched/thread.h"

// The thread to run, with the lock released; NULL: not such a case, nothing was changed.
struct thread *fast_call(struct thread *caller);
struct thread *fast_reply_receive(struct thread *server);
