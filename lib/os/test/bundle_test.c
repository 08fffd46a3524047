// SPDX-License-Identifier: Apache-2.0
// The bundle's checks: what a good one looks like, and that any flipped byte is either harmless or
// refused.
#include "base/test.h"
#include "os/program.h"

#include "abi/syscall.h"

#define BUNDLE_BYTES (5 * PAGE_SIZE)

static _Alignas(4096) uint8_t bytes[BUNDLE_BYTES];
static struct os_bundle bundle = {.bytes = bytes, .size_bytes = BUNDLE_BYTES};

static struct bundle_header *header(void)
{
    return (struct bundle_header *)(void *)bytes;
}

static struct bundle_entry *entry(uint32_t index)
{
    return (struct bundle_entry *)(void *)(bytes + sizeof(struct bundle_header)) + index;
}

static struct program_header *program(void)
{
    return (struct program_header *)(void *)(bytes + PAGE_SIZE);
}

static void setup(void)
{
    memset(bytes, 0, sizeof bytes);
    *header() =
        (struct bundle_header){.magic = BUNDLE_MAGIC, .size_bytes = BUNDLE_BYTES, .entry_count = 2};
    *entry(0) = (struct bundle_entry){
        .name = "init", .kind = BUNDLE_PROGRAM, .offset = PAGE_SIZE, .size_bytes = 3 * PAGE_SIZE};
    *entry(1) = (struct bundle_entry){
        .name = "plan", .kind = BUNDLE_PLAN, .offset = 4 * PAGE_SIZE, .size_bytes = 40};
    *program() = (struct program_header){.magic = PROGRAM_MAGIC,
                                         .segment_count = 2,
                                         .entry = 0x100010,
                                         .stack_bytes = 16 * PAGE_SIZE,
                                         .segments = {{.address = 0x100000,
                                                       .offset = 2 * PAGE_SIZE,
                                                       .file_bytes = 100,
                                                       .memory_bytes = PAGE_SIZE,
                                                       .protect = PROTECT_READ | PROTECT_EXECUTE},
                                                      {.address = 0x101000,
                                                       .offset = 3 * PAGE_SIZE,
                                                       .file_bytes = PAGE_SIZE,
                                                       .memory_bytes = 4 * PAGE_SIZE,
                                                       .protect = PROTECT_READ | PROTECT_WRITE}}};
}

static status_t check_program(void)
{
    const struct program_header *found;
    return os_bundle_program(&bundle, entry(0), &found);
}

static void a_good_bundle_is_accepted(void)
{
    setup();
    CHECK_EQ(os_bundle_check(&bundle), OK);
    CHECK(os_bundle_find(&bundle, "init", BUNDLE_PROGRAM) == entry(0));
    CHECK(os_bundle_find(&bundle, "init", BUNDLE_DATA) == NULL);
    CHECK(os_bundle_find(&bundle, "ini", BUNDLE_PROGRAM) == NULL);
    CHECK_EQ(check_program(), OK);
}

static void bad_headers_and_entries_are_refused(void)
{
    struct os_bundle empty = {.bytes = bytes, .size_bytes = 10};
    setup();
    CHECK_EQ(os_bundle_check(&empty), ERR_CORRUPT);
    header()->magic++;
    CHECK_EQ(os_bundle_check(&bundle), ERR_CORRUPT);
    setup();
    header()->size_bytes++;
    CHECK_EQ(os_bundle_check(&bundle), ERR_CORRUPT);
    setup();
    header()->entry_count = UINT32_MAX;
    CHECK_EQ(os_bundle_check(&bundle), ERR_CORRUPT);
    setup();
    entry(1)->offset = UINT64_MAX & ~0xfffull;
    CHECK_EQ(os_bundle_check(&bundle), ERR_CORRUPT);
    setup();
    entry(1)->size_bytes = PAGE_SIZE + 1;
    CHECK_EQ(os_bundle_check(&bundle), ERR_CORRUPT);
    setup();
    memset(entry(1)->name, 'x', sizeof entry(1)->name);
    CHECK_EQ(os_bundle_check(&bundle), ERR_CORRUPT);
}

static void bad_programs_are_refused(void)
{
    setup();
    program()->entry = 0x101000; // data
    CHECK_EQ(check_program(), ERR_CORRUPT);
    setup();
    program()->segments[0].protect |= PROTECT_WRITE;
    CHECK_EQ(check_program(), ERR_CORRUPT);
    setup();
    program()->segments[1].address = 0x100000; // over the text
    CHECK_EQ(check_program(), ERR_CORRUPT);
    setup();
    program()->segments[1].address = UINT64_MAX & ~0xfffull;
    CHECK_EQ(check_program(), ERR_CORRUPT);
    setup();
    program()->segments[0].address = 0; // where nothing may be mapped
    CHECK_EQ(check_program(), ERR_CORRUPT);
    setup();
    program()->segments[1].file_bytes = 3 * PAGE_SIZE; // past the end of the bundle
    CHECK_EQ(check_program(), ERR_CORRUPT);
    setup();
    program()->segment_count = PROGRAM_SEGMENTS_MAX + 1;
    CHECK_EQ(check_program(), ERR_CORRUPT);
    setup();
    program()->stack_bytes = 0;
    CHECK_EQ(check_program(), ERR_CORRUPT);
}

#define PLACES_AT (4 * PAGE_SIZE + 1024)

// A program that may move, with these places of addresses.
static status_t check_moving(uint32_t first, uint32_t second)
{
    const uint32_t places[2] = {first, second};
    setup();
    program()->relocation_offset = PLACES_AT;
    program()->relocation_count = 2;
    memcpy(bytes + PLACES_AT, places, sizeof places);
    return check_program();
}

static void relocations_are_words_of_data_in_order(void)
{
    CHECK_EQ(check_moving(PAGE_SIZE, PAGE_SIZE + 8), OK);
    CHECK_EQ(check_moving(PAGE_SIZE + 8, PAGE_SIZE), ERR_CORRUPT);    // out of order
    CHECK_EQ(check_moving(PAGE_SIZE, PAGE_SIZE), ERR_CORRUPT);        // twice the same
    CHECK_EQ(check_moving(8, PAGE_SIZE), ERR_CORRUPT);                // in text
    CHECK_EQ(check_moving(PAGE_SIZE, PAGE_SIZE + 12), ERR_CORRUPT);   // off its word
    CHECK_EQ(check_moving(PAGE_SIZE, 2 * PAGE_SIZE - 8), OK);         // the file's last word
    CHECK_EQ(check_moving(PAGE_SIZE, 2 * PAGE_SIZE), ERR_CORRUPT);    // behind it
    CHECK_EQ(check_moving(PAGE_SIZE, UINT32_MAX & ~7u), ERR_CORRUPT); // nowhere
    setup();
    program()->relocation_offset = PLACES_AT;
    program()->relocation_count = BUNDLE_BYTES; // the table is cut off
    CHECK_EQ(check_program(), ERR_CORRUPT);
    setup();
    program()->relocation_count = 1; // without a table
    CHECK_EQ(check_program(), ERR_CORRUPT);
}

static void only_a_program_with_relocations_moves(void)
{
    setup();
    CHECK_EQ(os_program_layout(program(), ~0ull).slide, 0);
    program()->relocation_offset = PLACES_AT;
    CHECK(os_program_layout(program(), ~0ull).slide > 0);
}

// Whatever is accepted after mutation still lies inside.
static void mutated_bundles_never_reach_outside(void)
{
    uint64_t seed = 3;
    for (uint32_t i = 0; i < 200000; i++) {
        setup();
        for (uint32_t k = 0; k < 3; k++) {
            seed = seed * 6364136223846793005ull + 1442695040888963407ull;
            uint32_t at = (uint32_t)(seed >> 40) % (64 + 128 + 280);
            bytes[at < 192 ? at : PAGE_SIZE + at - 192] = (uint8_t)(seed >> 20);
        }
        const struct program_header *found;
        if (os_bundle_check(&bundle) < 0 || entry(0)->kind != BUNDLE_PROGRAM ||
            os_bundle_program(&bundle, entry(0), &found) < 0)
            continue;
        for (uint32_t k = 0; k < found->segment_count; k++) {
            const struct program_segment *segment = &found->segments[k];
            CHECK(segment->offset + segment->file_bytes <= BUNDLE_BYTES);
            CHECK(segment->address + segment->memory_bytes <= USER_END);
        }
    }
}

TEST_MAIN(TEST(a_good_bundle_is_accepted), TEST(bad_headers_and_entries_are_refused),
          TEST(bad_programs_are_refused), TEST(relocations_are_words_of_data_in_order),
          TEST(only_a_program_with_relocations_moves), TEST(mutated_bundles_never_reach_outside))
