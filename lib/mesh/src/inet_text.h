// SPDX-License-Identifier: Apache-2.0
// IPv4 and IPv6 addresses as text (dotted quad; RFC 4291 reading, RFC 5952 writing), without a C
// library's inet_pton.
#pragma once

#include "abi/errors.h"
#include "base/codec.h"

enum { INET_TEXT_MAX = 48 };

// ERR_INVALID unless the whole text is one address.
status_t inet4_parse(const char *text, size_t size, uint8_t out_address[4]);
status_t inet6_parse(const char *text, size_t size, uint8_t out_address[16]);
// Both write a terminating zero and return the length without it.
size_t inet4_text(const uint8_t address[4], char out_text[INET_TEXT_MAX]);
size_t inet6_text(const uint8_t address[16], char out_text[INET_TEXT_MAX]);
