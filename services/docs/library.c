// SPDX-License-Identifier: Apache-2.0
// The documents of a person: life, changes and lists; see library.h. Reading and storing is
// shelf.c.
#include "library.h"

#include "shelf.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

void library_listen(struct library *library, struct library_listener *listener)
{
    list_append(&library->listeners, &listener->link);
}

struct document *library_find(const struct library *library, const uint8_t *id)
{
    struct list_node *it;
    LIST_FOR_EACH(it, &library->documents)
    {
        struct document *document = CONTAINER_OF(it, struct document, link);
        if (memcmp(document->id, id, LIBRARY_ID_BYTES) == 0)
            return document;
    }
    return NULL;
}

uint64_t document_number(const struct document *document)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < 6; i++)
        number = number << 8 | document->id[i];
    return number;
}

struct document *library_find_number(const struct library *library, uint64_t number)
{
    struct list_node *it;
    LIST_FOR_EACH(it, &library->documents)
    {
        struct document *document = CONTAINER_OF(it, struct document, link);
        if (document_number(document) == number)
            return document;
    }
    return NULL;
}

static void id_to_hex(const uint8_t *id, char hex[2 * LIBRARY_ID_BYTES + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < LIBRARY_ID_BYTES; i++) {
        hex[2 * i] = digits[id[i] >> 4];
        hex[2 * i + 1] = digits[id[i] & 15];
    }
    hex[2 * LIBRARY_ID_BYTES] = 0;
}

static bool digit_of(uint8_t character, uint8_t *out_digit)
{
    if (character >= '0' && character <= '9')
        *out_digit = (uint8_t)(character - '0');
    else if (character >= 'a' && character <= 'f')
        *out_digit = (uint8_t)(character - 'a' + 10);
    else
        return false;
    return true;
}

static bool id_from_hex(struct span hex, uint8_t *id)
{
    if (hex.size != 2 * LIBRARY_ID_BYTES)
        return false;
    for (unsigned i = 0; i < LIBRARY_ID_BYTES; i++) {
        uint8_t high, low;
        if (!digit_of(hex.bytes[2 * i], &high) || !digit_of(hex.bytes[2 * i + 1], &low))
            return false;
        id[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool kind_is_good(struct span kind)
{
    if (kind.size == 0 || kind.size >= LIBRARY_KIND_MAX)
        return false;
    for (size_t i = 0; i < kind.size; i++)
        if ((kind.bytes[i] < 'a' || kind.bytes[i] > 'z') && kind.bytes[i] != '-')
            return false;
    return true;
}

static struct document *document_add(struct library *library, const uint8_t *id, struct span kind)
{
    struct document *document = calloc(1, sizeof *document);
    if (!document)
        return NULL;
    memcpy(document->id, id, LIBRARY_ID_BYTES);
    if (kind.size > 0)
        memcpy(document->kind, kind.bytes, kind.size);
    list_append(&library->documents, &document->link);
    library->document_count += kind.size > 0;
    return document;
}

static void document_drop(struct library *library, struct document *document)
{
    list_remove(&document->link);
    library->document_count -= document->kind[0] != 0;
    doc_destroy(document->doc);
    free(document);
}

static void tell_updated(struct library *library, const struct library_change *change,
                         struct span update)
{
    struct list_node *it;
    LIST_FOR_EACH(it, &library->listeners)
    {
        const struct library_listener *listener = CONTAINER_OF(it, struct library_listener, link);
        if (listener->updated)
            listener->updated(listener->self, change->document, update, change->origin);
    }
}

static void tell_appeared(struct library *library, struct document *document)
{
    struct list_node *it;
    LIST_FOR_EACH(it, &library->listeners)
    {
        const struct library_listener *listener = CONTAINER_OF(it, struct library_listener, link);
        if (listener->appeared)
            listener->appeared(listener->self, document);
    }
}

static void tell_removed(struct library *library, struct document *document)
{
    struct list_node *it;
    LIST_FOR_EACH(it, &library->listeners)
    {
        const struct library_listener *listener = CONTAINER_OF(it, struct library_listener, link);
        if (listener->removed)
            listener->removed(listener->self, document);
    }
}

// The index's map; the index is always in memory.
static struct doc_map *index_map(const struct library *library)
{
    return doc_map(library->index->doc, "documents");
}

// Documents that the index has and the library has not.
static status_t index_adopt(struct library *library, bool quiet)
{
    struct doc_map *map = index_map(library);
    size_t cursor = 0;
    struct span key;
    struct doc_value value;
    while (map && doc_map_next(map, &cursor, &key, &value) == OK) {
        uint8_t id[LIBRARY_ID_BYTES];
        if (value.kind != DOC_STRING || !kind_is_good(value.bytes) || !id_from_hex(key, id) ||
            library_find(library, id) || library->document_count >= LIBRARY_DOCUMENTS_MAX)
            continue;
        struct document *document = document_add(library, id, value.bytes);
        if (!document)
            return ERR_NO_MEMORY;
        status_t status = shelf_load(library, document);
        if (status < 0) {
            document_drop(library, document);
            return status;
        }
        if (!quiet)
            tell_appeared(library, document);
    }
    return OK;
}

// Documents that the library has and the index has no longer.
static void index_abandon(struct library *library)
{
    for (struct list_node *it = library->documents.next; it != &library->documents;) {
        struct document *document = CONTAINER_OF(it, struct document, link);
        struct doc_value value;
        char hex[2 * LIBRARY_ID_BYTES + 1];
        it = it->next;
        id_to_hex(document->id, hex);
        if (document == library->index || doc_map_get(index_map(library), hex, &value) == OK)
            continue;
        tell_removed(library, document);
        shelf_remove(library, document);
        document_drop(library, document);
    }
}

status_t library_init(struct library *library, const struct library_options *options)
{
    *library = (struct library){.options = *options};
    list_init(&library->documents);
    list_init(&library->listeners);
    library->index = document_add(library, (const uint8_t *)LIBRARY_INDEX, (struct span){0});
    if (!library->index)
        return ERR_NO_MEMORY;
    library->index->holders = 1;
    status_t status = shelf_load(library, library->index);
    if (status == OK)
        status = index_adopt(library, true);
    if (status < 0)
        library_finish(library);
    return status;
}

void library_finish(struct library *library)
{
    if (!library->documents.next)
        return;
    while (!list_is_empty(&library->documents))
        document_drop(library, LIST_FIRST(&library->documents, struct document, link));
    buffer_finish(&library->queue);
    *library = (struct library){0};
}

// One local transaction in the index: sets (kind) or deletes (NULL) a key, and takes the same way
// as any other change.
static status_t index_edit(struct library *library, const uint8_t *id, const char *kind)
{
    char hex[2 * LIBRARY_ID_BYTES + 1];
    struct buffer update = {0};
    struct doc_map *map = index_map(library);
    id_to_hex(id, hex);
    if (library->queue.size > LIBRARY_QUEUE_MAX)
        return ERR_NO_SPACE;
    status_t status = map ? doc_begin(library->index->doc) : ERR_NO_MEMORY;
    if (status < 0)
        return status;
    status = kind ? doc_map_set_string(map, hex, kind, strlen(kind)) : doc_map_delete(map, hex);
    status_t committed = doc_commit(library->index->doc, &update);
    status = status < 0 ? status : committed;
    const struct library_change change = {.document = library->index,
                                          .update = buffer_span(&update)};
    if (status == OK)
        status = shelf_queue(library, library->index, change.update);
    if (status == OK)
        tell_updated(library, &change, change.update);
    buffer_finish(&update);
    return status;
}

status_t library_create(struct library *library, const char *kind, struct document **out_document)
{
    uint8_t id[LIBRARY_ID_BYTES];
    if (!kind_is_good((struct span){(const uint8_t *)kind, strnlen(kind, LIBRARY_KIND_MAX)}))
        return ERR_INVALID;
    if (library->document_count >= LIBRARY_DOCUMENTS_MAX)
        return ERR_FULL;
    status_t status = library->options.random(library->options.self, id, sizeof id);
    if (status < 0)
        return status;
    struct span name = {(const uint8_t *)kind, strlen(kind)};
    struct document *document = document_add(library, id, name);
    if (!document)
        return ERR_NO_MEMORY;
    document->modified_unix_ms = library->options.now_unix_ms(library->options.self);
    status = index_edit(library, id, kind);
    if (status == OK) // the time of its making
        status = shelf_queue(library, document, (struct span){(const uint8_t *)"\0\0", 2});
    if (status < 0) {
        document_drop(library, document);
        return status;
    }
    library->generation++;
    tell_appeared(library, document);
    *out_document = document;
    return OK;
}

status_t library_remove(struct library *library, struct document *document)
{
    if (document == library->index)
        return ERR_DENIED;
    status_t status = index_edit(library, document->id, NULL);
    if (status < 0)
        return status;
    library->generation++;
    index_abandon(library);
    return OK;
}

// Moves the time of the last change forward; true if it did. A clock that runs ahead must not pin a
// row to the top.
static bool change_date(struct library *library, const struct library_change *change, bool is_new)
{
    uint64_t now = library->options.now_unix_ms(library->options.self);
    uint64_t made = change->modified_unix_ms;
    if (made == 0)
        made = is_new ? now : 0;
    if (made > now)
        made = now;
    if (made <= change->document->modified_unix_ms)
        return false;
    change->document->modified_unix_ms = made;
    return true;
}

static status_t index_changed(struct library *library)
{
    status_t status = index_adopt(library, false);
    index_abandon(library);
    return status;
}

// Stores and tells what an applied change brought.
static status_t change_note(struct library *library, const struct library_change *change,
                            struct span news, bool waits)
{
    static const uint8_t nothing[] = {0, 0};
    struct document *document = change->document;
    bool is_new = news.size > 0 || waits;
    if (!change_date(library, change, is_new) && !is_new)
        return OK;
    struct span stored = waits ? change->update : news;
    if (!is_new) // only the time
        stored = (struct span){nothing, sizeof nothing};
    status_t status = shelf_queue(library, document, stored);
    library->generation++;
    if (document != library->index)
        shelf_summarize(document);
    if (news.size > 0)
        tell_updated(library, change, news);
    if (document == library->index && status == OK)
        status = index_changed(library);
    return status;
}

status_t library_apply(struct library *library, const struct library_change *change,
                       uint64_t *out_sequence)
{
    struct document *document = change->document;
    struct doc *doc;
    if (change->update.size > LIBRARY_UPDATE_MAX)
        return ERR_TOO_LARGE;
    if (library->queue.size > LIBRARY_QUEUE_MAX)
        return ERR_NO_SPACE;
    status_t status = library_doc(library, document, &doc);
    if (status == OK) // before anything is applied, so that what is applied is always stored
        status = shelf_reserve(library, change->update.size + doc_pending(doc));
    if (status < 0)
        return status;
    struct buffer news = {0};
    size_t waited = doc_pending(doc);
    status = doc_apply(doc, change->update.bytes, change->update.size, &news);
    if (status == OK || status == ERR_FULL) {
        // While something waits the bytes are kept as they came.
        bool waits = doc_pending(doc) != waited;
        status_t noted = change_note(library, change, buffer_span(&news), waits);
        status = noted < 0 ? noted : status;
    }
    buffer_finish(&news);
    if (status == OK && out_sequence)
        *out_sequence = library->sequence;
    return status;
}

// Newest change first; equal times by id, so that all devices agree.
static int compare_rows(const void *left, const void *right)
{
    const struct document *a = *(const struct document *const *)left;
    const struct document *b = *(const struct document *const *)right;
    if (a->modified_unix_ms != b->modified_unix_ms)
        return a->modified_unix_ms > b->modified_unix_ms ? -1 : 1;
    return memcmp(a->id, b->id, LIBRARY_ID_BYTES);
}

static status_t document_matches(struct library *library, struct document *document,
                                 const struct library_query *query, bool *out_matches)
{
    *out_matches = document != library->index &&
                   (query->kind[0] == 0 || strcmp(query->kind, document->kind) == 0);
    if (!*out_matches || query->text.size == 0)
        return OK;
    struct buffer text = {0};
    status_t status = library_text(library, document, &text);
    *out_matches = status == OK && summary_contains(buffer_span(&text), query->text);
    buffer_finish(&text);
    return status;
}

status_t library_list(struct library *library, const struct library_query *query,
                      const struct document **rows, uint32_t *out_row_count, uint32_t *out_total)
{
    const struct document **all = calloc(library->document_count + 1, sizeof *all);
    if (!all)
        return ERR_NO_MEMORY;
    uint32_t total = 0;
    struct list_node *it;
    LIST_FOR_EACH(it, &library->documents)
    {
        struct document *document = CONTAINER_OF(it, struct document, link);
        bool matches;
        status_t status = document_matches(library, document, query, &matches);
        if (status < 0) {
            free(all);
            return status;
        }
        if (matches)
            all[total++] = document;
    }
    qsort(all, total, sizeof *all, compare_rows);
    uint32_t count = 0;
    for (uint32_t i = query->first; i < total && count < query->row_max; i++)
        rows[count++] = all[i];
    free(all);
    *out_row_count = count;
    *out_total = total;
    return OK;
}

bool library_is_dirty(const struct library *library)
{
    return library->queue_count > 0;
}
