// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include "clock.h"
#include "describe.h"

#include "base/assert.h"
#include "ipc/host.h"
#include "os/handle.h"
#include "os/host.h"
#include "os/signal.h"
#include "os/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS 1764063680000u // 25 November 2025, 09:41 UTC

static const struct {
    const char *text;
    uint32_t hours;
} samples[] = {
    {"Groceries\nMilk, rye bread, apples, coffee beans. Ask Ana about the market on Saturday. The "
     "list is shared, so "
     "tick off what you took and the other devices follow.\n\nAlso light bulbs, and something for "
     "the neighbours who "
     "watered the tomatoes.",
     0},
    {"Sprint plan\nCompositor damage, IME, accessibility", 3},
    {"Kyoto trip\nTrains, temples, two rain days", 20},
    {"Call with Ana\nLease, Thursday 10:30", 50},
    {"Book list\nParnas, Wirth, Ousterhout", 100},
    {"Bike service\nBrake pads, chain, rear light", 200},
    {"Recipes\nMiso soup, flat bread", 300},
    {"Garden\nTomatoes in week 21", 500},
    {"Ideas for a talk\nOne app, every screen", 700},
    {"Budget\nRent, energy, trains", 900},
};

static uint64_t counter(void *context)
{
    static uint64_t number = 0x10001;
    return number += 7919;
}

// A form of the plan, and the display that the lab gives it.
static const struct preview_form {
    struct plan_form plan;
    int32_t width_px, height_px;
} forms[] = {
#include "forms.inc"
};

static const struct preview_form *form_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
        if (strcmp(forms[i].plan.name, name) == 0) {
            return &forms[i];
        }
    }
    return NULL;
}

bool world_has_form(const char *name)
{
    return form_find(name) != NULL;
}

static struct form form_of(const struct world_options *options)
{
    const struct preview_form *found = form_find(options->form != NULL ? options->form : "phone");
    struct form form = form_of_plan(&found->plan);
    form.outputs = options->terminal ? FORM_TEXT : FORM_PIXELS;
    form.width_px = found->width_px;
    form.height_px = found->height_px;
    form.text_percent = options->text_percent != 0 ? options->text_percent : form.text_percent;
    form.dark = options->dark;
    form.high_contrast = options->high_contrast;
    form.right_to_left = options->right_to_left;
    form.moving = options->moving;
    return form;
}

static void stage_start(struct world *world)
{
    struct stage_service_options options = {.form = world->form,
                                            .text = world->text,
                                            .random = counter,
                                            .endpoint = world->stage_endpoint,
                                            .signal = world->stage_signal};
    assert(stage_service_init(&world->service, &options) == OK);
    struct strip strip;
    memset(&strip, 0, sizeof strip);
    clock_time(NOW_MS, strip.time);
    snprintf(strip.device, sizeof strip.device, "Phone");
    snprintf(strip.link, sizeof strip.link, "Connected to Desktop");
    strip.linked = true;
    world->service.stage->scene.now_ms = NOW_MS;
    stage_strip_set(world->service.stage, &strip);
}

static void app_start(struct world *world, struct app *app, struct nexus *nexus,
                      struct app_process **out)
{
    *nexus = (struct nexus){.stage = ipc_host_client(&world->service.server, 1),
                            .docs = ipc_host_client(&world->docs.server, 1),
                            .mesh = ipc_host_client(&world->mesh.server, 1)};
    assert(os_signal_create(&nexus->signal) == OK);
    assert(app_process_create(app, nexus, out) == OK);
}

void world_init(struct world *world, const struct world_options *options)
{
    ipc_host_reset();
    memset(world, 0, sizeof *world);
    world->form = form_of(options);
    world->text = text_create(
        &(struct text_options){.font = options->font,
                               .icons = options->icons,
                               .scale_q6 = (int32_t)(64 * world->form.scale_percent / 100)});
    assert(world->text != NULL);
    fake_docs_init(&world->docs, NOW_MS);
    for (int i = 0; i < options->notes && i < (int)ARRAY_COUNT(samples); i++) {
        fake_docs_add(&world->docs, samples[i].text, samples[i].hours * 3600000ull);
    }
    fake_mesh_init(&world->mesh);
    ipc_host_handles(&world->stage_endpoint, &world->stage_signal);
    stage_start(world);
    world->pixels =
        calloc((size_t)(world->form.width_px * world->form.height_px), sizeof world->pixels[0]);
    world->notes_app = (struct app){.name = "notes",
                                    .start = notes_start,
                                    .view = notes_view,
                                    .event = notes_event,
                                    .state = &world->notes};
    world->devices_app = (struct app){.name = "devices",
                                      .start = devices_start,
                                      .view = devices_view,
                                      .event = devices_event,
                                      .state = &world->devices};
    app_start(world, &world->notes_app, &world->notes_nexus, &world->notes_process);
    app_start(world, &world->devices_app, &world->devices_nexus, &world->devices_process);
    world_settle(world);
}

void world_finish(struct world *world)
{
    app_process_destroy(world->notes_process);
    app_process_destroy(world->devices_process);
    documents_destroy(world->notes.list);
    stage_service_finish(&world->service);
    fake_docs_finish(&world->docs);
    text_destroy(world->text);
    free(world->pixels);
}

void world_settle(struct world *world)
{
    for (int i = 0; i < 50; i++) {
        uint64_t generation = world->service.stage->generation;
        stage_service_show(&world->service);
        uint32_t ran = ipc_host_run();
        assert(app_process_step(world->notes_process, DEADLINE_NOW) == OK);
        assert(app_process_step(world->devices_process, DEADLINE_NOW) == OK);
        if (ran == 0 && generation == world->service.stage->generation &&
            !world->service.stage->is_dirty) {
            return;
        }
    }
    assert(!"the world never settles");
}

const struct box *world_find(struct world *world, const char *name)
{
    const struct boxes *boxes = &world->service.stage->boxes;
    for (uint32_t i = boxes->count; i > 0; i--) {
        const struct box *box = &boxes->items[i - 1];
        if (box->role != ROLE_NONE && box->name.size == strlen(name) &&
            memcmp(box->name.bytes, name, box->name.size) == 0) {
            return box;
        }
    }
    return NULL;
}

bool world_tap(struct world *world, const char *name)
{
    const struct box *box = world_find(world, name);
    if (box == NULL) {
        return false;
    }
    os_host_clock_advance(OS_SECOND);
    struct pointer_event event = {.now_ns = (int64_t)os_clock(),
                                  .x = box->rect.x + box->rect.width / 2,
                                  .y = box->rect.y + box->rect.height / 2,
                                  .touch = (world->form.inputs & FORM_TOUCH) != 0};
    stage_pointer(world->service.stage, &event);
    event.down = true;
    stage_pointer(world->service.stage, &event);
    event.down = false;
    stage_pointer(world->service.stage, &event);
    world_settle(world);
    return true;
}

static void stroke_give(struct world *world, const struct stroke *stroke)
{
    static const struct {
        uint8_t modifier;
        uint16_t code;
    } held[] = {{KEY_SHIFT, KEY_CODE_LEFT_SHIFT},
                {KEY_CTRL, KEY_CODE_LEFT_CTRL},
                {KEY_ALT, KEY_CODE_LEFT_ALT}};
    struct stage *stage = world->service.stage;
    for (size_t i = 0; i < ARRAY_COUNT(held); i++) {
        if (stroke->modifiers & held[i].modifier) {
            stage_key(stage, held[i].code, 1);
        }
    }
    stage_key(stage, stroke->code, 1);
    stage_key(stage, stroke->code, 0);
    for (size_t i = 0; i < ARRAY_COUNT(held); i++) {
        if (stroke->modifiers & held[i].modifier) {
            stage_key(stage, held[i].code, 0);
        }
    }
    world_settle(world);
}

void world_type(struct world *world, const char *text)
{
    for (; *text != 0; text++) {
        struct stroke stroke;
        if (keys_stroke_for(*text, &stroke)) {
            stroke_give(world, &stroke);
        }
    }
}

bool world_key(struct world *world, const char *name)
{
    struct stroke stroke = {0};
    if (!keys_parse((struct span){(const uint8_t *)name, strlen(name)}, &stroke)) {
        return false;
    }
    stroke_give(world, &stroke);
    return true;
}

struct damage world_frame(struct world *world)
{
    return stage_frame(world->service.stage, world->pixels, world->form.width_px);
}

void world_restart_stage(struct world *world)
{
    ipc_host_kill(&world->service.server);
    stage_service_finish(&world->service);
    stage_start(world);
    (void)os_signal_raise(world->notes_nexus.signal, 1);
    (void)os_signal_raise(world->devices_nexus.signal, 1);
    world_settle(world);
}
