// SPDX-License-Identifier: Apache-2.0
// Supervision in virtual time: back-off, health, who is told, and that a stopping system restarts
// nothing.
#include "../supervisor.h"
#include "base/test.h"
#include "plan_fixture.h"

#define MS 1000000ull

static struct plan_fixture fixture;
static struct plan plan;
static struct supervisor supervisor;
static instant_ns_t now;
static struct process_info infos[3];
static struct budget_info budgets[3];
static uint32_t starts[3], told_restarted[3], told_stop[3], abandoned[3];
static status_t start_status;
static char last_log[256], all_log[4096];

static status_t fake_start(void *self, uint32_t row)
{
    starts[row]++;
    if (start_status == OK)
        infos[row] = (struct process_info){.state = PROCESS_RUNNING};
    return start_status;
}

static void fake_kill(void *self, uint32_t row)
{
    infos[row].state = PROCESS_EXITED;
    infos[row].exit_code = -1;
}

static status_t fake_info(void *self, uint32_t row, struct process_info *info)
{
    *info = infos[row];
    return OK;
}

static status_t fake_budget(void *self, uint32_t row, struct budget_info *info)
{
    *info = budgets[row];
    return OK;
}

static void fake_tell_restarted(void *self, uint32_t row)
{
    told_restarted[row]++;
}

static void fake_tell_stop(void *self, uint32_t row)
{
    told_stop[row]++;
}

static void fake_abandon(void *self, uint32_t row)
{
    abandoned[row]++;
}

static void fake_log(void *self, const char *text)
{
    snprintf(last_log, sizeof last_log, "%s", text);
    size_t size = strlen(all_log);
    snprintf(all_log + size, sizeof all_log - size, "%s\n", text);
}

static instant_ns_t fake_clock(void *self)
{
    return now;
}

static const struct supervisor_machine machine = {
    fake_start,   fake_kill,      fake_info, fake_budget, fake_tell_restarted,
    fake_abandon, fake_tell_stop, fake_log,  fake_clock};

static void setup(uint32_t form)
{
    now = 1000 * MS;
    start_status = OK;
    all_log[0] = 0;
    memset(starts, 0, sizeof starts);
    for (uint32_t row = 0; row < 3; row++)
        budgets[row] = (struct budget_info){.bytes_limit = 1 << 20};
    memset(told_restarted, 0, sizeof told_restarted);
    memset(abandoned, 0, sizeof abandoned);
    memset(told_stop, 0, sizeof told_stop);
    fixture = plan_fixture_make();
    CHECK_EQ(plan_open(&plan, &fixture, sizeof fixture), OK);
    supervisor_init(&supervisor, &plan, form, &machine, NULL);
    supervisor_start(&supervisor);
}

static void end(uint32_t row, int32_t code)
{
    infos[row].state = PROCESS_EXITED;
    infos[row].exit_code = code;
    supervisor_check(&supervisor);
}

static void only_the_form_s_services_start(void)
{
    setup(1);
    CHECK_EQ(starts[ROW_DISK], 1);
    CHECK_EQ(starts[ROW_STORE], 1);
    CHECK_EQ(starts[ROW_NOTES], 0);
    CHECK_EQ(supervisor_row(&supervisor, 1), ROW_STORE);
    CHECK_EQ(supervisor_row(&supervisor, 2), ERR_NOT_FOUND);
    CHECK_EQ(supervisor_due(&supervisor), DEADLINE_NEVER);
}

static void the_first_end_restarts_at_once_and_tells(void)
{
    setup(0);
    end(ROW_STORE, 3);
    CHECK(strstr(last_log, "store ended with 3") != NULL);
    CHECK_EQ(supervisor_due(&supervisor), DEADLINE_NEVER);
    CHECK_EQ(starts[ROW_STORE], 2);
    CHECK_EQ(told_restarted[ROW_STORE], 1);
    CHECK_EQ(told_restarted[ROW_DISK], 0);
    CHECK_EQ(supervisor.services[ROW_STORE].restarts, 1);
    CHECK_EQ(supervisor.services[ROW_STORE].last_exit, 3);
}

static void repeated_ends_wait_longer_up_to_two_seconds(void)
{
    setup(0);
    const uint64_t pauses_ms[] = {0, 50, 100, 200, 400, 800, 1600, 2000, 2000};
    for (uint32_t i = 0; i < sizeof pauses_ms / sizeof pauses_ms[0]; i++) {
        end(ROW_STORE, 1);
        uint32_t before = starts[ROW_STORE];
        if (pauses_ms[i] > 0) {
            CHECK_EQ(supervisor_due(&supervisor), now + pauses_ms[i] * MS);
            CHECK_EQ(starts[ROW_STORE], before);
            now += pauses_ms[i] * MS;
        }
        CHECK_EQ(supervisor_due(&supervisor), DEADLINE_NEVER);
        CHECK_EQ(starts[ROW_STORE], before + 1);
    }
}

static void ten_healthy_seconds_forgive(void)
{
    setup(0);
    for (uint32_t i = 0; i < 4; i++) {
        end(ROW_STORE, 1);
        now += 2000 * MS;
        supervisor_due(&supervisor);
    }
    now += 10000 * MS;
    end(ROW_STORE, 1);
    CHECK_EQ(supervisor_due(&supervisor), DEADLINE_NEVER);
    CHECK_EQ(starts[ROW_STORE], 6);
}

static void faults_are_logged_with_cause_and_place(void)
{
    setup(0);
    infos[ROW_DISK] = (struct process_info){
        .state = PROCESS_FAULTED, .fault_cause = 13, .fault_pc = 0x1234, .fault_address = 0x8};
    supervisor_check(&supervisor);
    CHECK(strstr(all_log, "disk faulted: cause 13 at pc 0x1234, address 0x8") != NULL);
    CHECK(strstr(all_log, "called from") == NULL);
    CHECK_EQ(supervisor.services[ROW_DISK].last_exit, -13);
}

static void a_crash_report_has_all_registers_and_callers(void)
{
    setup(0);
    struct process_info *info = &infos[ROW_DISK];
    *info = (struct process_info){.state = PROCESS_FAULTED, .fault_cause = 13};
    for (uint32_t i = 0; i < 32; i++)
        info->registers[i] = UINT64_MAX - i; // as wide as they get
    for (uint32_t i = 0; i < PROCESS_BACKTRACE_MAX; i++)
        info->backtrace[i] = UINT64_MAX - 0x100 - i;
    struct process_info whole = *info;
    supervisor_check(&supervisor);
    CHECK(strstr(all_log, "\ndisk registers: ra fffffffffffffffe sp fffffffffffffffd ") != NULL);
    CHECK(strstr(all_log, " t6 ffffffffffffffe0\n") != NULL);
    char wanted[24];
    for (uint32_t i = 0; i < PROCESS_BACKTRACE_MAX; i++) {
        snprintf(wanted, sizeof wanted, " %llx", (unsigned long long)whole.backtrace[i]);
        CHECK(strstr(all_log, wanted) != NULL);
    }
    supervisor_due(&supervisor);
    all_log[0] = 0;
    *info = whole;
    for (uint32_t i = 3; i < PROCESS_BACKTRACE_MAX; i++)
        info->backtrace[i] = 0;
    supervisor_check(&supervisor);
    CHECK(strstr(all_log,
                 "disk called from: fffffffffffffeff fffffffffffffefe fffffffffffffefd\n") != NULL);
}

static void a_failing_start_is_tried_again_later(void)
{
    setup(0);
    start_status = ERR_NO_MEMORY;
    end(ROW_STORE, 1);
    CHECK_EQ(supervisor_due(&supervisor), now + 50 * MS);
    CHECK_EQ(told_restarted[ROW_STORE], 0);
    start_status = OK;
    now += 50 * MS;
    CHECK_EQ(supervisor_due(&supervisor), DEADLINE_NEVER);
    CHECK_EQ(told_restarted[ROW_STORE], 1);
}

static void a_missing_device_is_not_tried_again(void)
{
    setup(0);
    start_status = ERR_NOT_FOUND;
    end(ROW_DISK, 1);
    CHECK_EQ(abandoned[ROW_DISK], 0);
    CHECK_EQ(supervisor_due(&supervisor), DEADLINE_NEVER);
    CHECK_EQ(supervisor.services[ROW_DISK].state, SERVICE_ENDED);
    CHECK_EQ(abandoned[ROW_DISK], 1); // callers are refused from now on
}

static void a_driver_that_found_nothing_is_left_alone(void)
{
    setup(0);
    end(ROW_DISK, EXIT_NO_DEVICE);
    CHECK_EQ(supervisor_due(&supervisor), DEADLINE_NEVER);
    CHECK_EQ(supervisor.services[ROW_DISK].state, SERVICE_ENDED);
    CHECK_EQ(supervisor.services[ROW_DISK].last_exit, EXIT_NO_DEVICE);
    CHECK_EQ(abandoned[ROW_DISK], 1);
    CHECK_EQ(abandoned[ROW_STORE], 0);
}

static void what_has_faults_comes_back_at_once_whatever_it_says(void)
{
    setup(0);
    fixture.services[ROW_STORE].restart = PLAN_RESTART_FAULTS;
    for (uint32_t i = 2; i < 50; i++) {
        end(ROW_STORE, i % 2 ? EXIT_NO_DEVICE : 1);
        CHECK_EQ(supervisor_due(&supervisor), DEADLINE_NEVER);
        CHECK_EQ(starts[ROW_STORE], i);
    }
    CHECK_EQ(abandoned[ROW_STORE], 0);
}

static void never_means_never(void)
{
    setup(0);
    fixture.services[ROW_STORE].restart = PLAN_RESTART_NEVER;
    end(ROW_STORE, 0);
    CHECK_EQ(supervisor_due(&supervisor), DEADLINE_NEVER);
    CHECK_EQ(starts[ROW_STORE], 1);
}

// One second in which the store spends that much of its 2 ms in every 10.
static void watch_second(uint64_t spent_ms)
{
    now += 1000 * MS;
    budgets[ROW_STORE].spent_ns += spent_ms * MS;
    CHECK_EQ(supervisor_watch(&supervisor), now + 1000 * MS);
}

static void setup_timed(void)
{
    setup(0);
    fixture.services[ROW_STORE].time_us = 2000;
    fixture.services[ROW_STORE].period_us = 10000;
    watch_second(0);
    all_log[0] = 0;
}

static void nobody_is_watched_without_a_limit_of_time(void)
{
    setup(0);
    now += 60000 * MS;
    CHECK_EQ(supervisor_watch(&supervisor), DEADLINE_NEVER);
}

static void who_uses_all_its_time_for_long_is_told_once(void)
{
    setup_timed();
    for (uint32_t i = 1; i < WATCH_LOOKS; i++)
        watch_second(200);
    CHECK_EQ(all_log[0], 0);
    watch_second(198);
    CHECK(strstr(all_log, "store is held back: it uses all of its 2000 us in every 10000 us"));
    all_log[0] = 0;
    for (uint32_t i = 0; i < 100; i++)
        watch_second(200);
    CHECK_EQ(all_log[0], 0);
}

static void a_second_with_time_left_begins_anew(void)
{
    setup_timed();
    for (uint32_t i = 0; i < 100; i++)
        watch_second(i % WATCH_LOOKS == 0 ? 100 : 200);
    CHECK_EQ(all_log[0], 0);
    for (uint32_t i = 0; i < WATCH_LOOKS; i++)
        watch_second(200);
    CHECK(strstr(all_log, "store is held back"));
}

static void looking_too_early_changes_nothing(void)
{
    setup_timed();
    for (uint32_t i = 0; i < WATCH_LOOKS; i++) {
        watch_second(200);
        now += 100 * MS;
        CHECK_EQ(supervisor_watch(&supervisor), now + 900 * MS);
        now -= 100 * MS;
    }
    CHECK(strstr(all_log, "store is held back"));
}

static void who_has_all_its_memory_is_told_once_an_instance(void)
{
    setup_timed();
    budgets[ROW_STORE].bytes_used = 1 << 19;
    watch_second(0);
    CHECK_EQ(all_log[0], 0);
    budgets[ROW_STORE].bytes_used = 1 << 20;
    for (uint32_t i = 0; i < 3; i++) {
        watch_second(0);
        CHECK((strstr(all_log, "store gets no more memory: it has 1024 of its 1024 KiB") != NULL) ==
              (i == 0));
        all_log[0] = 0;
    }
    end(ROW_STORE, 1);
    supervisor_due(&supervisor);
    watch_second(0);
    CHECK(strstr(all_log, "store gets no more memory"));
}

static void ending_on_request_is_for_developers(void)
{
    setup(1);
    CHECK_EQ(supervisor_end(&supervisor, "store"), OK);
    CHECK_EQ(infos[ROW_STORE].state, PROCESS_EXITED);
    supervisor_check(&supervisor);
    CHECK_EQ(supervisor_end(&supervisor, "store"), ERR_BAD_STATE);
    CHECK_EQ(supervisor_end(&supervisor, "notes"), ERR_NOT_FOUND); // not in this form
    CHECK_EQ(supervisor_end(&supervisor, "nobody"), ERR_NOT_FOUND);
    fixture.header.developer = 0;
    CHECK_EQ(supervisor_end(&supervisor, "disk"), ERR_DENIED);
}

static void a_stopping_system_restarts_nothing(void)
{
    setup(0);
    end(ROW_DISK, 1);
    supervisor_due(&supervisor);
    end(ROW_DISK, 1); // waits for its restart
    supervisor_stop(&supervisor);
    CHECK_EQ(told_stop[ROW_STORE], 1);
    CHECK_EQ(told_stop[ROW_DISK], 0);
    CHECK(supervisor_any_running(&supervisor));
    end(ROW_STORE, 0);
    end(ROW_NOTES, 0);
    now += 5000 * MS;
    CHECK_EQ(supervisor_due(&supervisor), DEADLINE_NEVER);
    CHECK(!supervisor_any_running(&supervisor));
    CHECK_EQ(starts[ROW_STORE], 1);
}

TEST_MAIN(TEST(only_the_form_s_services_start), TEST(the_first_end_restarts_at_once_and_tells),
          TEST(repeated_ends_wait_longer_up_to_two_seconds), TEST(ten_healthy_seconds_forgive),
          TEST(faults_are_logged_with_cause_and_place),
          TEST(a_crash_report_has_all_registers_and_callers),
          TEST(a_failing_start_is_tried_again_later), TEST(a_missing_device_is_not_tried_again),
          TEST(a_driver_that_found_nothing_is_left_alone), TEST(never_means_never),
          TEST(what_has_faults_comes_back_at_once_whatever_it_says),
          TEST(nobody_is_watched_without_a_limit_of_time),
          TEST(who_uses_all_its_time_for_long_is_told_once),
          TEST(a_second_with_time_left_begins_anew), TEST(looking_too_early_changes_nothing),
          TEST(who_has_all_its_memory_is_told_once_an_instance),
          TEST(ending_on_request_is_for_developers), TEST(a_stopping_system_restarts_nothing))
