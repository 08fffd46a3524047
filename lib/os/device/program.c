// SPDX-License-Identifier: Apache-2.0
// Putting a checked program into a new process. What is written there (data, the start block) is
// written through a mapping of our own that is gone before the process runs.
#include "os/program.h"

#include "base/math.h"
#include "os/handle.h"
#include "os/memory.h"
#include "os/process.h"
#include "os/syscall.h"

#include <stdbool.h>
#include <string.h>

// The table of a program's relocations, ascending, counted from its lowest address.
static const uint32_t *relocations(const struct os_program_load *load)
{
    return (const uint32_t *)(const void *)(load->bundle->bytes + load->program->relocation_offset);
}

// The number of the first relocation at `address` (as linked) or behind.
static uint64_t relocation_from(const struct os_program_load *load, uint64_t address)
{
    const uint32_t *places = relocations(load);
    uint64_t wanted = address - load->program->segments[0].address;
    uint64_t low = 0, high = load->program->relocation_count;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (places[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Adds the slide to the words among `bytes` that hold addresses; they are those of the program from
// `address` on (as linked).
static void relocate(const struct os_program_load *load, uint8_t *bytes, uint64_t address,
                     uint64_t size)
{
    const uint32_t *places = relocations(load);
    uint64_t first = address - load->program->segments[0].address;
    for (uint64_t i = relocation_from(load, address);
         i < load->program->relocation_count && places[i] - first < size; i++)
        *(uint64_t *)(void *)(bytes + (places[i] - first)) += load->layout.slide;
}

// Whether a page of the program (as linked) holds addresses.
static bool has_relocation(const struct os_program_load *load, uint64_t address)
{
    uint64_t index = relocation_from(load, address);
    return index < load->program->relocation_count &&
           relocations(load)[index] - (address - load->program->segments[0].address) < PAGE_SIZE;
}

// Creates a memory with `size` bytes of the program's at its front, relocated, and maps it into the
// process. The mapping's address is as linked.
static status_t place_copy(const struct os_program_load *load, const void *bytes, uint64_t size,
                           const struct os_mapping *linked)
{
    struct os_mapping mapping = *linked;
    struct os_result created = OS_SYSCALL(memory_create, mapping.size_bytes, 0, load->budget);
    if (created.value < 0)
        return (status_t)created.value;
    handle_t memory = (handle_t)created.value;
    void *address;
    status_t status = OK;
    if (size > 0) {
        status =
            os_memory_map(memory, 0, mapping.size_bytes, PROTECT_READ | PROTECT_WRITE, &address);
        if (status == OK) {
            memcpy(address, bytes, size);
            if (load->layout.slide != 0)
                relocate(load, address, mapping.address, size);
            status = os_memory_unmap(address, mapping.size_bytes);
        }
    }
    mapping.address += load->layout.slide;
    if (status == OK)
        status = os_process_map(load->process, memory, &mapping);
    os_handle_close(memory);
    return status;
}

// Pages straight from the bundle.
static status_t place_shared(const struct os_program_load *load, const struct os_mapping *linked)
{
    struct os_mapping whole = *linked;
    whole.address += load->layout.slide;
    uint64_t lead = load->patch_address - linked->address;
    if (load->patch_offset == 0 || lead >= whole.size_bytes)
        return os_process_map(load->process, load->bundle->memory, &whole);
    struct os_mapping parts[] = {whole, whole, whole}; // before, the page, behind
    parts[0].size_bytes = lead;
    parts[1].address += lead;
    parts[1].offset = load->patch_offset;
    parts[1].size_bytes = PAGE_SIZE;
    parts[2].address += lead + PAGE_SIZE;
    parts[2].offset += lead + PAGE_SIZE;
    parts[2].size_bytes -= lead + PAGE_SIZE;
    status_t status = OK;
    for (uint32_t i = 0; i < ARRAY_COUNT(parts) && status == OK; i++)
        if (parts[i].size_bytes > 0)
            status = os_process_map(load->process, load->bundle->memory, &parts[i]);
    return status;
}

// Read-only data: pages that hold addresses are copied, the runs between them are the bundle's.
static status_t place_mixed(const struct os_program_load *load,
                            const struct program_segment *segment)
{
    uint64_t end = align_up(segment->file_bytes, PAGE_SIZE), from = 0;
    status_t status = OK;
    while (from < end && status == OK) {
        bool copies = has_relocation(load, segment->address + from);
        uint64_t to = from + PAGE_SIZE;
        while (to < end && has_relocation(load, segment->address + to) == copies)
            to += PAGE_SIZE;
        struct os_mapping run = {.address = segment->address + from,
                                 .offset = segment->offset + from,
                                 .size_bytes = to - from,
                                 .protect = segment->protect};
        if (copies) {
            run.offset = 0;
            status =
                place_copy(load, load->bundle->bytes + segment->offset + from, to - from, &run);
        } else {
            status = place_shared(load, &run);
        }
        from = to;
    }
    return status;
}

static status_t place_segment(const struct os_program_load *load,
                              const struct program_segment *segment)
{
    struct os_mapping mapping = {.address = segment->address,
                                 .size_bytes = align_up(segment->memory_bytes, PAGE_SIZE),
                                 .protect = segment->protect};
    if ((segment->protect & PROTECT_WRITE) || segment->file_bytes == 0)
        return place_copy(load, load->bundle->bytes + segment->offset, segment->file_bytes,
                          &mapping);
    return place_mixed(load, segment);
}

// Memory at a place of its own, with `size` bytes of `bytes` at its front.
static status_t place_fresh(const struct os_program_load *load, const void *bytes, uint64_t size,
                            const struct os_mapping *mapping)
{
    struct os_program_load still = *load;
    still.layout.slide = 0;
    return place_copy(&still, bytes, size, mapping);
}

status_t os_program_load(const struct os_program_load *load)
{
    const struct program_header *program = load->program;
    for (uint32_t i = 0; i < program->segment_count; i++) {
        status_t status = place_segment(load, &program->segments[i]);
        if (status < 0)
            return status;
    }
    struct os_mapping stack = {.address = load->layout.stack_bottom,
                               .size_bytes = program->stack_bytes,
                               .protect = PROTECT_READ | PROTECT_WRITE};
    status_t status = place_fresh(load, NULL, 0, &stack);
    struct os_mapping page = {.address = load->layout.message_page,
                              .size_bytes = PAGE_SIZE,
                              .protect = PROTECT_READ | PROTECT_WRITE};
    return status < 0 ? status : place_fresh(load, load->start, sizeof *load->start, &page);
}
