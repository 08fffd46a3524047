// SPDX-License-Identifier: Apache-2.0
// What both twins share: helpers over the calls each of them implements.
#include "os/handle.h"
#include "os/interrupt.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/start.h"
#include "os/time.h"

#include "base/math.h"

instant_ns_t os_deadline(uint64_t duration_ns)
{
    return os_clock() + duration_ns;
}

status_t os_memory_allocate(uint64_t size_bytes, uint32_t flags, handle_t *out_memory,
                            void **out_address)
{
    status_t status = os_memory_create(size_bytes, flags, out_memory);
    if (status < 0)
        return status;
    status = os_memory_map(*out_memory, 0, align_up(size_bytes, PAGE_SIZE),
                           PROTECT_READ | PROTECT_WRITE, out_address);
    if (status < 0) {
        os_handle_close(*out_memory);
        *out_memory = HANDLE_NONE;
    }
    return status;
}

status_t os_memory_share(handle_t memory, uint32_t protect, handle_t *out_memory)
{
    uint32_t rights = RIGHT_DUPLICATE | RIGHT_TRANSFER | (protect & PROTECT_READ ? RIGHT_READ : 0) |
                      (protect & PROTECT_WRITE ? RIGHT_WRITE : 0);
    return os_handle_duplicate(memory, rights, 0, out_memory);
}

// "mmio" and a number below 100.
static void registers_name(uint32_t number, char *out_name)
{
    uint32_t at = 4;
    out_name[0] = 'm';
    out_name[1] = 'm';
    out_name[2] = 'i';
    out_name[3] = 'o';
    if (number >= 10)
        out_name[at++] = (char)('0' + number / 10 % 10);
    out_name[at++] = (char)('0' + number % 10);
    out_name[at] = '\0';
}

status_t os_registers_map(uint32_t number, volatile void **out_registers, uint64_t *out_size_bytes)
{
    char name[8];
    registers_name(number, name);
    handle_t memory = os_handle(name);
    if (memory == HANDLE_NONE)
        return ERR_NOT_FOUND;
    uint64_t size_bytes;
    void *address;
    status_t status = os_memory_size(memory, &size_bytes);
    if (status == OK)
        status = os_memory_map(memory, 0, size_bytes, PROTECT_READ | PROTECT_WRITE, &address);
    if (status < 0)
        return status;
    // The device may begin within its first page.
    uint64_t offset = os_value(name, 0);
    if (offset >= size_bytes)
        return ERR_INVALID;
    *out_registers = (uint8_t *)address + offset;
    *out_size_bytes = size_bytes - offset;
    return OK;
}

void log_printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_vprintf(format, arguments);
    va_end(arguments);
}
