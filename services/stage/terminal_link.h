// SPDX-License-Identifier: Apache-2.0
// The terminal on the console service: bytes become lines, and the interface is printed when it
// changed, at most twice a second, so that somebody typing elsewhere does not flood a serial line.
#pragma once

#include "service.h"
#include "terminal.h"

struct terminal_link {
    struct stage_service *service;
    handle_t console;
    uint64_t input_bits;
    uint8_t line[TERMINAL_LINE_MAX];
    uint32_t line_size;
    uint64_t printed; // generation of what was printed last
    uint64_t printed_hash;
    instant_ns_t printed_ns;
    struct ipc_timer later;
};

// Attaches to the console; a restarted one is attached again.
void terminal_link_init(struct terminal_link *link, struct stage_service *service,
                        handle_t console);
