// SPDX-License-Identifier: Apache-2.0
#include "input.h"
#include "place.h"

#include "abi/ipc/input.h"
#include "base/error.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/time.h"

// Of the Linux input event interface.
enum { EVENT_SYNC = 0, EVENT_KEY = 1, EVENT_RELATIVE = 2, EVENT_ABSOLUTE = 3 };
enum { AXIS_X = 0, AXIS_Y = 1, RELATIVE_WHEEL = 8, BUTTON_LEFT = 0x110, BUTTON_TOUCH = 0x14a };
enum { AXIS_MAX = 65535 };

#define TICK_NS   (16 * OS_MILLISECOND)
#define SETTLE_NS (1000 * OS_MILLISECOND)

static void tick(void *self);
static void events_take(void *self, uint64_t bits);

static void tick_start(struct input *input)
{
    if (pointer_is_moving(&input->service->stage->pointer)) {
        ipc_timer_start(&input->service->server, &input->tick, os_deadline(TICK_NS));
    }
}

static void tick(void *self)
{
    struct input *input = self;
    stage_tick(input->service->stage, (int64_t)os_clock());
    stage_service_show(input->service);
    tick_start(input);
}

static void pointer_give(struct input *input)
{
    struct stage *stage = input->service->stage;
    if (input->changed) {
        struct pointer_event event = {.now_ns = (int64_t)os_clock(),
                                      .x = input->x,
                                      .y = input->y,
                                      .down = input->down,
                                      .touch = (stage->form.inputs & FORM_TOUCH) != 0,
                                      .wheel = input->wheel};
        stage_pointer(stage, &event);
    }
    input->changed = false;
    input->wheel = 0;
}

static int32_t scaled(int32_t value, int32_t size_px)
{
    int64_t limited = value < 0 ? 0 : value > AXIS_MAX ? AXIS_MAX : value;
    return (int32_t)(limited * (size_px - 1) / AXIS_MAX);
}

static void key(struct input *input, const struct input_event *event)
{
    if (event->code == BUTTON_LEFT || event->code == BUTTON_TOUCH) {
        // A click that begins and ends before the next synchronisation must not be lost.
        pointer_give(input);
        input->down = event->value != 0;
        input->changed = true;
    } else if (event->code <= KEY_CODE_MAX) {
        stage_key(input->service->stage, event->code, event->value);
    }
}

static void event_take(struct input *input, const struct input_event *event)
{
    const struct form *form = &input->service->stage->form;
    switch (event->type) {
    case EVENT_SYNC:
        pointer_give(input);
        break;
    case EVENT_KEY:
        key(input, event);
        break;
    case EVENT_RELATIVE:
        input->wheel += event->code == RELATIVE_WHEEL ? event->value : 0;
        input->changed = input->changed || event->code == RELATIVE_WHEEL;
        break;
    case EVENT_ABSOLUTE:
        input->x = event->code == AXIS_X ? scaled(event->value, form->width_px) : input->x;
        input->y = event->code == AXIS_Y ? scaled(event->value, form->height_px) : input->y;
        input->changed = input->changed || event->code <= AXIS_Y;
        break;
    default:
        break;
    }
}

static status_t attach(struct input *input)
{
    struct ipc_extra extra = {.handle_count = 2};
    handle_t memory;
    void *bytes;
    status_t status = os_memory_allocate(INPUT_RING_BYTES, 0, &memory, &bytes);
    if (status < 0) {
        return status;
    }
    status = ring_create(&input->ring, bytes, INPUT_RING_BYTES, RING_CONSUMER);
    (void)ring_sleep(&input->ring, 0);
    status = status == OK ? os_memory_share(memory, PROTECT_READ | PROTECT_WRITE, &extra.handles[0])
                          : status;
    status = status == OK
                 ? ipc_server_signal(&input->service->server, input->event_bits, &extra.handles[1])
                 : status;
    if (status == OK) {
        struct input_attach_req request = {.event_bits = input->event_bits};
        struct input_attach_rep reply;
        status = input_attach(input->driver, &request, &reply, &extra);
    }
    os_handle_close(extra.handles[0]);
    os_handle_close(extra.handles[1]);
    os_handle_close(memory);
    if (status < 0) {
        os_memory_unmap(bytes, INPUT_RING_BYTES);
        return status;
    }
    if (input->ring_bytes != NULL) {
        os_memory_unmap(input->ring_bytes, INPUT_RING_BYTES);
    }
    input->ring_bytes = bytes;
    return OK;
}

static void attach_again(void *self, uint64_t bits)
{
    struct input *input = self;
    status_t status = attach(input);
    if (status < 0) {
        log_printf("stage: no input: %s", error_text(status));
    }
}

// After a restart a key means what it meant before only once the app in front has said where the
// person was; what nobody says is not waited for long.
static bool is_settled(struct input *input)
{
    input->settled =
        input->settled || input->service->stage->chose_task || os_clock() >= input->settle_by_ns;
    return input->settled;
}

// A key typed right after a verb ("New note") is meant for what the verb brings: it waits until the
// app in front has answered, and not long for one that does not. Pointers never wait for an app.
static bool owes_answer(struct input *input, const struct input_event *event)
{
    const struct scene *scene = &input->service->stage->scene;
    struct task *front = scene->current < scene->task_count ? scene->tasks[scene->current] : NULL;
    bool is_key = event->type == EVENT_KEY && event->code <= KEY_CODE_MAX;
    if (!is_key || front == NULL || !task_owes_answer(front)) {
        input->owing = NULL;
        return false;
    }
    if (input->owing != front) {
        input->owing = front;
        input->answer_by_ns = os_deadline(SETTLE_NS);
    }
    front->is_late = os_clock() >= input->answer_by_ns;
    return !front->is_late;
}

static void settle_later(struct input *input)
{
    ipc_timer_start(&input->service->server, &input->settle, os_deadline(TICK_NS));
}

static void settle(void *self)
{
    events_take(self, 0);
}

static void events_take(void *self, uint64_t bits)
{
    struct input *input = self;
    if (!is_settled(input)) {
        settle_later(input);
        return;
    }
    do {
        struct input_event event;
        status_t size;
        // An event leaves the ring once it is done and the app knows the new place: a stage that
        // dies in between is told it again.
        while ((size = ring_read(&input->ring, &event, sizeof event)) >= 0) {
            if (size == (status_t)sizeof event && owes_answer(input, &event)) {
                settle_later(input);
                stage_service_show(input->service);
                return;
            }
            if (size == (status_t)sizeof event) {
                timing_input(&input->service->timing, event.time_ns);
                event_take(input, &event);
                place_tell(input->service->stage);
            }
            (void)ring_skip(&input->ring);
        }
        if (size == ERR_TOO_LARGE) {
            (void)ring_skip(&input->ring);
        } else if (size == ERR_CORRUPT) {
            attach_again(input, 0);
        }
    } while (!ring_sleep(&input->ring, 0));
    stage_service_show(input->service);
    tick_start(input);
}

status_t input_init(struct input *input, struct stage_service *service, handle_t driver)
{
    *input = (struct input){.service = service, .driver = driver};
    input->tick = (struct ipc_timer){.run = tick, .self = input};
    input->event_bits = ipc_server_bit(&service->server, events_take, input);
    (void)ipc_server_on_restart(&service->server, "input", attach_again, input);
    input->settle = (struct ipc_timer){.run = settle, .self = input};
    input->settle_by_ns = os_deadline(SETTLE_NS);
    settle_later(input);
    return attach(input);
}
