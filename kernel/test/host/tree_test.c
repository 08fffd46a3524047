// SPDX-License-Identifier: Apache-2.0
// The device tree reader and the machine facts: a tree with the traps of real boards, and thousands
// of damaged ones.
#include "fake.h"

#include "boot/machine.h"

#include "base/test.h"

#define TREE_BYTES 8192u
#define MUTATIONS  30000u

struct maker {
    uint8_t structure[4096], strings[1024];
    uint32_t structure_size, strings_size;
};

static void put32(uint8_t *at, uint32_t value)
{
    for (uint32_t i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void token(struct maker *maker, uint32_t value)
{
    put32(maker->structure + maker->structure_size, value);
    maker->structure_size += 4;
}

static void begin(struct maker *maker, const char *name)
{
    token(maker, 1);
    size_t size = strlen(name) + 1;
    memcpy(maker->structure + maker->structure_size, name, size);
    maker->structure_size += (uint32_t)((size + 3) & ~3ul);
}

static void end(struct maker *maker)
{
    token(maker, 2);
}

static void property(struct maker *maker, const char *name, const void *bytes, uint32_t size)
{
    token(maker, 3);
    token(maker, size);
    token(maker, maker->strings_size);
    memcpy(maker->strings + maker->strings_size, name, strlen(name) + 1);
    maker->strings_size += (uint32_t)strlen(name) + 1;
    memcpy(maker->structure + maker->structure_size, bytes, size);
    maker->structure_size += (size + 3) & ~3u;
}

static void text(struct maker *maker, const char *name, const char *value)
{
    property(maker, name, value, (uint32_t)strlen(value) + 1);
}

static void cells(struct maker *maker, const char *name, uint32_t count, const uint32_t *values)
{
    uint8_t bytes[64];
    for (uint32_t i = 0; i < count; i++)
        put32(bytes + 4 * i, values[i]);
    property(maker, name, bytes, 4 * count);
}

#define CELLS(maker, name, ...)                                                                    \
    cells(maker, name, sizeof((const uint32_t[]){__VA_ARGS__}) / 4, (const uint32_t[]){__VA_ARGS__})

static void cpu(struct maker *maker, uint32_t id, const char *mmu, const char *status)
{
    char name[16];
    snprintf(name, sizeof name, "cpu@%u", id);
    begin(maker, name);
    text(maker, "device_type", "cpu");
    CELLS(maker, "reg", id);
    if (mmu != NULL)
        text(maker, "mmu-type", mmu);
    if (status != NULL)
        text(maker, "status", status);
    begin(maker, "interrupt-controller");
    text(maker, "compatible", "riscv,cpu-intc");
    CELLS(maker, "phandle", 10 + id);
    end(maker);
    end(maker);
}

#define SEED "random bytes of the firmware, 32"

static void memory_nodes(struct maker *maker)
{
    begin(maker, "memory@40000000");
    text(maker, "device_type", "memory");
    CELLS(maker, "reg", 0, 0x40000000, 1, 0);
    end(maker);
    begin(maker, "reserved-memory");
    CELLS(maker, "#address-cells", 2);
    CELLS(maker, "#size-cells", 2);
    begin(maker, "mmode_resv0@40000000");
    CELLS(maker, "reg", 0, 0x40000000, 0, 0x80000);
    end(maker);
    begin(maker, "off@50000000");
    text(maker, "status", "disabled");
    CELLS(maker, "reg", 0, 0x50000000, 0, 0x80000);
    end(maker);
    end(maker);
    begin(maker, "chosen");
    text(maker, "bootargs", "quiet nexus.panic=poweroff slot=b");
    CELLS(maker, "linux,initrd-start", 0x60000000);
    CELLS(maker, "linux,initrd-end", 0, 0x60400000);
    property(maker, "rng-seed", SEED, LAYOUT_SEED_BYTES);
    end(maker);
}

// Builds a JH7110-like tree in `out` and returns its size.
static uint32_t tree_make(uint8_t *out)
{
    static struct maker maker;
    memset(&maker, 0, sizeof maker);
    memset(out, 0, TREE_BYTES);
    begin(&maker, "");
    CELLS(&maker, "#address-cells", 2);
    CELLS(&maker, "#size-cells", 2);
    text(&maker, "model", "A board");
    begin(&maker, "cpus");
    CELLS(&maker, "#address-cells", 1);
    CELLS(&maker, "#size-cells", 0);
    CELLS(&maker, "timebase-frequency", 4000000);
    cpu(&maker, 0, NULL, "okay");
    cpu(&maker, 1, "riscv,sv39", "okay");
    cpu(&maker, 2, "riscv,sv39", NULL);
    cpu(&maker, 3, "riscv,none", NULL);
    cpu(&maker, 4, "riscv,sv48", "disabled");
    end(&maker);
    memory_nodes(&maker);
    begin(&maker, "soc");
    CELLS(&maker, "#address-cells", 2);
    CELLS(&maker, "#size-cells", 2);
    begin(&maker, "interrupt-controller@c000000");
    property(&maker, "compatible", "starfive,jh7110-plic\0sifive,plic-1.0.0", 39);
    CELLS(&maker, "reg", 0, 0xc000000, 0, 0x4000000);
    CELLS(&maker, "riscv,ndev", 136);
    CELLS(&maker, "interrupts-extended", 10, 11, 11, 11, 11, 9, 12, 11, 12, 9);
    end(&maker);
    end(&maker);
    end(&maker);
    token(&maker, 9);
    const uint32_t header[10] = {0xd00dfeed,          0, 72, 0, 40, 17, 16, 0, maker.strings_size,
                                 maker.structure_size};
    for (uint32_t i = 0; i < 10; i++)
        put32(out + 4 * i, header[i]);
    put32(out + 44, 0x70000000); // one reservation
    put32(out + 52, 0x1000);
    memcpy(out + 72, maker.structure, maker.structure_size);
    memcpy(out + 72 + maker.structure_size, maker.strings, maker.strings_size);
    put32(out + 12, 72 + maker.structure_size);
    put32(out + 4, 72 + maker.structure_size + maker.strings_size);
    return 72 + maker.structure_size + maker.strings_size;
}

static bool holds(const uint8_t *bytes, uint32_t size, const char *text)
{
    for (uint32_t at = 0; at + strlen(text) <= size; at++)
        if (memcmp(bytes + at, text, strlen(text)) == 0)
            return true;
    return false;
}

static void the_seed_is_taken_and_wiped(void)
{
    static uint8_t bytes[TREE_BYTES];
    static struct machine m;
    struct tree tree;
    uint32_t size = tree_make(bytes);
    CHECK(holds(bytes, size, SEED));
    CHECK_EQ(tree_init(&tree, bytes, size), OK);
    CHECK_EQ(machine_read(&tree, &m), OK);
    CHECK(m.has_seed && memcmp(m.seed, SEED, LAYOUT_SEED_BYTES) == 0);
    CHECK(!holds(bytes, size, SEED));
}

static void facts_are_read_as_boards_write_them(void)
{
    static uint8_t bytes[TREE_BYTES];
    static struct machine m;
    struct tree tree;
    uint32_t size = tree_make(bytes);
    CHECK_EQ(tree_init(&tree, bytes, size), OK);
    CHECK_EQ(machine_read(&tree, &m), OK);
    CHECK(strcmp(m.model, "A board") == 0 && m.panic_power_off);
    CHECK_EQ(m.timebase_hz, 4000000);
    CHECK_EQ(m.cpu_count, 5);
    const bool usable[] = {false, true, true, false, false};
    const int32_t contexts[] = {-1, 2, 4, -1, -1};
    for (uint32_t i = 0; i < 5; i++) {
        CHECK_EQ(m.cpus[i].usable, usable[i]);
        CHECK_EQ(m.cpus[i].context, contexts[i]);
    }
    CHECK_EQ(m.memory.count, 1);
    CHECK_EQ(m.memory.items[0].end, 0x140000000);
    CHECK_EQ(m.reserved.count, 1);
    CHECK_EQ(m.reserved.items[0].end, 0x40080000);
    CHECK_EQ(m.initrd.start, 0x60000000);
    CHECK_EQ(m.initrd.end, 0x60400000);
    CHECK_EQ(m.kept.count, 2);
    CHECK_EQ(m.kept.items[0].start, 0x70000000);
    CHECK_EQ(m.interrupt_count, 137);
    CHECK_EQ(m.interrupt_controller.start, 0xc000000);
    CHECK(!machine_has_argument(&m, "slot") && machine_has_argument(&m, "slot=b"));
}

static void damaged_trees_are_survived(void)
{
    static uint8_t good[TREE_BYTES];
    static struct machine m;
    uint32_t size = tree_make(good);
    uint64_t random = 11;
    uint32_t read = 0;
    for (uint32_t i = 0; i < MUTATIONS; i++) {
        uint32_t cut =
            fake_random(&random) % 8 == 0 ? (uint32_t)(fake_random(&random) % size) : size;
        uint8_t *bytes = malloc(cut + 1); // exact, so that the sanitizer sees one byte too far
        memcpy(bytes, good, cut);
        for (uint64_t n = fake_random(&random) % 8; n > 0 && cut > 0; n--) {
            uint64_t pick = fake_random(&random);
            bytes[pick % cut] = pick & 1ull << 40 ? (uint8_t)(pick >> 32) : (uint8_t)(pick >> 60);
        }
        struct tree tree;
        if (cut >= 40 && tree_init(&tree, bytes, cut) == OK)
            read += machine_read(&tree, &m) == OK;
        free(bytes);
    }
    CHECK(read > MUTATIONS / 20 && read < MUTATIONS);
}

static void ranges_subtract_like_sets_of_pages(void)
{
    uint64_t random = 5;
    for (uint32_t round = 0; round < 3000; round++) {
        struct ranges ranges = {.count = 0};
        uint64_t set = UINT64_MAX;
        ranges_add(&ranges, 0, 64);
        for (uint32_t i = 0; i < 12; i++) {
            uint64_t start = fake_random(&random) % 64;
            uint64_t stop = start + fake_random(&random) % (65 - start);
            CHECK(ranges_subtract(&ranges, start, stop));
            for (uint64_t bit = start; bit < stop; bit++)
                set &= ~(1ull << bit);
        }
        for (uint64_t bit = 0; bit < 64; bit++)
            CHECK_EQ(ranges_overlap(&ranges, bit, bit + 1), set >> bit & 1);
    }
}

TEST_MAIN(TEST(the_seed_is_taken_and_wiped), TEST(facts_are_read_as_boards_write_them),
          TEST(damaged_trees_are_survived), TEST(ranges_subtract_like_sets_of_pages))
