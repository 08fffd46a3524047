// SPDX-License-Identifier: Apache-2.0
// From the first instruction to the first process: an early map good enough to read the device
// tree, then the final one (text, read-only data and data apart; RAM never executable; guard pages
// below every kernel stack), memory, harts.
#include "arch/arch.h"
#include "boot/first.h"
#include "boot/log.h"
#include "boot/machine.h"
#include "boot/panic.h"
#include "csr.h"
#include "hart.h"
#include "offsets.h"
#include "paging.h"
#include "plic.h"
#include "sbi.h"
#include "sched/clock.h"
#include "sched/lock.h"
#include "sched/schedule.h"

#include "abi/syscall.h"
#include "base/math.h"

#define GIGABYTE     (1ull << 30)
#define MEGABYTES_2  (1ull << 21)
#define EARLY_BITS   0xcfull // V R W X A D
#define EARLY_DATA   0xc7ull // V R W A D
#define TABLE_BIT    0x01ull
#define STACK_STRIDE (2ull * STACK_BYTES) // the lower half is the guard
#define ROOM_MIN     (1ull << 20)         // beside the image, for the first tables

extern char image_start[], rodata_start[], data_start[], image_end[];

uint64_t start_satp; // read by start_other with the MMU off
static uint64_t early_root[512] __attribute__((aligned(4096)));
static uint64_t early_image[512] __attribute__((aligned(4096)));
static struct range early_pages; // bump allocation until the page allocator runs
static paddr_t image_base;
static uint64_t device_tree_bytes;
static paddr_t device_tree_copy;
static bool timer_is_register; // stimecmp

// Runs at physical addresses with the MMU off. Maps the image at IMAGE_BASE and the gigabytes with
// image and device tree in the direct map. Returns the value for satp.
uint64_t early_map(uint64_t image, uint64_t device_tree)
{
    uint64_t size = (uint64_t)(image_end - image_start);
    for (uint64_t i = 0; i * MEGABYTES_2 < size; i++)
        early_image[i] = ((image + i * MEGABYTES_2) >> 12 << 10) | EARLY_BITS;
    early_root[510] = ((uint64_t)early_image >> 12 << 10) | TABLE_BIT;
    const uint64_t seen[] = {image, image + size, device_tree, device_tree + TREE_BYTES_MAX};
    for (uint32_t i = 0; i < ARRAY_COUNT(seen); i++) {
        uint64_t gigabyte = seen[i] / GIGABYTE;
        if (gigabyte < PHYSICAL_SIZE / GIGABYTE)
            early_root[256 + gigabyte] = (gigabyte * GIGABYTE >> 12 << 10) | EARLY_DATA;
    }
    return 8ull << 60 | (uint64_t)early_root >> 12;
}

static paddr_t early_page(void)
{
    if (early_pages.start + PAGE_SIZE > early_pages.end)
        return PADDR_NONE;
    early_pages.start += PAGE_SIZE;
    return early_pages.start - PAGE_SIZE;
}

// RAM that nobody has: all of it, less firmware, image, device tree, initrd; whole pages.
static void free_memory(struct ranges *out_free, uint64_t device_tree)
{
    const struct ranges *taken[] = {&machine.reserved, &machine.kept};
    *out_free = machine.memory;
    ranges_subtract(out_free, PHYSICAL_SIZE, UINT64_MAX);
    for (uint32_t t = 0; t < ARRAY_COUNT(taken); t++) {
        for (uint32_t i = 0; i < taken[t]->count; i++)
            ranges_subtract(out_free, align_down(taken[t]->items[i].start, PAGE_SIZE),
                            align_up(taken[t]->items[i].end, PAGE_SIZE));
    }
    ranges_subtract(out_free, image_base, image_base + (uint64_t)(image_end - image_start));
    ranges_subtract(out_free, align_down(device_tree, PAGE_SIZE),
                    align_up(device_tree + device_tree_bytes, PAGE_SIZE));
    for (uint32_t i = 0; i < out_free->count; i++) {
        struct range *range = &out_free->items[i];
        range->start = align_up(range->start, PAGE_SIZE);
        range->end = max_u64(range->start, align_down(range->end, PAGE_SIZE));
    }
}

// The largest free piece of the gigabyte that the early map shows.
static struct range early_room(const struct ranges *free)
{
    struct range best = {0, 0};
    for (uint32_t i = 0; i < free->count; i++) {
        uint64_t start = max_u64(free->items[i].start, align_down(image_base, GIGABYTE));
        uint64_t end = min_u64(free->items[i].end, align_down(image_base, GIGABYTE) + GIGABYTE);
        if (start < end && end - start > best.end - best.start)
            best = (struct range){start, end};
    }
    return best;
}

static void direct_map(uint64_t start, uint64_t end, uint64_t bits)
{
    if (start < end)
        kernel_map(PHYSICAL_BASE + start, start, end - start, bits);
}

// All RAM but what firmware reserved; the image's text and read-only data are read-only here, too.
static void map_memory(void)
{
    struct ranges memory = machine.memory;
    ranges_subtract(&memory, PHYSICAL_SIZE, UINT64_MAX);
    for (uint32_t i = 0; i < machine.reserved.count; i++)
        ranges_subtract(&memory, align_down(machine.reserved.items[i].start, PAGE_SIZE),
                        align_up(machine.reserved.items[i].end, PAGE_SIZE));
    uint64_t fixed_end = image_base + (uint64_t)(data_start - image_start);
    for (uint32_t i = 0; i < memory.count; i++) {
        uint64_t start = align_up(memory.items[i].start, PAGE_SIZE);
        uint64_t end = align_down(memory.items[i].end, PAGE_SIZE);
        direct_map(start, min_u64(end, image_base), PTE_READ | PTE_WRITE);
        direct_map(max_u64(start, image_base), min_u64(end, fixed_end), PTE_READ);
        direct_map(max_u64(start, fixed_end), end, PTE_READ | PTE_WRITE);
    }
}

static void map_image_part(const char *start, const char *end, uint64_t bits)
{
    kernel_map((uint64_t)start, image_base + (uint64_t)(start - image_start),
               (uint64_t)(end - start), bits);
}

static void map_stack(uint32_t index)
{
    uint64_t bottom = STACKS_BASE + index * STACK_STRIDE + STACK_BYTES;
    for (uint64_t at = 0; at < STACK_BYTES; at += PAGE_SIZE) {
        paddr_t page = table_page_source();
        assert(page != PADDR_NONE);
        kernel_map(bottom + at, page, PAGE_SIZE, PTE_READ | PTE_WRITE);
    }
    harts[index].stack_top = bottom + STACK_BYTES;
}

static void map_final(void)
{
    kernel_root = physical_pointer(early_page());
    page_clear(kernel_root);
    map_image_part(image_start, rodata_start, PTE_READ | PTE_EXECUTE);
    map_image_part(rodata_start, data_start, PTE_READ);
    map_image_part(data_start, image_end, PTE_READ | PTE_WRITE);
    map_memory();
    start_satp = kernel_satp_value();
    CSR_WRITE(satp, start_satp);
    __asm__ volatile("sfence.vma" ::: "memory");
}

// Gives the page allocator everything free but what was taken since.
static void pages_start(struct ranges *free, struct range room)
{
    uint64_t low = UINT64_MAX, high = 0;
    for (uint32_t i = 0; i < free->count; i++) {
        if (free->items[i].start == free->items[i].end)
            continue;
        low = min_u64(low, free->items[i].start);
        high = max_u64(high, free->items[i].end);
    }
    uint64_t map_bytes = align_up(pages_map_size(low, high), PAGE_SIZE);
    if (map_bytes > early_pages.end - early_pages.start)
        panic("RAM is too scattered for this kernel", "report the machine's device tree");
    uint8_t *map = physical_pointer(early_pages.start);
    early_pages.start += map_bytes;
    pages_init(low, high, map);
    ranges_subtract(free, room.start, early_pages.start);
    for (uint32_t i = 0; i < free->count; i++) {
        if (free->items[i].start < free->items[i].end)
            pages_add(free->items[i].start, free->items[i].end);
    }
    table_page_source = page_allocate;
}

void hart_open(struct hart *hart)
{
    hart->online = true;
    hart->timer_armed = hart->slice_end = UINT64_MAX;
    arch_timer_arm(UINT64_MAX);
    CSR_WRITE(scounteren, 7);
    CSR_WRITE(sie, 1u << INTERRUPT_SOFTWARE | 1u << INTERRUPT_TIMER |
                       (hart->index == 0 ? 1u << INTERRUPT_EXTERNAL : 0));
}

void arch_timer_arm(uint64_t ticks)
{
    if (timer_is_register)
        __asm__ volatile("csrw 0x14d, %0" ::"r"(ticks)); // stimecmp
    else
        sbi_timer_set(ticks);
}

uint64_t arch_ticks(void)
{
    return CSR_READ(time);
}

void arch_hart_kick(const struct hart *hart)
{
    sbi_ipi(1, hart->id);
}

void arch_console_write(const char *bytes, size_t size)
{
    sbi_console_write(bytes, size);
}

void arch_power(uint32_t action)
{
    sbi_reset(action);
}

_Noreturn void arch_halt(void)
{
    CSR_WRITE(sie, 0);
    for (;;)
        arch_wait();
}

static void tree_copy(uint64_t device_tree)
{
    uint32_t order = 0;
    while (((uint64_t)PAGE_SIZE << order) < device_tree_bytes)
        order++;
    device_tree_copy = pages_allocate(order, false);
    if (device_tree_copy == PADDR_NONE)
        panic("no memory for the device tree", "this machine has too little RAM");
    for (uint64_t at = 0; at < device_tree_bytes; at += PAGE_SIZE)
        page_copy(physical_pointer(device_tree_copy + at), physical_pointer(device_tree + at));
}

static void harts_start(uint64_t boot_hart)
{
    for (uint32_t i = 0; i < machine.cpu_count && hart_count < HARTS_MAX; i++) {
        const struct machine_cpu *cpu = &machine.cpus[i];
        if (!cpu->usable || cpu->id == boot_hart)
            continue;
        struct hart *hart = &harts[hart_count];
        hart->id = cpu->id;
        hart->index = hart_count;
        hart->bit = 1ull << hart_count;
        hart->has_others = true;
        map_stack(hart_count);
        uint64_t entry = image_base + (uint64_t)((char *)start_other - image_start);
#ifdef PLANTED_LATE
        entry = image_base; // what firmware does that wakes it too early
#endif
        if (sbi_hart_start(cpu->id, entry, (uint64_t)hart))
            hart_count++;
        else
            log_line("hart %lu cannot be started; going on without it", cpu->id);
    }
}

_Noreturn void start_hart(void)
{
    kernel_lock();
    __asm__ volatile("fence.i" ::: "memory");
    hart_open(hart_this());
    thread_resume(schedule_leave());
}

// Without random bytes of the firmware's there is only the time: better than the same every time.
static void seed_check(void)
{
    if (machine.has_seed)
        return;
    log_line("the firmware gives no rng-seed: where things are in memory can be guessed");
    for (uint32_t i = 0; i < LAYOUT_SEED_BYTES; i++)
        machine.seed[i] = (uint8_t)layout_mix(arch_ticks() + i);
}

static void start_first(void)
{
    kernel_lock();
    if (machine.initrd.end <= machine.initrd.start || machine.initrd.start % PAGE_SIZE != 0)
        panic("no boot bundle",
              "give the bundle as initrd: -initrd, or the initrd line of extlinux.conf");
    struct first_options options = {
        .bundle = machine.initrd.start,
        .bundle_bytes = machine.initrd.end - machine.initrd.start,
        .device_tree = device_tree_copy,
        .device_tree_bytes = device_tree_bytes,
        .arguments = machine.arguments,
        .seed = machine.seed,
    };
    seed_check();
    status_t status = first_process_start(&options);
    if (status == ERR_CORRUPT)
        panic("the boot bundle is damaged", "write the image again, or boot the other slot");
    if (status != OK)
        panic("init cannot be started", "this machine has too little RAM");
    struct thread *thread = schedule_leave();
    machine.boot_ns = clock_now();
    thread_resume(thread);
}

_Noreturn void start_machine(uint64_t hart_id, uint64_t device_tree, uint64_t image, uint64_t ticks)
{
    struct tree tree;
    struct ranges free;
    image_base = image;
    harts[0].id = hart_id;
    harts[0].bit = 1;
    hart_count = 1;
    sbi_init();
    const void *bytes = physical_pointer(device_tree);
    device_tree_bytes = device_tree / GIGABYTE < PHYSICAL_SIZE / GIGABYTE ? tree_size(bytes) : 0;
    if (device_tree_bytes == 0 || tree_init(&tree, bytes, (uint32_t)device_tree_bytes) != OK) {
        log_line("a1 is 0x%lx, there stands 0x%lx", device_tree, *(const uint64_t *)bytes);
        panic("no device tree in a1", "the boot loader must pass one");
    }
    if (machine_read(&tree, &machine) != OK)
        panic("the device tree names no usable processor, memory or time base", "report this tree");
    clock_init(machine.timebase_hz, ticks);
    free_memory(&free, device_tree);
    struct range room = early_room(&free);
    if (room.end - room.start < ROOM_MIN)
        panic("no room beside the kernel", "load the kernel elsewhere, or add RAM");
    early_pages = room;
    table_page_source = early_page;
    map_final();
    pages_start(&free, room);
    paging_init();
    tree_copy(device_tree);
    pages_add(align_up(device_tree, PAGE_SIZE),
              align_down(device_tree + device_tree_bytes, PAGE_SIZE));
    map_stack(0);
    machine.kernel_bytes = (uint64_t)(image_end - image_start) + (early_pages.start - room.start);
    timer_is_register = probe_stimecmp(&harts[0]);
    plic_init();
    hart_open(&harts[0]);
    harts[0].has_others = machine.cpu_count > 1;
    kernel_lock();
    harts_start(hart_id);
    log_line("Open Nexus on %s: %u of %u harts, %lu MiB",
             machine.model[0] != 0 ? machine.model : "a RISC-V machine", hart_count,
             machine.cpu_count, pages_count().total >> (20 - PAGE_SHIFT));
    kernel_unlock();
    start_on_stack(harts[0].stack_top, start_first);
}
