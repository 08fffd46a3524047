// SPDX-License-Identifier: Apache-2.0
// Calls to the firmware (RISC-V SBI 1.0 and 2.0). Extensions are probed; every one but the base has
// a fallback or is optional.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Probes the extensions. Called once, first.
void sbi_init(void);
void sbi_console_write(const char *bytes, uint64_t size);
void sbi_timer_set(uint64_t ticks);
// `mask`: bit i is the hart with firmware number base + i.
void sbi_ipi(uint64_t mask, uint64_t base);
void sbi_remote_fence_i(uint64_t mask, uint64_t base);
void sbi_remote_sfence(uint64_t mask, uint64_t base, uint64_t address, uint64_t size);
void sbi_remote_sfence_asid(uint64_t mask, uint64_t base, uint64_t asid);
// Starts a hart at a physical address with `argument` in a1. False: it cannot be started.
bool sbi_hart_start(uint64_t hart_id, uint64_t address, uint64_t argument);
// POWER_OFF or POWER_REBOOT; returns if the firmware cannot.
void sbi_reset(uint32_t action);
