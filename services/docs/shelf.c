// SPDX-License-Identifier: Apache-2.0
// Documents on their way from and to the store; see shelf.h.
#include "shelf.h"

#include <string.h>

static status_t text_of(struct doc *doc, struct buffer *out)
{
    struct doc_text *text = doc_text(doc, "text");
    return text ? doc_text_read(text, 0, doc_text_length(text), out) : ERR_NO_MEMORY;
}

void shelf_summarize(struct document *document)
{
    struct buffer text = {0};
    if (text_of(document->doc, &text) == OK)
        summary_make(buffer_span(&text), &document->summary);
    buffer_finish(&text);
}

// Applies what one answer of the store holds. Records that do not decode are damage: passed over.
static status_t records_apply(struct document *document, struct span records)
{
    struct reader reader = reader_of(records.bytes, records.size);
    while (reader_left(&reader) > 0) {
        uint64_t number = reader_le64(&reader);
        struct span record = reader_take(&reader, reader_le32(&reader));
        if (!reader_ok(&reader))
            return ERR_CORRUPT;
        document->record_last = number;
        document->record_count++;
        if (record.size < SHELF_RECORD_HEAD)
            continue;
        struct reader head = reader_of(record.bytes, record.size);
        uint64_t made = reader_le64(&head);
        if (doc_apply(document->doc, head.at, reader_left(&head), NULL) == ERR_NO_MEMORY)
            return ERR_NO_MEMORY;
        if (made > document->modified_unix_ms)
            document->modified_unix_ms = made;
    }
    return OK;
}

static status_t records_read(struct library *library, struct document *document)
{
    const struct library_options *options = &library->options;
    for (;;) {
        struct span records;
        uint64_t after = document->record_last;
        status_t status =
            options->storage->read(options->storage_self, document->id, after, &records);
        if (status == OK)
            status = records_apply(document, records);
        if (status < 0)
            return status;
        if (records.size == 0 || document->record_last <= after)
            return OK;
    }
}

// Drops the documents that were not needed for longest until the rest fits. What is queued must
// reach the store first.
static void trim(struct library *library)
{
    for (;;) {
        size_t used = 0;
        struct document *oldest = NULL;
        struct list_node *it;
        LIST_FOR_EACH(it, &library->documents)
        {
            struct document *document = CONTAINER_OF(it, struct document, link);
            if (!document->doc)
                continue;
            used += doc_memory(document->doc);
            if (document->holders == 0 && document->sequence <= library->confirmed &&
                (!oldest || document->used < oldest->used))
                oldest = document;
        }
        if (used <= LIBRARY_MEMORY_MAX || !oldest)
            return;
        doc_destroy(oldest->doc);
        oldest->doc = NULL;
    }
}

status_t shelf_load(struct library *library, struct document *document)
{
    uint32_t client = 0;
    status_t status = OK;
    trim(library);
    if (document == library->index) // the only document that is edited here
        status = library->options.random(library->options.self, &client, sizeof client);
    if (status < 0)
        return status;
    const struct doc_options options = {.client = client | (document == library->index),
                                        .memory_max = LIBRARY_DOCUMENT_MAX};
    status = doc_create(&options, &document->doc);
    if (status < 0)
        return status;
    document->used = ++library->uses;
    document->record_last = 0;
    document->record_count = 0;
    status = records_read(library, document);
    if (status < 0) {
        doc_destroy(document->doc);
        document->doc = NULL;
        return status;
    }
    shelf_summarize(document);
    return OK;
}

status_t library_doc(struct library *library, struct document *document, struct doc **out_doc)
{
    if (!document->doc) {
        status_t status = shelf_load(library, document);
        if (status < 0)
            return status;
    }
    document->used = ++library->uses;
    *out_doc = document->doc;
    return OK;
}

status_t library_text(struct library *library, struct document *document, struct buffer *out_utf8)
{
    struct doc *doc;
    status_t status = library_doc(library, document, &doc);
    return status < 0 ? status : text_of(doc, out_utf8);
}

static void put_le(struct buffer *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        buffer_u8(out, (uint8_t)(value >> 8 * i));
}

status_t shelf_reserve(struct library *library, size_t update_size)
{
    struct buffer *queue = &library->queue;
    size_t before = queue->size;
    bool room = buffer_extend(queue, SHELF_APPEND_HEAD + SHELF_RECORD_HEAD + update_size) != NULL;
    queue->failed = false;
    queue->size = before;
    return room ? OK : ERR_NO_MEMORY;
}

status_t shelf_queue(struct library *library, struct document *document, struct span update)
{
    struct buffer *queue = &library->queue;
    size_t before = queue->size;
    buffer_bytes(queue, document->id, STORAGE_ID_BYTES);
    put_le(queue, SHELF_RECORD_HEAD + update.size, 4);
    put_le(queue, document->modified_unix_ms, 8);
    buffer_bytes(queue, update.bytes, update.size);
    if (!buffer_ok(queue)) {
        queue->failed = false;
        queue->size = before;
        return ERR_NO_MEMORY;
    }
    library->queue_count++;
    document->sequence = ++library->sequence;
    return OK;
}

// The size of the queue's first record; it was written by shelf_queue.
static size_t record_size(const struct buffer *queue, size_t at)
{
    struct reader reader = reader_of(queue->bytes + at + STORAGE_ID_BYTES, 4);
    return SHELF_APPEND_HEAD + reader_le32(&reader);
}

// How many bytes (and records) of the queue fit into one append.
static size_t batch_size(const struct library *library, uint32_t *out_count)
{
    size_t size = 0;
    uint32_t count = 0;
    while (size < library->queue.size) {
        size_t next = record_size(&library->queue, size);
        if (count > 0 && size + next > STORAGE_APPEND_MAX)
            break;
        size += next;
        count++;
    }
    *out_count = count;
    return size;
}

// Replaces a long log by one record with the whole state. Failing costs nothing: the log is as
// good.
static void compact(struct library *library, struct document *document)
{
    const struct library_options *options = &library->options;
    struct buffer record = {0};
    struct doc *doc;
    if (library_doc(library, document, &doc) < 0)
        return;
    put_le(&record, document->modified_unix_ms, 8);
    if (doc_encode_state(doc, NULL, 0, &record) == OK && record.size <= STORAGE_APPEND_MAX &&
        options->storage->compact(options->storage_self, document->id, document->record_last,
                                  buffer_span(&record)) == OK)
        document->record_count = 1;
    else
        document->record_count = SHELF_RECORDS_MAX / 2; // try again, but not at every turn
    buffer_finish(&record);
}

// Counts the records of a stored batch to their documents.
static void batch_note(struct library *library, size_t size)
{
    for (size_t at = 0; at < size; at += record_size(&library->queue, at)) {
        struct document *document = library_find(library, library->queue.bytes + at);
        if (document) {
            document->record_last++;
            document->record_count++;
        }
    }
}

static void compact_long(struct library *library)
{
    struct list_node *it;
    LIST_FOR_EACH(it, &library->documents)
    {
        struct document *document = CONTAINER_OF(it, struct document, link);
        if (document->record_count >= SHELF_RECORDS_MAX && document->sequence <= library->confirmed)
            compact(library, document);
    }
}

status_t library_flush(struct library *library)
{
    const struct library_options *options = &library->options;
    while (library->queue_count > 0) {
        uint32_t count;
        size_t size = batch_size(library, &count);
        const struct span batch = {library->queue.bytes, size};
        library->error = options->storage->append(options->storage_self, batch);
        if (library->error < 0)
            return library->error;
        batch_note(library, size);
        buffer_consume(&library->queue, size);
        library->queue_count -= count;
        library->confirmed = library->sequence - library->queue_count;
    }
    compact_long(library);
    return OK;
}

// Takes the records of a document out of the queue.
static void queue_drop(struct library *library, const uint8_t *id)
{
    struct buffer kept = {0};
    uint32_t count = 0;
    for (size_t at = 0; at < library->queue.size;) {
        size_t size = record_size(&library->queue, at);
        if (memcmp(library->queue.bytes + at, id, STORAGE_ID_BYTES) != 0) {
            buffer_bytes(&kept, library->queue.bytes + at, size);
            count++;
        }
        at += size;
    }
    if (!buffer_ok(&kept)) { // storing it for nothing is harmless
        buffer_finish(&kept);
        return;
    }
    buffer_finish(&library->queue);
    library->queue = kept;
    library->queue_count = count;
}

void shelf_remove(struct library *library, struct document *document)
{
    const struct library_options *options = &library->options;
    queue_drop(library, document->id);
    if (library_flush(library) == OK) // first that it is gone, then what it was
        (void)options->storage->remove(options->storage_self, document->id);
}
