// SPDX-License-Identifier: Apache-2.0
// The device tree walk: a tree like the emulator's is built byte by byte, then damaged in every way
// a seed can think of.
#include "../devicetree.h"
#include "base/test.h"

static uint8_t blob[4096];
static uint8_t structure[2048];
static char strings[512];
static struct writer out;
static size_t strings_size;

static uint32_t string_of(const char *name)
{
    size_t at = 0;
    while (at < strings_size) {
        if (strcmp(strings + at, name) == 0)
            return (uint32_t)at;
        at += strlen(strings + at) + 1;
    }
    memcpy(strings + strings_size, name, strlen(name) + 1);
    strings_size += strlen(name) + 1;
    return (uint32_t)at;
}

static void pad(void)
{
    while (out.size % 4 != 0)
        writer_u8(&out, 0);
}

static void begin(const char *name)
{
    writer_be32(&out, 1);
    writer_bytes(&out, name, strlen(name) + 1);
    pad();
}

static void end(void)
{
    writer_be32(&out, 2);
}

static void property(const char *name, const void *bytes, uint32_t size)
{
    writer_be32(&out, 3);
    writer_be32(&out, size);
    writer_be32(&out, string_of(name));
    writer_bytes(&out, bytes, size);
    pad();
}

static void text(const char *name, const char *value)
{
    property(name, value, (uint32_t)strlen(value) + 1);
}

static void cells(const char *name, uint32_t count, const uint32_t *values)
{
    uint8_t bytes[32];
    struct writer writer = writer_of(bytes, sizeof bytes);
    for (uint32_t i = 0; i < count; i++)
        writer_be32(&writer, values[i]);
    property(name, bytes, count * 4);
}

#define CELLS(name, ...)                                                                           \
    cells(name, sizeof((const uint32_t[]){__VA_ARGS__}) / 4, (const uint32_t[]){__VA_ARGS__})

static void device(const char *name, const char *compatible, uint32_t address, uint32_t line)
{
    begin(name);
    text("compatible", compatible);
    CELLS("reg", 0, address, 0, 0x1000);
    CELLS("interrupts", line);
}

static size_t finish(void)
{
    writer_be32(&out, 9);
    struct writer head = writer_of(blob, sizeof blob);
    uint32_t total = (uint32_t)(40 + out.size + strings_size);
    const uint32_t words[10] = {
        0xd00dfeed, total, 40, (uint32_t)(40 + out.size), 40,
        17,         16,    0,  (uint32_t)strings_size,    (uint32_t)out.size};
    for (uint32_t i = 0; i < 10; i++)
        writer_be32(&head, words[i]);
    writer_bytes(&head, structure, out.size);
    writer_bytes(&head, strings, strings_size);
    return total;
}

static size_t build(void)
{
    out = writer_of(structure, sizeof structure);
    strings_size = 0;
    begin("");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 2);
    begin("soc");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 2);
    property("ranges", NULL, 0);
    device("serial@10000000", "ns16550a", 0x10000000, 10);
    CELLS("reg-shift", 2);
    CELLS("clock-frequency", 3686400);
    end();
    device("virtio@1", "virtio,mmio", 0x10001000, 1);
    end();
    device("virtio@2", "virtio,mmio", 0x10002000, 2);
    text("status", "disabled");
    end();
    device("virtio@3", "virtio,mmio", 0x10003000, 3);
    text("status", "okay");
    end();
    begin("uart@4");
    property("compatible", "snps,dw-apb-uart\0ns8250", 24);
    CELLS("reg", 0, 0x10010000, 0, 0x100);
    CELLS("interrupts-extended", 9, 32);
    end();
    end();
    begin("pci"); // a bus with addresses of its own
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 1);
    begin("serial@0");
    text("compatible", "ns16550a");
    CELLS("reg", 0, 16);
    end();
    end();
    end();
    return finish();
}

static status_t find(size_t size, const char *compatible, struct devicetree_device *devices)
{
    struct devicetree tree;
    status_t status = devicetree_open(&tree, blob, size);
    return status < 0 ? status : devicetree_find(&tree, compatible, devices, 4);
}

static void devices_are_found_with_registers_and_interrupts(void)
{
    struct devicetree_device devices[4];
    size_t size = build();
    CHECK_EQ(find(size, "ns16550a", devices), 1); // the one behind another bus is not ours to reach
    CHECK_EQ(devices[0].address, 0x10000000);
    CHECK_EQ(devices[0].size_bytes, 0x1000);
    CHECK(devices[0].has_interrupt);
    CHECK_EQ(devices[0].interrupt, 10);
    CHECK_EQ(devices[0].reg_shift, 2);
    CHECK_EQ(devices[0].reg_io_width, 1);
    CHECK_EQ(devices[0].clock_hz, 3686400);
    CHECK_EQ(find(size, "snps,dw-apb-uart", devices), 1);
    CHECK_EQ(devices[0].interrupt, 32);
    CHECK_EQ(find(size, "ns8250", devices), 1); // the second name counts as well
    CHECK_EQ(find(size, "ns8", devices), 0);
}

static void disabled_devices_are_passed_over(void)
{
    struct devicetree_device devices[4];
    CHECK_EQ(find(build(), "virtio,mmio", devices), 2);
    CHECK_EQ(devices[0].interrupt, 1);
    CHECK_EQ(devices[1].interrupt, 3);
}

static void the_result_is_bounded(void)
{
    struct devicetree tree;
    struct devicetree_device devices[1];
    CHECK_EQ(devicetree_open(&tree, blob, build()), OK);
    CHECK_EQ(devicetree_find(&tree, "virtio,mmio", devices, 1), 1);
}

static void what_is_no_tree_is_refused(void)
{
    struct devicetree_device devices[4];
    size_t size = build();
    CHECK_EQ(find(39, "x", devices), ERR_CORRUPT);
    CHECK_EQ(find(size - 1, "x", devices), ERR_CORRUPT);
    blob[0] ^= 1;
    CHECK_EQ(find(size, "x", devices), ERR_CORRUPT);
    // Nesting beyond the bound.
    out = writer_of(structure, sizeof structure);
    strings_size = 0;
    for (uint32_t i = 0; i < DEVICETREE_DEPTH_MAX + 1; i++)
        begin("n");
    for (uint32_t i = 0; i < DEVICETREE_DEPTH_MAX + 1; i++)
        end();
    CHECK_EQ(find(finish(), "x", devices), ERR_CORRUPT);
    // An end too many, a node left open.
    out = writer_of(structure, sizeof structure);
    begin("");
    end();
    end();
    CHECK_EQ(find(finish(), "x", devices), ERR_CORRUPT);
    out = writer_of(structure, sizeof structure);
    begin("");
    CHECK_EQ(find(finish(), "x", devices), ERR_CORRUPT);
}

static void damaged_trees_end_in_an_error_or_a_result(void)
{
    struct devicetree_device devices[4];
    uint64_t seed = 11;
    for (uint32_t i = 0; i < 100000; i++) {
        size_t size = build();
        for (uint32_t k = 0; k < 1 + i % 4; k++) {
            seed = seed * 6364136223846793005ull + 1442695040888963407ull;
            blob[(seed >> 33) % size] = (uint8_t)(seed >> 24);
        }
        // An exact copy on the heap, so that the sanitizer sees one byte too far.
        uint8_t *copy = malloc(size);
        memcpy(copy, blob, size);
        struct devicetree tree;
        if (devicetree_open(&tree, copy, size) == OK) {
            status_t count = devicetree_find(&tree, "virtio,mmio", devices, 4);
            CHECK(count == ERR_CORRUPT || (count >= 0 && count <= 4));
        }
        free(copy);
    }
}

TEST_MAIN(TEST(devices_are_found_with_registers_and_interrupts),
          TEST(disabled_devices_are_passed_over), TEST(the_result_is_bounded),
          TEST(what_is_no_tree_is_refused), TEST(damaged_trees_end_in_an_error_or_a_result))
