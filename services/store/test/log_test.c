// SPDX-License-Identifier: Apache-2.0
// The log's operations against what they promise, and what they answer when memory, device or disk
// fail them: at every point, one by one (SQLite's own method).
#include "model.h"

#include "base/test.h"

#define SECTORS 2048u // 1 MiB

static uint8_t id_bytes[256][LOG_ID_BYTES];

static struct log_client_id log_id(uint64_t client, uint8_t name)
{
    memset(id_bytes[name], name, LOG_ID_BYTES);
    return (struct log_client_id){.client = client, .bytes = id_bytes[name]};
}

static void opened(struct fixture *fixture, uint64_t sectors)
{
    fixture_init(fixture, sectors);
    CHECK_EQ(fixture_restart(fixture), OK);
}

static status_t read_all(struct log *log, struct log_client_id id, uint64_t after,
                         struct log_read_result *out)
{
    static uint8_t buffer[64 << 10];
    return log_read(log, id, after, (struct log_target){buffer, sizeof buffer}, out);
}

static void records_come_back_in_order_after_a_restart(void)
{
    struct fixture fixture;
    opened(&fixture, SECTORS);
    for (uint32_t i = 0; i < 50; i++) {
        CHECK_EQ(fixture_append(&fixture, 1, (uint8_t)(1 + i % 2), i, (uint8_t)i), OK);
    }
    CHECK_EQ(fixture_restart(&fixture), OK);
    uint8_t buffer[4096];
    struct log_read_result result;
    struct log_target target = {buffer, sizeof buffer};
    CHECK_EQ(log_read(&fixture.log, log_id(1, 2), 3, target, &result), OK);
    CHECK_EQ(result.record_count, 22);
    CHECK_EQ(result.last, 25);
    struct reader reader = reader_of(buffer, result.size_bytes);
    for (uint64_t number = 4; number <= 25; number++) {
        uint32_t size = (uint32_t)(2 * number - 1);
        CHECK_EQ(reader_le64(&reader), number);
        struct span bytes = reader_take(&reader, reader_le32(&reader));
        CHECK_EQ(bytes.size, size);
        CHECK_EQ(bytes.bytes[0], size);
    }
    CHECK(reader_done(&reader));
    fixture_finish(&fixture);
}

static void a_batch_is_all_or_nothing(void)
{
    struct fixture fixture;
    opened(&fixture, SECTORS);
    uint8_t batch[3 * (LOG_APPEND_HEAD + 5)];
    memset(batch, 0, sizeof batch);
    for (uint32_t i = 0; i < 3; i++) {
        batch[i * 25] = (uint8_t)(i + 1);
        batch[i * 25 + LOG_ID_BYTES] = 5;
    }
    uint64_t last = 0;
    uint64_t before;
    uint64_t after;
    CHECK_EQ(log_digest(&fixture.log, &before), OK);
    for (size_t size = 0; size < sizeof batch; size++) {
        status_t status = log_append(&fixture.log, 1, (struct span){batch, size}, &last);
        CHECK_EQ(status, size == 25 || size == 50 ? OK : ERR_BAD_MESSAGE);
        if (status == OK) {
            for (uint8_t i = 0; i < size / 25; i++) {
                uint8_t id[LOG_ID_BYTES] = {(uint8_t)(i + 1)};
                CHECK_EQ(log_remove(&fixture.log, (struct log_client_id){1, id}), OK);
            }
        }
        CHECK_EQ(log_digest(&fixture.log, &after), OK);
        CHECK_EQ(before, after);
    }
    batch[25 + LOG_ID_BYTES + 3] = 0xff; // a length of four thousand million
    CHECK_EQ(log_append(&fixture.log, 1, (struct span){batch, sizeof batch}, &last),
             ERR_BAD_MESSAGE);
    CHECK_EQ(log_digest(&fixture.log, &after), OK);
    CHECK_EQ(before, after);
    fixture_finish(&fixture);
}

static void clients_do_not_see_each_other(void)
{
    struct fixture fixture;
    opened(&fixture, SECTORS);
    CHECK_EQ(fixture_append(&fixture, 1, 7, 10, 1), OK);
    struct log_read_result result;
    CHECK_EQ(read_all(&fixture.log, log_id(2, 7), 0, &result), OK);
    CHECK_EQ(result.record_count, 0);
    CHECK_EQ(log_compact(&fixture.log, log_id(2, 7), 1, (struct span){0}), ERR_NOT_FOUND);
    CHECK_EQ(log_remove(&fixture.log, log_id(2, 7)), OK);
    CHECK_EQ(read_all(&fixture.log, log_id(1, 7), 0, &result), OK);
    CHECK_EQ(result.record_count, 1);
    uint8_t bytes[4];
    uint32_t size;
    struct log_target target = {bytes, sizeof bytes};
    CHECK_EQ(log_put(&fixture.log, UINT64_MAX, "k", (struct span){(const uint8_t *)"v", 1}), OK);
    CHECK_EQ(log_get(&fixture.log, 1, "k", target, &size), ERR_NOT_FOUND);
    CHECK_EQ(log_get(&fixture.log, UINT64_MAX, "k", target, &size), OK);
    fixture_finish(&fixture);
}

static void compaction_keeps_one_record_and_the_numbers(void)
{
    struct fixture fixture;
    opened(&fixture, SECTORS);
    for (uint32_t i = 0; i < 400; i++) {
        CHECK_EQ(fixture_append(&fixture, 1, 1, 100, (uint8_t)i), OK);
    }
    struct span state = {(const uint8_t *)"state", 5};
    CHECK_EQ(log_compact(&fixture.log, log_id(1, 1), 401, state), ERR_INVALID);
    CHECK_EQ(log_compact(&fixture.log, log_id(1, 1), 0, state), ERR_INVALID);
    CHECK_EQ(log_compact(&fixture.log, log_id(1, 1), 390, state), OK);
    CHECK_EQ(log_compact(&fixture.log, log_id(1, 1), 390, state), OK); // repeated: changes nothing
    CHECK_EQ(log_compact(&fixture.log, log_id(1, 1), 389, state), ERR_INVALID);
    struct log_read_result result;
    CHECK_EQ(read_all(&fixture.log, log_id(1, 1), 0, &result), OK);
    CHECK_EQ(result.record_count, 11);
    CHECK_EQ(result.last, 400);
    CHECK_EQ(fixture_append(&fixture, 1, 1, 1, 0), OK);
    CHECK_EQ(read_all(&fixture.log, log_id(1, 1), 400, &result), OK);
    CHECK_EQ(result.last, 401);
    fixture_finish(&fixture);
}

static void removed_space_comes_back(void)
{
    struct fixture fixture;
    opened(&fixture, SECTORS);
    struct log_usage before;
    struct log_usage after;
    CHECK_EQ(log_status(&fixture.log, &before), OK);
    for (uint32_t i = 0; i < 40; i++) {
        CHECK_EQ(fixture_append(&fixture, 1, 1, 10000, (uint8_t)i), OK);
    }
    CHECK_EQ(log_remove(&fixture.log, log_id(1, 1)), OK);
    struct log_read_result result;
    CHECK_EQ(read_all(&fixture.log, log_id(1, 1), 0, &result), OK);
    CHECK_EQ(result.record_count, 0);
    int rounds = 0;
    status_t status;
    while ((status = log_sweep(&fixture.log)) == 1 && rounds < 1000) {
        rounds++;
    }
    CHECK_EQ(status, OK);
    CHECK(rounds > 1);
    CHECK_EQ(log_status(&fixture.log, &after), OK);
    CHECK(after.used_bytes <= before.used_bytes + 2 * DISK_PAGE_BYTES);
    CHECK_EQ(fixture_append(&fixture, 1, 1, 3, 3), OK); // a new log of that name starts again
    CHECK_EQ(read_all(&fixture.log, log_id(1, 1), 0, &result), OK);
    CHECK_EQ(result.last, 1);
    fixture_finish(&fixture);
}

static void logs_are_listed_in_order_in_parts(void)
{
    struct fixture fixture;
    opened(&fixture, SECTORS);
    for (uint8_t name = 20; name > 0; name--) {
        CHECK_EQ(fixture_append(&fixture, 1, name, 1, 1), OK);
    }
    uint8_t ids[7 * LOG_ID_BYTES + 3];
    uint8_t after[LOG_ID_BYTES] = {0};
    uint32_t count = 0;
    uint32_t total = 0;
    do {
        struct log_client_id from = {.client = 1, .bytes = after};
        CHECK_EQ(log_list(&fixture.log, from, (struct log_target){ids, sizeof ids}, &count), OK);
        for (uint32_t i = 0; i < count; i++) {
            CHECK_EQ(ids[i * LOG_ID_BYTES], ++total);
        }
        if (count > 0) {
            memcpy(after, ids + (size_t)(count - 1) * LOG_ID_BYTES, LOG_ID_BYTES);
        }
    } while (count > 0);
    CHECK_EQ(total, 20);
    fixture_finish(&fixture);
}

static void values_are_replaced_deleted_and_bounded(void)
{
    struct fixture fixture;
    opened(&fixture, SECTORS);
    uint8_t bytes[LOG_VALUE_MAX + 1] = {1, 2, 3};
    uint32_t size = 0;
    struct log_target target = {bytes, LOG_VALUE_MAX};
    CHECK_EQ(log_put(&fixture.log, 1, "name", (struct span){bytes, 3}), OK);
    CHECK_EQ(log_put(&fixture.log, 1, "name", (struct span){bytes, LOG_VALUE_MAX}), OK);
    CHECK_EQ(log_get(&fixture.log, 1, "name", target, &size), OK);
    CHECK_EQ(size, LOG_VALUE_MAX);
    CHECK_EQ(log_get(&fixture.log, 1, "name", (struct log_target){bytes, 5}, &size), ERR_TOO_LARGE);
    CHECK_EQ(log_put(&fixture.log, 1, "name", (struct span){bytes, LOG_VALUE_MAX + 1}),
             ERR_TOO_LARGE);
    CHECK_EQ(log_put(&fixture.log, 1, "", (struct span){bytes, 1}), ERR_INVALID);
    char key[LOG_KEY_MAX + 1];
    memset(key, 'k', LOG_KEY_MAX);
    key[LOG_KEY_MAX] = '\0';
    CHECK_EQ(log_put(&fixture.log, 1, key, (struct span){bytes, 1}), ERR_TOO_LARGE);
    key[LOG_KEY_MAX - 1] = '\0';
    CHECK_EQ(log_put(&fixture.log, 1, key, (struct span){bytes, 1}), OK);
    CHECK_EQ(log_put(&fixture.log, 1, "name", (struct span){0}), OK);
    CHECK_EQ(log_put(&fixture.log, 1, "name", (struct span){0}), OK);
    CHECK_EQ(log_get(&fixture.log, 1, "name", target, &size), ERR_NOT_FOUND);
    fixture_finish(&fixture);
}

static void a_record_of_four_mebibytes_fits_in_two_of_memory(void)
{
    struct fixture fixture;
    opened(&fixture, 32768);
    uint32_t size = (4u << 20) - 64;
    sqlite3_memory_highwater(1);
    CHECK_EQ(fixture_append(&fixture, 1, 1, size, 0x5c), OK);
    CHECK_EQ(fixture_append(&fixture, 1, 1, 5, 0x5d), OK);
    uint8_t *buffer = malloc(4u << 20);
    struct log_read_result result;
    struct log_target target = {buffer, 4u << 20};
    CHECK_EQ(log_read(&fixture.log, log_id(1, 1), 0, target, &result), OK);
    CHECK_EQ(result.record_count, 2);
    CHECK_EQ(buffer[LOG_RECORD_HEAD + size - 1], 0x5c);
    CHECK(sqlite3_memory_highwater(0) > 0 && sqlite3_memory_highwater(0) < 2 << 20);
    target.size = 1000;
    CHECK_EQ(log_read(&fixture.log, log_id(1, 1), 0, target, &result), ERR_TOO_LARGE);
    CHECK_EQ(log_read(&fixture.log, log_id(1, 1), 1, target, &result), OK);
    CHECK_EQ(result.record_count, 1);
    CHECK_EQ(log_compact(&fixture.log, log_id(1, 1), 2, (struct span){buffer, 4u << 20}), OK);
    free(buffer);
    fixture_finish(&fixture);
}

static void a_full_disk_is_a_clear_error_and_loses_nothing(void)
{
    struct fixture fixture;
    opened(&fixture, SECTORS);
    CHECK_EQ(log_put(&fixture.log, 1, "a", (struct span){(const uint8_t *)"before", 6}), OK);
    status_t status;
    uint32_t count = 0;
    while ((status = fixture_append(&fixture, 1, 1, 3000, (uint8_t)count)) == OK) {
        count++;
    }
    CHECK_EQ(status, ERR_NO_SPACE);
    CHECK_EQ(fixture_append(&fixture, 2, 1, 50000, 1), ERR_NO_SPACE);
    uint64_t before;
    uint64_t after;
    CHECK_EQ(log_digest(&fixture.log, &before), OK);
    CHECK_EQ(fixture_restart(&fixture), OK);
    CHECK_EQ(log_digest(&fixture.log, &after), OK);
    CHECK_EQ(before, after);
    struct log_usage usage;
    CHECK_EQ(log_status(&fixture.log, &usage), OK);
    CHECK_EQ(usage.damage, OK);
    CHECK(usage.free_bytes <= 4 * DISK_PAGE_BYTES);
    CHECK_EQ(log_compact(&fixture.log, log_id(1, 1), count, (struct span){0}), OK);
    while (log_sweep(&fixture.log) == 1) {
    }
    CHECK_EQ(fixture_append(&fixture, 1, 1, 50000, 2), OK);
    fixture_finish(&fixture);
}

// A short day of changes; returns the first error.
static status_t changes(struct fixture *fixture)
{
    status_t status = fixture_restart(fixture);
    for (uint32_t i = 0; status == OK && i < 4; i++) {
        status = fixture_append(fixture, 1, 1, i * 9000, (uint8_t)i);
    }
    if (status == OK) {
        status = log_put(&fixture->log, 1, "a", (struct span){(const uint8_t *)"1", 1});
    }
    if (status == OK) {
        status =
            log_compact(&fixture->log, log_id(1, 1), 3, (struct span){(const uint8_t *)"2", 1});
    }
    uint64_t digest;
    return status < 0 ? status : log_digest(&fixture->log, &digest);
}

// What was readable before the failing change still is, or the change is there whole: six states
// are legal.
static void still_whole(struct fixture *fixture)
{
    CHECK_EQ(fixture_restart(fixture), OK);
    uint64_t digest;
    CHECK_EQ(log_digest(&fixture->log, &digest), OK);
    CHECK_EQ(fixture->log.damage, OK);
    CHECK_EQ(fixture_append(fixture, 2, 5, 30, 1), OK);
}

static void every_device_error_is_reported_and_survived(void)
{
    int before = test_failures;
    uint64_t n = 1;
    status_t status;
    for (int lasting = 0; lasting < 2; lasting++) {
        n = 1;
        do {
            struct fixture fixture;
            fixture_init(&fixture, 640);
            fixture.model.fail_from = n;
            fixture.model.fail_upto = lasting ? UINT64_MAX : n;
            status = changes(&fixture);
            bool reached = fixture.model.operations >= n;
            fixture.model.fail_from = 0;
            // One error in an operation whose answer is not needed (the end of a rollback) may pass
            // unseen.
            CHECK(status == ERR_IO || (status == OK && (!reached || !lasting)));
            still_whole(&fixture);
            status = reached ? ERR_IO : status;
            fixture_finish(&fixture);
            n++;
        } while (status != OK);
    }
    printf("ledger: store.ioerror points=%" PRIu64 " failures=%d\n", n - 1, test_failures - before);
    CHECK(n > 50);
}

static sqlite3_mem_methods real_memory;
static uint64_t memory_calls, memory_fail_from;

static void *failing_malloc(int size)
{
    return memory_fail_from != 0 && ++memory_calls >= memory_fail_from ? NULL
                                                                       : real_memory.xMalloc(size);
}

static void *failing_realloc(void *block, int size)
{
    bool fails = memory_fail_from != 0 && ++memory_calls >= memory_fail_from;
    return fails ? NULL : real_memory.xRealloc(block, size);
}

// SQLite reads its memory functions before it starts, so it is stopped and started with ours.
static void memory_install(bool failing)
{
    CHECK_EQ(sqlite3_shutdown(), SQLITE_OK);
    if (failing) {
        CHECK_EQ(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory), SQLITE_OK);
        sqlite3_mem_methods methods = real_memory;
        methods.xMalloc = failing_malloc;
        methods.xRealloc = failing_realloc;
        CHECK_EQ(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods), SQLITE_OK);
    } else {
        CHECK_EQ(sqlite3_config(SQLITE_CONFIG_MALLOC, &real_memory), SQLITE_OK);
    }
    CHECK_EQ(sqlite3_initialize(), SQLITE_OK);
}

static void every_lack_of_memory_is_reported_and_survived(void)
{
    memory_install(true);
    int before = test_failures;
    uint64_t n = 1;
    status_t status;
    bool reached;
    do {
        struct fixture fixture;
        fixture_init(&fixture, 640);
        memory_calls = 0;
        memory_fail_from = n;
        status = changes(&fixture);
        reached = memory_calls >= n;
        memory_fail_from = 0;
        CHECK(status == OK || status == ERR_NO_MEMORY);
        still_whole(&fixture);
        fixture_finish(&fixture);
        n += n < 400 ? 1 : 7;
    } while (reached);
    memory_install(false);
    printf("ledger: store.memory points=%" PRIu64 " failures=%d\n", n, test_failures - before);
    CHECK(n > 100);
}

static void damaged_pages_are_typed_errors_and_the_rest_is_read(void)
{
    struct fixture fixture;
    opened(&fixture, SECTORS);
    for (uint32_t i = 0; i < 12; i++) {
        CHECK_EQ(fixture_append(&fixture, 1, (uint8_t)(1 + i % 3), 9000, (uint8_t)i), OK);
    }
    log_close(&fixture.log);
    uint64_t pages = fixture.disk->data.size / DISK_PAGE_BYTES;
    uint8_t *data = fixture.model.bytes + fixture.disk->data.first * DISK_SECTOR_BYTES;
    uint64_t seed = 5;
    uint32_t served = 0;
    uint32_t refused = 0;
    for (uint64_t page = 0; page < pages; page++) {
        uint64_t place = page * DISK_PAGE_BYTES + model_random(&seed) % DISK_PAGE_BYTES;
        data[place] ^= 0x10;
        status_t status = fixture_restart(&fixture);
        for (uint8_t name = 1; name <= 3; name++) {
            struct log_read_result result;
            status_t read = read_all(&fixture.log, log_id(1, name), 0, &result);
            CHECK(read == ERR_CORRUPT || (read == OK && result.record_count == 4));
            served += read == OK;
            refused += read < 0;
            status = status < 0 ? status : read;
        }
        struct log_usage usage;
        log_status(&fixture.log, &usage);
        CHECK_EQ(usage.damage, status);
        // A change may be the first to meet the damage; after that there is none.
        status_t change = fixture_append(&fixture, 1, 9, 1, 1);
        CHECK(change == ERR_CORRUPT || (change == OK && status == OK));
        change = change == OK ? log_remove(&fixture.log, log_id(1, 9)) : change;
        CHECK(change == ERR_CORRUPT || (change == OK && status == OK));
        log_close(&fixture.log);
        data[place] ^= 0x10;
    }
    CHECK(served > pages && refused > pages / 2);
    fixture_finish(&fixture);
}

static void seeded_damage_anywhere_never_crashes(void)
{
    uint64_t seed = 99;
    for (uint32_t i = 0; i < 300; i++) {
        struct fixture fixture;
        fixture_init(&fixture, 640);
        fixture.model.fail_from =
            i % 2 ? 30 + i / 2 : 0; // half of them stop within a change: the journal is in use
        fixture.model.fail_upto = UINT64_MAX;
        changes(&fixture);
        fixture.model.fail_from = 0;
        log_close(&fixture.log);
        uint64_t flips = 1 + model_random(&seed) % 30;
        for (uint64_t flip = 0; flip < flips; flip++) {
            uint64_t place =
                model_random(&seed) % (model_random(&seed) % 2 ? 200 * 512 : 640 * 512);
            fixture.model.bytes[place] ^= (uint8_t)(1u << model_random(&seed) % 8);
        }
        status_t status = fixture_restart(&fixture);
        CHECK(status == OK || status == ERR_CORRUPT || status == ERR_EXISTS ||
              status == ERR_UNSUPPORTED);
        uint64_t digest;
        if (status == OK) {
            status = log_digest(&fixture.log, &digest);
            CHECK(status == OK || status == ERR_CORRUPT);
        }
        fixture_finish(&fixture);
    }
}

// Not a check of correctness: what one confirmed keystroke costs the device, printed for the ledger
// and bounded.
static void an_append_costs_few_device_operations(void)
{
    struct fixture fixture;
    opened(&fixture, SECTORS);
    for (uint32_t i = 0; i < 20; i++) {
        CHECK_EQ(fixture_append(&fixture, 1, 1, 40, (uint8_t)i), OK);
    }
    uint64_t reads = fixture.disk->reads;
    uint64_t writes = fixture.disk->writes;
    uint64_t flushes = fixture.disk->flushes;
    for (uint32_t i = 0; i < 100; i++) {
        CHECK_EQ(fixture_append(&fixture, 1, 1, 40, (uint8_t)i), OK);
    }
    reads = fixture.disk->reads - reads;
    writes = fixture.disk->writes - writes;
    flushes = fixture.disk->flushes - flushes;
    printf("ledger: store.append per_100 reads=%" PRIu64 " writes=%" PRIu64 " flushes=%" PRIu64
           "\n",
           reads, writes, flushes);
    CHECK(writes <= 430 && flushes <= 430 && reads <= 430);
    fixture_finish(&fixture);
}

TEST_MAIN(TEST(records_come_back_in_order_after_a_restart), TEST(a_batch_is_all_or_nothing),
          TEST(clients_do_not_see_each_other), TEST(compaction_keeps_one_record_and_the_numbers),
          TEST(removed_space_comes_back), TEST(logs_are_listed_in_order_in_parts),
          TEST(values_are_replaced_deleted_and_bounded),
          TEST(a_record_of_four_mebibytes_fits_in_two_of_memory),
          TEST(a_full_disk_is_a_clear_error_and_loses_nothing),
          TEST(every_device_error_is_reported_and_survived),
          TEST(every_lack_of_memory_is_reported_and_survived),
          TEST(damaged_pages_are_typed_errors_and_the_rest_is_read),
          TEST(seeded_damage_anywhere_never_crashes), TEST(an_append_costs_few_device_operations))
