// SPDX-License-Identifier: Apache-2.0
// The whole service on the host: clients, methods, log, disk and the block driver's protocol, with
// a driver that is killed, loses requests and reports errors.
#include "blocks.h"
#include "model.h"
#include "ops.h"

#include "abi/ipc/block.h"
#include "base/test.h"
#include "ipc/host.h"
#include "os/handle.h"
#include "os/host.h"
#include "os/memory.h"
#include "os/time.h"

IPC_SERVER(block, BLOCK_METHODS)

#define SECTORS 4096u
#define BADGE_A (5ull << 32 | 3)
#define BADGE_B (6ull << 32 | 4)
#define BUFFER  65536u

// A block driver on the model: what abi/ipc/block.h says, no more.
struct driver {
    struct ipc_server server;
    handle_t endpoint, signal;
    struct model *model;
    uint8_t *buffer;
    uint32_t attached;
};

static struct model model;
static struct driver driver;
static struct blocks blocks;
static struct disk disk;
static struct store store;
static handle_t store_endpoint, store_signal;

static status_t driver_info(void *self, struct ipc_request *request,
                            const struct block_info_req *req, struct block_info_rep *rep)
{
    struct driver *it = self;
    rep->sector_count = it->model->sector_count;
    rep->sector_bytes = BLOCK_SECTOR_BYTES;
    return OK;
}

static status_t driver_attach(void *self, struct ipc_request *request,
                              const struct block_attach_req *req, struct block_attach_rep *rep)
{
    struct driver *it = self;
    void *buffer;
    status_t status = os_memory_map(request->handles[0], 0, req->size_bytes,
                                    PROTECT_READ | PROTECT_WRITE, &buffer);
    if (status == OK) {
        it->buffer = buffer;
        it->attached++;
    }
    return status;
}

static status_t driver_move(struct driver *it, const struct block_transfer_req *transfer,
                            bool write)
{
    struct disk_device device = model_device(it->model, 0);
    if (it->buffer == NULL) {
        return ERR_BAD_STATE;
    }
    uint8_t *bytes = it->buffer + transfer->offset_bytes;
    return write ? device.write(it->model, transfer->first, transfer->count, bytes)
                 : device.read(it->model, transfer->first, transfer->count, bytes);
}

static status_t driver_read(void *self, struct ipc_request *request,
                            const struct block_read_req *req, struct block_read_rep *rep)
{
    return driver_move(self, &req->transfer, false);
}

static status_t driver_write(void *self, struct ipc_request *request,
                             const struct block_write_req *req, struct block_write_rep *rep)
{
    return driver_move(self, &req->transfer, true);
}

static status_t driver_flush(void *self, struct ipc_request *request,
                             const struct block_flush_req *req, struct block_flush_rep *rep)
{
    struct driver *it = self;
    return it->buffer == NULL ? ERR_BAD_STATE : model_device(it->model, 0).flush(it->model);
}

static const struct block_ops driver_ops = {.info = driver_info,
                                            .attach = driver_attach,
                                            .read = driver_read,
                                            .write = driver_write,
                                            .flush = driver_flush};

static void driver_start(void)
{
    struct ipc_service service = IPC_SERVICE(block, &driver_ops, &driver);
    service.endpoint = driver.endpoint;
    service.signal = driver.signal;
    driver.buffer = NULL;
    ipc_server_init(&driver.server, &service);
}

static void driver_restart(void)
{
    ipc_host_kill(&driver.server);
    driver_start();
}

static void store_start(void)
{
    memset(&store, 0, sizeof store);
    CHECK_EQ(blocks_init(&blocks, ipc_host_client(&driver.server, 9)), OK);
    struct disk_device device = blocks_device(&blocks, os_clock());
    store.refused = disk_mount(&disk, &device);
    if (store.refused == OK) {
        log_open(&store.log, &disk, &(struct log_options){0});
    }
    store_serve(&store, store_endpoint, store_signal);
}

static void store_stop(void)
{
    ipc_host_kill(&store.server);
    log_close(&store.log);
    disk_unmount(&disk);
    blocks_finish(&blocks);
}

static void setup(void)
{
    ipc_host_reset();
    model_init(&model, SECTORS);
    driver = (struct driver){.model = &model};
    ipc_host_handles(&driver.endpoint, &driver.signal);
    ipc_host_handles(&store_endpoint, &store_signal);
    driver_start();
    store_start();
}

static void teardown(void)
{
    store_stop();
    model_finish(&model);
}

struct client {
    handle_t store, memory;
    uint8_t *buffer;
};

static status_t client_attach(struct client *client)
{
    struct ipc_extra extra = {.handle_count = 1};
    CHECK_EQ(os_memory_share(client->memory, PROTECT_READ | PROTECT_WRITE, &extra.handles[0]), OK);
    struct store_attach_rep rep;
    return store_attach(client->store, &(struct store_attach_req){BUFFER}, &rep, &extra);
}

static struct client client_new(uint64_t badge)
{
    struct client client = {.store = ipc_host_client(&store.server, badge)};
    void *buffer;
    CHECK_EQ(os_memory_allocate(BUFFER, 0, &client.memory, &buffer), OK);
    client.buffer = buffer;
    return client;
}

static status_t client_append(struct client *client, uint8_t name, const char *text,
                              uint64_t *out_last)
{
    uint32_t size = (uint32_t)strlen(text);
    memset(client->buffer, name, STORE_ID_BYTES);
    struct writer writer = writer_of(client->buffer + STORE_ID_BYTES, 4);
    writer_le32(&writer, size);
    memcpy(client->buffer + STORE_ID_BYTES + 4, text, size);
    struct store_append_req req = {.size_bytes = STORE_ID_BYTES + 4 + size};
    struct store_append_rep rep = {0};
    status_t status = store_append(client->store, &req, &rep, NULL);
    *out_last = rep.last;
    return status;
}

static uint32_t client_count(struct client *client, uint8_t name)
{
    struct store_read_req req = {.after = 0};
    memset(req.id, name, sizeof req.id);
    struct store_read_rep rep = {0};
    CHECK_EQ(store_read(client->store, &req, &rep, NULL), OK);
    return rep.record_count;
}

static void a_client_appends_and_reads_its_own(void)
{
    setup();
    struct client a = client_new(BADGE_A);
    struct client b = client_new(BADGE_B);
    uint64_t last = 0;
    CHECK_EQ(client_append(&a, 1, "one", &last), ERR_BAD_STATE);
    CHECK_EQ(client_attach(&a), OK);
    CHECK_EQ(client_attach(&b), OK);
    CHECK_EQ(client_append(&a, 1, "one", &last), OK);
    CHECK_EQ(last, 1);
    CHECK_EQ(client_append(&a, 1, "two", &last), OK);
    CHECK_EQ(last, 2);
    CHECK_EQ(client_count(&a, 1), 2);
    CHECK_BYTES(a.buffer + 12, "one", 3);
    CHECK_EQ(client_count(&b, 1), 0);
    struct store_list_rep list = {0};
    CHECK_EQ(store_list(a.store, &(struct store_list_req){{0}}, &list, NULL), OK);
    CHECK_EQ(list.count, 1);
    teardown();
}

static void a_space_belongs_to_the_restriction_not_the_row(void)
{
    setup();
    struct client a = client_new(BADGE_A);
    uint64_t last;
    CHECK_EQ(client_attach(&a), OK);
    CHECK_EQ(client_append(&a, 1, "one", &last), OK);
    struct client moved = client_new(BADGE_A + 1); // the same manifest in another image
    CHECK_EQ(client_attach(&moved), OK);
    CHECK_EQ(client_count(&moved, 1), 1);
    struct client bare = client_new(5); // no restriction: a space of its own
    CHECK_EQ(client_attach(&bare), OK);
    CHECK_EQ(client_count(&bare, 1), 0);
    teardown();
}

static void values_travel_in_tails(void)
{
    setup();
    struct client a = client_new(BADGE_A);
    CHECK_EQ(client_attach(&a), OK);
    struct store_put_req put = {.key = "theme"};
    struct store_put_rep put_rep;
    struct ipc_extra extra = {.tail = "dark", .tail_size = 4};
    CHECK_EQ(store_put(a.store, &put, &put_rep, &extra), OK);
    char value[STORE_VALUE_MAX];
    struct store_get_req get = {.key = "theme"};
    struct store_get_rep get_rep;
    extra = (struct ipc_extra){.reply_tail = value, .reply_tail_max = sizeof value};
    CHECK_EQ(store_get(a.store, &get, &get_rep, &extra), OK);
    CHECK_EQ(extra.reply_tail_size, 4);
    CHECK_BYTES(value, "dark", 4);
    memset(get.key, 'x', sizeof get.key); // no end
    CHECK_EQ(store_get(a.store, &get, &get_rep, &extra), ERR_INVALID);
    memset(put.key, 'x', sizeof put.key);
    CHECK_EQ(store_put(a.store, &put, &put_rep, NULL), ERR_INVALID);
    teardown();
}

static void sizes_beyond_the_buffer_are_refused(void)
{
    setup();
    struct client a = client_new(BADGE_A);
    CHECK_EQ(client_attach(&a), OK);
    struct store_append_rep append_rep;
    struct store_append_req append = {.size_bytes = BUFFER + 1};
    CHECK_EQ(store_append(a.store, &append, &append_rep, NULL), ERR_INVALID);
    struct store_compact_rep compact_rep;
    struct store_compact_req compact = {.upto = 1, .size_bytes = UINT32_MAX};
    CHECK_EQ(store_compact(a.store, &compact, &compact_rep, NULL), ERR_INVALID);
    struct store_attach_rep attach_rep;
    static const uint64_t sizes[] = {0, 100, BUFFER + 4096, STORE_BUFFER_MAX + 4096ull, UINT64_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct ipc_extra extra = {.handle_count = 1};
        os_memory_share(a.memory, PROTECT_READ | PROTECT_WRITE, &extra.handles[0]);
        CHECK_EQ(store_attach(a.store, &(struct store_attach_req){sizes[i]}, &attach_rep, &extra),
                 ERR_INVALID);
    }
    CHECK_EQ(store_attach(a.store, &(struct store_attach_req){BUFFER}, &attach_rep, NULL),
             ERR_INVALID);
    uint64_t last;
    CHECK_EQ(client_append(&a, 1, "still", &last), OK);
    teardown();
}

static void sessions_end_with_their_client_and_leak_nothing(void)
{
    setup();
    uint32_t before = os_host_handle_count();
    for (uint64_t i = 0; i < 3 * STORE_SESSIONS_MAX; i++) {
        struct client client = client_new(7ull << 32 | (i + 1));
        CHECK_EQ(client_attach(&client), OK);
        CHECK_EQ(client_attach(&client), OK); // again: replaces
        os_handle_close(client.store);
        os_memory_unmap(client.buffer, BUFFER);
        os_handle_close(client.memory);
        ipc_host_run();
    }
    CHECK_EQ(os_host_handle_count(), before);
    struct client clients[STORE_SESSIONS_MAX + 1];
    for (uint64_t i = 0; i <= STORE_SESSIONS_MAX; i++) {
        clients[i] = client_new(i + 1);
        CHECK_EQ(client_attach(&clients[i]), i < STORE_SESSIONS_MAX ? OK : ERR_FULL);
    }
    teardown();
}

static void killing_the_block_driver_is_not_noticed(void)
{
    setup();
    struct client a = client_new(BADGE_A);
    uint64_t last;
    CHECK_EQ(client_attach(&a), OK);
    for (uint32_t i = 0; i < 60; i++) {
        if (i % 3 == 0) {
            driver_restart();
        } else if (i % 3 == 1) {
            ipc_host_lose(&driver.server, 1 + i % 2);
        }
        CHECK_EQ(client_append(&a, 1, "key", &last), OK);
        CHECK_EQ(last, i + 1);
    }
    CHECK(driver.attached >= 20);
    CHECK_EQ(client_count(&a, 1), 60);
    teardown();
}

static void a_restarted_store_asks_for_a_new_session(void)
{
    setup();
    struct client a = client_new(BADGE_A);
    uint64_t last;
    CHECK_EQ(client_attach(&a), OK);
    CHECK_EQ(client_append(&a, 1, "before", &last), OK);
    store_stop();
    store_start();
    CHECK_EQ(client_append(&a, 1, "after", &last), ERR_BAD_STATE);
    struct store_status_rep status;
    CHECK_EQ(store_status(a.store, &(struct store_status_req){0}, &status, NULL), ERR_BAD_STATE);
    CHECK_EQ(client_attach(&a), OK);
    CHECK_EQ(client_append(&a, 1, "after", &last), OK);
    CHECK_EQ(last, 2);
    teardown();
}

static void device_errors_reach_the_client_and_pass(void)
{
    setup();
    struct client a = client_new(BADGE_A);
    uint64_t last;
    CHECK_EQ(client_attach(&a), OK);
    CHECK_EQ(client_append(&a, 1, "one", &last), OK);
    model.fail_from = 1;
    model.fail_upto = UINT64_MAX;
    CHECK_EQ(client_append(&a, 1, "two", &last), ERR_IO);
    model.fail_from = 0;
    CHECK_EQ(client_append(&a, 1, "two", &last), OK);
    CHECK_EQ(client_count(&a, 1), (uint32_t)last);
    struct store_status_rep status;
    CHECK_EQ(store_status(a.store, &(struct store_status_req){0}, &status, NULL), OK);
    CHECK_EQ(status.healthy, 1);
    CHECK(status.used_bytes > 0 && status.free_bytes > 0);
    teardown();
}

static void a_foreign_disk_is_told_and_left_alone(void)
{
    setup();
    store_stop();
    memset(model.bytes, 0, SECTORS * DISK_SECTOR_BYTES);
    model.bytes[1080] = 0x53; // as ext4 marks its superblock
    store_start();
    struct client a = client_new(BADGE_A);
    uint64_t last;
    CHECK_EQ(client_append(&a, 1, "one", &last), ERR_BAD_STATE);
    CHECK_EQ(client_attach(&a), OK);
    CHECK_EQ(client_append(&a, 1, "one", &last), ERR_EXISTS);
    struct store_status_rep status;
    CHECK_EQ(store_status(a.store, &(struct store_status_req){0}, &status, NULL), OK);
    CHECK_EQ(status.healthy, 0);
    CHECK_EQ(status.reason, ERR_EXISTS);
    CHECK_EQ(model.bytes[0], 0);
    teardown();
}

static void idle_time_frees_what_compaction_left(void)
{
    setup();
    struct client a = client_new(BADGE_A);
    uint64_t last;
    CHECK_EQ(client_attach(&a), OK);
    char text[3001];
    memset(text, 'x', 3000);
    text[3000] = '\0';
    for (uint32_t i = 0; i < 150; i++) {
        CHECK_EQ(client_append(&a, 1, text, &last), OK);
    }
    struct store_status_rep before;
    struct store_status_rep after;
    store_status(a.store, &(struct store_status_req){0}, &before, NULL);
    struct store_compact_req req = {.upto = last, .size_bytes = 10};
    memset(req.id, 1, sizeof req.id);
    struct store_compact_rep rep;
    CHECK_EQ(store_compact(a.store, &req, &rep, NULL), OK);
    ipc_host_run_for(60 * OS_SECOND);
    store_status(a.store, &(struct store_status_req){0}, &after, NULL);
    CHECK(after.used_bytes + 400000 < before.used_bytes);
    CHECK(!store.sweep.armed);
    teardown();
}

TEST_MAIN(TEST(a_client_appends_and_reads_its_own),
          TEST(a_space_belongs_to_the_restriction_not_the_row), TEST(values_travel_in_tails),
          TEST(sizes_beyond_the_buffer_are_refused),
          TEST(sessions_end_with_their_client_and_leak_nothing),
          TEST(killing_the_block_driver_is_not_noticed),
          TEST(a_restarted_store_asks_for_a_new_session),
          TEST(device_errors_reach_the_client_and_pass),
          TEST(a_foreign_disk_is_told_and_left_alone), TEST(idle_time_frees_what_compaction_left))
