// SPDX-License-Identifier: Apache-2.0
// Maps: every key has a history whose last item is the value; see doc/doc.h.
#include "branch.h"
#include "content.h"
#include "item.h"
#include "utf16.h"

#include <string.h>

struct doc_map *doc_map(struct doc *doc, const char *name)
{
    size_t size = strlen(name);
    if (size > DOC_NAME_SIZE_MAX)
        return NULL;
    return (struct doc_map *)branch_root(doc, (struct span){(const uint8_t *)name, size});
}

size_t doc_map_count(const struct doc_map *map)
{
    return ((const struct branch *)map)->live_keys;
}

// The value of a key that has one, or NULL.
static struct item *live(const struct entry *entry)
{
    return entry && entry->last && !item_is_deleted(entry->last) ? entry->last : NULL;
}

static struct entry *find(const struct doc_map *map, const char *key)
{
    const struct branch *branch = (const struct branch *)map;
    return table_find(&branch->keys, (struct span){(const uint8_t *)key, strlen(key)});
}

// Completes the pattern (kind, length, nested) and enters it as the value of the key.
static status_t put(struct branch *branch, const char *key, struct item pattern,
                    struct span content)
{
    struct span name = {(const uint8_t *)key, strlen(key)};
    if (name.size > DOC_NAME_SIZE_MAX || utf16_length(name) < 0)
        return ERR_INVALID;
    pattern.entry = table_entry(&branch->doc->heap, &branch->keys, name);
    if (!pattern.entry)
        return ERR_NO_MEMORY;
    pattern.branch = branch;
    pattern.left = pattern.entry->last;
    return item_insert(&pattern, content, NULL);
}

status_t doc_map_set(struct doc_map *map, const char *key, const struct doc_value *value)
{
    struct branch *branch = (struct branch *)map;
    status_t status = branch_editable(branch);
    if (status < 0)
        return status;
    struct buffer encoded = {0};
    bool binary = value->kind == DOC_BYTES; // a type of its own at the top level
    if (binary)
        buffer_block(&encoded, value->bytes.bytes, value->bytes.size);
    status = binary ? buffer_status(&encoded) : doc_value_write(&encoded, value);
    if (status == OK)
        status =
            put(branch, key, (struct item){.kind = binary ? WIRE_BINARY : WIRE_ANY, .length = 1},
                buffer_span(&encoded));
    buffer_finish(&encoded);
    return status;
}

status_t doc_map_set_string(struct doc_map *map, const char *key, const char *utf8, size_t size)
{
    struct span bytes = {(const uint8_t *)utf8, size};
    return doc_map_set(map, key, &(struct doc_value){.kind = DOC_STRING, .bytes = bytes});
}

status_t doc_map_set_number(struct doc_map *map, const char *key, double number)
{
    return doc_map_set(map, key, &(struct doc_value){.kind = DOC_NUMBER, .number = number});
}

status_t doc_map_set_bool(struct doc_map *map, const char *key, bool boolean)
{
    return doc_map_set(map, key, &(struct doc_value){.kind = DOC_BOOL, .boolean = boolean});
}

status_t doc_map_set_null(struct doc_map *map, const char *key)
{
    return doc_map_set(map, key, &(struct doc_value){.kind = DOC_NULL});
}

static status_t set_nested(struct doc_map *map, const char *key, uint8_t type, void **out_nested)
{
    struct branch *branch = (struct branch *)map;
    status_t status = branch_editable(branch);
    if (status < 0)
        return status;
    struct branch *nested = branch_create(branch->doc);
    if (!nested)
        return ERR_NO_MEMORY;
    status = put(branch, key, (struct item){.kind = WIRE_TYPE, .length = 1, .nested = nested},
                 (struct span){&type, 1});
    if (status < 0)
        branch_destroy(nested);
    else
        *out_nested = nested;
    return status;
}

status_t doc_map_set_text(struct doc_map *map, const char *key, struct doc_text **out_text)
{
    void *nested;
    status_t status = set_nested(map, key, TYPE_TEXT, &nested);
    if (status == OK)
        *out_text = nested;
    return status;
}

status_t doc_map_set_map(struct doc_map *map, const char *key, struct doc_map **out_map)
{
    void *nested;
    status_t status = set_nested(map, key, TYPE_MAP, &nested);
    if (status == OK)
        *out_map = nested;
    return status;
}

status_t doc_map_delete(struct doc_map *map, const char *key)
{
    status_t status = branch_editable((struct branch *)map);
    if (status < 0)
        return status;
    struct item *value = live(find(map, key));
    if (!value)
        return ERR_NOT_FOUND;
    item_delete(((struct branch *)map)->doc, value);
    return OK;
}

status_t doc_map_get(const struct doc_map *map, const char *key, struct doc_value *out_value)
{
    const struct item *value = live(find(map, key));
    if (!value)
        return ERR_NOT_FOUND;
    branch_value(value, value->length - 1, out_value);
    return OK;
}

status_t doc_map_next(const struct doc_map *map, size_t *cursor, struct span *out_key,
                      struct doc_value *out_value)
{
    const struct table *keys = &((const struct branch *)map)->keys;
    while (*cursor < keys->count) {
        const struct entry *entry = keys->order[(*cursor)++];
        const struct item *value = live(entry);
        if (!value)
            continue;
        *out_key = (struct span){entry->name, entry->size};
        if (out_value)
            branch_value(value, value->length - 1, out_value);
        return OK;
    }
    return ERR_NOT_FOUND;
}
