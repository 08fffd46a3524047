// SPDX-License-Identifier: Apache-2.0
// Prints a bundle as the device sees it, through the structs of abi/bundle.h and abi/plan.h: the
// proof that tools/image writes what C reads. Usage: bundle_list FILE. One line per entry, segment
// and row.
#include <stdio.h>
#include <stdlib.h>

#include "abi/bundle.h"
#include "abi/plan.h"
#include "base/assert.h"

#define BUNDLE_BYTES_MAX (64u << 20)

_Noreturn void assert_failed(const char *expression, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, expression);
    exit(1);
}

static void list_program(const uint8_t *bundle, const struct bundle_entry *entry)
{
    const struct program_header *program = (const void *)(bundle + entry->offset);
    assert(program->magic == PROGRAM_MAGIC && program->segment_count <= PROGRAM_SEGMENTS_MAX);
    printf("program %s entry %llx stack %llu\n", entry->name, (unsigned long long)program->entry,
           (unsigned long long)program->stack_bytes);
    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct program_segment *part = &program->segments[i];
        assert(part->address % 4096 == 0 && part->offset % 4096 == 0);
        printf("segment %llx memory %llu protect %u first %02x\n",
               (unsigned long long)part->address, (unsigned long long)part->memory_bytes,
               part->protect, part->file_bytes > 0 ? bundle[part->offset] : 0);
    }
}

static void list_services(const struct plan_header *plan, const struct plan_service *services)
{
    const struct plan_grant *grants = (const void *)(services + plan->service_count);
    for (uint32_t i = 0; i < plan->service_count; i++) {
        printf("service %s priority %u memory %u restart %u\n", services[i].name,
               services[i].priority, services[i].memory_kib, services[i].restart);
        for (uint32_t g = 0; g < services[i].grant_count; g++) {
            const struct plan_grant *grant = &grants[services[i].grant_first + g];
            printf("grant %s kind %u target %s value %u\n", grant->name, grant->kind, grant->target,
                   grant->value);
        }
    }
}

static void list_plan(const struct plan_header *plan)
{
    const struct plan_form *forms = (const void *)(plan + 1);
    assert(plan->magic == PLAN_MAGIC);
    printf("plan developer %u\n", plan->developer);
    for (uint32_t i = 0; i < plan->form_count; i++)
        printf("form %s services %llx scale %u inputs %u outputs %u memory %u display %u\n",
               forms[i].name, (unsigned long long)forms[i].services, forms[i].scale_percent,
               forms[i].inputs, forms[i].outputs, forms[i].memory_min_mib, forms[i].needs_display);
    list_services(plan, (const void *)(forms + plan->form_count));
}

int main(int count, char **arguments)
{
    static _Alignas(4096) uint8_t bundle[BUNDLE_BYTES_MAX];
    assert(count == 2);
    FILE *file = fopen(arguments[1], "rb");
    assert(file != NULL);
    size_t size = fread(bundle, 1, sizeof bundle, file);
    fclose(file);
    const struct bundle_header *header = (const void *)bundle;
    const struct bundle_entry *entries = (const void *)(header + 1);
    assert(header->magic == BUNDLE_MAGIC && header->size_bytes == size);
    for (uint32_t i = 0; i < header->entry_count; i++) {
        assert(entries[i].offset % 4096 == 0 && entries[i].offset + entries[i].size_bytes <= size);
        if (entries[i].kind == BUNDLE_PROGRAM)
            list_program(bundle, &entries[i]);
        else if (entries[i].kind == BUNDLE_PLAN)
            list_plan((const void *)(bundle + entries[i].offset));
        else
            printf("data %s size %llu\n", entries[i].name,
                   (unsigned long long)entries[i].size_bytes);
    }
    return 0;
}
