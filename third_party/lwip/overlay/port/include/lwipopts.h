// SPDX-License-Identifier: Apache-2.0
// lwIP options of the network service. One thread calls everything (NO_SYS), so there is nothing to
// lock; timers run from sys_check_timeouts(), and sys_timeouts_sleeptime() says how long to wait.
// What a peer can make us hold is bounded: windows, queues, backlog and table sizes below.
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

// One thread, raw interface only.
#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET          0
#define LWIP_NETCONN         0
#define LWIP_RAW             1
#define LWIP_STATS           0

// Memory: malloc with its own bounds; 8-byte alignment and copied fragment headers for 64 bits.
#define MEM_LIBC_MALLOC      1
#define MEMP_MEM_MALLOC      1
#define MEM_ALIGNMENT        8
#define IPV6_FRAG_COPYHEADER 1

// IPv4: DHCP, and beside it at once a link-local address, given up when a server answers. Probing
// the offered address (ACD) would take eight seconds before the first packet.
#define LWIP_IPV4                   1
#define LWIP_ARP                    1
#define LWIP_ICMP                   1
#define LWIP_IGMP                   1
#define LWIP_DHCP                   1
#define LWIP_DHCP_DOES_ACD_CHECK    0
#define LWIP_AUTOIP                 1
#define LWIP_DHCP_AUTOIP_COOP       1
#define LWIP_DHCP_AUTOIP_COOP_TRIES 1
#define LWIP_DNS                    0

// IPv6: link-local and router-announced addresses, multicast groups.
#define LWIP_IPV6                 1
#define LWIP_ICMP6                1
#define LWIP_IPV6_MLD             1
#define LWIP_IPV6_AUTOCONFIG      1
#define LWIP_IPV6_DHCP6           0
#define LWIP_IPV6_NUM_ADDRESSES   4
#define LWIP_ND6_ALLOW_RA_UPDATES 1

// TCP and UDP.
#define LWIP_TCP           1
#define LWIP_UDP           1
#define TCP_MSS            1440 // what fits an Ethernet frame under IPv6; IPv4 loses 20 bytes
#define TCP_WND            (32 * TCP_MSS)
#define TCP_SND_BUF        (32 * TCP_MSS)
#define TCP_SND_QUEUELEN   (4 * TCP_SND_BUF / TCP_MSS)
#define TCP_LISTEN_BACKLOG 1
// Local networks: a lost packet is missed after 0.2 s and a closed connection forgotten after 10 s.
// The network service itself keeps the back-off below a second and says when a peer is given up.
#define TCP_TMR_INTERVAL          100
#define LWIP_TCP_RTO_TIME         600
#define TCP_MAXRTX                12
#define TCP_SYNMAXRTX             12
#define TCP_MSL                   5000
#define SO_REUSE                  1
#define SO_REUSE_RXTOALL          1 // every listener on the mDNS port hears every datagram
#define LWIP_TCP_KEEPALIVE        1
#define LWIP_MULTICAST_TX_OPTIONS 1

// Interfaces.
#define LWIP_NETIF_HOSTNAME        1
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_NETIF_LINK_CALLBACK   1
#define LWIP_NETIF_LOOPBACK        1
#define LWIP_HAVE_LOOPIF           1

#endif
