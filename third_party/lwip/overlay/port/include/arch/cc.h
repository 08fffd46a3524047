// SPDX-License-Identifier: Apache-2.0
// What lwIP asks of compiler and platform, the same on the device and on the host: standard headers
// for types, randomness injected, asserts to ours (they stay on), no diagnostics printed.
#ifndef LWIP_ARCH_CC_H
#define LWIP_ARCH_CC_H

#include <limits.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/types.h>

#ifndef SSIZE_MAX
#define SSIZE_MAX LONG_MAX // picolibc hides it; lwIP would then make a ssize_t of its own
#endif

#define LWIP_TIMEVAL_PRIVATE                  0
#define LWIP_ERRNO_STDINCLUDE                 1
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS 1 // users say lwip_htons, hosts have their own htons

// 32 unpredictable bits; defined by whoever links lwIP.
uint32_t lwip_port_random(void);
#define LWIP_RAND() lwip_port_random()

// As in base/assert.h; each environment defines it.
_Noreturn void assert_failed(const char *expression, const char *file, int line);
#define LWIP_PLATFORM_ASSERT(text)  assert_failed(text, __FILE__, __LINE__)
#define LWIP_PLATFORM_DIAG(message) ((void)0)

#endif
