// SPDX-License-Identifier: Apache-2.0
// What goes to the terminal and what is a command, byte by byte; and the output queue's newlines.
#include "../output.h"
#include "../typing.h"
#include "base/test.h"

static struct typing typing;
static char terminal[256], commands[256];

// Types `text` and collects what came out; commands are separated by '|'.
static void type(const char *text)
{
    for (; *text != '\0'; text++) {
        enum typing_event event = typing_take(&typing, (uint8_t)*text);
        if (event == TYPING_TERMINAL) {
            size_t at = strlen(terminal);
            terminal[at] = (char)typing.byte;
            terminal[at + 1] = '\0';
        } else if (event == TYPING_COMMAND) {
            snprintf(commands + strlen(commands), sizeof commands - strlen(commands), "%s|",
                     typing.line);
        }
    }
}

static void setup(bool developer)
{
    terminal[0] = commands[0] = '\0';
    typing_init(&typing, developer);
}

static void lines_with_a_tilde_are_commands(void)
{
    setup(true);
    type("~ps\nhello\n~log 5\r\nx~y\r~info\n");
    CHECK(strcmp(commands, "ps|log 5|info|") == 0);
    CHECK(strcmp(terminal, "hello\nx~y\n") == 0);
}

static void without_a_developer_image_all_is_the_terminal_s(void)
{
    setup(false);
    type("~ps\n\x1d~ps\n");
    CHECK(commands[0] == '\0');
    CHECK(strcmp(terminal, "~ps\n\x1d~ps\n") == 0);
}

static void the_escape_begins_a_command_anywhere(void)
{
    setup(true);
    type("half a word\x1d~tree\nand the rest\n~half\x1d~ps\n");
    CHECK(strcmp(commands, "tree|ps|") == 0);
    CHECK(strcmp(terminal, "half a wordand the rest\n") == 0);
}

static void only_a_person_s_command_is_echoed(void)
{
    setup(true);
    typing_take(&typing, 'a');
    CHECK(typing_echo(&typing)[0] == '\0');
    typing_take(&typing, '\n');
    typing_take(&typing, '~');
    CHECK(strcmp(typing_echo(&typing), "~") == 0);
    typing_take(&typing, 'p');
    CHECK(strcmp(typing_echo(&typing), "p") == 0);
    typing_take(&typing, '\b');
    CHECK(strcmp(typing_echo(&typing), "\b \b") == 0);
    typing_take(&typing, '\b');
    CHECK(typing_echo(&typing)[0] == '\0');
    typing_take(&typing, TYPING_ESCAPE);
    typing_take(&typing, '~');
    typing_take(&typing, 'p');
    CHECK(typing_echo(&typing)[0] == '\0');
}

static void backspace_and_bounds_hold(void)
{
    setup(true);
    type("~\b\bpx\bs\n");
    CHECK(strcmp(commands, "ps|") == 0);
    setup(true);
    type("~");
    for (int i = 0; i < 1000; i++)
        type("a\x01");
    type("\n");
    CHECK_EQ(strlen(commands), TYPING_LINE_MAX); // 127 bytes and the separator
}

static void random_bytes_do_no_harm(void)
{
    uint64_t seed = 9;
    setup(true);
    for (uint32_t i = 0; i < 1000000; i++) {
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        uint8_t byte = (uint8_t)(seed >> 40);
        if (typing_take(&typing, byte % 5 == 0 ? '~' : byte) == TYPING_COMMAND)
            CHECK(memchr(typing.line, 0, TYPING_LINE_MAX) != NULL);
    }
}

static void output_makes_newlines_for_terminals(void)
{
    static struct output output;
    const char *bytes;
    output_fresh_line(&output); // nothing yet: already fresh
    output_text(&output, "a\nb\r\nc");
    output_fresh_line(&output);
    output_fresh_line(&output);
    CHECK_EQ(output_peek(&output, &bytes), 9);
    CHECK_BYTES(bytes, "a\r\nb\r\nc\r\n", 9);
    output_drop(&output, 9);
    CHECK_EQ(output_peek(&output, &bytes), 0);
}

static void output_runs_across_both_wraps(void)
{
    static struct output output;
    output.head = output.tail = UINT32_MAX - 100;
    uint64_t sum_in = 0, sum_out = 0;
    for (uint32_t i = 0; i < 5000; i++) {
        char text[16];
        snprintf(text, sizeof text, "%u ", (unsigned)i);
        while (output_room(&output) < 16) {
            const char *bytes;
            uint32_t size = output_peek(&output, &bytes);
            for (uint32_t k = 0; k < size; k++)
                sum_out += (uint8_t)bytes[k];
            output_drop(&output, size);
        }
        for (const char *c = text; *c; c++)
            sum_in += (uint8_t)*c;
        output_text(&output, text);
    }
    const char *bytes;
    for (uint32_t size; (size = output_peek(&output, &bytes)) > 0; output_drop(&output, size))
        for (uint32_t k = 0; k < size; k++)
            sum_out += (uint8_t)bytes[k];
    CHECK_EQ(sum_in, sum_out);
}

TEST_MAIN(TEST(lines_with_a_tilde_are_commands),
          TEST(without_a_developer_image_all_is_the_terminal_s),
          TEST(the_escape_begins_a_command_anywhere), TEST(only_a_person_s_command_is_echoed),
          TEST(backspace_and_bounds_hold), TEST(random_bytes_do_no_harm),
          TEST(output_makes_newlines_for_terminals), TEST(output_runs_across_both_wraps))
