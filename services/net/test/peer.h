// SPDX-License-Identifier: Apache-2.0
// The other device of the laboratory: a stack with small servers on it, in a process of its own
// that only moves when the test sends it a step.
#pragma once

#include <stdint.h>

enum { PEER_COMMAND_READ = 1 };

// A step; frames (size and bytes each) follow, ended by a size of 0. Answered by frames in the same
// way and a report.
struct peer_request {
    uint64_t now_ns;
    uint32_t command;
    uint32_t size;
};

// Serves until the channel closes, then ends the process.
_Noreturn void peer_main(int channel, uint64_t now_ns, uint64_t seed);
