// SPDX-License-Identifier: Apache-2.0
// Payloads of items; see content.h.
#include "content.h"

#include "utf16.h"

#include <string.h>

#define CHUNK_SIZE_MIN 64u

struct span content_span(const struct content *content)
{
    if (content->size <= CONTENT_SMALL)
        return (struct span){content->small, content->size};
    return (struct span){content->chunk->bytes + content->offset, content->size};
}

static struct chunk *chunk_take(struct doc *doc, uint64_t capacity)
{
    if (capacity > UINT32_MAX)
        return NULL;
    struct chunk *chunk = heap_take(&doc->heap, sizeof *chunk + capacity);
    if (!chunk)
        return NULL;
    chunk->references = 1;
    chunk->capacity = (uint32_t)capacity;
    return chunk;
}

static void chunk_release(struct doc *doc, struct chunk *chunk)
{
    if (--chunk->references == 0)
        heap_give(&doc->heap, chunk, sizeof *chunk + chunk->capacity);
}

status_t content_set(struct doc *doc, struct content *content, struct span bytes)
{
    content->size = (uint32_t)bytes.size;
    if (bytes.size <= CONTENT_SMALL) {
        if (bytes.size > 0)
            memcpy(content->small, bytes.bytes, bytes.size);
        return OK;
    }
    struct chunk *chunk = chunk_take(doc, bytes.size);
    if (!chunk) {
        content->size = 0;
        return ERR_NO_MEMORY;
    }
    memcpy(chunk->bytes, bytes.bytes, bytes.size);
    chunk->used = (uint32_t)bytes.size;
    content->chunk = chunk;
    content->offset = 0;
    return OK;
}

void content_release(struct doc *doc, struct content *content)
{
    if (content->size > CONTENT_SMALL)
        chunk_release(doc, content->chunk);
    content->size = 0;
}

// The part [start, end) of a content, sharing its chunk if it is large.
static struct content part(const struct content *content, uint32_t start, uint32_t end)
{
    struct content result = {.size = end - start};
    if (result.size <= CONTENT_SMALL) {
        memcpy(result.small, content_span(content).bytes + start, result.size);
    } else {
        result.chunk = content->chunk;
        result.offset = content->offset + start;
        result.chunk->references++;
    }
    return result;
}

// Both sides of a cut pair become U+FFFD, which no shared chunk holds: two fresh contents.
static status_t cut_pair(struct doc *doc, struct content *content, size_t at,
                         struct content *out_back)
{
    struct span whole = content_span(content);
    struct buffer front = {0}, back = {0};
    buffer_bytes(&front, whole.bytes, at);
    buffer_bytes(&front, UTF8_REPLACEMENT, 3);
    buffer_bytes(&back, UTF8_REPLACEMENT, 3);
    buffer_bytes(&back, whole.bytes + at + 4, whole.size - at - 4);
    struct content first = {0}, second = {0};
    status_t status = buffer_ok(&front) ? buffer_status(&back) : ERR_NO_MEMORY;
    if (status == OK)
        status = content_set(doc, &first, buffer_span(&front));
    if (status == OK)
        status = content_set(doc, &second, buffer_span(&back));
    if (status == OK) {
        content_release(doc, content);
        *content = first;
        *out_back = second;
    } else {
        content_release(doc, &first);
    }
    buffer_finish(&front);
    buffer_finish(&back);
    return status;
}

status_t content_cut(struct doc *doc, struct item *item, uint64_t at, struct content *out_back)
{
    struct content *content = &item->content;
    *out_back = (struct content){0};
    if (content->size == 0)
        return OK;
    size_t offset;
    bool inside = false;
    if (item->kind == WIRE_STRING)
        offset = utf16_offset(content_span(content), item->length, at, &inside);
    else
        offset = wire_elements_offset(item->kind, content_span(content), at);
    if (inside)
        return cut_pair(doc, content, offset, out_back);
    struct content front = part(content, 0, (uint32_t)offset);
    *out_back = part(content, (uint32_t)offset, content->size);
    content_release(doc, content);
    *content = front;
    return OK;
}

// True if `more` bytes can be written right behind the content, in its own chunk.
static bool appends_in_place(const struct content *content, uint32_t more)
{
    if (content->size <= CONTENT_SMALL)
        return content->size + more <= CONTENT_SMALL;
    const struct chunk *chunk = content->chunk;
    return content->offset + content->size == chunk->used && chunk->capacity - chunk->used >= more;
}

status_t content_append(struct doc *doc, struct content *front, struct content *back)
{
    struct span tail = content_span(back);
    if (tail.size == 0)
        return OK;
    uint64_t size = (uint64_t)front->size + tail.size;
    if (!appends_in_place(front, back->size)) {
        struct chunk *chunk =
            chunk_take(doc, size * 2 < CHUNK_SIZE_MIN ? CHUNK_SIZE_MIN : size * 2);
        if (!chunk)
            return ERR_NO_MEMORY;
        struct span head = content_span(front);
        memcpy(chunk->bytes, head.bytes, head.size);
        chunk->used = (uint32_t)head.size;
        uint32_t kept = front->size;
        content_release(doc, front);
        front->size = kept;
        front->chunk = chunk;
        front->offset = 0;
        memcpy(chunk->bytes + kept, tail.bytes, tail.size);
        chunk->used += (uint32_t)tail.size;
    } else if (front->size <= CONTENT_SMALL) {
        memcpy(front->small + front->size, tail.bytes, tail.size);
    } else {
        memcpy(front->chunk->bytes + front->chunk->used, tail.bytes, tail.size);
        front->chunk->used += (uint32_t)tail.size;
    }
    front->size = (uint32_t)size;
    content_release(doc, back);
    return OK;
}
