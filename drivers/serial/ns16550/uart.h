// SPDX-License-Identifier: Apache-2.0
// A 16550-compatible serial port with two byte queues. Registers are reached through two functions,
// so the noun is tested against a model; on the device they are memory accesses with the shift and
// width of the device tree. Line settings (speed, format) are left as the firmware set them: clocks
// and pins are board matters, and the firmware printed on this line. Register numbers and bits:
// National Semiconductor PC16550D data sheet, section 8.
#pragma once

#include "abi/errors.h"

#include <stdbool.h>
#include <stdint.h>

#define UART_QUEUE_BYTES 4096u // each direction, a power of two

struct uart_registers {
    uint8_t (*read)(void *self, uint32_t number);
    void (*write)(void *self, uint32_t number, uint8_t value);
    void *self;
};

struct uart_queue {
    uint8_t bytes[UART_QUEUE_BYTES];
    uint32_t head, tail; // free-running
};

struct uart {
    struct uart_registers registers;
    struct uart_queue received, sending;
    uint64_t lost;     // received bytes that found no room
    bool sender_waits; // a full send queue was met since it last had room
};

// What an interrupt brought.
struct uart_news {
    bool received; // bytes wait
    bool space;    // a full send queue has room again
};

// Empties the port's FIFOs and enables its receive interrupt.
void uart_init(struct uart *uart, const struct uart_registers *registers);
// Moves bytes both ways until the port has nothing and takes nothing; bounded.
struct uart_news uart_service(struct uart *uart);
// Takes up to `size_max` received bytes; returns how many.
uint32_t uart_read(struct uart *uart, uint8_t *bytes, uint32_t size_max);
// Queues up to `size` bytes and starts sending; returns how many were taken.
uint32_t uart_write(struct uart *uart, const uint8_t *bytes, uint32_t size);
// Sends what is queued, waiting for the port; bounded, for the end of the driver.
void uart_flush(struct uart *uart);
