#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn_priv.h"

/*
 * A session that comes and goes while messages flow, with a control that is slow: records of both
 * rings wait for random times. Whatever the moment at which the client goes or comes back, every
 * message arrives, in order: with QoS 1 at least once, with QoS 2 exactly once.
 *
 * The control here has one session and follows control/session/session_state.def.
 */

enum { REPLIES = 4096, QUEUE = 4096, MESSAGES = 3000, SUBSCRIBERS = 16, PUBLISHER = 31 };

enum state { NONE, OFFLINE, SENT, ENDING, LIVE, LEAVING };

struct entry {
	unsigned seq; /* 0: none */
	uint16_t packet_id;
	uint8_t state, qos;
};

struct list {
	struct entry at[QUEUE];
	unsigned len;
	unsigned handed; /* entries that came back, ahead of those that came since */
};

enum reply_kind {
	GRANT,
	INFLIGHT,
	DELIVER,
	RESTORE_END,
	CAUGHT_UP,
	RELEASE,
	END,
	SUBACK,
	ADD,
	DEL
};

struct reply {
	enum reply_kind kind;
	uint64_t conn;
	struct entry entry;
	uint16_t packet_id;
	bool present;
};

struct model {
	struct fixture *f;
	/* Control. */
	enum state state;
	uint64_t conn, pending;
	bool is_indexed;
	struct list window, queue;
	struct reply replies[REPLIES];
	unsigned reply_at, reply_len;
	size_t told_at; /* of f->told: what control has read */
	unsigned connect_at;
	/* The subscriber. */
	struct client *c;
	unsigned turn;
	unsigned highest; /* seq seen */
	unsigned char seen[MESSAGES + 1];
	unsigned char begun[65536]; /* QoS 2 identifiers between PUBLISH and PUBREL */
	/* The publisher. */
	struct client *p;
	unsigned seq;
};

static uint64_t random_state = 88172645463325252ull;

static unsigned chance(unsigned n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 33) % n;
}

/* Control. */

static struct reply *reply(struct model *m, enum reply_kind kind, uint64_t conn)
{
	struct reply *r = &m->replies[m->reply_len++ % REPLIES];

	assert_true(m->reply_len - m->reply_at < REPLIES);
	*r = (struct reply){.kind = kind, .conn = conn};
	return r;
}

static void insert(struct list *list, struct entry entry, bool is_handover)
{
	unsigned at = is_handover ? list->handed++ : list->len;

	assert_true(list->len < QUEUE);
	memmove(&list->at[at + 1], &list->at[at], (list->len - at) * sizeof(entry));
	list->at[at] = entry;
	list->len++;
}

static void set_indexed(struct model *m, bool is_indexed)
{
	if (m->is_indexed != is_indexed)
		reply(m, is_indexed ? ADD : DEL, 0);
	m->is_indexed = is_indexed;
}

static void grant_now(struct model *m, uint64_t conn)
{
	struct reply *r = reply(m, GRANT, conn);

	r->present = m->state == OFFLINE;
	m->conn = conn;
	if (m->state == NONE) {
		m->state = LIVE;
		return;
	}
	for (unsigned i = 0; i < m->window.len; i++)
		reply(m, INFLIGHT, conn)->entry = m->window.at[i];
	for (unsigned i = 0; i < m->queue.len; i++)
		reply(m, DELIVER, conn)->entry = m->queue.at[i];
	m->window.len = m->queue.len = m->window.handed = m->queue.handed = 0;
	reply(m, RESTORE_END, conn);
	m->state = SENT;
}

static void on_connect(struct model *m, uint64_t conn)
{
	if (m->state == NONE || m->state == OFFLINE) {
		grant_now(m, conn);
		return;
	}
	/* The last that waits wins; the earlier one is refused, here by an order to end. */
	if (m->pending != 0)
		reply(m, END, m->pending);
	m->pending = conn;
	if (m->state == LIVE) {
		reply(m, END, m->conn);
		m->state = LEAVING;
	} else if (m->state == SENT) {
		m->state = ENDING; /* it is told to leave when its matches are its own */
	}
}

static void on_closed(struct model *m, uint64_t conn, bool is_parked)
{
	uint64_t pending = m->pending;

	if (conn == m->pending) {
		m->pending = 0;
	} else if (conn == m->conn) {
		m->conn = 0;
		m->state = OFFLINE;
		m->window.handed = m->queue.handed = 0;
		set_indexed(m, true);
		m->pending = 0;
		if (pending != 0)
			on_connect(m, pending);
	}
	if (is_parked)
		reply(m, RELEASE, conn);
}

static void on_interest(struct model *m, struct entry entry)
{
	if (!m->is_indexed)
		return;
	if (m->state == SENT || m->state == ENDING)
		reply(m, DELIVER, m->conn)->entry = entry;
	else
		insert(&m->queue, entry, false);
}

static void on_handover(struct model *m, struct entry entry)
{
	m->state = LEAVING;
	set_indexed(m, true);
	insert(entry.state == CONN_DELIVERY_QUEUED ? &m->queue : &m->window, entry, true);
}

static void on_restored(struct model *m)
{
	set_indexed(m, false);
	if (m->state == SENT) {
		m->state = LIVE;
		reply(m, CAUGHT_UP, m->conn);
	} else if (m->state == ENDING) {
		m->state = LEAVING;
		reply(m, END, m->conn);
	}
}

/* Control reads one record. */
static void control_reads(struct model *m)
{
	static const char *const states[] = {"queued", "published", "released", "received"};
	char *line, what[16];
	struct entry entry = {.seq = 0};
	unsigned client, id, qos;
	int used = 0;

	if (m->f->told.data == NULL || m->told_at >= m->f->told.used)
		return;
	line = m->f->told.data + m->told_at;
	m->told_at += (size_t)(strchr(line, '\n') + 1 - line);
	if (strncmp(line, "connect ", 8) == 0) {
		on_connect(m, m->f->connects[m->connect_at++ % 64]);
	} else if (sscanf(line, "closed %u", &client) == 1) {
		on_closed(m, m->f->clients[client].id,
			strstr(line, " parked") != NULL &&
				strstr(line, " parked") < strchr(line, '\n'));
	} else if (sscanf(line, "restored %u", &client) == 1) {
		on_restored(m);
	} else if (sscanf(line, "subscribe %u #%u", &client, &id) == 2) {
		reply(m, SUBACK, m->f->clients[client].id)->packet_id = (uint16_t)id;
	} else if (sscanf(line, "interest t=t p=%u q%u", &entry.seq, &qos) == 2) {
		entry.qos = (uint8_t)qos;
		on_interest(m, entry);
	} else {
		assert_int_equal(sscanf(line, "%u %15s #%u%n", &client, what, &id, &used), 3);
		entry.packet_id = (uint16_t)id;
		while (strcmp(states[entry.state], what) != 0)
			entry.state++;
		entry.qos = 2;
		if (sscanf(line + used, " t=t p=%u q%*u for q%u", &entry.seq, &qos) == 2)
			entry.qos = (uint8_t)qos;
		on_handover(m, entry);
	}
}

static struct client *client_of(struct model *m, uint64_t id)
{
	for (unsigned i = 0; i < SUBSCRIBERS; i++)
		if (m->f->clients[i].id == id)
			return &m->f->clients[i];
	fail_msg("an answer to nobody");
	return NULL;
}

/* The worker reads one record. */
static void worker_reads(struct model *m)
{
	struct reply *r = &m->replies[m->reply_at % REPLIES];
	struct conn_filter filter = {.text = str("t"), .options = 2, .reason = 2};
	struct conn_subscribe subs = {.conn = r->conn, .filter_len = 1, .filters = &filter};
	char payload[16];

	if (m->reply_at == m->reply_len)
		return;
	m->reply_at++;
	snprintf(payload, sizeof(payload), "%u", r->entry.seq);
	switch (r->kind) {
	case GRANT:
		grant(client_of(m, r->conn), 1, 1000, r->present, r->present);
		if (r->present)
			conn_sub_restore(m->f->hub, &subs);
		break;
	case INFLIGHT:
		inflight(client_of(m, r->conn), r->entry.packet_id, r->entry.state, "t", payload,
			r->entry.qos);
		break;
	case DELIVER:
		deliver(client_of(m, r->conn), "t", payload, r->entry.qos);
		break;
	case RESTORE_END:
		conn_restore_end(m->f->hub, r->conn);
		break;
	case CAUGHT_UP:
		conn_caught_up(m->f->hub, r->conn);
		break;
	case RELEASE:
		conn_release(m->f->hub, r->conn);
		break;
	case END:
		conn_disconnect(m->f->hub, r->conn, 0x8e, CONN_SHUTDOWN_TAKENOVER, str(""));
		break;
	case SUBACK:
		suback(client_of(m, r->conn), r->packet_id, "t", 2, 2);
		break;
	case ADD:
		assert_int_equal(conn_hub_interest_add(m->f->hub, str("t")), 0);
		break;
	case DEL:
		conn_hub_interest_del(m->f->hub, str("t"));
		break;
	}
}

/* The subscriber. */

static void connect_again(struct model *m)
{
	for (unsigned i = 0; i < SUBSCRIBERS; i++) {
		struct client *c = &m->f->clients[m->turn++ % SUBSCRIBERS];

		/* Not one whose connection the other side still knows by its number. */
		if (c->is_open || (c->id != 0 && conn_by_id(m->f->hub, c->id) != NULL))
			continue;
		m->c = dial(m->f, (unsigned)(c - m->f->clients), WIRE_V5);
		say_connect(m->c, "s", false, 1000, 0);
		return;
	}
}

static void got(struct model *m, const struct wire_publish *p)
{
	char text[16] = {0};
	unsigned seq;

	assert_true(p->payload_bytes < sizeof(text));
	memcpy(text, p->payload, p->payload_bytes);
	seq = (unsigned)atoi(text);
	assert_in_range(seq, 1, m->seq);
	if (p->qos == 2 && m->begun[p->packet_id])
		return; /* 4.3.3: the same flow again */
	if (p->qos == 2)
		m->begun[p->packet_id] = 1;
	if (m->seen[seq]) {
		assert_int_equal(p->qos, 1);
		assert_true(p->dup);
		return;
	}
	assert_true(seq > m->highest);
	m->highest = seq;
	m->seen[seq] = 1;
}

static void answer(struct model *m, enum wire_type type, uint16_t packet_id)
{
	if (m->c->is_open)
		say_ack(m->c, type, packet_id, 0);
}

/* Reads one packet, and mostly answers it. */
static void subscriber_reads(struct model *m)
{
	struct wire_rules rules = {.version = WIRE_V5, .from = WIRE_FROM_SERVER};
	struct client *c = m->c;
	struct wire_publish publish;
	struct wire_frame frame;
	struct wire_ack ack;
	uint8_t packet[256];
	int whole;

	if (c == NULL || c->out_bytes == 0)
		return;
	whole = wire_frame_peek(c->out, c->out_bytes, &frame);
	if (whole <= 0 || (size_t)whole > c->out_bytes)
		return;
	assert_true((size_t)whole <= sizeof(packet));
	memcpy(packet, c->out, (size_t)whole);
	c->out_bytes -= (size_t)whole;
	memmove(c->out, c->out + whole, c->out_bytes);
	if (frame.type == WIRE_PUBLISH) {
		assert_true(wire_publish_decode(&publish, rules, packet, sizeof(packet)) > 0);
		got(m, &publish);
		if (publish.qos > 0)
			answer(m, publish.qos == 1 ? WIRE_PUBACK : WIRE_PUBREC, publish.packet_id);
	} else if (frame.type == WIRE_PUBREL) {
		assert_true(wire_ack_decode(&ack, rules, packet, sizeof(packet)) > 0);
		m->begun[ack.packet_id] = 0;
		answer(m, WIRE_PUBCOMP, ack.packet_id);
	}
}

static void publish(struct model *m)
{
	char payload[16];
	uint8_t qos = (uint8_t)(1 + chance(2));
	uint16_t id = (uint16_t)(m->seq % 30000 + 1);

	snprintf(payload, sizeof(payload), "%u", ++m->seq);
	say_publish(m->p, "t", payload, qos, id);
	if (qos == 2)
		say_ack(m->p, WIRE_PUBREL, id, 0);
	m->p->out_bytes = 0;
}

static void subscriber_turn(struct model *m)
{
	struct client *c = m->c;

	if (c == NULL || !c->is_open || chance(400) == 0) /* or a takeover */
		connect_again(m);
	else if (chance(60) == 0)
		hang_up(c);
	else
		subscriber_reads(m);
}

static void link_turn(struct model *m)
{
	if (chance(8) == 0)
		m->f->room = chance(2) ? SIZE_MAX : 2000;
	for (unsigned n = chance(4); n > 0; n--)
		control_reads(m);
	for (unsigned n = chance(4); n > 0; n--)
		worker_reads(m);
	conn_hub_unblock(m->f->hub);
	conn_hub_flush(m->f->hub);
}

static void settle(struct model *m)
{
	m->f->room = SIZE_MAX;
	for (unsigned i = 0; i < 20000; i++) {
		conn_hub_unblock(m->f->hub);
		control_reads(m);
		worker_reads(m);
		if (m->c == NULL || !m->c->is_open)
			connect_again(m);
		else
			subscriber_reads(m);
		conn_hub_flush(m->f->hub);
	}
}

static void run(struct fixture *f, struct model *m)
{
	*m = (struct model){.f = f};
	m->p = online(f, PUBLISHER, WIRE_V5, "p", 0);
	m->connect_at = f->connect_len;
	connect_again(m);
	say_subscribe(m->c, 1, "t", 2);
	for (unsigned i = 0; i < 10; i++) {
		control_reads(m);
		worker_reads(m);
	}
	while (m->seq < MESSAGES) {
		subscriber_turn(m);
		if (m->state != NONE && chance(6) == 0 && !m->p->is_paused)
			publish(m);
		link_turn(m);
	}
	settle(m);
	for (unsigned seq = 1; seq <= MESSAGES; seq++)
		if (!m->seen[seq])
			fail_msg("message %u is lost", seq);
	assert_true(f->connect_len > 100);
	assert_int_equal(counted(f, CONN_COUNTER_DELIVERY_DROPPED), 0);
}

static void test_model(void **state)
{
	struct fixture *f = *state;
	struct model *m = malloc(sizeof(*m));
	const char *seed = getenv("SEED");

	assert_non_null(m);
	if (seed != NULL)
		random_state = strtoull(seed, NULL, 10) * 0x9e3779b97f4a7c15ull + 1;
	f->config.max_inflight = 5;
	f->config.max_queue_len = 0;
	reconfigure(f);
	run(f, m);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_model, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("conn model", tests, NULL, NULL);
}
