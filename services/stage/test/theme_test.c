// SPDX-License-Identifier: Apache-2.0
#include "base/test.h"
#include "theme.h"

struct pair {
    enum color ink, under;
    uint32_t least; // hundredths
};

static const struct pair pairs[] = {
    {COLOR_ON, COLOR_BG, 450},
    {COLOR_ON, COLOR_SURFACE, 450},
    {COLOR_ON, COLOR_SURFACE2, 450},
    {COLOR_ON, COLOR_SURFACE3, 450},
    {COLOR_MUTED, COLOR_BG, 450},
    {COLOR_MUTED, COLOR_SURFACE, 450},
    {COLOR_MUTED, COLOR_SURFACE2, 450},
    {COLOR_ON_ACCENT, COLOR_ACCENT, 450},
    {COLOR_ON_SELECTED, COLOR_SELECTED, 450},
    {COLOR_ON_DANGER, COLOR_DANGER, 450},
    {COLOR_DANGER, COLOR_SURFACE2, 450},
    {COLOR_DANGER, COLOR_SURFACE, 450},
    {COLOR_ON_WARN, COLOR_WARN, 450},
    {COLOR_ON_OK, COLOR_OK, 450},
    {COLOR_OK, COLOR_BG, 300},
    {COLOR_OUTLINE, COLOR_SURFACE, 300},
    {COLOR_FOCUS, COLOR_BG, 300},
    {COLOR_FOCUS, COLOR_SURFACE, 300},
    {COLOR_FOCUS, COLOR_SURFACE2, 300},
    {COLOR_ACCENT, COLOR_SURFACE, 300},
};

static void every_pair_has_its_contrast_in_every_look(void)
{
    for (int look = 0; look < 4; look++) {
        struct form form = {.dark = look & 1, .high_contrast = look & 2};
        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
            uint32_t least = !form.high_contrast     ? pairs[i].least
                             : pairs[i].least == 450 ? 700
                                                     : 450;
            uint32_t ratio = theme_contrast(theme_color(&form, pairs[i].ink),
                                            theme_color(&form, pairs[i].under));
            if (ratio < least) {
                fprintf(stderr, "look %d ink %d under %d: %u\n", look, pairs[i].ink, pairs[i].under,
                        ratio);
            }
            CHECK(ratio >= least);
        }
    }
}

static void contrast_has_the_known_values(void)
{
    CHECK_EQ(theme_contrast(0xffffff, 0x000000), 2100);
    CHECK_EQ(theme_contrast(0xffffff, 0xffffff), 100);
    CHECK_EQ(theme_contrast(0x777777, 0xffffff), 447); // the grey that just misses AA
}

static void lengths_follow_scale_and_text_scale(void)
{
    struct form form = {.scale_percent = 150, .text_percent = 130};
    CHECK_EQ(form_px(&form, 10), 15);
    CHECK_EQ(form_px(&form, -10), -15);
    CHECK_EQ(form_text_px(&form, 10), 20);
    CHECK_EQ(theme_style(&form, TYPE_BODY).size_q6, 1997);
}

static struct fold fold_at(int32_t width, uint32_t scale)
{
    struct form form = {
        .width_px = width, .height_px = 800, .scale_percent = scale, .text_percent = 100};
    return form_fold(&form);
}

static void folding_is_decided_by_width_in_dp(void)
{
    CHECK_EQ(fold_at(360, 100).navigation, NAVIGATION_BAR);
    CHECK_EQ(fold_at(599, 100).navigation, NAVIGATION_BAR);
    CHECK_EQ(fold_at(600, 100).navigation, NAVIGATION_RAIL);
    CHECK_EQ(fold_at(1199, 100).navigation, NAVIGATION_RAIL);
    CHECK_EQ(fold_at(1200, 100).navigation, NAVIGATION_DRAWER);
    CHECK_EQ(fold_at(1200, 200).navigation, NAVIGATION_RAIL);
    CHECK(!fold_at(599, 100).two_panes);
    CHECK(!fold_at(719, 100).two_panes);
    CHECK(fold_at(720, 100).two_panes);
    CHECK_EQ(fold_at(540, 150).list_px, 540);
}

TEST_MAIN(TEST(every_pair_has_its_contrast_in_every_look), TEST(contrast_has_the_known_values),
          TEST(lengths_follow_scale_and_text_scale), TEST(folding_is_decided_by_width_in_dp))
