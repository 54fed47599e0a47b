#include "stack_stack.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base_assert.h"
#include "base_time.h"
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/init.h"
#include "lwip/stats.h"
#include "netif/ethernet.h"
#include "stack_bucket.h"
#include "stack_link.h"
#include "stack_mem.h"
#include "stack_priv.h"

/* Start and end of the stack, and what it says about itself. */

struct stack *stack_self;
uint32_t stack_tick_ms = 10;
uint32_t stack_msl_ms = 5000;

static err_t init_netif(struct netif *netif)
{
	netif->name[0] = 's';
	netif->name[1] = 'l';
	netif->hostname = "sluice";
	netif->output = etharp_output;
	netif->output_ip6 = ethip6_output;
	netif->linkoutput = stack_link_output;
	netif->flags =
		NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_MLD6;
	stack_link_describe(netif->state);
	return ERR_OK;
}

static void add_ipv4(struct stack *stack)
{
	const struct stack_config *config = &stack->config;
	ip_addr_t address, gateway;
	ip4_addr_t mask;

	stack_addr_to_lwip(&config->ipv4, &address);
	stack_addr_to_lwip(&config->gateway4, &gateway);
	ip4_addr_set_u32(&mask, config->prefix4_bits == 0
					? 0
					: lwip_htonl(UINT32_MAX << (32 - config->prefix4_bits)));
	netif_add(&stack->netif, ip_2_ip4(&address), &mask, ip_2_ip4(&gateway), stack, init_netif,
		ethernet_input);
	stack->address4 = *ip_2_ip4(&address);
}

/* Ready at once: waiting for duplicate address detection would refuse the first connections. */
static void add_ipv6(struct stack *stack)
{
	ip_addr_t address;

	netif_create_ip6_linklocal_address(&stack->netif, 1);
	netif_set_ip6_autoconfig_enabled(&stack->netif, 1);
	if (stack->config.ipv6.family == STACK_FAMILY_IPV6) {
		stack_addr_to_lwip(&stack->config.ipv6, &address);
		netif_ip6_addr_set(&stack->netif, 1, ip_2_ip6(&address));
		netif_ip6_addr_set_state(&stack->netif, 1, IP6_ADDR_PREFERRED);
	}
	if (stack->config.gateway6.family == STACK_FAMILY_IPV6) {
		stack_addr_to_lwip(&stack->config.gateway6, &address);
		stack->gateway6 = *ip_2_ip6(&address);
		stack->has_gateway6 = true;
	}
}

/* What lwIP has thrown away, since the process started. */
static uint32_t dropped(void)
{
	return lwip_stats.ip.drop + lwip_stats.ip6.drop + lwip_stats.tcp.drop;
}

static int draw_secrets(struct stack *stack)
{
	uint64_t drawn[5];

	if (getrandom(drawn, sizeof(drawn), 0) != (ssize_t)sizeof(drawn))
		return -EIO;
	memcpy(stack->table.seed, drawn, sizeof(stack->table.seed));
	memcpy(stack->isn_secret, drawn + 2, sizeof(stack->isn_secret));
	stack->random_state = drawn[4];
	return 0;
}

static const char *check(const struct stack_config *config)
{
	if (config->tick_ms == 0 || config->tick_ms > 250)
		return "the timer tick must be 1 to 250 ms";
	if (config->msl_ms < config->tick_ms || config->user_timeout_ms < config->tick_ms)
		return "TIME_WAIT and the user timeout must be at least one timer tick";
	if (config->max_connections == 0 || config->max_half_open == 0)
		return "the limits of connections must not be zero";
	if (config->handler == NULL || config->handler->accepted == NULL ||
		config->handler->received == NULL || config->handler->closed == NULL)
		return "a handler is missing";
	return NULL;
}

static void start_lwip(struct stack *stack)
{
	static bool is_started; /* lwIP cannot be started twice, nor does it need to */

	if (!is_started)
		lwip_init();
	is_started = true;
	add_ipv4(stack);
	netif_set_default(&stack->netif);
	add_ipv6(stack);
	netif_set_up(&stack->netif);
	if (stack_link_is_up(stack))
		netif_set_link_up(&stack->netif);
	if (stack->config.dhcp)
		dhcp_start(&stack->netif);
}

struct stack *stack_new(const struct stack_config *config, char *error)
{
	const char *wrong = check(config);
	struct stack *stack;

	BASE_ASSERT(stack_self == NULL);
	if (wrong != NULL) {
		snprintf(error, STACK_ERROR_SIZE, "stack: %s", wrong);
		return NULL;
	}
	stack = base_mem_calloc(config->mem, config->mem_class_flow, sizeof(*stack));
	if (stack == NULL)
		goto no_memory;
	stack->config = *config;
	stack->mem = config->mem;
	if (stack_bucket_init(stack, config->max_connections) < 0) {
		base_mem_free(config->mem, config->mem_class_flow, stack);
		goto no_memory;
	}
	if (draw_secrets(stack) < 0) {
		snprintf(error, STACK_ERROR_SIZE, "stack: the kernel gives no random numbers");
		stack_bucket_fini(stack);
		base_mem_free(config->mem, config->mem_class_flow, stack);
		return NULL;
	}
	stack_self = stack;
	stack_tick_ms = config->tick_ms;
	stack_msl_ms = config->msl_ms;
	stack->now_ms = base_time_ms();
	stack->fast_base = lwip_stats.mib2.tcpretranssegs;
	stack->drop_base = dropped();
	stack_mem_init(stack);
	start_lwip(stack);
	stack_timer_start(stack);
	return stack;
no_memory:
	snprintf(error, STACK_ERROR_SIZE,
		"stack: the worker's heap has no room for a table of %u connections: raise "
		"dataplane.memory or lower tcp.max_connections",
		(unsigned)config->max_connections);
	return NULL;
}

static void end_connections(struct stack *stack)
{
	stack_later_enter(stack);
	for (uint32_t i = 0; i <= stack->table.mask; i++) {
		uint32_t before = stack_bucket_enter(&stack->table, i);

		while (tcp_active_pcbs != NULL) {
			struct stack_flow *flow = stack_event_flow(tcp_active_pcbs);

			if (flow != NULL)
				flow->reason = STACK_CLOSE_SHUTDOWN;
			tcp_abort(tcp_active_pcbs);
		}
		while (tcp_tw_pcbs != NULL)
			tcp_abort(tcp_tw_pcbs);
		stack_bucket_leave(&stack->table, before);
	}
	stack_later_leave(stack);
}

void stack_free(struct stack *stack)
{
	if (stack == NULL)
		return;
	for (int i = 0; i < STACK_LISTENERS_MAX; i++)
		if (stack->listeners[i].pcb != NULL)
			stack_unlisten(stack, stack->listeners[i].id);
	end_connections(stack);
	if (stack->config.dhcp) {
		dhcp_release_and_stop(&stack->netif);
		dhcp_cleanup(&stack->netif);
	}
	netif_set_down(&stack->netif);
	netif_remove(&stack->netif);
	stack_link_flush(stack);
	stack_bucket_fini(stack);
	stack_self = NULL;
	base_mem_free(stack->mem, stack->config.mem_class_flow, stack);
}

unsigned stack_poll_rx(struct stack *stack)
{
	return stack_link_poll(stack);
}

void stack_flush(struct stack *stack)
{
	stack_link_flush(stack);
}

void stack_address4(const struct stack *stack, struct stack_addr *addr)
{
	const ip4_addr_t *ip = netif_ip4_addr(&stack->netif);

	*addr = (struct stack_addr){0};
	if (ip4_addr_isany(ip))
		return;
	addr->family = STACK_FAMILY_IPV4;
	memcpy(addr->bytes, &ip->addr, 4);
}

const struct stack_counters *stack_counters(struct stack *stack)
{
	struct stack_counters *counters = &stack->counters;

	counters->retransmits =
		stack->timeouts + (lwip_stats.mib2.tcpretranssegs - stack->fast_base);
	counters->rx_dropped = dropped() - stack->drop_base;
	return counters;
}
