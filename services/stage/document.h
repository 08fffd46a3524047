// SPDX-License-Identifier: Apache-2.0
// A document as the stage edits it: its own replica, kept equal with the docs service's. What a
// person types is applied here at once and sent; what others write arrives through a ring and moves
// the editor's text. A docs service that was restarted is given what it may have missed.
#pragma once

#include "editor.h"

#include "abi/types.h"
#include "ipc/server.h"
#include "ui/tree.h"

struct documents_stage; // opaque

struct documents_stage_options {
    struct ipc_server *server;         // whose signal hears of updates
    uint64_t (*random)(void *context); // fresh numbers for replicas
    void *random_context;
    void (*changed)(void *context); // a text changed from outside: present again
    void *context;
};

// NULL when memory is exhausted.
struct documents_stage *documents_stage_create(const struct documents_stage_options *options);
void documents_stage_destroy(struct documents_stage *documents);
// As struct task_documents wants them; the handle is taken on success and closed by unbind.
status_t document_bind(void *documents, ui_document_t handle, struct editor *editor,
                       void **out_binding);
void document_unbind(void *documents, ui_document_t handle, void *binding);
// The docs service was restarted.
void documents_stage_reattach(struct documents_stage *documents);
