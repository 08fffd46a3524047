// SPDX-License-Identifier: Apache-2.0
// The console: typed bytes to the terminal or to a command, and everything that is printed (the
// terminal's text, answers, the log) onto one line of output. Between the serial driver on one side
// and the terminal on the other; protocol handlers and wiring are in ops.c and main.c.
//
// While a terminal is attached the log is not printed (`~log` shows it). Log lines and answers
// never mix: a line of the log is printed whole, and none while a command is being answered.
#pragma once

#include "job.h"
#include "typing.h"

#define CONSOLE_INPUT_BYTES 1024u // typed and not yet read by the terminal; a power of two

struct console {
    struct typing typing;
    struct output output;
    struct job job;
    const struct job_sources *sources;
    bool has_terminal;
    bool shows_log; // no terminal: log lines are printed as they come
    uint64_t log_position;
    char waiting[TYPING_LINE_MAX]; // a command that came while another was answered
    bool has_waiting;
    uint8_t input[CONSOLE_INPUT_BYTES];
    uint32_t input_head, input_tail; // free-running
};

void console_init(struct console *console, const struct job_sources *sources, bool commands);
// A byte came from the line. True if the terminal has something new to read.
bool console_type(struct console *console, uint8_t byte);
// Takes up to `size_max` typed bytes for the terminal; returns how many.
uint32_t console_input(struct console *console, uint8_t *bytes, uint32_t size_max);
// Does one piece of work while there is room: a step of the command, or log lines. OK: call again;
// ERR_AGAIN: nothing to do now.
status_t console_work(struct console *console);
// A terminal came or went.
void console_set_terminal(struct console *console, bool attached);
