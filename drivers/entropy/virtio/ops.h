// SPDX-License-Identifier: Apache-2.0
// Handlers of abi/ipc/entropy.h over source.h.
#pragma once

#include "source.h"

#include "ipc/server.h"

// Makes `server` serve `source` (both borrowed) on the program's own endpoint.
void source_serve(struct ipc_server *server, struct source *source);
