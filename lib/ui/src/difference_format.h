// SPDX-License-Identifier: Apache-2.0
// The numbers of the difference format that its writer and its reader share. Byte-exact page:
// docs/protocols/interface-tree.md.
#pragma once

#include "base/codec.h"

enum { FLAG_RESET = 1, FLAG_MORE = 2, FLAG_ALL = 3 };
enum { OPERATION_PUT = 1, OPERATION_REMOVE = 2 };
// The document byte of a put: none, the one the node has, or DOCUMENT_FIRST + index into the
// message's handles.
enum { DOCUMENT_NONE = 0, DOCUMENT_KEEP = 1, DOCUMENT_FIRST = 2 };

struct put {
    uint64_t number, parent, previous;
    uint8_t kind, document;
    struct span attributes;
};
