// SPDX-License-Identifier: Apache-2.0
// Every command's frame and lines, its refusals, and answers larger than any buffer on the way.
#include "base/test.h"
#include "fake_sources.h"

static struct job job;
static struct output output;
static char printed[65536];
static uint32_t printed_size;

static void collect(void)
{
    const char *bytes;
    for (uint32_t size; (size = output_peek(&output, &bytes)) > 0; output_drop(&output, size))
        for (uint32_t i = 0; i < size; i++)
            if (bytes[i] != '\r')
                printed[printed_size++] = bytes[i];
    printed[printed_size] = '\0';
}

// Runs a command to its end and returns what was printed.
static const char *run(const char *line)
{
    memset(&output, 0, sizeof output);
    printed_size = 0;
    job_start(&job, line);
    for (uint32_t i = 0; i < 1000 && job.active; i++) {
        uint32_t before = output.head - output.tail;
        job_step(&job, &fake_sources, &output);
        CHECK(output.head - output.tail - before <= 2 * JOB_PIECE_MAX);
        collect();
    }
    CHECK(!job.active);
    collect();
    return printed;
}

static void has(const char *line, const char *wanted)
{
    const char *text = run(line);
    if (strstr(text, wanted) == NULL)
        fprintf(stderr, "~%s printed:\n%s", line, text);
    CHECK(strstr(text, wanted) != NULL);
}

static void answers_are_framed(void)
{
    memset(&fake, 0, sizeof fake);
    const char *text = run("ps");
    CHECK(strncmp(text, "~begin ps\n", 10) == 0);
    CHECK(strcmp(text + strlen(text) - 8, "~end OK\n") == 0);
    has("ps", "\nstore                running ");
    has("ps", "\nstage ");
    has("info", "\nform phone\n");
    has("help", "power ");
}

static void wrong_words_are_refused_with_a_reason(void)
{
    has("", "~end ERR_UNSUPPORTED\n");
    has("pst", "~end ERR_UNSUPPORTED\n");
    has("p", "unknown command");
    has("kill", "~end ERR_INVALID\n");
    has("power", "~end ERR_INVALID\n");
    has("power maybe", "power off or power reboot\n");
    fake.kill_status = ERR_NOT_FOUND;
    has("kill nobody", "~end ERR_NOT_FOUND\n");
}

static void actions_reach_their_source(void)
{
    memset(&fake, 0, sizeof fake);
    has("kill   store", "~end OK");
    CHECK(strcmp(fake.killed, "store") == 0);
    has("power reboot", "~end OK");
    CHECK_EQ(fake.power, POWER_REBOOT);
    has("fault", "~end ERR_UNSUPPORTED"); // this one comes back
    CHECK_EQ(fake.faults, 1);
}

static void a_trace_is_printed_in_base64(void)
{
    memset(&fake, 0, sizeof fake);
    has("trace", "~end ERR_INVALID");
    has("trace maybe", "trace on, trace off or trace read\n~end ERR_INVALID");
    has("trace read", "~begin trace read\n~end ERR_BAD_STATE");
    has("trace on", "~end OK");
    CHECK(fake.traced);
    const char *text = run("trace read");
    CHECK(strncmp(text, "~begin trace read\nAAECAwQFBgcICQoL", 34) == 0);
    CHECK(strstr(text, "5w==\n~end OK\n") != NULL); // byte 999 is 0xe7
    CHECK_EQ(strlen(text), strlen("~begin trace read\n") + 896 + 1 + 440 + 1 + strlen("~end OK\n"));
    has("trace off", "~end OK");
    CHECK(!fake.traced);
}

static void states_are_set_by_name_and_value(void)
{
    memset(&fake, 0, sizeof fake);
    has("state dark 1", "~end OK");
    CHECK(strcmp(fake.state, "dark") == 0 && fake.value == 1);
    has("state mood 1", "~end ERR_NOT_FOUND");
    has("state dark", "state NAME VALUE");
    has("state dark", "~end ERR_INVALID");
    has("state dark 1 2", "~end ERR_INVALID");
    has("state dark on", "~end ERR_INVALID");
}

static void fill_log(uint32_t lines)
{
    fake.log[0] = '\0';
    for (uint32_t i = 0; i < lines; i++) {
        char text[24];
        snprintf(text, sizeof text, "line %u\n", (unsigned)i);
        fake_add(fake.log, sizeof fake.log, text);
    }
}

static void the_log_shows_its_newest_lines(void)
{
    memset(&fake, 0, sizeof fake);
    fill_log(1000);
    const char *text = run("log 3");
    CHECK(strcmp(text, "~begin log 3\nline 997\nline 998\nline 999\n~end OK\n") == 0);
    text = run("log");
    CHECK(strstr(text, "\nline 900\n") != NULL && strstr(text, "\nline 899\n") == NULL);
    CHECK(strcmp(run("log 0"), "~begin log 0\n~end OK\n") == 0);
    has("log x", "~end OK"); // no number: none
    fill_log(2);
    CHECK(strcmp(run("log 100"), "~begin log 100\nline 0\nline 1\n~end OK\n") == 0);
}

static void foreign_text_cannot_end_a_frame(void)
{
    memset(&fake, 0, sizeof fake);
    fake.log[0] = 0;
    fake_add(fake.log, sizeof fake.log, "a\n~end OK\nb\n");
    CHECK(strcmp(run("log"), "~begin log\na\n ~end OK\nb\n~end OK\n") == 0);
    fake.tree[0] = 0;
    fake_add(fake.tree, sizeof fake.tree, "~end OK\n");
    CHECK(strcmp(run("tree"), "~begin tree\n ~end OK\n~end OK\n") == 0);
}

static void the_tree_comes_whole_or_not_at_all(void)
{
    memset(&fake, 0, sizeof fake);
    for (uint32_t i = 0; i < 300; i++)
        fake_add(fake.tree, sizeof fake.tree, "  button x\n");
    const char *text = run("tree");
    CHECK_EQ(strlen(text), strlen("~begin tree\n~end OK\n") + strlen(fake.tree));
    fake.busy = 5;
    has("tree", "~end OK");
    fake.changes = 3;
    text = run("tree");
    CHECK_EQ(strlen(text), strlen("~begin tree\n~end OK\n") + strlen(fake.tree));
    fake.busy = 1000;
    has("tree", "~end ERR_TIMEOUT");
    CHECK(strcmp(run("tree"), "~begin tree\n~end ERR_TIMEOUT\n") == 0);
    fake.busy = 0;
    fake.changes = 1000;
    has("tree", "~end ERR_TIMEOUT");
}

static void the_frame_of_a_tree_begins_when_the_tree_is_here(void)
{
    memset(&fake, 0, sizeof fake);
    fake_add(fake.tree, sizeof fake.tree, "button x\n");
    fake.busy = 1;
    memset(&output, 0, sizeof output);
    printed_size = 0;
    job_start(&job, "tree");
    CHECK_EQ(job_step(&job, &fake_sources, &output), ERR_AGAIN);
    CHECK(!job.framed && output.head == output.tail);
    output_text(&output, "what the stage prints\n");
    for (uint32_t i = 0; i < 10 && job.active; i++)
        job_step(&job, &fake_sources, &output);
    collect();
    CHECK(strcmp(printed, "what the stage prints\n~begin tree\nbutton x\n~end OK\n") == 0);
}

TEST_MAIN(TEST(answers_are_framed), TEST(wrong_words_are_refused_with_a_reason),
          TEST(actions_reach_their_source), TEST(a_trace_is_printed_in_base64),
          TEST(states_are_set_by_name_and_value), TEST(the_log_shows_its_newest_lines),
          TEST(foreign_text_cannot_end_a_frame), TEST(the_tree_comes_whole_or_not_at_all),
          TEST(the_frame_of_a_tree_begins_when_the_tree_is_here))
