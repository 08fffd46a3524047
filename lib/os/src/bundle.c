// SPDX-License-Identifier: Apache-2.0
// Checks of the boot bundle. The kernel and init believe what these accept, so every offset, size
// and flag is looked at before anything is mapped; a damaged bundle is ERR_CORRUPT. Plain bytes:
// tested and fuzzed on the host.
#include "os/program.h"

#include "abi/syscall.h"
#include "base/math.h"

#include <stdbool.h>
#include <string.h>

static const struct bundle_header *header_of(const struct os_bundle *bundle)
{
    return (const struct bundle_header *)(const void *)bundle->bytes;
}

static const struct bundle_entry *entries_of(const struct os_bundle *bundle)
{
    return (const struct bundle_entry *)(const void *)(bundle->bytes +
                                                       sizeof(struct bundle_header));
}

static bool lies_within(uint64_t offset, uint64_t size_bytes, uint64_t limit)
{
    return offset <= limit && size_bytes <= limit - offset;
}

static bool entry_is_good(const struct bundle_entry *entry, uint64_t bundle_bytes)
{
    return memchr(entry->name, 0, sizeof entry->name) != NULL && entry->name[0] != '\0' &&
           entry->kind >= BUNDLE_PROGRAM && entry->kind <= BUNDLE_PLAN &&
           entry->offset % PAGE_SIZE == 0 &&
           lies_within(entry->offset, entry->size_bytes, bundle_bytes);
}

status_t os_bundle_check(const struct os_bundle *bundle)
{
    if (bundle->size_bytes < sizeof(struct bundle_header))
        return ERR_CORRUPT;
    const struct bundle_header *header = header_of(bundle);
    if (header->magic != BUNDLE_MAGIC || header->size_bytes > bundle->size_bytes ||
        header->entry_count > BUNDLE_ENTRIES_MAX ||
        !lies_within(sizeof *header, header->entry_count * sizeof(struct bundle_entry),
                     header->size_bytes))
        return ERR_CORRUPT;
    for (uint32_t i = 0; i < header->entry_count; i++)
        if (!entry_is_good(&entries_of(bundle)[i], header->size_bytes))
            return ERR_CORRUPT;
    return OK;
}

const struct bundle_entry *os_bundle_find(const struct os_bundle *bundle, const char *name,
                                          uint32_t kind)
{
    for (uint32_t i = 0; i < header_of(bundle)->entry_count; i++) {
        const struct bundle_entry *entry = &entries_of(bundle)[i];
        if (entry->kind == kind && strcmp(entry->name, name) == 0)
            return entry;
    }
    return NULL;
}

static uint64_t pages_of(const struct program_segment *segment)
{
    return align_up(segment->memory_bytes, PAGE_SIZE);
}

static bool segment_is_good(const struct program_segment *segment, uint64_t bundle_bytes)
{
    uint32_t both = PROTECT_WRITE | PROTECT_EXECUTE;
    return segment->address % PAGE_SIZE == 0 && segment->address >= USER_BASE &&
           segment->memory_bytes > 0 && segment->memory_bytes < PROGRAM_SEGMENTS_END &&
           lies_within(segment->address, pages_of(segment), PROGRAM_SEGMENTS_END) &&
           segment->file_bytes <= segment->memory_bytes && segment->offset % PAGE_SIZE == 0 &&
           lies_within(segment->offset, align_up(segment->file_bytes, PAGE_SIZE), bundle_bytes) &&
           (segment->protect & both) != both && (segment->protect & PROTECT_READ) != 0 &&
           segment->protect <= (both | PROTECT_READ);
}

static bool segments_overlap(const struct program_segment *a, const struct program_segment *b)
{
    return a->address < b->address + pages_of(b) && b->address < a->address + pages_of(a);
}

// Aligned words of segments that are not executed.
static bool relocations_are_good(const struct os_bundle *bundle,
                                 const struct program_header *program)
{
    uint64_t count = program->relocation_count, offset = program->relocation_offset;
    if (offset == 0)
        return count == 0;
    if (count > PROGRAM_RELOCATIONS || offset % sizeof(uint64_t) != 0 ||
        !lies_within(offset, count * sizeof(uint32_t), header_of(bundle)->size_bytes))
        return false;
    const uint32_t *places = (const uint32_t *)(const void *)(bundle->bytes + offset);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = program->segments[0].address + places[i];
        bool found = false;
        for (uint32_t k = 0; k < program->segment_count && !found; k++) {
            const struct program_segment *segment = &program->segments[k];
            found = !(segment->protect & PROTECT_EXECUTE) && at >= segment->address &&
                    at - segment->address + sizeof(uint64_t) <= segment->file_bytes;
        }
        if (!found || at % sizeof(uint64_t) != 0 || (i > 0 && places[i] <= places[i - 1]))
            return false;
    }
    return true;
}

struct layout os_program_layout(const struct program_header *program, uint64_t number)
{
    struct layout layout = layout_choose(number, program->stack_bytes);
    layout.slide = program->relocation_offset != 0 ? layout.slide : 0;
    return layout;
}

status_t os_bundle_program(const struct os_bundle *bundle, const struct bundle_entry *entry,
                           const struct program_header **out_program)
{
    const struct program_header *program =
        (const struct program_header *)(const void *)(bundle->bytes + entry->offset);
    if (entry->size_bytes < sizeof *program || program->magic != PROGRAM_MAGIC ||
        program->segment_count == 0 || program->segment_count > PROGRAM_SEGMENTS_MAX ||
        program->stack_bytes == 0 || program->stack_bytes > PROGRAM_STACK_MAX ||
        program->stack_bytes % PAGE_SIZE != 0)
        return ERR_CORRUPT;
    bool entry_found = false;
    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct program_segment *segment = &program->segments[i];
        if (!segment_is_good(segment, header_of(bundle)->size_bytes))
            return ERR_CORRUPT;
        for (uint32_t k = 0; k < i; k++)
            if (segments_overlap(segment, &program->segments[k]) ||
                segment->address < program->segments[k].address)
                return ERR_CORRUPT;
        if ((segment->protect & PROTECT_EXECUTE) && program->entry >= segment->address &&
            program->entry - segment->address < segment->memory_bytes)
            entry_found = true;
    }
    if (!entry_found || !relocations_are_good(bundle, program))
        return ERR_CORRUPT;
    *out_program = program;
    return OK;
}
