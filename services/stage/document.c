// SPDX-License-Identifier: Apache-2.0
// Order matters when starting: first subscribe, then fetch the state, so that nothing falls
// between; updates are idempotent, so what comes twice does no harm.
#include "document.h"

#include "abi/ipc/docs.h"
#include "base/codec.h"
#include "base/list.h"
#include "doc/doc.h"
#include "os/handle.h"
#include "os/log.h"
#include "os/memory.h"
#include "ring/ring.h"

#include <stdlib.h>
#include <string.h>

struct documents_stage {
    struct documents_stage_options options;
    struct list_node bindings; // struct binding
    uint64_t update_bits;
};

struct binding {
    struct list_node link; // documents_stage.bindings
    struct documents_stage *documents;
    handle_t handle;
    struct editor *editor;
    struct doc *doc;
    struct doc_text *text;
    void *ring_bytes;
    struct ring ring;
    bool is_own;    // the change under way is the person's: the editor has it already
    bool is_behind; // docs may lack something of ours
};

static void rings_drain(void *self, uint64_t bits);

struct documents_stage *documents_stage_create(const struct documents_stage_options *options)
{
    struct documents_stage *documents = calloc(1, sizeof *documents);
    if (documents != NULL) {
        documents->options = *options;
        list_init(&documents->bindings);
        documents->update_bits = ipc_server_bit(options->server, rings_drain, documents);
    }
    return documents;
}

void documents_stage_destroy(struct documents_stage *documents)
{
    while (documents != NULL && !list_is_empty(&documents->bindings)) {
        struct binding *binding = LIST_FIRST(&documents->bindings, struct binding, link);
        document_unbind(documents, binding->handle, binding);
    }
    free(documents);
}

// A change of the replica that came from outside moves the editor's text, step by step.
static void text_changed(void *context, struct doc_text *text, const struct doc_delta *steps,
                         size_t count)
{
    struct binding *binding = context;
    uint64_t at = 0;
    for (size_t i = 0; i < count && !binding->is_own; i++) {
        struct buffer inserted = {0};
        if (steps[i].kind == DOC_INSERT &&
            doc_text_read(text, at, steps[i].length, &inserted) == OK) {
            (void)editor_splice(binding->editor, (uint32_t)at, 0, buffer_span(&inserted));
        } else if (steps[i].kind == DOC_DELETE) {
            (void)editor_splice(binding->editor, (uint32_t)at, (uint32_t)steps[i].length,
                                (struct span){NULL, 0});
        }
        at += steps[i].kind == DOC_DELETE ? 0 : steps[i].length;
        buffer_finish(&inserted);
    }
    if (!binding->is_own) {
        binding->documents->options.changed(binding->documents->options.context);
    }
}

// Sends an update to docs, inline or through a memory.
static status_t update_send(struct binding *binding, const struct buffer *update)
{
    struct docs_apply_req request = {0};
    struct docs_apply_rep reply;
    if (update->size <= DOCS_INLINE_MAX) {
        struct ipc_extra extra = {.tail = update->bytes, .tail_size = (uint32_t)update->size};
        return docs_apply(binding->handle, &request, &reply, &extra);
    }
    handle_t memory;
    void *bytes;
    status_t status = os_memory_allocate(update->size, 0, &memory, &bytes);
    if (status < 0) {
        return status;
    }
    memcpy(bytes, update->bytes, update->size);
    struct ipc_extra extra = {.handle_count = 1};
    status = os_memory_share(memory, PROTECT_READ, &extra.handles[0]);
    if (status == OK) {
        request.size_bytes = update->size;
        status = docs_apply(binding->handle, &request, &reply, &extra);
        os_handle_close(extra.handles[0]);
    }
    os_memory_unmap(bytes, align_up(update->size, PAGE_SIZE));
    os_handle_close(memory);
    return status;
}

// Ends the transaction and sends it. What docs cannot take now is sent when it is back.
static void commit(struct binding *binding)
{
    struct buffer update = {0};
    status_t status = doc_commit(binding->doc, &update);
    status = status == OK && update.size > 0 ? update_send(binding, &update) : status;
    if (status < 0) {
        log_printf("stage: an edit waits for docs (%d)", status);
        binding->is_behind = true;
    }
    buffer_finish(&update);
}

static status_t person_inserts(void *context, uint32_t at_utf16, const char *text, size_t size)
{
    struct binding *binding = context;
    status_t status = binding->doc != NULL ? doc_begin(binding->doc) : ERR_AGAIN;
    if (status < 0) {
        return status;
    }
    binding->is_own = true;
    status = doc_text_insert(binding->text, at_utf16, text, size);
    commit(binding);
    binding->is_own = false;
    return status;
}

static status_t person_removes(void *context, uint32_t at_utf16, uint32_t count_utf16)
{
    struct binding *binding = context;
    status_t status = binding->doc != NULL ? doc_begin(binding->doc) : ERR_AGAIN;
    if (status < 0) {
        return status;
    }
    binding->is_own = true;
    status = doc_text_delete(binding->text, at_utf16, count_utf16);
    commit(binding);
    binding->is_own = false;
    return status;
}

// Looks a replica up in the state vector: how many UTF-16 units of it are here.
static uint64_t replica_typed(void *context, uint64_t replica, uint64_t *out_replica)
{
    struct binding *binding = context;
    struct buffer vector = {0};
    uint64_t typed = 0;
    if (binding->doc == NULL) {
        return 0;
    }
    *out_replica = replica != 0 ? replica : doc_client(binding->doc);
    if (doc_encode_state_vector(binding->doc, &vector) == OK) {
        struct reader reader = reader_of(vector.bytes, vector.size);
        for (uint64_t count = reader_uvarint(&reader); count > 0 && !reader.failed; count--) {
            uint64_t client = reader_uvarint(&reader), clock = reader_uvarint(&reader);
            typed = client == *out_replica ? clock : typed;
        }
    }
    buffer_finish(&vector);
    return typed;
}

// Applies the bytes of a memory that docs gave; they are read once, into the decoder's own copy.
static status_t memory_apply(struct binding *binding, handle_t memory, uint64_t size)
{
    uint64_t held = 0;
    void *bytes = NULL;
    status_t status = os_memory_size(memory, &held);
    if (status == OK && (size > held || size > DOC_UPDATE_SIZE_MAX)) {
        status = ERR_BAD_MESSAGE;
    }
    status = status == OK ? os_memory_map(memory, 0, held, PROTECT_READ, &bytes) : status;
    if (status == OK) {
        status = doc_apply(binding->doc, bytes, size, NULL);
        os_memory_unmap(bytes, held);
    }
    return status;
}

// Fetches what docs has and this replica lacks.
static status_t state_fetch(struct binding *binding)
{
    static uint8_t tail[DOCS_INLINE_MAX];
    struct buffer vector = {0};
    status_t status = doc_encode_state_vector(binding->doc, &vector);
    struct docs_state_req request = {0};
    struct docs_state_rep reply;
    struct ipc_extra extra = {.tail = vector.bytes,
                              .tail_size = (uint32_t)vector.size,
                              .reply_tail = tail,
                              .reply_tail_max = sizeof tail};
    status = status == OK ? docs_state(binding->handle, &request, &reply, &extra) : status;
    buffer_finish(&vector);
    if (status < 0) {
        return status;
    }
    if (extra.reply_handle_count > 0) {
        status = memory_apply(binding, extra.reply_handles[0], reply.size_bytes);
        os_handle_close(extra.reply_handles[0]);
        return status;
    }
    return extra.reply_tail_size > 0 ? doc_apply(binding->doc, tail, extra.reply_tail_size, NULL)
                                     : OK;
}

// Gives docs everything of this replica; what it has already changes nothing.
static void state_give(struct binding *binding)
{
    struct buffer update = {0};
    if (doc_encode_state(binding->doc, NULL, 0, &update) == OK &&
        update_send(binding, &update) == OK) {
        binding->is_behind = false;
    }
    buffer_finish(&update);
}

static status_t subscribe(struct binding *binding)
{
    handle_t memory;
    void *bytes;
    status_t status = os_memory_allocate(DOCS_RING_BYTES, 0, &memory, &bytes);
    if (status < 0) {
        return status;
    }
    status = ring_create(&binding->ring, bytes, DOCS_RING_BYTES, RING_CONSUMER);
    struct ipc_extra extra = {.handle_count = 2};
    status = status == OK ? os_memory_share(memory, PROTECT_READ | PROTECT_WRITE, &extra.handles[0])
                          : status;
    status = status == OK ? ipc_server_signal(binding->documents->options.server,
                                              binding->documents->update_bits, &extra.handles[1])
                          : status;
    if (status == OK) {
        struct docs_subscribe_req request = {.update_bits = binding->documents->update_bits};
        struct docs_subscribe_rep reply;
        (void)ring_sleep(&binding->ring, 0);
        status = docs_subscribe(binding->handle, &request, &reply, &extra);
    }
    os_handle_close(extra.handles[0]);
    os_handle_close(extra.handles[1]);
    os_handle_close(memory);
    if (status < 0) {
        os_memory_unmap(bytes, DOCS_RING_BYTES);
        return status;
    }
    if (binding->ring_bytes != NULL) {
        os_memory_unmap(binding->ring_bytes, DOCS_RING_BYTES);
    }
    binding->ring_bytes = bytes;
    return OK;
}

// Takes what docs pushed; an empty record says that something did not fit.
static void ring_drain(struct binding *binding)
{
    static uint8_t record[DOCS_RING_BYTES];
    bool lost = false;
    do {
        status_t size;
        while ((size = ring_pop(&binding->ring, record, sizeof record)) >= 0) {
            lost = lost || size == 0 || doc_apply(binding->doc, record, (size_t)size, NULL) < 0;
        }
        if (size == ERR_CORRUPT) {
            (void)subscribe(binding);
            lost = true;
        }
    } while (!ring_sleep(&binding->ring, 0));
    if (lost) {
        (void)state_fetch(binding);
    }
}

static void rings_drain(void *self, uint64_t bits)
{
    struct documents_stage *documents = self;
    struct list_node *at;
    LIST_FOR_EACH(at, &documents->bindings)
    {
        struct binding *binding = CONTAINER_OF(at, struct binding, link);
        if (binding->doc != NULL) {
            ring_drain(binding);
        }
    }
}

// Back to a handle alone: nothing can be edited until it starts again.
static void binding_stop(struct binding *binding)
{
    if (binding->ring_bytes != NULL) {
        os_memory_unmap(binding->ring_bytes, DOCS_RING_BYTES);
    }
    doc_destroy(binding->doc);
    binding->ring_bytes = NULL;
    binding->doc = NULL;
    binding->text = NULL;
}

static status_t binding_load(struct binding *binding)
{
    binding->text = doc_text(binding->doc, "text");
    status_t status = binding->text != NULL ? subscribe(binding) : ERR_NO_MEMORY;
    status = status == OK ? state_fetch(binding) : status;
    struct buffer text = {0};
    status = status == OK ? doc_text_read(binding->text, 0, doc_text_length(binding->text), &text)
                          : status;
    status = status == OK ? editor_set(binding->editor, buffer_span(&text)) : status;
    buffer_finish(&text);
    return status == OK ? doc_text_observe(binding->text, text_changed, binding) : status;
}

// A replica with what docs has. Docs may be away: then the binding waits for its return.
static void binding_start(struct binding *binding)
{
    struct documents_stage_options *options = &binding->documents->options;
    struct doc_options own = {.client = options->random(options->random_context) % UINT32_MAX + 1};
    status_t status = doc_create(&own, &binding->doc);
    status = status == OK ? binding_load(binding) : status;
    if (status < 0) {
        log_printf("stage: a document does not open (%d)", status);
        binding_stop(binding);
    }
}

status_t document_bind(void *documents, ui_document_t handle, struct editor *editor,
                       void **out_binding)
{
    struct documents_stage *held = documents;
    struct binding *binding = calloc(1, sizeof *binding);
    if (binding == NULL) {
        return ERR_NO_MEMORY;
    }
    binding->documents = held;
    binding->handle = (handle_t)handle;
    binding->editor = editor;
    editor_source_set(editor, &(struct editor_source){.insert = person_inserts,
                                                      .remove = person_removes,
                                                      .typed = replica_typed,
                                                      .context = binding});
    binding_start(binding);
    list_init(&binding->link);
    list_append(&held->bindings, &binding->link);
    *out_binding = binding;
    return OK;
}

void document_unbind(void *documents, ui_document_t handle, void *bound)
{
    struct binding *binding = bound;
    if (binding->is_behind && binding->doc != NULL) {
        state_give(binding);
    }
    list_remove(&binding->link);
    os_handle_close(binding->handle);
    binding_stop(binding);
    free(binding);
}

void documents_stage_reattach(struct documents_stage *documents)
{
    struct list_node *at;
    LIST_FOR_EACH(at, &documents->bindings)
    {
        struct binding *binding = CONTAINER_OF(at, struct binding, link);
        if (binding->doc == NULL) {
            binding_start(binding);
        } else if (subscribe(binding) < 0 || state_fetch(binding) < 0) {
            binding->is_behind = true;
        } else {
            state_give(binding);
        }
    }
}
