// SPDX-License-Identifier: Apache-2.0
// Writing a document, or a part of it, as an update.
#pragma once

#include "update.h"

#include "model.h"

// Appends the update of the open transaction; nothing when it changed nothing. ERR_NO_MEMORY.
status_t state_write_transaction(struct doc *doc, struct buffer *out);
