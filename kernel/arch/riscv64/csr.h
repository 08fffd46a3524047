// SPDX-License-Identifier: Apache-2.0
// Control and status registers (RISC-V Privileged Architecture 20211203) as inline functions.
#pragma once

#include <stdint.h>

#define CSR_READ(name)                                                                             \
    ({                                                                                             \
        uint64_t csr_value;                                                                        \
        __asm__ volatile("csrr %0, " #name : "=r"(csr_value)::"memory");                           \
        csr_value;                                                                                 \
    })
#define CSR_WRITE(name, value) __asm__ volatile("csrw " #name ", %0" ::"rK"(value) : "memory")
#define CSR_CLEAR(name, bits)  __asm__ volatile("csrc " #name ", %0" ::"rK"(bits) : "memory")

#define STATUS_FS_MASK         0x6000ull
#define STATUS_FS_CLEAN        0x4000ull
#define STATUS_FS_DIRTY        0x6000ull
#define STATUS_FS_INITIAL      0x2000ull
#define STATUS_UXL_64          (2ull << 32)

#define INTERRUPT_SOFTWARE     1u
#define INTERRUPT_TIMER        5u
#define INTERRUPT_EXTERNAL     9u
#define CAUSE_INTERRUPT        (1ull << 63)
#define CAUSE_ILLEGAL          2u
#define CAUSE_USER_ECALL       8u
#define CAUSE_FETCH_FAULT      12u
#define CAUSE_LOAD_FAULT       13u
#define CAUSE_STORE_FAULT      15u
