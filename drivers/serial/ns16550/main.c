// SPDX-License-Identifier: Apache-2.0
// The serial driver: wiring. Register layout comes from the device tree through init: shift0
// (distance between registers as a power of two) and width0 (bytes of one access).
#include "ops.h"

#include "base/error.h"
#include "os/interrupt.h"
#include "os/log.h"
#include "os/start.h"

static struct ipc_server server;
static struct serial serial;
static volatile uint8_t *base;
static uint64_t size_bytes;
static uint32_t shift, width;

static uint8_t register_read(void *self, uint32_t number)
{
    volatile void *at = base + ((uint64_t)number << shift);
    return width == 4 ? (uint8_t) * (volatile uint32_t *)at : *(volatile uint8_t *)at;
}

static void register_write(void *self, uint32_t number, uint8_t value)
{
    volatile void *at = base + ((uint64_t)number << shift);
    if (width == 4)
        *(volatile uint32_t *)at = value;
    else
        *(volatile uint8_t *)at = value;
}

static void on_interrupt(void *self, uint64_t bits)
{
    serial_interrupt(&serial);
    os_interrupt_done(os_handle("irq0"));
}

static void on_stop(void *self)
{
    uart_flush(&serial.uart);
}

int main(void)
{
    volatile void *registers;
    status_t status = os_registers_map(0, &registers, &size_bytes);
    shift = os_value("shift0", 0);
    width = os_value("width0", 1);
    if (status < 0 || shift > 3 || size_bytes < (8u << shift)) {
        log_printf("no usable registers: %s", error_text(status));
        return 1;
    }
    base = registers;
    serial_serve(&server, &serial, HANDLE_NONE, HANDLE_NONE);
    uart_init(&serial.uart,
              &(struct uart_registers){.read = register_read, .write = register_write});
    ipc_server_on_bits(&server, 1ull << os_value("irq0", 32), on_interrupt, NULL);
    ipc_server_on_stop(&server, on_stop, NULL);
    os_interrupt_done(os_handle("irq0"));
    ipc_server_run(&server);
}
