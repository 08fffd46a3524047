// SPDX-License-Identifier: Apache-2.0
// Editing a text that a document carries: what goes to the source, where the caret is, and what
// others do meanwhile.
#include "rig.h"

#include "base/test.h"

#include "text/unicode.h"
#include "ui/attribute.h"

// A source that keeps a copy of the text as UTF-16 counts it, and can refuse.
struct copy {
    char text[512];
    size_t size;
    bool refuses;
    uint32_t calls;
};

static status_t copy_insert(void *context, uint32_t at, const char *text, size_t size)
{
    struct copy *copy = context;
    if (copy->refuses) {
        return ERR_DENIED;
    }
    size_t byte = unicode_byte_of(copy->text, copy->size, at);
    memmove(copy->text + byte + size, copy->text + byte, copy->size - byte);
    memcpy(copy->text + byte, text, size);
    copy->size += size;
    copy->calls++;
    return OK;
}

static status_t copy_remove(void *context, uint32_t at, uint32_t count)
{
    struct copy *copy = context;
    if (copy->refuses) {
        return ERR_DENIED;
    }
    size_t from = unicode_byte_of(copy->text, copy->size, at);
    size_t to = unicode_byte_of(copy->text, copy->size, at + count);
    memmove(copy->text + from, copy->text + to, copy->size - to);
    copy->size -= to - from;
    copy->calls++;
    return OK;
}

struct bench {
    struct rig *rig;
    struct copy copy;
    struct clipboard clipboard;
    struct editor *editor;
};

static void bench_open(struct bench *bench, const char *text, bool titled)
{
    memset(bench, 0, sizeof *bench);
    bench->rig = rig_create(false, 1);
    struct editor_options options = {.text = bench->rig->text,
                                     .clipboard = &bench->clipboard,
                                     .source = {copy_insert, copy_remove, &bench->copy},
                                     .multiline = true,
                                     .titled = titled};
    bench->editor = editor_create(&options);
    bench->copy.size = strlen(text);
    memcpy(bench->copy.text, text, bench->copy.size);
    CHECK_EQ(editor_set(bench->editor, (struct span){(const uint8_t *)text, strlen(text)}), OK);
    struct editor_look look;
    memset(&look, 0, sizeof look);
    look.style = (struct text_style){TEXT_REGULAR, 16 * 64};
    look.title_style = (struct text_style){TEXT_SEMIBOLD, 28 * 64};
    look.line_px = 24;
    look.title_line_px = 36;
    look.gap_px = 12;
    look.width_px = 400;
    CHECK_EQ(editor_look_set(bench->editor, &look), OK);
}

static void bench_close(struct bench *bench)
{
    editor_destroy(bench->editor);
    buffer_finish(&bench->clipboard.text);
    rig_destroy(bench->rig);
}

static enum editor_result key(struct bench *bench, uint16_t code, uint8_t modifiers)
{
    return editor_key(bench->editor, &(struct stroke){.code = code, .modifiers = modifiers});
}

static void type(struct bench *bench, const char *text)
{
    for (; *text != 0; text++) {
        editor_key(bench->editor, &(struct stroke){.text = *text});
    }
}

static void check_text(struct bench *bench, const char *expected)
{
    struct span text = editor_text(bench->editor);
    CHECK_EQ(text.size, strlen(expected));
    CHECK_BYTES(text.bytes, expected, text.size);
    CHECK_EQ(bench->copy.size, strlen(expected));
    CHECK_BYTES(bench->copy.text, expected, bench->copy.size);
}

static void typing_and_erasing_reach_the_source(void)
{
    struct bench bench;
    bench_open(&bench, "ab", false);
    editor_caret_to_end(bench.editor);
    type(&bench, "cd");
    check_text(&bench, "abcd");
    CHECK_EQ(key(&bench, KEY_CODE_BACKSPACE, 0), EDITOR_CHANGED);
    CHECK_EQ(key(&bench, KEY_CODE_HOME, 0), EDITOR_MOVED);
    CHECK_EQ(key(&bench, KEY_CODE_DELETE, 0), EDITOR_CHANGED);
    check_text(&bench, "bc");
    CHECK_EQ(key(&bench, KEY_CODE_BACKSPACE, 0), EDITOR_IGNORED);
    bench_close(&bench);
}

static void graphemes_are_stepped_and_erased_whole(void)
{
    struct bench bench;
    bench_open(&bench,
               "a\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb"
               "e\xcc\x81",
               false); // a, woman technologist, e with acute
    editor_caret_to_end(bench.editor);
    CHECK_EQ(key(&bench, KEY_CODE_BACKSPACE, 0), EDITOR_CHANGED);
    check_text(&bench, "a\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb");
    CHECK_EQ(key(&bench, KEY_CODE_BACKSPACE, 0), EDITOR_CHANGED);
    check_text(&bench, "a");
    bench_close(&bench);
}

static void selection_is_replaced_cut_and_pasted(void)
{
    struct bench bench;
    bench_open(&bench, "one two three", false);
    CHECK_EQ(key(&bench, KEY_CODE_HOME, KEY_CTRL), EDITOR_MOVED);
    CHECK_EQ(key(&bench, KEY_CODE_RIGHT, KEY_CTRL | KEY_SHIFT), EDITOR_MOVED);
    CHECK(editor_has_selection(bench.editor));
    CHECK_EQ(key(&bench, KEY_CODE_X, KEY_CTRL), EDITOR_CHANGED);
    CHECK_EQ(key(&bench, KEY_CODE_END, KEY_CTRL), EDITOR_MOVED);
    CHECK_EQ(key(&bench, KEY_CODE_V, KEY_CTRL), EDITOR_CHANGED);
    CHECK_EQ(editor_text(bench.editor).size, strlen("one two three"));
    CHECK_EQ(key(&bench, KEY_CODE_A, KEY_CTRL), EDITOR_MOVED);
    type(&bench, "z");
    check_text(&bench, "z");
    CHECK_EQ(key(&bench, KEY_CODE_C, KEY_CTRL), EDITOR_IGNORED); // nothing selected
    bench_close(&bench);
}

static void caret_stays_on_its_character_through_remote_edits(void)
{
    struct bench bench;
    bench_open(&bench, "hello world", false);
    editor_caret_to_end(bench.editor);
    for (int i = 0; i < 5; i++) {
        key(&bench, KEY_CODE_LEFT, 0); // before "world"
    }
    struct span in = {(const uint8_t *)"big ", 4};
    CHECK_EQ(editor_splice(bench.editor, 0, 0, in), OK); // before the caret
    CHECK_EQ(copy_insert(&bench.copy, 0, "big ", 4), OK);
    type(&bench, "X");
    check_text(&bench, "big hello Xworld");
    CHECK_EQ(editor_splice(bench.editor, 10, 6, (struct span){NULL, 0}), OK); // around it
    CHECK_EQ(copy_remove(&bench.copy, 10, 6), OK);
    type(&bench, "!");
    check_text(&bench, "big hello !");
    CHECK_EQ(editor_splice(bench.editor, 500, 90, in), OK); // beyond the end is the end
    bench_close(&bench);
}

// The replica 7 of a stage that died typed nine units in all.
static uint64_t seven_typed(void *context, uint64_t replica, uint64_t *out_replica)
{
    *out_replica = replica != 0 ? replica : 8;
    return replica == 7 ? 9 : 0;
}

static void caret_resumes_behind_what_its_last_editor_typed(void)
{
    struct bench bench;
    bench_open(&bench, "a\xf0\x9f\x98\x80z and more", false);
    struct editor_source source = {copy_insert, copy_remove, &bench.copy, seven_typed};
    editor_source_set(bench.editor, &source);
    uint64_t replica;
    CHECK_EQ(editor_typed(bench.editor, &replica), 0);
    CHECK_EQ(replica, 8);
    editor_resume(bench.editor, 1, 7, 6); // the emoji's two units, and the z
    CHECK_EQ(editor_offset(bench.editor), 6);
    editor_resume(bench.editor, 1, 7, 9);
    CHECK_EQ(editor_offset(bench.editor), 1);
    editor_resume(bench.editor, 1, 7, 20); // it never typed less
    CHECK_EQ(editor_offset(bench.editor), 1);
    editor_resume(bench.editor, 1, 5, 0); // a replica nobody knows
    CHECK_EQ(editor_offset(bench.editor), 1);
    editor_resume(bench.editor, 1000, 7, 0);
    CHECK_EQ(editor_offset(bench.editor), editor_text(bench.editor).size);
    editor_source_set(bench.editor, &(struct editor_source){0});
    editor_resume(bench.editor, 1, 7, 0);
    CHECK_EQ(editor_offset(bench.editor), 1);
    CHECK_EQ(editor_typed(bench.editor, &replica), 0);
    CHECK_EQ(replica, 0);
    bench_close(&bench);
}

static void refusing_source_leaves_the_text(void)
{
    struct bench bench;
    bench_open(&bench, "safe", false);
    bench.copy.refuses = true;
    type(&bench, "x");
    CHECK_EQ(key(&bench, KEY_CODE_DELETE, 0), EDITOR_IGNORED);
    bench.copy.refuses = false;
    check_text(&bench, "safe");
    bench_close(&bench);
}

static void titled_text_moves_between_heading_and_body(void)
{
    struct bench bench;
    bench_open(&bench, "Title\nBody line\nLast", true);
    CHECK_EQ(editor_line_count(bench.editor), 3);
    CHECK(editor_line_at(bench.editor, 0).is_title);
    CHECK_EQ(editor_line_at(bench.editor, 1).rect.y, 48);
    CHECK_EQ(editor_caret(bench.editor).y, 0);
    CHECK_EQ(key(&bench, KEY_CODE_DOWN, 0), EDITOR_MOVED);
    CHECK_EQ(editor_caret(bench.editor).y, 48);
    CHECK_EQ(key(&bench, KEY_CODE_UP, 0), EDITOR_MOVED);
    CHECK_EQ(editor_caret(bench.editor).y, 0);
    editor_press(bench.editor, 0, 500, false);
    CHECK_EQ(editor_caret(bench.editor).y, 72);
    editor_press(bench.editor, 0, 5, true);
    struct paint_rect rects[8];
    CHECK_EQ(editor_selection(bench.editor, rects, 8), 2); // the caret stands before the last line
    bench_close(&bench);
}

static void random_keys_keep_editor_and_source_equal(void)
{
    static const uint16_t codes[] = {
        KEY_CODE_LEFT, KEY_CODE_RIGHT,     KEY_CODE_UP,     KEY_CODE_DOWN,  KEY_CODE_HOME,
        KEY_CODE_END,  KEY_CODE_BACKSPACE, KEY_CODE_DELETE, KEY_CODE_ENTER, KEY_CODE_X,
        KEY_CODE_C,    KEY_CODE_V,         KEY_CODE_A};
    for (int titled = 0; titled < 2; titled++) {
        struct bench bench;
        bench_open(&bench, "Caf\xc3\xa9 \xf0\x9f\x98\x80\nline", titled);
        uint32_t seed = 5;
        for (int step = 0; step < 3000; step++) {
            seed = seed * 1664525u + 1013904223u;
            uint32_t pick = seed >> 24;
            if (pick < 100) {
                struct span text = {(const uint8_t *)"\xc3\xa9\xf0\x9f\x98\x80", pick & 1 ? 2 : 6};
                editor_insert(bench.editor, text);
            } else {
                key(&bench, codes[pick % 13], (uint8_t)(seed >> 20 & 3));
            }
            if (bench.copy.size > 200) {
                key(&bench, KEY_CODE_A, KEY_CTRL);
                key(&bench, KEY_CODE_BACKSPACE, 0);
            }
            struct span text = editor_text(bench.editor);
            CHECK_EQ(text.size, bench.copy.size);
            CHECK_BYTES(text.bytes, bench.copy.text, text.size);
            CHECK(ui_text_is_valid(text, true));
        }
        bench_close(&bench);
    }
}

TEST_MAIN(TEST(typing_and_erasing_reach_the_source), TEST(graphemes_are_stepped_and_erased_whole),
          TEST(selection_is_replaced_cut_and_pasted),
          TEST(caret_stays_on_its_character_through_remote_edits),
          TEST(caret_resumes_behind_what_its_last_editor_typed),
          TEST(refusing_source_leaves_the_text), TEST(titled_text_moves_between_heading_and_body),
          TEST(random_keys_keep_editor_and_source_equal))
