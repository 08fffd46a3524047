// SPDX-License-Identifier: Apache-2.0
// Replays an editing trace keystroke by keystroke and times it: one transaction with its update per
// step, then loading the result into a new document and reading its text. A trace is a plain file
// of lines "position deleted text", with \n, \r, \t and \\ escaped in the text; without an argument
// a seeded trace of 100,000 keystrokes is made up. Prints one line of numbers; tools/bench and the
// conformance check read it.
#include "hex.h"

#include <time.h>

struct patch {
    uint64_t position, deleted;
    char *text;
    size_t size;
    bool ends; // the transaction
};

struct trace {
    struct patch *patches;
    size_t count, capacity;
};

static struct patch *trace_add(struct trace *trace)
{
    if (trace->count == trace->capacity) {
        trace->capacity = trace->capacity ? trace->capacity * 2 : 1024;
        trace->patches = realloc(trace->patches, trace->capacity * sizeof *trace->patches);
    }
    struct patch *patch = &trace->patches[trace->count++];
    *patch = (struct patch){0};
    return patch;
}

static size_t unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from && *from != '\n'; from++) {
        char byte = *from;
        if (byte == '\\') {
            from++;
            byte = *from == 'n' ? '\n' : *from == 'r' ? '\r' : *from == 't' ? '\t' : *from;
        }
        *to++ = byte;
    }
    return (size_t)(to - text);
}

// Lines "p d text" are patches, a line "." ends a transaction.
static bool trace_load(struct trace *trace, const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, file) > 0) {
        if (line[0] == '.') {
            trace->patches[trace->count - 1].ends = true;
            continue;
        }
        char *rest;
        struct patch *patch = trace_add(trace);
        patch->position = strtoull(line, &rest, 10);
        patch->deleted = strtoull(rest, &rest, 10);
        patch->text = strdup(rest + 1);
        patch->size = unescape(patch->text);
    }
    free(line);
    fclose(file);
    return true;
}

// People type in bursts, correct themselves and jump: so does this.
static void trace_make(struct trace *trace, size_t count)
{
    uint64_t seed = 20261125, length = 0, caret = 0;
    for (size_t i = 0; i < count; i++) {
        struct patch *patch = trace_add(trace);
        uint64_t dice = random_below(&seed, 100);
        if (dice < 2)
            caret = random_below(&seed, length + 1);
        patch->ends = true;
        if (dice < 22 && caret > 0) {
            patch->position = --caret;
            patch->deleted = 1;
            length--;
            patch->text = strdup("");
        } else {
            patch->position = caret++;
            patch->text = strdup((char[2]){(char)('a' + random_below(&seed, 26)), 0});
            patch->size = 1;
            length++;
        }
    }
}

static double now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static uint64_t replay(struct doc *doc, const struct trace *trace)
{
    struct doc_text *text = doc_text(doc, "t");
    struct buffer update = {0};
    uint64_t sum = 0;
    bool open = false;
    for (size_t i = 0; i < trace->count; i++) {
        const struct patch *patch = &trace->patches[i];
        if (!open)
            CHECK_EQ(doc_begin(doc), OK);
        open = !patch->ends;
        if (patch->deleted)
            CHECK_EQ(doc_text_delete(text, patch->position, patch->deleted), OK);
        if (patch->size)
            CHECK_EQ(doc_text_insert(text, patch->position, patch->text, patch->size), OK);
        if (!open) {
            buffer_clear(&update);
            CHECK_EQ(doc_commit(doc, &update), OK);
            sum += update.size;
        }
    }
    buffer_finish(&update);
    return sum;
}

int main(int count, char **arguments)
{
    struct trace trace = {0};
    if (count < 2)
        trace_make(&trace, 100000);
    else if (!trace_load(&trace, arguments[1]))
        return 2;
    struct doc *doc = make_doc(1), *copy = make_doc(0);
    double start = now_ms();
    uint64_t updates = replay(doc, &trace);
    double edited = now_ms();
    struct buffer state = {0}, text = {0}, again = {0};
    CHECK_EQ(doc_encode_state(doc, NULL, 0, &state), OK);
    double encoded = now_ms();
    CHECK_EQ(doc_apply(copy, state.bytes, state.size, NULL), OK);
    CHECK_EQ(doc_text_read(doc_text(copy, "t"), 0, doc_text_length(doc_text(copy, "t")), &text),
             OK);
    double loaded = now_ms();
    CHECK_EQ(doc_encode_state(copy, NULL, 0, &again), OK);
    CHECK(again.size == state.size && memcmp(again.bytes, state.bytes, state.size) == 0);
    printf("patches %zu state %zu updates %" PRIu64 " text %zu edit_ms %.1f encode_ms %.1f "
           "load_ms %.1f memory %zu loaded_memory %zu\n",
           trace.count, state.size, updates, text.size, edited - start, encoded - edited,
           loaded - encoded, doc_memory(doc), doc_memory(copy));
    for (size_t i = 0; i < trace.count; i++)
        free(trace.patches[i].text);
    free(trace.patches);
    buffer_finish(&state);
    buffer_finish(&text);
    buffer_finish(&again);
    doc_destroy(doc);
    doc_destroy(copy);
    return test_failures != 0;
}
