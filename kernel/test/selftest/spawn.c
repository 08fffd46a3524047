// SPDX-License-Identifier: Apache-2.0
// Children: processes that run functions of this program, started the way init starts services.
#include "user.h"

#define BUNDLE_ADDRESS 0x40000000ull
#define BLOCK_ADDRESS  0x50000000ull
#define TEXT_ADDRESS   0x100000u
#define PAGES_UP(size) (((size) + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1))

extern void child_start_entry(void);

static const uint8_t *bundle;
static handle_t ended; // signal: children's ends

// A failure of the ground itself: the selftest cannot go on.
static void must(int64_t value, const char *what)
{
    if (value >= 0)
        return;
    print("selftest: cannot ");
    print(what);
    print(", error ");
    print_number((uint64_t)-value);
    print("\n");
    SYS1(process_exit, 1);
}

handle_t duplicate(handle_t handle, uint32_t rights, uint64_t badge)
{
    int64_t value = SYS3(handle_duplicate, handle, rights, badge).value;
    must(value, "duplicate a handle");
    return (handle_t)value;
}

static void bundle_map(void)
{
    if (bundle != NULL)
        return;
    handle_t handle = start_handle("bundle");
    uint64_t size = SYS1(memory_info, handle).a1;
    must(SYS(memory_map, HANDLE_NONE, handle, BUNDLE_ADDRESS, 0, size, PROTECT_READ).value,
         "map the bundle");
    bundle = (const uint8_t *)BUNDLE_ADDRESS;
    ended = (handle_t)SYS0(signal_create).value;
}

static handle_t paying; // for the child that is made; HANDLE_NONE: we do

// Fresh memory mapped in the child, and here, too, at `here` unless that is 0. Closes the handle.
static void fresh(handle_t process, uint64_t address, uint64_t size, uint64_t here)
{
    int64_t memory = SYS3(memory_create, size, 0, paying).value;
    must(memory, "create memory");
    must(SYS(memory_map, process, (handle_t)memory, address, 0, size, PROTECT_READ | PROTECT_WRITE)
             .value,
         "map memory in a child");
    if (here != 0)
        must(SYS(memory_map, HANDLE_NONE, (handle_t)memory, here, 0, size,
                 PROTECT_READ | PROTECT_WRITE)
                 .value,
             "map memory");
    SYS1(handle_close, (handle_t)memory);
}

static void segment_map(handle_t process, const struct program_segment *segment)
{
    uint64_t size = PAGES_UP(segment->memory_bytes);
    if (!(segment->protect & PROTECT_WRITE)) {
        must(SYS(memory_map, process, start_handle("bundle"), segment->address, segment->offset,
                 size, segment->protect)
                 .value,
             "map a segment");
        return;
    }
    fresh(process, segment->address, size, BLOCK_ADDRESS);
    for (uint64_t i = 0; i < segment->file_bytes; i++)
        ((uint8_t *)BLOCK_ADDRESS)[i] = bundle[segment->offset + i];
    must(SYS3(memory_unmap, HANDLE_NONE, BLOCK_ADDRESS, size).value, "unmap a segment");
}

struct child child_create(const char *name)
{
    return child_create_on(HANDLE_NONE, name);
}

struct child child_create_on(handle_t budget, const char *name)
{
    bundle_map();
    paying = budget;
    uint64_t words[3] = {0, 0, 0};
    for (uint32_t i = 0; name[i] != 0 && i < 23; i++)
        words[i / 8] |= (uint64_t)(uint8_t)name[i] << i % 8 * 8;
    int64_t process = SYS(process_create, words[0], words[1], words[2], paying).value;
    must(process, "create a process");
    const struct bundle_entry *entry =
        (const struct bundle_entry *)(bundle + sizeof(struct bundle_header));
    const struct program_header *program = (const struct program_header *)(bundle + entry->offset);
    for (uint32_t i = 0; i < program->segment_count; i++)
        segment_map((handle_t)process, &program->segments[i]);
    fresh((handle_t)process, STACK_TOP - STACK_SIZE, STACK_SIZE, 0);
    fresh((handle_t)process, MESSAGE_ADDRESS, PAGE_SIZE, BLOCK_ADDRESS);
    struct child child = {.process = (handle_t)process,
                          .block = (struct start_block *)BLOCK_ADDRESS};
    child.block->magic = START_MAGIC;
    child_give(&child, "log", duplicate(start_handle("log"), RIGHT_WRITE | RIGHT_TRANSFER, 0));
    return child;
}

static struct start_entry *entry_add(struct child *child, const char *name)
{
    struct start_entry *entry = &child->block->entries[child->block->entry_count++];
    for (uint32_t i = 0; name[i] != 0; i++)
        entry->name[i] = name[i];
    return entry;
}

void child_give(struct child *child, const char *name, handle_t handle)
{
    int64_t given = SYS2(handle_give, child->process, handle).value;
    must(given, "give a handle");
    entry_add(child, name)->handle = (handle_t)given;
}

void child_start(struct child *child, void (*entry)(void), uint32_t priority)
{
    entry_add(child, "entry")->value = (uint32_t)((uintptr_t)entry - TEXT_ADDRESS);
    must(SYS3(memory_unmap, HANDLE_NONE, BLOCK_ADDRESS, PAGE_SIZE).value, "unmap a start block");
    must(SYS(process_start, child->process, (uintptr_t)child_start_entry, STACK_TOP,
             MESSAGE_ADDRESS, priority, 0)
             .value,
         "start a child");
}

struct process_info child_wait(struct child *child)
{
    must(SYS3(process_watch, child->process, ended, 1).value, "watch a child");
    must(SYS3(signal_wait, ended, 1, now() + 5000 * MILLISECOND).value, "see a child end");
    must(SYS1(process_info, child->process).value, "inspect a child");
    struct process_info info = *(const struct process_info *)(const void *)message->bytes;
    SYS1(handle_close, child->process);
    return info;
}

void child_kill(struct child *child)
{
    SYS2(process_kill, child->process, 9);
    child_wait(child);
}
