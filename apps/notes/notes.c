// SPDX-License-Identifier: Apache-2.0
// Notes: a list, a search, a text. What it looks like, and on which devices it stands, is none of
// its business.
#include "notes.h"

#include <stdio.h>

enum { NEW = 1, OPEN, FIND, TRASH, CLOSE };

static void row(struct ui *u, int index, const void *ctx)
{
    const struct notes *notes = ctx;
    const struct document_row *note = documents_row(notes->list, index);
    if (note != NULL) {
        Item(.id = note->id, .title = note->title, .subtitle = note->preview,
             .time = note->modified_ms, .selected = note->id == notes->open);
    }
}

void notes_view(struct ui *u, const void *state)
{
    const struct notes *notes = state;
    App(.title = "Notes")
    {
        Section(.key = "all", .title = "Notes", .icon = "notes", .current = true)
        {
            Verb(.verb = NEW, .title = "New note", .icon = "add", .role = UI_PRIMARY,
                 .shortcut = "Ctrl+N");
            bool trouble = notes->open == 0 && documents_trouble(notes->list, u);
            List(.key = "list", .open = OPEN, .search = FIND, .hint = "Search notes",
                 .value = notes->query, .row = row, .ctx = notes,
                 .count = documents_count(notes->list));
            if (!trouble) {
                Status(.type = UI_STATUS_EMPTY, .title = "No notes yet", .icon = "notes",
                       .hint = "What you write appears on all your devices.");
            }
            if (notes->open != 0) {
                const struct document_row *note = documents_find(notes->list, notes->open);
                Detail(.key = "note", .title = note != NULL ? note->title : "", .back = CLOSE)
                {
                    (void)documents_trouble(notes->list, u);
                    Verb(.verb = TRASH, .title = "Delete", .icon = "delete", .role = UI_DESTRUCTIVE,
                         .shortcut = "Del");
                    Text(.doc = notes->text, .type = UI_TEXT_TITLED, .editable = true,
                         .multiline = true);
                }
            }
        }
    }
}

static void note_close(struct notes *notes)
{
    documents_close(notes->list);
    notes->open = 0;
}

// A note that was deleted, here or on another device, closes.
static void close_if_gone(struct notes *notes)
{
    if (notes->query[0] == 0 && notes->open != 0 &&
        documents_find(notes->list, notes->open) == NULL) {
        note_close(notes);
    }
}

void notes_event(void *state, const struct ui_event *event)
{
    struct notes *notes = state;
    switch (event->verb) {
    case NEW:
        (void)documents_new(notes->list, &notes->open, &notes->text);
        break;
    case OPEN:
        notes->open = documents_open(notes->list, event->id, &notes->text) == OK ? event->id : 0;
        break;
    case FIND:
        snprintf(notes->query, sizeof notes->query, "%s", event->text);
        documents_search(notes->list, notes->query);
        break;
    case TRASH:
        (void)documents_remove(notes->list, notes->open);
        note_close(notes);
        break;
    case CLOSE:
        note_close(notes);
        break;
    default:
        close_if_gone(notes);
        break;
    }
}

status_t notes_start(void *state, struct nexus *nexus)
{
    struct notes *notes = state;
    notes->list = documents_create(nexus, "note");
    return notes->list != NULL ? OK : ERR_NO_MEMORY;
}
