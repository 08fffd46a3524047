// SPDX-License-Identifier: Apache-2.0
// What libsodium's configure script would write for version 1.0.18: the names and numbers that its
// other headers and sources expect. `minimal` is not defined: the whole library is built.
#ifndef sodium_version_H
#define sodium_version_H

#include "export.h"

#define SODIUM_VERSION_STRING        "1.0.18"
#define SODIUM_LIBRARY_VERSION_MAJOR 10
#define SODIUM_LIBRARY_VERSION_MINOR 3

// The version as text, for example "1.0.18"; static.
SODIUM_EXPORT const char *sodium_version_string(void);

// The versions of the library's interface, and 1 if it was built without the older primitives.
SODIUM_EXPORT int sodium_library_version_major(void);
SODIUM_EXPORT int sodium_library_version_minor(void);
SODIUM_EXPORT int sodium_library_minimal(void);

#endif
