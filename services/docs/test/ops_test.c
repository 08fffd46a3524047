// SPDX-License-Identifier: Apache-2.0
// The whole service on the host: clients, methods, library, and the store's protocol over a store
// in memory that can be restarted; two services joined by rings, as mesh would join them.
#include "device.h"

#include "../ops.h"
#include "../store_client.h"

#include "abi/ipc/store.h"
#include "base/math.h"
#include "ipc/host.h"
#include "os/handle.h"
#include "os/host.h"
#include "os/memory.h"
#include "os/signal.h"
#include "os/time.h"

IPC_SERVER(store, STORE_METHODS)

#define BADGE_NOTES ((uint64_t)DOCS_SEES_NOTES << 32 | 7)
#define BADGE_ALL   8u
#define BADGE_MESH  ((uint64_t)(DOCS_SEES_CIRCLE | DOCS_LINKS) << 32 | 9)

// A store service on the memory store.
struct store_service {
    struct ipc_server server;
    handle_t endpoint, signal;
    struct memory_store memory;
    uint8_t *buffer;
};

// One device: its store, its docs.
struct box {
    struct store_service store;
    struct store_client client;
    struct docs docs;
    handle_t endpoint, signal;
    struct device device; // clock and randomness
};

static struct box boxes[2];

static status_t store_attach_do(void *self, struct ipc_request *request,
                                const struct store_attach_req *req, struct store_attach_rep *rep)
{
    struct store_service *store = self;
    void *buffer;
    status_t status = os_memory_map(request->handles[0], 0, req->size_bytes,
                                    PROTECT_READ | PROTECT_WRITE, &buffer);
    if (status == OK)
        store->buffer = buffer;
    return status;
}

static status_t store_append_do(void *self, struct ipc_request *request,
                                const struct store_append_req *req, struct store_append_rep *rep)
{
    struct store_service *store = self;
    if (!store->buffer)
        return ERR_BAD_STATE;
    return memory_store_ops.append(&store->memory, (struct span){store->buffer, req->size_bytes});
}

static status_t store_read_do(void *self, struct ipc_request *request,
                              const struct store_read_req *req, struct store_read_rep *rep)
{
    struct store_service *store = self;
    struct span records;
    if (!store->buffer)
        return ERR_BAD_STATE;
    status_t status = memory_store_ops.read(&store->memory, req->id, req->after, &records);
    if (status == OK && records.size > 0)
        memcpy(store->buffer, records.bytes, records.size);
    rep->size_bytes = (uint32_t)records.size;
    return status;
}

static status_t store_compact_do(void *self, struct ipc_request *request,
                                 const struct store_compact_req *req, struct store_compact_rep *rep)
{
    struct store_service *store = self;
    if (!store->buffer)
        return ERR_BAD_STATE;
    struct span bytes = {store->buffer, req->size_bytes};
    return memory_store_ops.compact(&store->memory, req->id, req->upto, bytes);
}

static status_t store_remove_do(void *self, struct ipc_request *request,
                                const struct store_remove_req *req, struct store_remove_rep *rep)
{
    struct store_service *store = self;
    return store->buffer ? memory_store_ops.remove(&store->memory, req->id) : ERR_BAD_STATE;
}

static const struct store_ops store_ops_table = {.attach = store_attach_do,
                                                 .append = store_append_do,
                                                 .read = store_read_do,
                                                 .compact = store_compact_do,
                                                 .remove = store_remove_do};

static void store_start(struct store_service *store)
{
    struct ipc_service service = IPC_SERVICE(store, &store_ops_table, store);
    service.endpoint = store->endpoint;
    service.signal = store->signal;
    store->buffer = NULL;
    ipc_server_init(&store->server, &service);
}

static void store_restart(struct box *box)
{
    ipc_host_kill(&box->store.server);
    store_start(&box->store);
}

static void docs_start(struct box *box)
{
    const struct library_options options = {.storage = &store_client_ops,
                                            .storage_self = &box->client,
                                            .now_unix_ms = device_now,
                                            .random = device_random_bytes,
                                            .self = &box->device};
    memset(&box->docs, 0, sizeof box->docs);
    CHECK_EQ(store_client_init(&box->client, ipc_host_client(&box->store.server, 3)), OK);
    docs_serve(&box->docs, &options, box->endpoint, box->signal);
}

static void docs_stop(struct box *box)
{
    docs_finish(&box->docs);
    store_client_finish(&box->client);
    ipc_host_kill(&box->docs.server);
}

static void setup(void)
{
    ipc_host_reset();
    for (unsigned i = 0; i < 2; i++) {
        struct box *box = &boxes[i];
        *box = (struct box){.device = {.now_unix_ms = 5000, .random = 77 + i}};
        ipc_host_handles(&box->store.endpoint, &box->store.signal);
        ipc_host_handles(&box->endpoint, &box->signal);
        store_start(&box->store);
        docs_start(box);
    }
}

static void teardown(void)
{
    for (unsigned i = 0; i < 2; i++) {
        docs_stop(&boxes[i]);
        memory_store_finish(&boxes[i].store.memory);
    }
}

static handle_t caller(struct box *box, uint64_t badge)
{
    return ipc_host_client(&box->docs.server, badge);
}

static handle_t create(struct box *box, const char *kind, uint8_t *out_id)
{
    struct docs_create_req request = {0};
    struct docs_create_rep reply;
    struct ipc_extra extra = {0};
    memcpy(request.kind, kind, strlen(kind));
    CHECK_EQ(docs_create(caller(box, BADGE_ALL), &request, &reply, &extra), OK);
    CHECK_EQ(extra.reply_handle_count, 1);
    memcpy(out_id, reply.id, sizeof reply.id);
    return extra.reply_handles[0];
}

// An update that writes `text` into an empty document.
static struct buffer writing(const char *text, uint64_t client)
{
    struct doc *doc = NULL;
    struct buffer update = {0};
    CHECK_EQ(doc_create(&(struct doc_options){.client = client}, &doc), OK);
    CHECK_EQ(doc_begin(doc), OK);
    CHECK_EQ(doc_text_insert(doc_text(doc, "text"), 0, text, strlen(text)), OK);
    CHECK_EQ(doc_commit(doc, &update), OK);
    doc_destroy(doc);
    return update;
}

static status_t apply(handle_t document, const struct buffer *update, uint64_t *out_sequence)
{
    const struct docs_apply_req request = {0};
    struct docs_apply_rep reply = {0};
    struct ipc_extra extra = {.tail = update->bytes, .tail_size = (uint32_t)update->size};
    status_t status = docs_apply(document, &request, &reply, &extra);
    *out_sequence = reply.sequence;
    return status;
}

static status_t write_text(handle_t document, const char *text, uint64_t client)
{
    uint64_t sequence;
    struct buffer update = writing(text, client);
    status_t status = apply(document, &update, &sequence);
    buffer_finish(&update);
    return status;
}

// What the document's text is, through docs_state.
static bool shows(handle_t document, const char *wanted)
{
    struct doc *doc = NULL;
    uint8_t tail[DOCS_INLINE_MAX];
    struct docs_state_rep reply;
    struct ipc_extra extra = {.reply_tail = tail, .reply_tail_max = sizeof tail};
    struct buffer text = {0};
    CHECK_EQ(docs_state(document, &(struct docs_state_req){0}, &reply, &extra), OK);
    CHECK_EQ(doc_create(NULL, &doc), OK);
    CHECK_EQ(doc_apply(doc, tail, extra.reply_tail_size, NULL), OK);
    struct doc_text *root = doc_text(doc, "text");
    CHECK_EQ(doc_text_read(root, 0, doc_text_length(root), &text), OK);
    bool same = text.size == strlen(wanted) &&
                (text.size == 0 || memcmp(text.bytes, wanted, text.size) == 0);
    buffer_finish(&text);
    doc_destroy(doc);
    return same;
}

static void a_document_is_made_written_listed_and_opened(void)
{
    setup();
    uint8_t id[DOCS_ID_BYTES];
    handle_t document = create(&boxes[0], "note", id);
    CHECK_EQ(write_text(document, "Groceries\nmilk", 4), OK);
    CHECK(shows(document, "Groceries\nmilk"));
    struct docs_list_req list = {.kind = "note", .count = 10};
    struct docs_list_rep listed;
    struct docs_row rows[4];
    struct ipc_extra extra = {.reply_tail = rows, .reply_tail_max = sizeof rows};
    CHECK_EQ(docs_list(caller(&boxes[0], BADGE_NOTES), &list, &listed, &extra), OK);
    CHECK(listed.total == 1 && listed.count == 1);
    CHECK_EQ(extra.reply_tail_size, sizeof rows[0]);
    CHECK(strcmp(rows[0].title, "Groceries") == 0 && strcmp(rows[0].preview, "milk") == 0);
    CHECK_EQ(rows[0].modified_unix_ms, 5000);
    struct docs_open_req open;
    struct docs_open_rep opened;
    memcpy(open.id, id, sizeof id);
    extra = (struct ipc_extra){0};
    CHECK_EQ(docs_open(caller(&boxes[0], BADGE_NOTES), &open, &opened, &extra), OK);
    CHECK(shows(extra.reply_handles[0], "Groceries\nmilk"));
    teardown();
}

static void callers_see_their_kinds_alone(void)
{
    setup();
    uint8_t id[DOCS_ID_BYTES];
    handle_t notes = caller(&boxes[0], BADGE_NOTES), circle = create(&boxes[0], "circle", id);
    struct docs_open_req open;
    struct docs_remove_req remove;
    struct docs_list_rep listed;
    struct ipc_extra extra = {0};
    memcpy(open.id, id, sizeof id);
    memcpy(remove.id, id, sizeof id);
    CHECK_EQ(docs_open(notes, &open, &(struct docs_open_rep){0}, &extra), ERR_NOT_FOUND);
    CHECK_EQ(docs_remove(notes, &remove, &(struct docs_remove_rep){0}, NULL), ERR_NOT_FOUND);
    CHECK_EQ(docs_list(notes, &(struct docs_list_req){.kind = "circle"}, &listed, &extra),
             ERR_DENIED);
    CHECK_EQ(docs_list(notes, &(struct docs_list_req){0}, &listed, &extra), ERR_DENIED);
    CHECK_EQ(docs_create(notes, &(struct docs_create_req){.kind = "circle"},
                         &(struct docs_create_rep){0}, &extra),
             ERR_DENIED);
    memcpy(open.id, LIBRARY_INDEX, sizeof id);
    CHECK_EQ(docs_open(caller(&boxes[0], BADGE_ALL), &open, &(struct docs_open_rep){0}, &extra),
             ERR_NOT_FOUND);
    CHECK_EQ(docs_list(circle, &(struct docs_list_req){0}, &listed, &extra), ERR_DENIED);
    CHECK_EQ(docs_state(notes, &(struct docs_state_req){0}, &(struct docs_state_rep){0}, &extra),
             ERR_DENIED);
    extra.handle_count = 2;
    os_memory_create(2 * DOCS_LINK_RING_BYTES, 0, &extra.handles[0]);
    os_signal_create(&extra.handles[1]);
    CHECK_EQ(docs_link(notes, &(struct docs_link_req){0}, &(struct docs_link_rep){0}, &extra),
             ERR_DENIED);
    teardown();
}

static void applied_updates_are_confirmed_once_stored(void)
{
    setup();
    uint8_t id[DOCS_ID_BYTES];
    uint64_t sequence;
    handle_t document = create(&boxes[0], "note", id);
    struct buffer update = writing("text", 9);
    struct docs_confirmed_rep confirmed;
    CHECK_EQ(apply(document, &update, &sequence), OK);
    buffer_finish(&update);
    CHECK_EQ(docs_confirmed(document, &(struct docs_confirmed_req){0}, &confirmed, NULL), OK);
    CHECK(confirmed.sequence < sequence);
    boxes[0].store.memory.failure = ERR_NO_SPACE;
    ipc_host_run_for(100 * OS_MILLISECOND);
    CHECK_EQ(docs_confirmed(document, &(struct docs_confirmed_req){0}, &confirmed, NULL), OK);
    CHECK(confirmed.sequence < sequence && confirmed.error == ERR_NO_SPACE);
    boxes[0].store.memory.failure = OK;
    store_restart(&boxes[0]);
    ipc_host_run_for(OS_SECOND);
    CHECK_EQ(docs_confirmed(document, &(struct docs_confirmed_req){0}, &confirmed, NULL), OK);
    CHECK(confirmed.sequence == sequence && confirmed.error == OK);
    teardown();
}

static void handles_survive_a_restart_of_the_service(void)
{
    setup();
    uint8_t id[DOCS_ID_BYTES];
    handle_t document = create(&boxes[0], "note", id);
    CHECK_EQ(write_text(document, "kept", 11), OK);
    ipc_host_run_for(100 * OS_MILLISECOND);
    docs_stop(&boxes[0]);
    docs_start(&boxes[0]);
    CHECK(shows(document, "kept"));
    teardown();
}

static void bad_and_large_updates_are_refused(void)
{
    setup();
    uint8_t id[DOCS_ID_BYTES];
    uint64_t sequence;
    handle_t document = create(&boxes[0], "note", id);
    struct buffer bad = {0};
    buffer_bytes(&bad, "\x01\x01\x01", 3);
    CHECK_EQ(apply(document, &bad, &sequence), ERR_BAD_MESSAGE);
    buffer_finish(&bad);
    struct docs_apply_rep reply;
    struct ipc_extra extra = {0};
    CHECK_EQ(docs_apply(document, &(struct docs_apply_req){.size_bytes = 5}, &reply, &extra),
             ERR_INVALID);
    extra.handle_count = 1;
    CHECK_EQ(os_memory_create(4096, 0, &extra.handles[0]), OK);
    CHECK_EQ(docs_apply(document, &(struct docs_apply_req){.size_bytes = 5000}, &reply, &extra),
             ERR_INVALID);
    CHECK_EQ(os_memory_create(4096, 0, &extra.handles[0]), OK);
    CHECK_EQ(docs_apply(document, &(struct docs_apply_req){.size_bytes = DOCS_UPDATE_MAX + 1},
                        &reply, &extra),
             ERR_TOO_LARGE);
    CHECK(shows(document, ""));
    teardown();
}

static void large_updates_and_states_travel_in_memories(void)
{
    setup();
    uint8_t id[DOCS_ID_BYTES];
    handle_t document = create(&boxes[0], "note", id), memory;
    static char text[50001];
    void *bytes;
    memset(text, 'x', sizeof text - 1);
    struct buffer update = writing(text, 12);
    CHECK_EQ(os_memory_allocate(update.size, 0, &memory, &bytes), OK);
    memcpy(bytes, update.bytes, update.size);
    struct ipc_extra extra = {.handle_count = 1};
    struct docs_apply_rep applied;
    CHECK_EQ(os_memory_share(memory, PROTECT_READ, &extra.handles[0]), OK);
    CHECK_EQ(
        docs_apply(document, &(struct docs_apply_req){.size_bytes = update.size}, &applied, &extra),
        OK);
    struct docs_state_rep state;
    extra = (struct ipc_extra){0};
    CHECK_EQ(docs_state(document, &(struct docs_state_req){0}, &state, &extra), OK);
    CHECK_EQ(extra.reply_handle_count, 1);
    CHECK_EQ(state.size_bytes, update.size);
    CHECK_EQ(os_memory_map(extra.reply_handles[0], 0, align_up(state.size_bytes, PAGE_SIZE),
                           PROTECT_READ, &bytes),
             OK);
    CHECK_BYTES(bytes, update.bytes, update.size);
    buffer_finish(&update);
    teardown();
}

// A client that looks at a document.
struct viewer {
    struct ring ring;
    handle_t signal;
};

static void view(struct viewer *viewer, handle_t document)
{
    handle_t memory;
    void *bytes;
    struct ipc_extra extra = {.handle_count = 2};
    CHECK_EQ(os_memory_allocate(DOCS_RING_BYTES, 0, &memory, &bytes), OK);
    CHECK_EQ(ring_create(&viewer->ring, bytes, DOCS_RING_BYTES, RING_CONSUMER), OK);
    CHECK(ring_sleep(&viewer->ring, 0));
    CHECK_EQ(os_signal_create(&viewer->signal), OK);
    CHECK_EQ(os_memory_share(memory, PROTECT_READ | PROTECT_WRITE, &extra.handles[0]), OK);
    CHECK_EQ(
        os_handle_duplicate(viewer->signal, RIGHT_RAISE | RIGHT_TRANSFER, 0, &extra.handles[1]),
        OK);
    const struct docs_subscribe_req request = {.update_bits = 4};
    CHECK_EQ(docs_subscribe(document, &request, &(struct docs_subscribe_rep){0}, &extra), OK);
}

static void subscribers_get_updates_and_learn_that_they_missed_some(void)
{
    setup();
    uint8_t id[DOCS_ID_BYTES], record[DOCS_RING_BYTES];
    struct viewer viewer;
    handle_t document = create(&boxes[0], "note", id);
    view(&viewer, document);
    CHECK_EQ(write_text(document, "hello", 13), OK);
    CHECK_EQ(os_host_signal_take(viewer.signal), 4);
    CHECK(ring_pop(&viewer.ring, record, sizeof record) > 0);
    CHECK_EQ(ring_pop(&viewer.ring, record, sizeof record), ERR_AGAIN);
    static char text[3001];
    memset(text, 'y', sizeof text - 1);
    for (uint64_t i = 0; i < 40; i++)
        CHECK_EQ(write_text(document, text, 100 + i), OK);
    status_t size, smallest = 1;
    while ((size = ring_pop(&viewer.ring, record, sizeof record)) >= 0)
        smallest = size < smallest ? size : smallest;
    CHECK_EQ(write_text(document, "z", 200), OK);
    while ((size = ring_pop(&viewer.ring, record, sizeof record)) >= 0)
        smallest = size < smallest ? size : smallest;
    CHECK_EQ(smallest, 0);
    os_handle_close(document);
    ipc_host_run();
    CHECK_EQ(boxes[0].docs.views.subscribers[0].badge, 0);
    teardown();
}

static void watchers_are_told_of_changes(void)
{
    setup();
    uint8_t id[DOCS_ID_BYTES];
    handle_t signal, root = caller(&boxes[0], BADGE_NOTES);
    struct ipc_extra extra = {.handle_count = 1};
    CHECK_EQ(os_signal_create(&signal), OK);
    CHECK_EQ(os_handle_duplicate(signal, RIGHT_RAISE | RIGHT_TRANSFER, 0, &extra.handles[0]), OK);
    CHECK_EQ(docs_watch(root, &(struct docs_watch_req){2}, &(struct docs_watch_rep){0}, &extra),
             OK);
    CHECK_EQ(os_host_signal_take(signal), 0);
    handle_t document = create(&boxes[0], "note", id);
    CHECK_EQ(os_host_signal_take(signal), 2);
    CHECK_EQ(write_text(document, "t", 5), OK);
    CHECK_EQ(os_host_signal_take(signal), 2);
    struct docs_remove_req remove;
    memcpy(remove.id, id, sizeof id);
    CHECK_EQ(docs_remove(root, &remove, &(struct docs_remove_rep){0}, NULL), OK);
    CHECK_EQ(os_host_signal_take(signal), 2);
    CHECK_EQ(write_text(document, "gone", 6), ERR_NOT_FOUND);
    teardown();
}

// mesh's end of a link to one box.
struct carrier {
    struct ring to, from;
    handle_t link, signal, docs_signal;
    uint64_t kick_bits;
};

static void carrier_open(struct carrier *carrier, struct box *box)
{
    handle_t memory;
    void *bytes;
    struct ipc_extra extra = {.handle_count = 2};
    struct docs_link_rep reply;
    CHECK_EQ(os_memory_allocate(2 * DOCS_LINK_RING_BYTES, 0, &memory, &bytes), OK);
    CHECK_EQ(ring_create(&carrier->to, bytes, DOCS_LINK_RING_BYTES, RING_PRODUCER), OK);
    CHECK_EQ(ring_create(&carrier->from, (uint8_t *)bytes + DOCS_LINK_RING_BYTES,
                         DOCS_LINK_RING_BYTES, RING_CONSUMER),
             OK);
    CHECK_EQ(os_signal_create(&carrier->signal), OK);
    CHECK_EQ(os_memory_share(memory, PROTECT_READ | PROTECT_WRITE, &extra.handles[0]), OK);
    CHECK_EQ(
        os_handle_duplicate(carrier->signal, RIGHT_RAISE | RIGHT_TRANSFER, 0, &extra.handles[1]),
        OK);
    const struct docs_link_req request = {.receive_bits = 1, .space_bits = 2};
    CHECK_EQ(docs_link(caller(box, BADGE_MESH), &request, &reply, &extra), OK);
    CHECK_EQ(extra.reply_handle_count, 2);
    carrier->link = extra.reply_handles[0];
    carrier->docs_signal = extra.reply_handles[1];
    carrier->kick_bits = reply.kick_bits;
}

// Moves records from one device to the other; true if any moved.
static bool ferry(struct carrier *from, struct carrier *to)
{
    static uint8_t record[DOCS_LINK_RING_BYTES];
    bool moved = false;
    status_t size;
    while ((size = ring_pop(&from->from, record, sizeof record)) >= 0) {
        CHECK(size > 0);
        CHECK_EQ(ring_push(&to->to, record, (uint32_t)size), OK);
        moved = true;
    }
    (void)ring_should_wake(&from->from);
    CHECK_EQ(os_signal_raise(to->docs_signal, to->kick_bits), OK);
    ipc_host_run();
    return moved;
}

static void two_devices_share_their_documents(void)
{
    setup();
    struct carrier left, right;
    uint8_t id[DOCS_ID_BYTES];
    handle_t document = create(&boxes[0], "note", id);
    CHECK_EQ(write_text(document, "from the phone", 21), OK);
    carrier_open(&left, &boxes[0]);
    carrier_open(&right, &boxes[1]);
    for (int i = 0; i < 100; i++)
        if (!(ferry(&left, &right) | ferry(&right, &left)))
            break;
    struct docs_open_req open;
    struct ipc_extra extra = {0};
    memcpy(open.id, id, sizeof id);
    CHECK_EQ(docs_open(caller(&boxes[1], BADGE_NOTES), &open, &(struct docs_open_rep){0}, &extra),
             OK);
    CHECK(shows(extra.reply_handles[0], "from the phone"));
    CHECK_EQ(write_text(extra.reply_handles[0], "from the desktop, ", 20), OK);
    for (int i = 0; i < 100; i++)
        if (!(ferry(&left, &right) | ferry(&right, &left)))
            break;
    CHECK(shows(document, "from the desktop, from the phone"));
    os_handle_close(left.link);
    ipc_host_run();
    CHECK_EQ(boxes[0].docs.peers.peers[0].badge, 0);
    teardown();
}

static void a_hostile_peer_loses_its_link_alone(void)
{
    setup();
    struct carrier carrier;
    uint8_t id[DOCS_ID_BYTES], record[DOCS_LINK_RING_BYTES];
    handle_t document = create(&boxes[0], "note", id);
    carrier_open(&carrier, &boxes[0]);
    while (ring_pop(&carrier.from, record, sizeof record) >= 0)
        ;
    CHECK_EQ(ring_push(&carrier.to, "\x05hello", 6), OK);
    CHECK_EQ(os_signal_raise(carrier.docs_signal, carrier.kick_bits), OK);
    ipc_host_run();
    CHECK_EQ(ring_pop(&carrier.from, record, sizeof record), 0); // docs ended it
    CHECK_EQ(write_text(document, "still here", 30), OK);
    CHECK(shows(document, "still here"));
    teardown();
}

static void a_store_that_cannot_be_read_is_asked_again(void)
{
    setup();
    docs_stop(&boxes[0]);
    ipc_host_kill(&boxes[0].store.server);
    docs_start(&boxes[0]);
    struct docs_create_req request = {.kind = "note"};
    struct docs_create_rep reply;
    struct ipc_extra extra = {0};
    CHECK(docs_create(caller(&boxes[0], BADGE_ALL), &request, &reply, &extra) < 0);
    store_start(&boxes[0].store);
    ipc_host_run_for(2 * OS_SECOND);
    CHECK_EQ(docs_create(caller(&boxes[0], BADGE_ALL), &request, &reply, &extra), OK);
    teardown();
}

TEST_MAIN(TEST(a_document_is_made_written_listed_and_opened), TEST(callers_see_their_kinds_alone),
          TEST(applied_updates_are_confirmed_once_stored),
          TEST(handles_survive_a_restart_of_the_service), TEST(bad_and_large_updates_are_refused),
          TEST(large_updates_and_states_travel_in_memories),
          TEST(subscribers_get_updates_and_learn_that_they_missed_some),
          TEST(watchers_are_told_of_changes), TEST(two_devices_share_their_documents),
          TEST(a_hostile_peer_loses_its_link_alone),
          TEST(a_store_that_cannot_be_read_is_asked_again))
