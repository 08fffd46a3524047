// SPDX-License-Identifier: Apache-2.0
// Wiring: form and fonts, then a display with input, or a terminal on the console. What is not
// there is reported and done without.
#include "display.h"
#include "input.h"
#include "surroundings.h"
#include "terminal_link.h"

#include "abi/ipc/entropy.h"
#include "abi/ipc/supervisor.h"
#include "abi/syscall.h"
#include "base/assert.h"
#include "base/error.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/start.h"
#include "os/time.h"

#include <string.h>

static struct stage_service service;
static struct display display;
static struct input input;
static struct surroundings surroundings;
static struct terminal_link terminal;

static uint64_t random_number(void *context)
{
    uint64_t number = 0;
    struct entropy_read_req request = {.size = sizeof number};
    struct entropy_read_rep reply;
    struct ipc_extra extra = {.reply_tail = &number, .reply_tail_max = sizeof number};
    if (entropy_read(os_handle("entropy"), &request, &reply, &extra) < 0) {
        // Two replicas under one number would corrupt each other; the clock at least never repeats
        // here.
        log_printf("stage: no entropy");
        number = os_clock() * 0x9e3779b97f4a7c15u;
    }
    return number;
}

static struct span font(const char *name)
{
    uint64_t size = 0;
    void *bytes = NULL;
    handle_t memory = os_handle(name);
    if (memory == HANDLE_NONE || os_memory_size(memory, &size) < 0 ||
        os_memory_map(memory, 0, size, PROTECT_READ, &bytes) < 0) {
        log_printf("stage: the font %s is not there", name);
        return (struct span){NULL, 0};
    }
    return (struct span){bytes, size};
}

static struct form form_ask(void)
{
    struct supervisor_device_req request = {0};
    struct supervisor_device_rep reply;
    if (supervisor_device(os_handle("init"), &request, &reply, NULL) < 0) {
        log_printf("stage: init does not say which form this is");
        reply.form = (struct plan_form){
            .name = "desktop", .inputs = PLAN_POINTER | PLAN_KEYBOARD, .outputs = PLAN_PIXELS};
    }
    return form_of_plan(&reply.form);
}

static uint64_t waited_ns(void)
{
    struct supervisor_device_req request = {0};
    struct supervisor_device_rep reply;
    return supervisor_device(os_handle("init"), &request, &reply, NULL) < 0 ? 0
                                                                            : reply.machine.idle_ns;
}

static void pixels_start(void)
{
    status_t status = display_init(&display, &service, os_handle("gpu"));
    if (status < 0) {
        log_printf("stage: no display: %s", error_text(status));
    }
    status = input_init(&input, &service, os_handle("input"));
    if (status < 0) {
        log_printf("stage: no input: %s", error_text(status));
    }
}

int main(void)
{
    struct form form = form_ask();
    struct text *text = text_create(&(struct text_options){
        .font = font("font_inter"),
        .icons = font("font_icons"),
        .scale_q6 = (int32_t)(64 * form.scale_percent / 100),
    });
    assert(text != NULL);
    status_t status = stage_service_init(
        &service,
        &(struct stage_service_options){.form = form, .text = text, .random = random_number});
    assert(status == OK);
    service.waited_ns = waited_ns;
    if (form.outputs & FORM_PIXELS) {
        pixels_start();
    } else {
        terminal_link_init(&terminal, &service, os_handle("console"));
    }
    surroundings_init(&surroundings, &service);
    stage_service_show(&service);
    ipc_server_run(&service.server);
}
