// SPDX-License-Identifier: Apache-2.0
// The network stack as we build it: it starts on 64 bits, carries a TCP stream over its own
// loopback in IPv4 and IPv6, and a refused connection is reported to whoever asked.
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/sys.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>

#include "base/test.h"

#define STEPS_MAX 2000
#define PORT      4001

static uint32_t now_ms;
static uint32_t seed = 1;
static size_t received;
static err_t refusal;

u32_t sys_now(void)
{
    return now_ms;
}

uint32_t lwip_port_random(void)
{
    return seed = seed * 1664525 + 1013904223;
}

static void run_until_idle(void)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        netif_poll_all();
        sys_check_timeouts();
        now_ms += 5;
    }
}

static err_t on_receive(void *context, struct tcp_pcb *pcb, struct pbuf *packet, err_t error)
{
    (void)context, (void)error;
    if (packet == NULL)
        return tcp_close(pcb);
    received += packet->tot_len;
    tcp_recved(pcb, packet->tot_len);
    pbuf_free(packet);
    return ERR_OK;
}

static err_t on_accept(void *context, struct tcp_pcb *pcb, err_t error)
{
    (void)context, (void)error;
    tcp_recv(pcb, on_receive);
    return ERR_OK;
}

static err_t on_connected(void *context, struct tcp_pcb *pcb, err_t error)
{
    static const char text[4096];
    (void)context, (void)error;
    tcp_write(pcb, text, sizeof text, 0);
    return tcp_close(pcb);
}

static void on_error(void *context, err_t error)
{
    (void)context;
    refusal = error;
}

static void send_to(const ip_addr_t *address, uint16_t port)
{
    struct tcp_pcb *pcb = tcp_new_ip_type(IP_GET_TYPE(address));
    tcp_err(pcb, on_error);
    CHECK_EQ(tcp_connect(pcb, address, port, on_connected), ERR_OK);
    run_until_idle();
}

static void lwip_carries_streams_on_both_loopbacks(void)
{
    lwip_init();
    struct tcp_pcb *listener = tcp_new_ip_type(IPADDR_TYPE_ANY);
    CHECK_EQ(tcp_bind(listener, IP_ANY_TYPE, PORT), ERR_OK);
    listener = tcp_listen(listener);
    tcp_accept(listener, on_accept);
    ip_addr_t v4 = IPADDR4_INIT_BYTES(127, 0, 0, 1);
    ip_addr_t v6 = IPADDR6_INIT_HOST(0, 0, 0, 1);
    send_to(&v4, PORT);
    CHECK_EQ(received, 4096);
    send_to(&v6, PORT);
    CHECK_EQ(received, 8192);
    tcp_close(listener);
}

static void lwip_reports_a_refused_connection(void)
{
    ip_addr_t v4 = IPADDR4_INIT_BYTES(127, 0, 0, 1);
    refusal = ERR_OK;
    send_to(&v4, PORT + 1);
    CHECK_EQ(refusal, ERR_RST);
}

TEST_MAIN(TEST(lwip_carries_streams_on_both_loopbacks), TEST(lwip_reports_a_refused_connection))
