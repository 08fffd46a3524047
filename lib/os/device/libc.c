// SPDX-License-Identifier: Apache-2.0
// What the C library wants from its system: a heap, output (to the log), an end, and locks.
// Programs are single-threaded, so the locks only have to exist; there are no files.
#include "os/handle.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/process.h"
#include "os/start.h"
#include "os/syscall.h"
#include "os/time.h"

#include "base/assert.h"
#include "base/layout.h"
#include "base/math.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HEAP_DEFAULT_KIB 4096u
#define LOCKS_MAX        32u

struct __lock {
    uint32_t depth;
};

static uint64_t heap_base, heap_size, heap_used; // bytes; size 0: not mapped yet
static struct __lock locks[LOCKS_MAX];
static uint32_t lock_count;
struct __lock __lock___libc_recursive_mutex;

void *sbrk(ptrdiff_t increment);
ssize_t write(int file, const void *bytes, size_t size);
ssize_t read(int file, void *bytes, size_t size);
off_t lseek(int file, off_t offset, int whence);
int close(int file);
int kill(pid_t process, int number);
pid_t getpid(void);
_Noreturn void _exit(int code);
void __retarget_lock_init(struct __lock **lock);
void __retarget_lock_init_recursive(struct __lock **lock);
void __retarget_lock_close(struct __lock *lock);
void __retarget_lock_close_recursive(struct __lock *lock);
void __retarget_lock_acquire(struct __lock *lock);
void __retarget_lock_acquire_recursive(struct __lock *lock);
int __retarget_lock_try_acquire(struct __lock *lock);
int __retarget_lock_try_acquire_recursive(struct __lock *lock);
void __retarget_lock_release(struct __lock *lock);
void __retarget_lock_release_recursive(struct __lock *lock);

// Maps the whole heap at once: its pages are taken only when they are touched.
static bool heap_map(void)
{
    uint64_t size = align_up((uint64_t)os_value("heap", HEAP_DEFAULT_KIB) * 1024, PAGE_SIZE);
    handle_t memory;
    if (os_memory_create(size, 0, &memory) < 0)
        return false;
    heap_base = layout_area(LAYOUT_HEAP, os_start_number() >> 32);
    int64_t status = OS_SYSCALL(memory_map, HANDLE_NONE, memory, heap_base, 0, size,
                                PROTECT_READ | PROTECT_WRITE)
                         .value;
    os_handle_close(memory);
    if (status < 0)
        return false;
    heap_size = size;
    return true;
}

void *sbrk(ptrdiff_t increment)
{
    bool fits = (heap_size > 0 || heap_map()) &&
                (increment < 0 ? (uint64_t)-increment <= heap_used
                               : (uint64_t)increment <= heap_size - heap_used);
    if (!fits) {
        errno = ENOMEM;
        return (void *)-1;
    }
    uint64_t at = heap_base + heap_used;
    heap_used += (uint64_t)increment;
    return (void *)(uintptr_t)at;
}

// stdout and stderr become log lines, a line at a time.
ssize_t write(int file, const void *bytes, size_t size)
{
    static char line[LOG_LINE_MAX];
    static size_t length;
    for (size_t i = 0; i < size; i++) {
        char c = ((const char *)bytes)[i];
        if (c != '\n')
            line[length++] = c;
        if (c != '\n' && length < sizeof line - 1)
            continue;
        line[length] = '\0';
        log_printf("%s", line);
        length = 0;
    }
    return (ssize_t)size;
}

ssize_t read(int file, void *bytes, size_t size)
{
    return 0;
}

off_t lseek(int file, off_t offset, int whence)
{
    errno = ESPIPE;
    return -1;
}

int close(int file)
{
    return 0;
}

// abort() comes here.
int kill(pid_t process, int number)
{
    os_process_exit(128 + number);
}

pid_t getpid(void)
{
    return 1;
}

_Noreturn void _exit(int code)
{
    os_process_exit(code);
}

void __retarget_lock_init(struct __lock **lock)
{
    assert(lock_count < LOCKS_MAX);
    *lock = &locks[lock_count++];
}

void __retarget_lock_init_recursive(struct __lock **lock)
{
    __retarget_lock_init(lock);
}

void __retarget_lock_close(struct __lock *lock)
{
}

void __retarget_lock_close_recursive(struct __lock *lock)
{
}

void __retarget_lock_acquire(struct __lock *lock)
{
}

void __retarget_lock_acquire_recursive(struct __lock *lock)
{
}

int __retarget_lock_try_acquire(struct __lock *lock)
{
    return 1;
}

int __retarget_lock_try_acquire_recursive(struct __lock *lock)
{
    return 1;
}

void __retarget_lock_release(struct __lock *lock)
{
}

void __retarget_lock_release_recursive(struct __lock *lock)
{
}
