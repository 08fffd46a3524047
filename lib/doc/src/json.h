// SPDX-License-Identifier: Apache-2.0
// JSON texts inside updates (formats, embedded objects, old array elements) are kept as they are,
// but checked: one that does not parse would make every Yjs peer refuse the document.
#pragma once

#include "base/codec.h"

#define JSON_DEPTH_MAX 64u

// Whether well-formed UTF-8 is one JSON text (RFC 8259), nested at most JSON_DEPTH_MAX deep.
bool json_is_valid(struct span text);
