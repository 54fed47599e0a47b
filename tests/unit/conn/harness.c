#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "conn_priv.h"
#include "wire_packet.h"

enum { ARENA = 64 << 20, PAGE = 64 << 10 };

/* The transport. */

static size_t io_space(void *io)
{
	struct client *c = io;

	assert_true(c->is_open);
	return c->space;
}

static size_t io_write(void *io, const uint8_t *data, size_t bytes, bool more)
{
	struct client *c = io;

	(void)more;
	assert_true(c->is_open && bytes > 0 && bytes <= c->space);
	if (c->takes != 0 && bytes > c->takes)
		bytes = c->takes;
	if (c->out_size - c->out_bytes < bytes) {
		c->out_size = c->out_size * 2 + bytes;
		c->out = realloc(c->out, c->out_size);
		assert_non_null(c->out);
	}
	memcpy(c->out + c->out_bytes, data, bytes);
	c->out_bytes += bytes;
	if (c->space != SIZE_MAX)
		c->space -= bytes;
	return bytes;
}

static void io_flush(void *io)
{
	struct client *c = io;

	assert_true(c->is_open);
	c->flushes++;
}

static void io_close(void *io)
{
	struct client *c = io;

	assert_true(c->is_open);
	c->is_open = false;
	c->is_closed = true;
	c->conn = NULL;
}

static void io_abort(void *io)
{
	struct client *c = io;

	io_close(io);
	c->is_aborted = true;
}

/* Offers what is held, in pieces if so wanted, until the connection pauses. */
static void offer(struct client *c)
{
	size_t at = 0;

	c->is_paused = false;
	while (at < c->in_bytes && c->is_open && !c->is_paused) {
		size_t rest = c->in_bytes - at;
		size_t bytes = c->piece && c->piece < rest ? c->piece : rest;
		/* A block of its own, so that ASan sees what reads too far. */
		uint8_t *copy = malloc(bytes);
		size_t used;

		assert_non_null(copy);
		memcpy(copy, c->in + at, bytes);
		used = conn_input(c->conn, copy, bytes);
		free(copy);
		if (!c->is_open)
			break;
		assert_true(used <= bytes);
		at += used;
		if (used < bytes)
			c->is_paused = true;
	}
	c->in_bytes -= at;
	memmove(c->in, c->in + at, c->in_bytes);
}

static void io_resume(void *io)
{
	struct client *c = io;

	assert_true(c->is_open);
	offer(c);
}

static const struct conn_transport transport = {
	.space = io_space,
	.write = io_write,
	.flush = io_flush,
	.close = io_close,
	.abort = io_abort,
	.resume = io_resume,
};

/* Control. */

static const char *client_of(struct fixture *f, uint64_t id)
{
	static char name[8];

	for (unsigned i = 0; i < CLIENTS; i++) {
		if (f->clients[i].id != id || id == 0)
			continue;
		snprintf(name, sizeof(name), "%u", i);
		return name;
	}
	return "?";
}

static bool ring_room(void *context, unsigned records, size_t bytes)
{
	struct fixture *f = context;

	(void)records;
	return bytes <= f->room;
}

static void use(struct fixture *f, size_t bytes)
{
	bytes += CONN_RECORD_HEAD_BYTES;
	assert_true(bytes <= f->room);
	if (f->room != SIZE_MAX)
		f->room -= bytes;
}

static void tell_connect(struct fixture *f, const char *what, const struct conn_connect *c)
{
	use(f, (size_t)c->client_id.bytes + c->username.bytes + c->password.bytes +
			c->will_topic.bytes + c->will_props.bytes + c->will_payload.bytes);
	add(&f->told, "%s v%u", what, c->version);
	add_str(&f->told, "id", c->client_id);
	add(&f->told, " clean=%d expiry=%u", c->clean_start, c->session_expiry_s);
	if (c->has_username)
		add_str(&f->told, "user", c->username);
	if (c->has_password)
		add_str(&f->told, "pass", c->password);
	if (c->has_will) {
		add_str(&f->told, "will", c->will_topic);
		add_str(&f->told, "text", c->will_payload);
	}
	if (c->session)
		add(&f->told, " session=%llu", (unsigned long long)c->session);
	if (c->is_parked)
		add(&f->told, " parked");
	add(&f->told, "\n");
}

static void ring_connect(void *context, const struct conn_connect *c)
{
	struct fixture *f = context;

	f->connects[f->connect_len++ % 64] = c->conn;
	tell_connect(context, "connect", c);
}

static void ring_live(void *context, const struct conn_connect *c)
{
	tell_connect(context, "live", c);
}

static void tell_filters(struct fixture *f, const char *what, const struct conn_subscribe *s)
{
	size_t bytes = 0;

	add(&f->told, "%s %s", what, client_of(f, s->conn));
	if (s->packet_id)
		add(&f->told, " #%u", s->packet_id);
	for (unsigned i = 0; i < s->filter_len; i++) {
		add(&f->told, " %.*s:%02x:%02x", (int)s->filters[i].text.bytes,
			(const char *)s->filters[i].text.data, s->filters[i].options,
			s->filters[i].reason);
		if (s->filters[i].subscription_id)
			add(&f->told, "=%u", s->filters[i].subscription_id);
		bytes += s->filters[i].text.bytes + CONN_FILTER_HEAD_BYTES;
	}
	use(f, bytes);
	add(&f->told, "\n");
}

static void ring_subscribe(void *context, const struct conn_subscribe *s)
{
	tell_filters(context, "subscribe", s);
}

static void ring_unsubscribe(void *context, const struct conn_subscribe *s)
{
	tell_filters(context, "unsubscribe", s);
}

static void ring_live_subs(void *context, const struct conn_subscribe *s)
{
	tell_filters(context, "subs", s);
}

static void tell_message(struct fixture *f, const char *what, const struct conn_message *m)
{
	use(f, (size_t)m->topic.bytes + m->props.bytes + m->payload.bytes);
	add(&f->told, "%s", what);
	add_str(&f->told, "t", m->topic);
	add_str(&f->told, "p", m->payload);
	add(&f->told, " q%u%s", m->qos, m->retain ? " r" : "");
	if (m->expiry_s != UINT32_MAX)
		add(&f->told, " expiry=%u", m->expiry_s);
}

static void ring_retain(void *context, const struct conn_message *m)
{
	struct fixture *f = context;

	tell_message(f, "retain", m);
	add(&f->told, "\n");
}

static void ring_interest(void *context, const struct conn_message *m)
{
	struct fixture *f = context;

	tell_message(f, "interest", m);
	add(&f->told, "\n");
}

static void ring_shared(void *context, struct wire_str filter, const struct conn_message *m)
{
	struct fixture *f = context;

	tell_message(f, "shared", m);
	add_str(&f->told, "f", filter);
	add(&f->told, "\n");
}

static void tell_delivery(struct fixture *f, const char *what, const struct conn_delivery *d,
	const struct conn_message *m)
{
	static const char *const states[] = {"queued", "published", "released", "received"};

	add(&f->told, "%s %s #%u", client_of(f, d->conn), states[d->state], d->packet_id);
	if (m == NULL) {
		use(f, 0);
		add(&f->told, "\n");
		return;
	}
	tell_message(f, "", m);
	add(&f->told, " for q%u%s\n", d->qos, what);
}

static void ring_inflight(
	void *context, const struct conn_delivery *d, const struct conn_message *m)
{
	tell_delivery(context, "", d, m);
}

static void ring_queued(void *context, const struct conn_delivery *d, const struct conn_message *m)
{
	tell_delivery(context, "", d, m);
}

static const char *const shutdowns[] = {
#define CONN_SHUTDOWN(name) #name,
#include "conn_shutdown.def"
#undef CONN_SHUTDOWN
};

static void ring_closed(void *context, const struct conn_closed *closed)
{
	struct fixture *f = context;

	use(f, 0);
	add(&f->told, "closed %s %s%s%s%s\n", client_of(f, closed->conn),
		shutdowns[closed->shutdown], closed->will_dropped ? " no-will" : "",
		closed->expiry_set ? " expiry-set" : "", closed->is_parked ? " parked" : "");
}

static void ring_restored(void *context, uint64_t id)
{
	struct fixture *f = context;

	use(f, 0);
	add(&f->told, "restored %s\n", client_of(f, id));
}

static void ring_log(void *context, int level, const char *text, size_t bytes)
{
	struct fixture *f = context;

	add(&f->log, "%d %.*s\n", level, (int)bytes, text);
}

static const struct conn_control control = {
	.room = ring_room,
	.connect = ring_connect,
	.subscribe = ring_subscribe,
	.unsubscribe = ring_unsubscribe,
	.retain = ring_retain,
	.interest = ring_interest,
	.shared = ring_shared,
	.inflight = ring_inflight,
	.queued = ring_queued,
	.closed = ring_closed,
	.restored = ring_restored,
	.live = ring_live,
	.live_subs = ring_live_subs,
	.log = ring_log,
};

/* The fixture. */

void reconfigure(struct fixture *f)
{
	conn_hub_configure(f->hub, &f->config);
}

int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct conn_counters counters = {0};
	struct conn_hub_params params = {
		.mem_conn = MEM_CONN,
		.mem_input = MEM_INPUT,
		.mem_message = MEM_MESSAGE,
		.mem_queue = MEM_QUEUE,
		.mem_topic = MEM_TOPIC,
		.mem_rule = MEM_RULE,
		.seed = 0x5eed,
		.now_ms = START_MS,
		.max_record_bytes = 4 << 20,
		.control = &control,
		.control_context = f,
		.counters = &counters,
	};
	uintptr_t aligned;

	assert_non_null(f);
	f->map = mmap(NULL, ARENA + PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(f->map, MAP_FAILED);
	aligned = ((uintptr_t)f->map + PAGE - 1) / PAGE * PAGE;
	f->mem = params.mem = base_mem_init((char *)f->map + (aligned - (uintptr_t)f->map), ARENA);
	assert_non_null(f->mem);
	for (unsigned i = 0; i < CONN_COUNTER_COUNT; i++)
		counters.values[i] = &f->values[i];
	for (unsigned i = 0; i < CONN_LISTENERS_MAX; i++)
		counters.listeners[i] = (struct conn_listener_counters){
			&f->connections, &f->connections_max, &f->accepted, f->shutdown};
	f->room = SIZE_MAX;
	f->now_ms = START_MS;
	f->hub = conn_hub_new(&params);
	assert_non_null(f->hub);
	f->config = (struct conn_config){
		.max_packet_bytes = 2 << 20,
		.idle_timeout_ms = 15000,
		.connect_timeout_ms = 10000,
		.max_queue_len = 1000,
		.send_timeout_ms = 15000,
		.max_inflight = 32,
		.receive_max = 100,
		.topic_alias_max = 10,
		.max_topic_levels = 128,
		.keepalive_percent = 150,
		.max_client_id_bytes = 100,
		.max_qos = 2,
		.retain_available = true,
		.wildcard_available = true,
		.shared_available = true,
	};
	reconfigure(f);
	*state = f;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	finish(f);
	for (unsigned i = MEM_INPUT; i < MEM_QUEUE; i++)
		assert_int_equal(base_mem_objects(f->mem, i), 0);
	/* The hub keeps the array for matches. */
	assert_true(base_mem_objects(f->mem, MEM_QUEUE) <= 1);
	conn_hub_free(f->hub);
	for (unsigned i = 0; i < MEM_CLASSES; i++)
		assert_int_equal(base_mem_used(f->mem, i), 0);
	for (unsigned i = 0; i < CLIENTS; i++) {
		free(f->clients[i].in);
		free(f->clients[i].out);
	}
	free(f->told.data);
	free(f->log.data);
	free(f->seen.data);
	base_mem_fini(f->mem);
	munmap(f->map, ARENA + PAGE);
	free(f);
	return 0;
}

uint64_t counted(struct fixture *f, enum conn_counter counter)
{
	return atomic_load(&f->values[counter]);
}

void elapse(struct fixture *f, uint64_t ms)
{
	uint64_t end_ms = f->now_ms + ms;

	while (f->now_ms < end_ms) {
		f->now_ms += end_ms - f->now_ms < 100 ? end_ms - f->now_ms : 100;
		conn_hub_tick(f->hub, f->now_ms);
	}
	conn_hub_flush(f->hub);
}

void finish(struct fixture *f)
{
	f->room = SIZE_MAX;
	conn_hub_unblock(f->hub);
	for (unsigned i = 0; i < CLIENTS; i++)
		if (f->clients[i].is_open)
			hang_up(&f->clients[i]);
	for (uint32_t slot = 0; slot < f->hub->slots_len; slot++) {
		struct conn *conn = conn_by_slot(f->hub, slot);

		if (conn == NULL)
			continue;
		/* Whatever it still waits for, this ends it. */
		conn_disconnect(f->hub, conn->id, 0x8e, CONN_SHUTDOWN_DISCARDED, str(""));
		conn_release(f->hub, conn->id);
	}
	assert_int_equal(f->hub->connections, 0);
	assert_int_equal(f->hub->networked + f->hub->live + f->hub->parked, 0);
	assert_int_equal(f->hub->subscriptions, 0);
	conn_hub_interest_clear(f->hub);
	conn_hub_flush(f->hub);
}

void forget(struct fixture *f)
{
	clear(&f->told);
	clear(&f->log);
	for (unsigned i = 0; i < CLIENTS; i++)
		f->clients[i].out_bytes = 0;
}

/* Clients. */

struct wire_str str(const char *text)
{
	return (struct wire_str){(const uint8_t *)text, (uint32_t)strlen(text)};
}

struct client *dial(struct fixture *f, unsigned i, uint8_t version)
{
	static const struct conn_peer peer = {
		.addr = {[10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0, [14] = 2, [15] = 7},
		.port = 4711};
	struct client *c = &f->clients[i];

	assert_false(c->is_open);
	free(c->in);
	free(c->out);
	*c = (struct client){.f = f, .version = version, .is_open = true, .space = SIZE_MAX};
	c->conn = conn_open(f->hub, &transport, c, 0, &peer);
	assert_non_null(c->conn);
	c->id = c->conn->id;
	return c;
}

void give(struct client *c, const void *data, size_t bytes)
{
	c->in = realloc(c->in, c->in_bytes + bytes + 1);
	assert_non_null(c->in);
	memcpy(c->in + c->in_bytes, data, bytes);
	c->in_bytes += bytes;
	if (!c->is_paused)
		offer(c);
}

void hang_up(struct client *c)
{
	conn_peer_ended(c->conn);
	assert_false(c->is_open);
}

static void give_packet(struct client *c, const uint8_t *packet, int bytes)
{
	assert_true(bytes > 0);
	give(c, packet, (size_t)bytes);
}

void say_connect_with(struct client *c, struct wire_connect *connect)
{
	uint8_t packet[1024] = {0};

	connect->version = c->version;
	give_packet(c, packet, wire_connect_encode(packet, sizeof(packet), connect));
}

void say_connect(
	struct client *c, const char *id, bool clean, uint32_t expiry_s, uint16_t keepalive_s)
{
	struct wire_connect connect = {
		.client_id = str(id), .clean_start = clean, .keepalive_s = keepalive_s};

	if (expiry_s != 0 && c->version == WIRE_V5) {
		connect.props.session_expiry_s = expiry_s;
		wire_props_mark(&connect.props, WIRE_PROP_SESSION_EXPIRY);
	}
	say_connect_with(c, &connect);
}

void say_publish_with(struct client *c, const struct wire_publish_out *publish, const void *payload)
{
	size_t head = wire_publish_header_bytes(publish);
	uint8_t *packet = malloc(head + publish->payload_bytes + 1);

	assert_non_null(packet);
	assert_int_equal(wire_publish_header_encode(packet, head, publish), head);
	if (publish->payload_bytes > 0)
		memcpy(packet + head, payload, publish->payload_bytes);
	give(c, packet, head + publish->payload_bytes);
	free(packet);
}

void say_publish(
	struct client *c, const char *topic, const char *payload, uint8_t qos, uint16_t packet_id)
{
	struct wire_publish_out publish = {.version = c->version,
		.qos = qos,
		.packet_id = packet_id,
		.topic = str(topic),
		.payload_bytes = (uint32_t)strlen(payload)};

	say_publish_with(c, &publish, payload);
}

void say_ack(struct client *c, enum wire_type type, uint16_t packet_id, uint8_t reason)
{
	struct wire_ack ack = {.type = (uint8_t)type, .packet_id = packet_id, .reason = reason};
	uint8_t packet[64] = {0};

	give_packet(c, packet, wire_ack_encode(packet, sizeof(packet), c->version, &ack, 0));
}

void say_subscribe_with(struct client *c, uint16_t packet_id, uint32_t id,
	const struct wire_subscription *subs, size_t len)
{
	struct wire_props props = {.subscription_id = id};
	uint8_t packet[1024] = {0};

	if (id != 0)
		wire_props_mark(&props, WIRE_PROP_SUBSCRIPTION_ID);
	give_packet(c, packet,
		wire_subscribe_encode(
			packet, sizeof(packet), c->version, packet_id, &props, subs, len));
}

void say_subscribe(struct client *c, uint16_t packet_id, const char *filter, uint8_t qos)
{
	struct wire_subscription sub = {.filter = str(filter), .qos = qos};

	say_subscribe_with(c, packet_id, 0, &sub, 1);
}

void say_unsubscribe(struct client *c, uint16_t packet_id, const char *filter)
{
	struct wire_props props = {0};
	struct wire_str text = str(filter);
	uint8_t packet[256] = {0};

	give_packet(c, packet,
		wire_unsubscribe_encode(
			packet, sizeof(packet), c->version, packet_id, &props, &text, 1));
}

void say_ping(struct client *c)
{
	uint8_t packet[2] = {0};

	give_packet(c, packet, wire_ping_encode(packet, sizeof(packet), WIRE_PINGREQ));
}

void say_disconnect(struct client *c, uint8_t reason)
{
	struct wire_disconnect disconnect = {.reason = reason};
	uint8_t packet[16] = {0};

	give_packet(c, packet,
		wire_disconnect_encode(packet, sizeof(packet), c->version, &disconnect, 0));
}

/* Control's answers. */

void grant(struct client *c, uint64_t session, uint32_t expiry_s, bool present, bool restores)
{
	struct conn_grant g = {.conn = c->id,
		.session = session,
		.session_expiry_s = expiry_s,
		.session_present = present,
		.restores = restores};

	conn_grant(c->f->hub, &g);
}

void suback(
	struct client *c, uint16_t packet_id, const char *filter, uint8_t options, uint8_t reason)
{
	struct conn_filter one = {.text = str(filter), .options = options, .reason = reason};
	struct conn_subscribe s = {
		.conn = c->id, .packet_id = packet_id, .filter_len = 1, .filters = &one};

	conn_suback(c->f->hub, &s);
}

void unsuback(struct client *c, uint16_t packet_id, const char *filter, uint8_t reason)
{
	struct conn_filter one = {.text = str(filter), .reason = reason};
	struct conn_subscribe s = {
		.conn = c->id, .packet_id = packet_id, .filter_len = 1, .filters = &one};

	conn_unsuback(c->f->hub, &s);
}

static struct conn_message message_of(
	struct client *c, const char *topic, const char *payload, uint8_t qos)
{
	return (struct conn_message){.born_ms = c->f->now_ms,
		.expiry_s = UINT32_MAX,
		.qos = qos,
		.topic = str(topic),
		.payload = str(payload)};
}

void deliver(struct client *c, const char *topic, const char *payload, uint8_t qos)
{
	struct conn_message message = message_of(c, topic, payload, qos);
	struct conn_delivery delivery = {.conn = c->id, .qos = qos};

	conn_deliver(c->f->hub, &delivery, &message);
}

void inflight(struct client *c, uint16_t packet_id, uint8_t state, const char *topic,
	const char *payload, uint8_t qos)
{
	struct conn_message message = message_of(c, topic ? topic : "", payload, qos);
	struct conn_delivery delivery = {
		.conn = c->id, .packet_id = packet_id, .state = state, .qos = qos};

	conn_inflight_restore(
		c->f->hub, &delivery, state == CONN_DELIVERY_PUBLISHED ? &message : NULL);
}

struct client *online(
	struct fixture *f, unsigned i, uint8_t version, const char *id, uint32_t expiry_s)
{
	struct client *c = dial(f, i, version);

	say_connect(c, id, true, expiry_s, 0);
	assert_int_not_equal(c->id, 0);
	grant(c, 100 + i, expiry_s, false, false);
	assert_true(c->is_open);
	conn_hub_flush(f->hub);
	forget(f);
	return c;
}

void subscribed(struct client *c, const char *filter, uint8_t options)
{
	struct wire_subscription sub = {.filter = str(filter),
		.qos = options & 3,
		.no_local = options >> 2 & 1,
		.retain_as_published = options >> 3 & 1};

	say_subscribe_with(c, 9, 0, &sub, 1);
	suback(c, 9, filter, options, options & 3);
	forget(c->f);
}
