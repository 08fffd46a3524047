// SPDX-License-Identifier: Apache-2.0
// The UDP half: datagrams with their addresses between lwIP and the rings. A datagram that finds no
// room is dropped, as networks do; ports may be shared, and each sharer gets every multicast
// datagram.
#include "socket.h"

#include "lwip/igmp.h"
#include "lwip/mld6.h"
#include "lwip/udp.h"

#include <string.h>

#define HOPS                                                                                       \
    255u // mDNS wants it (RFC 6762, 11); for other multicast it only stays on the link anyway

static void on_datagram(void *argument, struct udp_pcb *pcb, struct pbuf *packet,
                        const ip_addr_t *from, u16_t port)
{
    struct socket *socket = argument;
    (void)pcb;
    if (packet->tot_len <= NET_DATAGRAM_MAX && !socket->broken) {
        struct net_datagram head;
        uint8_t bytes[NET_DATAGRAM_MAX];
        address_from_lwip(socket->table->stack, from, port, &head.peer);
        u16_t size = pbuf_copy_partial(packet, bytes, packet->tot_len, 0);
        status_t status = ring_push2(&socket->in, &head, sizeof head, bytes, size);
        socket->broken = status == ERR_CORRUPT;
        socket_wake_reader(socket);
    }
    pbuf_free(packet);
}

static status_t group_join(struct socket *socket, const struct net_address *group, bool join)
{
    struct netif *netif = &socket->table->stack->netif;
    ip_addr_t address;
    if (address_to_lwip(socket->table->stack, group, &address) < 0 ||
        !ip_addr_ismulticast(&address)) {
        return ERR_INVALID;
    }
    err_t error;
    if (IP_IS_V4(&address)) {
        error = join ? igmp_joingroup_netif(netif, ip_2_ip4(&address))
                     : igmp_leavegroup_netif(netif, ip_2_ip4(&address));
    } else {
        error = join ? mld6_joingroup_netif(netif, ip_2_ip6(&address))
                     : mld6_leavegroup_netif(netif, ip_2_ip6(&address));
    }
    return error == ERR_OK ? OK : ERR_NO_MEMORY;
}

static status_t groups_join(struct socket *socket, const struct socket_udp_options *options)
{
    for (uint32_t i = 0; i < options->group_count; i++) {
        if (options->groups[i].family == 0) {
            continue;
        }
        status_t status = group_join(socket, &options->groups[i], true);
        if (status < 0) {
            return status;
        }
        socket->groups[socket->group_count++] = options->groups[i];
    }
    return OK;
}

status_t socket_udp(struct sockets *table, uint64_t owner, struct socket_memory memory,
                    const struct socket_udp_options *options, struct socket **out)
{
    struct socket *socket = socket_take(table, owner);
    if (socket == NULL) {
        return ERR_FULL;
    }
    if (options->group_count > SOCKET_GROUPS_MAX) {
        return ERR_INVALID;
    }
    status_t status = socket_open_rings(socket, memory);
    if (status < 0) {
        return status;
    }
    struct udp_pcb *pcb = udp_new_ip_type(IPADDR_TYPE_ANY);
    if (pcb == NULL) {
        return ERR_NO_MEMORY;
    }
    socket->udp = pcb;
    ip_set_option(pcb, SOF_REUSEADDR);
    pcb->ttl = HOPS;
    udp_set_multicast_ttl(pcb, HOPS);
    udp_recv(pcb, on_datagram, socket);
    status = udp_bind(pcb, IP_ANY_TYPE, options->port) == ERR_OK ? OK : ERR_EXISTS;
    if (status == OK) {
        status = groups_join(socket, options);
    }
    if (status < 0) {
        udp_end(socket);
        return status;
    }
    socket->state = SOCKET_OPEN;
    *out = socket;
    udp_pump(socket);
    return OK;
}

// Sends one datagram; what cannot be sent is dropped.
static void datagram_send(struct socket *socket, const uint8_t *record, uint32_t size)
{
    struct net_datagram head;
    memcpy(&head, record, sizeof head);
    ip_addr_t to;
    if (address_to_lwip(socket->table->stack, &head.peer, &to) < 0 || head.peer.port == 0) {
        return;
    }
    uint32_t body = size - (uint32_t)sizeof head;
    struct pbuf *packet = pbuf_alloc(PBUF_TRANSPORT, (u16_t)body, PBUF_RAM);
    if (packet == NULL) {
        return;
    }
    pbuf_take(packet, record + sizeof head, (u16_t)body);
    if (ip_addr_ismulticast(&to)) {
        udp_sendto_if(socket->udp, packet, &to, head.peer.port, &socket->table->stack->netif);
    } else {
        udp_sendto(socket->udp, packet, &to, head.peer.port);
    }
    pbuf_free(packet);
}

void udp_pump(struct socket *socket)
{
    uint8_t record[sizeof(struct net_datagram) + NET_DATAGRAM_MAX];
    bool more = true;
    while (more && !socket->broken) {
        status_t size = ring_pop(&socket->out, record, sizeof record);
        if (size == ERR_AGAIN) {
            more = !ring_sleep(&socket->out, 0);
        } else if (size == ERR_TOO_LARGE) {
            socket->broken = ring_skip(&socket->out) < 0;
        } else if (size < 0) {
            socket->broken = true;
        } else if (size >= (status_t)sizeof(struct net_datagram)) {
            datagram_send(socket, record, (uint32_t)size);
        }
    }
    socket_wake_writer(socket);
}

void udp_end(struct socket *socket)
{
    for (uint32_t i = 0; i < socket->group_count; i++) {
        group_join(socket, &socket->groups[i], false);
    }
    socket->group_count = 0;
    if (socket->udp != NULL) {
        udp_remove(socket->udp);
        socket->udp = NULL;
    }
}
