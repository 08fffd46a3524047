// SPDX-License-Identifier: Apache-2.0
// Handlers of the console interface and the flow of bytes: from the serial driver into the console,
// from its output back, in pieces of what the driver takes. After every event `flow` does what can
// be done.
#include "ops.h"

#include "base/math.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/signal.h"
#include "os/time.h"

#include <string.h>

// Of the log; doubles while nothing comes, so that a quiet device sleeps.
#define POLL_MIN_NS (100 * OS_MILLISECOND)
#define POLL_MAX_NS (1600 * OS_MILLISECOND)
#define BUSY_NS     (20 * OS_MILLISECOND)
#define PIECES_MAX  256u // of work in one go, before other events are looked at
#define READS_MAX   16u

IPC_SERVER(console, CONSOLE_METHODS)

// Gives the driver what it takes. True when the output is empty.
static bool drain(struct console_service *service)
{
    const char *bytes;
    uint32_t size;
    while ((size = output_peek(&service->console.output, &bytes)) > 0) {
        struct serial_write_rep rep;
        struct ipc_extra extra = {.tail = bytes,
                                  .tail_size = (uint32_t)min_u64(size, SERIAL_BYTES_MAX)};
        status_t status =
            serial_write(service->serial, &(struct serial_write_req){0}, &rep, &extra);
        if (status < 0 || rep.taken == 0 || rep.taken > extra.tail_size)
            return false; // its space bit, or its restart, brings us back
        output_drop(&service->console.output, rep.taken);
    }
    return true;
}

// Moves a waiting terminal's text into the output and answers when it is all there.
static void write_on(struct console_service *service)
{
    struct console_writer *writer = &service->writer;
    if (writer->reply == HANDLE_NONE || service->console.job.framed)
        return;
    uint32_t size =
        (uint32_t)min_u64(output_room(&service->console.output), writer->size - writer->at);
    output_put(&service->console.output, writer->bytes + writer->at, size);
    writer->at += size;
    if (writer->at < writer->size)
        return;
    struct console_write_rep rep = {0};
    ipc_answer(writer->reply, &(struct ipc_answer){.rep = &rep, .rep_size = sizeof rep});
    writer->reply = HANDLE_NONE;
}

static void flow(struct console_service *service)
{
    status_t status = OK;
    uint32_t pieces = 0;
    for (; pieces < PIECES_MAX && status == OK; pieces++) {
        write_on(service);
        status = console_work(&service->console);
        if (!drain(service))
            break;
    }
    write_on(service);
    drain(service);
    bool busy = service->console.job.active || pieces == PIECES_MAX;
    service->poll_ns = pieces > 1 ? POLL_MIN_NS : min_u64(2 * service->poll_ns, POLL_MAX_NS);
    if (busy || service->console.shows_log)
        ipc_timer_start(&service->server, &service->poll,
                        os_deadline(busy ? BUSY_NS : service->poll_ns));
}

static void on_poll(void *self)
{
    flow(self);
}

static void on_serial(void *self, uint64_t bits)
{
    struct console_service *service = self;
    uint8_t bytes[SERIAL_BYTES_MAX];
    bool news = false;
    for (uint32_t i = 0; i < READS_MAX && (bits & service->receive_bit); i++) {
        struct serial_read_rep rep;
        struct ipc_extra extra = {.reply_tail = bytes, .reply_tail_max = sizeof bytes};
        if (serial_read(service->serial, &(struct serial_read_req){0}, &rep, &extra) < 0 ||
            extra.reply_tail_size == 0)
            break;
        for (uint32_t k = 0; k < extra.reply_tail_size; k++)
            news |= console_type(&service->console, bytes[k]);
    }
    if (news)
        os_signal_raise(service->terminal, service->terminal_bits);
    flow(service);
}

static void attach_serial(void *self, uint64_t bits)
{
    struct console_service *service = self;
    struct serial_attach_rep rep;
    struct serial_attach_req req = {.receive_bits = service->receive_bit,
                                    .space_bits = service->space_bit};
    struct ipc_extra extra = {.handle_count = 1};
    if (ipc_server_signal(&service->server, service->receive_bit | service->space_bit,
                          &extra.handles[0]) < 0)
        return;
    status_t status = serial_attach(service->serial, &req, &rep, &extra);
    os_handle_close(extra.handles[0]); // if it was not delivered
    if (status == OK)
        on_serial(service, service->receive_bit);
}

static void terminal_gone(struct console_service *service)
{
    os_handle_close(service->terminal);
    service->terminal = HANDLE_NONE;
    service->terminal_badge = 0;
    console_set_terminal(&service->console, false);
}

static void on_closed(void *self, uint64_t badge)
{
    struct console_service *service = self;
    if (badge != service->terminal_badge)
        return;
    terminal_gone(service);
    flow(service);
}

static status_t do_attach(void *self, struct ipc_request *request,
                          const struct console_attach_req *req, struct console_attach_rep *rep)
{
    struct console_service *service = self;
    if (request->handle_count != 1)
        return ERR_BAD_MESSAGE;
    terminal_gone(service);
    service->terminal = request->handles[0];
    service->terminal_bits = req->input_bits;
    service->terminal_badge = request->badge;
    request->handles[0] = HANDLE_NONE;
    console_set_terminal(&service->console, true);
    return OK;
}

static status_t do_read(void *self, struct ipc_request *request, const struct console_read_req *req,
                        struct console_read_rep *rep)
{
    struct console_service *service = self;
    if (request->badge != service->terminal_badge)
        return ERR_BAD_STATE;
    request->reply_tail_size =
        console_input(&service->console, request->reply_tail, CONSOLE_BYTES_MAX);
    return OK;
}

static status_t do_write(void *self, struct ipc_request *request,
                         const struct console_write_req *req, struct console_write_rep *rep)
{
    struct console_service *service = self;
    struct console_writer *writer = &service->writer;
    if (request->badge != service->terminal_badge)
        return ERR_BAD_STATE;
    if (request->tail_size > CONSOLE_BYTES_MAX)
        return ERR_TOO_LARGE;
    if (!service->console.job.framed &&
        request->tail_size <= output_room(&service->console.output)) {
        output_put(&service->console.output, (const char *)request->tail, request->tail_size);
        flow(service);
        return OK;
    }
    if (writer->reply != HANDLE_NONE) // of a terminal that was replaced
        os_handle_close(writer->reply);
    writer->reply = HANDLE_NONE;
    memcpy(writer->bytes, request->tail, request->tail_size);
    writer->size = request->tail_size;
    writer->at = 0;
    return ipc_defer(request, &writer->reply);
}

static const struct console_ops ops = {.attach = do_attach, .read = do_read, .write = do_write};

void console_serve(struct console_service *self, handle_t serial, handle_t endpoint,
                   handle_t signal)
{
    struct ipc_service service = IPC_SERVICE(console, &ops, self);
    service.endpoint = endpoint;
    service.signal = signal;
    self->serial = serial;
    ipc_server_init(&self->server, &service);
    self->poll = (struct ipc_timer){.run = on_poll, .self = self};
    self->receive_bit = ipc_server_bit(&self->server, on_serial, self);
    self->space_bit = ipc_server_bit(&self->server, on_serial, self);
    ipc_server_on_closed(&self->server, on_closed, self);
    ipc_server_on_restart(&self->server, "serial", attach_serial, self);
    self->poll_ns = POLL_MIN_NS;
    attach_serial(self, 0);
    flow(self);
}
