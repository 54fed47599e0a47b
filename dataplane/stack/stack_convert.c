#include <string.h>

#include "stack_priv.h"

void stack_addr_from_lwip(struct stack_addr *addr, const ip_addr_t *ip, uint16_t port)
{
	memset(addr, 0, sizeof(*addr));
	addr->port = port;
	if (IP_IS_V6(ip)) {
		addr->family = STACK_FAMILY_IPV6;
		memcpy(addr->bytes, ip_2_ip6(ip)->addr, 16);
	} else {
		addr->family = STACK_FAMILY_IPV4;
		memcpy(addr->bytes, &ip_2_ip4(ip)->addr, 4);
	}
}

void stack_addr_to_lwip(const struct stack_addr *addr, ip_addr_t *ip)
{
	memset(ip, 0, sizeof(*ip));
	if (addr->family == STACK_FAMILY_IPV6) {
		memcpy(ip_2_ip6(ip)->addr, addr->bytes, 16);
		IP_SET_TYPE(ip, IPADDR_TYPE_V6);
	} else {
		memcpy(&ip_2_ip4(ip)->addr, addr->bytes, 4);
		IP_SET_TYPE(
			ip, addr->family == STACK_FAMILY_NONE ? IPADDR_TYPE_ANY : IPADDR_TYPE_V4);
	}
}
