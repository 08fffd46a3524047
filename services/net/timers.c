// SPDX-License-Identifier: Apache-2.0
// lwIP's periodic timers, run only when somebody waits for them.
//
// lwIP wants eight functions called every 100 ms to 60 s for ever, which would wake an idle device
// some forty times a second. Here each has a question beside it: is anything waiting for you? If so
// it runs on time. If not it runs once when the stack runs anyway, at the latest after IDLE_NS:
// what is left to do then is ageing of tables, which may be slow.
//
// TCP's retransmission time is cut to RTO_TICKS_MAX: after a cable is plugged in again data flows
// within a second. On a local network, ours, that costs a packet a second while it is out. lwIP's
// own limit would be a minute.
#include "stack.h"

#include "base/math.h"

#include "lwip/acd.h"
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/igmp.h"
#include "lwip/ip4_frag.h"
#include "lwip/ip6_frag.h"
#include "lwip/mld6.h"
#include "lwip/nd6.h"
#include "lwip/priv/nd6_priv.h"
#include "lwip/priv/tcp_priv.h"

#define MILLISECOND      1000000ull
#define IDLE_NS          (10000 * MILLISECOND)
#define RTO_TICKS_MAX    (800 / TCP_SLOW_INTERVAL)
#define PERSIST_STEP_MAX 2u
#define ACD_SPEED        3u

// A connection that waits for nobody: nothing to send, to resend, to acknowledge or to deliver
// again.
static bool tcp_is_quiet(const struct tcp_pcb *pcb)
{
    return pcb->state == ESTABLISHED && pcb->unsent == NULL && pcb->unacked == NULL &&
           pcb->ooseq == NULL && pcb->refused_data == NULL && pcb->persist_backoff == 0 &&
           (pcb->flags & (TF_ACK_DELAY | TF_ACK_NOW | TF_CLOSEPEND | TF_FIN)) == 0;
}

static uint32_t tcp_waits(const struct stack *stack)
{
    for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        if (!tcp_is_quiet(pcb)) {
            return 1;
        }
    }
    return tcp_tw_pcbs != NULL;
}

static void tcp_run(struct stack *stack)
{
    (void)stack;
    tcp_tmr();
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        if (pcb->rto > RTO_TICKS_MAX) {
            pcb->rto = RTO_TICKS_MAX;
        }
        if (pcb->persist_backoff > PERSIST_STEP_MAX) {
            pcb->persist_backoff = PERSIST_STEP_MAX;
        }
    }
}

// DHCP counts down, up to a minute: it is let sleep through it.
static uint32_t dhcp_waits(const struct stack *stack)
{
    const struct dhcp *dhcp = netif_dhcp_data(&stack->netif);
    return dhcp != NULL ? dhcp->request_timeout : 0;
}

static void dhcp_run(struct stack *stack)
{
    struct dhcp *dhcp = netif_dhcp_data(&stack->netif);
    if (dhcp != NULL && dhcp->request_timeout > 0) {
        dhcp->request_timeout = 1;
        dhcp_fine_tmr();
    }
}

static uint32_t acd_waits(const struct stack *stack)
{
    for (const struct acd *acd = stack->netif.acd_list; acd != NULL; acd = acd->next) {
        if (acd->state != ACD_STATE_OFF && acd->state != ACD_STATE_ONGOING &&
            acd->state != ACD_STATE_PASSIVE_ONGOING) {
            return 1;
        }
    }
    return 0;
}

static uint32_t igmp_waits(const struct stack *stack)
{
    for (const struct igmp_group *group = netif_igmp_data(&stack->netif); group != NULL;
         group = group->next) {
        if (group->timer > 0) {
            return 1;
        }
    }
    return 0;
}

static uint32_t mld_waits(const struct stack *stack)
{
    for (const struct mld_group *group = netif_mld6_data(&stack->netif); group != NULL;
         group = group->next) {
        if (group->timer > 0) {
            return 1;
        }
    }
    return 0;
}

static uint32_t nd_waits(const struct stack *stack)
{
    for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (ip6_addr_istentative(netif_ip6_addr_state(&stack->netif, i))) {
            return 1;
        }
    }
    for (int i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++) {
        uint8_t state = neighbor_cache[i].state;
        if (state == ND6_INCOMPLETE || state == ND6_DELAY || state == ND6_PROBE) {
            return 1;
        }
    }
    return stack->netif.rs_count > 0;
}

// ARP only ages its table; leases count in minutes.
static uint32_t never(const struct stack *stack)
{
    (void)stack;
    return 0;
}

#define RUN_OF(function)                                                                           \
    static void function##_run(struct stack *stack)                                                \
    {                                                                                              \
        (void)stack;                                                                               \
        function();                                                                                \
    }
RUN_OF(dhcp_coarse_tmr)
RUN_OF(acd_tmr)
RUN_OF(igmp_tmr)
RUN_OF(mld6_tmr)
RUN_OF(nd6_tmr)
RUN_OF(etharp_tmr)

static const struct {
    uint64_t interval_ns;
    void (*run)(struct stack *stack);
    uint32_t (*waits)(
        const struct stack *stack); // in how many intervals it matters; 0: nobody waits
} timers[] = {
    {TCP_TMR_INTERVAL * MILLISECOND, tcp_run, tcp_waits},
    {DHCP_FINE_TIMER_MSECS * MILLISECOND, dhcp_run, dhcp_waits},
    {DHCP_COARSE_TIMER_MSECS * MILLISECOND, dhcp_coarse_tmr_run, never},
    {ACD_TMR_INTERVAL * MILLISECOND / ACD_SPEED, acd_tmr_run, acd_waits},
    {IGMP_TMR_INTERVAL * MILLISECOND, igmp_tmr_run, igmp_waits},
    {MLD6_TMR_INTERVAL * MILLISECOND, mld6_tmr_run, mld_waits},
    {ND6_TMR_INTERVAL * MILLISECOND, nd6_tmr_run, nd_waits},
    {ARP_TMR_INTERVAL * MILLISECOND, etharp_tmr_run, never},
};
_Static_assert(ARRAY_COUNT(timers) == STACK_TIMERS, "each has its time");

void timers_init(struct stack *stack, uint64_t now_ns)
{
    for (uint32_t i = 0; i < STACK_TIMERS; i++) {
        stack->timers[i] = (struct stack_timer){.counted_from_ns = now_ns};
    }
}

// Runs the timer if it is due. Then, if somebody began to wait (or waits longer), counting starts
// now.
static void timer_run(struct stack *stack, uint32_t i, uint64_t now_ns)
{
    struct stack_timer *timer = &stack->timers[i];
    uint64_t due_ns = timer->counted_from_ns + timers[i].interval_ns * max_u64(timer->waits, 1);
    if (now_ns >= due_ns) {
        bool prompt = now_ns - due_ns < timers[i].interval_ns;
        timer->counted_from_ns = prompt ? due_ns : now_ns;
        timers[i].run(stack);
    }
    uint32_t waits = timers[i].waits(stack);
    if (waits > timer->waits) {
        timer->counted_from_ns = now_ns;
    }
    timer->waits = waits;
}

uint64_t timers_run(struct stack *stack, uint64_t now_ns)
{
    uint64_t next_ns = now_ns + IDLE_NS;
    for (uint32_t i = 0; i < STACK_TIMERS; i++) {
        timer_run(stack, i, now_ns);
    }
    for (uint32_t i = 0; i < STACK_TIMERS; i++) {
        const struct stack_timer *timer = &stack->timers[i];
        if (timer->waits > 0) {
            next_ns =
                min_u64(next_ns, timer->counted_from_ns + timers[i].interval_ns * timer->waits);
        }
    }
    return next_ns;
}
