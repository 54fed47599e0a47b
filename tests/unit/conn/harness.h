#ifndef HARNESS_H
#define HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base_mem.h"
#include "conn.h"
#include "conn_hub.h"
#include "wire_encode.h"
#include "wire_reason.h"

/*
 * A hub between fake transports and a fake control. What clients receive and what control is told
 * is written down as text, a line for each packet or record, and compared as text.
 */

enum {
	MEM_CONN,
	MEM_INPUT,
	MEM_MESSAGE,
	MEM_QUEUE,
	MEM_TOPIC,
	MEM_RULE,
	MEM_CLASSES,
	CLIENTS = 32,
	START_MS = 1000000,
};

struct text {
	char *data;
	size_t used, size;
};

struct client {
	struct fixture *f;
	struct conn *conn;
	uint64_t id;
	uint8_t version;
	bool is_open, is_closed, is_aborted;
	bool is_paused;
	size_t space; /* SIZE_MAX: no limit; else what `write` still takes */
	size_t takes; /* what `write` takes at most, as when its memory is short; 0: all */
	size_t piece; /* how many bytes conn_input gets at a time; 0 = all */
	unsigned flushes;
	uint8_t *in; /* not consumed by the connection */
	size_t in_bytes;
	uint8_t *out; /* not yet written down */
	size_t out_bytes, out_size;
};

struct fixture {
	void *map;
	struct base_mem *mem;
	struct conn_hub *hub;
	struct conn_config config;
	_Atomic uint64_t values[CONN_COUNTER_COUNT];
	_Atomic uint64_t connections, connections_max, accepted;
	_Atomic uint64_t shutdown[CONN_SHUTDOWN_COUNT];
	struct client clients[CLIENTS];
	struct text told; /* to control */
	struct text log;
	struct text seen; /* scratch */
	size_t room; /* bytes that control's ring takes; SIZE_MAX: no limit */
	uint64_t now_ms;
	uint64_t connects[64]; /* the last connect records, a ring */
	unsigned connect_len;
};

int fixture_setup(void **state);
int fixture_teardown(
	void **state); /* all connections must be closed: asserts that no memory is left */
void reconfigure(struct fixture *f);

uint64_t counted(struct fixture *f, enum conn_counter counter);
void elapse(struct fixture *f, uint64_t ms); /* ticks every 100 ms */

/* Opens a transport as client `i`. */
struct client *dial(struct fixture *f, unsigned i, uint8_t version);
void give(struct client *c, const void *data, size_t bytes);
void hang_up(struct client *c); /* FIN */

/* Packets of a client. */
void say_connect(
	struct client *c, const char *id, bool clean, uint32_t expiry_s, uint16_t keepalive_s);
void say_connect_with(struct client *c, struct wire_connect *connect);
void say_publish(
	struct client *c, const char *topic, const char *payload, uint8_t qos, uint16_t packet_id);
void say_publish_with(
	struct client *c, const struct wire_publish_out *publish, const void *payload);
void say_ack(struct client *c, enum wire_type type, uint16_t packet_id, uint8_t reason);
void say_subscribe(struct client *c, uint16_t packet_id, const char *filter, uint8_t qos);
void say_subscribe_with(struct client *c, uint16_t packet_id, uint32_t id,
	const struct wire_subscription *subs, size_t len);
void say_unsubscribe(struct client *c, uint16_t packet_id, const char *filter);
void say_ping(struct client *c);
void say_disconnect(struct client *c, uint8_t reason);

struct wire_str str(const char *text);

/* Answers of control. */
void grant(struct client *c, uint64_t session, uint32_t expiry_s, bool present, bool restores);
void suback(
	struct client *c, uint16_t packet_id, const char *filter, uint8_t options, uint8_t reason);
void unsuback(struct client *c, uint16_t packet_id, const char *filter, uint8_t reason);
void deliver(struct client *c, const char *topic, const char *payload, uint8_t qos);
void inflight(struct client *c, uint16_t packet_id, uint8_t state, const char *topic,
	const char *payload, uint8_t qos);

/* A client that is connected without anything left to look at. */
struct client *online(
	struct fixture *f, unsigned i, uint8_t version, const char *id, uint32_t expiry_s);
/* ... and has subscribed. */
void subscribed(struct client *c, const char *filter, uint8_t options);

/* Compares and forgets what the client has received, or control was told, since the last time. */
#define expect(c, text) expect_client((c), (text), __FILE__, __LINE__)
#define expect_told(f, text) expect_control((f), (text), __FILE__, __LINE__)
void expect_client(struct client *c, const char *text, const char *file, int line);
void expect_control(struct fixture *f, const char *text, const char *file, int line);
void forget(struct fixture *f); /* all of it */

/* Writing down: a printed piece, and " name=value" with a long value given by its length. */
void add(struct text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void add_str(struct text *text, const char *name, struct wire_str value);
void clear(struct text *text);

/* Ends every connection, and lets control release those that are parked. */
void finish(struct fixture *f);

#endif
