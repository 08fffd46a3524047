// SPDX-License-Identifier: Apache-2.0
// Who runs, and what happens when one ends. Knows rows, states and time; starting, watching and
// telling others is done by the functions it is given, so every rule here is tested on the host in
// virtual time.
//
// A service that ends is started again at once; if it ends again soon, after 50 ms, doubling to 2
// s. Ten seconds of health make the next end the first again. When it runs again, whoever uses it
// is told.
#pragma once

#include "plan.h"

#include "abi/syscall.h"

#define RESTART_PAUSE_FIRST_NS 50000000ull
#define RESTART_PAUSE_MAX_NS   2000000000ull
#define RESTART_HEALTHY_NS     10000000000ull

// A service whose time is limited is looked at this often; as many looks in a row at which it had
// used all of it are told in the log.
#define WATCH_PERIOD_NS 1000000000ull
#define WATCH_LOOKS     5u

// What the supervisor asks of the machine.
struct supervisor_machine {
    // Starts a new instance of that row.
    status_t (*start)(void *self, uint32_t row);
    // Ends the instance at once.
    void (*kill)(void *self, uint32_t row);
    // Fills `info` for the row's last instance.
    status_t (*info)(void *self, uint32_t row, struct process_info *info);
    // The same for the budget it runs on.
    status_t (*budget)(void *self, uint32_t row, struct budget_info *info);
    // The row runs again: raise its bit with everyone who calls it.
    void (*tell_restarted)(void *self, uint32_t row);
    // The row will not run on this machine: who calls it is refused instead of waiting for ever.
    void (*abandon)(void *self, uint32_t row);
    // Asks the row to end in good order.
    void (*tell_stop)(void *self, uint32_t row);
    void (*log)(void *self, const char *text);
    instant_ns_t (*clock)(void *self);
};

enum service_state {
    SERVICE_ABSENT, // the form does not run it
    SERVICE_RUNNING,
    SERVICE_WAITING, // for its restart
    SERVICE_ENDED,   // and is not restarted
};

struct supervised {
    enum service_state state;
    uint32_t restarts;
    uint32_t quick_ends; // without ten healthy seconds between
    int32_t last_exit;   // exit code, or -cause of a fault
    instant_ns_t started_ns, restart_ns;
    uint64_t spent_ns; // of its time, at the last look
    uint32_t looks;    // in a row that found all its time used
    bool full;         // all its memory is used, and that was told
};

struct supervisor {
    const struct plan *plan;
    uint32_t form;
    const struct supervisor_machine *machine;
    void *machine_self;
    bool stopping;
    instant_ns_t watched_ns; // the last look at who uses up what
    struct supervised services[PLAN_SERVICES_MAX];
};

void supervisor_init(struct supervisor *supervisor, const struct plan *plan, uint32_t form,
                     const struct supervisor_machine *machine, void *machine_self);
// Starts every service of the form.
void supervisor_start(struct supervisor *supervisor);
// Some process ended: looks at all of them.
void supervisor_check(struct supervisor *supervisor);
// Starts what waits and is due; returns when the next is, or DEADLINE_NEVER.
instant_ns_t supervisor_due(struct supervisor *supervisor);
// Looks, when it is time to, who of those with a limit of time has used up what it may have, and
// tells it in the log. Returns when to look again, or DEADLINE_NEVER: nobody has such a limit.
instant_ns_t supervisor_watch(struct supervisor *supervisor);
// Ends a running service as a crash would. ERR_NOT_FOUND, ERR_DENIED (not a developer image),
// ERR_BAD_STATE.
status_t supervisor_end(struct supervisor *supervisor, const char *name);
// Asks all to stop; nothing is restarted from now on.
void supervisor_stop(struct supervisor *supervisor);
// Whether any service still runs.
bool supervisor_any_running(const struct supervisor *supervisor);
// The row of the index-th service of the form, or ERR_NOT_FOUND.
status_t supervisor_row(const struct supervisor *supervisor, uint32_t index);
