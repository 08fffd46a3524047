// SPDX-License-Identifier: Apache-2.0
// Offsets and numbers that assembly shares with C; checked in offsets.c.
#pragma once

#define FRAME_RA             0
#define FRAME_SP             8
#define FRAME_GP             16
#define FRAME_TP             24
#define FRAME_SAVED          32  // s0-s11
#define FRAME_ARGUMENT       128 // a0-a2
#define FRAME_WORDS          152 // a3-a6 t0-t3
#define FRAME_NUMBER         216 // a7
#define FRAME_TEMPORARY      224 // t4-t6
#define FRAME_PC             248
#define FRAME_STATUS         256
#define THREAD_HART          264
#define THREAD_PROCESS       288
#define THREAD_STATE         296
#define THREAD_PRIORITY      297
#define THREAD_OWN_PRIORITY  298
#define THREAD_DEADLINE_HEAP 376
#define THREAD_SERVING       448
#define THREAD_SERVER        456
#define THREAD_BOUND         472
#define THREAD_FLOAT         504
#define THREAD_FLOAT_CONTROL 760
#define THREAD_FLOAT_HART    768
#define HART_PENDING         8
#define HART_CURRENT         16
#define HART_SPACE           24
#define HART_BIT             72
#define HART_NUMBER          88
#define HART_STACK           96
#define HART_PROBE           104
#define HART_FLOAT_OWNER     112
#define HART_BYTES           640
#define PROCESS_HANDLES      24
#define PROCESS_SPACE        96
#define SPACE_SATP           16
#define SPACE_HARTS          24
#define ENTRY_OBJECT         0
#define ENTRY_BADGE          8
#define ENTRY_VALUE          16
#define ENTRY_RIGHTS         20
#define ENTRY_SHIFT          6
#define HANDLE_CHUNK_SHIFT   6
#define BADGE_VALUE          8
#define ENDPOINT_CALLERS     24
#define ENDPOINT_CLOSED      56
#define ENDPOINT_SERVER      72
#define SIGNAL_BITS          16
#define CLOCK_BOOT_TICKS     0
#define CLOCK_NS_PER_TICK    8

#define HART_ARRAY           64
#define STACK_BYTES          16384
#define STATE_CALLING        2
#define STATE_RECEIVING      3
#define CALL_NUMBER          0
#define REPLY_RECEIVE_NUMBER 1
#define CLOCK_NUMBER         48
#define CALL_RIGHT           8
#define RECEIVE_RIGHT        16
#define REGISTER_BYTES       64
#define FRACTION_BITS        48
#define TRAP_USER_CALL       8
#define FLOAT_MASK           0x6000
#define FLOAT_CLEAN          0x4000
