// SPDX-License-Identifier: Apache-2.0
#include "display.h"

#include "abi/ipc/gpu.h"
#include "abi/syscall.h"
#include "base/error.h"
#include "base/math.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/time.h"

// A frame that has not landed by then counts as lost.
#define FLIGHT_MAX_NS (250 * OS_MILLISECOND)

static void memory_drop(struct display *display)
{
    if (display->pixels != NULL) {
        os_memory_unmap(display->pixels, align_up(display->size_bytes, PAGE_SIZE));
        os_handle_close(display->memory);
        display->pixels = NULL;
    }
}

static status_t memory_make(struct display *display, uint32_t width, uint32_t height)
{
    uint64_t size = (uint64_t)width * height * 4;
    if (display->pixels != NULL && display->size_bytes == size) {
        return OK;
    }
    memory_drop(display);
    void *pixels;
    status_t status = os_memory_allocate(size, MEMORY_CONTIGUOUS, &display->memory, &pixels);
    if (status == OK) {
        display->pixels = pixels;
        display->size_bytes = size;
    }
    return status;
}

static status_t attach(struct display *display)
{
    struct gpu_info_req ask = {0};
    struct gpu_info_rep info;
    status_t status = gpu_info(display->gpu, &ask, &info, NULL);
    if (status == OK &&
        (info.width == 0 || info.height == 0 || info.width > 8192 || info.height > 8192)) {
        status = ERR_INVALID;
    }
    status = status == OK ? memory_make(display, info.width, info.height) : status;
    if (status < 0) {
        return status;
    }
    struct ipc_extra extra = {.handle_count = 2};
    status = os_memory_share(display->memory, PROTECT_READ | PROTECT_WRITE, &extra.handles[0]);
    status = status == OK
                 ? ipc_server_signal(&display->service->server,
                                     display->resize_bits | display->done_bits, &extra.handles[1])
                 : status;
    if (status == OK) {
        struct gpu_attach_req request = {.width = info.width,
                                         .height = info.height,
                                         .resize_bits = display->resize_bits,
                                         .done_bits = display->done_bits};
        struct gpu_attach_rep reply;
        status = gpu_attach(display->gpu, &request, &reply, &extra);
    }
    os_handle_close(extra.handles[0]);
    os_handle_close(extra.handles[1]);
    display->is_attached = status == OK;
    display->in_flight = false;
    damage_clear(&display->pending);
    stage_resize(display->service->stage, (int32_t)info.width, (int32_t)info.height);
    return status;
}

static void attach_again(void *self, uint64_t bits)
{
    struct display *display = self;
    status_t status = attach(display);
    if (status < 0) {
        log_printf("stage: no display: %s", error_text(status));
    }
    display_show(display);
}

static void landed(void *self, uint64_t bits)
{
    struct display *display = self;
    if (display->in_flight) {
        stage_service_taken(display->service);
    }
    display->in_flight = false;
    display_show(display);
}

static void damage_merge(struct display *display, const struct damage *damage)
{
    const struct form *form = &display->service->stage->form;
    struct paint_rect bounds = {0, 0, form->width_px, form->height_px};
    for (int32_t i = 0; i < damage->count; i++) {
        damage_add(&display->pending, damage->rects[i], bounds);
    }
}

static void send(struct display *display)
{
    struct gpu_present_req request = {.rect_count = (uint32_t)display->pending.count};
    for (int32_t i = 0; i < display->pending.count; i++) {
        struct paint_rect rect = display->pending.rects[i];
        request.rects[i] = (struct gpu_rect){(uint32_t)rect.x, (uint32_t)rect.y,
                                             (uint32_t)rect.width, (uint32_t)rect.height};
    }
    struct gpu_present_rep reply;
    status_t status = gpu_present(display->gpu, &request, &reply, NULL);
    display->in_flight = status == OK || status == ERR_AGAIN;
    display->sent_ns = os_clock();
    if (status == OK) {
        damage_clear(&display->pending);
        timing_sent(&display->service->timing, stage_shows_app(display->service->stage));
    }
    display->is_attached = display->is_attached && status != ERR_BAD_STATE;
}

void display_show(struct display *display)
{
    struct stage *stage = display->service->stage;
    bool waits = display->in_flight && os_clock() - display->sent_ns < FLIGHT_MAX_NS;
    // Events for apps must not wait for the display: presenting comes first.
    stage_present(stage);
    if (waits || display->pixels == NULL) {
        return;
    }
    if (!display->is_attached && attach(display) < 0) {
        return;
    }
    struct damage damage = stage_frame(stage, display->pixels, stage->form.width_px);
    damage_merge(display, &damage);
    if (!damage_is_empty(&display->pending)) {
        send(display);
    } else {
        timing_nothing(&display->service->timing);
    }
}

static void show(void *context)
{
    display_show(context);
}

status_t display_init(struct display *display, struct stage_service *service, handle_t gpu)
{
    *display = (struct display){.service = service, .gpu = gpu};
    display->resize_bits = ipc_server_bit(&service->server, attach_again, display);
    display->done_bits = ipc_server_bit(&service->server, landed, display);
    (void)ipc_server_on_restart(&service->server, "gpu", attach_again, display);
    service->show = show;
    service->show_context = display;
    return attach(display);
}
