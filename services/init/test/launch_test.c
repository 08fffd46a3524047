// SPDX-License-Identifier: Apache-2.0
// What a service is given: exactly its row, reduced, badged; nothing left behind when anything
// fails; and the supervisor interface over it all.
#include "../launch.h"
#include "../ops.h"
#include "base/test.h"
#include "fake_kernel.h"
#include "ipc/host.h"
#include "os/handle.h"
#include "os/host.h"
#include "os/host_object.h"
#include "os/process.h"
#include "os/signal.h"
#include "plan_fixture.h"

#define BUNDLE_PAGES 8

static struct plan_fixture fixture;
static struct init init;
static struct launcher *const launcher = &init.launcher;
static _Alignas(4096) uint8_t bundle[BUNDLE_PAGES * PAGE_SIZE];
static bool looked, powered;

static uint8_t tree_bytes[158];

// A device tree with one virtio transport at 0x10001200, interrupt 3.
static void make_tree(void)
{
    static const char strings[] = "compatible\0reg\0interrupts";
    const uint32_t before[] = {0xd00dfeed, sizeof tree_bytes, 40, 132, 40, 17, 16, 0, 26, 92, 1, 0,
                               1,          'v' << 24,         3,  12,  0};
    const uint32_t after[] = {3, 12, 11, 0, 0x10001200, 0x100, 3, 4, 15, 3, 2, 2, 9};
    struct writer out = writer_of(tree_bytes, sizeof tree_bytes);
    for (uint32_t i = 0; i < sizeof before / 4; i++)
        writer_be32(&out, before[i]);
    writer_bytes(&out, "virtio,mmio", 12);
    for (uint32_t i = 0; i < sizeof after / 4; i++)
        writer_be32(&out, after[i]);
    writer_bytes(&out, strings, sizeof strings);
    CHECK(writer_ok(&out) && out.size == sizeof tree_bytes);
}

void init_look(struct init *self)
{
    looked = true;
}

void init_power(struct init *self, uint32_t action)
{
    powered = true;
}

static void bundle_add(uint32_t index, const char *name, uint32_t kind, uint32_t page)
{
    struct bundle_entry *entry =
        (struct bundle_entry *)(void *)(bundle + sizeof(struct bundle_header)) + index;
    *entry = (struct bundle_entry){
        .kind = kind, .offset = page * PAGE_SIZE, .size_bytes = kind == BUNDLE_DATA ? 100 : 4096};
    memcpy(entry->name, name, strlen(name));
    if (kind != BUNDLE_PROGRAM)
        return;
    struct program_header *program = (struct program_header *)(void *)(bundle + page * PAGE_SIZE);
    *program = (struct program_header){.magic = PROGRAM_MAGIC,
                                       .segment_count = 1,
                                       .entry = 0x100000,
                                       .stack_bytes = PAGE_SIZE,
                                       .segments = {{.address = 0x100000,
                                                     .offset = 0,
                                                     .file_bytes = 100,
                                                     .memory_bytes = 100,
                                                     .protect = PROTECT_READ | PROTECT_EXECUTE}}};
}

static void setup(uint32_t form)
{
    ipc_host_reset();
    fake_reset();
    memset(&init, 0, sizeof init);
    fixture = plan_fixture_make();
    CHECK_EQ(plan_open(&init.plan, &fixture, sizeof fixture), OK);
    *(struct bundle_header *)(void *)bundle = (struct bundle_header){
        .magic = BUNDLE_MAGIC, .size_bytes = sizeof bundle, .entry_count = 4};
    bundle_add(0, "disk", BUNDLE_PROGRAM, 1);
    bundle_add(1, "notes", BUNDLE_PROGRAM, 2);
    bundle_add(2, "store", BUNDLE_PROGRAM, 3);
    bundle_add(3, "font", BUNDLE_DATA, 4);
    memset(bundle + 4 * PAGE_SIZE, 'f', 100);
    launcher->plan = &init.plan;
    launcher->services = fixture.forms[form].services;
    launcher->bundle = (struct os_bundle){.bytes = bundle, .size_bytes = sizeof bundle};
    CHECK_EQ(os_bundle_check(&launcher->bundle), OK);
    make_tree();
    CHECK_EQ(devicetree_open(&launcher->tree, tree_bytes, sizeof tree_bytes), OK);
    CHECK_EQ(host_object_create(OBJECT_MACHINE, &launcher->machine, NULL), OK);
    CHECK_EQ(host_object_create(OBJECT_LOG, &launcher->log, NULL), OK);
    CHECK_EQ(os_endpoint_create(&launcher->supervisor), OK);
    CHECK_EQ(os_signal_create(&launcher->signal), OK);
    CHECK_EQ(launcher_init(launcher), OK);
}

static uint32_t rights_of(const struct start_entry *entry)
{
    struct os_handle_facts facts = {0};
    CHECK(entry != NULL && os_handle_info(entry->handle, &facts) == OK);
    return facts.rights;
}

static uint64_t badge_of(const struct start_entry *entry)
{
    struct os_handle_facts facts = {0};
    CHECK(entry != NULL && os_handle_info(entry->handle, &facts) == OK);
    return facts.badge;
}

static void a_service_is_told_the_form(void)
{
    setup(0);
    launcher->form = "phone";
    CHECK_EQ(launcher_start(launcher, ROW_STORE), OK);
    const struct fake_process *store = fake_process_find("store");
    CHECK(strcmp(store->start.arguments, "store nexus.form=phone") == 0);
}

static void a_service_gets_a_budget_of_its_own(void)
{
    setup(0);
    CHECK_EQ(launcher_start(launcher, ROW_STORE), OK);
    const struct fake_process *store = fake_process_find("store");
    CHECK_EQ(store->terms.bytes_reserved, 128u << 10);
    CHECK(store->terms.bytes_limit >= (512u << 10) + PAGE_SIZE);
    CHECK(store->terms.bytes_limit <= (2u << 20));
    CHECK(store->terms.period_ns == 0 && store->terms.amount_ns == 0);
    fixture.services[ROW_STORE].time_us = 2000;
    fixture.services[ROW_STORE].period_us = 10000;
    CHECK_EQ(launcher_start(launcher, ROW_STORE), OK);
    store = fake_process_find("store");
    CHECK(store->terms.period_ns == 10000000 && store->terms.amount_ns == 2000000);
    uint32_t count = fake_process_count();
    fake_budget_bytes = 100u << 10; // less than is promised to it
    CHECK_EQ(launcher_start(launcher, ROW_STORE), ERR_NO_MEMORY);
    CHECK_EQ(fake_process_count(), count);
}

static void each_instance_has_the_next_mistake(void)
{
    setup(0);
    struct bundle_entry *entry =
        (struct bundle_entry *)(void *)(bundle + sizeof(struct bundle_header)) + 3;
    memcpy(entry->name, "store.faults", 13);
    entry->size_bytes = 3 * PAGE_SIZE;
    uint64_t *words = (uint64_t *)(void *)(bundle + 4 * PAGE_SIZE);
    words[0] = PLAN_FAULTS_MAGIC;
    words[1] = 3; // of which there is room for two
    words[2] = 0x100000;
    words[3] = 0x105000;
    CHECK_EQ(launcher_start(launcher, ROW_STORE), OK);
    CHECK_EQ(fake_process_find("store")->patch_offset, 0); // it is not to have any
    fixture.services[ROW_STORE].restart = PLAN_RESTART_FAULTS;
    const uint64_t addresses[] = {0x100000, 0x105000, 0, 0};
    for (uint32_t i = 0; i < 4; i++) {
        CHECK_EQ(launcher_start(launcher, ROW_STORE), OK);
        CHECK_EQ(fake_process_find("store")->patch_address, addresses[i]);
        CHECK_EQ(fake_process_find("store")->patch_offset, i < 2 ? (5 + i) * PAGE_SIZE : 0);
    }
}

static void a_service_gets_exactly_its_row(void)
{
    setup(0);
    CHECK_EQ(launcher_start(launcher, ROW_STORE), OK);
    const struct fake_process *store = fake_process_find("store");
    CHECK_EQ(store->state, PROCESS_RUNNING);
    CHECK_EQ(store->priority, 10);
    CHECK(strcmp(store->start.arguments, "store") == 0); // no form was chosen here
    CHECK_EQ(store->start.entry_count, 6);               // self system log heap block init
    CHECK_EQ(fake_entry(store, "heap")->value, 512);
    CHECK_EQ(fake_entry(store, "block")->value, 2);
    CHECK_EQ(badge_of(fake_entry(store, "block")), 77ull << 32 | (ROW_STORE + 1));
    CHECK_EQ(rights_of(fake_entry(store, "block")), RIGHT_CALL | RIGHT_TRANSFER);
    CHECK_EQ(os_host_object(fake_entry(store, "block")->handle),
             os_host_object(launcher->instances[ROW_DISK].endpoint));
    CHECK_EQ(badge_of(fake_entry(store, "init")), ROW_STORE + 1);
    CHECK_EQ(rights_of(fake_entry(store, "log")), RIGHT_READ | RIGHT_WRITE | RIGHT_TRANSFER);
    CHECK(rights_of(fake_entry(store, "self")) & RIGHT_RECEIVE);
    CHECK_EQ(badge_of(fake_entry(store, "self")), 0);
    handle_t system = fake_entry(store, "system")->handle;
    CHECK_EQ(os_signal_raise(system, SYSTEM_BIT_STOP), ERR_DENIED);
    CHECK_EQ(os_signal_raise(system, 1), ERR_DENIED);
    CHECK_EQ(os_signal_raise(system, 1ull << SYSTEM_BIT_INTERRUPT_FIRST), ERR_DENIED);
    CHECK_EQ(os_signal_raise(system, SYSTEM_BITS_OWN), OK);
}

static void a_driver_gets_registers_and_interrupts(void)
{
    setup(0);
    CHECK_EQ(launcher_start(launcher, ROW_DISK), OK);
    const struct fake_process *disk = fake_process_find("disk");
    CHECK_EQ(fake_entry(disk, "mmio0")->value, 0x200);
    CHECK_EQ(rights_of(fake_entry(disk, "mmio0")), RIGHT_READ | RIGHT_WRITE | RIGHT_TRANSFER);
    CHECK_EQ(fake_entry(disk, "irq0")->value, SYSTEM_BIT_INTERRUPT_FIRST);
    CHECK_EQ(rights_of(fake_entry(disk, "irq0")), RIGHT_MANAGE | RIGHT_TRANSFER);
    CHECK_EQ(fake_entry(disk, "width0")->value, 1);
    CHECK(fake_entry(disk, "mmio1") == NULL);
    CHECK_EQ(rights_of(fake_entry(disk, "log")), RIGHT_WRITE | RIGHT_TRANSFER);
}

static void a_file_is_a_memory_of_its_own(void)
{
    setup(0);
    CHECK_EQ(launcher_start(launcher, ROW_NOTES), OK);
    const struct start_entry *font = fake_entry(fake_process_find("notes"), "font");
    CHECK_EQ(font->value, 100);
    CHECK_EQ(rights_of(font), RIGHT_READ | RIGHT_DUPLICATE | RIGHT_TRANSFER);
    status_t status;
    struct host_object *memory = host_object_of(font->handle, OBJECT_MEMORY, 0, &status);
    CHECK_EQ(memory->size_bytes, PAGE_SIZE);
    CHECK_EQ(memory->bytes[99], 'f');
    CHECK_EQ(memory->bytes[100], 0);
    CHECK_EQ(launcher_start(launcher, ROW_NOTES), OK); // again: the same memory
    font = fake_entry(fake_process_find("notes"), "font");
    CHECK(host_object_of(font->handle, OBJECT_MEMORY, 0, &status) == memory);
}

static void the_endpoint_outlives_the_instance(void)
{
    setup(0);
    CHECK_EQ(launcher_start(launcher, ROW_STORE), OK);
    struct launch_instance first = launcher->instances[ROW_STORE];
    CHECK_EQ(os_process_kill(first.process, 1), OK);
    uint32_t before = os_host_handle_count();
    CHECK_EQ(launcher_start(launcher, ROW_STORE), OK);
    CHECK_EQ(launcher->instances[ROW_STORE].endpoint, first.endpoint);
    CHECK(launcher->instances[ROW_STORE].signal != first.signal);
    CHECK_EQ(os_process_kill(launcher->instances[ROW_STORE].process, 1), OK);
    CHECK_EQ(os_host_handle_count(), before);
}

static void what_the_form_does_not_run_is_not_granted(void)
{
    setup(1);
    fixture.forms[1].services = launcher->services = 1u << ROW_NOTES;
    CHECK_EQ(launcher_start(launcher, ROW_NOTES), OK);
    CHECK(fake_entry(fake_process_find("notes"), "store") == NULL);
}

static void a_driver_without_its_device_is_not_started(void)
{
    setup(0);
    memcpy(fixture.grants[0].target, "other,chip", 11);
    uint32_t before = os_host_handle_count();
    CHECK_EQ(launcher_start(launcher, ROW_DISK), ERR_NOT_FOUND);
    CHECK_EQ(os_host_handle_count(), before);
}

static void every_failure_leaves_nothing_behind(void)
{
    for (uint32_t row = 0; row < 3; row++) {
        uint32_t failures = 0;
        for (uint32_t n = 1; n < 60; n++) {
            setup(0);
            uint32_t before = os_host_handle_count();
            os_host_fail_after(n);
            status_t status = launcher_start(launcher, row);
            os_host_fail_after(0);
            if (status == OK)
                break;
            failures++;
            // A file's memory is kept for the next try.
            CHECK_EQ(os_host_handle_count(), before + launcher->file_count);
        }
        CHECK(failures > 8);
    }
}

static void callers_are_told_of_a_restart(void)
{
    setup(0);
    for (uint32_t row = 0; row < 3; row++)
        CHECK_EQ(launcher_start(launcher, row), OK);
    launcher_tell_restarted(launcher, ROW_DISK);
    CHECK_EQ(os_host_signal_take(launcher->instances[ROW_STORE].signal), 1u << 2);
    CHECK_EQ(os_host_signal_take(launcher->instances[ROW_NOTES].signal), 0);
    launcher_tell_restarted(launcher, ROW_STORE);
    CHECK_EQ(os_host_signal_take(launcher->instances[ROW_NOTES].signal), 1u << 4);
}

static status_t start_row(void *self, uint32_t row)
{
    return launcher_start(launcher, row);
}

static void kill_row(void *self, uint32_t row)
{
    os_process_kill(launcher->instances[row].process, -1);
}

static instant_ns_t no_time(void *self)
{
    return 1;
}

static const struct supervisor_machine machine = {
    .start = start_row, .kill = kill_row, .clock = no_time};

static handle_t serve(void)
{
    struct ipc_service service = {.table = init_methods,
                                  .op_count = init_method_count,
                                  .ops = &init_ops,
                                  .self = &init,
                                  .endpoint = launcher->supervisor,
                                  .signal = launcher->signal};
    setup(1);
    service.endpoint = launcher->supervisor;
    service.signal = launcher->signal;
    ipc_server_init(&init.server, &service);
    supervisor_init(&init.supervisor, &init.plan, 1, &machine, NULL);
    supervisor_start(&init.supervisor);
    return ipc_host_client(&init.server, ROW_STORE + 1);
}

static void the_interface_lists_ends_and_describes(void)
{
    handle_t client = serve();
    struct supervisor_service_rep service;
    CHECK_EQ(
        supervisor_service(client, &(struct supervisor_service_req){.index = 1}, &service, NULL),
        OK);
    CHECK(strcmp(service.name, "store") == 0);
    CHECK_EQ(service.state, PROCESS_RUNNING);
    CHECK_EQ(
        supervisor_service(client, &(struct supervisor_service_req){.index = 2}, &service, NULL),
        ERR_NOT_FOUND);
    struct supervisor_kill_rep killed;
    CHECK_EQ(supervisor_kill(client, &(struct supervisor_kill_req){.name = "disk"}, &killed, NULL),
             OK);
    CHECK_EQ(fake_process_find("disk")->state, PROCESS_EXITED);
    struct supervisor_kill_req unterminated;
    memset(&unterminated, 'x', sizeof unterminated);
    CHECK_EQ(supervisor_kill(client, &unterminated, &killed, NULL), ERR_INVALID);
    struct supervisor_device_rep device;
    CHECK_EQ(supervisor_device(client, &(struct supervisor_device_req){0}, &device, NULL), OK);
    CHECK(strcmp(device.form.name, "headless") == 0);
    CHECK_EQ(device.developer, 1);
}

static void power_and_the_log_are_handed_over(void)
{
    handle_t client = serve();
    struct supervisor_power_rep rep;
    CHECK_EQ(supervisor_power(client, &(struct supervisor_power_req){.action = 2}, &rep, NULL),
             ERR_INVALID);
    CHECK(!powered);
    CHECK_EQ(
        supervisor_power(client, &(struct supervisor_power_req){.action = POWER_OFF}, &rep, NULL),
        OK);
    CHECK(powered);
    struct supervisor_console_rep console;
    CHECK(fake_log_console());
    CHECK_EQ(
        supervisor_console(client, &(struct supervisor_console_req){.taken = 1}, &console, NULL),
        OK);
    CHECK(!fake_log_console());
    CHECK_EQ(init.console_row, ROW_STORE);
    CHECK_EQ(
        supervisor_console(client, &(struct supervisor_console_req){.taken = 2}, &console, NULL),
        ERR_INVALID);
}

static void a_trace_begins_is_read_and_ends(void)
{
    handle_t client = serve();
    struct supervisor_trace_rep rep;
    struct supervisor_trace_read_rep read;
    uint8_t bytes[256];
    struct ipc_extra extra = {.reply_tail = bytes, .reply_tail_max = sizeof bytes};
    struct supervisor_trace_read_req all = {.size_bytes = sizeof bytes};
    CHECK_EQ(supervisor_trace_read(client, &all, &read, &extra), ERR_BAD_STATE);
    CHECK_EQ(supervisor_trace(client, &(struct supervisor_trace_req){.on = 2}, &rep, NULL),
             ERR_INVALID);
    CHECK(!fake_traces());
    CHECK_EQ(supervisor_trace(client, &(struct supervisor_trace_req){.on = 1}, &rep, NULL), OK);
    CHECK(fake_traces());
    extra = (struct ipc_extra){.reply_tail = bytes, .reply_tail_max = sizeof bytes};
    CHECK_EQ(supervisor_trace_read(client, &all, &read, &extra), OK);
    CHECK(!fake_traces()); // what is read stands still
    CHECK(read.total_bytes > 0 && extra.reply_tail_size <= read.total_bytes);
    extra = (struct ipc_extra){.reply_tail = bytes, .reply_tail_max = sizeof bytes};
    all.offset_bytes = read.total_bytes + 1;
    CHECK_EQ(supervisor_trace_read(client, &all, &read, &extra), ERR_RANGE);
    CHECK_EQ(supervisor_trace(client, &(struct supervisor_trace_req){.on = 0}, &rep, NULL), OK);
    CHECK_EQ(supervisor_trace_read(client, &all, &read, &extra), ERR_BAD_STATE);
}

TEST_MAIN(TEST(a_service_is_told_the_form), TEST(a_service_gets_a_budget_of_its_own),
          TEST(each_instance_has_the_next_mistake), TEST(a_service_gets_exactly_its_row),
          TEST(a_driver_gets_registers_and_interrupts), TEST(a_file_is_a_memory_of_its_own),
          TEST(the_endpoint_outlives_the_instance), TEST(what_the_form_does_not_run_is_not_granted),
          TEST(a_driver_without_its_device_is_not_started),
          TEST(every_failure_leaves_nothing_behind), TEST(callers_are_told_of_a_restart),
          TEST(the_interface_lists_ends_and_describes), TEST(power_and_the_log_are_handed_over),
          TEST(a_trace_begins_is_read_and_ends))
