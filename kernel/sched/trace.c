// SPDX-License-Identifier: Apache-2.0
// Trace records. All of this runs under all harts' locks, so there is one ring and it is in order.
#include "sched/trace.h"

#include "arch/arch.h"
#include "boot/machine.h"
#include "mem/memory.h"
#include "sched/hart.h"
#include "sched/process.h"

#include "abi/syscall.h"

// The memory may be mapped by whoever reads it: nothing is read back from there.
static struct {
    struct memory *memory; // counted
    struct trace_header *header;
    struct trace_record *records;
    uint64_t written;
    uint32_t capacity, place;
    uint32_t round; // of tracing: names are told anew in each
} ring;

static void harts_tell(bool on)
{
    for (uint32_t i = 0; i < hart_count; i++) {
        harts[i].pending &= ~(1ull << PENDING_TRACE);
        harts[i].pending |= (uint64_t)on << PENDING_TRACE;
    }
}

status_t trace_set(struct memory *memory)
{
    if (memory != NULL && (memory->backing != MEMORY_RUN || memory->page_count < 2))
        return ERR_INVALID;
    if (memory != NULL)
        object_hold(&memory->object);
    if (ring.memory != NULL)
        object_release(&ring.memory->object);
    harts_tell(false);
    ring.memory = memory;
    if (memory == NULL)
        return OK;
    ring.header = physical_pointer(memory->base);
    ring.records = (struct trace_record *)(ring.header + 1);
    ring.capacity = memory->page_count * (PAGE_SIZE / sizeof(struct trace_record)) - 1;
    ring.place = 0;
    ring.written = 0;
    ring.round++;
    *ring.header = (struct trace_header){
        .magic = TRACE_MAGIC, .capacity = ring.capacity, .timebase_hz = machine.timebase_hz};
    harts_tell(true);
    return OK;
}

static void put(struct trace_record record)
{
    record.ticks = arch_ticks();
    record.hart = (uint8_t)hart_this()->index;
    ring.records[ring.place] = record;
    ring.place = ring.place + 1 < ring.capacity ? ring.place + 1 : 0;
    ring.header->written = ++ring.written;
}

// The name goes before a process's first record, and again before half the ring has gone by since:
// whatever stands in the newer half is named.
static uint32_t process_id(struct process *process)
{
    if (process == NULL)
        return 0;
    if (process->trace_round == ring.round &&
        ring.written - process->trace_named < ring.capacity / 2)
        return process->id;
    struct trace_record record = {.kind = TRACE_NAME, .process = process->id};
    char *to = (char *)&record.thread;
    for (uint32_t i = 0; i < 16; i++)
        to[i] = process->name[i];
    process->trace_round = ring.round;
    process->trace_named = ring.written;
    put(record);
    return process->id;
}

void trace_write(enum trace_kind kind, const struct thread *thread, const struct thread *other,
                 uint64_t argument)
{
    put((struct trace_record){.kind = (uint8_t)kind,
                              .process = process_id(thread != NULL ? thread->process : NULL),
                              .thread = thread != NULL ? thread->id : 0,
                              .other = other != NULL ? other->id : 0,
                              .argument = argument});
}

void trace_write_process(enum trace_kind kind, struct process *process, uint64_t argument)
{
    put((struct trace_record){
        .kind = (uint8_t)kind, .process = process_id(process), .argument = argument});
}

void trace_write_run(const struct thread *thread, struct process *payer)
{
    put((struct trace_record){.kind = TRACE_RUN,
                              .process = process_id(thread->process),
                              .thread = thread->id,
                              .other = process_id(payer)});
}
