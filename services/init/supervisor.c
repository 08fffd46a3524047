// SPDX-License-Identifier: Apache-2.0
// The rules of supervision; see the header.
#include "supervisor.h"

#include "base/error.h"
#include "base/math.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 200u

static bool runs_in_form(const struct supervisor *supervisor, uint32_t row)
{
    return supervisor->plan->forms[supervisor->form].services >> row & 1;
}

static const char *name_of(const struct supervisor *supervisor, uint32_t row)
{
    return supervisor->plan->services[row].name;
}

void supervisor_init(struct supervisor *supervisor, const struct plan *plan, uint32_t form,
                     const struct supervisor_machine *machine, void *machine_self)
{
    *supervisor = (struct supervisor){
        .plan = plan, .form = form, .machine = machine, .machine_self = machine_self};
}

// The pause before the next start, by the number of quick ends so far.
static uint64_t restart_pause(uint32_t quick_ends)
{
    if (quick_ends == 0)
        return 0;
    uint64_t pause = RESTART_PAUSE_FIRST_NS;
    for (uint32_t i = 1; i < quick_ends && pause < RESTART_PAUSE_MAX_NS; i++)
        pause *= 2;
    return min_u64(pause, RESTART_PAUSE_MAX_NS);
}

// Whether it is started again and again with mistakes in it: whatever it ends with, it comes back.
static bool has_faults(const struct supervisor *supervisor, uint32_t row)
{
    return supervisor->plan->services[row].restart == PLAN_RESTART_FAULTS;
}

static void plan_restart(struct supervisor *supervisor, uint32_t row)
{
    struct supervised *service = &supervisor->services[row];
    instant_ns_t now = supervisor->machine->clock(supervisor->machine_self);
    if (supervisor->stopping || supervisor->plan->services[row].restart == PLAN_RESTART_NEVER) {
        service->state = SERVICE_ENDED;
        return;
    }
    if (now - service->started_ns >= RESTART_HEALTHY_NS || has_faults(supervisor, row))
        service->quick_ends = 0;
    service->state = SERVICE_WAITING;
    service->restart_ns = now + restart_pause(service->quick_ends);
    if (service->quick_ends < UINT32_MAX)
        service->quick_ends++;
}

static void abandon(struct supervisor *supervisor, uint32_t row)
{
    supervisor->services[row].state = SERVICE_ENDED;
    supervisor->machine->abandon(supervisor->machine_self, row);
}

static void start(struct supervisor *supervisor, uint32_t row)
{
    struct supervised *service = &supervisor->services[row];
    const struct supervisor_machine *machine = supervisor->machine;
    char text[TEXT_MAX];
    service->started_ns = machine->clock(supervisor->machine_self);
    status_t status = machine->start(supervisor->machine_self, row);
    if (status == OK) {
        service->state = SERVICE_RUNNING;
        service->spent_ns = 0;
        service->looks = 0;
        service->full = false;
        return;
    }
    service->last_exit = status;
    snprintf(text, sizeof text, "%s could not be started: %s", name_of(supervisor, row),
             status == ERR_NOT_FOUND ? "this machine has no device for it, or the image no program"
                                     : error_text(status));
    machine->log(supervisor->machine_self, text);
    if (status == ERR_NOT_FOUND) // and will not have it later
        abandon(supervisor, row);
    else
        plan_restart(supervisor, row);
}

void supervisor_start(struct supervisor *supervisor)
{
    for (uint32_t row = 0; row < supervisor->plan->header->service_count; row++)
        if (runs_in_form(supervisor, row))
            start(supervisor, row);
}

// What a fault leaves, in lines that tools/nx/crash.py reads: docs/protocols/console.md.
static void log_fault(struct supervisor *supervisor, uint32_t row, const struct process_info *info)
{
    static const char *const names[32] = {"zero", "ra", "sp",  "gp",  "tp", "t0", "t1", "t2",
                                          "s0",   "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
                                          "a6",   "a7", "s2",  "s3",  "s4", "s5", "s6", "s7",
                                          "s8",   "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
    char text[TEXT_MAX];
    const char *name = name_of(supervisor, row);
    for (uint32_t i = 1; i < 32;) {
        size_t at = (size_t)snprintf(text, sizeof text, "%s registers:", name);
        for (uint32_t column = 0; column < 6 && i < 32; column++, i++)
            at += (size_t)snprintf(text + at, sizeof text - at, " %s %" PRIx64, names[i],
                                   info->registers[i]);
        supervisor->machine->log(supervisor->machine_self, text);
    }
    for (uint32_t i = 0; i < PROCESS_BACKTRACE_MAX && info->backtrace[i] != 0;) {
        size_t at = (size_t)snprintf(text, sizeof text, "%s called from:", name);
        for (uint32_t column = 0; column < 8 && i < PROCESS_BACKTRACE_MAX; column++, i++)
            if (info->backtrace[i] != 0)
                at +=
                    (size_t)snprintf(text + at, sizeof text - at, " %" PRIx64, info->backtrace[i]);
        supervisor->machine->log(supervisor->machine_self, text);
    }
}

// What is known of an end, as one line.
static void log_end(struct supervisor *supervisor, uint32_t row, const struct process_info *info)
{
    char text[TEXT_MAX];
    const struct supervised *service = &supervisor->services[row];
    instant_ns_t now = supervisor->machine->clock(supervisor->machine_self);
    int at = info->state == PROCESS_FAULTED
                 ? snprintf(text, sizeof text,
                            "%s faulted: cause %" PRIu64 " at pc %#" PRIx64 ", address %#" PRIx64,
                            name_of(supervisor, row), info->fault_cause, info->fault_pc,
                            info->fault_address)
                 : snprintf(text, sizeof text, "%s ended with %d", name_of(supervisor, row),
                            (int)info->exit_code);
    uint64_t pause_ns = service->restart_ns - min_u64(now, service->restart_ns);
    if (at > 0 && (size_t)at < sizeof text && service->state == SERVICE_WAITING)
        snprintf(text + at, sizeof text - (size_t)at, "; restart in %u ms",
                 (unsigned)(pause_ns / 1000000));
    supervisor->machine->log(supervisor->machine_self, text);
    if (info->state == PROCESS_FAULTED)
        log_fault(supervisor, row, info);
}

void supervisor_check(struct supervisor *supervisor)
{
    for (uint32_t row = 0; row < supervisor->plan->header->service_count; row++) {
        struct supervised *service = &supervisor->services[row];
        struct process_info info;
        if (service->state != SERVICE_RUNNING ||
            supervisor->machine->info(supervisor->machine_self, row, &info) < 0 ||
            info.state < PROCESS_EXITED)
            continue;
        service->last_exit =
            info.state == PROCESS_FAULTED ? -(int32_t)(info.fault_cause & 0x7fff) : info.exit_code;
        if (info.state == PROCESS_EXITED && info.exit_code == EXIT_NO_DEVICE &&
            !has_faults(supervisor, row))
            abandon(supervisor, row);
        else
            plan_restart(supervisor, row);
        log_end(supervisor, row, &info);
    }
}

instant_ns_t supervisor_due(struct supervisor *supervisor)
{
    instant_ns_t next = DEADLINE_NEVER;
    instant_ns_t now = supervisor->machine->clock(supervisor->machine_self);
    for (uint32_t row = 0; row < supervisor->plan->header->service_count; row++) {
        struct supervised *service = &supervisor->services[row];
        if (service->state == SERVICE_WAITING && service->restart_ns <= now &&
            !supervisor->stopping) {
            service->restarts++;
            start(supervisor, row);
            if (service->state == SERVICE_RUNNING)
                supervisor->machine->tell_restarted(supervisor->machine_self, row);
        }
        if (service->state == SERVICE_WAITING)
            next = min_u64(next, service->restart_ns);
    }
    return next;
}

// Nearly all: what a period that has begun still has left is no sign of rest.
static bool is_nearly(uint64_t used, uint64_t all)
{
    return used >= all - all / 20;
}

static void watch_time(struct supervisor *supervisor, uint32_t row, uint64_t spent_ns,
                       uint64_t elapsed_ns)
{
    struct supervised *service = &supervisor->services[row];
    const struct plan_service *terms = &supervisor->plan->services[row];
    uint64_t had_ns = elapsed_ns / terms->period_us * terms->time_us;
    bool all = is_nearly(spent_ns - service->spent_ns, had_ns);
    service->spent_ns = spent_ns;
    service->looks = all ? service->looks + (service->looks < UINT32_MAX) : 0;
    if (service->looks != WATCH_LOOKS)
        return;
    char text[TEXT_MAX];
    snprintf(text, sizeof text, "%s is held back: it uses all of its %u us in every %u us",
             terms->name, (unsigned)terms->time_us, (unsigned)terms->period_us);
    supervisor->machine->log(supervisor->machine_self, text);
}

static void watch_memory(struct supervisor *supervisor, uint32_t row,
                         const struct budget_info *info)
{
    struct supervised *service = &supervisor->services[row];
    if (service->full || !is_nearly(info->bytes_used, info->bytes_limit))
        return;
    char text[TEXT_MAX];
    service->full = true;
    snprintf(text, sizeof text, "%s gets no more memory: it has %u of its %u KiB",
             name_of(supervisor, row), (unsigned)(info->bytes_used >> 10),
             (unsigned)(info->bytes_limit >> 10));
    supervisor->machine->log(supervisor->machine_self, text);
}

instant_ns_t supervisor_watch(struct supervisor *supervisor)
{
    instant_ns_t next = DEADLINE_NEVER;
    instant_ns_t now = supervisor->machine->clock(supervisor->machine_self);
    uint64_t elapsed_ns = now - supervisor->watched_ns;
    for (uint32_t row = 0; row < supervisor->plan->header->service_count; row++) {
        struct budget_info info;
        if (!runs_in_form(supervisor, row) || supervisor->plan->services[row].period_us == 0)
            continue;
        next = supervisor->watched_ns + WATCH_PERIOD_NS;
        if (next > now)
            return next;
        if (supervisor->services[row].state != SERVICE_RUNNING ||
            supervisor->machine->budget(supervisor->machine_self, row, &info) < 0)
            continue;
        watch_time(supervisor, row, info.spent_ns, elapsed_ns);
        watch_memory(supervisor, row, &info);
    }
    if (next == DEADLINE_NEVER)
        return next;
    supervisor->watched_ns = now;
    return now + WATCH_PERIOD_NS;
}

status_t supervisor_end(struct supervisor *supervisor, const char *name)
{
    if (!supervisor->plan->header->developer)
        return ERR_DENIED;
    status_t row = plan_service_find(supervisor->plan, name);
    if (row < 0 || !runs_in_form(supervisor, (uint32_t)row))
        return ERR_NOT_FOUND;
    if (supervisor->services[row].state != SERVICE_RUNNING)
        return ERR_BAD_STATE;
    supervisor->machine->kill(supervisor->machine_self, (uint32_t)row);
    return OK;
}

void supervisor_stop(struct supervisor *supervisor)
{
    supervisor->stopping = true;
    for (uint32_t row = 0; row < supervisor->plan->header->service_count; row++) {
        if (supervisor->services[row].state == SERVICE_RUNNING)
            supervisor->machine->tell_stop(supervisor->machine_self, row);
        else if (supervisor->services[row].state == SERVICE_WAITING)
            supervisor->services[row].state = SERVICE_ENDED;
    }
}

bool supervisor_any_running(const struct supervisor *supervisor)
{
    for (uint32_t row = 0; row < supervisor->plan->header->service_count; row++)
        if (supervisor->services[row].state == SERVICE_RUNNING)
            return true;
    return false;
}

status_t supervisor_row(const struct supervisor *supervisor, uint32_t index)
{
    for (uint32_t row = 0; row < supervisor->plan->header->service_count; row++)
        if (runs_in_form(supervisor, row) && index-- == 0)
            return (status_t)row;
    return ERR_NOT_FOUND;
}
