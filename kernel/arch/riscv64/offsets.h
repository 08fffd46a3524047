// SPDX-License-Identifier: Apache-2.0
// Offsets and numbers that assembly shares with C; checked in trap.c.
#pragma once

#define FRAME_RA        0
#define FRAME_SP        8
#define FRAME_GP        16
#define FRAME_TP        24
#define FRAME_SAVED     32  // s0-s11
#define FRAME_ARGUMENT  128 // a0-a2
#define FRAME_WORDS     152 // a3-a6 t0-t3
#define FRAME_NUMBER    216 // a7
#define FRAME_TEMPORARY 224 // t4-t6
#define FRAME_PC        248
#define FRAME_STATUS    256
#define THREAD_STACK    264
#define THREAD_HART     272
#define HART_STACK      64
#define HART_PROBE      72
#define STACK_BYTES     16384
