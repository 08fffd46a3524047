// SPDX-License-Identifier: Apache-2.0
// lib/doc as a program: one command a line on standard input, one answer a line on standard output;
// bytes and strings are hexadecimal, "-" when empty. `make SLOT CLIENT`, `apply SLOT UPDATE`,
// `state SLOT`, `vector SLOT`, `diff SLOT VECTOR`, `begin SLOT`, `commit SLOT`, `insert SLOT ROOT
// INDEX TEXT`, `delete SLOT ROOT INDEX COUNT`, `text SLOT ROOT`, `length SLOT ROOT`, `set SLOT MAP
// KEY VALUE`, `remove SLOT MAP KEY`, `put SLOT ARRAY INDEX VALUE`, `take SLOT ARRAY INDEX COUNT`,
// `size SLOT ARRAY`. A value is one encoded Any. The answer to a refused command is the error's
// name.
#include "doc/doc.h"

#include "base/assert.h"
#include "base/error.h"
#include "base/math.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 16, WORDS_MAX = 6 };

static struct doc *docs[SLOTS];

_Noreturn void assert_failed(const char *expression, const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
    abort();
}

static struct buffer from_hex(const char *hex)
{
    struct buffer bytes = {0};
    for (; hex[0] && hex[1]; hex += 2) {
        const char pair[3] = {hex[0], hex[1], 0};
        buffer_u8(&bytes, (uint8_t)strtoul(pair, NULL, 16));
    }
    return bytes;
}

static void answer(status_t status, struct buffer *bytes)
{
    static const char digits[] = "0123456789abcdef";
    if (status < 0) {
        printf("%s\n", error_name(status));
    } else if (bytes->size == 0) {
        printf("-\n");
    } else {
        for (size_t i = 0; i < bytes->size; i++) {
            putchar(digits[bytes->bytes[i] >> 4]);
            putchar(digits[bytes->bytes[i] & 15]);
        }
        putchar('\n');
    }
    buffer_finish(bytes);
}

static void answer_number(uint64_t number)
{
    printf("%" PRIu64 "\n", number);
}

static status_t value_of(struct buffer *encoded, struct doc_value *out_value)
{
    struct reader reader = reader_of(encoded->bytes, encoded->size);
    *out_value = doc_value_read(&reader);
    return reader_done(&reader) ? OK : ERR_BAD_MESSAGE;
}

static status_t make(struct doc **slot, char **words)
{
    doc_destroy(*slot);
    *slot = NULL;
    return doc_create(&(struct doc_options){.client = strtoull(words[2], NULL, 10)}, slot);
}

// Commands about the document as a whole; false: not one of these.
static bool command_doc(struct doc **slot, char **words)
{
    struct buffer out = {0}, in = from_hex(words[2]);
    const char *name = words[0];
    bool known = true;
    if (strcmp(name, "make") == 0)
        answer(make(slot, words), &out);
    else if (strcmp(name, "apply") == 0)
        answer(doc_apply(*slot, in.bytes, in.size, &out), &out);
    else if (strcmp(name, "state") == 0)
        answer(doc_encode_state(*slot, NULL, 0, &out), &out);
    else if (strcmp(name, "vector") == 0)
        answer(doc_encode_state_vector(*slot, &out), &out);
    else if (strcmp(name, "diff") == 0)
        answer(doc_encode_state(*slot, in.bytes, in.size, &out), &out);
    else if (strcmp(name, "begin") == 0)
        answer(doc_begin(*slot), &out);
    else if (strcmp(name, "commit") == 0)
        answer(doc_commit(*slot, &out), &out);
    else
        known = false;
    buffer_finish(&in);
    return known;
}

static bool command_text(struct doc *doc, char **words)
{
    struct doc_text *text = doc_text(doc, words[2]);
    uint64_t index = strtoull(words[3], NULL, 10);
    struct buffer out = {0}, in = from_hex(words[4]);
    bool known = true;
    if (strcmp(words[0], "insert") == 0)
        answer(doc_text_insert(text, index, (const char *)in.bytes, in.size), &out);
    else if (strcmp(words[0], "delete") == 0)
        answer(doc_text_delete(text, index, strtoull(words[4], NULL, 10)), &out);
    else if (strcmp(words[0], "text") == 0)
        answer(doc_text_read(text, 0, doc_text_length(text), &out), &out);
    else if (strcmp(words[0], "length") == 0)
        answer_number(doc_text_length(text));
    else if (strcmp(words[0], "align") == 0)
        answer_number(doc_text_align(text, index));
    else
        known = false;
    buffer_finish(&in);
    return known;
}

static bool command_values(struct doc *doc, char **words)
{
    struct buffer out = {0}, in = from_hex(words[4]);
    struct doc_value value;
    status_t status = value_of(&in, &value);
    uint64_t index = strtoull(words[3], NULL, 10);
    bool known = true;
    if (strcmp(words[0], "set") == 0)
        answer(status < 0 ? status : doc_map_set(doc_map(doc, words[2]), words[3], &value), &out);
    else if (strcmp(words[0], "remove") == 0)
        answer(doc_map_delete(doc_map(doc, words[2]), words[3]), &out);
    else if (strcmp(words[0], "put") == 0)
        answer(status < 0 ? status : doc_array_insert(doc_array(doc, words[2]), index, &value),
               &out);
    else if (strcmp(words[0], "take") == 0)
        answer(doc_array_delete(doc_array(doc, words[2]), index, strtoull(words[4], NULL, 10)),
               &out);
    else if (strcmp(words[0], "size") == 0)
        answer_number(doc_array_length(doc_array(doc, words[2])));
    else
        known = false;
    buffer_finish(&in);
    return known;
}

int main(void)
{
    static char nothing[] = "";
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, stdin) > 0) {
        char *words[WORDS_MAX], *state = NULL;
        char *word = strtok_r(line, " \n", &state);
        for (unsigned i = 0; i < WORDS_MAX; i++) {
            words[i] = word ? word : nothing;
            word = word ? strtok_r(NULL, " \n", &state) : NULL;
        }
        unsigned long slot = strtoul(words[1], NULL, 10) % SLOTS;
        if (!command_doc(&docs[slot], words) && !command_text(docs[slot], words) &&
            !command_values(docs[slot], words))
            printf("unknown\n");
        fflush(stdout);
    }
    free(line);
    for (unsigned i = 0; i < SLOTS; i++)
        doc_destroy(docs[i]);
    return 0;
}
