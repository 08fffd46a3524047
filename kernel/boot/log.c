// SPDX-License-Identifier: Apache-2.0
// The log ring and a small formatter.
#include "boot/log.h"

#include "arch/arch.h"

#include <stdarg.h>

#define LINE_MAX 200u

static struct {
    char bytes[LOG_BYTES];
    uint64_t position; // of the next byte
    bool console_off;
} ring;

struct line {
    char text[LINE_MAX];
    size_t size;
};

void log_write(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ring.bytes[ring.position++ % LOG_BYTES] = bytes[i];
    if (!ring.console_off)
        arch_console_write(bytes, size);
}

size_t log_read(uint64_t *position, char *bytes, size_t size)
{
    uint64_t oldest = ring.position > LOG_BYTES ? ring.position - LOG_BYTES : 0;
    if (*position < oldest)
        *position = oldest;
    size_t count = 0;
    while (count < size && *position < ring.position)
        bytes[count++] = ring.bytes[(*position)++ % LOG_BYTES];
    return count;
}

void log_set_console(bool on)
{
    ring.console_off = !on;
}

static void put(struct line *line, char c)
{
    if (line->size < LINE_MAX)
        line->text[line->size++] = c;
}

static void put_text(struct line *line, const char *text)
{
    while (*text != 0)
        put(line, *text++);
}

static void put_number(struct line *line, uint64_t value, uint32_t radix)
{
    char digits[20];
    uint32_t count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % radix];
        value /= radix;
    } while (value != 0);
    while (count > 0)
        put(line, digits[--count]);
}

static void put_signed(struct line *line, int64_t value)
{
    if (value < 0)
        put(line, '-');
    put_number(line, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}

void log_line(const char *format, ...)
{
    struct line line = {.size = 0};
    va_list list;
    va_start(list, format);
    put_text(&line, "kernel: ");
    for (; *format != 0; format++) {
        if (*format != '%') {
            put(&line, *format);
            continue;
        }
        format++;
        bool wide = *format == 'l';
        if (wide)
            format++;
        if (*format == 's')
            put_text(&line, va_arg(list, const char *));
        else if (*format == 'd')
            put_signed(&line, wide ? va_arg(list, long) : va_arg(list, int));
        else
            put_number(&line, wide ? va_arg(list, unsigned long) : va_arg(list, unsigned),
                       *format == 'x' ? 16 : 10);
    }
    va_end(list);
    line.text[line.size < LINE_MAX ? line.size : LINE_MAX - 1] = '\n';
    log_write(line.text, line.size < LINE_MAX ? line.size + 1 : LINE_MAX);
}
