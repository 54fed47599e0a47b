#include <string.h>

#include "abi_doorbell.h"
#include "abi_record.h"
#include "abi_region.h"
#include "base_log.h"
#include "base_mem.h"
#include "conn.h"
#include "conn_hub.h"
#include "worker.h"

/* Records of control to calls of the connections. Every record has passed abi_record_check. */

enum { DRAIN_MAX = 256, BLOCKED_MAX_MS = 2000 };

static struct wire_str take(const uint8_t **at, uint32_t bytes)
{
	struct wire_str text = {*at, bytes};

	*at += bytes;
	return text;
}

static void read_message(struct conn_message *out, const struct abi_message *m, const uint8_t *at)
{
	*out = (struct conn_message){
		.publisher = m->conn,
		.born_ms = m->born_ms,
		.expiry_s = m->expiry_s,
		.qos = m->qos,
		.retain = (m->flags & ABI_MESSAGE_RETAIN) != 0,
	};
	out->topic = take(&at, m->topic_bytes);
	out->props = take(&at, m->props_bytes);
	out->payload = take(&at, m->payload_bytes);
}

static bool read_delivery(struct conn_delivery *out, const struct abi_delivery *d)
{
	if (d->qos > 2 || d->subscription_id_len > CONN_SUBSCRIPTION_IDS_MAX ||
		d->state > ABI_INFLIGHT_RECEIVED)
		return false;
	*out = (struct conn_delivery){
		.conn = d->conn,
		.packet_id = d->packet_id,
		.state = d->state,
		.qos = d->qos,
		.retain = d->retain != 0,
		.subscription_id_len = d->subscription_id_len,
	};
	memcpy(out->subscription_ids, d->subscription_ids, sizeof(out->subscription_ids));
	return true;
}

static enum conn_shutdown shutdown_of(uint16_t number)
{
	return number < CONN_SHUTDOWN_COUNT ? (enum conn_shutdown)number : CONN_SHUTDOWN_INTERNAL;
}

static void configure(struct worker *w, const struct abi_config *c)
{
	struct conn_config config = {
		.max_packet_bytes = c->max_packet_bytes,
		.idle_timeout_ms = c->idle_timeout_ms,
		.connect_timeout_ms = c->connect_timeout_ms,
		.max_queue_len = c->max_queue_len,
		.max_queue_bytes = c->max_queue_bytes,
		.send_timeout_ms = c->send_timeout_ms,
		.max_inflight = c->max_inflight,
		.receive_max = c->receive_max,
		.topic_alias_max = c->topic_alias_max,
		.max_topic_levels = c->max_topic_levels,
		.server_keepalive_s = c->server_keepalive_s,
		.keepalive_percent = c->keepalive_percent,
		.max_client_id_bytes = c->max_client_id_bytes,
		.max_qos = c->max_qos,
		.retain_available = c->retain_available,
		.wildcard_available = c->wildcard_available,
		.shared_available = c->shared_available,
		.queue_qos0 = c->queue_qos0,
		.acl_deny_disconnect = c->acl_deny_disconnect,
		.acl_no_match_deny = c->acl_no_match_deny,
		.ignore_loop_deliver = c->ignore_loop_deliver,
	};

	conn_hub_configure(w->hub, &config);
	if (c->log_level <= BASE_LOG_DEBUG)
		base_log_set_level((enum base_log_level)c->log_level);
}

static void set_rules(struct worker *w, const struct abi_blob *blob)
{
	if (conn_hub_set_rules(w->hub, blob + 1, blob->blob_bytes) < 0)
		base_log(BASE_LOG_ERROR,
			"the access rules from control were refused; the old ones stay");
}

/* The filters of a record, in memory of the heap: there may be thousands. */
static void with_filters(struct worker *w, enum abi_record_kind kind, const struct abi_subscribe *s)
{
	const uint8_t *at = (const uint8_t *)(s + 1);
	size_t bytes = (s->filter_len + 1u) * sizeof(struct conn_filter);
	struct conn_filter *filters = base_mem_alloc(w->mem, WORKER_MEM_INPUT, bytes);
	struct conn_subscribe event = {
		.conn = s->conn,
		.subscription_id = s->subscription_id,
		.packet_id = s->packet_id,
		.filter_len = s->filter_len,
		.filters = filters,
	};

	if (filters == NULL) {
		conn_disconnect(
			w->hub, s->conn, 0x97, CONN_SHUTDOWN_NO_MEMORY, (struct wire_str){0});
		return;
	}
	for (unsigned i = 0; i < s->filter_len; i++) {
		struct abi_filter_head head;

		memcpy(&head, at, sizeof(head));
		at += sizeof(head);
		filters[i] = (struct conn_filter){
			.text = take(&at, head.text_bytes),
			.subscription_id = head.subscription_id,
			.options = head.options,
			.reason = head.reason,
		};
	}
	if (kind == ABI_C_SUBACK)
		conn_suback(w->hub, &event);
	else if (kind == ABI_C_UNSUBACK)
		conn_unsuback(w->hub, &event);
	else
		conn_sub_restore(w->hub, &event);
	base_mem_free(w->mem, WORKER_MEM_INPUT, filters);
}

static void interest(struct worker *w, bool add, const struct abi_filter *f)
{
	struct wire_str text = {(const uint8_t *)(f + 1), f->text_bytes};

	if (!add)
		conn_hub_interest_del(w->hub, text);
	else if (conn_hub_interest_add(w->hub, text) < 0)
		base_log(BASE_LOG_ERROR, "no memory for a filter of offline sessions: their "
					 "messages are not queued");
}

static void grant(struct worker *w, const struct abi_grant *g)
{
	struct conn_grant event = {
		.conn = g->conn,
		.session = g->session,
		.session_expiry_s = g->session_expiry_s,
		.session_present = (g->flags & ABI_GRANT_SESSION_PRESENT) != 0,
		.restores = (g->flags & ABI_GRANT_RESTORE) != 0,
	};

	if (g->flags & ABI_GRANT_ASSIGNED_ID)
		event.assigned_id = (struct wire_str){(const uint8_t *)(g + 1), g->client_id_bytes};
	conn_grant(w->hub, &event);
}

static void refuse(struct worker *w, enum abi_record_kind kind, const struct abi_refuse *r)
{
	struct wire_str text = {(const uint8_t *)(r + 1), r->text_bytes};

	if (kind == ABI_C_REFUSE)
		conn_refuse(w->hub, r->conn, r->reason, shutdown_of(r->shutdown), text);
	else
		conn_disconnect(w->hub, r->conn, r->reason, shutdown_of(r->shutdown), text);
}

static void deliver(struct worker *w, enum abi_record_kind kind, const struct abi_delivery *d,
	const struct abi_message *m, const uint8_t *tail)
{
	struct conn_delivery delivery;
	struct conn_message message;

	if (!read_delivery(&delivery, d)) {
		abi_counter_add(&w->counters->values[ABI_COUNTER_RING_INVALID], 1);
		return;
	}
	read_message(&message, m, tail);
	if (kind == ABI_C_DELIVER)
		conn_deliver(w->hub, &delivery, &message);
	else
		conn_inflight_restore(w->hub, &delivery, m->topic_bytes > 0 ? &message : NULL);
}

static bool publish(struct worker *w, const struct abi_message *m)
{
	struct conn_message message;

	read_message(&message, m, (const uint8_t *)(m + 1));
	return conn_hub_publish(w->hub, &message);
}

/*
 * Control's HELLO. A new epoch is a new control: it must hear what lives here. The one that we know already has
 * answered our own HELLO, and knows that we are new.
 */
static void hello(struct worker *w, const struct abi_hello *h)
{
	if (h->epoch == w->link.control_epoch)
		return;
	w->link.control_epoch = h->epoch;
	base_log(BASE_LOG_INFO, "control is up (pid %u, epoch %llu)", h->pid,
		(unsigned long long)h->epoch);
	w->link.state = WORKER_LINK_CONFIGURING;
	if (h->peer_epoch == abi_region_epoch(w->region))
		return;
	conn_hub_resync_begin(w->hub);
	w->link.is_resyncing = true;
	w->link.is_ending = false;
	if (!worker_tell_hello(w, ABI_W_HELLO))
		w->link.control_epoch = 0; /* no room: its next HELLO, or ours, begins again */
}

static void ready(struct worker *w)
{
	w->link.state = WORKER_LINK_READY;
	worker_listen(w);
}

/* Handles one record; false when it must wait, because what it causes has no room in the other ring. */
static bool handle(struct worker *w, enum abi_record_kind kind, const void *body)
{
	switch (kind) {
	case ABI_C_HELLO:
		hello(w, body);
		break;
	case ABI_C_CONFIG:
		configure(w, body);
		break;
	case ABI_C_ACL:
		set_rules(w, body);
		break;
	case ABI_C_INTEREST_ADD:
	case ABI_C_INTEREST_DEL:
		interest(w, kind == ABI_C_INTEREST_ADD, body);
		break;
	case ABI_C_READY:
		ready(w);
		break;
	case ABI_C_GRANT:
		grant(w, body);
		break;
	case ABI_C_REFUSE:
	case ABI_C_DISCONNECT:
		refuse(w, kind, body);
		break;
	case ABI_C_SUBACK:
	case ABI_C_UNSUBACK:
	case ABI_C_SUB_RESTORE:
		with_filters(w, kind, body);
		break;
	case ABI_C_INFLIGHT:
	case ABI_C_DELIVER: {
		const struct abi_deliver *d = body;

		deliver(w, kind, &d->delivery, &d->message, (const uint8_t *)(d + 1));
		break;
	}
	case ABI_C_RESTORE_END:
		conn_restore_end(w->hub, ((const struct abi_conn *)body)->conn);
		break;
	case ABI_C_CAUGHT_UP:
		conn_caught_up(w->hub, ((const struct abi_conn *)body)->conn);
		break;
	case ABI_C_PUBLISH:
		return publish(w, body);
	case ABI_C_RELEASE:
		conn_release(w->hub, ((const struct abi_conn *)body)->conn);
		break;
	case ABI_W_HELLO:
	case ABI_W_CONNECT:
	case ABI_W_LIVE:
	case ABI_W_SUBSCRIBE:
	case ABI_W_UNSUBSCRIBE:
	case ABI_W_LIVE_SUBS:
	case ABI_W_RETAIN:
	case ABI_W_INTEREST:
	case ABI_W_SHARED:
	case ABI_W_INFLIGHT:
	case ABI_W_QUEUED:
	case ABI_W_CLOSED:
	case ABI_W_RESTORED:
	case ABI_W_RESYNC_END:
	case ABI_W_LOG:
		abi_counter_add(&w->counters->values[ABI_COUNTER_RING_INVALID], 1);
		break;
	}
	return true;
}

_Static_assert(sizeof(struct abi_inflight) == sizeof(struct abi_deliver),
	"C_INFLIGHT is read as C_DELIVER is");

/* Goes on telling a new control what lives here. */
static void resync(struct worker *w)
{
	if (w->link.is_resyncing && conn_hub_resync_step(w->hub)) {
		w->link.is_resyncing = false;
		w->link.is_ending = true;
	}
	if (w->link.is_ending && worker_tell_hello(w, ABI_W_RESYNC_END))
		w->link.is_ending = false;
}

void worker_link_hello(struct worker *w)
{
	w->link.to_control = abi_region_to_control(w->region, w->args.worker);
	w->link.to_worker = abi_region_to_worker(w->region, w->args.worker);
	w->link.state = WORKER_LINK_HELLO;
	if (!worker_tell_hello(w, ABI_W_HELLO))
		base_log(BASE_LOG_WARNING,
			"the ring to control is full of a former worker's records");
	worker_link_commit(w);
}

/*
 * A record that waits for room in the ring to control holds up all behind it. Should control wait for us to take them
 * before it reads on, neither would move again: then the one message goes, and is counted.
 */
static bool may_wait(struct worker *w)
{
	if (w->link.blocked_since_ms == 0) {
		w->link.blocked_since_ms = w->now_ms;
		abi_counter_add(&w->counters->values[ABI_COUNTER_RING_FULL], 1);
	}
	if (w->now_ms - w->link.blocked_since_ms < BLOCKED_MAX_MS)
		return true;
	abi_counter_add(&w->counters->values[ABI_COUNTER_MESSAGES_DROPPED], 1);
	base_log(BASE_LOG_WARNING,
		"a message of control's found no room in the ring back to it for %d ms and is "
		"dropped",
		BLOCKED_MAX_MS);
	return false;
}

unsigned worker_link_drain(struct worker *w)
{
	struct abi_ring_record record;
	unsigned n = 0;
	int rc = 0;

	while (n < DRAIN_MAX && (rc = abi_ring_peek(w->link.to_worker, &record)) == 1) {
		bool is_whole = abi_record_check(record.kind, record.body, record.bytes) == 0;

		if (!is_whole)
			abi_counter_add(&w->counters->values[ABI_COUNTER_RING_INVALID], 1);
		else if (w->link.state != WORKER_LINK_HELLO || record.kind == ABI_C_HELLO)
			if (!handle(w, (enum abi_record_kind)record.kind, record.body) &&
				may_wait(w))
				break;
		w->link.blocked_since_ms = 0;
		abi_ring_advance(w->link.to_worker);
		n++;
	}
	if (rc < 0) {
		base_log(
			BASE_LOG_ERROR, "the ring from control is damaged; what was in it is lost");
		abi_ring_discard(w->link.to_worker);
	}
	if (n > 0)
		abi_counter_add(&w->counters->values[ABI_COUNTER_RING_RECORDS_RECEIVED], n);
	resync(w);
	conn_hub_unblock(w->hub);
	return n;
}

void worker_link_commit(struct worker *w)
{
	if (!w->link.is_dirty)
		return;
	w->link.is_dirty = false;
	abi_ring_commit(w->link.to_control);
	abi_doorbell_ring(w->region, ABI_CONTROL);
}
