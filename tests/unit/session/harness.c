#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "kit_mem.h"
#include "link_send.h"

struct harness harness;
struct session_config harness_config;
bool harness_settled;
unsigned harness_room;
bool harness_worker_up[4];

static const struct session_config default_config = {
	.v3_expiry_s = 7200,
	.max_queue_len = 1000,
	.index_bytes = 4 << 20,
	.max_qos = 2,
	.retain_available = true,
	.wildcard_available = true,
	.shared_available = true,
};

enum { LINES_MAX = 4096, LINE_BYTES = 200 };
static char lines[LINES_MAX][LINE_BYTES];
static unsigned line_first, line_end;

__attribute__((format(printf, 1, 2))) static void record(const char *format, ...)
{
	va_list args;

	assert_true(line_end < LINES_MAX);
	va_start(args, format);
	vsnprintf(lines[line_end++], LINE_BYTES, format, args);
	va_end(args);
}

void harness_expect(const char *line, const char *file, int at)
{
	const char *got = line_first < line_end ? lines[line_first++] : "(nothing)";

	if (strcmp(got, line) == 0)
		return;
	print_error("%s:%d: sent \"%s\", expected \"%s\"\n", file, at, got, line);
	_fail(file, at);
}

void harness_silence(const char *file, int at)
{
	if (line_first == line_end)
		return;
	print_error("%s:%d: sent \"%s\", expected nothing\n", file, at, lines[line_first]);
	_fail(file, at);
}

void harness_forget(void)
{
	line_first = line_end = 0;
}

int harness_up(void **state)
{
	struct retain_config retain = {
		.max_bytes = 1 << 20,
		.max_payload_bytes = 1000,
		.expiry_s = KIT_EXPIRY_NONE,
		.index_bytes = 1 << 20,
	};

	(void)state;
	if (harness_config.v3_expiry_s == 0)
		harness_config = default_config;
	harness_forget();
	harness_settled = true;
	harness_room = 1000000;
	memset(harness_worker_up, 0, sizeof(harness_worker_up));
	harness_worker_up[0] = true;
	harness.now_ms = 1000000;
	harness.retain = retain_new(&retain);
	assert_non_null(harness.retain);
	harness.core = session_core_new(&harness_config, harness.retain, harness.now_ms);
	assert_non_null(harness.core);
	session_core_link(harness.core, NULL);
	return 0;
}

int harness_down(void **state)
{
	(void)state;
	session_core_free(harness.core);
	retain_free(harness.retain);
	harness_config = default_config;
	for (unsigned i = 0; i < KIT_MEM_CLASSES; i++) {
		if (kit_mem_used((enum kit_mem_class)i) == 0)
			continue;
		print_error("%zu bytes of %s are left\n", kit_mem_used((enum kit_mem_class)i),
			kit_mem_name((enum kit_mem_class)i));
		return -1;
	}
	return 0;
}

void harness_pass(uint64_t ms)
{
	harness.now_ms += ms;
	session_now(harness.core, harness.now_ms);
	session_turn(harness.core);
}

/* ---- the worker's side ---- */

static struct link_conn conn_of(unsigned conn)
{
	return (struct link_conn){.id = conn % 1000, .worker = conn / 1000};
}

static struct link_text text_of(const char *text)
{
	return (struct link_text){text, text ? (uint32_t)strlen(text) : 0};
}

static struct link_connect connect_of(
	unsigned conn, const char *id, const struct connect_options *options)
{
	return (struct link_connect){
		.conn = conn_of(conn),
		.session = options->session,
		.connected_ms = options->connected_ms ? options->connected_ms : harness.now_ms,
		.session_expiry_s = options->expiry_s,
		.will_delay_s = options->will_delay_s,
		.will_expiry_s = options->will_expiry_s,
		.version = options->version ? options->version : 5,
		.will_qos = options->will_qos,
		.clean_start = options->clean,
		.has_will = options->will,
		.will_retain = options->will_retain,
		.is_parked = options->parked,
		.is_assigned = options->assigned,
		.client_id = text_of(id),
		.will_topic = text_of(options->will_topic ? options->will_topic
				      : options->will     ? "will"
							  : ""),
		.will_payload = text_of(options->will_payload ? options->will_payload : "dead"),
	};
}

void harness_connect(unsigned conn, const char *id, const struct connect_options *options)
{
	struct link_connect connect = connect_of(conn, id, options);

	session_link_handler.connect(harness.core, &connect);
}

void harness_live(unsigned conn, const char *id, const struct connect_options *options)
{
	struct link_connect connect = connect_of(conn, id, options);

	session_link_handler.live(harness.core, &connect);
}

static void one_filter(unsigned conn, const char *filter, uint8_t options, uint32_t id,
	void (*call)(void *arg, struct link_subscribe *subscribe))
{
	struct link_filter filters[1] = {{.filter = text_of(filter), .options = options}};
	struct link_subscribe subscribe = {
		.conn = conn_of(conn),
		.subscription_id = id,
		.packet_id = 7,
		.filter_len = 1,
		.filters = filters,
	};

	call(harness.core, &subscribe);
}

void harness_subscribe(unsigned conn, const char *filter, uint8_t options, uint32_t id)
{
	one_filter(conn, filter, options, id, session_link_handler.subscribe);
}

void harness_unsubscribe(unsigned conn, const char *filter)
{
	one_filter(conn, filter, 0, 0, session_link_handler.unsubscribe);
}

void harness_live_subscription(unsigned conn, const char *filter, uint8_t options, uint32_t id)
{
	struct link_filter filters[1] = {
		{.filter = text_of(filter), .options = options, .subscription_id = id}};
	struct link_subscribe subscribe = {
		.conn = conn_of(conn),
		.filter_len = 1,
		.filters = filters,
	};

	session_link_handler.live_subscriptions(harness.core, &subscribe);
}

static struct kit_message_view message_of(
	unsigned publisher, const char *topic, const char *payload, uint8_t qos, bool retain)
{
	return (struct kit_message_view){
		.publisher = publisher % 1000,
		.born_ms = harness.now_ms,
		.expiry_s = KIT_EXPIRY_NONE,
		.qos = qos,
		.retain = retain,
		.topic = topic,
		.topic_bytes = (uint16_t)strlen(topic),
		.payload = payload,
		.payload_bytes = (uint32_t)strlen(payload),
	};
}

void harness_retain(const char *topic, const char *payload, uint8_t qos)
{
	struct kit_message_view view = message_of(1, topic, payload, qos, true);

	session_link_handler.retain(harness.core, &view);
}

void harness_interest(
	unsigned publisher, const char *topic, const char *payload, uint8_t qos, bool retain)
{
	struct kit_message_view view = message_of(publisher, topic, payload, qos, retain);

	session_link_handler.interest(harness.core, publisher / 1000, &view);
}

void harness_interest_expiring(const char *topic, const char *payload, uint32_t expiry_s)
{
	struct kit_message_view view = message_of(99, topic, payload, 1, false);

	view.expiry_s = expiry_s;
	session_link_handler.interest(harness.core, 0, &view);
}

void harness_shared(const char *filter, const char *topic, const char *payload)
{
	struct kit_message_view view = message_of(99, topic, payload, 1, false);

	session_link_handler.shared(harness.core, 0, text_of(filter), &view);
}

void harness_handover(
	unsigned conn, enum link_delivery_state state, uint16_t packet_id, const char *payload)
{
	struct kit_message_view view = message_of(99, "t", payload ? payload : "", 1, false);
	struct link_delivery delivery = {.state = state, .packet_id = packet_id, .qos = 1};

	session_link_handler.handover(
		harness.core, conn_of(conn), &delivery, payload ? &view : NULL);
}

static void closed(unsigned conn, struct link_closed event)
{
	event.conn = conn_of(conn);
	event.is_parked = true;
	session_link_handler.closed(harness.core, &event);
}

void harness_closed(unsigned conn, const char *reason)
{
	closed(conn, (struct link_closed){.reason = reason});
}

void harness_closed_normal(unsigned conn)
{
	closed(conn, (struct link_closed){.reason = "normal", .will_dropped = true});
}

void harness_closed_expiry(unsigned conn, uint32_t expiry_s)
{
	closed(conn, (struct link_closed){
			     .reason = "normal",
			     .will_dropped = true,
			     .expiry_set = true,
			     .session_expiry_s = expiry_s,
		     });
}

void harness_restored(unsigned conn)
{
	session_link_handler.restored(harness.core, conn_of(conn));
}

void harness_client(unsigned conn, const char *id, uint32_t expiry_s)
{
	char line[LINE_BYTES];

	harness_forget();
	harness_connect(conn, id, &(struct connect_options){.expiry_s = expiry_s});
	snprintf(line, sizeof(line), "grant %u new expiry %u", conn, expiry_s);
	expect(line);
}

struct session_view harness_view(const char *id)
{
	struct session_view view = {0};

	assert_true(session_find(harness.core, id, (uint32_t)strlen(id), &view));
	return view;
}

bool harness_exists(const char *id)
{
	struct session_view view;

	return session_find(harness.core, id, (uint32_t)strlen(id), &view);
}

struct session_stats harness_stats(void)
{
	struct session_stats stats;

	session_stats(harness.core, &stats);
	return stats;
}

/* ---- the double of link ---- */

static unsigned number(struct link_conn conn)
{
	return (unsigned)(conn.worker * 1000 + conn.id);
}

bool link_has_room(struct link *link, uint32_t worker)
{
	return link_is_up(link, worker) && harness_room > 0;
}

bool link_is_up(struct link *link, uint32_t worker)
{
	(void)link;
	return harness_worker_up[worker];
}

bool link_is_settled(struct link *link)
{
	(void)link;
	return harness_settled;
}

void link_grant(struct link *link, const struct link_grant *grant)
{
	(void)link;
	assert_int_equal(grant->session_present, grant->restore);
	record("grant %u %s expiry %u%s%.*s", number(grant->conn),
		grant->session_present ? "present" : "new", grant->session_expiry_s,
		grant->assigned_id.bytes ? " id " : "", (int)grant->assigned_id.bytes,
		grant->assigned_id.bytes ? grant->assigned_id.text : "");
}

static const char *const end_names[] = {
	[LINK_END_TAKENOVER] = "takenover",
	[LINK_END_DISCARDED] = "discarded",
	[LINK_END_KICKED] = "kicked",
	[LINK_END_SHUTDOWN] = "shutdown",
	[LINK_END_QUOTA] = "quota",
	[LINK_END_BAD_CLIENT_ID] = "client id",
	[LINK_END_QOS] = "qos",
	[LINK_END_RETAIN] = "retain",
};

void link_refuse(struct link *link, struct link_conn conn, uint8_t reason, enum link_end end)
{
	(void)link;
	record("refuse %u %02x %s", number(conn), reason, end_names[end]);
}

void link_disconnect(struct link *link, struct link_conn conn, uint8_t reason, enum link_end end)
{
	(void)link;
	record("disconnect %u %02x %s", number(conn), reason, end_names[end]);
}

static void filters(const char *what, const struct link_subscribe *subscribe)
{
	for (unsigned i = 0; i < subscribe->filter_len; i++)
		record("%s %u %.*s %02x", what, number(subscribe->conn),
			(int)subscribe->filters[i].filter.bytes, subscribe->filters[i].filter.text,
			subscribe->filters[i].reason);
}

void link_suback(struct link *link, const struct link_subscribe *subscribe)
{
	(void)link;
	filters("suback", subscribe);
}

void link_unsuback(struct link *link, const struct link_subscribe *unsubscribe)
{
	(void)link;
	filters("unsuback", unsubscribe);
}

void link_sub_restore(struct link *link, const struct link_subscribe *subscribe)
{
	(void)link;
	for (unsigned i = 0; i < subscribe->filter_len; i++)
		record("sub %u %.*s options %02x id %u", number(subscribe->conn),
			(int)subscribe->filters[i].filter.bytes, subscribe->filters[i].filter.text,
			subscribe->filters[i].options, subscribe->filters[i].subscription_id);
}

static void delivery_line(const char *what, struct link_conn conn,
	const struct link_delivery *delivery, const struct kit_message_view *message)
{
	char ids[80] = "";

	for (unsigned i = 0; i < delivery->subscription_id_len; i++)
		snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids), " #%u",
			delivery->subscription_ids[i]);
	if (harness_room > 0)
		harness_room--;
	record("%s %u %.*s=%.*s qos %u%s%s", what, number(conn), message ? message->topic_bytes : 1,
		message ? message->topic : "-", message ? (int)message->payload_bytes : 1,
		message ? (const char *)message->payload : "-", delivery->qos,
		delivery->retain ? " retain" : "", ids);
}

void link_inflight(struct link *link, struct link_conn conn, const struct link_delivery *delivery,
	const struct kit_message_view *message)
{
	char what[40];

	(void)link;
	snprintf(what, sizeof(what), "inflight state %d packet %u", (int)delivery->state,
		delivery->packet_id);
	delivery_line(what, conn, delivery, message);
}

void link_deliver(struct link *link, struct link_conn conn, const struct link_delivery *delivery,
	const struct kit_message_view *message)
{
	(void)link;
	delivery_line("deliver", conn, delivery, message);
}

void link_restore_end(struct link *link, struct link_conn conn)
{
	(void)link;
	record("restore_end %u", number(conn));
}

void link_caught_up(struct link *link, struct link_conn conn)
{
	(void)link;
	record("caught_up %u", number(conn));
}

void link_release(struct link *link, struct link_conn conn)
{
	(void)link;
	record("release %u", number(conn));
}

void link_interest_add(struct link *link, uint32_t worker, struct link_text filter)
{
	(void)link;
	record("interest+ %s %.*s", worker == LINK_ALL ? "all" : "one", (int)filter.bytes,
		filter.text);
}

void link_interest_del(struct link *link, uint32_t worker, struct link_text filter)
{
	(void)link;
	record("interest- %s %.*s", worker == LINK_ALL ? "all" : "one", (int)filter.bytes,
		filter.text);
}

bool link_publish(struct link *link, const struct kit_message_view *message)
{
	bool is_up = false;

	(void)link;
	for (unsigned i = 0; i < 4; i++)
		is_up |= harness_worker_up[i];
	if (is_up)
		record("publish %.*s=%.*s qos %u%s", message->topic_bytes, message->topic,
			(int)message->payload_bytes, (const char *)message->payload, message->qos,
			message->retain ? " retain" : "");
	return is_up;
}
