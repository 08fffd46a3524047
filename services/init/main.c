// SPDX-License-Identifier: Apache-2.0
// init: the only process the kernel starts. It holds all authority, hands out what the plan says,
// and watches. Wiring only: plan, form, launch and supervisor are the nouns.
#include "form.h"
#include "hardware.h"
#include "ops.h"

#include "base/error.h"
#include "os/budget.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/machine.h"
#include "os/memory.h"
#include "os/process.h"
#include "os/signal.h"
#include "os/start.h"
#include "os/time.h"

#include <string.h>

#define EXIT_CANNOT_START 1
#define STOP_AFTER_NS     (200 * OS_MILLISECOND) // so that who asked still gets its answer out
#define STOP_WITHIN_NS    OS_SECOND
#define STOP_LOOK_NS      (20 * OS_MILLISECOND)

static struct init init;
static instant_ns_t stop_deadline;

// Without a plan or a bundle there is no system: says why and ends, which stops the machine.
static _Noreturn void give_up(const char *what, status_t status)
{
    log_printf("cannot start the system: %s: %s", what, error_text(status));
    os_process_exit(EXIT_CANNOT_START);
}

static void check(const char *what, status_t status)
{
    if (status < 0)
        give_up(what, status);
}

// The machine as the supervisor sees it.

static status_t machine_start(void *self, uint32_t row)
{
    return launcher_start(&init.launcher, row);
}

static void machine_kill(void *self, uint32_t row)
{
    os_process_kill(init.launcher.instances[row].process, -1);
}

static status_t machine_process(void *self, uint32_t row, struct process_info *info)
{
    status_t status = os_process_info(init.launcher.instances[row].process, info);
    if (status == OK)
        launcher_unslide(&init.launcher, row, info);
    return status;
}

static status_t machine_budget(void *self, uint32_t row, struct budget_info *info)
{
    return os_budget_info(init.launcher.instances[row].budget, info);
}

static void machine_tell_restarted(void *self, uint32_t row)
{
    launcher_tell_restarted(&init.launcher, row);
}

static void machine_abandon(void *self, uint32_t row)
{
    launcher_abandon(&init.launcher, row);
}

static void machine_tell_stop(void *self, uint32_t row)
{
    os_signal_raise(init.launcher.instances[row].signal, SYSTEM_BIT_STOP);
}

static void machine_log(void *self, const char *text)
{
    log_printf("%s", text);
}

static instant_ns_t machine_clock(void *self)
{
    return os_clock();
}

static const struct supervisor_machine machine = {.start = machine_start,
                                                  .kill = machine_kill,
                                                  .info = machine_process,
                                                  .budget = machine_budget,
                                                  .tell_restarted = machine_tell_restarted,
                                                  .abandon = machine_abandon,
                                                  .tell_stop = machine_tell_stop,
                                                  .log = machine_log,
                                                  .clock = machine_clock};

void init_look(struct init *self)
{
    supervisor_check(&self->supervisor);
    if (self->console_row < PLAN_SERVICES_MAX &&
        self->supervisor.services[self->console_row].state != SERVICE_RUNNING) {
        self->console_row = PLAN_SERVICES_MAX;
        os_log_console(self->launcher.machine, true);
    }
    instant_ns_t due = supervisor_due(&self->supervisor);
    if (due != DEADLINE_NEVER)
        ipc_timer_start(&self->server, &self->restart_timer, due);
}

static void on_ended(void *self, uint64_t bits)
{
    init_look(self);
}

static void on_restart_due(void *self)
{
    init_look(self);
}

static void on_watch_due(void *self)
{
    instant_ns_t due = supervisor_watch(&init.supervisor);
    if (due != DEADLINE_NEVER)
        ipc_timer_start(&init.server, &init.watch_timer, due);
}

static void on_power_due(void *self)
{
    if (!init.supervisor.stopping) {
        stop_deadline = os_deadline(STOP_WITHIN_NS);
        supervisor_stop(&init.supervisor);
    }
    if (supervisor_any_running(&init.supervisor) && os_clock() < stop_deadline) {
        ipc_timer_start(&init.server, &init.power_timer, os_deadline(STOP_LOOK_NS));
        return;
    }
    os_log_console(init.launcher.machine, true);
    log_printf("%s", init.power_action == POWER_REBOOT ? "restarting" : "switching off");
    status_t status = os_machine_power(init.launcher.machine, init.power_action);
    log_printf("this machine cannot do that: %s", error_text(status));
}

void init_power(struct init *self, uint32_t action)
{
    self->power_action = action;
    ipc_timer_start(&self->server, &self->power_timer, os_deadline(STOP_AFTER_NS));
}

static const void *map_whole(const char *name, handle_t *out_memory, uint64_t *out_size_bytes)
{
    void *address = NULL;
    *out_memory = os_handle(name);
    status_t status = os_memory_size(*out_memory, out_size_bytes);
    if (status == OK)
        status = os_memory_map(*out_memory, 0, *out_size_bytes, PROTECT_READ, &address);
    check(name, status);
    return address;
}

static void open_inputs(void)
{
    struct launcher *launcher = &init.launcher;
    uint64_t tree_bytes;
    handle_t tree;
    struct os_bundle *bundle = &launcher->bundle;
    bundle->bytes = map_whole("bundle", &bundle->memory, &bundle->size_bytes);
    check("bundle", os_bundle_check(bundle));
    const struct bundle_entry *plan = os_bundle_find(bundle, "plan", BUNDLE_PLAN);
    check("plan", plan ? plan_open(&init.plan, bundle->bytes + plan->offset, plan->size_bytes)
                       : ERR_NOT_FOUND);
    const void *bytes = map_whole("devicetree", &tree, &tree_bytes);
    check("devicetree", devicetree_open(&launcher->tree, bytes, tree_bytes));
    launcher->plan = &init.plan;
    launcher->machine = os_handle("machine");
    launcher->log = os_handle("log");
    launcher->budget = os_handle("budget");
    // The first eight bytes chose init's own places.
    memcpy(launcher->key, os_start_seed() + 8, LAYOUT_SEED_BYTES - 8);
}

static uint32_t choose_form(void)
{
    struct launcher *launcher = &init.launcher;
    struct machine_info info;
    check("machine", os_machine_info(launcher->log, &info));
    struct form_hardware hardware = {.has_display =
                                         hardware_has_display(&launcher->tree, launcher->machine),
                                     .memory_bytes = info.memory_bytes};
    struct form_choice choice;
    status_t status = form_choose(&init.plan, os_arguments(), &hardware, &choice);
    if (status < 0)
        log_printf("no form can run here: %s", choice.reason);
    check("choosing a form", status);
    if (choice.refused)
        log_printf("form refused: %s; running %s instead", choice.reason,
                   init.plan.forms[choice.index].name);
    else
        log_printf("form: %s", choice.reason);
    return choice.index;
}

static void serve(void)
{
    struct ipc_service service = {
        .table = init_methods, .op_count = init_method_count, .ops = &init_ops, .self = &init};
    check("endpoint", os_endpoint_create(&service.endpoint));
    check("signal", os_signal_create(&service.signal));
    ipc_server_init(&init.server, &service);
    init.restart_timer = (struct ipc_timer){.run = on_restart_due, .self = &init};
    init.watch_timer = (struct ipc_timer){.run = on_watch_due};
    init.power_timer = (struct ipc_timer){.run = on_power_due};
    init.launcher.supervisor = service.endpoint;
    init.launcher.signal = service.signal;
    init.launcher.ended_bit = ipc_server_bit(&init.server, on_ended, &init);
}

int main(void)
{
    init.console_row = PLAN_SERVICES_MAX;
    open_inputs();
    uint32_t form = choose_form();
    init.launcher.services = init.plan.forms[form].services;
    init.launcher.form = init.plan.forms[form].name;
    serve();
    check("endpoints", launcher_init(&init.launcher));
    supervisor_init(&init.supervisor, &init.plan, form, &machine, &init);
    supervisor_start(&init.supervisor);
    init_look(&init);
    on_watch_due(NULL);
    ipc_server_run(&init.server);
}
