// SPDX-License-Identifier: Apache-2.0
// Signals, memories, the virtual clock, the log and the start block of the host twin. Memories are
// heap blocks, so the sanitizers see every access outside one.
#include "os/host_object.h"

#include "base/assert.h"
#include "base/math.h"
#include "os/interrupt.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/signal.h"
#include "os/start.h"
#include "os/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAPPINGS_MAX  256u
#define CLOCK_AT_BOOT OS_SECOND

struct mapping {
    void *address;
    struct host_object *memory;
};

static struct mapping mappings[MAPPINGS_MAX];
static struct start_entry entries[START_ENTRIES_MAX];
static uint32_t entry_count;
static instant_ns_t now = CLOCK_AT_BOOT;
static bool (*idle_step)(instant_ns_t deadline);
static char last_line[LOG_LINE_MAX];
static bool log_shown;

void os_host_reset(void)
{
    for (uint32_t i = 0; i < MAPPINGS_MAX; i++) {
        if (mappings[i].memory != NULL)
            host_object_release(mappings[i].memory);
        mappings[i] = (struct mapping){0};
    }
    host_table_reset();
    entry_count = 0;
    now = CLOCK_AT_BOOT;
    idle_step = NULL;
    last_line[0] = '\0';
}

void os_host_on_idle(bool (*step)(instant_ns_t deadline))
{
    idle_step = step;
}

// Signals.

status_t os_signal_create(handle_t *out_handle)
{
    return host_object_create(OBJECT_SIGNAL, out_handle, NULL);
}

status_t os_signal_raise(handle_t signal, uint64_t bits)
{
    status_t status;
    struct host_object *object = host_object_of(signal, OBJECT_SIGNAL, RIGHT_RAISE, &status);
    if (object == NULL)
        return status;
    if (bits & ~host_handle_find(signal)->badge)
        return ERR_DENIED;
    object->bits |= bits;
    return OK;
}

static uint64_t signal_take(struct host_object *object, uint64_t mask)
{
    uint64_t bits = object->bits & mask;
    object->bits &= ~mask;
    return bits;
}

status_t os_signal_wait(handle_t signal, uint64_t mask, instant_ns_t deadline, uint64_t *out_bits)
{
    status_t status;
    struct host_object *object = host_object_of(signal, OBJECT_SIGNAL, RIGHT_WAIT, &status);
    if (object == NULL)
        return status;
    uint64_t bits = signal_take(object, mask);
    while (bits == 0 && deadline != DEADLINE_NOW && idle_step != NULL && idle_step(deadline))
        bits = signal_take(object, mask);
    if (bits == 0) {
        // On the device this would wait for ever.
        assert(deadline != DEADLINE_NEVER);
        now = max_u64(now, deadline);
        return ERR_TIMEOUT;
    }
    *out_bits = bits;
    return OK;
}

uint64_t os_host_signal_take(handle_t signal)
{
    status_t status;
    struct host_object *object = host_object_of(signal, OBJECT_SIGNAL, RIGHT_WAIT, &status);
    return object ? signal_take(object, UINT64_MAX) : 0;
}

// Memory.

status_t os_memory_create(uint64_t size_bytes, uint32_t flags, handle_t *out_memory)
{
    if (size_bytes == 0 || size_bytes > 1ull << 32)
        return ERR_INVALID;
    struct host_object *object;
    status_t status = host_object_create(OBJECT_MEMORY, out_memory, &object);
    if (status < 0)
        return status;
    object->size_bytes = align_up(size_bytes, PAGE_SIZE);
    object->bytes = aligned_alloc(PAGE_SIZE, object->size_bytes);
    if (object->bytes == NULL)
        return ERR_NO_MEMORY;
    memset(object->bytes, 0, object->size_bytes);
    return OK;
}

status_t os_memory_size(handle_t memory, uint64_t *out_size_bytes)
{
    status_t status;
    struct host_object *object = host_object_of(memory, OBJECT_MEMORY, 0, &status);
    if (object != NULL)
        *out_size_bytes = object->size_bytes;
    return status;
}

status_t os_memory_map(handle_t memory, uint64_t offset, uint64_t size_bytes, uint32_t protect,
                       void **out_address)
{
    uint32_t rights = RIGHT_READ | (protect & PROTECT_WRITE ? RIGHT_WRITE : 0);
    status_t status;
    struct host_object *object = host_object_of(memory, OBJECT_MEMORY, rights, &status);
    if (object == NULL)
        return status;
    if ((offset | size_bytes) % PAGE_SIZE != 0 || size_bytes == 0 || offset > object->size_bytes ||
        size_bytes > object->size_bytes - offset)
        return ERR_INVALID;
    for (uint32_t i = 0; i < MAPPINGS_MAX; i++) {
        if (mappings[i].memory != NULL)
            continue;
        mappings[i] = (struct mapping){.address = object->bytes + offset, .memory = object};
        host_object_reference(object);
        *out_address = mappings[i].address;
        return OK;
    }
    return ERR_FULL;
}

status_t os_memory_unmap(void *address, uint64_t size_bytes)
{
    for (uint32_t i = 0; i < MAPPINGS_MAX; i++) {
        if (mappings[i].memory == NULL || mappings[i].address != address)
            continue;
        host_object_release(mappings[i].memory);
        mappings[i] = (struct mapping){0};
        return OK;
    }
    return ERR_INVALID;
}

// The clock.

instant_ns_t os_clock(void)
{
    return now;
}

void os_host_clock_advance(uint64_t duration_ns)
{
    now += duration_ns;
}

void os_sleep(uint64_t duration_ns)
{
    instant_ns_t until = now + duration_ns;
    while (idle_step != NULL && now < until && idle_step(until))
        continue;
    now = max_u64(now, until);
}

// Log and start block.

void log_vprintf(const char *format, va_list arguments)
{
    vsnprintf(last_line, sizeof last_line, format, arguments);
    if (log_shown)
        fprintf(stderr, "log: %s\n", last_line);
}

const char *os_host_log_last(void)
{
    return last_line;
}

void os_host_log_show(bool on)
{
    log_shown = on;
}

static struct start_entry *find(const char *name)
{
    for (uint32_t i = 0; i < entry_count; i++)
        if (strcmp(entries[i].name, name) == 0)
            return &entries[i];
    return NULL;
}

void os_host_start_entry(const char *name, handle_t handle, uint32_t value)
{
    struct start_entry *entry = find(name);
    if (!entry) {
        assert(entry_count < START_ENTRIES_MAX && strlen(name) < START_NAME_MAX);
        entry = &entries[entry_count++];
    }
    *entry = (struct start_entry){.handle = handle, .value = value};
    memcpy(entry->name, name, strlen(name));
}

handle_t os_handle(const char *name)
{
    const struct start_entry *entry = find(name);
    return entry ? entry->handle : HANDLE_NONE;
}

uint32_t os_value(const char *name, uint32_t otherwise)
{
    const struct start_entry *entry = find(name);
    return entry ? entry->value : otherwise;
}

bool os_has(const char *name)
{
    return find(name) != NULL;
}

const char *os_arguments(void)
{
    return "";
}

const char *os_name(void)
{
    return "test";
}

status_t os_interrupt_done(handle_t interrupt)
{
    return host_handle_find(interrupt) ? OK : ERR_BAD_HANDLE;
}
