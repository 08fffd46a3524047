// SPDX-License-Identifier: Apache-2.0
#include "terminal_link.h"

#include "abi/ipc/console.h"
#include "base/math.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/time.h"

#define PAUSE_NS  (500 * OS_MILLISECOND)
#define ANSWER_NS (80 * OS_MILLISECOND) // an app's time to answer a line before it is printed

static void write(struct terminal_link *link, struct span text)
{
    for (size_t at = 0; at < text.size; at += CONSOLE_BYTES_MAX) {
        struct console_write_req request = {0};
        struct console_write_rep reply;
        struct ipc_extra extra = {.tail = text.bytes + at,
                                  .tail_size =
                                      (uint32_t)min_u64(CONSOLE_BYTES_MAX, text.size - at)};
        if (console_write(link->console, &request, &reply, &extra) < 0) {
            return;
        }
    }
}

static uint64_t hash_of(struct span text)
{
    uint64_t hash = 14695981039346656037ull;
    for (size_t i = 0; i < text.size; i++) {
        hash = (hash ^ text.bytes[i]) * 1099511628211ull;
    }
    return hash;
}

static void print(struct terminal_link *link)
{
    struct buffer out = {0};
    terminal_print(link->service->stage, &out);
    uint64_t hash = hash_of(buffer_span(&out));
    if (buffer_ok(&out) && hash != link->printed_hash) {
        buffer_bytes(&out, "> ", 2);
        write(link, buffer_span(&out));
        link->printed_hash = hash;
        timing_sent(&link->service->timing, stage_shows_app(link->service->stage));
        stage_service_taken(link->service);
    }
    buffer_finish(&out);
    link->printed_ns = os_clock();
}

static void print_later(void *self)
{
    print(self);
}

// Prints now if the last time is long enough ago, else once that is so.
static void show(void *context)
{
    struct terminal_link *link = context;
    stage_present(link->service->stage);
    if (link->printed == link->service->stage->generation) {
        return;
    }
    link->printed = link->service->stage->generation;
    // The first app is not kept waiting by the line that says it starts.
    bool first = !link->service->timing.is_usable && stage_shows_app(link->service->stage);
    instant_ns_t due = link->printed_ns + PAUSE_NS;
    if (first) {
        print(link);
        return;
    }
    if (link->later.armed) {
        return; // it will print this, too
    }
    if (link->printed_ns == 0 || os_clock() >= due) {
        print(link);
    } else {
        ipc_timer_start(&link->service->server, &link->later, due);
    }
}

static void line_end(struct terminal_link *link)
{
    struct buffer out = {0};
    link->printed_hash = 0; // an answer is due even when nothing changed
    terminal_line(link->service->stage, (struct span){link->line, link->line_size}, &out);
    link->line_size = 0;
    ipc_timer_start(&link->service->server, &link->later, os_deadline(ANSWER_NS));
    write(link, buffer_span(&out));
    buffer_finish(&out);
}

static void bytes_take(struct terminal_link *link, struct span bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t byte = bytes.bytes[i];
        if (byte == '\n' || byte == '\r') {
            line_end(link);
        } else if (byte == 8 || byte == 127) {
            link->line_size -= link->line_size > 0;
        } else if (link->line_size < sizeof link->line && byte >= ' ') {
            link->line[link->line_size++] = byte;
        }
    }
}

static void input(void *self, uint64_t bits)
{
    struct terminal_link *link = self;
    uint8_t tail[CONSOLE_BYTES_MAX];
    struct console_read_req request = {0};
    struct console_read_rep reply;
    struct ipc_extra extra;
    do {
        extra = (struct ipc_extra){.reply_tail = tail, .reply_tail_max = sizeof tail};
        if (console_read(link->console, &request, &reply, &extra) < 0) {
            return;
        }
        bytes_take(link, (struct span){tail, extra.reply_tail_size});
    } while (extra.reply_tail_size > 0);
    stage_service_show(link->service);
}

static void attach(void *self, uint64_t bits)
{
    struct terminal_link *link = self;
    struct ipc_extra extra = {.handle_count = 1};
    if (ipc_server_signal(&link->service->server, link->input_bits, &extra.handles[0]) < 0) {
        return;
    }
    struct console_attach_req request = {.input_bits = link->input_bits};
    struct console_attach_rep reply;
    status_t status = console_attach(link->console, &request, &reply, &extra);
    os_handle_close(extra.handles[0]);
    if (status < 0) {
        log_printf("stage: no terminal (%d)", status);
    }
}

void terminal_link_init(struct terminal_link *link, struct stage_service *service, handle_t console)
{
    *link = (struct terminal_link){.service = service, .console = console};
    link->later = (struct ipc_timer){.run = print_later, .self = link};
    link->input_bits = ipc_server_bit(&service->server, input, link);
    (void)ipc_server_on_restart(&service->server, "console", attach, link);
    service->show = show;
    service->show_context = link;
    // The tree as text has places, too: those of a small page.
    stage_resize(service->stage, 480, 800);
    attach(link, 0);
}
