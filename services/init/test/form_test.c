// SPDX-License-Identifier: Apache-2.0
// Which form runs: the argument, the hardware, and refusals that name what is missing.
#include "../form.h"
#include "base/test.h"
#include "plan_fixture.h"

static struct plan_fixture fixture;
static struct plan plan;
static struct form_choice choice;

static status_t choose(const char *arguments, bool has_display, uint64_t memory_mib)
{
    fixture = plan_fixture_make();
    CHECK_EQ(plan_open(&plan, &fixture, sizeof fixture), OK);
    struct form_hardware hardware = {.has_display = has_display, .memory_bytes = memory_mib << 20};
    return form_choose(&plan, arguments, &hardware, &choice);
}

static void hardware_decides_without_an_argument(void)
{
    CHECK_EQ(choose("", true, 256), OK);
    CHECK_EQ(choice.index, 0);
    CHECK_EQ(choose("quiet nexus.forms=desktop", false, 256), OK);
    CHECK_EQ(choice.index, 1);
    CHECK(!choice.refused);
}

static void the_argument_decides(void)
{
    CHECK_EQ(choose("a nexus.form=headless b", true, 256), OK);
    CHECK_EQ(choice.index, 1);
    CHECK(!choice.refused);
    CHECK_EQ(choose("nexus.form=desktop", true, 256), OK);
    CHECK_EQ(choice.index, 0);
}

static void an_unmet_need_is_named_and_headless_runs(void)
{
    CHECK_EQ(choose("nexus.form=desktop", false, 256), OK);
    CHECK(choice.refused);
    CHECK_EQ(choice.index, 1);
    CHECK(strstr(choice.reason, "needs a display") != NULL);
    CHECK_EQ(choose("nexus.form=desktop", true, 32), OK);
    CHECK(choice.refused);
    CHECK(strstr(choice.reason, "64 MiB of memory and this device has 32") != NULL);
    CHECK_EQ(choose("nexus.form=toaster", true, 256), OK);
    CHECK(choice.refused);
    CHECK(strstr(choice.reason, "no form called toaster") != NULL);
    CHECK_EQ(choose("nexus.form=", true, 256), OK);
    CHECK(choice.refused);
    CHECK_EQ(choose("nexus.form=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true, 256), OK);
    CHECK(choice.refused);
}

static void without_any_form_it_is_an_error(void)
{
    CHECK_EQ(choose("nexus.form=desktop", true, 8), ERR_NOT_FOUND);
}

TEST_MAIN(TEST(hardware_decides_without_an_argument), TEST(the_argument_decides),
          TEST(an_unmet_need_is_named_and_headless_runs), TEST(without_any_form_it_is_an_error))
