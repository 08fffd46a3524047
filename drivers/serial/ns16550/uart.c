// SPDX-License-Identifier: Apache-2.0
// The port. The transmit interrupt is enabled only while bytes wait, since an idle transmitter
// interrupts for ever.
#include "uart.h"

#include "base/math.h"

#define REGISTER_DATA   0u // receive buffer, transmit holding
#define REGISTER_ENABLE 1u
#define REGISTER_FIFO   2u // write
#define REGISTER_LINE   3u
#define REGISTER_MODEM  4u
#define REGISTER_STATUS 5u

#define ENABLE_RECEIVE  0x01u
#define ENABLE_TRANSMIT 0x02u
#define FIFO_ON_CLEARED 0x07u // enabled, both cleared, trigger at one byte
#define LINE_DIVISOR    0x80u // divisor latch access: must be off for the data register
#define MODEM_OUT2      0x0bu // DTR, RTS, and OUT2, which lets interrupts through on PC-like parts
#define STATUS_READY    0x01u
#define STATUS_EMPTY    0x20u // transmit holding register and FIFO

#define FIFO_BYTES      16u      // the transmit FIFO of every 16550
#define FLUSH_MAX       1000000u // looks at the status: seconds on any port, and it ends
#define BURST_MAX       256u     // received bytes taken in one go: more than any FIFO

static uint8_t get(struct uart *uart, uint32_t number)
{
    return uart->registers.read(uart->registers.self, number);
}

static void set(struct uart *uart, uint32_t number, uint8_t value)
{
    uart->registers.write(uart->registers.self, number, value);
}

static uint32_t queue_used(const struct uart_queue *queue)
{
    return queue->head - queue->tail;
}

static void queue_put(struct uart_queue *queue, uint8_t byte)
{
    queue->bytes[queue->head++ % UART_QUEUE_BYTES] = byte;
}

static uint8_t queue_take(struct uart_queue *queue)
{
    return queue->bytes[queue->tail++ % UART_QUEUE_BYTES];
}

void uart_init(struct uart *uart, const struct uart_registers *registers)
{
    *uart = (struct uart){.registers = *registers};
    set(uart, REGISTER_ENABLE, 0);
    set(uart, REGISTER_LINE, get(uart, REGISTER_LINE) & (uint8_t)~LINE_DIVISOR);
    set(uart, REGISTER_FIFO, FIFO_ON_CLEARED);
    set(uart, REGISTER_MODEM, MODEM_OUT2);
    set(uart, REGISTER_ENABLE, ENABLE_RECEIVE);
}

static bool receive(struct uart *uart)
{
    bool any = false;
    for (uint32_t i = 0; i < BURST_MAX && (get(uart, REGISTER_STATUS) & STATUS_READY); i++) {
        uint8_t byte = get(uart, REGISTER_DATA);
        if (queue_used(&uart->received) == UART_QUEUE_BYTES)
            uart->lost++;
        else
            queue_put(&uart->received, byte);
        any = true;
    }
    return any;
}

// Fills the transmit FIFO; asks for an interrupt when it is empty again if more waits.
static void send(struct uart *uart)
{
    struct uart_queue *queue = &uart->sending;
    if (queue_used(queue) > 0 && (get(uart, REGISTER_STATUS) & STATUS_EMPTY))
        for (uint32_t i = 0; i < FIFO_BYTES && queue_used(queue) > 0; i++)
            set(uart, REGISTER_DATA, queue_take(queue));
    set(uart, REGISTER_ENABLE,
        queue_used(queue) > 0 ? ENABLE_RECEIVE | ENABLE_TRANSMIT : ENABLE_RECEIVE);
}

struct uart_news uart_service(struct uart *uart)
{
    struct uart_news news = {.received = receive(uart)};
    send(uart);
    // Half a queue, so that a large writer is not woken for every sixteen bytes.
    if (uart->sender_waits && queue_used(&uart->sending) <= UART_QUEUE_BYTES / 2) {
        uart->sender_waits = false;
        news.space = true;
    }
    return news;
}

uint32_t uart_read(struct uart *uart, uint8_t *bytes, uint32_t size_max)
{
    uint32_t count = (uint32_t)min_u64(size_max, queue_used(&uart->received));
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = queue_take(&uart->received);
    return count;
}

uint32_t uart_write(struct uart *uart, const uint8_t *bytes, uint32_t size)
{
    uint32_t count = (uint32_t)min_u64(size, UART_QUEUE_BYTES - queue_used(&uart->sending));
    for (uint32_t i = 0; i < count; i++)
        queue_put(&uart->sending, bytes[i]);
    if (count < size)
        uart->sender_waits = true;
    send(uart);
    return count;
}

void uart_flush(struct uart *uart)
{
    for (uint32_t i = 0; i < FLUSH_MAX && queue_used(&uart->sending) > 0; i++)
        send(uart);
}
