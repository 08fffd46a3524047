// SPDX-License-Identifier: Apache-2.0
// Calls to pagers. What one needs is taken at a thread's first such fault and kept for its life.
#include "trap/pager.h"

#include "abi/syscall.h"
#include "boot/log.h"
#include "cap/budget.h"
#include "cap/handle.h"
#include "ipc/endpoint.h"
#include "ipc/message.h"
#include "sched/process.h"

#define KEPT_WORDS ((offsetof(struct frame, status) - offsetof(struct frame, argument)) / 8)

_Static_assert(KEPT_WORDS % 8 == 0, "words_copy");

struct paging {
    struct memory *memory; // counted, asked for page `index`; NULL: no call under way
    uint32_t index;
    uint32_t protect;
    uint64_t cause, address;
    uint64_t kept[KEPT_WORDS];        // frame.argument to frame.pc: what a call changes
    struct message_page *message;     // the kernel's, for the answer
    struct message_page *own_message; // the thread's
};

static struct slab paging_slab = SLAB_INIT(sizeof(struct paging));

static struct paging *paging_create(struct budget *budget)
{
    struct paging *paging = budget_allocate(budget, &paging_slab);
    if (paging == NULL)
        return NULL;
    paging->message = budget_page_pointer(budget);
    if (paging->message != NULL)
        return paging;
    budget_free(budget, &paging_slab, paging);
    return NULL;
}

static uint64_t *call_registers(struct thread *thread)
{
    return thread->frame.argument;
}

// Undoes what pager_ask put in the thread; the memory's reference goes.
static void paging_end(struct thread *thread)
{
    struct paging *paging = thread->paging;
    words_copy(call_registers(thread), paging->kept, KEPT_WORDS);
    thread->message = paging->own_message;
    object_release(&paging->memory->object);
    paging->memory = NULL;
}

status_t pager_ask(struct thread *thread, uint64_t cause, uint64_t address, uint32_t protect)
{
    if (thread->paging == NULL)
        thread->paging = paging_create(thread->process->object.budget);
    struct paging *paging = thread->paging;
    if (paging == NULL)
        return ERR_NO_MEMORY;
    paging->memory = space_memory(&thread->process->space, address, &paging->index);
    object_hold(&paging->memory->object);
    paging->cause = cause;
    paging->address = address;
    paging->protect = protect;
    words_copy(paging->kept, call_registers(thread), KEPT_WORDS);
    paging->own_message = thread->message;
    thread->message = paging->message;
    struct frame *frame = &thread->frame;
    frame->argument[1] = message_info(PAGER_FAULT, 2 * sizeof(uint64_t), 0);
    frame->argument[2] = DEADLINE_NEVER;
    frame->words[0] = (uint64_t)paging->index << PAGE_SHIFT;
    frame->words[1] = protect;
    for (uint32_t i = 2; i < MESSAGE_WORDS; i++)
        frame->words[i] = 0;
    frame->pc = PAGER_RETURN;
    status_t status = endpoint_call(thread, &paging->memory->pager);
    if (status != OK)
        paging_end(thread);
    return status;
}

// The answer's memory fills the page.
static status_t answer_use(struct thread *thread, uint64_t info)
{
    struct paging *paging = thread->paging;
    struct object *source;
    if (message_word(info) != (uint32_t)OK || message_handle_count(info) != 1)
        return ERR_FAULT;
    status_t status = handle_object(&thread->process->handles, paging->message->handles[0],
                                    OBJECT_MEMORY, RIGHT_READ, &source);
    if (status == OK)
        status = memory_supply(paging->memory, paging->index, memory_of(source));
    return status;
}

status_t pager_finish(struct thread *thread, uint64_t *out_cause, uint64_t *out_address,
                      uint32_t *out_protect)
{
    struct paging *paging = thread->paging;
    if (paging->memory == NULL)
        return ERR_FAULT; // it jumped there by itself
    *out_cause = paging->cause;
    *out_address = paging->address;
    *out_protect = paging->protect;
    uint64_t info = thread->frame.argument[1];
    status_t status = (status_t)thread->frame.argument[0];
    if (status == OK) {
        status = answer_use(thread, info);
        message_drop(thread, info);
    }
    if (status != OK)
        log_line("%s got no page from its pager: %d", thread->process->name, status);
    paging_end(thread);
    return status;
}

bool pager_retract(struct thread *thread)
{
    if (thread->paging == NULL || thread->paging->memory == NULL)
        return false;
    paging_end(thread);
    return true;
}

void pager_forget(struct thread *thread)
{
    struct paging *paging = thread->paging;
    if (paging == NULL)
        return;
    if (paging->memory != NULL)
        paging_end(thread);
    struct budget *budget = thread->process->object.budget;
    budget_page_pointer_free(budget, paging->message);
    budget_free(budget, &paging_slab, paging);
    thread->paging = NULL;
}
