// SPDX-License-Identifier: Apache-2.0
// The ground under the selftest and the bench: start block, printing, memset and memcpy for the
// compiler.
#include "user.h"

struct message_page *message;
static struct start_block start; // a copy: the page is used by the first call

void *memset(void *target, int value, size_t size);
void *memcpy(void *restrict target, const void *restrict source, size_t size);
void program_main(struct message_page *page);
void child_main(struct message_page *page);
extern void run(void);

void *memset(void *target, int value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((volatile uint8_t *)target)[i] = (uint8_t)value;
    return target;
}

void *memcpy(void *restrict target, const void *restrict source, size_t size)
{
    size_t i = 0;
    if (((uintptr_t)target | (uintptr_t)source) % 8 == 0) {
        for (; i + 8 <= size; i += 8)
            *(uint64_t *)(void *)((char *)target + i) =
                *(const uint64_t *)(const void *)((const char *)source + i);
    }
    for (; i < size; i++)
        ((uint8_t *)target)[i] = ((const uint8_t *)source)[i];
    return target;
}

bool text_equal(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

handle_t start_handle(const char *name)
{
    for (uint32_t i = 0; i < start.entry_count; i++) {
        if (text_equal(start.entries[i].name, name))
            return start.entries[i].handle;
    }
    return HANDLE_NONE;
}

bool start_has_argument(const char *word)
{
    const char *at = start.arguments;
    while (*at != 0) {
        size_t i = 0;
        while (word[i] != 0 && at[i] == word[i])
            i++;
        if (word[i] == 0 && (at[i] == 0 || at[i] == ' '))
            return true;
        while (*at != 0 && *at++ != ' ')
            continue;
    }
    return false;
}

static const char *text_after(const char *text, const char *name)
{
    for (; *text != 0; text++) {
        uint32_t i = 0;
        while (name[i] != 0 && text[i] == name[i])
            i++;
        if (name[i] == 0)
            return text + i;
    }
    return NULL;
}

uint64_t start_number(const char *name, uint64_t otherwise)
{
    const char *at = text_after(start.arguments, name);
    uint64_t value = 0;
    for (; at != NULL && *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    return at != NULL ? value : otherwise;
}

uint64_t random_from(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

void print(const char *text)
{
    size_t size = 0;
    for (; text[size] != 0 && size < MESSAGE_BYTES_MAX; size++)
        message->bytes[size] = (uint8_t)text[size];
    SYS2(log_write, start_handle("log"), size);
}

void print_number(uint64_t value)
{
    char digits[21];
    size_t at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    print(digits + at);
}

static void begin(struct message_page *page)
{
    message = page;
    memcpy(&start, page->bytes, sizeof start);
}

void program_main(struct message_page *page)
{
    begin(page);
    run();
    SYS1(process_exit, 0);
}

void child_main(struct message_page *page)
{
    begin(page);
    void (*entry)(void) = NULL;
    for (uint32_t i = 0; i < start.entry_count; i++) {
        if (text_equal(start.entries[i].name, "entry"))
            entry = (void (*)(void))(uintptr_t)(0x100000u + start.entries[i].value);
    }
    entry();
    SYS1(process_exit, 0);
}
