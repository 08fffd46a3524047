// SPDX-License-Identifier: Apache-2.0
// The bundle check: a good bundle passes, each promise broken is refused, damage never reads
// outside.
#include "fake.h"

#include "boot/bundle.h"
#include "abi/syscall.h"

#include "base/test.h"

#define BUNDLE_PAGES 8u
#define MUTATIONS    200000u

struct bundle {
    struct bundle_header header;
    struct bundle_entry entry;
    uint8_t padding[PAGE_SIZE - sizeof(struct bundle_header) - sizeof(struct bundle_entry)];
    struct program_header program;
    uint8_t rest[(BUNDLE_PAGES - 1) * PAGE_SIZE - sizeof(struct program_header)];
};

static struct bundle good_bundle(void)
{
    return (struct bundle){
        .header = {.magic = BUNDLE_MAGIC, .size_bytes = sizeof(struct bundle), .entry_count = 1},
        .entry = {.name = "init",
                  .kind = BUNDLE_PROGRAM,
                  .offset = PAGE_SIZE,
                  .size_bytes = 4 * PAGE_SIZE},
        .program = {.magic = PROGRAM_MAGIC,
                    .segment_count = 2,
                    .entry = 0x100004,
                    .stack_bytes = 0x4000,
                    .segments = {{.address = 0x100000,
                                  .offset = 2 * PAGE_SIZE,
                                  .file_bytes = 5000,
                                  .memory_bytes = 5000,
                                  .protect = PROTECT_READ | PROTECT_EXECUTE},
                                 {.address = 0x102000,
                                  .offset = 4 * PAGE_SIZE,
                                  .file_bytes = 100,
                                  .memory_bytes = 90000,
                                  .protect = PROTECT_READ | PROTECT_WRITE}}},
    };
}

static status_t check_bundle(const struct bundle *bundle, size_t size)
{
    const struct program_header *program;
    return bundle_first_program((const uint8_t *)bundle, size, &program);
}

static void good_bundle_is_accepted(void)
{
    static struct bundle bundle;
    bundle = good_bundle();
    CHECK_EQ(check_bundle(&bundle, sizeof bundle), OK);
}

static void broken_promises_are_refused(void)
{
    static struct bundle bundle;
    static uint64_t *const header_words[] = {&bundle.header.magic,
                                             &bundle.entry.offset,
                                             &bundle.program.segments[0].offset,
                                             &bundle.program.segments[0].address,
                                             &bundle.program.segments[1].address,
                                             &bundle.program.stack_bytes,
                                             &bundle.program.entry};
    for (uint32_t i = 0; i < sizeof header_words / sizeof header_words[0]; i++) {
        bundle = good_bundle();
        *header_words[i] += 1ull << 45 | 1;
        CHECK_EQ(check_bundle(&bundle, sizeof bundle), ERR_CORRUPT);
    }
    bundle = good_bundle();
    CHECK_EQ(check_bundle(&bundle, sizeof bundle - 1), ERR_CORRUPT);
    CHECK_EQ(check_bundle(&bundle, 64), ERR_CORRUPT);
    bundle.program.segments[0].memory_bytes = 9000; // zeroes after a read-only file
    CHECK_EQ(check_bundle(&bundle, sizeof bundle), ERR_CORRUPT);
    bundle = good_bundle();
    bundle.program.segments[1].protect = PROTECT_WRITE | PROTECT_EXECUTE | PROTECT_READ;
    CHECK_EQ(check_bundle(&bundle, sizeof bundle), ERR_CORRUPT);
    bundle = good_bundle();
    bundle.program.segments[1].file_bytes = 90001;
    CHECK_EQ(check_bundle(&bundle, sizeof bundle), ERR_CORRUPT);
    bundle = good_bundle();
    bundle.program.segments[1].address = 0xffffffff80000000ull;
    CHECK_EQ(check_bundle(&bundle, sizeof bundle), ERR_CORRUPT);
    bundle = good_bundle();
    bundle.program.segment_count = 7;
    CHECK_EQ(check_bundle(&bundle, sizeof bundle), ERR_CORRUPT);
}

static void segments_hold(const struct program_header *program, uint64_t size)
{
    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct program_segment *segment = &program->segments[i];
        CHECK(segment->file_bytes == 0 || segment->offset + segment->file_bytes <= size);
        CHECK(segment->address >= USER_BASE &&
              segment->address + segment->memory_bytes <= USER_END);
    }
}

static void damage_never_passes_a_range_outside(void)
{
    static struct bundle good;
    good = good_bundle();
    uint64_t random = 21;
    const uint32_t hot = PAGE_SIZE + sizeof(struct program_header);
    for (uint32_t i = 0; i < MUTATIONS; i++) {
        static struct bundle bundle;
        memcpy(&bundle, &good, hot);
        for (uint64_t n = 1 + fake_random(&random) % 3; n > 0; n--) {
            uint64_t pick = fake_random(&random);
            uint32_t at = pick & 1 ? (uint32_t)(pick >> 1) % 128
                                   : PAGE_SIZE + (uint32_t)(pick >> 1) % (hot - PAGE_SIZE);
            ((uint8_t *)&bundle)[at] = (uint8_t)(pick >> 40);
        }
        const struct program_header *program;
        if (bundle_first_program((const uint8_t *)&bundle, sizeof bundle, &program) == OK)
            segments_hold(program, sizeof bundle);
    }
}

TEST_MAIN(TEST(good_bundle_is_accepted), TEST(broken_promises_are_refused),
          TEST(damage_never_passes_a_range_outside))
