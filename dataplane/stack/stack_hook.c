#include <string.h>

#include "stack_hook.h"

#include "base_time.h"
#include "stack_isn.h"
#include "lwip/sys.h"
#include "stack_priv.h"

/* What lwIP asks for while it works: numbers that cannot be guessed, and the IPv6 router. */

uint32_t stack_hook_isn(
	const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote, uint16_t remote_port)
{
	struct {
		struct stack_addr local, remote;
	} tuple;

	memset(&tuple, 0, sizeof(tuple));
	stack_addr_from_lwip(&tuple.local, local, local_port);
	stack_addr_from_lwip(&tuple.remote, remote, remote_port);
	return stack_isn(stack_self->isn_secret, &tuple, sizeof(tuple), base_time_ns());
}

uint32_t stack_hook_random(void)
{
	struct stack *stack = stack_self;

	stack->random_state++;
	return (uint32_t)stack_isn_siphash(
		stack->isn_secret, &stack->random_state, sizeof(stack->random_state));
}

const ip6_addr_t *stack_hook_gateway6(struct netif *netif, const ip6_addr_t *destination)
{
	(void)netif;
	(void)destination;
	return stack_self->has_gateway6 ? &stack_self->gateway6 : NULL;
}

/* lwIP's timers are ours; what else asks for the time wants milliseconds of any origin. */
u32_t sys_now(void)
{
	return (u32_t)stack_self->now_ms;
}
