// SPDX-License-Identifier: Apache-2.0
// Arrays: local edits of plain values and reading; see doc/doc.h.
#include "branch.h"
#include "item.h"
#include "run.h"

#include <string.h>

struct doc_array *doc_array(struct doc *doc, const char *name)
{
    size_t size = strlen(name);
    if (size > DOC_NAME_SIZE_MAX)
        return NULL;
    return (struct doc_array *)branch_root(doc, (struct span){(const uint8_t *)name, size});
}

uint64_t doc_array_length(const struct doc_array *array)
{
    return run_units((const struct branch *)array);
}

// Enters a value right after `left`, before any tombstones that follow it.
static status_t insert_after(struct branch *branch, struct item *left,
                             const struct doc_value *value)
{
    struct buffer encoded = {0};
    bool binary = value->kind == DOC_BYTES;
    if (binary)
        buffer_block(&encoded, value->bytes.bytes, value->bytes.size);
    status_t status = binary ? buffer_status(&encoded) : doc_value_write(&encoded, value);
    const struct item pattern = {.branch = branch,
                                 .left = left,
                                 .right = left ? left->right : branch->start,
                                 .kind = binary ? WIRE_BINARY : WIRE_ANY,
                                 .length = 1};
    if (status == OK)
        status = item_insert(&pattern, buffer_span(&encoded), NULL);
    buffer_finish(&encoded);
    return status;
}

status_t doc_array_insert(struct doc_array *array, uint64_t index, const struct doc_value *value)
{
    struct branch *branch = (struct branch *)array;
    struct item *left;
    status_t status = branch_editable(branch);
    if (status == OK)
        status = branch_gap(branch, index, &left);
    return status < 0 ? status : insert_after(branch, left, value);
}

status_t doc_array_push(struct doc_array *array, const struct doc_value *value)
{
    struct branch *branch = (struct branch *)array;
    status_t status = branch_editable(branch);
    return status < 0 ? status : insert_after(branch, branch_last(branch), value);
}

status_t doc_array_delete(struct doc_array *array, uint64_t index, uint64_t count)
{
    struct branch *branch = (struct branch *)array;
    status_t status = branch_editable(branch);
    return status < 0 ? status : branch_delete(branch, index, count);
}

status_t doc_array_get(const struct doc_array *array, uint64_t index, struct doc_value *out_value)
{
    // Looking up moves the marker, which is a cache: the array itself stays as it is.
    struct branch *branch = (struct branch *)(uintptr_t)array;
    if (index >= run_units(branch))
        return ERR_NOT_FOUND;
    uint64_t start;
    const struct item *item = branch_seek(branch, index, &start);
    branch_value(item, index - start, out_value);
    return OK;
}
