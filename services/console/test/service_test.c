// SPDX-License-Identifier: Apache-2.0
// The console between a serial driver and a terminal, all in one process: bytes in, answers out, a
// driver that is full or dies, a terminal that comes and goes.
#include "../ops.h"
#include "base/test.h"
#include "fake_sources.h"
#include "ipc/host.h"
#include "os/handle.h"
#include "os/host.h"
#include "os/signal.h"
#include "os/time.h"

// A serial driver that keeps what is written and hands out what is typed.
static struct {
    struct ipc_server server;
    handle_t client;
    uint64_t receive_bits, space_bits;
    char typed[4096], printed[65536];
    uint32_t typed_size, printed_size;
    uint32_t room; // bytes it still takes
} line;

static status_t do_attach(void *self, struct ipc_request *request,
                          const struct serial_attach_req *req, struct serial_attach_rep *rep)
{
    os_handle_close(line.client);
    line.client = request->handles[0];
    request->handles[0] = HANDLE_NONE;
    line.receive_bits = req->receive_bits;
    line.space_bits = req->space_bits;
    return OK;
}

static status_t do_read(void *self, struct ipc_request *request, const struct serial_read_req *req,
                        struct serial_read_rep *rep)
{
    memcpy(request->reply_tail, line.typed, line.typed_size);
    request->reply_tail_size = line.typed_size;
    line.typed_size = 0;
    return OK;
}

static status_t do_write(void *self, struct ipc_request *request,
                         const struct serial_write_req *req, struct serial_write_rep *rep)
{
    rep->taken = request->tail_size < line.room ? request->tail_size : line.room;
    line.room -= rep->taken;
    for (uint32_t i = 0; i < rep->taken; i++)
        if (request->tail[i] != '\r')
            line.printed[line.printed_size++] = (char)request->tail[i];
    line.printed[line.printed_size] = '\0';
    return OK;
}

IPC_SERVER(serial, SERIAL_METHODS)
static const struct serial_ops line_ops = {.attach = do_attach, .read = do_read, .write = do_write};
static struct console_service service;
static handle_t line_endpoint, line_signal, client, terminal;

static void line_start(void)
{
    struct ipc_service serial = IPC_SERVICE(serial, &line_ops, NULL);
    serial.endpoint = line_endpoint;
    serial.signal = line_signal;
    ipc_server_init(&line.server, &serial);
}

static void setup(void)
{
    handle_t endpoint, signal;
    ipc_host_reset();
    memset(&fake, 0, sizeof fake);
    memset(&line, 0, sizeof line);
    memset(&service, 0, sizeof service);
    line.room = 60000;
    ipc_host_handles(&line_endpoint, &line_signal);
    line_start();
    ipc_host_handles(&endpoint, &signal);
    os_host_start_entry("serial", HANDLE_NONE, 0);
    console_init(&service.console, &fake_sources, true);
    console_serve(&service, ipc_host_client(&line.server, 1), endpoint, signal);
    client = ipc_host_client(&service.server, 5);
    CHECK_EQ(os_signal_create(&terminal), OK);
    ipc_host_run();
}

static void type_for(const char *text, uint64_t duration_ns)
{
    memcpy(line.typed + line.typed_size, text, strlen(text));
    line.typed_size += (uint32_t)strlen(text);
    os_signal_raise(line.client, line.receive_bits);
    ipc_host_run_for(duration_ns);
}

static void type(const char *text)
{
    type_for(text, 2 * OS_SECOND);
}

static status_t attach(void)
{
    struct console_attach_rep rep;
    struct ipc_extra extra = {.handle_count = 1};
    CHECK_EQ(os_handle_duplicate(terminal, RIGHT_RAISE | RIGHT_TRANSFER, 0, &extra.handles[0]), OK);
    return console_attach(client, &(struct console_attach_req){.input_bits = 8}, &rep, &extra);
}

static status_t print(const char *text)
{
    struct console_write_rep rep;
    struct ipc_extra extra = {.tail = text, .tail_size = (uint32_t)strlen(text)};
    return console_write(client, &(struct console_write_req){0}, &rep, &extra);
}

static uint32_t read_typed(char bytes[CONSOLE_BYTES_MAX])
{
    struct console_read_rep rep;
    struct ipc_extra extra = {.reply_tail = bytes, .reply_tail_max = CONSOLE_BYTES_MAX};
    CHECK_EQ(console_read(client, &(struct console_read_req){0}, &rep, &extra), OK);
    return extra.reply_tail_size;
}

static void commands_are_answered_on_the_line(void)
{
    setup();
    type("~info\n");
    CHECK(strstr(line.printed, "~begin info\nform phone\n") != NULL);
    CHECK(strstr(line.printed, "~end OK\n") != NULL);
}

static void the_log_is_printed_as_it_grows(void)
{
    setup();
    fake.log[0] = 0;
    fake_add(fake.log, sizeof fake.log, "[1] store: ready\n[2] half a");
    ipc_host_run_for(2 * OS_SECOND);
    CHECK(strcmp(line.printed, "[1] store: ready\n") == 0);
    fake_add(fake.log, sizeof fake.log, " line\n");
    ipc_host_run_for(2 * OS_SECOND);
    CHECK(strcmp(line.printed, "[1] store: ready\n[2] half a line\n") == 0);
}

static void the_terminal_reads_what_is_typed(void)
{
    setup();
    char bytes[CONSOLE_BYTES_MAX];
    uint64_t bits;
    type("lost, nobody listens\n");
    CHECK_EQ(attach(), OK);
    type("hi\n");
    CHECK_EQ(os_signal_wait(terminal, 8, DEADLINE_NOW, &bits), OK);
    CHECK_EQ(read_typed(bytes), 3);
    CHECK_BYTES(bytes, "hi\n", 3);
    CHECK_EQ(read_typed(bytes), 0);
    fake.log[0] = 0;
    fake_add(fake.log, sizeof fake.log, "not mixed in\n");
    ipc_host_run_for(2 * OS_SECOND);
    CHECK_EQ(print("> "), OK);
    CHECK(strcmp(line.printed, "> ") == 0);
    type("~help\n"); // a frame begins on a line of its own
    CHECK(strncmp(line.printed, "> ~help\n~begin help\n", 20) == 0);
}

static void only_the_terminal_reads_and_writes(void)
{
    setup();
    CHECK_EQ(print("x"), ERR_BAD_STATE);
    CHECK_EQ(attach(), OK);
    handle_t other = ipc_host_client(&service.server, 6);
    struct console_read_rep rep;
    CHECK_EQ(console_read(other, &(struct console_read_req){0}, &rep, NULL), ERR_BAD_STATE);
    struct console_attach_rep attached;
    CHECK_EQ(console_attach(other, &(struct console_attach_req){0}, &attached, NULL),
             ERR_BAD_MESSAGE);
    char large[CONSOLE_BYTES_MAX + 2];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    CHECK_EQ(print(large), ERR_TOO_LARGE);
    os_handle_close(client); // the terminal's last handle: the log is printed again
    fake.log[0] = 0;
    fake_add(fake.log, sizeof fake.log, "back\n");
    ipc_host_run_for(2 * OS_SECOND);
    CHECK(strcmp(line.printed, "back\n") == 0);
}

static void a_full_line_is_waited_for(void)
{
    setup();
    char text[CONSOLE_BYTES_MAX];
    CHECK_EQ(attach(), OK);
    line.room = 100;
    memset(text, 'y', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (uint32_t i = 0; i < 6; i++)
        CHECK_EQ(print(text), OK); // fits the queue
    CHECK_EQ(line.printed_size, 100);
    line.room = 60000;
    os_signal_raise(line.client, line.space_bits);
    ipc_host_run();
    CHECK_EQ(line.printed_size, 6 * (sizeof text - 1));
    // More than the queue takes: the writer waits until the driver has room, here at the raised
    // bit.
    line.room = 0;
    for (uint32_t i = 0; output_room(&service.console.output) >= sizeof text; i++)
        CHECK_EQ(print(text), OK);
    line.room = 60000;
    os_signal_raise(line.client, line.space_bits);
    CHECK_EQ(print(text), OK);
    CHECK_EQ(service.writer.reply, HANDLE_NONE);
}

// The stage prints to the console that asks it for its tree: neither waits for the other's end.
static void the_stage_prints_while_its_tree_is_asked(void)
{
    setup();
    CHECK_EQ(attach(), OK);
    fake_add(fake.tree, sizeof fake.tree, "button x\n");
    fake.busy = JOB_TREE_TRIES - 1;
    type_for("\x1d~tree\n", 50 * OS_MILLISECOND);
    CHECK(service.console.job.active);
    CHECK_EQ(print("== Notes ==\n"), OK);
    CHECK(service.console.job.active);
    CHECK(strcmp(line.printed, "== Notes ==\n") == 0);
    ipc_host_run_for(2 * OS_SECOND);
    CHECK(strcmp(line.printed, "== Notes ==\n~begin tree\nbutton x\n~end OK\n") == 0);
}

static void a_restarted_driver_is_attached_again(void)
{
    setup();
    ipc_host_kill(&line.server);
    line.client = HANDLE_NONE;
    line_start();
    os_signal_raise(service.server.service.signal, 1);
    ipc_host_run();
    CHECK(line.client != HANDLE_NONE);
    type("~ps\n");
    CHECK(strstr(line.printed, "~end OK\n") != NULL);
}

TEST_MAIN(TEST(commands_are_answered_on_the_line), TEST(the_log_is_printed_as_it_grows),
          TEST(the_terminal_reads_what_is_typed), TEST(only_the_terminal_reads_and_writes),
          TEST(a_full_line_is_waited_for), TEST(the_stage_prints_while_its_tree_is_asked),
          TEST(a_restarted_driver_is_attached_again))
