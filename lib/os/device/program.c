// SPDX-License-Identifier: Apache-2.0
// Putting a checked program into a new process. What is written there (data, the start block) is
// written through a mapping of our own that is gone before the process runs.
#include "os/program.h"

#include "base/math.h"
#include "os/handle.h"
#include "os/memory.h"
#include "os/process.h"
#include "os/syscall.h"

#include <string.h>

// Creates a memory with `size` bytes copied to its front and maps it into the process.
static status_t place_copy(const struct os_program_load *load, const void *bytes, uint64_t size,
                           const struct os_mapping *mapping)
{
    struct os_result created = OS_SYSCALL(memory_create, mapping->size_bytes, 0, load->budget);
    if (created.value < 0)
        return (status_t)created.value;
    handle_t memory = (handle_t)created.value;
    void *address;
    status_t status = OK;
    if (size > 0) {
        status =
            os_memory_map(memory, 0, mapping->size_bytes, PROTECT_READ | PROTECT_WRITE, &address);
        if (status == OK) {
            memcpy(address, bytes, size);
            status = os_memory_unmap(address, mapping->size_bytes);
        }
    }
    if (status == OK)
        status = os_process_map(load->process, memory, mapping);
    os_handle_close(memory);
    return status;
}

// Pages straight from the bundle.
static status_t place_shared(const struct os_program_load *load, const struct os_mapping *whole)
{
    uint64_t lead = load->patch_address - whole->address;
    if (load->patch_offset == 0 || lead >= whole->size_bytes)
        return os_process_map(load->process, load->bundle->memory, whole);
    struct os_mapping parts[] = {*whole, *whole, *whole}; // before, the page, behind
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

static status_t place_segment(const struct os_program_load *load,
                              const struct program_segment *segment)
{
    struct os_mapping mapping = {.address = segment->address,
                                 .size_bytes = align_up(segment->memory_bytes, PAGE_SIZE),
                                 .protect = segment->protect};
    if ((segment->protect & PROTECT_WRITE) || segment->file_bytes == 0)
        return place_copy(load, load->bundle->bytes + segment->offset, segment->file_bytes,
                          &mapping);
    mapping.offset = segment->offset;
    mapping.size_bytes = align_up(segment->file_bytes, PAGE_SIZE);
    return place_shared(load, &mapping);
}

status_t os_program_load(const struct os_program_load *load)
{
    const struct program_header *program = load->program;
    for (uint32_t i = 0; i < program->segment_count; i++) {
        status_t status = place_segment(load, &program->segments[i]);
        if (status < 0)
            return status;
    }
    struct os_mapping stack = {.address = PROGRAM_STACK_TOP - program->stack_bytes,
                               .size_bytes = program->stack_bytes,
                               .protect = PROTECT_READ | PROTECT_WRITE};
    status_t status = place_copy(load, NULL, 0, &stack);
    struct os_mapping page = {.address = PROGRAM_MESSAGE_PAGE,
                              .size_bytes = PAGE_SIZE,
                              .protect = PROTECT_READ | PROTECT_WRITE};
    return status < 0 ? status : place_copy(load, load->start, sizeof *load->start, &page);
}
