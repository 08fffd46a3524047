// SPDX-License-Identifier: Apache-2.0
// What a list shows of a text: its first line, what follows, and whether it contains what a person
// looks for.
#pragma once

#include "base/codec.h"

#define SUMMARY_TITLE_MAX   80u // bytes with the terminating zero, cut at a character
#define SUMMARY_PREVIEW_MAX 120u

struct summary {
    char title[SUMMARY_TITLE_MAX];     // the first line that is not blank
    char preview[SUMMARY_PREVIEW_MAX]; // the rest, runs of white space as one space
};

// Both from well-formed UTF-8.
void summary_make(struct span text, struct summary *out_summary);
// Whether the text contains the query, letters compared without case (Latin, Greek, Cyrillic). An
// empty query always is.
bool summary_contains(struct span text, struct span query);
