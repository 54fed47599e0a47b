#ifndef HARNESS_H
#define HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session.h"
#include "session_query.h"

/*
 * A session core over a recording double of link: a test plays the worker by calling the handler, in virtual time, and
 * reads what control would have sent as lines of text.
 */

struct harness {
	struct session_core *core;
	struct retain *retain;
	uint64_t now_ms;
};

extern struct harness harness;
extern struct session_config harness_config; /* set before harness_up; reset by harness_down */

int harness_up(void **state);
int harness_down(void **state); /* fails when anything is left allocated */

/* Moves the clock and takes a turn. */
void harness_pass(uint64_t ms);

/* What the double of link answers. */
extern bool harness_settled; /* link_is_settled */
extern unsigned harness_room; /* records that link_has_room still promises */
extern bool harness_worker_up[4]; /* workers that are up: 0 only at first */

/* The next line that was sent must be `line`. */
#define expect(line) harness_expect(line, __FILE__, __LINE__)
#define expect_silence() harness_silence(__FILE__, __LINE__)
void harness_expect(const char *line, const char *file, int at);
void harness_silence(const char *file, int at);
void harness_forget(void); /* drops the lines that were sent so far */

/* Events of a worker. A connection is given as worker * 1000 + number. */
struct connect_options {
	bool clean, will, will_retain, parked, assigned;
	uint32_t expiry_s, will_delay_s, will_expiry_s;
	uint8_t version, will_qos; /* version 0 = 5 */
	const char *will_topic, *will_payload;
	uint64_t session, connected_ms;
};

#define connect_with(conn, id, ...)                                                                \
	harness_connect(conn, id, &(struct connect_options){__VA_ARGS__})
#define live_with(conn, id, ...) harness_live(conn, id, &(struct connect_options){__VA_ARGS__})
void harness_connect(unsigned conn, const char *id, const struct connect_options *options);
void harness_live(unsigned conn, const char *id, const struct connect_options *options);
void harness_subscribe(unsigned conn, const char *filter, uint8_t options, uint32_t id);
void harness_unsubscribe(unsigned conn, const char *filter);
void harness_live_subscription(unsigned conn, const char *filter, uint8_t options, uint32_t id);
void harness_retain(const char *topic, const char *payload, uint8_t qos);
void harness_interest(
	unsigned publisher, const char *topic, const char *payload, uint8_t qos, bool retain);
void harness_interest_expiring(const char *topic, const char *payload, uint32_t expiry_s);
void harness_shared(const char *filter, const char *topic, const char *payload);
void harness_handover(
	unsigned conn, enum link_delivery_state state, uint16_t packet_id, const char *payload);
void harness_closed(unsigned conn, const char *reason);
void harness_closed_normal(unsigned conn); /* DISCONNECT 0x00: drops the will */
void harness_closed_expiry(unsigned conn, uint32_t expiry_s);
void harness_restored(unsigned conn);

/* A client that connects for the first time and gets its session; lines before its grant are dropped. */
void harness_client(unsigned conn, const char *id, uint32_t expiry_s);

struct session_view harness_view(const char *id); /* fails when there is none */
bool harness_exists(const char *id);
struct session_stats harness_stats(void);

#endif
