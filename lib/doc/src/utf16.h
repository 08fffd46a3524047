// SPDX-License-Identifier: Apache-2.0
// Lengths and offsets of UTF-8 in UTF-16 code units. A text whose bytes equal its units is ASCII,
// so offsets cost nothing.
#pragma once

#include "base/codec.h"

#define UTF8_REPLACEMENT "\xef\xbf\xbd"

// Length of well-formed UTF-8 in UTF-16 units, or -1 if it is malformed (RFC 3629: no surrogates,
// shortest form).
int64_t utf16_length(struct span utf8);
// Byte offset of `unit` in well-formed UTF-8 of `length` units. When it falls between the halves of
// a surrogate pair, *out_inside is true and the offset is that of the pair's character.
size_t utf16_offset(struct span utf8, uint64_t length, uint64_t unit, bool *out_inside);
