// SPDX-License-Identifier: Apache-2.0
// From a plan row to a running process. Each grant becomes start entries through `give`, which
// reduces the rights, puts the badge on and moves the handle: nothing else reaches a service.
#include "launch.h"

#include "base/error.h"
#include "base/math.h"
#include "os/budget.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/machine.h"
#include "os/memory.h"
#include "os/process.h"
#include "os/signal.h"

#include <sodium/crypto_stream_chacha20.h>

#include <stdio.h>
#include <string.h>

#define OVERHEAD_BYTES (512u << 10) // page tables, handles, kernel objects, the message page
#define INTERRUPTS_MAX (SYSTEM_BIT_INTERRUPT_LAST - SYSTEM_BIT_INTERRUPT_FIRST + 1)

// An instance being put together.
struct launch {
    struct launcher *launcher;
    const struct plan_service *service;
    uint32_t row;
    handle_t process, signal, budget;
    uint64_t slide;
    uint32_t device_count, interrupt_count;
    bool wants_devices;
};

// What a start entry names and how the handle is reduced on its way.
struct gift {
    const char *name;
    handle_t handle; // stays ours; HANDLE_NONE: a value only
    uint32_t rights;
    uint64_t badge; // or a signal's mask
    uint32_t value;
};

static status_t give(struct launch *launch, const struct gift *gift)
{
    struct start_block *block = &launch->launcher->block;
    if (block->entry_count == START_ENTRIES_MAX)
        return ERR_FULL;
    struct start_entry *entry = &block->entries[block->entry_count];
    *entry = (struct start_entry){.value = gift->value};
    memcpy(entry->name, gift->name, min_u64(strlen(gift->name), START_NAME_MAX - 1));
    if (gift->handle != HANDLE_NONE) {
        handle_t reduced;
        status_t status =
            os_handle_duplicate(gift->handle, gift->rights | RIGHT_TRANSFER, gift->badge, &reduced);
        if (status < 0)
            return status;
        status = os_handle_give(launch->process, reduced, &entry->handle);
        if (status < 0) {
            os_handle_close(reduced);
            return status;
        }
    }
    block->entry_count++;
    return OK;
}

static status_t give_value(struct launch *launch, const char *word, uint32_t number, uint32_t value)
{
    char name[START_NAME_MAX];
    snprintf(name, sizeof name, "%s%u", word, (unsigned)number);
    return give(launch, &(struct gift){.name = name, .value = value});
}

// Registers become "mmioN": whole pages, the value is where in the first page the device begins.
static status_t give_registers(struct launch *launch, const struct devicetree_device *device)
{
    uint64_t start = align_down(device->address, PAGE_SIZE);
    uint64_t end = align_up(device->address + device->size_bytes, PAGE_SIZE);
    handle_t memory;
    if (end <= start)
        return ERR_INVALID;
    status_t status = os_memory_device(launch->launcher->machine, start, end - start, &memory);
    if (status < 0)
        return status;
    char name[START_NAME_MAX];
    snprintf(name, sizeof name, "mmio%u", (unsigned)launch->device_count);
    status = give(launch, &(struct gift){.name = name,
                                         .handle = memory,
                                         .rights = RIGHT_READ | RIGHT_WRITE,
                                         .value = (uint32_t)(device->address - start)});
    os_handle_close(memory);
    return status;
}

static status_t give_interrupt(struct launch *launch, const struct devicetree_device *device)
{
    if (launch->interrupt_count == INTERRUPTS_MAX)
        return ERR_FULL;
    uint32_t bit = SYSTEM_BIT_INTERRUPT_FIRST + launch->interrupt_count++;
    handle_t interrupt;
    status_t status = os_interrupt_create(launch->launcher->machine, device->interrupt,
                                          launch->signal, 1ull << bit, &interrupt);
    if (status < 0)
        return status;
    char name[START_NAME_MAX];
    snprintf(name, sizeof name, "irq%u", (unsigned)launch->device_count);
    status = give(
        launch,
        &(struct gift){.name = name, .handle = interrupt, .rights = RIGHT_MANAGE, .value = bit});
    os_handle_close(interrupt);
    return status;
}

static status_t give_device(struct launch *launch, const struct devicetree_device *device)
{
    status_t status = give_registers(launch, device);
    if (status == OK && device->has_interrupt)
        status = give_interrupt(launch, device);
    if (status == OK)
        status = give_value(launch, "shift", launch->device_count, device->reg_shift);
    if (status == OK)
        status = give_value(launch, "width", launch->device_count, device->reg_io_width);
    if (status == OK)
        status = give_value(launch, "clock", launch->device_count, device->clock_hz);
    launch->device_count++;
    return status;
}

static status_t give_devices(struct launch *launch, const struct plan_grant *grant)
{
    struct devicetree_device devices[DEVICETREE_DEVICES_MAX];
    launch->wants_devices = true;
    status_t count =
        devicetree_find(&launch->launcher->tree, grant->target, devices, DEVICETREE_DEVICES_MAX);
    status_t status = count < 0 ? count : OK;
    for (status_t i = 0; i < count && status == OK; i++)
        status = give_device(launch, &devices[i]);
    return status;
}

// The file's own memory, copied from the bundle once: a handle to the bundle would show all
// programs.
static status_t file_memory(struct launcher *launcher, const struct bundle_entry *entry,
                            handle_t *out_memory)
{
    for (uint32_t i = 0; i < launcher->file_count; i++) {
        if (launcher->files[i].entry == entry) {
            *out_memory = launcher->files[i].memory;
            return OK;
        }
    }
    if (launcher->file_count == LAUNCH_FILES_MAX || entry->size_bytes == 0)
        return entry->size_bytes == 0 ? ERR_CORRUPT : ERR_FULL;
    void *address;
    status_t status = os_memory_allocate(entry->size_bytes, 0, out_memory, &address);
    if (status < 0)
        return status;
    memcpy(address, launcher->bundle.bytes + entry->offset, entry->size_bytes);
    os_memory_unmap(address, align_up(entry->size_bytes, PAGE_SIZE));
    launcher->files[launcher->file_count++] =
        (struct launch_file){.entry = entry, .memory = *out_memory};
    return OK;
}

static status_t give_file(struct launch *launch, const struct plan_grant *grant)
{
    struct launcher *launcher = launch->launcher;
    const struct bundle_entry *entry =
        os_bundle_find(&launcher->bundle, grant->target, BUNDLE_DATA);
    if (entry == NULL)
        return ERR_NOT_FOUND;
    handle_t memory;
    status_t status = file_memory(launcher, entry, &memory);
    if (status < 0)
        return status;
    return give(launch, &(struct gift){.name = grant->name,
                                       .handle = memory,
                                       .rights = RIGHT_READ | RIGHT_DUPLICATE,
                                       .value = (uint32_t)entry->size_bytes});
}

static status_t give_service(struct launch *launch, const struct plan_grant *grant)
{
    struct launcher *launcher = launch->launcher;
    status_t target = plan_service_find(launcher->plan, grant->target);
    // A form that does not run the other: the entry is missing, and the service sees that.
    if (target < 0 || !(launcher->services >> target & 1))
        return OK;
    uint64_t badge = (uint64_t)PLAN_GRANT_RESTRICTION(grant->value) << 32 | (launch->row + 1);
    return give(launch, &(struct gift){.name = grant->name,
                                       .handle = launcher->instances[target].endpoint,
                                       .rights = RIGHT_CALL,
                                       .badge = badge,
                                       .value = PLAN_GRANT_BIT(grant->value)});
}

static status_t give_grant(struct launch *launch, const struct plan_grant *grant)
{
    struct launcher *launcher = launch->launcher;
    struct gift gift = {.name = grant->name};
    switch (grant->kind) {
    case GRANT_SERVICE:
        return give_service(launch, grant);
    case GRANT_DEVICES:
        return give_devices(launch, grant);
    case GRANT_FILE:
        return give_file(launch, grant);
    case GRANT_SUPERVISOR:
        gift.handle = launcher->supervisor;
        gift.rights = RIGHT_CALL;
        gift.badge = launch->row + 1;
        return give(launch, &gift);
    case GRANT_MACHINE:
        gift.handle = launcher->machine;
        gift.rights = RIGHT_MANAGE;
        return give(launch, &gift);
    case GRANT_PHYSICAL:
        gift.handle = launcher->machine;
        gift.rights = RIGHT_PHYSICAL;
        return give(launch, &gift);
    default: // LOG_READ is looked at with "log"
        return OK;
    }
}

static bool may_read_log(const struct launch *launch)
{
    const struct plan_grant *grants = launch->launcher->plan->grants + launch->service->grant_first;
    for (uint32_t i = 0; i < launch->service->grant_count; i++)
        if (grants[i].kind == GRANT_LOG_READ)
            return true;
    return false;
}

// The handles every program gets.
static status_t give_basics(struct launch *launch)
{
    const struct launcher *launcher = launch->launcher;
    const struct gift gifts[] = {
        {.name = "self",
         .handle = launcher->instances[launch->row].endpoint,
         .rights = RIGHT_CALL | RIGHT_RECEIVE | RIGHT_DUPLICATE},
        {.name = "system",
         .handle = launch->signal,
         .rights = RIGHT_RAISE | RIGHT_WAIT | RIGHT_DUPLICATE,
         .badge = SYSTEM_BITS_OWN}, // restart, interrupts and stop are raised by others only
        {.name = "log",
         .handle = launcher->log,
         .rights = RIGHT_WRITE | (may_read_log(launch) ? RIGHT_READ : 0)},
        {.name = "heap", .value = launch->service->memory_kib},
    };
    status_t status = OK;
    for (uint32_t i = 0; i < ARRAY_COUNT(gifts) && status == OK; i++)
        status = give(launch, &gifts[i]);
    return status;
}

// The program's name, and which form it runs on: "mesh nexus.form=phone".
static void write_arguments(struct launch *launch)
{
    static const char option[] = " nexus.form=";
    char *arguments = launch->launcher->block.arguments;
    size_t size = strnlen(launch->service->name, PLAN_NAME_MAX - 1);
    _Static_assert(START_ARGS_MAX > 2 * PLAN_NAME_MAX + sizeof option, "both fit");
    memcpy(arguments, launch->service->name, size);
    if (launch->launcher->form != NULL) {
        memcpy(arguments + size, option, sizeof option - 1);
        memcpy(arguments + size + sizeof option - 1, launch->launcher->form,
               strnlen(launch->launcher->form, PLAN_NAME_MAX - 1));
    }
}

static status_t give_all(struct launch *launch)
{
    struct launcher *launcher = launch->launcher;
    launcher->block = (struct start_block){.magic = START_MAGIC};
    write_arguments(launch);
    status_t status = give_basics(launch);
    for (uint32_t i = 0; i < launch->service->grant_count && status == OK; i++) {
        const struct plan_grant *grant = &launcher->plan->grants[launch->service->grant_first + i];
        status = give_grant(launch, grant);
        if (status < 0)
            log_printf("%s: grant %s: %s", launch->service->name, grant->name, error_text(status));
    }
    if (status == OK && launch->wants_devices && launch->device_count == 0)
        status = ERR_NOT_FOUND;
    return status;
}

// The next mistake for a program that is to have some; when there are no more it has none.
static void take_fault(struct launch *launch, struct os_program_load *load)
{
    struct launcher *launcher = launch->launcher;
    char name[PLAN_NAME_MAX + sizeof ".faults"];
    snprintf(name, sizeof name, "%s.faults", launch->service->name);
    const struct bundle_entry *entry = os_bundle_find(&launcher->bundle, name, BUNDLE_DATA);
    if (launch->service->restart != PLAN_RESTART_FAULTS || entry == NULL ||
        entry->size_bytes < PAGE_SIZE)
        return;
    const struct plan_faults *faults = (const void *)(launcher->bundle.bytes + entry->offset);
    uint64_t number = launcher->faults[launch->row];
    uint64_t most = entry->size_bytes / PAGE_SIZE;
    if (faults->magic != PLAN_FAULTS_MAGIC || faults->count > most || number >= faults->count)
        return;
    uint64_t pages_at =
        align_up(sizeof *faults + faults->count * sizeof(uint64_t), PAGE_SIZE) + number * PAGE_SIZE;
    if (pages_at + PAGE_SIZE > entry->size_bytes)
        return;
    launcher->faults[launch->row]++;
    load->patch_address = ((const uint64_t *)(const void *)(faults + 1))[number];
    load->patch_offset = entry->offset + pages_at;
}

// Random bytes for one instance: the key's stream cipher under a number that is never used twice.
static void seeds_make(struct launcher *launcher, uint8_t *bytes, size_t size)
{
    uint8_t number[crypto_stream_chacha20_NONCEBYTES];
    uint64_t instance = ++launcher->started;
    memcpy(number, &instance, sizeof number);
    crypto_stream_chacha20(bytes, size, number, launcher->key);
}

static status_t run(struct launch *launch, const struct program_header *program)
{
    struct launcher *launcher = launch->launcher;
    struct os_program_load load = {.process = launch->process,
                                   .budget = launch->budget,
                                   .bundle = &launcher->bundle,
                                   .program = program,
                                   .start = &launcher->block};
    uint8_t seed[2 * LAYOUT_SEED_BYTES]; // for the place of the program, and for itself
    seeds_make(launcher, seed, sizeof seed);
    load.layout = os_program_layout(program, layout_number(seed + LAYOUT_SEED_BYTES));
    launch->slide = load.layout.slide;
    take_fault(launch, &load);
    status_t status = give_all(launch);
    memcpy(launcher->block.seed, seed, LAYOUT_SEED_BYTES);
    if (status == OK)
        status = os_program_load(&load);
    if (status == OK)
        status = os_process_watch(launch->process, launcher->signal, launcher->ended_bit);
    struct os_process_start start = {.entry = program->entry + load.layout.slide,
                                     .stack_top = load.layout.stack_bottom + program->stack_bytes,
                                     .message_page = load.layout.message_page,
                                     .priority = launch->service->priority};
    return status == OK ? os_process_start(launch->process, &start) : status;
}

// What the manifest allows, and beside it what the program is made of.
static status_t budget_create(struct launch *launch, const struct program_header *program)
{
    const struct plan_service *service = launch->service;
    uint64_t own = OVERHEAD_BYTES + program->stack_bytes;
    for (uint32_t i = 0; i < program->segment_count; i++)
        if (program->segments[i].protect & PROTECT_WRITE)
            own += align_up(program->segments[i].memory_bytes, PAGE_SIZE);
    struct os_budget_terms terms = {.bytes_limit = own + ((uint64_t)service->memory_kib << 10),
                                    .bytes_reserved = (uint64_t)service->reserve_kib << 10,
                                    .period_ns = (uint64_t)service->period_us * 1000,
                                    .amount_ns = (uint64_t)service->time_us * 1000};
    terms.bytes_reserved = min_u64(terms.bytes_reserved, terms.bytes_limit);
    status_t status = os_budget_create(launch->launcher->budget, &terms, &launch->budget);
    if (status == ERR_NO_MEMORY)
        log_printf("%s: %u KiB are promised to it and less is free", service->name,
                   (unsigned)service->reserve_kib);
    return status;
}

status_t launcher_init(struct launcher *launcher)
{
    for (uint32_t row = 0; row < launcher->plan->header->service_count; row++) {
        if (!(launcher->services >> row & 1))
            continue;
        status_t status = os_endpoint_create(&launcher->instances[row].endpoint);
        if (status < 0)
            return status;
    }
    return OK;
}

static uint64_t program_end(const struct program_header *program)
{
    const struct program_segment *last = &program->segments[program->segment_count - 1];
    return last->address + last->memory_bytes;
}

void launcher_unslide(const struct launcher *launcher, uint32_t row, struct process_info *info)
{
    const struct launch_instance *instance = &launcher->instances[row];
    uint64_t *places[PROCESS_BACKTRACE_MAX + 2] = {&info->fault_pc, &info->registers[1]};
    for (uint32_t i = 0; i < PROCESS_BACKTRACE_MAX; i++)
        places[i + 2] = &info->backtrace[i];
    for (uint32_t i = 0; i < ARRAY_COUNT(places); i++)
        if (*places[i] >= instance->slide && *places[i] - instance->slide < instance->end)
            *places[i] -= instance->slide;
}

status_t launcher_start(struct launcher *launcher, uint32_t row)
{
    struct launch launch = {
        .launcher = launcher, .service = &launcher->plan->services[row], .row = row};
    const struct bundle_entry *entry =
        os_bundle_find(&launcher->bundle, launch.service->name, BUNDLE_PROGRAM);
    if (entry == NULL)
        return ERR_NOT_FOUND;
    const struct program_header *program;
    status_t status = os_bundle_program(&launcher->bundle, entry, &program);
    if (status < 0)
        return status;
    status = os_signal_create(&launch.signal);
    if (status < 0)
        return status;
    status = budget_create(&launch, program);
    if (status < 0)
        goto close_signal;
    status = os_process_create(launch.service->name, launch.budget, &launch.process);
    if (status < 0)
        goto close_budget;
    status = run(&launch, program);
    if (status < 0)
        goto end_process;
    struct launch_instance *instance = &launcher->instances[row];
    os_handle_close(instance->process);
    os_handle_close(instance->signal);
    os_handle_close(instance->budget);
    instance->process = launch.process;
    instance->signal = launch.signal;
    instance->budget = launch.budget;
    instance->slide = launch.slide;
    instance->end = program_end(program);
    return OK;

end_process:
    os_process_kill(launch.process, status);
    os_handle_close(launch.process);
close_budget:
    os_handle_close(launch.budget);
close_signal:
    os_handle_close(launch.signal);
    return status;
}

void launcher_tell_restarted(struct launcher *launcher, uint32_t row)
{
    const struct plan *plan = launcher->plan;
    const char *name = plan->services[row].name;
    for (uint32_t caller = 0; caller < plan->header->service_count; caller++) {
        const struct plan_service *service = &plan->services[caller];
        handle_t signal = launcher->instances[caller].signal;
        for (uint32_t i = 0; i < service->grant_count && signal != HANDLE_NONE; i++) {
            const struct plan_grant *grant = &plan->grants[service->grant_first + i];
            if (grant->kind == GRANT_SERVICE && strcmp(grant->target, name) == 0)
                os_signal_raise(signal, 1ull << PLAN_GRANT_BIT(grant->value));
        }
    }
}

void launcher_abandon(struct launcher *launcher, uint32_t row)
{
    handle_t *endpoint = &launcher->instances[row].endpoint;
    handle_t callable = HANDLE_NONE;
    if (os_handle_duplicate(*endpoint, RIGHT_CALL | RIGHT_TRANSFER | RIGHT_DUPLICATE, 0,
                            &callable) < 0)
        return; // no room for a handle: callers wait, as before
    os_handle_close(*endpoint);
    *endpoint = callable;
}
