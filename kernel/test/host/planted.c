// SPDX-License-Identifier: Apache-2.0
// Planted mistakes for system_test's twins: a caller taken off a queue forgets its references; a
// thread that ends keeps what it had for calling pagers, stays its endpoint's server, or keeps the
// signal it was bound to; what a dead caller lent stays; no hart is woken. The linker puts one of
// them in the place of the real function.
#include "ipc/endpoint.h"
#include "ipc/signal.h"
#include "trap/pager.h"

void __wrap_endpoint_unqueue_caller(struct thread *thread);
void __wrap_pager_forget(struct thread *thread);
void __wrap_endpoint_forget_server(struct thread *thread);
void __wrap_signal_unbind(struct thread *thread);
void __wrap_endpoint_lend(struct thread *server);
void __wrap_arch_hart_kick(const struct hart *hart);

void __wrap_endpoint_unqueue_caller(struct thread *thread)
{
    thread->endpoint = NULL;
    thread->badge = NULL;
}

void __wrap_pager_forget(struct thread *thread)
{
    thread->paging = NULL;
}

void __wrap_endpoint_forget_server(struct thread *thread)
{
    thread->home = NULL;
}

void __wrap_signal_unbind(struct thread *thread)
{
    thread->bound = NULL;
}

void __wrap_endpoint_lend(struct thread *server)
{
}

void __wrap_arch_hart_kick(const struct hart *hart)
{
}
