// SPDX-License-Identifier: Apache-2.0
// A planted mistake for forms_test's twin: every verb is for drivers.
#include "task.h"

bool __wrap_task_verb_is_for_drivers(const struct task *task, uint16_t verb);

bool __wrap_task_verb_is_for_drivers(const struct task *task, uint16_t verb)
{
    return true;
}
