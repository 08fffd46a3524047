// SPDX-License-Identifier: Apache-2.0
// What the commands ask, for tests: two services, a log, a tree that can be busy or change under
// the reader.
#pragma once

#include "../job.h"

#include <stdio.h>
#include <string.h>

static struct {
    char log[16384];
    char tree[4096];
    uint64_t generation;
    uint32_t busy;    // how many tree questions time out
    uint32_t changes; // how many times the tree changes while it is read
    char killed[32];
    int32_t power;
    uint32_t faults;
    char state[32]; // the name set last
    uint32_t value;
    bool traced;
    status_t kill_status;
} fake;

// Appends to a text of the fake's.
static void fake_add(char *to, size_t size_max, const char *text)
{
    size_t at = strlen(to);
    snprintf(to + at, size_max - at, "%s", text);
}

static status_t fake_service(void *self, uint32_t index, struct supervisor_service_rep *rep)
{
    if (index > 1)
        return ERR_NOT_FOUND;
    *rep = (struct supervisor_service_rep){.state = 1, .restarts = index, .cpu_ns = 5000000};
    snprintf(rep->name, sizeof rep->name, "%s", index == 0 ? "store" : "stage");
    return OK;
}

static status_t fake_device(void *self, struct supervisor_device_rep *rep)
{
    *rep = (struct supervisor_device_rep){.form = {.name = "phone"}, .developer = 1};
    return OK;
}

static status_t fake_kill(void *self, const char *name)
{
    snprintf(fake.killed, sizeof fake.killed, "%s", name);
    return fake.kill_status;
}

static status_t fake_power(void *self, uint32_t action)
{
    fake.power = (int32_t)action;
    return OK;
}

static status_t fake_trace(void *self, bool on)
{
    fake.traced = on;
    return OK;
}

// 1,000 bytes that count up.
static status_t fake_trace_read(void *self, uint64_t offset, uint8_t *bytes, uint32_t size_max)
{
    uint32_t size = 0;
    for (; size < size_max && offset + size < 1000; size++)
        bytes[size] = (uint8_t)(offset + size);
    return fake.traced ? (status_t)size : ERR_BAD_STATE;
}

static void fake_fault(void *self)
{
    fake.faults++;
}

static status_t fake_log(void *self, uint64_t position, char *bytes, uint32_t size_max,
                         uint64_t *out_next)
{
    uint64_t length = strlen(fake.log);
    uint64_t size = position < length ? length - position : 0;
    if (size > size_max)
        size = size_max;
    memcpy(bytes, fake.log + position, size);
    *out_next = position + size;
    return (status_t)size;
}

static status_t fake_tree(void *self, uint32_t offset, struct job_tree_part *part)
{
    if (fake.busy > 0) {
        fake.busy--;
        return ERR_TIMEOUT;
    }
    if (offset > 0 && fake.changes > 0) {
        fake.changes--;
        fake.generation++;
    }
    part->total = (uint32_t)strlen(fake.tree);
    part->generation = fake.generation;
    uint32_t size = part->total - offset < 1000 ? part->total - offset : 1000;
    size = size < part->size_max ? size : part->size_max;
    memcpy(part->bytes, fake.tree + offset, size);
    return (status_t)size;
}

static status_t fake_state(void *self, const char *name, uint32_t value)
{
    snprintf(fake.state, sizeof fake.state, "%s", name);
    fake.value = value;
    return strcmp(name, "mood") == 0 ? ERR_NOT_FOUND : OK;
}

static uint64_t fake_clock(void *self)
{
    return 1000000;
}

static const struct job_sources fake_sources = {
    fake_service, fake_device, fake_kill,  fake_power,      fake_fault, fake_log,
    fake_tree,    fake_state,  fake_trace, fake_trace_read, fake_clock, NULL};
