// SPDX-License-Identifier: Apache-2.0
// Handlers of abi/ipc/block.h over disk.h.
#pragma once

#include "disk.h"

#include "ipc/server.h"

// Makes `server` serve `disk` (both borrowed) on the program's own endpoint.
void disk_serve(struct ipc_server *server, struct disk *disk);
