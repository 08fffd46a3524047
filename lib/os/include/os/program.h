// SPDX-License-Identifier: Apache-2.0
// Loading a program of the boot bundle (abi/bundle.h) into a new process: text and read-only data
// are mapped straight from the bundle, writable segments are copied, a stack with an unmapped page
// below it and the message page with the start block are added. Used by init; the checks run on the
// host, too.
#pragma once

#include "abi/bundle.h"
#include "abi/message.h"

#define PROGRAM_STACK_TOP    0x3f00000000ull // grows down; the page below the stack is never mapped
#define PROGRAM_MESSAGE_PAGE 0x3f00010000ull
#define PROGRAM_STACK_MAX    (16u << 20)
#define PROGRAM_SEGMENTS_END 0x1000000000ull // above: shared memories, heap, stack

// The bundle as init sees it. Borrowed.
struct os_bundle {
    handle_t memory; // RIGHT_READ | RIGHT_EXECUTE | RIGHT_DUPLICATE
    const uint8_t *bytes;
    uint64_t size_bytes;
};

// Checks the header, every entry and that all lies inside. ERR_CORRUPT.
status_t os_bundle_check(const struct os_bundle *bundle);
// The entry of that name and kind, or NULL. Only after os_bundle_check.
const struct bundle_entry *os_bundle_find(const struct os_bundle *bundle, const char *name,
                                          uint32_t kind);
// The program header at an entry, checked: segments page aligned, inside user space and the bundle,
// not overlapping, never writable and executable. ERR_CORRUPT.
status_t os_bundle_program(const struct os_bundle *bundle, const struct bundle_entry *entry,
                           const struct program_header **out_program);
// Fills a new process: segments, stack, message page holding `start`. Nothing runs yet:
// os_process_start does, with program->entry, PROGRAM_STACK_TOP and PROGRAM_MESSAGE_PAGE. On an
// error close the process.
struct os_program_load {
    handle_t process, budget; // the budget pays for its pages
    const struct os_bundle *bundle;
    const struct program_header *program;
    const struct start_block *start;
    // The page of its read-only segments at this address comes from there in the bundle. 0: all is
    // as it should be.
    uint64_t patch_address, patch_offset;
};
status_t os_program_load(const struct os_program_load *load);
