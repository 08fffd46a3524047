// SPDX-License-Identifier: Apache-2.0
// Between the fuzzers (fuzzer.c), which make nonsense of every system call and look at what comes
// back, and init (fuzz.c), which starts them, replaces those that ended, and sums up.
#pragma once

#include "check.h"

#define FUZZERS 4u
#define SHARED  0x68000000ull // a fuzzer's struct progress, there and, one page each, in init

// Of every word that a fuzzer sends.
#define TAG          0x5eed0000ull
#define TAG_WORD     (TAG << 32)
#define TAG_OF(word) ((word) >> 32)

enum wrong {
    WRONG_NOTHING,
    WRONG_RESULT,   // a0 is nothing this call may answer
    WRONG_REGISTER, // a register that is no result changed, or one to be cleared was not
    WRONG_VALUE,    // a result that is none: no sender's word, no range that it can have
    WRONG_PAGE,     // the message page changed beyond the results
    WRONG_BYTES,    // bytes in it that no sender sent
    WRONG_MEMORY,   // new memory holds something
};

// What a fuzzer did in this life, and the first wrong thing it saw.
struct progress {
    uint64_t seed, life; // from init: the calls it may make
    uint64_t calls;
    uint64_t succeeded[SYSCALL_COUNT_MAX];
    uint64_t wrong_count;
    uint64_t wrong; // enum wrong
    uint64_t number, place, expected, found;
};

// A life: ends by itself, by its own nonsense, or by that of another.
void fuzzer(void);
// Answers whoever calls it, for ever.
void fuzzer_echo(void);

// nonsense.c: what a fuzzer asks for. Handles it was given, or made, are held there.
void nonsense_begin(uint64_t seed);
uint64_t nonsense_number(bool serving); // serving: a caller waits for our answer
uint64_t nonsense_argument(void);
handle_t nonsense_handle(void);
// Leans on the arguments, which are chance so far; a3 to a5 are words of calls that send some.
void nonsense_shape(uint64_t number, uint64_t a[6]);
void nonsense_hold(handle_t handle);
void nonsense_made(uint64_t number, handle_t handle);
void nonsense_let_go(handle_t handle);
void nonsense_used(uint64_t number);
bool nonsense_is_many(void);
