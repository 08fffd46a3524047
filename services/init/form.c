// SPDX-License-Identifier: Apache-2.0
// Choosing the form. A pure function of plan, arguments and hardware.
#include "form.h"

#include <stdio.h>
#include <string.h>

#define ARGUMENT      "nexus.form="
#define FORM_FALLBACK "headless"
#define FORM_DISPLAY  "desktop"

// The value of nexus.form=, or false.
static bool argument_form(const char *arguments, char out_name[PLAN_NAME_MAX])
{
    for (const char *word = arguments; *word != '\0';) {
        word += strspn(word, " \t\n");
        size_t length = strcspn(word, " \t\n");
        if (length >= strlen(ARGUMENT) && memcmp(word, ARGUMENT, strlen(ARGUMENT)) == 0) {
            const char *value = word + strlen(ARGUMENT);
            size_t size = length - strlen(ARGUMENT);
            // Too long for any form: cut, so that it is refused by name.
            if (size > PLAN_NAME_MAX - 1)
                size = PLAN_NAME_MAX - 1;
            memcpy(out_name, value, size);
            out_name[size] = '\0';
            return true;
        }
        word += length;
    }
    return false;
}

// Whether the hardware has what the form needs; if not, says so in `reason`.
static bool needs_met(const struct plan_form *form, const struct form_hardware *hardware,
                      char reason[FORM_REASON_MAX])
{
    uint64_t memory_mib = hardware->memory_bytes >> 20;
    if (form->needs_display && !hardware->has_display) {
        snprintf(reason, FORM_REASON_MAX, "%s needs a display and none was found", form->name);
        return false;
    }
    if (memory_mib < form->memory_min_mib) {
        snprintf(reason, FORM_REASON_MAX, "%s needs %u MiB of memory and this device has %u",
                 form->name, (unsigned)form->memory_min_mib, (unsigned)memory_mib);
        return false;
    }
    return true;
}

static status_t fall_back(const struct plan *plan, const struct form_hardware *hardware,
                          struct form_choice *choice)
{
    char reason[FORM_REASON_MAX];
    status_t index = plan_form_find(plan, FORM_FALLBACK);
    if (index < 0)
        return ERR_NOT_FOUND;
    if (!needs_met(&plan->forms[index], hardware, reason)) {
        memcpy(choice->reason, reason, sizeof choice->reason); // the least that is missing
        return ERR_NOT_FOUND;
    }
    choice->index = (uint32_t)index;
    choice->refused = true;
    return OK;
}

status_t form_choose(const struct plan *plan, const char *arguments,
                     const struct form_hardware *hardware, struct form_choice *out_choice)
{
    char name[PLAN_NAME_MAX];
    struct form_choice choice = {0};
    bool asked = argument_form(arguments, name);
    if (!asked)
        snprintf(name, sizeof name, "%s", hardware->has_display ? FORM_DISPLAY : FORM_FALLBACK);
    status_t index = plan_form_find(plan, name);
    if (index < 0) {
        snprintf(choice.reason, sizeof choice.reason, "this image has no form called %s", name);
    } else if (needs_met(&plan->forms[index], hardware, choice.reason)) {
        choice.index = (uint32_t)index;
        snprintf(choice.reason, sizeof choice.reason, "%s, %s", name,
                 asked ? "as the boot argument says"
                       : (hardware->has_display ? "because there is a display"
                                                : "because there is no display"));
        *out_choice = choice;
        return OK;
    }
    status_t status = fall_back(plan, hardware, &choice);
    *out_choice = choice;
    return status;
}
