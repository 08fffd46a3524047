// SPDX-License-Identifier: Apache-2.0
// Loading a program of the boot bundle (abi/bundle.h) into a new process, at a place of its own
// (base/layout.h): text and read-only data are mapped straight from the bundle but for the pages
// that hold addresses, those and writable segments are copied, a stack with unmapped pages around
// it and the message page with the start block are added. Used by init; the checks run on the host,
// too.
#pragma once

#include "abi/bundle.h"
#include "abi/message.h"
#include "base/layout.h"

#define PROGRAM_STACK_MAX    (16u << 20)
#define PROGRAM_SEGMENTS_END 0x800000000ull // as linked, so that it ends below LAYOUT_MAPS
#define PROGRAM_RELOCATIONS  (1u << 20)     // at most

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
// The program header at an entry, checked: segments page aligned, by address, inside user space and
// the bundle, not overlapping, never writable and executable; relocations ascending, aligned words
// of segments that are not executable. ERR_CORRUPT.
status_t os_bundle_program(const struct os_bundle *bundle, const struct bundle_entry *entry,
                           const struct program_header **out_program);
// Where a program stands, from a number that nobody guesses; one without relocations does not move.
struct layout os_program_layout(const struct program_header *program, uint64_t number);
// Fills a new process: segments, stack, message page holding `start`. Nothing runs yet:
// os_process_start does, with program->entry + slide, the stack's end and the message page. On an
// error close the process.
struct os_program_load {
    handle_t process, budget; // the budget pays for its pages
    const struct os_bundle *bundle;
    const struct program_header *program;
    const struct start_block *start;
    struct layout layout;
    // The page of its text at this address (as linked) comes from there in the bundle. 0: all is as
    // it should be.
    uint64_t patch_address, patch_offset;
};
status_t os_program_load(const struct os_program_load *load);
