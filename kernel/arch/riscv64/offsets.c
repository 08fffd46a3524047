// SPDX-License-Identifier: Apache-2.0
// Holds offsets.h against the structs and constants it repeats.
#include "offsets.h"

#include "cap/badge.h"
#include "cap/handle.h"
#include "csr.h"
#include "ipc/endpoint.h"
#include "ipc/signal.h"
#include "sched/clock.h"
#include "sched/hart.h"
#include "sched/process.h"

#define AT(name, type, member) _Static_assert(offsetof(struct type, member) == (name), #name)
#define IS(name, value)        _Static_assert((value) == (name), #name)

AT(FRAME_RA, frame, ra);
AT(FRAME_SP, frame, sp);
AT(FRAME_GP, frame, gp);
AT(FRAME_TP, frame, tp);
AT(FRAME_SAVED, frame, saved);
AT(FRAME_ARGUMENT, frame, argument);
AT(FRAME_WORDS, frame, words);
AT(FRAME_NUMBER, frame, number);
AT(FRAME_TEMPORARY, frame, temporary);
AT(FRAME_PC, frame, pc);
AT(FRAME_STATUS, frame, status);
AT(0, thread, frame);
AT(THREAD_HART, thread, hart);
AT(THREAD_PROCESS, thread, process);
AT(THREAD_STATE, thread, state);
AT(THREAD_PRIORITY, thread, priority);
AT(THREAD_OWN_PRIORITY, thread, own_priority);
AT(THREAD_DEADLINE_HEAP, thread, deadline.heap);
AT(THREAD_SERVING, thread, serving);
AT(THREAD_SERVER, thread, server);
AT(THREAD_BOUND, thread, bound);
AT(THREAD_FLOAT, thread, float_registers);
AT(THREAD_FLOAT_CONTROL, thread, float_control);
AT(THREAD_FLOAT_HART, thread, float_hart);
AT(0, hart, lock);
AT(HART_PENDING, hart, pending);
AT(HART_CURRENT, hart, current);
AT(HART_SPACE, hart, space);
AT(HART_BIT, hart, bit);
AT(HART_NUMBER, hart, id);
AT(HART_STACK, hart, stack_top);
AT(HART_PROBE, hart, probe_resume);
AT(HART_FLOAT_OWNER, hart, float_owner);
AT(PROCESS_HANDLES, process, handles.chunks);
AT(PROCESS_SPACE, process, space);
AT(SPACE_SATP, space, satp);
AT(SPACE_HARTS, space, harts);
AT(ENTRY_OBJECT, handle_entry, object);
AT(ENTRY_BADGE, handle_entry, badge);
AT(ENTRY_VALUE, handle_entry, value);
AT(ENTRY_RIGHTS, handle_entry, rights);
AT(BADGE_VALUE, badge, value);
AT(ENDPOINT_CALLERS, endpoint, callers);
AT(ENDPOINT_CLOSED, endpoint, closed);
AT(ENDPOINT_SERVER, endpoint, server);
AT(SIGNAL_BITS, signal, bits);
AT(CLOCK_BOOT_TICKS, clock_rate, boot_ticks);
AT(CLOCK_NS_PER_TICK, clock_rate, ns_per_tick);
AT(8, list_node, next);
IS(HART_BYTES, sizeof(struct hart));
IS(HART_ARRAY, HARTS_MAX);
IS(1u << ENTRY_SHIFT, sizeof(struct handle_entry));
IS(1u << HANDLE_CHUNK_SHIFT, HANDLE_CHUNK_ENTRIES);
IS(STATE_CALLING, (int)THREAD_CALLING);
IS(STATE_RECEIVING, (int)THREAD_RECEIVING);
IS(0, (int)THREAD_READY);
IS(0, RECEIVED_CALL);
IS(0, OK);
IS(CALL_NUMBER, (int)SYSCALL_call);
IS(REPLY_RECEIVE_NUMBER, (int)SYSCALL_reply_receive);
IS(CLOCK_NUMBER, (int)SYSCALL_clock);
IS(CALL_RIGHT, (int)RIGHT_CALL);
IS(RECEIVE_RIGHT, (int)RIGHT_RECEIVE);
IS(REGISTER_BYTES, MESSAGE_REGISTER_BYTES);
IS(FRACTION_BITS, CLOCK_FRACTION_BITS);
IS(TRAP_USER_CALL, CAUSE_USER_ECALL);
IS(FLOAT_MASK, STATUS_FS_MASK);
IS(FLOAT_CLEAN, STATUS_FS_CLEAN);
