#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "abi_record.h"
#include "abi_region.h"
#include "kit_mem.h"
#include "link.h"

/* The control side of a real region, with a worker that the test plays record by record. */

enum { RING_BYTES = 64 << 10 };

static char path[64];
static struct link *control;
static struct abi_region *region; /* the worker's handle */
static struct abi_ring *to_control, *to_worker;
static bool peeked; /* a record to the worker was looked at and not passed yet */
static uint64_t now_ms;
static char events[4096]; /* what the handler was told, one word each */

static void event(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void event(const char *format, ...)
{
	size_t used = strlen(events);
	va_list args;

	va_start(args, format);
	vsnprintf(events + used, sizeof(events) - used, format, args);
	va_end(args);
}

static void worker_up(void *arg, uint32_t worker)
{
	(void)arg;
	event("up%u ", worker);
	link_interest_add(control, worker, (struct link_text){"interest/#", 10});
}

static void worker_lost(void *arg, uint32_t worker)
{
	(void)arg;
	event("lost%u ", worker);
}

static void resync_end(void *arg, uint32_t worker)
{
	(void)arg;
	event("resync%u ", worker);
}

static void on_connect(void *arg, const struct link_connect *c)
{
	(void)arg;
	event("connect:%.*s:%.*s:%.*s ", (int)c->client_id.bytes, c->client_id.text,
		(int)c->will_topic.bytes, c->will_topic.text, (int)c->will_payload.bytes,
		c->will_payload.text);
}

static void on_live(void *arg, const struct link_connect *c)
{
	(void)arg;
	event("live:%.*s:%llu ", (int)c->client_id.bytes, c->client_id.text,
		(unsigned long long)c->session);
}

static void on_subscriptions(void *arg, const struct link_subscribe *s)
{
	(void)arg;
	event("subs%u ", s->filter_len);
}

static void on_subscribe(void *arg, struct link_subscribe *s)
{
	(void)arg;
	for (unsigned i = 0; i < s->filter_len; i++) {
		event("sub:%.*s ", (int)s->filters[i].filter.bytes, s->filters[i].filter.text);
		s->filters[i].reason = (uint8_t)(s->filters[i].options & 3);
	}
	link_suback(control, s);
}

static void on_unsubscribe(void *arg, struct link_subscribe *s)
{
	(void)arg;
	event("unsub%u ", s->filter_len);
}

static void on_retain(void *arg, const struct kit_message_view *m)
{
	(void)arg;
	event("retain:%.*s=%.*s ", m->topic_bytes, m->topic, (int)m->payload_bytes,
		(const char *)m->payload);
}

static void on_interest(void *arg, uint32_t worker, const struct kit_message_view *m)
{
	(void)arg;
	event("interest%u:%.*s=%.*s ", worker, m->topic_bytes, m->topic, (int)m->payload_bytes,
		(const char *)m->payload);
}

static void on_shared(
	void *arg, uint32_t worker, struct link_text filter, const struct kit_message_view *m)
{
	(void)arg;
	event("shared%u:%.*s:%.*s ", worker, (int)filter.bytes, filter.text, m->topic_bytes,
		m->topic);
}

static void on_handover(void *arg, struct link_conn conn, const struct link_delivery *delivery,
	const struct kit_message_view *m)
{
	(void)arg;
	event("handover%llu:%d:%u:%s ", (unsigned long long)conn.id, (int)delivery->state,
		delivery->packet_id, m ? "message" : "none");
}

static void on_closed(void *arg, const struct link_closed *c)
{
	(void)arg;
	event("closed%llu:%s ", (unsigned long long)c->conn.id, c->reason);
}

static void on_restored(void *arg, struct link_conn conn)
{
	(void)arg;
	event("restored%llu ", (unsigned long long)conn.id);
}

static const struct link_handler handler = {
	.worker_up = worker_up,
	.worker_lost = worker_lost,
	.resync_end = resync_end,
	.connect = on_connect,
	.live = on_live,
	.live_subscriptions = on_subscriptions,
	.subscribe = on_subscribe,
	.unsubscribe = on_unsubscribe,
	.retain = on_retain,
	.interest = on_interest,
	.shared = on_shared,
	.handover = on_handover,
	.closed = on_closed,
	.restored = on_restored,
};

static int open_link(struct link **out)
{
	static const struct link_limits limits = {.max_packet_bytes = 1000, .max_qos = 2};
	struct link_config config = {
		.region_path = path,
		.worker_len = 1,
		.ring_bytes = RING_BYTES,
		.pending_bytes = 100000,
		.pid = 4711,
		.now_ms = now_ms,
		.limits = &limits,
	};

	return link_open(out, &config, &handler, NULL);
}

static void open_worker(void)
{
	struct abi_region_params params = {.workers = 1, .ring_bytes = RING_BYTES};

	assert_int_equal(abi_region_open(path, &params, ABI_WORKER(0), &region), 0);
	peeked = false;
	to_control = abi_region_to_control(region, 0);
	to_worker = abi_region_to_worker(region, 0);
}

static int up(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/dev/shm/sluice-test-link.%d", (int)getpid());
	now_ms = 1000;
	events[0] = '\0';
	return open_link(&control);
}

static int down(void **state)
{
	(void)state;
	if (control != NULL)
		link_close(control);
	control = NULL;
	if (region != NULL)
		abi_region_close(region);
	region = NULL;
	if (abi_region_unlink(path) != 0)
		return -1;
	return kit_mem_used(KIT_MEM_LINK) == 0 ? 0 : -1;
}

static void pass(uint64_t ms)
{
	now_ms += ms;
	link_turn(control, now_ms, 100);
}

#define told(text)                                                                                 \
	do {                                                                                       \
		assert_string_equal(events, text);                                                 \
		events[0] = '\0';                                                                  \
	} while (0)

/* ---- the worker ---- */

static void *send(uint16_t kind, size_t bytes)
{
	void *body = abi_ring_reserve(to_control, kind, (uint32_t)bytes);

	assert_non_null(body);
	memset(body, 0, bytes);
	return body;
}

static void say_hello(uint64_t peer_epoch)
{
	struct abi_hello *hello = send(ABI_W_HELLO, sizeof(*hello));

	hello->epoch = abi_region_epoch(region);
	hello->peer_epoch = peer_epoch;
	hello->pid = 99;
	abi_ring_commit(to_control);
}

/* The next record to the worker must be of `kind`; the body is valid until the next call. */
static const void *take(uint16_t kind)
{
	struct abi_ring_record record;

	if (peeked)
		abi_ring_advance(to_worker);
	peeked = abi_ring_peek(to_worker, &record) == 1;
	if (kind == 0) {
		assert_false(peeked);
		return NULL;
	}
	assert_true(peeked);
	assert_int_equal(record.kind, kind);
	assert_int_equal(abi_record_check(record.kind, record.body, record.bytes), 0);
	return record.body;
}

static void take_setup(void)
{
	const struct abi_filter *filter;
	const struct abi_config *config;

	config = take(ABI_C_CONFIG);
	assert_int_equal(config->max_packet_bytes, 1000);
	filter = take(ABI_C_INTEREST_ADD);
	assert_int_equal(filter->text_bytes, 10);
	take(ABI_C_READY);
	take(0);
}

/* A worker that is there from its birth: both greet, it is told everything. */
static void birth(void)
{
	const struct abi_hello *hello;

	open_worker();
	say_hello(0);
	pass(1);
	hello = take(ABI_C_HELLO); /* control's own first word */
	assert_int_equal(hello->peer_epoch, 0);
	hello = take(ABI_C_HELLO);
	assert_int_equal(hello->peer_epoch, abi_region_epoch(region));
	assert_int_equal(hello->pid, 4711);
	take_setup();
	told("up0 ");
}

static void put_connect(uint16_t kind, const char *id, uint64_t session)
{
	struct abi_connect *c = send(kind, sizeof(*c) + strlen(id) + 4 + 3);

	c->conn = 5;
	c->session = session;
	c->version = 5;
	c->client_id_bytes = (uint16_t)strlen(id);
	c->will_topic_bytes = 4;
	c->will_payload_bytes = 3;
	c->flags = ABI_CONNECT_WILL;
	memcpy(c + 1, id, strlen(id));
	memcpy((char *)(c + 1) + strlen(id), "willbye", 7);
	abi_ring_commit(to_control);
}

static void put_message(uint16_t kind, const char *topic, const char *payload)
{
	struct abi_message *m = send(kind, sizeof(*m) + strlen(topic) + strlen(payload));

	m->topic_bytes = (uint16_t)strlen(topic);
	m->payload_bytes = (uint32_t)strlen(payload);
	memcpy(m + 1, topic, strlen(topic));
	memcpy((char *)(m + 1) + strlen(topic), payload, strlen(payload));
	abi_ring_commit(to_control);
}

/* ---- tests ---- */

static void second_control(void **state)
{
	struct link *second = NULL;

	(void)state;
	assert_int_equal(open_link(&second), -EBUSY);
}

static void worker_is_born(void **state)
{
	struct link_worker_info info;

	(void)state;
	assert_true(link_is_settled(control));
	assert_false(link_is_up(control, 0));
	birth();
	assert_true(link_is_up(control, 0));
	assert_true(link_is_settled(control));
	assert_true(link_worker_info(control, 0, &info));
	assert_int_equal(info.pid, 99);
	assert_int_equal(info.restarts, 0);
	assert_false(link_worker_info(control, 1, &info));
}

static void both_begin_at_once(void **state)
{
	const struct abi_hello *first;

	(void)state;
	open_worker();
	say_hello(0);
	first = take(ABI_C_HELLO);
	say_hello(first->epoch);
	pass(1);
	told("up0 ");
	take(ABI_C_HELLO);
	take_setup();
	assert_true(link_is_settled(control));
}

static void events_are_told(void **state)
{
	struct abi_subscribe *subscribe;
	struct abi_inflight *inflight;
	struct abi_shared *shared;
	struct abi_closed *closed;
	struct abi_filter_head head = {.text_bytes = 3, .options = 1};
	const struct abi_subscribe *suback;

	(void)state;
	birth();
	put_connect(ABI_W_CONNECT, "dev", 0);
	put_message(ABI_W_RETAIN, "r", "1");
	put_message(ABI_W_INTEREST, "i", "22");
	subscribe = send(ABI_W_SUBSCRIBE, sizeof(*subscribe) + sizeof(head) + 3);
	subscribe->filter_len = 1;
	subscribe->packet_id = 12;
	subscribe->filters_bytes = sizeof(head) + 3;
	memcpy(subscribe + 1, &head, sizeof(head));
	memcpy((char *)(subscribe + 1) + sizeof(head), "a/b", 3);
	inflight = send(ABI_W_INFLIGHT, sizeof(*inflight));
	inflight->delivery.conn = 5;
	inflight->delivery.state = ABI_INFLIGHT_RELEASED;
	inflight->delivery.packet_id = 8;
	shared = send(ABI_W_SHARED, sizeof(*shared) + 1 + 10);
	shared->message.topic_bytes = 1;
	shared->filter_bytes = 10;
	memcpy(shared + 1, "t$share/g/t", 11);
	closed = send(ABI_W_CLOSED, sizeof(*closed));
	closed->conn = 5;
	closed->shutdown = ABI_SHUTDOWN_KEEPALIVE_TIMEOUT;
	send(ABI_W_RESTORED, sizeof(struct abi_conn));
	abi_ring_commit(to_control);
	pass(1);
	told("connect:dev:will:bye retain:r=1 interest0:i=22 sub:a/b handover5:2:8:none "
	     "shared0:$share/g/t:t closed5:keepalive_timeout restored0 ");
	suback = take(ABI_C_SUBACK);
	assert_int_equal(suback->packet_id, 12);
	memcpy(&head, suback + 1, sizeof(head));
	assert_int_equal(head.reason, 1);
	take(0);
}

static void broken_records_are_passed_over(void **state)
{
	struct abi_message *m;
	struct abi_inflight *inflight;

	(void)state;
	birth();
	send(77, 10);
	send(ABI_W_CLOSED, 4);
	m = send(ABI_W_RETAIN, sizeof(*m));
	m->payload_bytes = 1000; /* more than there is */
	inflight = send(ABI_W_INFLIGHT, sizeof(*inflight));
	inflight->delivery.state = 9;
	send(ABI_C_GRANT, sizeof(struct abi_grant)); /* not for control */
	abi_ring_commit(to_control);
	put_message(ABI_W_RETAIN, "ok", "1");
	pass(1);
	told("retain:ok=1 ");
}

/* The worker dies: what it committed counts, then it is lost; its next life gets everything anew. */
static void worker_dies(void **state)
{
	struct link_worker_info info;

	(void)state;
	birth();
	put_message(ABI_W_INTEREST, "last", "1");
	abi_region_close(region);
	region = NULL;
	pass(1000);
	told("interest0:last=1 lost0 ");
	assert_false(link_is_up(control, 0));
	link_release(control, (struct link_conn){.id = 1}); /* to nobody */
	pass(1000);
	told("");
	open_worker();
	say_hello(0);
	pass(1);
	take(ABI_C_HELLO);
	take_setup();
	told("up0 ");
	assert_true(link_worker_info(control, 0, &info));
	assert_int_equal(info.restarts, 1);
}

/* It comes back between two looks at its lock: its first word tells. */
static void worker_returns_at_once(void **state)
{
	(void)state;
	birth();
	abi_region_close(region);
	open_worker();
	say_hello(0);
	pass(1);
	told("lost0 up0 ");
}

/* Control dies and comes back: of the ring up to the worker's answer only messages count, after its connections are told. */
static void worker_outlives_control(void **state)
{
	const struct abi_hello *hello;
	uint64_t epoch;

	(void)state;
	birth();
	link_close(control);
	put_message(ABI_W_RETAIN, "old", "1");
	assert_int_equal(open_link(&control), 0);
	assert_false(link_is_settled(control));
	hello = take(ABI_C_HELLO);
	epoch = hello->epoch;
	assert_int_equal(hello->peer_epoch, 0);
	take(0);
	pass(1);
	told("");
	say_hello(epoch);
	put_connect(ABI_W_LIVE, "dev", 77);
	pass(1);
	told("up0 live:dev:77 ");
	take_setup(); /* without another HELLO: the answer was one */
	assert_false(link_is_settled(control));
	send(ABI_W_RESYNC_END, sizeof(struct abi_hello));
	abi_ring_commit(to_control);
	pass(1);
	told("resync0 retain:old=1 "); /* what nobody lived to hear counts once all is told */
	assert_true(link_is_settled(control));
}

static void nobody_waits_for_ever(void **state)
{
	(void)state;
	birth();
	link_close(control);
	assert_int_equal(open_link(&control), 0);
	pass(2999);
	assert_false(link_is_settled(control));
	pass(1);
	assert_true(link_is_settled(control));
	events[0] = '\0';
}

/* A full ring: records wait in order, bulk work is told to wait, and in the end the worker is not read from either. */
static void full_ring(void **state)
{
	char payload[2000] = {0};
	struct kit_message_view view = {
		.topic = "t",
		.topic_bytes = 1,
		.payload = payload,
		.payload_bytes = sizeof(payload),
		.expiry_s = KIT_EXPIRY_NONE,
	};
	struct link_delivery delivery = {.qos = 1};
	unsigned sent = 0, taken = 0;

	(void)state;
	birth();
	assert_true(link_has_room(control, 0));
	for (; sent < 100; sent++) {
		delivery.packet_id = (uint16_t)sent;
		link_deliver(control, (struct link_conn){.id = 5}, &delivery, &view);
	}
	assert_false(link_has_room(control, 0));
	assert_true(link_is_congested(control));
	put_message(ABI_W_RETAIN, "r", "1");
	pass(1);
	told(""); /* more than 100,000 bytes wait */
	for (; taken < sent; taken++) {
		const struct abi_deliver *deliver = take(ABI_C_DELIVER);

		assert_int_equal(deliver->delivery.packet_id, taken);
		pass(1);
	}
	take(0);
	told("retain:r=1 ");
	assert_false(link_is_congested(control));
	assert_true(link_has_room(control, 0));
}

static void acl_and_limits(void **state)
{
	static char large[RING_BYTES];
	struct link_limits limits = {.max_packet_bytes = 2000};
	const struct abi_blob *blob;
	const struct abi_config *config;

	(void)state;
	assert_int_equal(link_set_acl(control, large, sizeof(large)), -EMSGSIZE);
	assert_int_equal(link_set_acl(control, "rules", 5), 0);
	open_worker();
	say_hello(0);
	pass(1);
	take(ABI_C_HELLO);
	take(ABI_C_HELLO);
	take(ABI_C_CONFIG);
	blob = take(ABI_C_ACL);
	assert_int_equal(blob->blob_bytes, 5);
	assert_memory_equal(blob + 1, "rules", 5);
	take(ABI_C_INTEREST_ADD);
	take(ABI_C_READY);
	assert_int_equal(link_set_acl(control, "other", 5), 0);
	link_set_limits(control, &limits);
	take(ABI_C_ACL);
	config = take(ABI_C_CONFIG);
	assert_int_equal(config->max_packet_bytes, 2000);
	take(0);
	events[0] = '\0';
}

static void sum_counter(void *arg, const char *name, uint64_t value)
{
	uint64_t *sum = arg;

	assert_non_null(name);
	*sum += value;
}

static void counters(void **state)
{
	struct abi_counters *worker_counters;
	struct link_listener_info info;
	uint64_t sum = 0;

	(void)state;
	birth();
	worker_counters = abi_region_counters(region, 0);
	abi_counter_add(&worker_counters->values[ABI_COUNTER_MESSAGES_RECEIVED], 3);
	abi_counter_add(&worker_counters->listeners[1].connections, 2);
	link_counters(control, LINK_ALL, sum_counter, &sum);
	assert_int_equal(sum, 3);
	assert_int_equal(link_counter(control, "messages.received"), 3);
	assert_int_equal(link_counter(control, "no.such"), 0);
	link_listener_info(control, 0, 1, &info);
	assert_int_equal(info.connections, 2);
}

static void a_workers_port(void **state)
{
	static const uint8_t ipv4[4] = {198, 18, 0, 2}, mac[6] = {2, 3, 4, 5, 6, 7};
	struct link_port_info info;
	struct abi_port *port;
	uint32_t address;

	(void)state;
	link_port_info(control, 0, &info);
	assert_string_equal(info.driver, "");
	birth();
	port = &abi_region_counters(region, 0)->port;
	assert_string_equal(port->driver, "");
	snprintf(port->driver, sizeof(port->driver), "net_virtio");
	snprintf(port->ipv6, sizeof(port->ipv6), "fd5c:1ce::2/64");
	memcpy(port->mac, mac, sizeof(mac));
	memcpy(&address, ipv4, sizeof(address));
	port->mtu = 1500;
	port->prefix4_bits = 15;
	abi_port_set(&port->ipv4, address);
	abi_port_set(&port->is_up, 1);
	abi_port_set(&port->speed_mbps, 2500);
	link_port_info(control, 0, &info);
	assert_string_equal(info.driver, "net_virtio");
	assert_string_equal(info.ipv6, "fd5c:1ce::2/64");
	assert_memory_equal(info.mac, mac, sizeof(mac));
	assert_memory_equal(info.ipv4, ipv4, sizeof(ipv4));
	assert_int_equal(info.mtu_bytes, 1500);
	assert_int_equal(info.prefix4_bits, 15);
	assert_int_equal(info.speed_mbps, 2500);
	assert_true(info.is_up);
	link_port_info(control, 1, &info);
	assert_false(info.is_up);
	/* what the dead one has left is not shown, and not taken over by the next */
	abi_region_close(region);
	region = NULL;
	pass(2000);
	link_port_info(control, 0, &info);
	assert_false(info.is_up);
	assert_string_equal(info.driver, "");
	open_worker();
	assert_string_equal(abi_region_counters(region, 0)->port.driver, "");
	assert_int_equal(abi_port_get(&abi_region_counters(region, 0)->port.is_up), 0);
	events[0] = '\0';
}

static void a_message_through_one_worker(void **state)
{
	struct kit_message_view view = {
		.expiry_s = KIT_EXPIRY_NONE, .topic = "t", .topic_bytes = 1};
	const struct abi_message *message;

	(void)state;
	assert_false(link_publish_to(control, 0, &view));
	birth();
	assert_true(link_publish_to(control, 0, &view));
	message = take(ABI_C_PUBLISH);
	assert_int_equal(message->topic_bytes, 1);
	events[0] = '\0';
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(second_control),
		TEST(worker_is_born),
		TEST(both_begin_at_once),
		TEST(events_are_told),
		TEST(broken_records_are_passed_over),
		TEST(worker_dies),
		TEST(worker_returns_at_once),
		TEST(worker_outlives_control),
		TEST(nobody_waits_for_ever),
		TEST(full_ring),
		TEST(acl_and_limits),
		TEST(counters),
		TEST(a_workers_port),
		TEST(a_message_through_one_worker),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
