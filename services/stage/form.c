// SPDX-License-Identifier: Apache-2.0
#include "form.h"

#include "base/math.h"

#include <string.h>

// Breakpoints in dp: below the first a bar, below the second a rail, then a drawer. Two panes when
// what the navigation leaves holds a list and a detail at their least widths.
enum {
    RAIL_FROM = 600,
    DRAWER_FROM = 1200,
    RAIL_WIDTH = 80,
    DRAWER_WIDTH = 220,
    LIST_LEAST = 280,
    LIST_MOST = 380,
    DETAIL_LEAST = 360,
    FINGER_DP = 48,
    TEXT_LEAST = 85, // percent
    TEXT_MOST = 200
};

int32_t form_px(const struct form *form, int32_t dp)
{
    return (dp * (int32_t)form->scale_percent + (dp < 0 ? -50 : 50)) / 100;
}

int32_t form_text_px(const struct form *form, int32_t dp)
{
    return (dp * (int32_t)form->scale_percent * (int32_t)form->text_percent + 5000) / 10000;
}

bool form_is_moving(const struct form *form)
{
    return form->moving && form->moving_limits.items != 0;
}

status_t form_state_set(struct form *form, const char *name, uint32_t value)
{
    const struct {
        const char *name;
        bool *state;
    } states[] = {{"dark", &form->dark},
                  {"contrast", &form->high_contrast},
                  {"rtl", &form->right_to_left},
                  {"still", &form->reduced_motion},
                  {"moving", &form->moving}};
    if (strcmp(name, "text") == 0) {
        bool fits = value >= TEXT_LEAST && value <= TEXT_MOST;
        form->text_percent = fits ? value : form->text_percent;
        return fits ? OK : ERR_INVALID;
    }
    for (size_t i = 0; i < ARRAY_COUNT(states); i++) {
        if (strcmp(name, states[i].name) != 0) {
            continue;
        }
        if (states[i].state == &form->moving && form->moving_limits.items == 0) {
            return ERR_UNSUPPORTED;
        }
        *states[i].state = value == 1 || (value == 0 ? false : *states[i].state);
        return value <= 1 ? OK : ERR_INVALID;
    }
    return ERR_NOT_FOUND;
}

static uint32_t within(uint32_t value, uint32_t low, uint32_t high, uint32_t otherwise)
{
    return value >= low && value <= high ? value : otherwise;
}

struct form form_of_plan(const struct plan_form *plan)
{
    struct form form = {
        .inputs = plan->inputs,
        .outputs = plan->outputs,
        .scale_percent = within(plan->scale_percent, 50, 400, 100),
        .text_percent = within(plan->text_percent, TEXT_LEAST, TEXT_MOST, 100),
        .target_dp = (int32_t)within(plan->target_dp, 24, 120, 32),
        .round = plan->shape == PLAN_ROUND,
        .moving_limits = {plan->moving_items, plan->moving_chars},
    };
    memcpy(form.name, plan->name, sizeof form.name - 1);
    return form;
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
    fold.dense = form->target_dp < FINGER_DP;
    fold.navigation_px = form_px(form, taken);
    int32_t list = max_i32(LIST_LEAST, min_i32(LIST_MOST, left * 36 / 100));
    fold.list_px = fold.two_panes ? form_px(form, list) : form->width_px - fold.navigation_px;
    return fold;
}
