// SPDX-License-Identifier: Apache-2.0
// Which form this device runs: the boot argument `nexus.form=NAME`, else what the hardware
// suggests. A form whose needs are not met is refused with a sentence that names what is missing,
// and headless runs instead, so that somebody can look.
#pragma once

#include "plan.h"

#define FORM_REASON_MAX 160u

struct form_hardware {
    bool has_display;
    uint64_t memory_bytes;
};

struct form_choice {
    uint32_t index;               // row of the plan
    bool refused;                 // the form asked for could not be taken
    char reason[FORM_REASON_MAX]; // one sentence: why this form, or what is missing
};

// `arguments` are the boot arguments, words between spaces. ERR_NOT_FOUND: not even headless can
// run; `reason` is filled in then, too.
status_t form_choose(const struct plan *plan, const char *arguments,
                     const struct form_hardware *hardware, struct form_choice *out_choice);
