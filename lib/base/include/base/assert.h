// SPDX-License-Identifier: Apache-2.0
// assert() for our own mistakes; it stays on in the shipped image. What another process, a disk or
// a wire sent is checked and refused, never asserted. Each environment (kernel, device program,
// host) supplies assert_failed().
#pragma once

// Reports and stops this program (the kernel: this machine). Never returns.
_Noreturn void assert_failed(const char *expression, const char *file, int line);

#define assert(expression) ((expression) ? (void)0 : assert_failed(#expression, __FILE__, __LINE__))
