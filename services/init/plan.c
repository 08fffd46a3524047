// SPDX-License-Identifier: Apache-2.0
// Checks of the plan. It was made by the image builder, but a damaged image must end in a message,
// not in a wild grant.
#include "plan.h"

#include "base/math.h"

#include <string.h>

static bool name_is_good(const char *name, size_t size)
{
    return name[0] != '\0' && memchr(name, 0, size) != NULL;
}

static bool grant_is_good(const struct plan *plan, const struct plan_grant *grant)
{
    if (!name_is_good(grant->name, sizeof grant->name) ||
        !name_is_good(grant->target, sizeof grant->target) || grant->kind < GRANT_SERVICE ||
        grant->kind > GRANT_PHYSICAL)
        return false;
    if (grant->kind != GRANT_SERVICE)
        return true;
    return PLAN_GRANT_BIT(grant->value) < SYSTEM_BIT_INTERRUPT_FIRST &&
           plan_service_find(plan, grant->target) >= 0;
}

static bool rows_are_good(const struct plan *plan)
{
    const struct plan_header *header = plan->header;
    uint64_t all = header->service_count == 64 ? UINT64_MAX : (1ull << header->service_count) - 1;
    for (uint32_t i = 0; i < header->form_count; i++)
        if (!name_is_good(plan->forms[i].name, PLAN_NAME_MAX) || (plan->forms[i].services & ~all))
            return false;
    for (uint32_t i = 0; i < header->service_count; i++) {
        const struct plan_service *service = &plan->services[i];
        if (!name_is_good(service->name, PLAN_NAME_MAX) || service->priority < 1 ||
            service->priority > 30 || service->restart > PLAN_RESTART_FAULTS ||
            (service->restart == PLAN_RESTART_FAULTS && !header->developer) ||
            service->time_us > service->period_us ||
            (service->time_us == 0) != (service->period_us == 0) ||
            service->grant_first > header->grant_count ||
            service->grant_count > header->grant_count - service->grant_first)
            return false;
    }
    for (uint32_t i = 0; i < header->grant_count; i++)
        if (!grant_is_good(plan, &plan->grants[i]))
            return false;
    return true;
}

status_t plan_open(struct plan *plan, const void *bytes, size_t size)
{
    const struct plan_header *header = bytes;
    if (size < sizeof *header || header->magic != PLAN_MAGIC || header->form_count == 0 ||
        header->form_count > PLAN_FORMS_MAX || header->service_count > PLAN_SERVICES_MAX ||
        header->grant_count > PLAN_GRANTS_MAX)
        return ERR_CORRUPT;
    size_t wanted = sizeof *header + header->form_count * sizeof(struct plan_form) +
                    header->service_count * sizeof(struct plan_service) +
                    header->grant_count * sizeof(struct plan_grant);
    if (size < wanted)
        return ERR_CORRUPT;
    plan->header = header;
    plan->forms = (const void *)(header + 1);
    plan->services = (const void *)(plan->forms + header->form_count);
    plan->grants = (const void *)(plan->services + header->service_count);
    return rows_are_good(plan) ? OK : ERR_CORRUPT;
}

status_t plan_form_find(const struct plan *plan, const char *name)
{
    for (uint32_t i = 0; i < plan->header->form_count; i++)
        if (strcmp(plan->forms[i].name, name) == 0)
            return (status_t)i;
    return ERR_NOT_FOUND;
}

status_t plan_service_find(const struct plan *plan, const char *name)
{
    for (uint32_t i = 0; i < plan->header->service_count; i++)
        if (strcmp(plan->services[i].name, name) == 0)
            return (status_t)i;
    return ERR_NOT_FOUND;
}
