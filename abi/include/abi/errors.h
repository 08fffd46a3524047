// SPDX-License-Identifier: Apache-2.0
// Every error of the system, once: number, name, and the sentence a person reads. Returned as
// negative status_t. Numbers are written, appended, never reused (they cross processes and appear
// in logs).
#pragma once

#include <stdint.h>

// 0, a positive count, or -ERR number. What can fail returns this; the reason always reaches the
// caller.
typedef int32_t status_t;

#define ERROR_LIST(E)                                                                              \
    E(1, INVALID, "an argument is out of its documented range")                                    \
    E(2, BAD_HANDLE, "the handle names nothing, or not an object of this kind")                    \
    E(3, DENIED, "the handle lacks a right that this needs")                                       \
    E(4, NO_MEMORY, "memory is exhausted")                                                         \
    E(5, FULL, "a table, queue or store is full")                                                  \
    E(6, TIMEOUT, "the deadline passed")                                                           \
    E(7, PEER_DIED, "the other side died before it answered")                                      \
    E(8, NOT_FOUND, "no such thing")                                                               \
    E(9, EXISTS, "there is one already")                                                           \
    E(10, AGAIN, "not now: try again later")                                                       \
    E(11, TOO_LARGE, "larger than the documented bound")                                           \
    E(12, BAD_MESSAGE, "malformed bytes")                                                          \
    E(13, UNSUPPORTED, "not offered by this version, device or form")                              \
    E(14, BAD_STATE, "not valid in the present state")                                             \
    E(15, IO, "the device reported an error")                                                      \
    E(16, CORRUPT, "stored data failed its check")                                                 \
    E(17, NO_SPACE, "the storage device is full")                                                  \
    E(18, CANCELLED, "cancelled")                                                                  \
    E(19, UNREACHABLE, "no route, or nobody listens there")                                        \
    E(20, CLOSED, "the stream or connection was closed")                                           \
    E(21, UNTRUSTED, "the peer is not a member of this circle")                                    \
    E(22, BAD_SIGNATURE, "a signature or authentication tag does not verify")                      \
    E(23, RANGE, "the result does not fit")                                                        \
    E(24, FAULT, "the process faulted")

#define ERROR_ENUM(number, name, text) ERR_##name = -(number),
enum { OK = 0, ERROR_LIST(ERROR_ENUM) };
#undef ERROR_ENUM
