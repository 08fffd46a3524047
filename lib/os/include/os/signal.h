// SPDX-License-Identifier: Apache-2.0
// Signals: words of 64 bits that stay raised until they are waited for. Raising never blocks and
// needs no answer.
#pragma once

#include "abi/types.h"

// ERR_FULL, ERR_NO_MEMORY.
status_t os_signal_create(handle_t *out_handle);
// Needs RIGHT_RAISE and all of `bits` in the handle's mask. ERR_BAD_HANDLE, ERR_DENIED.
status_t os_signal_raise(handle_t signal, uint64_t bits);
// Waits until a bit of `mask` is raised, clears those and returns them. Needs RIGHT_WAIT.
// ERR_TIMEOUT at the deadline.
status_t os_signal_wait(handle_t signal, uint64_t mask, instant_ns_t deadline, uint64_t *out_bits);
