// SPDX-License-Identifier: Apache-2.0
// A stage believes nothing: every malformed difference is refused and leaves the tree exactly as it
// was.
#include "base/test.h"
#include "ui/attribute.h"
#include "ui/difference.h"

// App(1) > Section(2) > List(3) > Item(4), Item(5); Text(6) with a document under Section.
static const uint8_t whole[] = {
    1, 1, 0,                                             // version, reset, sequence
    1, 1, 0, 0, UI_APP,     0, 4, 65,       2, 'H', 'i', // title "Hi"
    1, 2, 1, 0, UI_SECTION, 0, 0,                        //
    1, 3, 2, 0, UI_LIST,    0, 2, UI_COUNT, 2,           //
    1, 4, 3, 0, UI_ITEM,    0, 2, UI_ID,    7,           //
    1, 5, 3, 4, UI_ITEM,    0, 2, UI_ID,    8,           //
    1, 6, 2, 3, UI_TEXT,    2, 2, UI_FLAGS, 4,           // handle 0
};
static const ui_document_t documents[] = {77};

static status_t apply(struct ui_tree *tree, const void *bytes, size_t size, uint32_t handles)
{
    struct ui_difference_view view = {bytes, size, documents, handles};
    return ui_difference_apply(tree, &view, NULL);
}

static struct ui_tree *tree_of_whole(void)
{
    struct ui_tree *tree = ui_tree_create();
    CHECK_EQ(apply(tree, whole, sizeof whole, 1), OK);
    return tree;
}

static void whole_tree_is_applied_and_walked_in_order(void)
{
    struct ui_tree *tree = tree_of_whole();
    CHECK_EQ(tree->count, 6);
    CHECK_EQ(ui_tree_document(tree, 6), 77);
    uint16_t at = tree->root;
    const uint16_t order[] = {1, 2, 3, 4, 5, 6};
    for (size_t i = 0; i < 6; i++) {
        CHECK_EQ(at, order[i]);
        at = ui_tree_walk(tree, tree->root, at);
    }
    CHECK_EQ(at, 0);
    CHECK_EQ(ui_tree_walk(tree, 3, 5), 0);
    ui_tree_destroy(tree);
}

#define REFUSED(expected, ...)                                                                     \
    do {                                                                                           \
        const uint8_t bytes[] = {__VA_ARGS__};                                                     \
        CHECK_EQ(apply(tree, bytes, sizeof bytes, 1), expected);                                   \
        CHECK(ui_tree_equal(tree, same));                                                          \
    } while (0)

static void malformed_differences_change_nothing(void)
{
    struct ui_tree *tree = tree_of_whole(), *same = tree_of_whole();
    REFUSED(ERR_BAD_MESSAGE, 2, 0, 1);                                  // version
    REFUSED(ERR_BAD_MESSAGE, 1, 8, 1);                                  // flags
    REFUSED(ERR_BAD_STATE, 1, 0, 2);                                    // another sequence
    REFUSED(ERR_BAD_STATE, 1, 1, 1);                                    // reset that continues
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 9);                               // operation
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 2, 0);                            // remove nothing
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 2, 9);                            // remove what is not
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 2, 1);                            // no root is left
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 2, 4, 1, 7);                      // valid, then cut
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 0, 1, 0, UI_SECTION, 0, 0);    // number 0
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 0x80, 8, 1, 0, UI_VERB, 0, 0); // number 1024
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 9, 0, 0, UI_APP, 0, 0);        // second root
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 9, 8, 0, UI_ITEM, 0, 0);       // no such parent
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 9, 3, 6, UI_ITEM, 0, 0);       // sibling elsewhere
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 4, 3, 4, UI_ITEM, 0, 0);       // its own sibling
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 9, 3, 0, UI_SECTION, 0, 0);    // kind in the wrong place
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 9, 3, 0, 99, 0, 0);            // no such kind
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 4, 2, 0, UI_ITEM, 0, 0);       // parent changed
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 4, 3, 0, UI_STATUS, 0, 0);     // kind changed
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 9, 2, 0, UI_TEXT, 3, 0);       // handle that did not come
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 9, 2, 0, UI_TEXT, 1, 0);       // keeps what it never had
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 9, 3, 0, UI_ITEM, 0, 2, UI_ID, 0);         // zero written
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 9, 3, 0, UI_ITEM, 0, 4, 2, 1, 1, 1);       // tags descend
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 9, 3, 0, UI_ITEM, 0, 3, UI_FLAGS, 128, 1); // unknown flag
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 9, 3, 0, UI_ITEM, 0, 3, 65, 1, 0xff);      // not UTF-8
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 9, 3, 0, UI_ITEM, 0, 3, 65, 1, '\n');      // control
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 9, 3, 0, UI_ITEM, 0, 2, 65, 0);            // empty string
    REFUSED(ERR_BAD_MESSAGE, 1, 0, 1, 1, 9, 3, 0, UI_ITEM, 0, 3, 65, 9, 'a');       // over the end
    ui_tree_destroy(tree);
    ui_tree_destroy(same);
}

static void unknown_attributes_are_stepped_over(void)
{
    struct ui_tree *tree = tree_of_whole();
    const uint8_t bytes[] = {1, 0, 1, 1, 9, 3, 0, UI_ITEM, 0, 9, 1, 5, 40, 3, 65, 1, 'a', 120, 0};
    CHECK_EQ(apply(tree, bytes, sizeof bytes, 0), ERR_BAD_MESSAGE); // an empty unknown string
    const uint8_t good[] = {1, 0, 1,  1, 9,  3, 0,   UI_ITEM, 0, 10,
                            1, 5, 40, 3, 65, 1, 'a', 120,     1, 9};
    CHECK_EQ(apply(tree, good, sizeof good, 0), OK);
    CHECK_EQ(ui_tree_number(tree, 9, UI_ID), 5);
    ui_tree_destroy(tree);
}

static void tree_has_its_bounds(void)
{
    struct ui_tree *tree = tree_of_whole();
    struct buffer bytes = {0};
    const uint8_t head[] = {1, 0, 1};
    buffer_bytes(&bytes, head, sizeof head);
    for (uint64_t number = 10; number < 100; number++) { // 90 × 6000 bytes
        const uint8_t put[] = {1, (uint8_t)number, 3, 0, UI_ITEM, 0};
        uint8_t text[1500];
        memset(text, 'a', sizeof text);
        buffer_bytes(&bytes, put, sizeof put);
        buffer_uvarint(&bytes, 4 * (sizeof text + 3));
        for (uint8_t tag = 64; tag < 68; tag++) {
            buffer_u8(&bytes, tag);
            buffer_block(&bytes, text, sizeof text);
        }
    }
    CHECK_EQ(apply(tree, bytes.bytes, bytes.size, 0), ERR_BAD_MESSAGE); // message too large
    CHECK_EQ(apply(tree, bytes.bytes, 3 + 10 * (6 + 2 + 4 * 1503), 0), OK);
    CHECK_EQ(tree->count, 16);
    buffer_finish(&bytes);
    ui_tree_destroy(tree);
}

// Every single-byte mutation and every cut of a valid message, then random ones: no crash, and a
// refusal changes nothing.
static void mutated_differences_never_harm(void)
{
    uint32_t seed = 99, refused = 0;
    struct ui_tree *same = tree_of_whole(), *tree = tree_of_whole();
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[sizeof whole];
        memcpy(bytes, whole, sizeof whole);
        size_t size = sizeof whole;
        for (int i = 0; i < 1 + round % 3; i++) {
            seed = seed * 1664525u + 1013904223u;
            bytes[(seed >> 8) % sizeof whole] = (uint8_t)(seed >> 24);
        }
        size = seed % 7 == 0 ? seed % sizeof whole : size;
        if (apply(tree, bytes, size, 1) < 0) {
            refused++;
            CHECK(ui_tree_equal(tree, same));
        } else {
            CHECK_EQ(apply(tree, whole, sizeof whole, 1), OK);
        }
    }
    CHECK(refused > 10000 && refused < 20000);
    ui_tree_destroy(tree);
    ui_tree_destroy(same);
}

static void text_validity_follows_utf8(void)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"plain", true},
        {"\xc3\xa9", true},
        {"\xf0\x9f\x98\x80", true},
        {"\xc0\x80", false},
        {"\xed\xa0\x80", false},
        {"\xe2\x82", false},
        {"\xf4\x90\x80\x80", false},
        {"\x7f", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct span text = {(const uint8_t *)cases[i].text, strlen(cases[i].text)};
        CHECK_EQ(ui_text_is_valid(text, false), cases[i].valid);
    }
    CHECK(ui_text_is_valid((struct span){(const uint8_t *)"a\nb", 3}, true));
    CHECK(!ui_text_is_valid((struct span){(const uint8_t *)"a\rb", 3}, true));
}

TEST_MAIN(TEST(whole_tree_is_applied_and_walked_in_order),
          TEST(malformed_differences_change_nothing), TEST(unknown_attributes_are_stepped_over),
          TEST(tree_has_its_bounds), TEST(mutated_differences_never_harm),
          TEST(text_validity_follows_utf8))
