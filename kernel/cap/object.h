// SPDX-License-Identifier: Apache-2.0
// What every kernel object begins with: a reference count and its kind. References are held by
// handles, by mappings and by other objects; the last release destroys the object through the
// function of its kind. Everything here runs under the kernel's locks, so counts are plain.
#pragma once

#include "abi/types.h"

#include <stdbool.h>
#include <stddef.h>

struct budget;

struct object {
    uint32_t references;
    uint16_t kind; // enum object_kind
    uint16_t reserved;
    struct budget *budget; // who pays for it; counted; NULL: the kernel's own
};

static inline void object_init(struct object *object, enum object_kind kind, struct budget *budget)
{
    *object = (struct object){.references = 1, .kind = (uint16_t)kind, .budget = budget};
}

static inline void object_hold(struct object *object)
{
    object->references++;
}

// Drops one reference and destroys the object with the last. NULL is accepted.
void object_release(struct object *object);
// The rights a first handle to an object of `kind` carries: those that mean something for it.
uint32_t object_rights(enum object_kind kind);
