// SPDX-License-Identifier: Apache-2.0
// Unicode by small tables and rules. Graphemes follow UAX 29 except for its rarest classes
// (Prepend, Indic conjuncts). A string is always walked forwards: a step back finds a place that is
// certainly a boundary and walks from there, so both directions agree.
#include "text/unicode.h"

#include "extending.h"
#include "base/math.h"

// How far a step back looks for a certain boundary; longer graphemes are nobody's writing.
#define LOOK_BACK_BYTES 256

enum { ZWJ = 0x200D };

struct utf8_lead {
    uint8_t rest;      // continuation bytes
    uint8_t low, high; // bounds of the first of them
};

// What a lead byte announces; rest 0: not a lead byte. The bounds exclude overlong forms and
// surrogates.
static struct utf8_lead lead_of(uint8_t byte)
{
    if (byte >= 0xC2 && byte <= 0xDF) {
        return (struct utf8_lead){1, 0x80, 0xBF};
    }
    if (byte >= 0xE0 && byte <= 0xEF) {
        return (struct utf8_lead){2, byte == 0xE0 ? 0xA0 : 0x80, byte == 0xED ? 0x9F : 0xBF};
    }
    if (byte >= 0xF0 && byte <= 0xF4) {
        return (struct utf8_lead){3, byte == 0xF0 ? 0x90 : 0x80, byte == 0xF4 ? 0x8F : 0xBF};
    }
    return (struct utf8_lead){0, 0, 0};
}

uint32_t unicode_next(const char *bytes, size_t size, size_t *at)
{
    uint8_t first = (uint8_t)bytes[(*at)++];
    if (first < 0x80) {
        return first;
    }
    struct utf8_lead lead = lead_of(first);
    uint32_t code = first & (0x3FU >> lead.rest);
    for (uint8_t i = 0; i < lead.rest; i++) {
        uint8_t low = i == 0 ? lead.low : 0x80, high = i == 0 ? lead.high : 0xBF;
        if (*at >= size || (uint8_t)bytes[*at] < low || (uint8_t)bytes[*at] > high) {
            return UNICODE_REPLACEMENT;
        }
        code = code << 6 | ((uint8_t)bytes[(*at)++] & 0x3F);
    }
    return lead.rest == 0 ? UNICODE_REPLACEMENT : code;
}

static bool is_between(uint32_t code, uint32_t first, uint32_t last)
{
    return code >= first && code <= last;
}

bool unicode_is_extending(uint32_t code)
{
    if (code < extending_ranges[0].first) {
        return false;
    }
    size_t low = 0, high = ARRAY_COUNT(extending_ranges);
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (extending_ranges[middle].first <= code) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return code <= extending_ranges[low].last;
}

bool unicode_is_invisible(uint32_t code)
{
    return code < 0x20 || is_between(code, 0x7F, 0x9F) || code == 0xAD ||
           is_between(code, 0x200B, 0x200F) || is_between(code, 0x2028, 0x202E) ||
           is_between(code, 0x2060, 0x206F) || is_between(code, 0xFE00, 0xFE0F) || code == 0xFEFF ||
           is_between(code, 0xE0000, 0xE0FFF);
}

static bool is_regional(uint32_t code)
{
    return is_between(code, 0x1F1E6, 0x1F1FF);
}

// Near enough to Extended_Pictographic: what a joiner may join.
static bool is_pictographic(uint32_t code)
{
    return is_between(code, 0x1F000, 0x1FAFF) || is_between(code, 0x2190, 0x2BFF) || code == 0xA9 ||
           code == 0xAE || code == 0x203C || code == 0x2049 || code == 0x2122 || code == 0x2139 ||
           code == 0x3030 || code == 0x303D || code == 0x3297 || code == 0x3299;
}

// Hangul parts: 1 leading consonant, 2 vowel, 3 trailing, 4 syllable of two, 5 syllable of three; 0
// none.
static int hangul_part(uint32_t code)
{
    if (is_between(code, 0xAC00, 0xD7A3)) {
        return (code - 0xAC00) % 28 == 0 ? 4 : 5;
    }
    if (is_between(code, 0x1100, 0x115F) || is_between(code, 0xA960, 0xA97C)) {
        return 1;
    }
    if (is_between(code, 0x1160, 0x11A7) || is_between(code, 0xD7B0, 0xD7C6)) {
        return 2;
    }
    return is_between(code, 0x11A8, 0x11FF) || is_between(code, 0xD7CB, 0xD7FB) ? 3 : 0;
}

static bool hangul_joins(uint32_t before, uint32_t after)
{
    int a = hangul_part(before), b = hangul_part(after);
    if (a == 0 || b == 0) {
        return false;
    }
    if (a == 1) {
        return b != 3;
    }
    return b == 3 || (b == 2 && (a == 4 || a == 2));
}

// Printable ASCII: never joined to another of its kind.
static bool is_plain(char byte)
{
    return byte >= 0x20 && byte < 0x7F;
}

size_t unicode_grapheme_next(const char *bytes, size_t size, size_t at)
{
    if (at >= size) {
        return size;
    }
    if (is_plain(bytes[at]) && at + 1 < size && is_plain(bytes[at + 1])) {
        return at + 1; // by far the most frequent case
    }
    uint32_t before = unicode_next(bytes, size, &at);
    bool pictographic = is_pictographic(before), flag = is_regional(before);
    while (at < size) {
        size_t after_at = at;
        uint32_t after = unicode_next(bytes, size, &after_at);
        bool joined =
            before == '\r'
                ? after == '\n'
                : before >= 0x20 && (unicode_is_extending(after) ||
                                     (pictographic && before == ZWJ && is_pictographic(after)) ||
                                     (flag && is_regional(after)) || hangul_joins(before, after));
        if (!joined) {
            break;
        }
        flag = false;
        before = after;
        at = after_at;
    }
    return at;
}

size_t unicode_grapheme_previous(const char *bytes, size_t size, size_t at)
{
    at = at > size ? size : at;
    if (at == 0) {
        return 0;
    }
    // Before any ASCII character but LF there is a boundary, whatever stands before it.
    size_t start = at - 1;
    while (start > 0 && at - start < LOOK_BACK_BYTES &&
           ((uint8_t)bytes[start] >= 0x80 || bytes[start] == '\n')) {
        start--;
    }
    for (int i = 0; i < 3 && start > 0 && ((uint8_t)bytes[start] & 0xC0) == 0x80; i++) {
        start--;
    }
    for (;;) {
        size_t next = unicode_grapheme_next(bytes, size, start);
        if (next >= at) {
            return start;
        }
        start = next;
    }
}

static bool is_space(uint32_t code)
{
    return code == ' ' || code == '\t' || code == '\n' || code == '\r' || code == 0x3000 ||
           code == 0x1680 || (is_between(code, 0x2000, 0x200B) && code != 0x2007) || code == 0x205F;
}

static bool is_alphanumeric(uint32_t code)
{
    return is_between(code | 0x20, 'a', 'z') || is_between(code, '0', '9');
}

static bool is_word(uint32_t code)
{
    if (code < 0x80) {
        return is_alphanumeric(code) || code == '_';
    }
    return !is_space(code) && !is_between(code, 0x80, 0xBF) && !is_between(code, 0x2000, 0x206F) &&
           !is_between(code, 0x3001, 0x3020) && !is_between(code, 0xFF01, 0xFF0F) && code != 0xD7 &&
           code != 0xF7;
}

static bool word_at(const char *bytes, size_t size, size_t at)
{
    return is_word(unicode_next(bytes, size, &at));
}

size_t unicode_word_next(const char *bytes, size_t size, size_t at)
{
    while (at < size && !word_at(bytes, size, at)) {
        at = unicode_grapheme_next(bytes, size, at);
    }
    while (at < size && word_at(bytes, size, at)) {
        at = unicode_grapheme_next(bytes, size, at);
    }
    return at > size ? size : at;
}

size_t unicode_word_previous(const char *bytes, size_t size, size_t at)
{
    at = at > size ? size : at;
    bool seen = false;
    while (at > 0) {
        size_t before = unicode_grapheme_previous(bytes, size, at);
        bool word = word_at(bytes, size, before);
        if (seen && !word) {
            break;
        }
        seen = seen || word;
        at = before;
    }
    return at;
}

size_t unicode_utf16_of(const char *bytes, size_t size, size_t at)
{
    size_t units = 0, next = 0;
    at = at > size ? size : at;
    while (next < at) {
        size_t start = next;
        uint32_t code = unicode_next(bytes, size, &next);
        if (next > at && start < at) {
            break; // inside a character: its start counts
        }
        units += code >= 0x10000 ? 2 : 1;
    }
    return units;
}

size_t unicode_byte_of(const char *bytes, size_t size, size_t utf16)
{
    size_t units = 0, at = 0;
    while (at < size && units < utf16) {
        size_t next = at;
        units += unicode_next(bytes, size, &next) >= 0x10000 ? 2 : 1;
        if (units > utf16) {
            break;
        }
        at = next;
    }
    return at;
}

static bool is_ideographic(uint32_t code)
{
    return is_between(code, 0x2E80, 0x2FFF) || is_between(code, 0x3001, 0xA4CF) ||
           is_between(code, 0xAC00, 0xD7A3) || is_between(code, 0xF900, 0xFAFF) ||
           is_between(code, 0xFE30, 0xFE4F) || is_between(code, 0xFF01, 0xFF60) ||
           is_between(code, 0x1F300, 0x1FAFF) || is_between(code, 0x20000, 0x3FFFD);
}

static bool is_in(uint32_t code, const uint16_t *list)
{
    while (*list != 0 && *list != code) {
        list++;
    }
    return *list != 0;
}

// Never first on a line: closing punctuation, small kana, the length mark.
static bool is_closing(uint32_t code)
{
    static const uint16_t list[] = {
        '!',    ')',    ',',    '.',    ':',    ';',    '?',    ']',    '}',    '%',    0xBB,
        0x2019, 0x201D, 0x2026, 0x3001, 0x3002, 0x3005, 0x3009, 0x300B, 0x300D, 0x300F, 0x3011,
        0x3015, 0x3041, 0x3043, 0x3045, 0x3047, 0x3049, 0x3063, 0x3083, 0x3085, 0x3087, 0x30A1,
        0x30A3, 0x30A5, 0x30A7, 0x30A9, 0x30C3, 0x30E3, 0x30E5, 0x30E7, 0x30FB, 0x30FC, 0xFF01,
        0xFF09, 0xFF0C, 0xFF0E, 0xFF1A, 0xFF1B, 0xFF1F, 0xFF3D, 0xFF5D, 0};
    return is_in(code, list);
}

// Never last on a line.
static bool is_opening(uint32_t code)
{
    static const uint16_t list[] = {'(',    '[',    '{',    0xAB,   0x2018, 0x201C, 0x3008, 0x300A,
                                    0x300C, 0x300E, 0x3010, 0x3014, 0xFF08, 0xFF3B, 0xFF5B, 0};
    return is_in(code, list);
}

static bool is_glue(uint32_t code)
{
    return code == 0xA0 || code == 0x2007 || code == 0x202F || code == 0x2060 || code == ZWJ;
}

static bool is_hyphen(uint32_t code)
{
    return code == '-' || code == '/' || code == 0xAD || code == 0x2010 ||
           is_between(code, 0x2012, 0x2014);
}

bool unicode_may_break(uint32_t before, uint32_t after)
{
    if (is_alphanumeric(before) && is_alphanumeric(after)) {
        return false;
    }
    if (is_space(after) || is_glue(before) || is_glue(after) || unicode_is_extending(after)) {
        return false;
    }
    if (is_space(before)) {
        return true;
    }
    if (is_closing(after) || is_opening(before)) {
        return false;
    }
    if (is_hyphen(before)) {
        return !is_between(after, '0', '9') && !is_hyphen(after);
    }
    return is_ideographic(before) || is_ideographic(after);
}
