// SPDX-License-Identifier: Apache-2.0
// Budgets against a model that adds everything up anew: a tree of them, random takes and gives.
// Built with PLANTED_RESERVE, where reserves are not set aside, it must fail.
#include "fake.h"

#include "cap/budget.h"
#include "sched/schedule.h"

#include "base/math.h"
#include "base/test.h"

#define BUDGETS 12u
#define STEPS   200000u
#define KIB     1024u

static struct budget *budgets[BUDGETS];
static uint64_t own[BUDGETS]; // taken from each directly, by the model
static uint64_t state = 7;

static uint32_t pick(uint32_t count)
{
    return (uint32_t)(fake_random(&state) % count);
}

// What `index` must have used: its own, what children use or have set aside, and their objects.
static uint64_t expected(uint32_t index)
{
    uint64_t bytes = own[index];
    for (uint32_t i = 0; i < BUDGETS; i++) {
        if (budgets[i] != NULL && budgets[i]->object.budget == budgets[index])
            bytes += max_u64(budgets[i]->bytes_reserved, expected(i));
    }
    return bytes;
}

static void model_check(void)
{
    for (uint32_t i = 0; i < BUDGETS; i++) {
        if (budgets[i] == NULL)
            continue;
        CHECK_EQ(budgets[i]->bytes_used, expected(i));
        CHECK(budgets[i]->bytes_used <= budgets[i]->bytes_limit);
    }
}

static void create(uint32_t parent, uint32_t index)
{
    uint64_t limit = (1 + pick(64)) * KIB;
    struct budget_terms terms = {.bytes_limit = limit, .bytes_reserved = pick(2) * limit / 2};
    if (budget_create(budgets[parent], &terms, &budgets[index]) != OK) {
        budgets[index] = NULL;
        return;
    }
    static const struct slab object = SLAB_INIT(sizeof(struct budget));
    own[parent] += object.object_bytes;
    own[index] = 0;
}

static void a_tree_adds_up_whatever_is_taken(void)
{
    fake_start();
    struct budget_terms all = {.bytes_limit = 256 * KIB, .bytes_reserved = 256 * KIB};
    CHECK_EQ(budget_create(&budget_root, &all, &budgets[0]), OK);
    uint32_t refused = 0;
    for (uint32_t i = 1; i < BUDGETS; i++)
        create(pick(i) % (i < 4 ? 1 : 4), i);
    for (uint32_t step = 0; step < STEPS && test_failures == 0; step++) {
        uint32_t index = pick(BUDGETS);
        if (budgets[index] == NULL)
            continue;
        uint64_t bytes = pick(4096);
        if (pick(2) == 0 && own[index] > 4 * KIB) {
            bytes = min_u64(bytes, own[index] - 4 * KIB);
            budget_give(budgets[index], bytes);
            own[index] -= bytes;
        } else if (budget_take(budgets[index], bytes)) {
            own[index] += bytes;
        } else {
            refused++;
        }
        model_check();
    }
    CHECK(refused > STEPS / 100);
}

static void a_reserve_cannot_be_taken_by_others(void)
{
    struct budget *parent, *careful, *greedy;
    fake_start();
    CHECK_EQ(budget_create(&budget_root, &(struct budget_terms){.bytes_limit = 100 * KIB}, &parent),
             OK);
    struct budget_terms half = {.bytes_limit = 60 * KIB, .bytes_reserved = 50 * KIB};
    CHECK_EQ(budget_create(parent, &half, &careful), OK);
    CHECK_EQ(budget_create(parent, &(struct budget_terms){.bytes_limit = 100 * KIB}, &greedy), OK);
    while (budget_take(greedy, 512))
        continue;
    CHECK(budget_take(careful, 50 * KIB));
    CHECK(!budget_take(careful, KIB)); // above its reserve it competes
    budget_give(greedy, 2 * KIB);
    CHECK(budget_take(careful, KIB));
    CHECK_EQ(budget_create(parent, &half, &careful), ERR_NO_MEMORY);
}

static void time_runs_out_and_comes_back(void)
{
    struct budget *budget, *below;
    fake_start();
    struct budget_terms terms = {.bytes_limit = 64 * KIB, .period = 1000, .amount = 200};
    CHECK_EQ(budget_create(&budget_root, &terms, &budget), OK);
    CHECK_EQ(budget_create(budget, &(struct budget_terms){.bytes_limit = KIB}, &below), OK);
    CHECK(budget_without_time(below) == NULL);
    uint64_t begin = fake_ticks;
    CHECK_EQ(budget_begin(below, begin), begin + 200);
    budget_spend(below, 150);
    CHECK_EQ(budget_begin(below, begin + 150), begin + 200);
    budget_spend(below, 350); // on credit
    CHECK(budget_without_time(below) == budget && budget->left == -300);
    static const int64_t after[] = {-100, 100, 200, 200};
    for (uint32_t period = 0; period < 4; period++) {
        fake_ticks = begin + (period + 1) * 1000;
        schedule_timer();
        CHECK_EQ(budget->left, after[period]);
    }
    CHECK(budget->refill.heap == NULL); // unused: no timer runs
    CHECK_EQ(budget->spent, 500);
}

TEST_MAIN(TEST(a_tree_adds_up_whatever_is_taken), TEST(a_reserve_cannot_be_taken_by_others),
          TEST(time_runs_out_and_comes_back))
