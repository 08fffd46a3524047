// SPDX-License-Identifier: Apache-2.0
// The interface and its addresses. See stack.h.
#include "stack.h"

#include "base/assert.h"

#include "lwip/autoip.h"
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "netif/ethernet.h"
#include "lwip/init.h"
#include "lwip/mld6.h"
#include "lwip/nd6.h"
#include "lwip/pbuf.h"
#include "lwip/sys.h"

#include <string.h>

#define FRAME_MIN 14u

static struct stack *only; // the one that lwIP's globals belong to

// lwIP asks its platform for these two.
u32_t sys_now(void)
{
    return only == NULL ? 0 : (u32_t)(only->outside.now_ns(only->outside.self) / 1000000u);
}

uint32_t lwip_port_random(void)
{
    return only->outside.random(only->outside.self);
}

static err_t link_output(struct netif *netif, struct pbuf *packet)
{
    struct stack *stack = netif->state;
    if (packet->tot_len > sizeof stack->frame) {
        return ERR_BUF;
    }
    u16_t size = pbuf_copy_partial(packet, stack->frame, packet->tot_len, 0);
    if (stack->outside.send(stack->outside.self, stack->frame, size) < 0) {
        stack->frames_dropped++;
        return ERR_WOULDBLOCK;
    }
    stack->frames_out++;
    return ERR_OK;
}

static void changed(struct netif *netif)
{
    struct stack *stack = netif->state;
    stack->generation++;
}

static err_t interface_init(struct netif *netif)
{
    struct stack *stack = netif->state;
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    netif->linkoutput = link_output;
    netif->mtu = 1500;
    netif->hwaddr_len = 6;
    memcpy(netif->hwaddr, stack->mac, 6);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
                   NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    return ERR_OK;
}

void stack_init(struct stack *stack, const struct stack_outside *outside, const uint8_t mac[6])
{
    assert(only == NULL);
    memset(stack, 0, sizeof *stack);
    stack->outside = *outside;
    stack->generation = 1;
    memcpy(stack->mac, mac, 6);
    only = stack;
    lwip_init();
    struct netif *netif = &stack->netif;
    netif_add_noaddr(netif, stack, interface_init, netif_input);
    netif_set_default(netif);
    netif_set_status_callback(netif, changed);
    netif_set_link_callback(netif, changed);
    netif_create_ip6_linklocal_address(netif, 1);
    netif_set_ip6_autoconfig_enabled(netif, 1);
    netif_set_up(netif);
    timers_init(stack, outside->now_ns(outside->self));
}

// DHCP starts with the first link and is told of later ones by lwIP itself.
void stack_link(struct stack *stack, bool up)
{
    struct netif *netif = &stack->netif;
    if (!up) {
        netif_set_link_down(netif);
        return;
    }
    netif_set_link_up(netif);
    if (netif_dhcp_data(netif) == NULL) {
        dhcp_start(netif);
    }
}

void stack_input(struct stack *stack, const void *frame, uint32_t size)
{
    if (size < FRAME_MIN || size > NETDEV_FRAME_MAX) {
        stack->frames_dropped++;
        return;
    }
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, (u16_t)size, PBUF_RAM);
    if (packet == NULL) {
        stack->frames_dropped++;
        return;
    }
    pbuf_take(packet, frame, (u16_t)size);
    stack->frames_in++;
    if (ethernet_input(packet, &stack->netif) != ERR_OK) {
        pbuf_free(packet);
    }
}

uint64_t stack_run(struct stack *stack)
{
    uint64_t now_ns = stack->outside.now_ns(stack->outside.self);
    netif_poll_all(); // what we sent to ourselves
    return timers_run(stack, now_ns);
}

bool stack_is_talking_to_itself(void)
{
    const struct netif *netif;
    NETIF_FOREACH(netif)
    {
        if (netif->loop_first != NULL) {
            return true;
        }
    }
    return false;
}

static bool address_is_usable(const struct netif *netif, int index)
{
    return ip6_addr_isvalid(netif_ip6_addr_state(netif, index));
}

void stack_status(const struct stack *stack, struct net_status_rep *out)
{
    const struct netif *netif = &stack->netif;
    memset(out, 0, sizeof *out);
    out->generation = stack->generation;
    out->link_up = netif_is_link_up(netif) != 0;
    memcpy(out->mac, stack->mac, sizeof out->mac);
    if (!ip4_addr_isany(netif_ip4_addr(netif))) {
        address_from_lwip(stack, netif_ip_addr4(netif), 0, &out->addresses[out->address_count++]);
    }
    for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES && out->address_count < NET_ADDRESSES_MAX; i++) {
        if (address_is_usable(netif, i)) {
            address_from_lwip(stack, netif_ip_addr6(netif, i), 0,
                              &out->addresses[out->address_count++]);
        }
    }
}

status_t address_to_lwip(const struct stack *stack, const struct net_address *address,
                         ip_addr_t *out)
{
    if (address->family == 4) {
        ip_addr_t result = IPADDR4_INIT_BYTES(address->bytes[0], address->bytes[1],
                                              address->bytes[2], address->bytes[3]);
        *out = result;
        return OK;
    }
    if (address->family != 6 || address->zone > NET_INTERFACES_MAX) {
        return ERR_INVALID;
    }
    ip6_addr_t result;
    memcpy(result.addr, address->bytes, 16); // both in network order
    ip6_addr_clear_zone(&result);
    ip6_addr_assign_zone(&result, IP6_UNKNOWN, &stack->netif);
    ip_addr_copy_from_ip6(*out, result);
    return OK;
}

void address_from_lwip(const struct stack *stack, const ip_addr_t *address, uint16_t port,
                       struct net_address *out)
{
    memset(out, 0, sizeof *out);
    out->port = port;
    if (IP_IS_V4(address)) {
        u32_t word = ip_2_ip4(address)->addr;
        memcpy(out->bytes, &word, 4);
        out->family = 4;
        return;
    }
    const ip6_addr_t *ip6 = ip_2_ip6(address);
    memcpy(out->bytes, ip6->addr, 16);
    out->family = 6;
    out->zone = ip6_addr_islinklocal(ip6) || ip6_addr_ismulticast_linklocal(ip6) ? 1 : 0;
}
