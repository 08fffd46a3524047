// SPDX-License-Identifier: Apache-2.0
#include "form.h"

#include "base/math.h"

// Breakpoints in dp: below the first a bar, below the second a rail, then a drawer. Two panes when
// what the navigation leaves holds a list and a detail at their least widths.
enum {
    RAIL_FROM = 600,
    DRAWER_FROM = 1200,
    RAIL_WIDTH = 80,
    DRAWER_WIDTH = 220,
    LIST_LEAST = 280,
    LIST_MOST = 380,
    DETAIL_LEAST = 360
};

int32_t form_px(const struct form *form, int32_t dp)
{
    return (dp * (int32_t)form->scale_percent + (dp < 0 ? -50 : 50)) / 100;
}

int32_t form_text_px(const struct form *form, int32_t dp)
{
    return (dp * (int32_t)form->scale_percent * (int32_t)form->text_percent + 5000) / 10000;
}

struct fold form_fold(const struct form *form)
{
    int32_t width = form->width_px * 100 / (int32_t)form->scale_percent;
    struct fold fold = {.navigation = width < RAIL_FROM     ? NAVIGATION_BAR
                                      : width < DRAWER_FROM ? NAVIGATION_RAIL
                                                            : NAVIGATION_DRAWER};
    int32_t taken = fold.navigation == NAVIGATION_BAR    ? 0
                    : fold.navigation == NAVIGATION_RAIL ? RAIL_WIDTH
                                                         : DRAWER_WIDTH;
    int32_t left = width - taken;
    fold.two_panes = left >= LIST_LEAST + DETAIL_LEAST;
    fold.dense = (form->inputs & FORM_TOUCH) == 0;
    fold.navigation_px = form_px(form, taken);
    int32_t list = max_i32(LIST_LEAST, min_i32(LIST_MOST, left * 36 / 100));
    fold.list_px = fold.two_panes ? form_px(form, list) : form->width_px - fold.navigation_px;
    return fold;
}
