// SPDX-License-Identifier: Apache-2.0
// The trace ring: what is written where, that names stay with what they name, and what is refused.
#include "fake.h"

#include "cap/budget.h"
#include "mem/memory.h"
#include "sched/process.h"
#include "sched/trace.h"

#include "base/test.h"

#define CAPACITY (2 * PAGE_SIZE / 32 - 1)

static struct memory *memory;
static struct process *process;
static struct thread thread, other;

static void setup(void)
{
    fake_start();
    harts[0].lock = 1;
    CHECK_EQ(memory_create(&budget_root, 2 * PAGE_SIZE, MEMORY_CONTIGUOUS, NULL, &memory), OK);
    CHECK_EQ(process_create(NULL, &budget_root, (const uint64_t[3]){0x65726f7473, 0, 0}, &process),
             OK);
    thread = (struct thread){.process = process, .id = 70};
    other = (struct thread){.process = process, .id = 71};
}

static struct trace_header *header(void)
{
    return physical_pointer(memory->base);
}

static struct trace_record *record(uint64_t number)
{
    return (struct trace_record *)(header() + 1) + number % CAPACITY;
}

static void only_contiguous_memory_is_written_to(void)
{
    struct memory *pages;
    setup();
    CHECK_EQ(memory_create(&budget_root, 2 * PAGE_SIZE, 0, NULL, &pages), OK);
    CHECK_EQ(trace_set(pages), ERR_INVALID);
    struct memory *small;
    CHECK_EQ(memory_create(&budget_root, PAGE_SIZE, MEMORY_CONTIGUOUS, NULL, &small), OK);
    CHECK_EQ(trace_set(small), ERR_INVALID);
    CHECK(!trace_is_on());
    trace(TRACE_STOP, &thread, NULL, 0); // off: nothing, nowhere
}

static void records_come_in_order_with_their_name_first(void)
{
    setup();
    uint32_t references = memory->object.references;
    CHECK_EQ(trace_set(memory), OK);
    CHECK(trace_is_on());
    CHECK_EQ(memory->object.references, references + 1);
    CHECK_EQ(header()->magic, TRACE_MAGIC);
    CHECK_EQ(header()->capacity, CAPACITY);
    fake_ticks = 5000;
    trace(TRACE_CALL, &thread, &other, 0x1234);
    fake_ticks = 5001;
    trace_write_run(&other, process);
    CHECK_EQ(header()->written, 3);
    CHECK_EQ(record(0)->kind, TRACE_NAME);
    CHECK_EQ(record(0)->process, process->id);
    CHECK_EQ(record(0)->thread, 0x726f7473); // "stor"
    CHECK_EQ(record(0)->other, 0x65);
    CHECK_EQ(record(1)->kind, TRACE_CALL);
    CHECK_EQ(record(1)->ticks, 5000);
    CHECK_EQ(record(1)->thread, 70);
    CHECK_EQ(record(1)->other, 71);
    CHECK_EQ(record(1)->argument, 0x1234);
    CHECK_EQ(record(2)->kind, TRACE_RUN);
    CHECK_EQ(record(2)->other, process->id);
    CHECK_EQ(trace_set(NULL), OK);
    CHECK(!trace_is_on());
    CHECK_EQ(memory->object.references, references);
    trace(TRACE_CALL, &thread, &other, 0);
    CHECK_EQ(header()->written, 3);
}

static void the_newest_stand_over_the_oldest_and_stay_named(void)
{
    setup();
    trace_set(memory);
    uint64_t guard = CAPACITY + 1;
    for (uint64_t i = 0; i < 5 * CAPACITY; i++) {
        trace(TRACE_STOP, &thread, NULL, i);
        uint64_t written = header()->written, named = written;
        while (named > 0 && record(named - 1)->kind != TRACE_NAME)
            named--;
        CHECK(named > 0 && written - named <= CAPACITY / 2 + 1);
        guard = written;
    }
    CHECK_EQ(record(guard - 1)->argument, 5 * CAPACITY - 1);
    trace_set(NULL);
}

static void what_the_reader_writes_changes_nothing(void)
{
    setup();
    trace_set(memory);
    *header() = (struct trace_header){.written = UINT64_MAX, .capacity = UINT32_MAX};
    for (uint32_t i = 0; i < 2 * CAPACITY; i++)
        trace(TRACE_IDLE, NULL, NULL, i);
    CHECK_EQ(header()->written, 2 * CAPACITY);
    CHECK_EQ(record(2 * CAPACITY - 1)->argument, 2 * CAPACITY - 1);
    trace_set(NULL);
}

TEST_MAIN(TEST(only_contiguous_memory_is_written_to),
          TEST(records_come_in_order_with_their_name_first),
          TEST(the_newest_stand_over_the_oldest_and_stay_named),
          TEST(what_the_reader_writes_changes_nothing))
