// SPDX-License-Identifier: Apache-2.0
// The plan's checks: a good one opens, a damaged one is refused or stays within bounds.
#include "base/test.h"
#include "plan_fixture.h"

static struct plan_fixture fixture;
static struct plan plan;

static status_t open_fixture(void)
{
    return plan_open(&plan, &fixture, sizeof fixture);
}

static void a_good_plan_opens(void)
{
    fixture = plan_fixture_make();
    CHECK_EQ(open_fixture(), OK);
    CHECK_EQ(plan_form_find(&plan, "headless"), 1);
    CHECK_EQ(plan_form_find(&plan, "watch"), ERR_NOT_FOUND);
    CHECK_EQ(plan_service_find(&plan, "store"), ROW_STORE);
    CHECK_EQ(plan_service_find(&plan, ""), ERR_NOT_FOUND);
}

static void damaged_plans_are_refused(void)
{
    fixture = plan_fixture_make();
    CHECK_EQ(plan_open(&plan, &fixture, sizeof fixture - 1), ERR_CORRUPT);
    fixture.header.magic++;
    CHECK_EQ(open_fixture(), ERR_CORRUPT);
    fixture = plan_fixture_make();
    fixture.header.service_count = UINT32_MAX;
    CHECK_EQ(open_fixture(), ERR_CORRUPT);
    fixture = plan_fixture_make();
    fixture.forms[0].services = 8; // a row that is not there
    CHECK_EQ(open_fixture(), ERR_CORRUPT);
    fixture = plan_fixture_make();
    fixture.services[2].grant_count = 4;
    CHECK_EQ(open_fixture(), ERR_CORRUPT);
    fixture = plan_fixture_make();
    fixture.services[0].priority = 31; // init's own
    CHECK_EQ(open_fixture(), ERR_CORRUPT);
    fixture = plan_fixture_make();
    fixture.services[0].restart = PLAN_RESTART_FAULTS;
    CHECK_EQ(open_fixture(), OK);
    fixture.header.developer = 0; // where nobody plants mistakes
    CHECK_EQ(open_fixture(), ERR_CORRUPT);
    fixture = plan_fixture_make();
    fixture.services[0].time_us = 2; // in no period
    CHECK_EQ(open_fixture(), ERR_CORRUPT);
    fixture.services[0].period_us = 1; // more than there is
    CHECK_EQ(open_fixture(), ERR_CORRUPT);
    fixture = plan_fixture_make();
    memset(fixture.services[0].name, 'x', PLAN_NAME_MAX);
    CHECK_EQ(open_fixture(), ERR_CORRUPT);
    fixture = plan_fixture_make();
    memcpy(fixture.grants[1].target, "stork", 6);
    CHECK_EQ(open_fixture(), ERR_CORRUPT);
    fixture = plan_fixture_make();
    fixture.grants[1].value = 32; // an interrupt's bit
    CHECK_EQ(open_fixture(), ERR_CORRUPT);
    fixture = plan_fixture_make();
    fixture.grants[0].kind = 99;
    CHECK_EQ(open_fixture(), ERR_CORRUPT);
}

static void accepted_plans_stay_within_bounds(void)
{
    uint64_t seed = 5;
    uint32_t accepted = 0;
    for (uint32_t i = 0; i < 200000; i++) {
        fixture = plan_fixture_make();
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        ((uint8_t *)&fixture)[(seed >> 33) % sizeof fixture] = (uint8_t)(seed >> 24);
        if (open_fixture() < 0)
            continue;
        accepted++;
        for (uint32_t row = 0; row < plan.header->service_count; row++) {
            const struct plan_service *service = &plan.services[row];
            CHECK(service->grant_first + service->grant_count <= plan.header->grant_count);
            CHECK(memchr(service->name, 0, PLAN_NAME_MAX) != NULL);
        }
    }
    CHECK(accepted > 1000);
}

TEST_MAIN(TEST(a_good_plan_opens), TEST(damaged_plans_are_refused),
          TEST(accepted_plans_stay_within_bounds))
