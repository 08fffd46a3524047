// SPDX-License-Identifier: Apache-2.0
// Starts init. Text is mapped straight from the bundle, and so is read-only data of a program that
// stands where it was linked; all else is copied, and its addresses moved with it (base/layout.h).
#include "boot/first.h"

#include "arch/arch.h"
#include "boot/bundle.h"
#include "cap/budget.h"
#include "sched/process.h"
#include "sched/schedule.h"

#include "base/layout.h"
#include "base/math.h"

static struct object log_object = {.references = 1, .kind = OBJECT_LOG};
static struct object machine_object = {.references = 1, .kind = OBJECT_MACHINE};

static status_t map(struct process *process, struct memory *memory, const struct mapping *wanted)
{
    return space_map(&process->space, memory, NULL, wanted);
}

// Maps fresh zeroed memory; the caller gets the object to fill, which the mapping keeps alive.
static status_t map_fresh(struct process *process, const struct mapping *wanted,
                          struct memory **out_memory)
{
    status_t status = memory_create(&budget_root, wanted->size_bytes, 0, NULL, out_memory);
    if (status != OK)
        return status;
    status = map(process, *out_memory, wanted);
    object_release(&(*out_memory)->object);
    return status;
}

static status_t memory_fill(struct memory *memory, const uint8_t *bytes, uint64_t size)
{
    for (uint64_t at = 0; at < size; at += PAGE_SIZE) {
        paddr_t page = memory_page(memory, (uint32_t)(at >> PAGE_SHIFT));
        if (page == PADDR_NONE)
            return ERR_NO_MEMORY;
        uint8_t *target = physical_pointer(page);
        for (uint64_t i = 0; i < PAGE_SIZE && at + i < size; i++)
            target[i] = bytes[at + i];
    }
    return OK;
}

// A program being placed, and the memories its segments are copied to.
struct placing {
    struct process *process;
    struct memory *bundle;
    const uint8_t *bytes;
    const struct program_header *program;
    struct layout layout;
    struct memory *copies[PROGRAM_SEGMENTS_MAX]; // NULL: the bundle's own pages
};

static status_t segment_map(struct placing *placing, uint32_t index)
{
    const struct program_segment *segment = &placing->program->segments[index];
    struct mapping wanted = {
        .address = segment->address + placing->layout.slide,
        .size_bytes = align_up(segment->memory_bytes, PAGE_SIZE),
        .protect = segment->protect,
    };
    bool moves = placing->layout.slide != 0 && !(segment->protect & PROTECT_EXECUTE);
    if (!(segment->protect & PROTECT_WRITE) && !moves) {
        wanted.offset = segment->offset;
        return map(placing->process, placing->bundle, &wanted);
    }
    status_t status = map_fresh(placing->process, &wanted, &placing->copies[index]);
    return status == OK ? memory_fill(placing->copies[index], placing->bytes + segment->offset,
                                      segment->file_bytes)
                        : status;
}

// The word of a copied segment at `address` (as linked); NULL: there is none.
static uint64_t *word_at(const struct placing *placing, uint64_t address)
{
    for (uint32_t i = 0; i < placing->program->segment_count; i++) {
        const struct program_segment *segment = &placing->program->segments[i];
        uint64_t at = address - segment->address;
        if (placing->copies[i] == NULL || at >= segment->file_bytes || at % sizeof(uint64_t) != 0)
            continue;
        paddr_t page = memory_page_present(placing->copies[i], (uint32_t)(at >> PAGE_SHIFT));
        return page == PADDR_NONE ? NULL : (uint64_t *)physical_pointer(page + at % PAGE_SIZE);
    }
    return NULL;
}

static status_t addresses_move(const struct placing *placing)
{
    const struct program_header *program = placing->program;
    const uint32_t *places =
        (const uint32_t *)(const void *)(placing->bytes + program->relocation_offset);
    for (uint64_t i = 0; placing->layout.slide != 0 && i < program->relocation_count; i++) {
        uint64_t *word = word_at(placing, program->segments[0].address + places[i]);
        if (word == NULL)
            return ERR_CORRUPT;
        *word += placing->layout.slide;
    }
    return OK;
}

static void entry_add(struct start_block *block, const char *name, handle_t handle)
{
    struct start_entry *entry = &block->entries[block->entry_count++];
    for (uint32_t i = 0; name[i] != 0; i++)
        entry->name[i] = name[i];
    entry->handle = handle;
}

static status_t give(struct process *process, struct start_block *block, const char *name,
                     struct object *object, uint32_t rights)
{
    handle_t handle;
    status_t status = handle_insert(&process->handles, object, rights, &handle);
    if (status != OK)
        return status;
    object_hold(object);
    entry_add(block, name, handle);
    return OK;
}

static status_t handles_give(struct process *process, struct start_block *block,
                             const struct first_options *options, struct memory *bundle)
{
    struct memory *tree = memory_create_range(&budget_root, MEMORY_FIXED, options->device_tree,
                                              align_up(options->device_tree_bytes, PAGE_SIZE));
    if (tree == NULL)
        return ERR_NO_MEMORY;
    uint32_t moves = RIGHT_DUPLICATE | RIGHT_TRANSFER;
    const struct {
        const char *name;
        struct object *object;
        uint32_t rights;
    } rows[] = {
        {"machine", &machine_object, object_rights(OBJECT_MACHINE)},
        {"log", &log_object, object_rights(OBJECT_LOG)},
        {"bundle", &bundle->object, RIGHT_READ | RIGHT_EXECUTE | moves},
        {"devicetree", &tree->object, RIGHT_READ | moves},
        {"budget", &budget_root.object, object_rights(OBJECT_BUDGET)},
        {"self", &process->object, object_rights(OBJECT_PROCESS)},
    };
    block->magic = START_MAGIC;
    for (uint32_t i = 0; i < LAYOUT_SEED_BYTES; i++)
        block->seed[i] = options->seed[i];
    for (uint32_t i = 0; i < START_ARGS_MAX - 1 && options->arguments[i] != 0; i++)
        block->arguments[i] = options->arguments[i];
    status_t status = OK;
    for (uint32_t i = 0; i < ARRAY_COUNT(rows) && status == OK; i++)
        status = give(process, block, rows[i].name, rows[i].object, rows[i].rights);
    object_release(&tree->object);
    return status;
}

static status_t thread_start(const struct placing *placing)
{
    struct process *process = placing->process;
    const struct program_header *program = placing->program;
    const struct layout *layout = &placing->layout;
    struct memory *stack;
    struct mapping wanted = {
        .address = layout->stack_bottom,
        .size_bytes = program->stack_bytes,
        .protect = PROTECT_READ | PROTECT_WRITE,
    };
    status_t status = map_fresh(process, &wanted, &stack);
    if (status != OK)
        return status;
    struct thread *thread;
    struct thread_options options = {
        .process = process,
        .entry = program->entry + layout->slide,
        .stack_top = layout->stack_bottom + program->stack_bytes,
        .argument = layout->message_page,
        .message_address = layout->message_page,
        .priority = PRIORITY_COUNT - 1,
    };
    status = thread_create(&options, &thread);
    if (status != OK)
        return status;
    process_started(process, PRIORITY_COUNT - 1);
    schedule_ready(thread);
    object_release(&thread->object);
    return OK;
}

status_t first_process_start(const struct first_options *options)
{
    const uint8_t *bytes = physical_pointer(options->bundle);
    const struct program_header *program;
    status_t status = bundle_first_program(bytes, options->bundle_bytes, &program);
    if (status != OK)
        return status;
    budget_init();
    struct process *process;
    status = process_create(NULL, &budget_root, (const uint64_t[3]){0x74696e69, 0, 0},
                            &process); // "init"
    if (status != OK)
        return status;
    struct memory *bundle = memory_create_range(&budget_root, MEMORY_FIXED, options->bundle,
                                                align_up(options->bundle_bytes, PAGE_SIZE));
    if (bundle == NULL)
        return ERR_NO_MEMORY;
    struct placing placing = {
        .process = process,
        .bundle = bundle,
        .bytes = bytes,
        .program = program,
        .layout = layout_choose(layout_mix(~layout_number(options->seed)), program->stack_bytes),
    };
    if (program->relocation_offset == 0)
        placing.layout.slide = 0;
    for (uint32_t i = 0; i < program->segment_count && status == OK; i++)
        status = segment_map(&placing, i);
    if (status == OK)
        status = addresses_move(&placing);
    struct memory *message;
    struct mapping page = {.address = placing.layout.message_page,
                           .size_bytes = PAGE_SIZE,
                           .protect = PROTECT_READ | PROTECT_WRITE};
    if (status == OK)
        status = map_fresh(process, &page, &message);
    paddr_t block = status == OK ? memory_page(message, 0) : PADDR_NONE;
    if (block == PADDR_NONE)
        return status == OK ? ERR_NO_MEMORY : status;
    status = handles_give(process, physical_pointer(block), options, bundle);
    object_release(&bundle->object);
    if (status != OK)
        return status;
    process_init = process;
    return thread_start(&placing);
}
