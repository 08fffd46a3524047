// SPDX-License-Identifier: Apache-2.0
// Power cut at every write: a scripted day is recorded write by write, then every state a medium
// could be in at every instant is rebuilt, opened and compared with what had been confirmed by
// then.
//
// After each recorded operation the writes since the last flush may have reached the medium in any
// combination of sectors: none, all, all before the last plus any beginning of the last, and seeded
// subsets. Every state must open, and read exactly as after the last confirmed change or as after
// the one in flight: nothing lost, nothing half. Some states are also cut again while they recover,
// and written to afterwards.
//
// The page cache is kept so small that the larger changes spill into the database before they
// commit.
//
// Built with PLANTED_NO_FLUSH the disk forgets its barriers: the same search must find lost
// changes.
#include "model.h"

#include "base/test.h"

#define SECTORS      640u // 320 KiB
#define CACHE_KIB    16u  // 4 pages
#define CHANGES_MAX  256u
#define SUBSETS      60u // seeded states per instant
#define SUBSETS_LONG 1200u
#define AGAIN_EVERY  64u // one state in so many is cut again during recovery
#ifdef PLANTED_NO_FLUSH
#define PLANTED 1
#else
#define PLANTED 0
#endif

#define WRITE_EVERY 16u // one state in so many is written to afterwards

// What was confirmed after how many recorded operations.
struct change {
    uint32_t event_count;
    uint64_t digest;
};

struct day {
    struct fixture fixture;
    struct change changes[CHANGES_MAX];
    uint32_t change_count;
    uint8_t *durable; // the medium as of the last flush
    struct fixture probe;
    uint64_t states, lost;
    uint64_t seed;
};

static struct day day;

static void confirm(status_t status)
{
    CHECK_EQ(status, OK);
    struct change *change = &day.changes[day.change_count++];
    change->event_count = day.fixture.model.event_count;
    CHECK_EQ(log_digest(&day.fixture.log, &change->digest), OK);
}

static void put(uint64_t client, const char *key, uint8_t fill, uint32_t size)
{
    uint8_t value[LOG_VALUE_MAX];
    memset(value, fill, sizeof value);
    confirm(log_put(&day.fixture.log, client, key, (struct span){.bytes = value, .size = size}));
}

static void compact(uint64_t client, uint8_t name, uint64_t upto)
{
    uint8_t id[LOG_ID_BYTES];
    memset(id, name, sizeof id);
    uint8_t state[900];
    memset(state, (int)upto, sizeof state);
    confirm(log_compact(&day.fixture.log, (struct log_client_id){client, id}, upto,
                        (struct span){.bytes = state, .size = sizeof state}));
}

static void remove_log(uint64_t client, uint8_t name)
{
    uint8_t id[LOG_ID_BYTES];
    memset(id, name, sizeof id);
    confirm(log_remove(&day.fixture.log, (struct log_client_id){client, id}));
}

// Typing in two documents, settings, a picture, compaction, removal, a restart in between.
static void script(void)
{
    struct fixture *fixture = &day.fixture;
    for (uint32_t i = 0; i < 12; i++) {
        confirm(fixture_append(fixture, 1, (uint8_t)(1 + i % 2), 40 + i * 7, (uint8_t)i));
    }
    put(1, "a", 1, 10);
    put(2, "b", 2, 2000);
    confirm(fixture_append(fixture, 2, 9, 30000, 0x5a));
    for (uint32_t i = 0; i < 6; i++) {
        confirm(fixture_append(fixture, 1, 1, 300, (uint8_t)(0x40 + i)));
    }
    compact(1, 1, 8);
    confirm(fixture_append(fixture, 1, 1, 50, 0x60));
    remove_log(2, 9);
    put(1, "a", 3, 0);
    confirm(fixture_restart(fixture));
    for (uint32_t i = 0; i < 6; i++) {
        confirm(fixture_append(fixture, 2, (uint8_t)(3 + i), 1500, (uint8_t)i));
    }
    compact(1, 2, 6);
    put(2, "b", 4, 5);
    confirm(fixture_append(fixture, 2, 3, 20000, 0x77));
}

static uint32_t confirmed_at(uint32_t event_count)
{
    uint32_t count = 0;
    while (count < day.change_count && day.changes[count].event_count <= event_count) {
        count++;
    }
    return count;
}

// True if the digest is what was confirmed, or what the change in flight would leave.
static bool allowed(uint32_t event_count, uint64_t digest)
{
    uint32_t count = confirmed_at(event_count);
    bool old = count > 0 && day.changes[count - 1].digest == digest;
    bool next = count < day.change_count && day.changes[count].digest == digest;
    return old || next || (count == 0 && day.changes[0].digest == digest);
}

static bool probe_opens(uint32_t event_count)
{
    uint64_t digest = 0;
    status_t status = fixture_restart(&day.probe);
    if (status == OK) {
        status = log_digest(&day.probe.log, &digest);
    }
    day.states++;
    bool good = status == OK && allowed(event_count, digest);
    day.lost += !good;
    return good;
}

static void sectors_apply(uint8_t *medium, const struct model_event *event, uint32_t count)
{
    memcpy(medium + event->first * DISK_SECTOR_BYTES, event->bytes,
           (size_t)count * DISK_SECTOR_BYTES);
}

// The state recovers with its writes recorded; the power goes again after each of them.
static void cut_again(uint32_t event_count)
{
    struct model *model = &day.probe.model;
    uint8_t *before = malloc(SECTORS * DISK_SECTOR_BYTES);
    memcpy(before, model->bytes, SECTORS * DISK_SECTOR_BYTES);
    model->recording = true;
    probe_opens(event_count);
    model->recording = false;
    struct model_event *events = model->events;
    uint32_t recorded = model->event_count;
    for (uint32_t last = 0; last < recorded; last++) {
        memcpy(model->bytes, before, SECTORS * DISK_SECTOR_BYTES);
        for (uint32_t i = 0; i <= last; i++) {
            if (events[i].count > 0) {
                uint32_t whole = events[i].count;
                sectors_apply(model->bytes, &events[i], i < last ? whole : whole / 2);
            }
        }
        probe_opens(event_count);
    }
    model_forget(model);
    free(before);
}

// SQLite's own view: every page is in its place, every index agrees with its table.
static status_t integrity_check(sqlite3 *database)
{
    sqlite3_stmt *statement = NULL;
    bool good =
        sqlite3_prepare_v2(database, "PRAGMA integrity_check", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW &&
        strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    return good ? OK : ERR_CORRUPT;
}

static void state_check(uint32_t event_count)
{
    uint64_t dice = model_random(&day.seed);
    if (dice % AGAIN_EVERY == 0) {
        cut_again(event_count);
    } else if (probe_opens(event_count) && dice % WRITE_EVERY == 0) {
        status_t status = integrity_check(day.probe.log.database);
        status = status < 0 ? status : fixture_append(&day.probe, 1, 1, 700, 0x11);
        day.lost += status < 0 || fixture_restart(&day.probe) < 0;
    }
}

// Every sector written since the last flush (events from `from` up to `upto`) arrives or not, by a
// coin.
static void state_subset(uint32_t from, uint32_t upto)
{
    uint8_t *medium = day.probe.model.bytes;
    memcpy(medium, day.durable, SECTORS * DISK_SECTOR_BYTES);
    uint64_t bias = model_random(&day.seed) % 3 + 1; // a quarter, half or three quarters arrive
    for (uint32_t i = from; i < upto; i++) {
        const struct model_event *event = &day.fixture.model.events[i];
        for (uint32_t s = 0; s < event->count; s++) {
            if (model_random(&day.seed) % 4 < bias) {
                memcpy(medium + (event->first + s) * DISK_SECTOR_BYTES,
                       event->bytes + (size_t)s * DISK_SECTOR_BYTES, DISK_SECTOR_BYTES);
            }
        }
    }
    state_check(upto);
}

// All before the last arrived, and `count` sectors of the last.
static void state_torn(uint32_t from, uint32_t upto, uint32_t count)
{
    uint8_t *medium = day.probe.model.bytes;
    memcpy(medium, day.durable, SECTORS * DISK_SECTOR_BYTES);
    for (uint32_t i = from; i < upto; i++) {
        const struct model_event *event = &day.fixture.model.events[i];
        sectors_apply(medium, event, i + 1 < upto ? event->count : count);
    }
    state_check(upto);
}

static void day_record(void)
{
    fixture_init(&day.fixture, SECTORS);
    day.fixture.cache_kib = CACHE_KIB;
    day.fixture.model.recording = true;
    confirm(fixture_restart(&day.fixture));
    script();
    day.fixture.model.recording = false;
}

static void cut_everywhere(uint32_t subsets)
{
    struct model *model = &day.fixture.model;
    fixture_init(&day.probe, SECTORS);
    day.durable = calloc(SECTORS, DISK_SECTOR_BYTES);
    uint32_t from = 0; // the first event after the last flush
    for (uint32_t upto = 1; upto <= model->event_count; upto++) {
        const struct model_event *last = &model->events[upto - 1];
        if (last->count > 0) {
            for (uint32_t count = 0; count <= last->count; count++) {
                state_torn(from, upto, count);
            }
            for (uint32_t i = 0; i < subsets; i++) {
                state_subset(from, upto);
            }
            continue;
        }
        for (; from < upto; from++) {
            if (model->events[from].count > 0) {
                sectors_apply(day.durable, &model->events[from], model->events[from].count);
            }
        }
    }
    free(day.durable);
    fixture_finish(&day.probe);
}

static void power_cut_at_every_write_loses_nothing_confirmed(void)
{
    day_record();
    cut_everywhere(getenv("NX_LONG") != NULL ? SUBSETS_LONG : SUBSETS);
    printf("ledger: store.powercut changes=%u writes=%u states=%" PRIu64 " failures=%" PRIu64 "\n",
           day.change_count, day.fixture.model.event_count, day.states, day.lost);
    fixture_finish(&day.fixture);
    CHECK(day.states >= (PLANTED ? 10000 : 20000));
    CHECK_EQ(day.lost > 0, PLANTED);
}

TEST_MAIN(TEST(power_cut_at_every_write_loses_nothing_confirmed))
