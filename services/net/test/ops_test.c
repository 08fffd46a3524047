// SPDX-License-Identifier: Apache-2.0
// The service's methods from a client's side: a device that talks to itself over 127.0.0.1, with a
// network driver that takes frames, dies and comes back.
#include "wire.h"

#include "base/test.h"
#include "ipc/host.h"
#include "os/handle.h"
#include "os/host.h"
#include "os/memory.h"
#include "os/signal.h"
#include "os/time.h"

#include <sys/wait.h>
#include <unistd.h>

#define BOTH_RINGS  (2 * NET_RING_BYTES)
#define READ_BITS   1u
#define WRITE_BITS  2u
#define ACCEPT_BITS 4u
#define CHANGE_BITS 8u
#define WAIT_NS     (20 * OS_SECOND)

IPC_SERVER(netdev, NETDEV_METHODS)

// A driver that counts frames and answers nothing.
struct driver {
    struct ipc_server server;
    handle_t endpoint, signal;
    uint8_t *bytes;
    struct ring receive, transmit;
    uint64_t frames, attached, transmit_bits, receive_bits;
    uint64_t takes; // how often it was woken
    handle_t client;
};

static struct driver driver;
static struct net net;
static struct wire wire;
static handle_t net_endpoint, net_signal;

static status_t driver_info(void *self, struct ipc_request *request,
                            const struct netdev_info_req *req, struct netdev_info_rep *rep)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    memcpy(rep->mac, mac, 6);
    rep->link_up = 1;
    rep->mtu = 1500;
    return OK;
}

static void driver_take(void *self, uint64_t bits)
{
    struct driver *it = self;
    uint8_t frame[NETDEV_FRAME_MAX];
    it->takes++;
    do {
        while (it->bytes != NULL && ring_pop(&it->transmit, frame, sizeof frame) > 0) {
            it->frames++;
        }
    } while (it->bytes != NULL && !ring_sleep(&it->transmit, 0));
    if (it->bytes != NULL &&
        ring_should_wake(&it->receive)) { // asks without having pushed, as a driver may
        os_signal_raise(it->client, it->receive_bits);
    }
}

static status_t driver_attach(void *self, struct ipc_request *request,
                              const struct netdev_attach_req *req, struct netdev_attach_rep *rep)
{
    struct driver *it = self;
    void *bytes;
    CHECK_EQ(request->handle_count, 2);
    CHECK_EQ(
        os_memory_map(request->handles[0], 0, BOTH_RINGS, PROTECT_READ | PROTECT_WRITE, &bytes),
        OK);
    it->bytes = bytes;
    it->attached++;
    CHECK_EQ(
        ring_open(&it->transmit, it->bytes + NETDEV_RING_BYTES, NETDEV_RING_BYTES, RING_CONSUMER),
        OK);
    CHECK_EQ(ring_open(&it->receive, it->bytes, NETDEV_RING_BYTES, RING_PRODUCER), OK);
    ring_sleep(&it->transmit, 0);
    it->receive_bits = req->receive_bits;
    it->client = request->handles[1];
    request->handles[1] = HANDLE_NONE;
    rep->transmit_bits = it->transmit_bits;
    request->reply_handle_count = 1;
    return ipc_server_signal(&it->server, it->transmit_bits, &request->reply_handles[0]);
}

static const struct netdev_ops driver_ops = {.info = driver_info, .attach = driver_attach};

static void driver_start(void)
{
    struct ipc_service service = IPC_SERVICE(netdev, &driver_ops, &driver);
    service.endpoint = driver.endpoint;
    service.signal = driver.signal;
    driver.bytes = NULL;
    ipc_server_init(&driver.server, &service);
    driver.transmit_bits = ipc_server_bit(&driver.server, driver_take, &driver);
}

static uint64_t test_now(void *self)
{
    return os_clock();
}

static uint32_t test_random(void *self)
{
    static uint32_t state = 1;
    return state = state * 1664525u + 1013904223u;
}

static void setup(void)
{
    ipc_host_reset();
    ipc_host_handles(&driver.endpoint, &driver.signal);
    ipc_host_handles(&net_endpoint, &net_signal);
    driver_start();
    uint8_t mac[6];
    os_host_start_entry("netdev", ipc_host_client(&driver.server, 3), 0);
    CHECK_EQ(wire_init(&wire, ipc_host_client(&driver.server, 3), mac), OK);
    struct stack_outside outside = {
        .self = &wire, .send = wire_send, .now_ns = test_now, .random = test_random};
    net_serve_on(&net, &outside, mac, (struct net_handles){net_endpoint, net_signal});
    wire_start(&wire, &net);
}

// A client's socket.
struct end {
    handle_t memory, signal, socket, kick;
    uint64_t kick_bits;
    uint8_t *bytes;
    struct ring read, write;
};

static void end_prepare(struct end *end, struct ipc_extra *extra)
{
    *end = (struct end){0};
    void *bytes;
    CHECK_EQ(os_memory_allocate(BOTH_RINGS, 0, &end->memory, &bytes), OK);
    CHECK_EQ(os_signal_create(&end->signal), OK);
    end->bytes = bytes;
    ring_create(&end->read, end->bytes, NET_RING_BYTES, RING_CONSUMER);
    ring_create(&end->write, end->bytes + NET_RING_BYTES, NET_RING_BYTES, RING_PRODUCER);
    *extra = (struct ipc_extra){.handle_count = 2};
    os_memory_share(end->memory, PROTECT_READ | PROTECT_WRITE, &extra->handles[0]);
    os_handle_duplicate(end->signal, RIGHT_RAISE | RIGHT_TRANSFER, 0, &extra->handles[1]);
}

static void end_finish(struct end *end)
{
    os_handle_close(end->socket);
    os_handle_close(end->kick);
    os_memory_unmap(end->bytes, BOTH_RINGS);
    os_handle_close(end->memory);
    os_handle_close(end->signal);
    *end = (struct end){0};
}

static void end_write(struct end *end, const void *bytes, uint32_t size)
{
    CHECK_EQ(ring_push(&end->write, bytes, size), OK);
    if (ring_should_wake(&end->write)) {
        os_signal_raise(end->kick, end->kick_bits);
    }
}

// Waits for the next record in virtual time.
static status_t end_read(struct end *end, void *bytes, uint32_t size_max)
{
    for (;;) {
        status_t size = ring_pop(&end->read, bytes, size_max);
        if (size != ERR_AGAIN) {
            if (ring_should_wake(&end->read)) {
                os_signal_raise(end->kick, end->kick_bits);
            }
            return size;
        }
        uint64_t bits;
        if (ring_sleep(&end->read, 0) &&
            os_signal_wait(end->signal, READ_BITS, os_deadline(WAIT_NS), &bits) < 0) {
            return ERR_TIMEOUT;
        }
    }
}

static const struct net_address localhost = {.family = 4, .port = 700, .bytes = {127, 0, 0, 1}};
static const struct net_bits bits_wanted = {.read_bits = READ_BITS, .write_bits = WRITE_BITS};

static status_t end_connect(struct end *end, handle_t service, struct net_address to)
{
    struct ipc_extra extra;
    end_prepare(end, &extra);
    struct net_connect_rep rep = {0};
    status_t status = net_connect(service, &(struct net_connect_req){.to = to, .bits = bits_wanted},
                                  &rep, &extra);
    end->socket = extra.reply_handles[0];
    end->kick = extra.reply_handles[1];
    end->kick_bits = rep.kick_bits;
    return status;
}

static status_t end_accept(struct end *end, handle_t listener)
{
    struct ipc_extra extra;
    end_prepare(end, &extra);
    struct net_accept_rep rep = {0};
    status_t status =
        net_accept(listener, &(struct net_accept_req){.bits = bits_wanted}, &rep, &extra);
    end->socket = extra.reply_handles[0];
    end->kick = extra.reply_handles[1];
    end->kick_bits = rep.kick_bits;
    return status;
}

static status_t listen_on(handle_t service, uint16_t port, handle_t signal, handle_t *out_listener)
{
    struct ipc_extra extra = {.handle_count = 1};
    os_handle_duplicate(signal, RIGHT_RAISE | RIGHT_TRANSFER, 0, &extra.handles[0]);
    struct net_listen_rep rep;
    struct net_listen_req req = {.accept_bits = ACCEPT_BITS, .port = port};
    status_t status = net_listen(service, &req, &rep, &extra);
    *out_listener = extra.reply_handles[0];
    return status;
}

// Connects to itself: a client's end and an accepted one.
static void joined(handle_t service, handle_t *out_listener, struct end *near, struct end *far)
{
    handle_t signal;
    CHECK_EQ(os_signal_create(&signal), OK);
    CHECK_EQ(listen_on(service, 700, signal, out_listener), OK);
    CHECK_EQ(end_connect(near, service, localhost), OK);
    uint64_t bits;
    CHECK_EQ(os_signal_wait(signal, ACCEPT_BITS, os_deadline(WAIT_NS), &bits), OK);
    CHECK_EQ(end_accept(far, *out_listener), OK);
    os_handle_close(signal);
}

static void body_streams(void)
{
    setup();
    uint32_t handles = os_host_handle_count();
    handle_t service = ipc_host_client(&net.server, 5);
    handle_t listener;
    struct end near;
    struct end far;
    joined(service, &listener, &near, &far);
    uint8_t bytes[NET_CHUNK_MAX];
    end_write(&near, "question", 8);
    CHECK_EQ(end_read(&far, bytes, sizeof bytes), 8);
    CHECK_BYTES(bytes, "question", 8);
    end_write(&near, NULL, 0);
    CHECK_EQ(end_read(&far, bytes, sizeof bytes), 0);
    end_write(&far, "answer", 6); // the other half is still open
    CHECK_EQ(end_read(&near, bytes, sizeof bytes), 6);
    os_handle_close(far.socket);
    far.socket = HANDLE_NONE;
    ipc_host_run();
    CHECK_EQ(end_read(&near, bytes, sizeof bytes), 0);
    end_finish(&near);
    end_finish(&far);
    struct end none;
    CHECK_EQ(end_accept(&none, listener), ERR_AGAIN);
    end_finish(&none);
    os_handle_close(listener);
    os_handle_close(service);
    ipc_host_run_for(20 * OS_SECOND);
    CHECK_EQ(os_host_handle_count(), handles);
}

static void body_refusals(void)
{
    setup();
    handle_t service = ipc_host_client(&net.server, 5);
    handle_t listener;
    struct end near;
    struct end far;
    struct net_address closed = localhost;
    closed.port = 701;
    CHECK_EQ(end_connect(&near, service, closed), ERR_UNREACHABLE);
    end_finish(&near);
    struct net_connect_rep rep;
    struct net_connect_req req = {.to = localhost, .bits = bits_wanted};
    CHECK_EQ(net_connect(service, &req, &rep, NULL), ERR_INVALID);
    struct ipc_extra small = {.handle_count = 2};
    os_memory_create(4096, 0, &small.handles[0]);
    os_signal_create(&small.handles[1]);
    CHECK_EQ(net_connect(service, &req, &rep, &small), ERR_INVALID);
    joined(service, &listener, &near, &far);
    handle_t second;
    CHECK_EQ(listen_on(service, 700, far.signal, &second), ERR_EXISTS);
    struct end other;
    CHECK_EQ(end_connect(&other, near.socket, localhost), ERR_INVALID); // a socket serves nothing
    end_finish(&other);
    CHECK_EQ(end_accept(&other, near.socket), ERR_INVALID);
    end_finish(&other);
    CHECK_EQ(end_accept(&other, service), ERR_BAD_STATE);
    end_finish(&other);
    end_finish(&near);
    end_finish(&far);
}

static void body_driver_dies(void)
{
    setup();
    handle_t service = ipc_host_client(&net.server, 5);
    handle_t listener;
    struct end near;
    struct end far;
    joined(service, &listener, &near, &far);
    ipc_host_run_for(OS_SECOND);
    CHECK(driver.frames > 0); // it asks for addresses
    for (uint32_t i = 0; i < 10; i++) {
        ipc_host_kill(&driver.server);
        driver_start();
        os_signal_raise(net_signal, 1u << 0); // as init does when it is back
        uint64_t frames = driver.frames;
        ipc_host_run_for(3 * OS_SECOND);
        CHECK(i > 2 || driver.frames > frames);
        uint8_t bytes[16];
        end_write(&near, "still", 5);
        CHECK_EQ(end_read(&far, bytes, sizeof bytes), 5);
    }
    CHECK_EQ(driver.attached, 11);
    end_finish(&near);
    end_finish(&far);
}

static void body_watch(void)
{
    setup();
    handle_t service = ipc_host_client(&net.server, 5);
    handle_t signal;
    CHECK_EQ(os_signal_create(&signal), OK);
    struct ipc_extra extra = {.handle_count = 1};
    os_handle_duplicate(signal, RIGHT_RAISE | RIGHT_TRANSFER, 0, &extra.handles[0]);
    struct net_watch_rep watch_rep;
    CHECK_EQ(net_watch(service, &(struct net_watch_req){CHANGE_BITS}, &watch_rep, &extra), OK);
    uint64_t bits;
    struct net_status_rep status = {0};
    uint64_t generation = 0;
    for (uint32_t i = 0; i < 10 && status.address_count < 2; i++) {
        CHECK_EQ(os_signal_wait(signal, CHANGE_BITS, os_deadline(WAIT_NS), &bits), OK);
        CHECK_EQ(net_status(service, &(struct net_status_req){0}, &status, NULL), OK);
        CHECK(status.generation > generation);
        generation = status.generation;
    }
    CHECK_EQ(status.address_count, 2); // both link-local
    CHECK_EQ(status.link_up, 1);
    CHECK_EQ(status.mac[5], 9);
}

static void body_udp(void)
{
    setup();
    handle_t service = ipc_host_client(&net.server, 5);
    struct end ends[2];
    for (uint16_t i = 0; i < 2; i++) {
        struct ipc_extra extra;
        end_prepare(&ends[i], &extra);
        struct net_udp_rep rep = {0};
        struct net_udp_req req = {.bits = bits_wanted, .port = (uint16_t)(900 + i)};
        CHECK_EQ(net_udp(service, &req, &rep, &extra), OK);
        ends[i].socket = extra.reply_handles[0];
        ends[i].kick = extra.reply_handles[1];
        ends[i].kick_bits = rep.kick_bits;
    }
    struct {
        struct net_datagram head;
        char text[4];
    } record = {.head.peer = localhost, .text = "ping"};
    record.head.peer.port = 901;
    end_write(&ends[0], &record, sizeof record);
    CHECK_EQ(end_read(&ends[1], &record, sizeof record), sizeof record);
    CHECK_EQ(record.head.peer.port, 900);
    CHECK_BYTES(record.text, "ping", 4);
    end_finish(&ends[0]);
    end_finish(&ends[1]);
}

static void body_quiet(void)
{
    setup();
    ipc_host_run_for(30 * OS_SECOND); // addresses are there
    uint64_t takes = driver.takes;
    uint64_t frames = driver.frames;
    ipc_host_run_for(60 * OS_SECOND);
    CHECK(driver.takes - takes <= driver.frames - frames);
}

// A handle of an earlier instance, as clients hold it after net was restarted.
static void body_stale(void)
{
    setup();
    handle_t service = ipc_host_client(&net.server, 5);
    handle_t listener;
    handle_t signal;
    os_signal_create(&signal);
    CHECK_EQ(listen_on(service, 700, signal, &listener), OK);
    memset(net.places, 0, sizeof net.places); // the new instance knows none of them
    struct end end;
    CHECK_EQ(end_accept(&end, listener), ERR_BAD_STATE);
    end_finish(&end);
    CHECK_EQ(end_connect(&end, listener, localhost), ERR_BAD_STATE);
    end_finish(&end);
}

// lwIP is once per process, so each test has one of its own.
static void isolated(void (*body)(void))
{
    fflush(stdout);
    int child = fork();
    if (child == 0) {
        test_failures = 0;
        body();
        fflush(stdout);
        _exit(test_failures > 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void streams_carry_both_ways_and_leak_nothing(void)
{
    isolated(body_streams);
}

static void wrong_requests_are_refused(void)
{
    isolated(body_refusals);
}

static void connections_outlive_the_driver(void)
{
    isolated(body_driver_dies);
}

static void watchers_hear_of_addresses(void)
{
    isolated(body_watch);
}

static void datagrams_carry_their_addresses(void)
{
    isolated(body_udp);
}

static void an_idle_driver_is_left_asleep(void)
{
    isolated(body_quiet);
}

static void handles_of_an_earlier_instance_are_refused(void)
{
    isolated(body_stale);
}

TEST_MAIN(TEST(streams_carry_both_ways_and_leak_nothing), TEST(wrong_requests_are_refused),
          TEST(connections_outlive_the_driver), TEST(watchers_hear_of_addresses),
          TEST(datagrams_carry_their_addresses), TEST(an_idle_driver_is_left_asleep),
          TEST(handles_of_an_earlier_instance_are_refused))
