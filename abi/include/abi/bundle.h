// SPDX-License-Identifier: Apache-2.0
// The boot bundle: one file with every program, the plan and the fonts, made by tools/image and
// given to the kernel as the initrd. Written by one host, read by the kernel (only to start init)
// and by init: nothing here is ELF, so neither parses one. All integers little endian, all offsets
// from the start of the bundle, every file page aligned.
//
//     header | entry × entry_count | … file, page aligned | file | …
//
// A program file starts with its own header and segment table; each segment's bytes are page
// aligned, so text and read-only data are mapped straight from the bundle. docs/protocols/bundle.md
// has the bytes.
#pragma once

#include "abi/types.h"

#define BUNDLE_MAGIC       0x31444e4255534e58ull // "XNSUBND1"
#define BUNDLE_ENTRIES_MAX 128u
#define BUNDLE_NAME_MAX    32u

enum bundle_kind {
    BUNDLE_PROGRAM = 1, // struct program_header at its offset
    BUNDLE_DATA = 2,    // bytes as they are: fonts, test data
    BUNDLE_PLAN = 3,    // forms and manifests, compiled: abi/plan.h
};

struct bundle_header {
    uint64_t magic;
    uint64_t size_bytes; // of the whole bundle
    uint32_t entry_count;
    uint32_t reserved;
    uint8_t sha256[32]; // of everything after this header
    uint8_t zero[8];
};
_Static_assert(sizeof(struct bundle_header) == 64, "no padding");

struct bundle_entry {
    char name[BUNDLE_NAME_MAX]; // NUL-terminated; entry 0 is "init"
    uint32_t kind;              // enum bundle_kind
    uint32_t reserved;
    uint64_t offset; // page aligned
    uint64_t size_bytes;
    uint64_t zero;
};
_Static_assert(sizeof(struct bundle_entry) == 64, "no padding");

#define PROGRAM_MAGIC        0x474f5250u // "PROG"
#define PROGRAM_SEGMENTS_MAX 6u

struct program_segment {
    uint64_t address; // user address, page aligned
    uint64_t offset;  // of its bytes in the bundle, page aligned; unused when file_bytes is 0
    uint64_t file_bytes;
    uint64_t memory_bytes; // ≥ file_bytes; the rest is zero
    uint32_t protect;      // PROTECT_*; writable segments are copied, others mapped from the bundle
    uint32_t reserved;
};
_Static_assert(sizeof(struct program_segment) == 40, "no padding");

struct program_header {
    uint32_t magic;
    uint32_t segment_count;
    uint64_t entry;
    uint64_t stack_bytes; // for the first thread; a guard page lies below it
    struct program_segment segments[PROGRAM_SEGMENTS_MAX];
    // For a program that may stand anywhere: where in the bundle the table of its absolute
    // addresses is, u32 each, the place of an aligned word that holds one, counted from the lowest
    // segment's address. None is in an executable segment. 0: it stands where it was linked.
    uint64_t relocation_offset;
    uint64_t relocation_count;
};
_Static_assert(sizeof(struct program_header) == 24 + 6 * 40 + 16, "no padding");
