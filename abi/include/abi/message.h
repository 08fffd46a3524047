// SPDX-License-Identifier: Apache-2.0
// A message between two processes, and the page it travels in.
//
// Every thread has one message page, written by the thread and by the kernel; it is the only user
// memory the kernel ever touches, so no system call takes a pointer. Up to 64 bytes without handles
// travel in registers; anything else is in the page. One word, the info, describes a message:
//
//      63    56 55     48 47      32 31                       0
//     +--------+---------+----------+--------------------------+
//     |   0    | handles |   size   |  operation or status     |
//     +--------+---------+----------+--------------------------+
//
// A request carries an operation number, a reply a status_t. With `handles` = 0 and `size` <= 64
// the bytes are in the eight message registers (little endian, in order) and the page is left
// alone. All eight travel as they are: what follows the bytes is the sender's to clear.
#pragma once

#include "abi/types.h"

#define MESSAGE_BYTES_MAX      4032u
#define MESSAGE_REGISTER_BYTES 64u
#define MESSAGE_WORDS          8u
#define MESSAGE_HANDLES_MAX    4u

struct message_page {
    uint8_t bytes[MESSAGE_BYTES_MAX];
    handle_t handles[MESSAGE_HANDLES_MAX]; // sent: moved out of the sender's table; received: new
                                           // entries
    uint8_t reserved[48];
};
_Static_assert(sizeof(struct message_page) == PAGE_SIZE, "one page");

static inline uint64_t message_info(uint32_t word, uint32_t size_bytes, uint32_t handle_count)
{
    return (uint64_t)(handle_count & 0xff) << 48 | (uint64_t)(size_bytes & 0xffff) << 32 | word;
}

static inline uint32_t message_word(uint64_t info)
{
    return (uint32_t)info;
}

static inline uint32_t message_size(uint64_t info)
{
    return (uint32_t)(info >> 32) & 0xffff;
}

static inline uint32_t message_handle_count(uint64_t info)
{
    return (uint32_t)(info >> 48) & 0xff;
}

// What a new program finds in the message page of its first thread: its named handles. Filled by
// whoever started it (the kernel for init, init for the rest); read before the first call that uses
// the page.
#define START_MAGIC       0x5453584eu // "NXST"
#define START_ENTRIES_MAX 96u
#define START_NAME_MAX    24u
#define START_ARGS_MAX    512u

struct start_entry {
    char name[START_NAME_MAX]; // NUL-terminated: "log", "stage", "irq", …
    handle_t handle;
    uint32_t value; // by name: the restart bit of a service, the size of a memory in pages, …
};

struct start_block {
    uint32_t magic;
    uint32_t entry_count;
    char arguments[START_ARGS_MAX]; // NUL-terminated words: for init the boot arguments
    struct start_entry entries[START_ENTRIES_MAX];
    uint8_t seed[32]; // random, for this instance alone: where its areas are, and for init what it
                      // makes others' from; guessable where the firmware gave none
};
_Static_assert(sizeof(struct start_entry) == 32, "no padding");
_Static_assert(sizeof(struct start_block) <= MESSAGE_BYTES_MAX, "fits the page");
