// SPDX-License-Identifier: Apache-2.0
// One node's attributes as bytes: ascending tags, each at most once, absent when zero or empty, so
// equal attributes have equal bytes. A tag under 64 carries a uvarint, one of 64 to 127 a length
// and bytes; unknown tags are stepped over, so an old stage shows what it knows of a newer app.
#pragma once

#include "ui/tree.h"

#include "base/buffer.h"

// What is encoded; strings are borrowed and cut at UI_STRING_MAX on a character border by the
// encoder.
struct ui_attributes {
    uint64_t number[UI_NUMBER_COUNT];
    struct span string[UI_STRING_COUNT];
};

// Appends the encoding to `out`. Bytes that are not UTF-8 and control characters become U+FFFD or a
// space, so what the encoder writes the decoder takes. A node larger than UI_NODE_BYTES_MAX loses
// its last strings.
void ui_attributes_encode(const struct ui_attributes *attributes, struct buffer *out);
// Fills `node` except its document with offsets into `bytes`, which the caller owns and keeps.
// ERR_BAD_MESSAGE for anything not canonical, out of range, not UTF-8 or over a bound; `node` is
// then undefined.
status_t ui_attributes_decode(const uint8_t *bytes, size_t size, struct ui_node *node);
// True when `text` is UTF-8 (no surrogates, no over-long forms) without control characters; with
// `multiline`, line feeds and tabs are allowed.
bool ui_text_is_valid(struct span text, bool multiline);
