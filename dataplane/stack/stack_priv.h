#ifndef STACK_PRIV_H
#define STACK_PRIV_H

#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"

#include "base_mem.h"
#include "stack_frame.h"
#include "stack_stack.h"

/*
 * The stack inside.
 *
 * lwIP finds a connection by walking the global lists tcp_active_pcbs and tcp_tw_pcbs, and its timers walk
 * them whole. Here these lists are only ever those of one bucket of a hash table: whoever calls a function
 * of lwIP that looks at a list, or moves a control block from one to another, is between
 * stack_bucket_enter and stack_bucket_leave for that connection's bucket (stack_bucket.h says which calls these
 * are). Outside of such a pair both lists are empty.
 *
 * Flow of a packet: stack_link_poll (stack_mbuf.c, the one file that knows the port) takes a burst, and calls
 * stack_input_look, _touch and _take for each frame (stack_input.c), so that the memory that one packet needs is
 * fetched while those before it are handled. lwIP calls stack_event (stack_event.c), which
 * calls the user. What the user calls is in stack_flow.c.
 *
 * No callback frees memory or tells a user that a flow is gone: that happens when the outermost call into lwIP
 * has returned (stack_later.c). So a flow that died stays a valid object, with no control block, until
 * nobody on the call stack can look at it.
 */

enum { STACK_LISTENERS_MAX = 32 };

enum stack_flow_flag {
	STACK_FLOW_USER = 1 << 0, /* the user holds it and gets callbacks */
	STACK_FLOW_ACCEPTING = 1 << 1, /* inside stack_handler.accepted */
	STACK_FLOW_DELIVERING = 1 << 2, /* inside stack_handler.received */
	STACK_FLOW_PAUSED = 1 << 3, /* received took less than it was given */
	STACK_FLOW_RESUMED = 1 << 4, /* stack_flow_resume was called inside received */
	STACK_FLOW_FIN = 1 << 5, /* the peer's FIN is in, and not yet reported */
	STACK_FLOW_REPORT = 1 << 6, /* later: call closed */
	STACK_FLOW_SHUT = 1 << 7, /* later: send our FIN */
	STACK_FLOW_STARVED = 1 << 8, /* a write found no memory: call writable when there is some */
	STACK_FLOW_WRITABLE = 1 << 9, /* later: call writable */
	STACK_FLOW_LATER = 1 << 10, /* is on the list of stack_later.c */
};

/* Data that a paused user has left; the window bounds its bytes. */
struct stack_block {
	struct stack_block *next;
	uint32_t begin, end; /* of the bytes that are still to be read */
	uint32_t size;
	uint8_t data[];
};

struct stack_flow {
	struct tcp_pcb *pcb; /* NULL: gone */
	void *user;
	struct stack_block *held; /* ring by next; this is the last one */
	struct stack_flow *later;
	uint32_t bucket;
	uint32_t progress_ms; /* when data was last acknowledged, or the first byte queued */
	uint32_t listener_id;
	uint32_t drained; /* bytes thrown away after stack_flow_close */
	uint16_t flags; /* enum stack_flow_flag */
	uint16_t held_bytes;
	uint8_t reason; /* enum stack_close, for REPORT */
};

struct stack_listener {
	struct tcp_pcb *pcb; /* NULL: free */
	uint32_t id;
	uint16_t port;
};

struct stack_bucket {
	struct tcp_pcb *active, *timewait;
};

struct stack_table {
	struct stack_bucket *buckets;
	uint64_t *dirty_bits; /* bucket is in dirty[] */
	uint32_t *dirty; /* buckets that the timers visit */
	uint32_t dirty_len;
	uint32_t mask;
	uint32_t current; /* bucket whose lists lwIP has, or STACK_BUCKET_NONE */
	uint64_t seed[2];
};

enum stack_slow {
	STACK_SLOW_ARP,
	STACK_SLOW_ND6,
	STACK_SLOW_MLD6,
	STACK_SLOW_DHCP_FINE,
	STACK_SLOW_DHCP,
	STACK_SLOW_LINK,
	STACK_SLOWS
};

struct stack {
	struct stack_config config;
	struct stack_counters counters;
	struct stack_table table;
	struct netif netif;
	struct stack_frame_offload offload;
	struct stack_listener listeners[STACK_LISTENERS_MAX];
	struct stack_flow *later_first, *later_last;
	size_t pcb_size,
		pcb_size_from; /* what a control block occupies in the heap; the least that does too */
	uint64_t now_ms;
	uint64_t tick_at_ms; /* when the next tick is due */
	uint64_t slow_at_ms[STACK_SLOWS];
	uint32_t ticks;
	uint64_t timeouts; /* retransmissions by time */
	uint32_t fast_base, drop_base; /* lwIP's counters when the stack was made */
	unsigned depth; /* nested calls into lwIP */
	uint64_t isn_secret[2];
	uint64_t random_state;
	ip4_addr_t address4; /* that connections have */
	ip6_addr_t gateway6;
	bool has_gateway6;
	struct base_mem *mem;
	uint32_t link_held, link_held_max; /* the port's buffers that lwIP keeps */
};

/* The only one: lwIP's hooks have no argument for it. NULL while there is none. */
extern struct stack *stack_self;

/* A frame of a burst. */
struct stack_rx {
	const uint8_t *data;
	uint32_t bytes;
	uint32_t bucket;
	bool ip_known,
		l4_known; /* the device vouches for what the checksums of that layer protect */
	bool drop;
	struct stack_frame frame;
};

/* stack_input.c: first for all frames of the burst, then second for all, then third for all. */
void stack_input_look(struct stack *stack, struct stack_rx *rx);
void stack_input_touch(struct stack *stack, const struct stack_rx *rx);
void stack_input_take(struct stack *stack, struct stack_rx *rx, struct pbuf *packet);

/* stack_event.c: the callbacks that lwIP knows about a control block's start and end. */
extern const struct tcp_ext_arg_callbacks stack_event_listener;
struct stack_flow *stack_event_flow(const struct tcp_pcb *pcb);

/* Gives the user what is held, until it takes less; false when the control block died meanwhile. */
bool stack_event_deliver_held(struct stack *stack, struct stack_flow *flow);

/* Reports the peer's FIN, when it is in and nothing is held. */
void stack_event_deliver_end(struct stack *stack, struct stack_flow *flow);

/* stack_flow.c */
void stack_flow_end(struct stack *stack, struct stack_flow *flow, enum stack_close reason);
void stack_flow_shut(struct stack *stack, struct stack_flow *flow);

/* stack_held.c: returns 0 or -ENOMEM with nothing added. */
int stack_held_append(struct stack *stack, struct stack_flow *flow, const struct pbuf *packet,
	size_t skip_bytes) __attribute__((warn_unused_result));
struct stack_block *stack_held_first(const struct stack_flow *flow);
void stack_held_take(struct stack *stack, struct stack_flow *flow, size_t bytes);
void stack_held_drop(struct stack *stack, struct stack_flow *flow);

/* stack_later.c: enter before, leave after every call into lwIP that may call back; leave does what was put off. */
void stack_later_put(struct stack *stack, struct stack_flow *flow, unsigned flags);
void stack_later_enter(struct stack *stack);
void stack_later_leave(struct stack *stack);

/* stack_timer.c */
void stack_timer_start(struct stack *stack);

/* stack_listen.c */
const struct stack_listener *stack_listener_of(const struct stack *stack, const void *arg);

/* stack_convert.c */
void stack_addr_from_lwip(struct stack_addr *addr, const ip_addr_t *ip, uint16_t port);
void stack_addr_to_lwip(const struct stack_addr *addr, ip_addr_t *ip);

#endif
