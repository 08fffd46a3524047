// SPDX-License-Identifier: Apache-2.0
// The font library as we build it, with the font we ship: weights of the variable font differ, and
// font bytes that were changed by accident or malice give errors, never a crash.
#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_MULTIPLE_MASTERS_H

#include "base/test.h"

#define FONT_BYTES_MAX (2 << 20)
#define MUTATIONS      40

static const char *font_path;
static uint8_t font[FONT_BYTES_MAX];
static uint8_t changed[FONT_BYTES_MAX];
static size_t font_size;

static void font_read(void)
{
    FILE *file = fopen(font_path, "rb");
    CHECK(file != NULL);
    if (file == NULL)
        return;
    font_size = fread(font, 1, sizeof font, file);
    fclose(file);
}

static long ink(FT_Face face, long weight, unsigned long code)
{
    FT_Fixed design[2] = {14 << 16, weight << 16};
    long sum = 0;
    if (FT_Set_Var_Design_Coordinates(face, 2, design) != 0 ||
        FT_Set_Pixel_Sizes(face, 0, 32) != 0 || FT_Load_Char(face, code, FT_LOAD_RENDER) != 0)
        return -1;
    const FT_Bitmap *map = &face->glyph->bitmap;
    for (unsigned y = 0; y < map->rows; y++)
        for (unsigned x = 0; x < map->width; x++)
            sum += map->buffer[y * (unsigned)map->pitch + x];
    return sum;
}

static void freetype_draws_heavier_weights_with_more_ink(void)
{
    FT_Library library;
    FT_Face face;
    font_read();
    CHECK_EQ(FT_Init_FreeType(&library), 0);
    CHECK_EQ(FT_New_Memory_Face(library, font, (FT_Long)font_size, 0, &face), 0);
    long thin = ink(face, 300, 'N');
    CHECK(thin > 0);
    CHECK(ink(face, 900, 'N') > thin * 3 / 2);
    FT_Done_Face(face);
    FT_Done_FreeType(library);
}

static void freetype_survives_changed_fonts(void)
{
    FT_Library library;
    uint32_t seed = 1;
    CHECK_EQ(FT_Init_FreeType(&library), 0);
    for (int round = 0; round < MUTATIONS; round++) {
        FT_Face face;
        memcpy(changed, font, font_size);
        for (int i = 0; i < 200; i++) {
            seed = seed * 1664525 + 1013904223;
            changed[(seed >> 4) % (round % 2 == 0 ? 4096 : font_size)] ^= (uint8_t)(seed >> 24);
        }
        if (FT_New_Memory_Face(library, changed, (FT_Long)font_size, 0, &face) != 0)
            continue;
        ink(face, 700, 'g');
        FT_Done_Face(face);
    }
    FT_Done_FreeType(library);
}

static void freetype_refuses_what_is_no_font(void)
{
    FT_Library library;
    FT_Face face;
    CHECK_EQ(FT_Init_FreeType(&library), 0);
    CHECK(FT_New_Memory_Face(library, (const uint8_t *)"not a font", 10, 0, &face) != 0);
    CHECK(FT_New_Face(library, font_path, 0, &face) != 0); // it opens no files
    FT_Done_FreeType(library);
}

static const struct test_case tests[] = {
    TEST(freetype_draws_heavier_weights_with_more_ink),
    TEST(freetype_survives_changed_fonts),
    TEST(freetype_refuses_what_is_no_font),
};

int main(int count, char **arguments)
{
    CHECK_EQ(count, 2);
    font_path = arguments[1];
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        tests[i].run();
        printf("%s done\n", tests[i].name);
    }
    return test_failures != 0;
}
