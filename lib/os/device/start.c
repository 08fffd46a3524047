// SPDX-License-Identifier: Apache-2.0
// Start and end of a program: the start block is copied out of the message page before the first
// call uses that page, then main runs; its result is the exit code.
#include "os/start.h"

#include "os/log.h"
#include "os/process.h"
#include "os/syscall.h"

#include "base/assert.h"
#include "base/layout.h"
#include "base/math.h"

#include <stdlib.h>
#include <string.h>

#define EXIT_BAD_START 125
#define EXIT_ASSERTION 134

int main(void);
_Noreturn void os_start(struct message_page *page);

static struct message_page *message_page;
static struct start_block block;
static char name[START_NAME_MAX] = "init"; // whom nobody names: the kernel starts it

struct message_page *os_message_page(void)
{
    return message_page;
}

// A program other than init finds its name as the first word of its arguments.
static void learn_name(void)
{
    if (os_has("bundle") && os_has("machine"))
        return;
    size_t length = min_u64(strcspn(block.arguments, " "), START_NAME_MAX - 1);
    memcpy(name, block.arguments, length);
    name[length] = '\0';
}

_Noreturn void os_start(struct message_page *page)
{
    message_page = page;
    memcpy(&block, page->bytes, sizeof block);
    if (block.magic != START_MAGIC || block.entry_count > START_ENTRIES_MAX)
        os_process_exit(EXIT_BAD_START);
    block.arguments[START_ARGS_MAX - 1] = '\0';
    learn_name();
    exit(main());
}

static const struct start_entry *find(const char *entry_name)
{
    for (uint32_t i = 0; i < block.entry_count; i++)
        if (strncmp(block.entries[i].name, entry_name, START_NAME_MAX) == 0)
            return &block.entries[i];
    return NULL;
}

handle_t os_handle(const char *entry_name)
{
    const struct start_entry *entry = find(entry_name);
    return entry ? entry->handle : HANDLE_NONE;
}

uint32_t os_value(const char *entry_name, uint32_t otherwise)
{
    const struct start_entry *entry = find(entry_name);
    return entry ? entry->value : otherwise;
}

bool os_has(const char *entry_name)
{
    return find(entry_name) != NULL;
}

uint64_t os_start_number(void)
{
    return layout_mix(layout_number(block.seed));
}

const uint8_t *os_start_seed(void)
{
    return block.seed;
}

const char *os_arguments(void)
{
    return block.arguments;
}

const char *os_name(void)
{
    return name;
}

_Noreturn void os_process_exit(int32_t exit_code)
{
    for (;;)
        OS_SYSCALL(process_exit, (uint64_t)exit_code);
}

_Noreturn void assert_failed(const char *expression, const char *file, int line)
{
    log_printf("assertion failed: %s (%s:%d)", expression, file, line);
    os_process_exit(EXIT_ASSERTION);
}
