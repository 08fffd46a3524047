// SPDX-License-Identifier: Apache-2.0
// Display and input against drivers that answer late, die, change size and send nonsense.
#include "base/test.h"

#include "display.h"
#include "input.h"

#include "abi/ipc/gpu.h"
#include "abi/ipc/input.h"
#include "abi/ipc/stage.h"
#include "ipc/host.h"
#include "os/handle.h"
#include "os/host.h"
#include "os/memory.h"
#include "os/signal.h"

IPC_SERVER(gpu, GPU_METHODS)
IPC_SERVER(input, INPUT_METHODS)

struct fake_gpu {
    struct ipc_server server;
    uint32_t width, height, presents, attaches;
    struct gpu_present_req last;
    handle_t signal;
    uint64_t resize_bits, done_bits;
    bool busy, forgot, refuses;
};

struct fake_input {
    struct ipc_server server;
    struct ring ring;
    void *bytes;
    handle_t signal;
    uint64_t bits;
};

static struct fake_gpu gpu;
static struct fake_input keyboard;
static struct stage_service service;
static struct display display;
static struct input input;
static struct text *text;
static handle_t gpu_endpoint, gpu_signal, stage_endpoint, stage_signal;

static status_t do_info(void *self, struct ipc_request *request, const struct gpu_info_req *req,
                        struct gpu_info_rep *rep)
{
    rep->width = gpu.width;
    rep->height = gpu.height;
    return OK;
}

static status_t do_gpu_attach(void *self, struct ipc_request *request,
                              const struct gpu_attach_req *req, struct gpu_attach_rep *rep)
{
    if (gpu.refuses || req->width != gpu.width || req->height != gpu.height) {
        return ERR_INVALID;
    }
    gpu.attaches++;
    gpu.forgot = gpu.busy = false;
    os_handle_close(gpu.signal);
    gpu.signal = request->handles[1];
    request->handles[1] = HANDLE_NONE;
    gpu.resize_bits = req->resize_bits;
    gpu.done_bits = req->done_bits;
    return OK;
}

static status_t do_present(void *self, struct ipc_request *request,
                           const struct gpu_present_req *req, struct gpu_present_rep *rep)
{
    if (gpu.forgot || gpu.busy) {
        return gpu.forgot ? ERR_BAD_STATE : ERR_AGAIN;
    }
    for (uint32_t i = 0; i < req->rect_count; i++) {
        CHECK(req->rects[i].x + req->rects[i].width <= gpu.width);
        CHECK(req->rects[i].y + req->rects[i].height <= gpu.height);
    }
    gpu.last = *req;
    gpu.presents++;
    return OK;
}

static status_t do_input_attach(void *self, struct ipc_request *request,
                                const struct input_attach_req *req, struct input_attach_rep *rep)
{
    CHECK_EQ(os_memory_map(request->handles[0], 0, INPUT_RING_BYTES, PROTECT_READ | PROTECT_WRITE,
                           &keyboard.bytes),
             OK);
    CHECK_EQ(ring_open(&keyboard.ring, keyboard.bytes, INPUT_RING_BYTES, RING_PRODUCER), OK);
    keyboard.signal = request->handles[1];
    request->handles[1] = HANDLE_NONE;
    keyboard.bits = req->event_bits;
    return OK;
}

static uint64_t number(void *context)
{
    static uint64_t last;
    return ++last;
}

static void setup(void)
{
    static const struct gpu_ops gpu_ops = {
        .info = do_info, .attach = do_gpu_attach, .present = do_present};
    static const struct input_ops input_ops = {.attach = do_input_attach};
    ipc_host_reset();
    gpu = (struct fake_gpu){.width = 640, .height = 480};
    keyboard = (struct fake_input){0};
    struct ipc_service served = IPC_SERVICE(gpu, &gpu_ops, &gpu);
    ipc_host_handles(&gpu_endpoint, &gpu_signal);
    served.endpoint = gpu_endpoint;
    served.signal = gpu_signal;
    ipc_server_init(&gpu.server, &served);
    struct ipc_service typed = IPC_SERVICE(input, &input_ops, &keyboard);
    ipc_host_handles(&typed.endpoint, &typed.signal);
    ipc_server_init(&keyboard.server, &typed);
    ipc_host_handles(&stage_endpoint, &stage_signal);
    os_host_start_entry("gpu", ipc_host_client(&gpu.server, 2), 1);
    os_host_start_entry("input", ipc_host_client(&keyboard.server, 2), 2);
    text = text_create(&(struct text_options){0});
    struct form form = {.inputs = FORM_POINTER | FORM_KEYBOARD,
                        .outputs = FORM_PIXELS,
                        .scale_percent = 100,
                        .text_percent = 100};
    struct stage_service_options options = {.form = form,
                                            .text = text,
                                            .random = number,
                                            .endpoint = stage_endpoint,
                                            .signal = stage_signal};
    CHECK_EQ(stage_service_init(&service, &options), OK);
    CHECK_EQ(display_init(&display, &service, ipc_host_client(&gpu.server, 2)), OK);
    CHECK_EQ(input_init(&input, &service, ipc_host_client(&keyboard.server, 2)), OK);
    stage_service_show(&service);
}

static void teardown(void)
{
    stage_service_finish(&service);
    text_destroy(text);
}

static void event(uint16_t type, uint16_t code, int32_t value)
{
    struct input_event sent = {.type = type, .code = code, .value = value};
    CHECK(ring_push(&keyboard.ring, &sent, sizeof sent) >= 0);
}

static void wake(void)
{
    if (ring_should_wake(&keyboard.ring)) {
        os_signal_raise(keyboard.signal, keyboard.bits);
    }
    ipc_host_run();
}

static void first_frame_is_whole_and_of_the_display_s_size(void)
{
    setup();
    CHECK_EQ(service.stage->form.width_px, 640);
    CHECK_EQ(gpu.presents, 1);
    CHECK_EQ(gpu.last.rects[0].width, 640);
    CHECK_EQ(gpu.last.rects[0].height, 480);
    teardown();
}

static void one_frame_is_in_flight_and_the_next_waits_for_it(void)
{
    setup();
    stage_dark_set(service.stage, true);
    stage_service_show(&service);
    CHECK_EQ(gpu.presents, 1);
    os_signal_raise(gpu.signal, gpu.done_bits);
    ipc_host_run();
    CHECK_EQ(gpu.presents, 2);
    os_signal_raise(gpu.signal, gpu.done_bits);
    ipc_host_run();
    CHECK_EQ(gpu.presents, 2); // nothing changed
    teardown();
}

static void busy_driver_gets_the_same_damage_again(void)
{
    setup();
    os_signal_raise(gpu.signal, gpu.done_bits);
    ipc_host_run();
    gpu.busy = true;
    stage_dark_set(service.stage, true);
    stage_service_show(&service);
    CHECK_EQ(gpu.presents, 1);
    gpu.busy = false;
    os_signal_raise(gpu.signal, gpu.done_bits);
    ipc_host_run();
    CHECK_EQ(gpu.presents, 2);
    CHECK(gpu.last.rect_count > 0);
    teardown();
}

static void lost_frame_does_not_stop_the_screen(void)
{
    setup();
    os_host_clock_advance(300000000); // done never came
    stage_dark_set(service.stage, true);
    stage_service_show(&service);
    CHECK_EQ(gpu.presents, 2);
    teardown();
}

static void other_size_is_attached_and_shown_whole(void)
{
    setup();
    gpu.width = 320;
    gpu.height = 700;
    os_signal_raise(gpu.signal, gpu.resize_bits);
    ipc_host_run();
    CHECK_EQ(gpu.attaches, 2);
    CHECK_EQ(service.stage->form.height_px, 700);
    CHECK_EQ(gpu.last.rects[0].height, 700);
    teardown();
}

static void absurd_sizes_are_refused(void)
{
    setup();
    gpu.width = 100000;
    os_signal_raise(gpu.signal, gpu.resize_bits);
    ipc_host_run();
    CHECK_EQ(gpu.attaches, 1);
    gpu.width = 0;
    os_signal_raise(gpu.signal, gpu.resize_bits);
    ipc_host_run();
    CHECK_EQ(gpu.attaches, 1);
    teardown();
}

static void restarted_driver_is_attached_again(void)
{
    setup();
    gpu.forgot = true;
    os_signal_raise(stage_signal, 1u << 1); // init says the gpu is back
    ipc_host_run();
    CHECK_EQ(gpu.attaches, 2);
    CHECK_EQ(gpu.presents, 2);
    CHECK_EQ(gpu.last.rects[0].width, 640);
    teardown();
}

static void keys_wait_until_the_stage_knows_where_the_person_was(void)
{
    setup();
    event(1, 30, 1);
    wake();
    CHECK(!service.stage->keyboard_used);
    service.stage->chose_task = true; // an app's first tree said so
    ipc_host_run_for(20000000);
    CHECK(service.stage->keyboard_used);
    teardown();
}

static void key_waits_a_second(void)
{
    event(1, 30, 1);
    wake();
    ipc_host_run_for(900000000);
    CHECK(!service.stage->keyboard_used);
    ipc_host_run_for(200000000);
    CHECK(service.stage->keyboard_used);
}

static void keys_do_not_wait_for_ever(void)
{
    setup();
    key_waits_a_second();
    teardown();
}

// An app with a task in front, and the verb a person just pressed in it.
static handle_t pressed_verb(void)
{
    struct stage_open_req request = {.name = "notes"};
    struct stage_open_rep reply;
    handle_t endpoint, signal;
    ipc_host_handles(&endpoint, &signal);
    struct ipc_extra extra = {.handles = {signal}, .handle_count = 1};
    CHECK_EQ(stage_open(ipc_host_client(&service.server, 1), &request, &reply, &extra), OK);
    service.stage->chose_task = true;
    task_emit(service.stage->scene.tasks[0], &(struct ui_event){.kind = UI_EVENT_VERB, .verb = 1});
    return extra.reply_handles[0];
}

static uint32_t poll(handle_t task)
{
    static uint8_t events[STAGE_EVENTS_MAX];
    struct stage_poll_req request = {0};
    struct stage_poll_rep reply;
    struct ipc_extra extra = {.reply_tail = events, .reply_tail_max = sizeof events};
    CHECK_EQ(stage_poll(task, &request, &reply, &extra), OK);
    return reply.count;
}

static void keys_after_a_verb_wait_for_what_it_brings(void)
{
    setup();
    handle_t task = pressed_verb();
    event(3, 0, 65535); // a pointer never waits for an app
    event(0, 0, 0);
    event(1, 30, 1);
    wake();
    CHECK_EQ(service.stage->pointer.x, 639);
    ipc_host_run_for(100000000);
    CHECK(!service.stage->keyboard_used); // the app does not know the verb yet
    CHECK(poll(task) > 0);
    ipc_host_run_for(100000000);
    CHECK(!service.stage->keyboard_used); // it does, and has not answered
    (void)poll(task);
    ipc_host_run_for(20000000);
    CHECK(service.stage->keyboard_used);
    teardown();
}

static void keys_do_not_wait_long_for_a_dead_app(void)
{
    setup();
    handle_t task = pressed_verb();
    key_waits_a_second();
    task_emit(service.stage->scene.tasks[0], &(struct ui_event){.kind = UI_EVENT_VERB, .verb = 1});
    service.stage->keyboard_used = false;
    event(1, 30, 0);
    event(1, 30, 1); // nor again for each verb it leaves lying
    wake();
    CHECK(service.stage->keyboard_used);
    (void)poll(task); // awake again: it is waited for as before
    service.stage->keyboard_used = false;
    event(1, 30, 0);
    event(1, 30, 1);
    wake();
    CHECK(!service.stage->keyboard_used);
    teardown();
}

static void pointer_and_keys_reach_the_stage(void)
{
    setup();
    ipc_host_run_for(1100000000);
    event(3, 0, 65535);
    event(3, 1, 0);
    event(0, 0, 0);
    wake();
    CHECK_EQ(service.stage->pointer.x, 639);
    CHECK_EQ(service.stage->pointer.y, 0);
    event(1, 0x110, 1);
    event(1, 0x110, 0); // a click without a synchronisation between
    event(0, 0, 0);
    wake();
    CHECK(!service.stage->pointer.down);
    CHECK(service.stage->pointer.tapped_ns != 0);
    event(1, 30, 1);
    wake();
    CHECK(service.stage->keyboard_used);
    teardown();
}

static void nonsense_from_input_is_ignored(void)
{
    setup();
    ipc_host_run_for(1100000000);
    event(77, 3, 4);
    event(3, 9, -5);
    event(1, 60000, 1);
    event(3, 0, INT32_MIN);
    event(3, 1, INT32_MAX);
    event(2, 3, INT32_MIN);
    event(0, 0, 0);
    CHECK(ring_push(&keyboard.ring, "short", 5) >= 0);
    CHECK(ring_push(&keyboard.ring, NULL, 0) >= 0);
    wake();
    CHECK_EQ(service.stage->pointer.x, 0);
    CHECK_EQ(service.stage->pointer.y, 479);
    memset(keyboard.bytes, 0xff, INPUT_RING_BYTES); // a driver gone mad
    os_signal_raise(keyboard.signal, keyboard.bits);
    ipc_host_run();
    event(1, 30, 1); // attached again
    wake();
    CHECK(service.stage->keyboard_used);
    teardown();
}

TEST_MAIN(TEST(first_frame_is_whole_and_of_the_display_s_size),
          TEST(one_frame_is_in_flight_and_the_next_waits_for_it),
          TEST(busy_driver_gets_the_same_damage_again), TEST(lost_frame_does_not_stop_the_screen),
          TEST(other_size_is_attached_and_shown_whole), TEST(absurd_sizes_are_refused),
          TEST(restarted_driver_is_attached_again), TEST(pointer_and_keys_reach_the_stage),
          TEST(keys_wait_until_the_stage_knows_where_the_person_was),
          TEST(keys_do_not_wait_for_ever), TEST(keys_after_a_verb_wait_for_what_it_brings),
          TEST(keys_do_not_wait_long_for_a_dead_app), TEST(nonsense_from_input_is_ignored))
