// SPDX-License-Identifier: Apache-2.0
// Threads: creation, the end of a wait, the end of a life.
#include "sched/thread.h"

#include "arch/arch.h"
#include "cap/badge.h"
#include "cap/budget.h"
#include "ipc/endpoint.h"
#include "ipc/reply.h"
#include "ipc/signal.h"
#include "sched/clock.h"
#include "sched/process.h"
#include "sched/schedule.h"
#include "trap/pager.h"

#include "base/assert.h"

static struct slab thread_slab = SLAB_INIT(sizeof(struct thread));

static void thread_timeout(struct deadline *deadline)
{
    thread_wake(CONTAINER_OF(deadline, struct thread, deadline), ERR_TIMEOUT);
}

status_t thread_create(const struct thread_options *options, struct thread **out_thread)
{
    struct process *process = options->process;
    if (process->thread_count >= THREADS_MAX)
        return ERR_FULL;
    struct memory *memory;
    void *page;
    status_t status = space_pin(&process->space, options->message_address, &memory, &page);
    if (status != OK)
        return status;
    struct thread *thread = budget_allocate(process->object.budget, &thread_slab);
    if (thread == NULL)
        return ERR_NO_MEMORY;
    object_init(&thread->object, OBJECT_THREAD, process->object.budget);
    object_hold(&thread->object);
    static uint32_t threads;
    thread->id = ++threads;
    thread->process = process;
    object_hold(&process->object);
    thread->message = page;
    thread->message_memory = memory;
    object_hold(&memory->object);
    thread->priority = thread->own_priority = (uint8_t)options->priority;
    thread->deadline.expire = thread_timeout;
    list_init(&thread->link);
    list_init(&thread->lending);
    list_append(&process->threads, &thread->process_link);
    process->thread_count++;
    arch_frame_init(thread, options->entry, options->stack_top, options->argument,
                    options->message_address);
    *out_thread = thread;
    return OK;
}

void thread_destroy(struct object *object)
{
    struct thread *thread = thread_of(object);
    assert(thread->state == THREAD_ENDED);
    object_release(&thread->process->object);
    budget_free(thread->object.budget, &thread_slab, thread);
}

bool thread_wait_until(struct thread *thread, instant_ns_t deadline)
{
    if (deadline == DEADLINE_NEVER)
        return false;
    return schedule_deadline(&thread->deadline, clock_to_ticks(deadline));
}

// Takes a waiting thread out of its queue, or from who serves it: it is READY, in no queue.
static void thread_unwait(struct thread *thread)
{
    uint8_t waited = thread->state;
    thread->state = THREAD_READY;
    deadline_remove(&thread->deadline);
    list_remove(&thread->link);
    if (waited == THREAD_SENDING) {
        endpoint_unqueue_caller(thread);
    } else if (waited == THREAD_WAITING) {
        struct signal *signal = thread->waited;
        thread->waited = NULL;
        object_release(&signal->object);
    } else if (waited == THREAD_CALLING) {
        if (thread->server != NULL) {
            thread->server->serving = NULL;
            endpoint_lend(thread->server);
        } else if (thread->reply != NULL) {
            thread->reply->caller = NULL;
        }
        thread->server = NULL;
        thread->reply = NULL;
    }
}

void thread_wake(struct thread *thread, int64_t result)
{
    thread_unwait(thread);
    thread_result(thread, result);
    schedule_ready(thread);
}

void thread_retract(struct thread *thread)
{
    thread_unwait(thread);
    if (!pager_retract(thread))
        thread->frame.pc -= CALL_BYTES;
}

static void thread_halt(struct thread *thread)
{
    if (thread->state != THREAD_READY) {
        thread_unwait(thread);
    } else if (!thread_is_running(thread)) {
        schedule_unready(thread);
    } else if (thread->hart == hart_this()) {
        schedule_stop(thread);
    } else {
        // It enters the kernel soon, and is stopped there.
        arch_hart_kick(thread->hart);
    }
}

void thread_end(struct thread *thread)
{
    struct process *process = thread->process;
    assert(thread->state != THREAD_ENDED);
    thread_halt(thread);
    thread->state = THREAD_ENDED;
    if (thread->serving != NULL)
        thread_wake(thread->serving, ERR_PEER_DIED);
    if (thread->bound != NULL)
        signal_unbind(thread);
    endpoint_forget_server(thread);
    list_remove(&thread->lending);
    pager_forget(thread);
    arch_thread_forget(thread);
    list_remove(&thread->process_link);
    process->thread_count--;
    object_release(&thread->message_memory->object);
    thread->message = NULL;
    bool last = process->thread_count == 0;
    object_hold(&process->object);
    if (!thread_is_running(thread))
        object_release(&thread->object);
    if (last)
        process_end(process, 0, NULL);
    object_release(&process->object);
}
