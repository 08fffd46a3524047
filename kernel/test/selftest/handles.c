// SPDX-License-Identifier: Apache-2.0
// Handles: stale values, rights, the table's bound.
#include "check.h"

static void stale(void)
{
    claim("closed_handle_names_nothing_even_when_its_slot_is_reused");
    handle_t first = (handle_t)SYS0(signal_create).value;
    CHECK(SYS1(handle_close, first).value == OK &&
          SYS1(handle_close, first).value == ERR_BAD_HANDLE);
    bool reused = false;
    for (uint32_t i = 0; i < 2 * HANDLES_MAX; i++) {
        handle_t next = (handle_t)SYS0(signal_create).value;
        reused = reused || next == first;
        SYS1(handle_close, next);
    }
    CHECK(!reused && SYS1(handle_info, first).value == ERR_BAD_HANDLE);
    CHECK(SYS1(handle_info, HANDLE_NONE).value == ERR_BAD_HANDLE);
}

static void rights(void)
{
    claim("handle_can_only_lose_rights");
    handle_t signal = (handle_t)SYS0(signal_create).value;
    handle_t wait = duplicate(signal, RIGHT_WAIT | RIGHT_DUPLICATE, 0);
    CHECK(SYS2(signal_raise, wait, 1).value == ERR_DENIED);
    handle_t again = duplicate(wait, RIGHT_ALL, 0); // asks for more than there is
    CHECK(SYS1(handle_info, again).a1 == (RIGHT_WAIT | RIGHT_DUPLICATE));
    CHECK(SYS2(signal_raise, again, 1).value == ERR_DENIED);
    SYS1(handle_close, again);
    CHECK(SYS3(handle_duplicate, start_handle("log"), RIGHT_WRITE, 5).value == ERR_INVALID);
    CHECK(SYS3(signal_wait, start_handle("log"), 1, 0).value == ERR_BAD_HANDLE);
    struct result info = SYS1(handle_info, wait);
    CHECK(info.value == OBJECT_SIGNAL && info.a1 == (RIGHT_WAIT | RIGHT_DUPLICATE));
    CHECK(info.a2 == UINT64_MAX);
    SYS1(handle_close, wait);
    SYS1(handle_close, signal);
}

static void full(void)
{
    static handle_t handles[HANDLES_MAX];
    claim("full_handle_table_is_an_error_and_recovers");
    uint32_t count = 0;
    int64_t value = 0;
    while (count < HANDLES_MAX && (value = SYS0(signal_create).value) > 0)
        handles[count++] = (handle_t)value;
    CHECK(value == ERR_FULL && count > HANDLES_MAX / 2);
    while (count > 0)
        SYS1(handle_close, handles[--count]);
    value = SYS0(signal_create).value;
    CHECK(value > 0);
    SYS1(handle_close, (handle_t)value);
}

void handles_test(void)
{
    stale();
    rights();
    full();
}
