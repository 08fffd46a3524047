// SPDX-License-Identifier: Apache-2.0
// Message moves. The page is user memory that other threads may write, so handle values are read
// once.
#include "ipc/message.h"

#include "cap/handle.h"
#include "sched/process.h"

#include "base/math.h"

#define LINE_BYTES  64u
#define INFO_UNUSED 0xff00000000000000ull

static bool in_registers(uint64_t info)
{
    return info >> 32 <= MESSAGE_REGISTER_BYTES;
}

// Reads the handles once and checks that each is distinct and may be sent.
static status_t handles_read(struct thread *sender, uint64_t info, handle_t *out_handles)
{
    uint32_t count = message_handle_count(info);
    for (uint32_t i = 0; i < count; i++) {
        handle_t handle = __atomic_load_n(&sender->message->handles[i], __ATOMIC_RELAXED);
        struct handle_entry *entry = handle_find(&sender->process->handles, handle);
        if (entry == NULL)
            return ERR_BAD_HANDLE;
        if (!(entry->rights & RIGHT_TRANSFER))
            return ERR_DENIED;
        for (uint32_t j = 0; j < i; j++) {
            if (out_handles[j] == handle)
                return ERR_BAD_HANDLE;
        }
        out_handles[i] = handle;
    }
    return OK;
}

static status_t bounds_check(uint64_t info)
{
    if (message_handle_count(info) > MESSAGE_HANDLES_MAX || (info & INFO_UNUSED) != 0)
        return ERR_INVALID;
    return message_size(info) > MESSAGE_BYTES_MAX ? ERR_TOO_LARGE : OK;
}

status_t message_check(struct thread *sender, uint64_t info)
{
    if ((info & ~(uint64_t)UINT32_MAX) == 0)
        return OK;
    handle_t handles[MESSAGE_HANDLES_MAX];
    status_t status = bounds_check(info);
    return status == OK ? handles_read(sender, info, handles) : status;
}

// Exactly these bytes, by lines and words: what the last word has more may be of another message.
static void bytes_move(uint64_t *target, const uint64_t *source, uint32_t size)
{
    for (; size >= LINE_BYTES; size -= LINE_BYTES, source += 8, target += 8) {
        uint64_t a = source[0], b = source[1], c = source[2], d = source[3];
        target[0] = a, target[1] = b, target[2] = c, target[3] = d;
        a = source[4], b = source[5], c = source[6], d = source[7];
        target[4] = a, target[5] = b, target[6] = c, target[7] = d;
    }
    for (; size >= 8; size -= 8)
        *target++ = *source++;
    if (size > 0)
        *target = *source & ((1ull << size * 8) - 1);
}

static __attribute__((noinline)) status_t page_move(struct thread *sender, struct thread *receiver,
                                                    uint64_t info)
{
    handle_t handles[MESSAGE_HANDLES_MAX];
    status_t status = bounds_check(info);
    if (status != OK)
        return status;
    uint32_t count = message_handle_count(info);
    struct handle_table *from = &sender->process->handles;
    struct handle_table *to = &receiver->process->handles;
    if (count > 0) {
        status = handles_read(sender, info, handles);
        if (status == OK && from != to)
            status = handle_reserve(to, count);
        if (status != OK)
            return status;
    }
    const uint64_t *source = (const uint64_t *)(const void *)sender->message->bytes;
    uint64_t *target = (uint64_t *)(void *)receiver->message->bytes;
    bytes_move(target, source, message_size(info));
    for (uint32_t i = 0; i < count; i++)
        receiver->message->handles[i] = handle_move(from, handles[i], to);
    return OK;
}

status_t message_move(struct thread *sender, struct thread *receiver, uint64_t info)
{
    if (!in_registers(info))
        return page_move(sender, receiver, info);
    words_copy(receiver->frame.words, sender->frame.words, MESSAGE_WORDS);
    return OK;
}

void message_drop(struct thread *sender, uint64_t info)
{
    for (uint32_t i = 0; i < message_handle_count(info); i++)
        handle_close(&sender->process->handles, sender->message->handles[i]);
}
