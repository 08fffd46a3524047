// SPDX-License-Identifier: Apache-2.0
// Handlers of the serial interface; see the header.
#include "ops.h"

#include "abi/ipc/serial.h"
#include "os/handle.h"
#include "os/signal.h"

IPC_SERVER(serial, SERIAL_METHODS)

static status_t do_attach(void *self, struct ipc_request *request,
                          const struct serial_attach_req *req, struct serial_attach_rep *rep)
{
    struct serial *serial = self;
    if (request->handle_count != 1)
        return ERR_BAD_MESSAGE;
    os_handle_close(serial->client);
    serial->client = request->handles[0];
    request->handles[0] = HANDLE_NONE;
    serial->receive_bits = req->receive_bits;
    serial->space_bits = req->space_bits;
    // What was typed before anyone listened is there to read.
    if (serial->uart.received.head != serial->uart.received.tail)
        os_signal_raise(serial->client, serial->receive_bits);
    return OK;
}

static status_t do_read(void *self, struct ipc_request *request, const struct serial_read_req *req,
                        struct serial_read_rep *rep)
{
    struct serial *serial = self;
    request->reply_tail_size = uart_read(&serial->uart, request->reply_tail, SERIAL_BYTES_MAX);
    rep->lost = serial->uart.lost;
    return OK;
}

static status_t do_write(void *self, struct ipc_request *request,
                         const struct serial_write_req *req, struct serial_write_rep *rep)
{
    struct serial *serial = self;
    if (request->tail_size > SERIAL_BYTES_MAX)
        return ERR_TOO_LARGE;
    rep->taken = uart_write(&serial->uart, request->tail, request->tail_size);
    return OK;
}

static const struct serial_ops ops = {.attach = do_attach, .read = do_read, .write = do_write};

void serial_serve(struct ipc_server *server, struct serial *serial, handle_t endpoint,
                  handle_t signal)
{
    struct ipc_service service = IPC_SERVICE(serial, &ops, serial);
    service.endpoint = endpoint;
    service.signal = signal;
    ipc_server_init(server, &service);
}

void serial_interrupt(struct serial *serial)
{
    struct uart_news news = uart_service(&serial->uart);
    uint64_t bits =
        (news.received ? serial->receive_bits : 0) | (news.space ? serial->space_bits : 0);
    if (bits != 0 && serial->client != HANDLE_NONE)
        os_signal_raise(serial->client, bits);
}
