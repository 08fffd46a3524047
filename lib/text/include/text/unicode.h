// SPDX-License-Identifier: Apache-2.0
// The facts of Unicode that text needs: decoding, graphemes, words, line breaks, UTF-16 offsets. No
// state, no fonts, no allocation. Offsets are bytes into UTF-8 unless named otherwise; one past the
// size is the end.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNICODE_REPLACEMENT 0xFFFDU

// Decodes at `*at` (< size) and moves on past it. A malformed byte or sequence yields U+FFFD once
// per maximal valid prefix, as the WHATWG decoder does.
uint32_t unicode_next(const char *bytes, size_t size, size_t *at);

// The end of the grapheme starting at `at`, and the start of the one ending at `at`. Both stop at
// the ends.
size_t unicode_grapheme_next(const char *bytes, size_t size, size_t at);
size_t unicode_grapheme_previous(const char *bytes, size_t size, size_t at);
// The next end, or previous start, of a word: what Ctrl+arrow does.
size_t unicode_word_next(const char *bytes, size_t size, size_t at);
size_t unicode_word_previous(const char *bytes, size_t size, size_t at);

// How many UTF-16 units the bytes before `at` are, as JavaScript and Yjs count (malformed: one
// U+FFFD each).
size_t unicode_utf16_of(const char *bytes, size_t size, size_t at);
// The byte offset of UTF-16 unit `utf16`, at most `size`; inside a surrogate pair: of the
// character's start.
size_t unicode_byte_of(const char *bytes, size_t size, size_t utf16);

// Whether the character is drawn over or joined to the one before it (combining marks, joiners,
// modifiers).
bool unicode_is_extending(uint32_t code);
// Whether it has no glyph by design (controls, joiners, variation selectors, marks of direction).
bool unicode_is_invisible(uint32_t code);
// Whether a line may end between the two characters (a small part of UAX 14: after spaces and
// hyphens, around ideographs but not before closing or after opening punctuation).
bool unicode_may_break(uint32_t before, uint32_t after);
