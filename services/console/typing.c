// SPDX-License-Identifier: Apache-2.0
// A small state machine over bytes; Enter is '\r', '\n' or both and comes out as one '\n'.
#include "typing.h"

#define BACKSPACE 0x08u
#define DELETE    0x7fu

void typing_init(struct typing *typing, bool commands)
{
    *typing = (struct typing){.commands = commands, .line_begins = true};
}

// Shows `text` to the person; a program's command is not shown.
static void echo(struct typing *typing, const char *text)
{
    for (uint32_t i = 0; !typing->escaped && i < sizeof typing->echo - 1 && text[i] != '\0'; i++) {
        typing->echo[i] = text[i];
        typing->echo[i + 1] = '\0';
    }
}

static enum typing_event command_byte(struct typing *typing, uint8_t byte)
{
    if (byte == '\n') {
        typing->line[typing->length] = '\0';
        typing->in_command = false;
        typing->line_begins = true;
        typing->escaped = false;
        return TYPING_COMMAND;
    }
    if (byte == BACKSPACE || byte == DELETE) {
        if (typing->length > 0) {
            typing->length--;
            echo(typing, "\b \b");
        }
    } else if (byte >= ' ' && byte < DELETE && typing->length < TYPING_LINE_MAX - 1) {
        typing->line[typing->length++] = (char)byte;
        echo(typing, (const char[]){(char)byte, '\0'});
    }
    return TYPING_NOTHING;
}

enum typing_event typing_take(struct typing *typing, uint8_t byte)
{
    typing->echo[0] = '\0';
    bool second_half = byte == '\n' && typing->after_return;
    typing->after_return = byte == '\r';
    if (second_half)
        return TYPING_NOTHING;
    if (byte == '\r')
        byte = '\n';
    if (typing->commands && byte == TYPING_ESCAPE) {
        typing->in_command = false;
        typing->line_begins = true;
        typing->escaped = true;
        return TYPING_NOTHING;
    }
    if (typing->in_command)
        return command_byte(typing, byte);
    if (typing->commands && typing->line_begins && byte == '~') {
        typing->in_command = true;
        typing->length = 0;
        echo(typing, "~");
        return TYPING_NOTHING;
    }
    typing->line_begins = byte == '\n';
    typing->escaped = false;
    typing->byte = byte;
    return TYPING_TERMINAL;
}

const char *typing_echo(const struct typing *typing)
{
    return typing->echo;
}
