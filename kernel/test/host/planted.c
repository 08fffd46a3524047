// SPDX-License-Identifier: Apache-2.0
// A planted mistake for system_test's twin: a caller taken off a queue forgets its references. The
// linker puts this in the place of the real function.
#include "ipc/endpoint.h"

void __wrap_endpoint_unqueue_caller(struct thread *thread);

void __wrap_endpoint_unqueue_caller(struct thread *thread)
{
    thread->endpoint = NULL;
    thread->badge = NULL;
}
