// SPDX-License-Identifier: Apache-2.0
// Starting a service: a process with its program, and exactly the handles its row of the plan
// declares. Endpoints are made once and kept, so callers of a service that is down simply wait;
// process and signal are new with every instance.
#pragma once

#include "devicetree.h"
#include "plan.h"

#include "os/process.h"
#include "os/program.h"

#include <stdbool.h>

#define LAUNCH_FILES_MAX 16u
#define LAUNCH_KEY_BYTES 32u

struct launch_instance {
    handle_t endpoint; // of the service, for ever
    handle_t process;  // of the last instance, HANDLE_NONE before the first
    handle_t signal;   // its "system"
    handle_t budget;   // what it runs on
    uint64_t slide;    // by which its program was moved,
    uint64_t end;      // and where it would end without
};

// A data file of the bundle as a memory of its own, made when it is first granted.
struct launch_file {
    const struct bundle_entry *entry;
    handle_t memory;
};

struct launcher {
    const struct plan *plan;
    uint64_t services; // of the form, as bits
    const char *form;  // its name, told to every program; NULL: not told
    struct os_bundle bundle;
    struct devicetree tree;
    handle_t machine, log;
    handle_t budget;     // init's own: all there is
    handle_t supervisor; // init's own endpoint
    handle_t signal;     // init's own signal, told when a process ends
    uint64_t ended_bit;
    struct launch_instance instances[PLAN_SERVICES_MAX];
    struct launch_file files[LAUNCH_FILES_MAX];
    uint32_t file_count;
    uint32_t faults[PLAN_SERVICES_MAX]; // how many mistakes its instances had so far
    uint8_t key[LAUNCH_KEY_BYTES];      // what the instances' seeds are made from
    uint64_t started;                   // how many, over all
    struct start_block block;           // scratch
};

// Makes the endpoints of all services in `services`; the fields above are filled by the caller.
// ERR_NO_MEMORY, ERR_FULL.
status_t launcher_init(struct launcher *launcher);
// Starts a new instance of `row`. ERR_NOT_FOUND: no program, or none of its devices is there;
// ERR_CORRUPT: a bad program; ERR_NO_MEMORY, ERR_FULL. Nothing is left behind on an error.
status_t launcher_start(struct launcher *launcher, uint32_t row);
// Takes the slide out of the places of code in what the last instance of `row` left: pc, ra and
// callers are as linked then.
void launcher_unslide(const struct launcher *launcher, uint32_t row, struct process_info *info);
// Raises the restart bits of everyone who calls `row`.
void launcher_tell_restarted(struct launcher *launcher, uint32_t row);
// `row` will not run again: its endpoint stays, for grants, but nobody can receive on it any more,
// so whoever calls it or waits there gets ERR_PEER_DIED.
void launcher_abandon(struct launcher *launcher, uint32_t row);
