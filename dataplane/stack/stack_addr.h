#ifndef STACK_ADDR_H
#define STACK_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Network addresses without lwIP's types.
 *
 * Layer:  stack (pure)
 * Thread: any
 */

enum stack_family {
	STACK_FAMILY_NONE = 0, /* no address; for a listener: every address of both families */
	STACK_FAMILY_IPV4 = 4,
	STACK_FAMILY_IPV6 = 6,
};

enum { STACK_ADDR_TEXT_SIZE = 56 }; /* "[address]:port" and its zero byte */

struct stack_addr {
	uint8_t bytes[16]; /* network order; IPv4 uses the first four; unused bytes are zero */
	uint16_t port; /* host order; 0 where it has no meaning */
	uint8_t family; /* enum stack_family */
};

/* Reads "192.0.2.1" or "2001:db8::1"; an empty text gives family NONE. -EINVAL for anything else. */
int stack_addr_parse(struct stack_addr *addr, const char *text) __attribute__((warn_unused_result));

/* Reads "192.0.2.1/24" or "2001:db8::1/64"; the prefix must be there unless the text is empty. */
int stack_addr_parse_prefix(struct stack_addr *addr, uint8_t *prefix_bits, const char *text)
	__attribute__((warn_unused_result));

/* Writes "192.0.2.1:1883" or "[2001:db8::1]:1883", without the port when it is 0. Returns `text`. */
const char *stack_addr_format(const struct stack_addr *addr, char text[STACK_ADDR_TEXT_SIZE]);

/* Family, address and port are the same. */
bool stack_addr_is_equal(const struct stack_addr *a, const struct stack_addr *b);

#endif
