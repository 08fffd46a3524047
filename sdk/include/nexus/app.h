// SPDX-License-Identifier: Apache-2.0
// Running an app: a view of the state, and a function that changes the state when a person did
// something.
//
//     static struct notes state;
//     int main(void) { return app_run(&(struct app){.name = "notes", .start = start, .view = view,
//                                                   .event = event, .state = &state}); }
//
// The stage may be restarted, documents may change on another device: the library connects again
// and runs the view again. Single threaded.
#pragma once

#include "nexus/ui.h"

#include "abi/types.h"

// What the app was given; borrowed by everything the sdk makes for it.
struct nexus {
    handle_t stage, docs, mesh; // HANDLE_NONE: not granted
    handle_t signal;            // the program's own
    uint64_t changed;           // raised when documents or devices may have changed
    uint64_t generation;        // grows with each such change: what is older is fetched anew
    uint64_t reattached;        // grows when a service was restarted: watch it again
};

struct app {
    const char *name;
    // Runs once before the first view; an error ends the app. May be NULL.
    status_t (*start)(void *state, struct nexus *nexus);
    ui_view_fn view;
    // Called for what a person did (UI_EVENT_VERB, SEARCH, VALUE) and for UI_EVENT_CHANGED.
    void (*event)(void *state, const struct ui_event *event);
    void *state;
};

// Runs until the system ends the app. Returns the exit code.
int app_run(const struct app *app);

// The same in steps, for tests and tools on the host.
struct app_process;
// `nexus` is borrowed, its handles filled in. ERR_* of the stage, of `start`; ERR_NO_MEMORY.
status_t app_process_create(const struct app *app, struct nexus *nexus,
                            struct app_process **out_process);
void app_process_destroy(struct app_process *process);
// Shows the state and handles what waits; returns at `deadline` (DEADLINE_NOW: when nothing waits)
// with OK. ERR_CLOSED: end.
status_t app_process_step(struct app_process *process, instant_ns_t deadline);
