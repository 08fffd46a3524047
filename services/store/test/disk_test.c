// SPDX-License-Identifier: Apache-2.0
// The disk's layout: what is formatted, what is refused untouched, what is repaired, and that areas
// and pages read what was written or say why not.
#include "model.h"

#include "base/test.h"

#define SECTORS 640u

static status_t mount(struct disk *disk, struct model *model)
{
    struct disk_device device = model_device(model, 7);
    return disk_mount(disk, &device);
}

static struct disk *disk_new(void)
{
    return calloc(1, sizeof(struct disk));
}

// Mounts once, so that the model holds a formatted disk.
static void formatted(struct model *model)
{
    model_init(model, SECTORS);
    struct disk *disk = disk_new();
    CHECK_EQ(mount(disk, model), OK);
    disk_unmount(disk);
    free(disk);
}

static status_t mount_once(struct model *model, const char **out_message)
{
    struct disk *disk = disk_new();
    status_t status = mount(disk, model);
    *out_message = disk->message;
    disk_unmount(disk);
    free(disk);
    return status;
}

static void blank_disk_is_formatted_once(void)
{
    struct model model;
    formatted(&model);
    uint8_t first[DISK_SECTOR_BYTES];
    memcpy(first, model.bytes, sizeof first);
    const char *message;
    CHECK_EQ(mount_once(&model, &message), OK);
    CHECK(message == NULL);
    CHECK_BYTES(first, model.bytes, sizeof first);
    model_finish(&model);
}

static void superblock_is_byte_exact(void)
{
    // docs/protocols/store-layout.md shows these bytes: 640 sectors, seed 7.
    static const uint8_t head[64] = {
        0x4e, 0x58, 0x53, 0x54, 0x4f, 0x52, 0x45, 0,
        1,    0,    0,    0,    0,    0,    0,    0, // magic, version, cipher
        0x80, 2,    0,    0,    0,    0,    0,    0,
        0x10, 0,    0,    0,    0,    0,    0,    0, // 640 sectors, journal from 16
        0x80, 0,    0,    0,    0,    0,    0,    0,
        0x90, 0,    0,    0,    0,    0,    0,    0, // 128 sectors, database from 144
        0xf0, 1,    0,    0,    0,    0,    0,    0,
        0,    0x10, 0,    0,    0x28, 0,    0,    0, // 496 sectors, page 4096, reserve 40
    };
    struct model model;
    formatted(&model);
    CHECK_BYTES(model.bytes, head, sizeof head);
    CHECK_BYTES(model.bytes + 8 * DISK_SECTOR_BYTES, head, sizeof head);
    CHECK_EQ(disk_seal("\1\2\3\4\5\6\7\10", 8, 9), (int64_t)0xbac881982a996391ull);
    model_finish(&model);
}

static void foreign_disk_is_refused_untouched(void)
{
    static const uint64_t places[] = {0, 510, 1080, 65536 + 64, SECTORS * DISK_SECTOR_BYTES - 1};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct model model;
        model_init(&model, SECTORS);
        model.bytes[places[i]] = 0x55;
        model.recording = true;
        const char *message = NULL;
        CHECK_EQ(mount_once(&model, &message), ERR_EXISTS);
        CHECK(message != NULL);
        CHECK_EQ(model.event_count, 0);
        model_finish(&model);
    }
}

static void small_and_cut_disks_are_refused(void)
{
    struct model model;
    const char *message = NULL;
    model_init(&model, DISK_SECTORS_MIN - 1);
    CHECK_EQ(mount_once(&model, &message), ERR_TOO_LARGE);
    CHECK(message != NULL);
    model_finish(&model);
    formatted(&model);
    model.sector_count -= 8;
    CHECK_EQ(mount_once(&model, &message), ERR_TOO_LARGE);
    CHECK(message != NULL);
    model_finish(&model);
}

static void one_damaged_copy_is_repaired(void)
{
    for (int copy = 0; copy < 2; copy++) {
        struct model model;
        formatted(&model);
        uint8_t *sector = model.bytes + (size_t)copy * 8 * DISK_SECTOR_BYTES;
        uint8_t before[DISK_SECTOR_BYTES];
        memcpy(before, sector, sizeof before);
        memset(sector, copy ? 0 : 0xee, DISK_SECTOR_BYTES);
        const char *message = NULL;
        CHECK_EQ(mount_once(&model, &message), OK);
        CHECK_BYTES(before, sector, sizeof before);
        model_finish(&model);
    }
}

static void every_flipped_bit_of_both_copies_is_a_typed_error(void)
{
    struct model model;
    formatted(&model);
    for (uint32_t bit = 0; bit < DISK_SECTOR_BYTES * 8; bit++) {
        uint8_t mask = (uint8_t)(1u << bit % 8);
        model.bytes[bit / 8] ^= mask;
        model.bytes[bit / 8 + 8 * DISK_SECTOR_BYTES] ^= mask;
        const char *message = NULL;
        status_t status = mount_once(&model, &message);
        // Without the magic it is a foreign disk; all else is damage.
        CHECK_EQ(status, bit < 64 ? ERR_EXISTS : ERR_CORRUPT);
        CHECK(message != NULL);
        model.bytes[bit / 8] ^= mask;
        model.bytes[bit / 8 + 8 * DISK_SECTOR_BYTES] ^= mask;
    }
    model_finish(&model);
}

// Changes a field of copy A and B and seals them again.
static void superblock_patch(struct model *model, uint32_t offset, uint8_t value)
{
    for (uint32_t sector = 0; sector <= 8; sector += 8) {
        uint8_t *bytes = model->bytes + (size_t)sector * DISK_SECTOR_BYTES;
        bytes[offset] = value;
        struct writer writer = writer_of(bytes + 504, 8);
        writer_le64(&writer, disk_seal(bytes, 504, sector));
    }
}

static void newer_version_and_cipher_are_unsupported(void)
{
    for (uint32_t offset = 8; offset <= 12; offset += 4) {
        struct model model;
        formatted(&model);
        superblock_patch(&model, offset, 2);
        const char *message = NULL;
        CHECK_EQ(mount_once(&model, &message), ERR_UNSUPPORTED);
        CHECK(message != NULL);
        model_finish(&model);
    }
}

static void sealed_nonsense_in_the_superblock_is_refused(void)
{
    for (uint32_t offset = 16; offset < 64; offset++) {
        struct model model;
        formatted(&model);
        superblock_patch(&model, offset, 0xfe);
        const char *message = NULL;
        status_t status = mount_once(&model, &message);
        CHECK(status == ERR_CORRUPT || status == ERR_TOO_LARGE);
        model_finish(&model);
    }
}

static void areas_read_what_was_written(void)
{
    struct model model;
    model_init(&model, SECTORS);
    struct disk *disk = disk_new();
    CHECK_EQ(mount(disk, &model), OK);
    struct disk_area *area = &disk->data;
    uint8_t *mirror = calloc(1, area->capacity);
    uint8_t *bytes = malloc(area->capacity);
    uint64_t seed = 11;
    for (int i = 0; i < 4000; i++) {
        uint64_t offset = model_random(&seed) % area->capacity;
        uint64_t size = model_random(&seed) % (i % 8 == 0 ? 90000 : 1500);
        size = size < area->capacity - offset ? size : area->capacity - offset;
        if (model_random(&seed) % 2 == 0) {
            memset(bytes, i, size);
            memcpy(mirror + offset, bytes, size);
            CHECK_EQ(area_write(disk, area, offset, bytes, (uint32_t)size), OK);
        } else {
            CHECK_EQ(area_read(disk, area, offset, bytes, (uint32_t)size), OK);
            CHECK_BYTES(mirror + offset, bytes, size);
        }
        if (i % 50 == 0) {
            CHECK_EQ(area_sync(disk, area), OK);
        }
    }
    CHECK_EQ(area_sync(disk, area), OK);
    CHECK_BYTES(mirror, model.bytes + area->first * DISK_SECTOR_BYTES, area->capacity);
    CHECK_EQ(area_write(disk, area, area->capacity - 1, bytes, 2), ERR_NO_SPACE);
    CHECK_EQ(area_write(disk, area, UINT64_MAX, bytes, 2), ERR_NO_SPACE);
    free(mirror);
    free(bytes);
    disk_unmount(disk);
    free(disk);
    model_finish(&model);
}

static void a_failed_write_is_tried_again(void)
{
    struct model model;
    model_init(&model, SECTORS);
    struct disk *disk = disk_new();
    CHECK_EQ(mount(disk, &model), OK);
    CHECK_EQ(area_write(disk, &disk->journal, 100, "abc", 3), OK);
    model.fail_from = 1;
    model.fail_upto = UINT64_MAX;
    CHECK_EQ(area_sync(disk, &disk->journal), ERR_IO);
    model.fail_from = 0;
    CHECK_EQ(area_sync(disk, &disk->journal), OK);
    CHECK_BYTES(model.bytes + 16 * DISK_SECTOR_BYTES + 100, "abc", 3);
    disk_unmount(disk);
    free(disk);
    model_finish(&model);
}

static void flipped_bits_in_a_page_are_seen(void)
{
    struct model model;
    model_init(&model, SECTORS);
    struct disk *disk = disk_new();
    CHECK_EQ(mount(disk, &model), OK);
    uint8_t page[DISK_PAGE_BYTES];
    memset(page, 0x31, sizeof page);
    CHECK_EQ(disk_page_write(disk, 3, page), OK);
    CHECK_EQ(area_sync(disk, &disk->data), OK);
    uint8_t *medium =
        model.bytes + disk->data.first * DISK_SECTOR_BYTES + 3 * (size_t)DISK_PAGE_BYTES;
    for (uint32_t bit = 0; bit < DISK_PAGE_BYTES * 8; bit += 7) {
        medium[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK_EQ(disk_page_read(disk, 3, page), ERR_CORRUPT);
        medium[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CHECK_EQ(disk_page_read(disk, 3, page), OK);
    CHECK_EQ(page[0], 0x31);
    memcpy(medium + DISK_PAGE_BYTES, medium,
           DISK_PAGE_BYTES); // a page that landed in another's place
    CHECK_EQ(disk_page_read(disk, 4, page), ERR_CORRUPT);
    disk_unmount(disk);
    free(disk);
    model_finish(&model);
}

static void every_device_error_while_mounting_is_reported(void)
{
    for (uint64_t n = 1;; n++) {
        struct model model;
        model_init(&model, SECTORS);
        model.fail_from = model.fail_upto = n;
        const char *message;
        status_t status = mount_once(&model, &message);
        bool passed = model.operations < n;
        CHECK_EQ(status, passed ? OK : ERR_IO);
        model.fail_from = 0;
        CHECK_EQ(mount_once(&model, &message), OK);
        model_finish(&model);
        if (passed) {
            CHECK(n > 10);
            break;
        }
    }
}

TEST_MAIN(TEST(blank_disk_is_formatted_once), TEST(superblock_is_byte_exact),
          TEST(foreign_disk_is_refused_untouched), TEST(small_and_cut_disks_are_refused),
          TEST(one_damaged_copy_is_repaired),
          TEST(every_flipped_bit_of_both_copies_is_a_typed_error),
          TEST(newer_version_and_cipher_are_unsupported),
          TEST(sealed_nonsense_in_the_superblock_is_refused), TEST(areas_read_what_was_written),
          TEST(a_failed_write_is_tried_again), TEST(flipped_bits_in_a_page_are_seen),
          TEST(every_device_error_while_mounting_is_reported))
