// SPDX-License-Identifier: Apache-2.0
// A driver's interrupts and registers. init hands a driver "irqN" (the interrupt, already bound to
// the driver's "system" signal; its value is the bit), "mmioN" (its registers as a memory; the
// value is where in the first page they begin) and the values "shiftN" (reg-shift), "widthN"
// (reg-io-width) and "clockN" (clock-frequency) of the device tree.
#pragma once

#include "abi/types.h"

// Unmasks the interrupt for its next occurrence. Needs RIGHT_MANAGE.
status_t os_interrupt_done(handle_t interrupt);
// Maps all of "mmioN" as device registers. ERR_NOT_FOUND if the driver was not given it.
status_t os_registers_map(uint32_t number, volatile void **out_registers, uint64_t *out_size_bytes);
