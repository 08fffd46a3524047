// SPDX-License-Identifier: Apache-2.0
// The port against a model of the chip: a receive and a transmit FIFO of 16 bytes, the status bits,
// and the rule when it would interrupt.
#include "../ops.h"
#include "abi/ipc/serial.h"
#include "base/test.h"
#include "ipc/host.h"
#include "os/handle.h"
#include "os/host.h"
#include "os/signal.h"

static struct {
    uint8_t incoming[8192];
    uint32_t incoming_size, incoming_at;
    uint8_t sent[16384];
    uint32_t sent_size;
    uint32_t fifo; // bytes in the transmit FIFO
    uint8_t enable, line;
} chip;

static uint8_t chip_read(void *self, uint32_t number)
{
    if (number == 0)
        return chip.incoming_at < chip.incoming_size ? chip.incoming[chip.incoming_at++] : 0;
    if (number == 3)
        return chip.line;
    if (number != 5)
        return 0;
    return (chip.incoming_at < chip.incoming_size ? 1 : 0) | (chip.fifo == 0 ? 0x60 : 0);
}

static void chip_write(void *self, uint32_t number, uint8_t value)
{
    if (number == 1)
        chip.enable = value;
    if (number == 3)
        chip.line = value;
    if (number == 2 && (value & 2))
        chip.incoming_at = chip.incoming_size;
    if (number != 0)
        return;
    CHECK(!(chip.line & 0x80)); // would be the divisor
    CHECK(chip.fifo < 16);      // or a byte is lost
    chip.fifo++;
    chip.sent[chip.sent_size++] = value;
}

static bool chip_interrupts(void)
{
    return ((chip.enable & 1) && chip.incoming_at < chip.incoming_size) ||
           ((chip.enable & 2) && chip.fifo == 0);
}

static void type(const char *text)
{
    memcpy(chip.incoming + chip.incoming_size, text, strlen(text));
    chip.incoming_size += (uint32_t)strlen(text);
}

static const struct uart_registers registers = {.read = chip_read, .write = chip_write};
static struct uart uart;

static void setup(void)
{
    memset(&chip, 0, sizeof chip);
    chip.line = 0x83; // as a firmware in the middle of setting the speed would leave it
    type("noise");
    uart_init(&uart, &registers);
    CHECK_EQ(chip.line, 0x03);
    CHECK(!chip_interrupts());
}

static void typed_bytes_arrive_in_order(void)
{
    setup();
    uint8_t bytes[16];
    type("hello");
    CHECK(chip_interrupts());
    CHECK(uart_service(&uart).received);
    CHECK(!chip_interrupts());
    CHECK_EQ(uart_read(&uart, bytes, 3), 3);
    CHECK_BYTES(bytes, "hel", 3);
    CHECK_EQ(uart_read(&uart, bytes, sizeof bytes), 2);
    CHECK_EQ(uart_read(&uart, bytes, sizeof bytes), 0);
}

static void bytes_that_find_no_room_are_counted(void)
{
    setup();
    chip.incoming_at = 0;
    chip.incoming_size = UART_QUEUE_BYTES + 10;
    for (uint32_t i = 0; i < 100 && chip_interrupts(); i++)
        uart_service(&uart);
    CHECK_EQ(uart.lost, 10);
}

static void a_large_write_leaves_in_bursts_and_then_is_quiet(void)
{
    setup();
    uint8_t bytes[UART_QUEUE_BYTES + 100];
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    uint32_t taken = uart_write(&uart, bytes, sizeof bytes);
    CHECK_EQ(taken, UART_QUEUE_BYTES);
    bool space = false;
    for (uint32_t i = 0; i < 1000 && uart.sending.head != uart.sending.tail; i++) {
        chip.fifo = 0;
        CHECK(chip_interrupts());
        space |= uart_service(&uart).space;
    }
    CHECK(space);
    CHECK_EQ(chip.sent_size, taken);
    CHECK_BYTES(chip.sent, bytes, taken);
    chip.fifo = 0;
    CHECK(!chip_interrupts()); // nothing to send: no interrupt for an empty FIFO
}

static uint8_t draining_read(void *self, uint32_t number)
{
    if (number == 5 && chip.fifo > 0)
        chip.fifo--; // time passes with every look
    return chip_read(self, number);
}

static void a_flush_sends_everything_or_ends(void)
{
    setup();
    uint8_t bytes[1000] = {7};
    CHECK_EQ(uart_write(&uart, bytes, sizeof bytes), sizeof bytes);
    uart_flush(&uart); // a port that is stuck
    CHECK_EQ(chip.sent_size, 16);
    uart.registers.read = draining_read;
    uart_flush(&uart);
    CHECK_EQ(chip.sent_size, sizeof bytes);
}

static void queues_run_across_the_index_wrap(void)
{
    setup();
    uart.received.head = uart.received.tail = UINT32_MAX - 3;
    uint8_t bytes[16];
    type("across the wrap");
    uart_service(&uart);
    CHECK_EQ(uart_read(&uart, bytes, sizeof bytes), 15);
    CHECK_BYTES(bytes, "across the wrap", 15);
}

static void the_client_is_told_and_reads(void)
{
    static struct ipc_server server;
    static struct serial serial;
    handle_t endpoint, signal, mine;
    uint64_t bits = 0;
    ipc_host_reset();
    ipc_host_handles(&endpoint, &signal);
    serial_serve(&server, &serial, endpoint, signal);
    memset(&chip, 0, sizeof chip);
    uart_init(&serial.uart, &registers);
    type("x"); // before anyone listens
    serial_interrupt(&serial);
    handle_t client = ipc_host_client(&server, 1);
    CHECK_EQ(os_signal_create(&mine), OK);
    struct ipc_extra extra = {.handle_count = 1};
    CHECK_EQ(os_handle_duplicate(mine, RIGHT_RAISE | RIGHT_TRANSFER, 0, &extra.handles[0]), OK);
    struct serial_attach_rep attached;
    struct serial_attach_req attach = {.receive_bits = 1, .space_bits = 2};
    CHECK_EQ(serial_attach(client, &attach, &attached, NULL), ERR_BAD_MESSAGE);
    CHECK_EQ(serial_attach(client, &attach, &attached, &extra), OK);
    CHECK_EQ(os_signal_wait(mine, 3, DEADLINE_NOW, &bits), OK);
    uint8_t bytes[SERIAL_BYTES_MAX];
    extra = (struct ipc_extra){.reply_tail = bytes, .reply_tail_max = sizeof bytes};
    struct serial_read_rep read;
    CHECK_EQ(serial_read(client, &(struct serial_read_req){0}, &read, &extra), OK);
    CHECK_EQ(extra.reply_tail_size, 1);
    CHECK_EQ(bytes[0], 'x');
    extra = (struct ipc_extra){.tail = "out", .tail_size = 3};
    struct serial_write_rep written;
    CHECK_EQ(serial_write(client, &(struct serial_write_req){0}, &written, &extra), OK);
    CHECK_EQ(written.taken, 3);
    CHECK_BYTES(chip.sent, "out", 3);
    static uint8_t large[SERIAL_BYTES_MAX + 1];
    extra = (struct ipc_extra){.tail = large, .tail_size = sizeof large};
    CHECK_EQ(serial_write(client, &(struct serial_write_req){0}, &written, &extra), ERR_TOO_LARGE);
}

TEST_MAIN(TEST(typed_bytes_arrive_in_order), TEST(bytes_that_find_no_room_are_counted),
          TEST(a_large_write_leaves_in_bursts_and_then_is_quiet),
          TEST(a_flush_sends_everything_or_ends), TEST(queues_run_across_the_index_wrap),
          TEST(the_client_is_told_and_reads))
