// SPDX-License-Identifier: Apache-2.0
// Names and sentences of errors, from the one list in abi/errors.h.
#pragma once

#include "abi/errors.h"

// "ERR_TIMEOUT" for ERR_TIMEOUT, "OK" for zero or a count; a constant string, never NULL.
const char *error_name(status_t status);
// The sentence a person reads, without a full stop; never NULL.
const char *error_text(status_t status);
