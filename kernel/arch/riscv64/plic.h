// SPDX-License-Identifier: Apache-2.0
// The platform-level interrupt controller (RISC-V PLIC 1.0.0). Interrupts go to the boot hart's
// supervisor context; one in service is simply not completed until its driver is done, which keeps
// it silent. A machine without one has no device interrupts.
#pragma once

// Maps the controller named by `machine` and opens the boot hart's context. Boot only.
void plic_init(void);
// Hands every pending interrupt to its object.
void plic_poll(void);
