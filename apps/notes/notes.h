// SPDX-License-Identifier: Apache-2.0
// The state of Notes and its three functions.
#pragma once

#include "nexus/documents.h"

struct notes {
    struct documents *list;
    uint64_t open; // id of the note shown, 0: none
    ui_document_t text;
    char query[128]; // what is searched, empty: all
};

status_t notes_start(void *state, struct nexus *nexus);
void notes_view(struct ui *u, const void *state);
void notes_event(void *state, const struct ui_event *event);
