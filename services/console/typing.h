// SPDX-License-Identifier: Apache-2.0
// What is typed on the line, told apart: a line that begins with '~' is a developer command,
// everything else belongs to the terminal. The byte 0x1d (Ctrl-]) begins a command wherever the
// line stands, so that a program can ask something while a person is in the middle of typing.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TYPING_LINE_MAX 128u // NUL included; what is longer is cut
#define TYPING_ESCAPE   0x1du

enum typing_event {
    TYPING_NOTHING,  // part of a command
    TYPING_TERMINAL, // typing.byte is for the terminal
    TYPING_COMMAND,  // typing.line is a whole command, without '~'
};

struct typing {
    bool commands; // developer image
    bool in_command, line_begins, after_return;
    bool escaped; // the command was begun by the escape: a program's, not echoed
    uint32_t length;
    uint8_t byte;
    char echo[4]; // NUL-terminated
    char line[TYPING_LINE_MAX];
};

void typing_init(struct typing *typing, bool commands);
enum typing_event typing_take(struct typing *typing, uint8_t byte);
// What a terminal should show for the byte just taken as part of a command a person types; an empty
// string for nothing.
const char *typing_echo(const struct typing *typing);
