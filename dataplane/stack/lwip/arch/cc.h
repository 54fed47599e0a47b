#ifndef STACK_LWIP_CC_H
#define STACK_LWIP_CC_H

#include <stddef.h>
#include <stdint.h>

/* What lwIP needs from its surroundings. */

void *stack_mem_malloc(size_t bytes);
void *stack_mem_calloc(size_t count, size_t bytes);
void stack_mem_free(void *ptr);

/* Milliseconds; set before the first connection (stack_new). */
extern uint32_t stack_tick_ms;
extern uint32_t stack_msl_ms;

/* What lwIP wants defined under a name of its own has one of ours: its callback for all events of TCP, its clock. */
#define lwip_tcp_event stack_event
#define sys_now stack_hook_now

uint32_t stack_hook_random(void);
_Noreturn void base_assert_fail(const char *file, int line, const char *expr);

#define LWIP_RAND() stack_hook_random()
#define LWIP_PLATFORM_DIAG(x)                                                                      \
	do {                                                                                       \
	} while (0)
#define LWIP_PLATFORM_ASSERT(x) base_assert_fail(__FILE__, __LINE__, x)

#define LWIP_PLATFORM_HTONS(x) __builtin_bswap16(x)
#define LWIP_PLATFORM_HTONL(x) __builtin_bswap32(x)
#define lwip_htons(x) LWIP_PLATFORM_HTONS(x)
#define lwip_htonl(x) LWIP_PLATFORM_HTONL(x)

#endif
