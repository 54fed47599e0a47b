#include "stack_addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int stack_addr_parse(struct stack_addr *addr, const char *text)
{
	memset(addr, 0, sizeof(*addr));
	if (text[0] == '\0')
		return 0;
	if (inet_pton(AF_INET, text, addr->bytes) == 1) {
		addr->family = STACK_FAMILY_IPV4;
		return 0;
	}
	if (inet_pton(AF_INET6, text, addr->bytes) == 1) {
		addr->family = STACK_FAMILY_IPV6;
		return 0;
	}
	memset(addr, 0, sizeof(*addr));
	return -EINVAL;
}

static int parse_bits(uint8_t *bits, const char *text, int max)
{
	int value = 0;

	if (text[0] == '\0' || strlen(text) > 3)
		return -EINVAL;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		value = value * 10 + (*text - '0');
	}
	if (value < 1 || value > max)
		return -EINVAL;
	*bits = (uint8_t)value;
	return 0;
}

int stack_addr_parse_prefix(struct stack_addr *addr, uint8_t *prefix_bits, const char *text)
{
	char copy[STACK_ADDR_TEXT_SIZE];
	char *slash;
	int status;

	*prefix_bits = 0;
	if (text[0] == '\0')
		return stack_addr_parse(addr, text);
	memset(addr, 0, sizeof(*addr));
	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, strlen(text) + 1);
	slash = strchr(copy, '/');
	if (slash == NULL || slash == copy)
		return -EINVAL;
	*slash = '\0';
	status = stack_addr_parse(addr, copy);
	if (status == 0)
		status = parse_bits(
			prefix_bits, slash + 1, addr->family == STACK_FAMILY_IPV4 ? 32 : 128);
	if (status < 0)
		memset(addr, 0, sizeof(*addr));
	return status;
}

const char *stack_addr_format(const struct stack_addr *addr, char text[STACK_ADDR_TEXT_SIZE])
{
	char host[INET6_ADDRSTRLEN];
	bool v6 = addr->family == STACK_FAMILY_IPV6;

	if (addr->family == STACK_FAMILY_NONE)
		memcpy(host, "*", 2);
	else
		inet_ntop(v6 ? AF_INET6 : AF_INET, addr->bytes, host, sizeof(host));
	if (addr->port == 0)
		snprintf(text, STACK_ADDR_TEXT_SIZE, "%s", host);
	else
		snprintf(text, STACK_ADDR_TEXT_SIZE, v6 ? "[%s]:%u" : "%s:%u", host,
			(unsigned)addr->port);
	return text;
}

bool stack_addr_is_equal(const struct stack_addr *a, const struct stack_addr *b)
{
	return a->family == b->family && a->port == b->port &&
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
