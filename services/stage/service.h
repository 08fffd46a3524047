// SPDX-License-Identifier: Apache-2.0
// The stage as a service: its handlers (ops.c) and what main.c wires to it. The nouns below do not
// know any of this.
#pragma once

#include "document.h"
#include "stage.h"
#include "timing.h"

#include "ipc/server.h"

// An app that opened a task.
struct client {
    uint64_t badge; // of its task handle; 0: free
    struct task *task;
    handle_t signal;
    uint64_t event_bits;
};

struct stage_service {
    struct ipc_server server;
    struct stage *stage;
    struct documents_stage *documents;
    struct client clients[TASKS_MAX];
    struct buffer tree; // the interface as text, of `tree_generation`
    uint64_t tree_generation;
    struct timing timing;
    uint64_t (*waited_ns)(void); // how long harts waited since the start; NULL: not known
    // Called after every request and event that may have changed what is shown; set by main.c or a
    // test.
    void (*show)(void *context);
    void *show_context;
};

struct stage_service_options {
    struct form form;
    struct text *text;                 // borrowed
    uint64_t (*random)(void *context); // fresh numbers
    void *random_context;
    handle_t endpoint, signal; // HANDLE_NONE: from the start block
};

// Sets the server up. ERR_NO_MEMORY.
status_t stage_service_init(struct stage_service *service,
                            const struct stage_service_options *options);
// For tests: forgets everything. The device's stage runs for ever.
void stage_service_finish(struct stage_service *service);
// What was shown last has been taken: tells the log what timing.h says. `shows_app` of
// timing_sent comes from stage_shows_app().
void stage_service_taken(struct stage_service *service);
// Something changed outside a request: present and show.
void stage_service_show(struct stage_service *service);
