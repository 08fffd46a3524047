// SPDX-License-Identifier: Apache-2.0
// Payloads of items: small ones in place, larger ones as parts of shared chunks, so that a split
// copies nothing and typing appends in place.
#pragma once

#include "model.h"

// Copies the bytes in. ERR_NO_MEMORY.
status_t content_set(struct doc *doc, struct content *content, struct span bytes);
struct span content_span(const struct content *content);
void content_release(struct doc *doc, struct content *content);
// Cuts the content of an item of `kind` and `length` at unit `at`: it keeps the front, *out_back
// gets the rest. Cutting a surrogate pair leaves U+FFFD on both sides. ERR_NO_MEMORY changes
// nothing.
status_t content_cut(struct doc *doc, struct item *item, uint64_t at, struct content *out_back);
// Appends `back`'s bytes and releases it. ERR_NO_MEMORY changes nothing.
status_t content_append(struct doc *doc, struct content *front, struct content *back);
