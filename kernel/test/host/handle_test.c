// SPDX-License-Identifier: Apache-2.0
// Handle tables and badges.
#include "fake.h"

#include "cap/badge.h"
#include "cap/budget.h"
#include "cap/handle.h"
#include "ipc/endpoint.h"
#include "ipc/signal.h"
#include "mem/memory.h"

#include "base/test.h"

static handle_t signal_handle(struct handle_table *table)
{
    struct signal *signal = signal_create(&budget_root);
    handle_t handle;
    CHECK_EQ(handle_insert(table, &signal->object, object_rights(OBJECT_SIGNAL), &handle), OK);
    return handle;
}

static void finish(struct handle_table *table)
{
    for (uint32_t cursor = 0; handle_table_close_next(table, &cursor);)
        continue;
    handle_table_finish(table);
}

static void handle_value_is_not_reused_soon(void)
{
    struct handle_table table;
    fake_start();
    handle_table_init(&table, &budget_root);
    handle_t first = signal_handle(&table);
    CHECK_EQ(handle_close(&table, first), OK);
    for (uint32_t i = 0; i < 60000; i++) {
        handle_t next = signal_handle(&table);
        CHECK(next != first && next != HANDLE_NONE);
        handle_close(&table, next);
        CHECK(handle_find(&table, first) == NULL);
    }
    finish(&table);
}

static void table_holds_exactly_its_bound(void)
{
    struct handle_table table;
    fake_start();
    handle_table_init(&table, &budget_root);
    for (uint32_t i = 0; i < HANDLES_MAX; i++)
        signal_handle(&table);
    struct signal *signal = signal_create(&budget_root);
    handle_t handle;
    CHECK_EQ(handle_insert(&table, &signal->object, 0, &handle), ERR_FULL);
    CHECK_EQ(handle_reserve(&table, 1), ERR_FULL);
    object_release(&signal->object);
    finish(&table);
}

static void insert_without_memory_changes_nothing(void)
{
    struct handle_table table;
    fake_start();
    handle_table_init(&table, &budget_root);
    struct signal *signal = signal_create(&budget_root);
    while (page_allocate() != PADDR_NONE)
        continue;
    handle_t handle;
    CHECK_EQ(handle_insert(&table, &signal->object, 0, &handle), ERR_NO_MEMORY);
    CHECK_EQ(table.used, 0);
    CHECK_EQ(signal->object.references, 1);
}

static void duplicate_never_gains(void)
{
    struct handle_table table;
    fake_start();
    handle_table_init(&table, &budget_root);
    handle_t all = signal_handle(&table);
    handle_t less, more;
    for (uint32_t rights = 0; rights <= RIGHT_ALL; rights++) {
        uint32_t held = rights & object_rights(OBJECT_SIGNAL);
        CHECK_EQ(handle_duplicate(&table, all, rights, 0, &less), OK);
        CHECK_EQ(handle_find(&table, less)->rights, held);
        status_t status = handle_duplicate(&table, less, RIGHT_ALL, 0, &more);
        CHECK_EQ(status, held & RIGHT_DUPLICATE ? OK : ERR_DENIED);
        if (status == OK) {
            CHECK_EQ(handle_find(&table, more)->rights, held);
            handle_close(&table, more);
        }
        handle_close(&table, less);
    }
    finish(&table);
}

static void mask_only_narrows(void)
{
    struct handle_table table;
    struct handle_entry *entry;
    fake_start();
    handle_table_init(&table, &budget_root);
    handle_t all = signal_handle(&table);
    handle_t held[16];
    for (uint64_t mask = 1; mask < 16; mask++) {
        CHECK_EQ(handle_duplicate(&table, all, RIGHT_ALL, mask, &held[mask]), OK);
        for (uint64_t bits = 0; bits < 32; bits++) {
            handle_t less;
            bool within = (bits & ~mask) == 0;
            CHECK_EQ(handle_signal(&table, held[mask], bits, &entry), within ? OK : ERR_DENIED);
            CHECK_EQ(handle_duplicate(&table, held[mask], RIGHT_ALL, bits, &less),
                     within ? OK : ERR_DENIED);
            if (!within)
                continue;
            CHECK_EQ(handle_badge(handle_find(&table, less)), bits != 0 ? bits : mask);
            handle_close(&table, less);
        }
    }
    handle_t memory;
    struct memory *object_without_mark =
        memory_create_range(&budget_root, MEMORY_DEVICE, 0, PAGE_SIZE);
    CHECK_EQ(handle_insert(&table, &object_without_mark->object, RIGHT_ALL, &memory), OK);
    CHECK_EQ(handle_duplicate(&table, memory, RIGHT_ALL, 1, &all), ERR_INVALID);
    CHECK_EQ(handle_signal(&table, memory, 1, &entry), ERR_BAD_HANDLE);
    finish(&table);
}

static void mask_moves_with_its_handle(void)
{
    struct handle_table table, other;
    fake_start();
    handle_table_init(&table, &budget_root);
    handle_table_init(&other, &budget_root);
    handle_t narrow;
    CHECK_EQ(handle_duplicate(&table, signal_handle(&table), RIGHT_ALL, 4, &narrow), OK);
    CHECK_EQ(handle_reserve(&other, 1), OK);
    handle_t moved = handle_move(&table, narrow, &other);
    CHECK_EQ(handle_badge(handle_find(&other, moved)), 4);
    finish(&table);
    finish(&other);
}

static void badge_closes_once_with_its_last_handle(void)
{
    struct handle_table table;
    fake_start();
    handle_table_init(&table, &budget_root);
    struct endpoint *endpoint = endpoint_create(&budget_root);
    handle_t root, a, b, c;
    CHECK_EQ(handle_insert(&table, &endpoint->object, object_rights(OBJECT_ENDPOINT), &root), OK);
    uint32_t rights = RIGHT_CALL | RIGHT_DUPLICATE;
    CHECK_EQ(handle_duplicate(&table, root, rights, 5, &a), OK);
    CHECK_EQ(handle_duplicate(&table, root, rights, 5, &b), OK);
    CHECK_EQ(handle_duplicate(&table, a, rights, 0, &c), OK);
    CHECK_EQ(handle_duplicate(&table, a, rights, 6, &c), ERR_DENIED);
    handle_close(&table, a);
    handle_close(&table, c);
    CHECK(list_is_empty(&endpoint->closed));
    handle_close(&table, b);
    struct badge *closed = LIST_FIRST(&endpoint->closed, struct badge, link);
    CHECK(closed != NULL && closed->value == 5);
    // The same number again is a new badge: the old end is still told.
    CHECK_EQ(handle_duplicate(&table, root, rights, 5, &a), OK);
    CHECK(!list_is_empty(&endpoint->closed));
    finish(&table);
}

TEST_MAIN(TEST(handle_value_is_not_reused_soon), TEST(table_holds_exactly_its_bound),
          TEST(duplicate_never_gains), TEST(mask_only_narrows), TEST(mask_moves_with_its_handle),
          TEST(badge_closes_once_with_its_last_handle), TEST(insert_without_memory_changes_nothing))
