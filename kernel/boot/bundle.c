// SPDX-License-Identifier: Apache-2.0
// Checks of the bundle's first program.
#include "boot/bundle.h"

#include "abi/syscall.h"

#include <stdbool.h>

#define STACK_BYTES_MAX (1u << 20)

static bool range_inside(uint64_t offset, uint64_t size, uint64_t limit)
{
    return offset <= limit && size <= limit - offset;
}

static bool segment_valid(const struct program_segment *segment, uint64_t bundle_bytes)
{
    uint64_t memory = segment->memory_bytes;
    if (segment->address % PAGE_SIZE != 0 || segment->offset % PAGE_SIZE != 0 || memory == 0 ||
        segment->file_bytes > memory || memory > USER_END)
        return false;
    if (segment->address < USER_BASE || !range_inside(segment->address, memory, USER_END))
        return false;
    if (segment->file_bytes > 0 &&
        !range_inside(segment->offset, segment->file_bytes, bundle_bytes))
        return false;
    bool writable = segment->protect & PROTECT_WRITE;
    // What is mapped from the bundle itself cannot have zeroes after its bytes, except in its last
    // page.
    if (!writable &&
        (segment->file_bytes + PAGE_SIZE - 1) / PAGE_SIZE != (memory + PAGE_SIZE - 1) / PAGE_SIZE)
        return false;
    return segment->protect != 0 && !(writable && (segment->protect & PROTECT_EXECUTE));
}

status_t bundle_first_program(const uint8_t *bytes, size_t size,
                              const struct program_header **out_program)
{
    const struct bundle_header *header = (const struct bundle_header *)(const void *)bytes;
    if (size < sizeof *header + sizeof(struct bundle_entry) || header->magic != BUNDLE_MAGIC ||
        header->size_bytes > size || header->entry_count == 0 ||
        header->entry_count > BUNDLE_ENTRIES_MAX)
        return ERR_CORRUPT;
    uint64_t bundle_bytes = header->size_bytes;
    const struct bundle_entry *entry = (const struct bundle_entry *)(const void *)(header + 1);
    if (entry->kind != BUNDLE_PROGRAM || entry->offset % PAGE_SIZE != 0 ||
        !range_inside(entry->offset, sizeof(struct program_header), bundle_bytes))
        return ERR_CORRUPT;
    const struct program_header *program =
        (const struct program_header *)(const void *)(bytes + entry->offset);
    if (program->magic != PROGRAM_MAGIC || program->segment_count == 0 ||
        program->segment_count > PROGRAM_SEGMENTS_MAX || program->stack_bytes == 0 ||
        program->stack_bytes > STACK_BYTES_MAX || program->stack_bytes % PAGE_SIZE != 0)
        return ERR_CORRUPT;
    bool entered = false;
    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct program_segment *segment = &program->segments[i];
        if (!segment_valid(segment, bundle_bytes))
            return ERR_CORRUPT;
        entered = entered ||
                  ((segment->protect & PROTECT_EXECUTE) && program->entry >= segment->address &&
                   program->entry - segment->address < segment->memory_bytes);
    }
    if (!entered || program->relocation_offset % sizeof(uint64_t) != 0 ||
        program->relocation_count > bundle_bytes / sizeof(uint32_t) ||
        !range_inside(program->relocation_offset, program->relocation_count * sizeof(uint32_t),
                      bundle_bytes))
        return ERR_CORRUPT;
    *out_program = program;
    return OK;
}
