// SPDX-License-Identifier: Apache-2.0
// Sv39 page tables: the kernel's half, built once, and helpers for the boot code. User mappings are
// in arch/arch.h.
#pragma once

#include "mem/pages.h"

#define PTE_READ    0x002ull
#define PTE_WRITE   0x004ull
#define PTE_EXECUTE 0x008ull

extern uint64_t *kernel_root;

// Takes page-table pages during boot; replaced by the page allocator once that runs.
extern paddr_t (*table_page_source)(void);
// Maps [address, address + size) of the kernel's half to physical memory with the largest pages
// that fit.
void kernel_map(uint64_t address, paddr_t physical, uint64_t size, uint64_t bits);
// Maps device registers for the kernel and returns their address.
void *kernel_map_device(paddr_t physical, uint64_t size);
// The value of satp for the kernel's own table.
uint64_t kernel_satp_value(void);
// Learns how many address space identifiers this machine has; called on the boot hart with the
// final table.
void paging_init(void);
