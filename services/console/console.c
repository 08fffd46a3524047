// SPDX-License-Identifier: Apache-2.0
// The console's own rules; see the header.
#include "console.h"

#include "base/math.h"

#include <string.h>

void console_init(struct console *console, const struct job_sources *sources, bool commands)
{
    memset(console, 0, sizeof *console);
    typing_init(&console->typing, commands);
    console->sources = sources;
    console->shows_log = true;
}

static void keep_for_terminal(struct console *console, uint8_t byte)
{
    if (console->has_terminal && console->input_head - console->input_tail < CONSOLE_INPUT_BYTES)
        console->input[console->input_head++ % CONSOLE_INPUT_BYTES] = byte;
}

bool console_type(struct console *console, uint8_t byte)
{
    enum typing_event event = typing_take(&console->typing, byte);
    // A person's command shows as it is typed, unless an answer is being printed.
    if (!console->job.framed && output_room(&console->output) > JOB_PIECE_MAX)
        output_text(&console->output, typing_echo(&console->typing));
    switch (event) {
    case TYPING_TERMINAL:
        keep_for_terminal(console, console->typing.byte);
        return console->has_terminal;
    case TYPING_COMMAND:
        memcpy(console->waiting, console->typing.line, sizeof console->waiting);
        console->has_waiting = true;
        return false;
    default:
        return false;
    }
}

uint32_t console_input(struct console *console, uint8_t *bytes, uint32_t size_max)
{
    uint32_t count = (uint32_t)min_u64(size_max, console->input_head - console->input_tail);
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = console->input[console->input_tail++ % CONSOLE_INPUT_BYTES];
    return count;
}

// Whole lines only: what follows the last newline is left for the next time, unless it fills the
// piece.
static status_t print_log(struct console *console)
{
    char bytes[JOB_PIECE_MAX];
    uint64_t next;
    const struct job_sources *sources = console->sources;
    status_t size = sources->log(sources->self, console->log_position, bytes, sizeof bytes, &next);
    if (size <= 0)
        return ERR_AGAIN;
    uint32_t whole = (uint32_t)size;
    while (whole > 0 && bytes[whole - 1] != '\n')
        whole--;
    if (whole == 0 && (uint32_t)size == sizeof bytes)
        whole = (uint32_t)size;
    if (whole == 0)
        return ERR_AGAIN;
    console->log_position = next - ((uint32_t)size - whole);
    output_put(&console->output, bytes, whole);
    return OK;
}

status_t console_work(struct console *console)
{
    if (output_room(&console->output) < 2 * JOB_PIECE_MAX)
        return ERR_AGAIN;
    if (console->job.active)
        return job_step(&console->job, console->sources, &console->output);
    if (console->has_waiting) {
        console->has_waiting = false;
        job_start(&console->job, console->waiting);
        return OK;
    }
    return console->shows_log ? print_log(console) : ERR_AGAIN;
}

void console_set_terminal(struct console *console, bool attached)
{
    console->has_terminal = attached;
    console->shows_log = !attached;
    console->input_tail = console->input_head;
}
