// SPDX-License-Identifier: Apache-2.0
// One developer command being answered, a piece at a time, so that a long answer never needs more
// room than the output has and never keeps the console from its other work. Where the facts come
// from is given, so every command is tested on the host. Frames and commands:
// docs/protocols/console.md.
#pragma once

#include "output.h"
#include "typing.h"

#include "abi/ipc/supervisor.h"

#define JOB_PIECE_MAX   1024u // bytes one step may put
#define JOB_TREE_TRIES  20u   // of a stage that is busy or changes while it is read
#define JOB_TREE_MAX    65536u
#define JOB_LOG_DEFAULT 100u // lines
#define JOB_LOG_MAX     2000u

// A part of the interface as text.
struct job_tree_part {
    char *bytes; // where it goes
    uint32_t size_max;
    uint32_t total;      // out: of the whole text
    uint64_t generation; // out: the same over one consistent text
};

// What the commands ask. Every function may be called once per step.
struct job_sources {
    status_t (*service)(void *self, uint32_t index, struct supervisor_service_rep *rep);
    status_t (*device)(void *self, struct supervisor_device_rep *rep);
    status_t (*kill)(void *self, const char *name);
    status_t (*power)(void *self, uint32_t action);
    void (*fault)(void *self); // ends this very process as a mistake would
    // Bytes of the log from `position`: how many, and where to go on.
    status_t (*log)(void *self, uint64_t position, char *bytes, uint32_t size_max,
                    uint64_t *out_next);
    // Bytes of the interface tree from `offset`: how many. ERR_TIMEOUT: busy, ask again.
    status_t (*tree)(void *self, uint32_t offset, struct job_tree_part *part);
    // A state of the device that the stage shows.
    status_t (*state)(void *self, const char *name, uint32_t value);
    status_t (*trace)(void *self, bool on);
    // Bytes of the trace from `offset`: how many.
    status_t (*trace_read)(void *self, uint64_t offset, uint8_t *bytes, uint32_t size_max);
    uint64_t (*clock)(void *self);
    void *self;
};

struct job {
    bool active;
    bool framed; // the frame's first line is out: nothing else may be printed
    const struct job_command *command;
    char line[TYPING_LINE_MAX];
    const char *argument; // in `line`
    uint32_t index;       // service
    uint32_t tries;
    // The log: the first pass counts lines, the second prints what is not skipped.
    uint64_t position, lines, skip;
    bool counted;
    // The tree: collected whole, then printed.
    uint64_t generation;
    uint32_t collected, printed;
    bool complete;
    char tree[JOB_TREE_MAX];
};

// Begins to answer a command line (without '~').
void job_start(struct job *job, const char *line);
// Puts the next piece of at most JOB_PIECE_MAX bytes; the last one ends the frame and the job. OK,
// or ERR_AGAIN: what was asked is busy, step again later.
status_t job_step(struct job *job, const struct job_sources *sources, struct output *output);
