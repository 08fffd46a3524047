// SPDX-License-Identifier: Apache-2.0
// Pair kerning from a font's GPOS table (feature `kern`, lookups of type 2, also by way of
// extension lookups), as in the OpenType specification. Read in place from borrowed bytes; every
// offset is checked, a bad one means no kerning. Variations of the adjustments are ignored: the
// default instance's are within a unit or two at our weights.
#pragma once

#include "base/codec.h"

#define KERN_SUBTABLES_MAX 96
#define KERN_PAIRS_CACHED  1024 // power of two

struct kern_pair {
    uint32_t pair; // left << 16 | right
    int16_t units;
};

// All zero kerns nothing.
struct kern {
    struct span table; // GPOS
    uint32_t subtable_count;
    uint32_t
        subtables[KERN_SUBTABLES_MAX]; // offsets into the table; the top bit marks a lookup's first
    struct kern_pair *cache;           // KERN_PAIRS_CACHED
};

// Finds the kern lookups of the font file `font`.
void kern_init(struct kern *kern, struct span font);
void kern_finish(struct kern *kern);
// What to add to the left glyph's advance, font units.
int32_t kern_of(struct kern *kern, uint16_t left, uint16_t right);
