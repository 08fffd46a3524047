// SPDX-License-Identifier: Apache-2.0
// preview [--form NAME] [--terminal] [--dark] [--contrast] [--rtl] [--moving] [--text PERCENT]
// [--notes N] [--out FILE.png] [step …]
//
// Runs the real apps and the real stage in this process and writes a picture of the screen. Steps,
// in order:
//   tap=LABEL  type=TEXT  key=NAME  write=TEXT (another device writes into the newest note)
//   confirm (the other device confirms a pairing)  line=TEXT (terminal)  tree (print the interface
//   as text)
#include "png.h"
#include "world.h"

#include "describe.h"
#include "terminal.h"

#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct world world;

_Noreturn void assert_failed(const char *expression, const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
    abort();
}

static struct span file_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "preview: %s cannot be read: run ./nx setup\n", path);
        exit(1);
    }
    struct buffer bytes = {0};
    uint8_t chunk[65536];
    for (size_t size; (size = fread(chunk, 1, sizeof chunk, file)) > 0;) {
        buffer_bytes(&bytes, chunk, size);
    }
    fclose(file);
    return buffer_span(&bytes);
}

static void print(struct buffer *text)
{
    fwrite(text->bytes, 1, text->size, stdout);
    buffer_finish(text);
}

static bool step_named(const char *name, const char *value)
{
    struct buffer out = {0};
    if (strcmp(name, "tap") == 0) {
        return world_tap(&world, value);
    } else if (strcmp(name, "type") == 0) {
        world_type(&world, value);
    } else if (strcmp(name, "key") == 0) {
        return world_key(&world, value);
    } else if (strcmp(name, "write") == 0) {
        fake_docs_write(&world.docs, 0, value);
        world_settle(&world);
    } else if (strcmp(name, "line") == 0) {
        terminal_line(world.service.stage, (struct span){(const uint8_t *)value, strlen(value)},
                      &out);
        world_settle(&world);
        terminal_print(world.service.stage, &out);
        print(&out);
    } else {
        return false;
    }
    return true;
}

static bool step(const char *text)
{
    struct buffer out = {0};
    if (strcmp(text, "tree") == 0) {
        describe(&world.service.stage->boxes, &out);
        print(&out);
        return true;
    }
    if (strcmp(text, "confirm") == 0) {
        fake_mesh_peer_confirms(&world.mesh, true);
        world_settle(&world);
        return true;
    }
    const char *equals = strchr(text, '=');
    char name[16] = {0};
    if (equals == NULL || (size_t)(equals - text) >= sizeof name) {
        return false;
    }
    memcpy(name, text, (size_t)(equals - text));
    return step_named(name, equals + 1);
}

// Reads one option; returns how many words it took, 0 when it is none.
static int option(char **words, int count, struct world_options *options, const char **out_path)
{
    const struct {
        const char *name;
        bool *out;
    } flags[] = {{"--dark", &options->dark},
                 {"--contrast", &options->high_contrast},
                 {"--rtl", &options->right_to_left},
                 {"--moving", &options->moving},
                 {"--terminal", &options->terminal}};
    for (size_t i = 0; i < ARRAY_COUNT(flags); i++) {
        if (strcmp(words[0], flags[i].name) == 0) {
            *flags[i].out = true;
            return 1;
        }
    }
    if (count > 1 && strcmp(words[0], "--form") == 0) {
        options->form = words[1];
        return 2;
    } else if (count > 1 && strcmp(words[0], "--text") == 0) {
        options->text_percent = (uint32_t)strtoul(words[1], NULL, 10);
        return 2;
    } else if (count > 1 && strcmp(words[0], "--notes") == 0) {
        options->notes = (int)strtol(words[1], NULL, 10);
        return 2;
    } else if (count > 1 && strcmp(words[0], "--out") == 0) {
        *out_path = words[1];
        return 2;
    }
    return 0;
}

// Of a round display only the circle is seen.
static void round_off(struct world *shown)
{
    int32_t size = shown->form.width_px;
    for (int32_t i = 0; shown->form.round && i < size * size; i++) {
        int32_t x = 2 * (i % size) - size + 1, y = 2 * (i / size) - size + 1;
        if (x * x + y * y > size * size) {
            shown->pixels[i] = 0xff808080u;
        }
    }
}

int main(int count, char **words)
{
    struct world_options options = {.form = "phone", .notes = 10};
    const char *path = NULL;
    int at = 1;
    for (int taken; at < count && (taken = option(words + at, count - at, &options, &path)) > 0;
         at += taken) {
    }
    if (!world_has_form(options.form)) {
        fprintf(stderr, "preview: there is no forms/%s.toml\n", options.form);
        return 1;
    }
    options.font = file_read(FONT_INTER);
    options.icons = file_read(FONT_ICONS);
    world_init(&world, &options);
    for (; at < count; at++) {
        if (!step(words[at])) {
            fprintf(stderr,
                    "preview: \"%s\" cannot be done here; steps: tap= type= key= write= line= "
                    "confirm tree\n",
                    words[at]);
            return 1;
        }
    }
    status_t status = OK;
    if (path != NULL) {
        world_frame(&world);
        round_off(&world);
        status = png_write(path, world.pixels, world.form.width_px, world.form.height_px);
    }
    if (status < 0) {
        fprintf(stderr, "preview: %s cannot be written\n", path);
    }
    world_finish(&world);
    free((void *)(uintptr_t)options.font.bytes);
    free((void *)(uintptr_t)options.icons.bytes);
    return status < 0;
}
