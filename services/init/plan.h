// SPDX-License-Identifier: Apache-2.0
// The compiled plan (abi/plan.h) as init reads it: checked once, then walked. Borrowed from the
// bundle.
#pragma once

#include "abi/plan.h"
#include "abi/errors.h"

#include <stdbool.h>
#include <stddef.h>

#define PLAN_FORMS_MAX 32u

struct plan {
    const struct plan_header *header;
    const struct plan_form *forms;
    const struct plan_service *services;
    const struct plan_grant *grants;
};

// Checks sizes, names, kinds, that every grant range lies inside and every service grant names a
// service. ERR_CORRUPT.
status_t plan_open(struct plan *plan, const void *bytes, size_t size);
// ERR_NOT_FOUND, or the row.
status_t plan_form_find(const struct plan *plan, const char *name);
status_t plan_service_find(const struct plan *plan, const char *name);
