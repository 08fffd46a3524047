// SPDX-License-Identifier: Apache-2.0
// The commands, one step function each. A step returns OK to be called again, 1 when its command is
// complete, or the error that ends the frame.
#include "job.h"

#include "base/error.h"
#include "base/math.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DONE             1
#define TRACE_LINE_BYTES 672u // 21 records; four letters for three bytes

struct job_command {
    const char *name;
    const char *help;
    status_t (*step)(struct job *job, const struct job_sources *sources, struct output *output);
};

static void put_line(struct output *output, const char *text)
{
    output_text(output, text);
    output_put(output, "\n", 1);
}

static const char *state_name(uint32_t state)
{
    static const char *const names[] = {"new", "running", "ended", "faulted"};
    return state < 4 ? names[state] : "?";
}

static status_t step_ps(struct job *job, const struct job_sources *sources, struct output *output)
{
    struct supervisor_service_rep rep;
    char line[160];
    if (job->index == 0)
        put_line(output, "name                 state    restarts  cpu_ms  kib  handles  exit");
    status_t status = sources->service(sources->self, job->index, &rep);
    if (status == ERR_NOT_FOUND)
        return DONE;
    if (status < 0)
        return status;
    snprintf(line, sizeof line,
             "%-20.23s %-8s %8" PRIu32 " %7" PRIu64 " %4" PRIu64 " %8" PRIu32 " %5" PRId32,
             rep.name, state_name(rep.state), rep.restarts, rep.cpu_ns / 1000000,
             rep.memory_bytes / 1024, rep.handle_count, rep.last_exit);
    put_line(output, line);
    job->index++;
    return OK;
}

static status_t step_info(struct job *job, const struct job_sources *sources, struct output *output)
{
    struct supervisor_device_rep rep;
    char text[480];
    status_t status = sources->device(sources->self, &rep);
    if (status < 0)
        return status;
    const struct machine_info *machine = &rep.machine;
    snprintf(text, sizeof text,
             "form %.23s\nscale_percent %" PRIu32 "\ndeveloper %" PRIu32 "\nmemory_kib %" PRIu64
             "\nmemory_free_kib %" PRIu64 "\nkernel_kib %" PRIu64 "\nharts %" PRIu32
             "\nboot_us %" PRIu64 "\nclock_us %" PRIu64 "\nidle_us %" PRIu64 "\n",
             rep.form.name, rep.form.scale_percent, rep.developer, machine->memory_bytes >> 10,
             machine->memory_free_bytes >> 10, machine->kernel_bytes >> 10, machine->hart_count,
             machine->boot_ns / 1000, sources->clock(sources->self) / 1000,
             machine->idle_ns / 1000);
    output_text(output, text);
    return DONE;
}

static status_t step_kill(struct job *job, const struct job_sources *sources, struct output *output)
{
    if (job->argument[0] == '\0') {
        put_line(output, "kill NAME: which service?");
        return ERR_INVALID;
    }
    status_t status = sources->kill(sources->self, job->argument);
    return status < 0 ? status : DONE;
}

static status_t step_power(struct job *job, const struct job_sources *sources,
                           struct output *output)
{
    bool off = strcmp(job->argument, "off") == 0;
    if (!off && strcmp(job->argument, "reboot") != 0) {
        put_line(output, "power off or power reboot");
        return ERR_INVALID;
    }
    status_t status = sources->power(sources->self, off ? POWER_OFF : POWER_REBOOT);
    return status < 0 ? status : DONE;
}

static status_t step_fault(struct job *job, const struct job_sources *sources,
                           struct output *output)
{
    sources->fault(sources->self);
    return ERR_UNSUPPORTED; // it did not
}

static void put_base64(struct output *output, const uint8_t *bytes, uint32_t size)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[TRACE_LINE_BYTES / 3 * 4];
    uint32_t at = 0;
    for (uint32_t i = 0; i < size; i += 3) {
        uint32_t left = size - i;
        uint32_t three = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        text[at++] = letters[three >> 18];
        text[at++] = letters[three >> 12 & 63];
        text[at++] = left > 1 ? letters[three >> 6 & 63] : '=';
        text[at++] = left > 2 ? letters[three & 63] : '=';
    }
    output_put(output, text, at);
    output_put(output, "\n", 1);
}

static status_t step_trace(struct job *job, const struct job_sources *sources,
                           struct output *output)
{
    uint8_t bytes[TRACE_LINE_BYTES];
    bool on = strcmp(job->argument, "on") == 0;
    if (on || strcmp(job->argument, "off") == 0) {
        status_t status = sources->trace(sources->self, on);
        return status < 0 ? status : DONE;
    }
    if (strcmp(job->argument, "read") != 0) {
        put_line(output, "trace on, trace off or trace read");
        return ERR_INVALID;
    }
    status_t size = sources->trace_read(sources->self, job->position, bytes, sizeof bytes);
    if (size <= 0)
        return size < 0 ? size : DONE;
    job->position += (uint64_t)size;
    put_base64(output, bytes, (uint32_t)size);
    return OK;
}

// First pass over the log: how many lines there are, so that the second knows where the last ones
// begin.
static status_t count_lines(struct job *job, const struct job_sources *sources)
{
    char bytes[JOB_PIECE_MAX];
    uint64_t next;
    status_t size = sources->log(sources->self, job->position, bytes, sizeof bytes, &next);
    if (size < 0)
        return size;
    for (status_t i = 0; i < size; i++)
        job->lines += bytes[i] == '\n';
    job->position = next;
    if (size > 0)
        return OK;
    uint64_t wanted = job->argument[0] ? strtoul(job->argument, NULL, 10) : JOB_LOG_DEFAULT;
    wanted = min_u64(wanted, JOB_LOG_MAX);
    job->skip = job->lines > wanted ? job->lines - wanted : 0;
    job->position = 0;
    job->counted = true;
    return OK;
}

// Text that others wrote: a line of it that looks like a frame must not be taken for one.
static void put_foreign(struct output *output, const char *bytes, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        if (bytes[i] == '~' && output->last == '\n')
            output_put(output, " ", 1);
        output_put(output, &bytes[i], 1);
    }
}

static status_t step_log(struct job *job, const struct job_sources *sources, struct output *output)
{
    if (!job->counted)
        return count_lines(job, sources);
    char bytes[JOB_PIECE_MAX / 2];
    uint64_t next;
    status_t size = sources->log(sources->self, job->position, bytes, sizeof bytes, &next);
    if (size < 0)
        return size;
    job->position = next;
    uint32_t at = 0;
    for (; at < (uint32_t)size && job->skip > 0; at++)
        job->skip -= bytes[at] == '\n';
    put_foreign(output, bytes + at, (uint32_t)size - at);
    return size == 0 ? DONE : OK;
}

static void frame_begin(struct job *job, struct output *output)
{
    if (job->framed)
        return;
    job->framed = true;
    output_fresh_line(output);
    output_text(output, "~begin ");
    put_line(output, job->line);
}

// One more part of the tree; a text that changed meanwhile is collected anew.
static status_t collect_tree(struct job *job, const struct job_sources *sources)
{
    struct job_tree_part part = {.bytes = job->tree + job->collected,
                                 .size_max = JOB_TREE_MAX - job->collected};
    status_t size = sources->tree(sources->self, job->collected, &part);
    bool changed = size >= 0 && job->collected > 0 && part.generation != job->generation;
    if (size == ERR_TIMEOUT || changed) {
        job->collected = changed ? 0 : job->collected;
        return ++job->tries < JOB_TREE_TRIES ? ERR_AGAIN : ERR_TIMEOUT;
    }
    if (size < 0)
        return size;
    if (part.total > JOB_TREE_MAX)
        return ERR_TOO_LARGE;
    job->generation = part.generation;
    job->collected += (uint32_t)size;
    job->complete = size == 0 || job->collected >= part.total;
    return OK;
}

static status_t step_tree(struct job *job, const struct job_sources *sources, struct output *output)
{
    // The stage may be printing to us and answer only after that: its text goes before the frame.
    if (!job->complete)
        return collect_tree(job, sources);
    frame_begin(job, output);
    uint32_t size = (uint32_t)min_u64(JOB_PIECE_MAX / 2, job->collected - job->printed);
    put_foreign(output, job->tree + job->printed, size);
    job->printed += size;
    return job->printed == job->collected ? DONE : OK;
}

static status_t step_state(struct job *job, const struct job_sources *sources,
                           struct output *output)
{
    char name[24], more;
    unsigned value;
    if (sscanf(job->argument, "%23s %u %c", name, &value, &more) != 2) {
        put_line(output,
                 "state NAME VALUE: dark, contrast, rtl, still, moving 0 or 1; text 85 to 200");
        return ERR_INVALID;
    }
    status_t status = sources->state(sources->self, name, value);
    return status < 0 ? status : DONE;
}

static status_t step_help(struct job *job, const struct job_sources *sources,
                          struct output *output);

static const struct job_command commands[] = {
    {"ps", "what runs", step_ps},
    {"tree", "the interface as text", step_tree},
    {"state", "NAME VALUE: of the device: dark, contrast, rtl, still, moving, text", step_state},
    {"log", "[LINES]: the newest lines of the log", step_log},
    {"kill", "NAME: end a service as a crash would", step_kill},
    {"fault", "the console itself faults: to see what a crash leaves in the log", step_fault},
    {"power", "off|reboot", step_power},
    {"trace", "on|off|read", step_trace},
    {"info", "form, memory, times", step_info},
    {"help", "this list", step_help},
};

static status_t step_help(struct job *job, const struct job_sources *sources, struct output *output)
{
    for (uint32_t i = 0; i < ARRAY_COUNT(commands); i++) {
        char line[80];
        snprintf(line, sizeof line, "~%-6s %s", commands[i].name, commands[i].help);
        put_foreign(output, line, (uint32_t)strlen(line));
        output_put(output, "\n", 1);
    }
    return DONE;
}

void job_start(struct job *job, const char *line)
{
    job->active = true;
    job->framed = false;
    job->command = NULL;
    job->index = job->tries = job->collected = job->printed = 0;
    job->position = job->lines = job->skip = job->generation = 0;
    job->counted = job->complete = false;
    snprintf(job->line, sizeof job->line, "%s", line);
    size_t length = strcspn(job->line, " ");
    job->argument = job->line + length + strspn(job->line + length, " ");
    for (uint32_t i = 0; i < ARRAY_COUNT(commands); i++)
        if (strlen(commands[i].name) == length && memcmp(commands[i].name, line, length) == 0)
            job->command = &commands[i];
}

status_t job_step(struct job *job, const struct job_sources *sources, struct output *output)
{
    status_t status = ERR_UNSUPPORTED;
    if (job->command == NULL || job->command->step != step_tree)
        frame_begin(job, output);
    if (job->command != NULL)
        status = job->command->step(job, sources, output);
    else
        put_line(output, "unknown command; ~help lists them");
    if (status == OK || status == ERR_AGAIN)
        return status;
    frame_begin(job, output); // of a tree that did not come
    job->active = job->framed = false;
    output_fresh_line(output);
    output_text(output, "~end ");
    put_line(output, status == DONE ? "OK" : error_name(status));
    return OK;
}
