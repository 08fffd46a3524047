// SPDX-License-Identifier: Apache-2.0
// A list of documents over abi/ipc/docs.h: pages of rows around what the view asks for, thrown away
// when anything changed.
#include "nexus/documents.h"

#include "abi/ipc/docs.h"
#include "base/math.h"
#include "os/handle.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 96, TAIL_BYTES = 3900, PAGE_ROWS = TAIL_BYTES / sizeof(struct docs_row) };

struct documents {
    struct nexus *nexus;
    char kind[DOCS_KIND_MAX], query[DOCS_QUERY_MAX];
    struct docs_row rows[ROWS_MAX];
    uint32_t first, count, total;
    uint64_t generation; // of the nexus, when rows were fetched
    bool is_fetched;
    status_t listed, kept, asked; // how reading, storing, and the last wish went
    struct document_row shown;
    handle_t open;
};

static void text_copy(char *to, size_t size, const char *from)
{
    size_t length = from != NULL ? (size_t)min_u64(strlen(from), size - 1) : 0;
    memset(to, 0, size);
    if (length > 0) {
        memcpy(to, from, length);
    }
}

struct documents *documents_create(struct nexus *nexus, const char *kind)
{
    struct documents *documents = calloc(1, sizeof *documents);
    if (documents != NULL) {
        documents->nexus = nexus;
        text_copy(documents->kind, sizeof documents->kind, kind);
    }
    return documents;
}

void documents_destroy(struct documents *documents)
{
    if (documents != NULL) {
        os_handle_close(documents->open);
        free(documents);
    }
}

void documents_search(struct documents *documents, const char *query)
{
    text_copy(documents->query, sizeof documents->query, query);
    documents->is_fetched = false;
}

// Fetches the page that begins at `first` and puts it at the end of those held, or in their place.
static status_t page_fetch(struct documents *documents, uint32_t first)
{
    bool follows = documents->is_fetched && first == documents->first + documents->count &&
                   documents->count + PAGE_ROWS <= ROWS_MAX;
    uint32_t at = follows ? documents->count : 0;
    struct docs_list_req request = {.first = first, .count = PAGE_ROWS};
    memcpy(request.kind, documents->kind, sizeof request.kind);
    struct docs_list_rep reply;
    struct ipc_extra extra = {.tail = documents->query,
                              .tail_size = (uint32_t)strlen(documents->query),
                              .reply_tail = &documents->rows[at],
                              .reply_tail_max = PAGE_ROWS * (uint32_t)sizeof(struct docs_row)};
    status_t status = docs_list(documents->nexus->docs, &request, &reply, &extra);
    documents->is_fetched = true;
    documents->listed = status;
    if (status < 0) {
        documents->first = documents->count = documents->total = 0;
        return status;
    }
    uint32_t held = extra.reply_tail_size / (uint32_t)sizeof(struct docs_row);
    documents->total = (uint32_t)min_u64(reply.total, INT32_MAX);
    documents->first = first - at;
    documents->count = at + (uint32_t)min_u64(reply.count, held);
    return OK;
}

// How storing went last; who cannot tell says nothing.
static void kept_fetch(struct documents *documents)
{
    struct docs_confirmed_rep reply;
    status_t status =
        docs_confirmed(documents->nexus->docs, &(struct docs_confirmed_req){0}, &reply, NULL);
    documents->kept = status == OK ? reply.error : OK;
}

static void refresh(struct documents *documents)
{
    if (documents->generation != documents->nexus->generation) {
        documents->generation = documents->nexus->generation;
        documents->is_fetched = false;
    }
    if (!documents->is_fetched) {
        documents->first = documents->count = 0;
        (void)page_fetch(documents, 0);
        kept_fetch(documents);
    }
}

int32_t documents_count(struct documents *documents)
{
    refresh(documents);
    return (int32_t)documents->total;
}

// What a person is told, and what to do.
struct trouble {
    status_t status;
    const char *title, *mend;
};

static const struct trouble *trouble_find(status_t status)
{
    static const struct trouble known[] = {
        {ERR_EXISTS, "The disk holds something else",
         "Nothing on it was changed. Put in a blank disk, or erase this one on another computer."},
        {ERR_CORRUPT, "The disk is damaged",
         "Nothing new is kept on it. What your other devices received is safe: put in a new disk "
         "and pair again."},
        {ERR_NO_SPACE, "The disk is full",
         "What you write now is lost when this device goes off. Delete what you do not need."},
        {ERR_UNSUPPORTED, "The disk belongs to another version",
         "Nothing on it was changed. Update this device."},
        {ERR_TOO_LARGE, "The disk has the wrong size",
         "Nothing on it was changed. Put in the one that was here before, or a larger blank one."},
        {ERR_IO, "The disk cannot be written",
         "What you write now is lost when this device goes off. Take off the write protection, or "
         "put in another disk."},
        {ERR_UNREACHABLE, "There is no disk",
         "Nothing can be kept or read. Put one in, then start this device again."},
        {ERR_NOT_FOUND, "This device has no source of randomness",
         "It cannot make keys or documents that are surely its own, so it makes none."},
        {ERR_FULL, "There is no room for another one", "Delete what you do not need."},
        {0, "Documents cannot be read or kept",
         "Start this device again; if that does not help, its log says more."}};
    const struct trouble *it = known;
    while (it->status != 0 && it->status != status) {
        it++;
    }
    return it;
}

bool documents_trouble(struct documents *documents, struct ui *u)
{
    refresh(documents);
    status_t status = documents->listed < 0 ? documents->listed
                      : documents->kept < 0 ? documents->kept
                                            : documents->asked;
    if (status >= 0 || status == ERR_PEER_DIED) { // who died comes back
        return false;
    }
    const struct trouble *trouble = trouble_find(status);
    Status(.key = "trouble", .type = UI_STATUS_ERROR, .title = trouble->title,
           .subtitle = trouble->mend);
    return true;
}

// A document's id in 63 bits (as an item's must be): ids are random, so their first eight bytes
// name one as well.
static uint64_t id_of(const struct docs_row *row)
{
    uint64_t id = 0;
    memcpy(&id, row->id, sizeof id);
    return id & INT64_MAX;
}

static const struct docs_row *row_at(struct documents *documents, uint32_t index)
{
    refresh(documents);
    bool held = index >= documents->first && index < documents->first + documents->count;
    if (!held && index < documents->total && page_fetch(documents, index) < 0) {
        return NULL;
    }
    held = index >= documents->first && index < documents->first + documents->count;
    return held ? &documents->rows[index - documents->first] : NULL;
}

static const struct document_row *row_show(struct documents *documents, struct docs_row *row)
{
    row->title[sizeof row->title - 1] = 0;
    row->preview[sizeof row->preview - 1] = 0;
    documents->shown = (struct document_row){.id = id_of(row),
                                             .modified_ms = row->modified_unix_ms,
                                             .title = row->title,
                                             .preview = row->preview};
    return &documents->shown;
}

const struct document_row *documents_row(struct documents *documents, int32_t index)
{
    const struct docs_row *row = index >= 0 ? row_at(documents, (uint32_t)index) : NULL;
    return row != NULL ? row_show(documents, &documents->rows[(uint32_t)index - documents->first])
                       : NULL;
}

// Among the rows held first, then from the start on.
static struct docs_row *find(struct documents *documents, uint64_t id)
{
    refresh(documents);
    for (uint32_t i = 0; i < documents->count; i++) {
        if (id_of(&documents->rows[i]) == id) {
            return &documents->rows[i];
        }
    }
    for (uint32_t i = 0; i < documents->total; i++) {
        const struct docs_row *row = row_at(documents, i);
        if (row != NULL && id_of(row) == id) {
            return &documents->rows[i - documents->first];
        }
    }
    return NULL;
}

const struct document_row *documents_find(struct documents *documents, uint64_t id)
{
    struct docs_row *row = find(documents, id);
    return row != NULL ? row_show(documents, row) : NULL;
}

static void open_set(struct documents *documents, handle_t handle, ui_document_t *out_document)
{
    os_handle_close(documents->open);
    documents->open = handle;
    *out_document = handle;
}

status_t documents_new(struct documents *documents, uint64_t *out_id, ui_document_t *out_document)
{
    struct docs_create_req request;
    memcpy(request.kind, documents->kind, sizeof request.kind);
    struct docs_create_rep reply;
    struct ipc_extra extra = {0};
    status_t status = docs_create(documents->nexus->docs, &request, &reply, &extra);
    documents->asked = status;
    if (status < 0) {
        return status;
    }
    memcpy(out_id, reply.id, sizeof *out_id);
    *out_id &= INT64_MAX;
    open_set(documents, extra.reply_handles[0], out_document);
    documents->is_fetched = false;
    return OK;
}

status_t documents_open(struct documents *documents, uint64_t id, ui_document_t *out_document)
{
    const struct docs_row *row = find(documents, id);
    if (row == NULL) {
        return ERR_NOT_FOUND;
    }
    struct docs_open_req request;
    memcpy(request.id, row->id, sizeof request.id);
    struct docs_open_rep reply;
    struct ipc_extra extra = {0};
    status_t status = docs_open(documents->nexus->docs, &request, &reply, &extra);
    if (status == OK) {
        open_set(documents, extra.reply_handles[0], out_document);
    }
    return status;
}

void documents_close(struct documents *documents)
{
    os_handle_close(documents->open);
    documents->open = HANDLE_NONE;
}

status_t documents_remove(struct documents *documents, uint64_t id)
{
    const struct docs_row *row = find(documents, id);
    if (row == NULL) {
        return ERR_NOT_FOUND;
    }
    struct docs_remove_req request;
    memcpy(request.id, row->id, sizeof request.id);
    struct docs_remove_rep reply;
    documents->is_fetched = false;
    status_t status = docs_remove(documents->nexus->docs, &request, &reply, NULL);
    documents->asked = status == ERR_NOT_FOUND ? OK : status; // gone already is what was wanted
    return status;
}
