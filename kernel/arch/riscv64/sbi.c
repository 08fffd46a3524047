// SPDX-License-Identifier: Apache-2.0
// SBI calls. Numbers are the specification's; legacy calls serve firmware without the newer
// extension.
#include "sbi.h"

#include "abi/syscall.h"
#include "arch/arch.h"

#define EXT_BASE     0x10u
#define EXT_TIME     0x54494d45u
#define EXT_IPI      0x735049u
#define EXT_RFENCE   0x52464e43u
#define EXT_HSM      0x48534du
#define EXT_SRST     0x53525354u
#define EXT_DBCN     0x4442434eu
#define LEGACY_TIMER 0u
#define LEGACY_PUT   1u
#define LEGACY_OFF   8u

struct sbi_result {
    int64_t error;
    uint64_t value;
};

static struct {
    bool time, reset, console;
} has;

static struct sbi_result sbi_call(uint64_t extension, uint64_t function, uint64_t a, uint64_t b,
                                  uint64_t c)
{
    register uint64_t a0 __asm__("a0") = a;
    register uint64_t a1 __asm__("a1") = b;
    register uint64_t a2 __asm__("a2") = c;
    register uint64_t a3 __asm__("a3") = 0;
    register uint64_t a6 __asm__("a6") = function;
    register uint64_t a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a3), "r"(a6), "r"(a7) : "memory");
    return (struct sbi_result){(int64_t)a0, a1};
}

static struct sbi_result sbi_fence(uint64_t function, const uint64_t arguments[5])
{
    register uint64_t a0 __asm__("a0") = arguments[0];
    register uint64_t a1 __asm__("a1") = arguments[1];
    register uint64_t a2 __asm__("a2") = arguments[2];
    register uint64_t a3 __asm__("a3") = arguments[3];
    register uint64_t a4 __asm__("a4") = arguments[4];
    register uint64_t a6 __asm__("a6") = function;
    register uint64_t a7 __asm__("a7") = EXT_RFENCE;
    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1)
                     : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
                     : "memory");
    return (struct sbi_result){(int64_t)a0, a1};
}

static bool probe(uint64_t extension)
{
    struct sbi_result result = sbi_call(EXT_BASE, 3, extension, 0, 0);
    return result.error == 0 && result.value != 0;
}

void sbi_init(void)
{
    has.time = probe(EXT_TIME);
    has.reset = probe(EXT_SRST);
    has.console = probe(EXT_DBCN);
}

void sbi_console_write(const char *bytes, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++) {
        if (has.console)
            sbi_call(EXT_DBCN, 2, (uint8_t)bytes[i], 0, 0);
        else
            sbi_call(LEGACY_PUT, 0, (uint8_t)bytes[i], 0, 0);
    }
}

void sbi_timer_set(uint64_t ticks)
{
    sbi_call(has.time ? EXT_TIME : LEGACY_TIMER, 0, ticks, 0, 0);
}

void sbi_ipi(uint64_t mask, uint64_t base)
{
    sbi_call(EXT_IPI, 0, mask, base, 0);
}

void sbi_remote_fence_i(uint64_t mask, uint64_t base)
{
    sbi_call(EXT_RFENCE, 0, mask, base, 0);
}

void sbi_remote_sfence(uint64_t mask, uint64_t base, uint64_t address, uint64_t size)
{
    sbi_fence(1, (const uint64_t[5]){mask, base, address, size, 0});
}

void sbi_remote_sfence_asid(uint64_t mask, uint64_t base, uint64_t asid)
{
    sbi_fence(2, (const uint64_t[5]){mask, base, 0, UINT64_MAX, asid});
}

bool sbi_hart_start(uint64_t hart_id, uint64_t address, uint64_t argument)
{
    return sbi_call(EXT_HSM, 0, hart_id, address, argument).error == 0;
}

void sbi_reset(uint32_t action)
{
    if (has.reset)
        sbi_call(EXT_SRST, 0, action == POWER_REBOOT ? 1 : 0, 0, 0);
    else if (action == POWER_OFF)
        sbi_call(LEGACY_OFF, 0, 0, 0, 0);
}
