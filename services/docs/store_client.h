// SPDX-License-Identifier: Apache-2.0
// The library's storage over the store service: one shared buffer, attached again whenever the
// store was restarted, and the call repeated (appending an update twice changes nothing).
#pragma once

#include "storage.h"

#include "abi/types.h"

struct store_client {
    handle_t store, memory;
    uint8_t *buffer; // shared with the store
    bool attached;   // by this instance; an earlier one's session has another buffer
};

// Makes the buffer; the store itself is first asked when it is needed. ERR_NO_MEMORY, ERR_FULL.
status_t store_client_init(struct store_client *client, handle_t store);
void store_client_finish(struct store_client *client);
// For library_options, with the client as storage_self.
extern const struct storage_ops store_client_ops;
