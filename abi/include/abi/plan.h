// SPDX-License-Identifier: Apache-2.0
// The plan: every form and every service manifest, compiled by tools/image from forms/*.toml and
// */service.toml into one flat table in the bundle (kind BUNDLE_PLAN), so init hands out handles by
// walking rows and parses nothing.
//
//     plan_header | plan_form × form_count | plan_service × service_count | plan_grant ×
//     grant_count
//
// Names are NUL-terminated and zero-filled. `./nx ps --plan` prints the table.
#pragma once

#include "abi/types.h"

#define PLAN_MAGIC        0x314e414c5053584eull // "NXSPLAN1"
#define PLAN_NAME_MAX     24u
#define PLAN_SERVICES_MAX 64u // a form's services are a 64-bit set
#define PLAN_GRANTS_MAX   512u

struct plan_header {
    uint64_t magic;
    uint32_t form_count;
    uint32_t service_count;
    uint32_t grant_count;
    uint32_t developer; // 1: a developer image (kill, ps, inject allowed)
};
_Static_assert(sizeof(struct plan_header) == 24, "no padding");

enum plan_input {
    PLAN_TOUCH = 1,
    PLAN_POINTER = 2,
    PLAN_KEYBOARD = 4,
    PLAN_ROTARY = 8,
    PLAN_SERIAL = 16
};
enum plan_output { PLAN_PIXELS = 1, PLAN_TEXT = 2, PLAN_SPEECH = 4 };
enum plan_shape { PLAN_RECTANGLE = 0, PLAN_ROUND = 1 };

// What a device form is and runs. Sizes come from the display found; these are the form's own
// facts.
struct plan_form {
    char name[PLAN_NAME_MAX];
    uint64_t services;       // bit i: service row i runs
    uint32_t scale_percent;  // device pixels per dp, 100 = 1
    uint32_t inputs;         // enum plan_input bits
    uint32_t outputs;        // enum plan_output bits
    uint32_t memory_min_mib; // less is refused at boot with a clear message
    uint32_t needs_display;  // 1: refuse to boot without one
    uint32_t text_percent;   // the size of text it begins with, 100 = 1
    uint32_t shape;          // enum plan_shape: what of the display is seen
    uint32_t target_dp;      // the least side of what is pressed
    // How much may be shown while the device moves with its driver; all 0: it never does.
    uint32_t moving_items, moving_chars;
};
_Static_assert(sizeof(struct plan_form) == 72, "no padding");

// A program that ends with this code found no device to drive (or nothing else to do, ever) and is
// not restarted.
#define EXIT_NO_DEVICE 69

enum plan_restart {
    PLAN_RESTART_ALWAYS = 0,
    PLAN_RESTART_NEVER = 1,
    PLAN_RESTART_FAULTS = 2, // at once, each instance with the next mistake of "NAME.faults";
                             // developer images only
};

// The data file "NAME.faults": mistakes for the text of program NAME. This header, the address of a
// page of its text for each, and from the next page of the file on that many pages, to be mapped
// there instead.
#define PLAN_FAULTS_MAGIC 0x31544c5541464e58ull // "XNFAULT1"
struct plan_faults {
    uint64_t magic;
    uint64_t count;
};

// A service, driver or app. It always gets: "self" (receive on its own endpoint, badge 0), "log"
// (write), "system" (the signal init raises for it), and one row per grant.
struct plan_service {
    char name[PLAN_NAME_MAX]; // also the bundle entry's name
    uint32_t priority;        // 1 to 30
    uint32_t memory_kib;      // what its heap and what it makes for others may take
    uint32_t restart;         // enum plan_restart
    uint32_t grant_first;     // index of its first grant
    uint32_t grant_count;
    uint32_t reserve_kib; // of all it takes, set aside for it
    uint32_t time_us;     // of processor time in every `period_us`; both 0: as it comes
    uint32_t period_us;
};
_Static_assert(sizeof(struct plan_service) == 56, "no padding");

enum plan_grant_kind {
    GRANT_SERVICE =
        1, // call the endpoint of service `target`; value = bit of "system" (0 to 31) that init
           // raises when that service has been restarted | restriction << 8; badge = restriction <<
           // 32 | caller's row + 1. What a restriction (24 bits, 0: none) means is the server's:
           // for the bus the virtio device id that may be opened, for keys the prefix that may be
           // signed. A form that does not run `target` gives no handle
    GRANT_DEVICES = 2, // every enabled device tree node compatible with `target`: handles "mmio0",
                       // "irq0", "mmio1", …
    GRANT_FILE = 3,    // the bundle's data file `target`, as memory (read)
    GRANT_SUPERVISOR = 4, // call init itself (abi/ipc/supervisor.h)
    GRANT_MACHINE = 5,    // machine authority, reduced to power; the supervisor's own consoles only
    GRANT_LOG_READ = 6,   // the handle "log" may read, too
    GRANT_PHYSICAL = 7,   // the machine with RIGHT_PHYSICAL alone (the DMA bus only)
};

struct plan_grant {
    char name[PLAN_NAME_MAX]; // of the handle in the program's start block
    char target[32];          // by kind
    uint32_t kind;            // enum plan_grant_kind
    uint32_t value;           // by kind
};
_Static_assert(sizeof(struct plan_grant) == 64, "no padding");

// The "system" signal: bits 0 to 31 as GRANT_SERVICE rows say; 32 to 39 are raised by the
// interrupts of GRANT_DEVICES (the value of the start entry "irqN" is its bit); 40 to 62 are the
// service's own, to hand to peers; 63 is stop. The service waits for all of them and may raise, or
// let others raise, its own alone.
#define SYSTEM_BIT_INTERRUPT_FIRST    32u
#define SYSTEM_BIT_INTERRUPT_LAST     39u
#define SYSTEM_BIT_OWN_FIRST          40u
#define SYSTEM_BIT_OWN_LAST           62u
#define SYSTEM_BITS_OWN               ((1ull << 63) - (1ull << SYSTEM_BIT_OWN_FIRST))
#define PLAN_GRANT_BIT(value)         ((value)&0xffu)
#define PLAN_GRANT_RESTRICTION(value) ((value) >> 8)
// A badge that init gave; servers' own begin with a bit above these.
#define PLAN_BADGE_IS_GRANT(badge)    ((badge) >> 56 == 0)
#define PLAN_BADGE_ROW(badge)         ((uint32_t)(badge)&0xffffu)
#define PLAN_BADGE_RESTRICTION(badge) ((uint32_t)((badge) >> 32) & 0xffffffu)
#define SYSTEM_BIT_STOP               (1ull << 63) // end yourself in good order
