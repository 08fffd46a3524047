// SPDX-License-Identifier: Apache-2.0
// A small plan for tests: forms headless and desktop, services "disk" (devices), "store" (calls
// disk) and "notes" (calls store, in the desktop form only).
#pragma once

#include "../plan.h"

#include <string.h>

struct plan_fixture {
    struct plan_header header;
    struct plan_form forms[2];
    struct plan_service services[3];
    struct plan_grant grants[6];
};

enum { ROW_DISK, ROW_NOTES, ROW_STORE };

static inline struct plan_fixture plan_fixture_make(void)
{
    return (struct plan_fixture){
        .header = {.magic = PLAN_MAGIC,
                   .form_count = 2,
                   .service_count = 3,
                   .grant_count = 6,
                   .developer = 1},
        .forms = {{.name = "desktop",
                   .services = 7,
                   .scale_percent = 100,
                   .memory_min_mib = 64,
                   .needs_display = 1},
                  {.name = "headless", .services = 5, .memory_min_mib = 16}},
        .services = {{.name = "disk", .priority = 20, .memory_kib = 64, .grant_count = 1},
                     {.name = "notes",
                      .priority = 5,
                      .memory_kib = 256,
                      .grant_first = 1,
                      .grant_count = 2},
                     {.name = "store",
                      .priority = 10,
                      .memory_kib = 512,
                      .reserve_kib = 128,
                      .grant_first = 3,
                      .grant_count = 3}},
        .grants =
            {{.name = "registers", .target = "virtio,mmio", .kind = GRANT_DEVICES},
             {.name = "store", .target = "store", .kind = GRANT_SERVICE, .value = 4},
             {.name = "font", .target = "font", .kind = GRANT_FILE},
             {.name = "block", .target = "disk", .kind = GRANT_SERVICE, .value = 2 | 77u << 8},
             {.name = "init", .target = "supervisor", .kind = GRANT_SUPERVISOR},
             {.name = "log_read", .target = "log_read", .kind = GRANT_LOG_READ}},
    };
}
