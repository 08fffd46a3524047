// SPDX-License-Identifier: Apache-2.0
// One network interface under lwIP: frames in and out, addresses, time. IPv4 by DHCP with a
// link-local address beside it until a server answers; IPv6 link-local and router-announced. Knows
// no IPC: the wire, the clock and randomness are functions. lwIP keeps its state in globals, so
// there is one stack in a process.
//
// Who drives it: stack_input for every frame, stack_run after every event and whenever the time it
// returned has come.
#pragma once

#include "abi/ipc/net.h"
#include "abi/ipc/netdev.h"

#include "lwip_errors.h"

#include "lwip/netif.h"

#include <stdbool.h>
#include <stdint.h>

#define STACK_TIMERS 8u

// What the stack needs from outside. None of them may call back into the stack.
struct stack_outside {
    void *self;
    // Sends one Ethernet frame; an error means that it was dropped, as wires do.
    status_t (*send)(void *self, const void *frame, uint32_t size);
    uint64_t (*now_ns)(void *self);
    uint32_t (*random)(void *self);
};

// When one of lwIP's timers ran, and how long somebody waits for it.
struct stack_timer {
    uint64_t counted_from_ns;
    uint32_t waits; // intervals; 0: nobody
};

// Fields belong to stack.c and timers.c.
struct stack {
    struct netif netif;
    struct stack_outside outside;
    uint8_t mac[6];
    uint64_t generation; // changes with addresses and link
    struct stack_timer timers[STACK_TIMERS];
    uint64_t frames_in, frames_out, frames_dropped;
    uint8_t frame[NETDEV_FRAME_MAX];
};

// Starts the only stack; the link is down until stack_link. `stack` must stay in place for ever.
void stack_init(struct stack *stack, const struct stack_outside *outside, const uint8_t mac[6]);

// The cable is plugged in or out. Up: addresses are asked for (again).
void stack_link(struct stack *stack, bool up);

// A frame from the wire; anything malformed is dropped. Borrowed.
void stack_input(struct stack *stack, const void *frame, uint32_t size);

// Runs what is due and returns when to run again (nanoseconds on the given clock). An idle stack
// asks for a call every few seconds only: it runs lwIP's fast timers just while somebody waits for
// them.
uint64_t stack_run(struct stack *stack);

// True if packets of this device to itself wait for stack_run.
bool stack_is_talking_to_itself(void);

// Fills in all of it.
void stack_status(const struct stack *stack, struct net_status_rep *out);

// Address words between abi and lwIP. to_lwip: ERR_INVALID for an unknown family or zone.
status_t address_to_lwip(const struct stack *stack, const struct net_address *address,
                         ip_addr_t *out);
void address_from_lwip(const struct stack *stack, const ip_addr_t *address, uint16_t port,
                       struct net_address *out);

// timers.c: lwIP's timers that are due; returns when the next is.
uint64_t timers_run(struct stack *stack, uint64_t now_ns);
void timers_init(struct stack *stack, uint64_t now_ns);
