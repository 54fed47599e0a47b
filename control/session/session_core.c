#include <errno.h>
#include <string.h>

#include "base_assert.h"
#include "base_hash.h"
#include "base_log.h"
#include "base_time.h"
#include "session_priv.h"

enum {
	TIMERS_IN_TURN = 1024,
	SWEEP_RETAINED = 64, /* retained messages looked at for expiry in one turn */
};

static void worker_up(void *arg, uint32_t worker)
{
	session_interest_tell(arg, worker);
}

static void worker_lost(void *arg, uint32_t worker)
{
	session_worker_lost(arg, worker);
}

static void resync_end(void *arg, uint32_t worker)
{
	struct session_core *core = arg;

	base_log(BASE_LOG_INFO, "worker %u has told its live connections: %llu sessions are known",
		worker, (unsigned long long)core->stats.sessions);
}

static void on_connect(void *arg, const struct link_connect *connect)
{
	session_connect(arg, connect);
}

static void on_live(void *arg, const struct link_connect *connect)
{
	session_live(arg, connect);
}

static void on_live_subscriptions(void *arg, const struct link_subscribe *subscribe)
{
	session_live_subscriptions(arg, subscribe);
}

static void on_subscribe(void *arg, struct link_subscribe *subscribe)
{
	session_subscribe(arg, subscribe);
}

static void on_unsubscribe(void *arg, struct link_subscribe *unsubscribe)
{
	session_unsubscribe(arg, unsubscribe);
}

static void on_retain(void *arg, const struct kit_message_view *message)
{
	struct session_core *core = arg;

	if (core->config.retain_available)
		retain_put(core->retain, message, core->now_ms);
}

static void on_interest(void *arg, uint32_t worker, const struct kit_message_view *message)
{
	struct session_core *core = arg;
	struct link_text watched = session_watched(core);

	if (watched.bytes > 0 && message->topic_bytes == watched.bytes &&
		memcmp(message->topic, watched.text, watched.bytes) == 0)
		core->watch(core->watch_arg, worker, message);
	session_route(core, worker, message);
}

static void on_shared(
	void *arg, uint32_t worker, struct link_text filter, const struct kit_message_view *message)
{
	(void)worker;
	session_route_shared(arg, filter, message);
}

static void on_handover(void *arg, struct link_conn conn, const struct link_delivery *delivery,
	const struct kit_message_view *message)
{
	struct session *session = session_by_conn(arg, conn);

	if (session == NULL)
		return;
	session_event(session, SESSION_EVENT_HANDOVER, NULL);
	session_queue_handover(session, delivery, message);
}

static void on_closed(void *arg, const struct link_closed *closed)
{
	session_closed(arg, closed);
}

static void on_restored(void *arg, struct link_conn conn)
{
	struct session *session = session_by_conn(arg, conn);

	if (session != NULL)
		session_event(session, SESSION_EVENT_RESTORED, NULL);
}

const struct link_handler session_link_handler = {
	.worker_up = worker_up,
	.worker_lost = worker_lost,
	.resync_end = resync_end,
	.connect = on_connect,
	.live = on_live,
	.live_subscriptions = on_live_subscriptions,
	.subscribe = on_subscribe,
	.unsubscribe = on_unsubscribe,
	.retain = on_retain,
	.interest = on_interest,
	.shared = on_shared,
	.handover = on_handover,
	.closed = on_closed,
	.restored = on_restored,
};

static int init_lists(struct session_core *core)
{
	kit_map_init(&core->by_client, KIT_MEM_SESSIONS);
	kit_map_init(&core->by_conn, KIT_MEM_SESSIONS);
	kit_map_init(&core->pending, KIT_MEM_SESSIONS);
	kit_map_init(&core->filters, KIT_MEM_SUBSCRIPTIONS);
	kit_timers_init(&core->timers);
	base_list_init(&core->held);
	base_list_init(&core->jobs);
	base_list_init(&core->retained_jobs);
	if (kit_map_reserve(&core->by_client) != 0 || kit_map_reserve(&core->by_conn) != 0 ||
		kit_map_reserve(&core->pending) != 0 || kit_map_reserve(&core->filters) != 0)
		return -ENOMEM;
	core->index = session_index_new(core->config.index_bytes, core->hash_seed);
	return core->index ? 0 : -ENOMEM;
}

struct session_core *session_core_new(
	const struct session_config *config, struct retain *retain, uint64_t now_ms)
{
	struct session_core *core = kit_mem_alloc(KIT_MEM_OTHER, sizeof(*core));

	if (core == NULL)
		return NULL;
	core->config = *config;
	core->retain = retain;
	core->now_ms = now_ms;
	/* Numbers of sessions are never used twice while the machine runs: workers outlive control. */
	core->next_id = base_time_ns();
	core->hash_seed = base_hash_u64(core->next_id, base_time_wall_ms());
	if (init_lists(core) != 0) {
		session_core_free(core);
		return NULL;
	}
	return core;
}

void session_core_link(struct session_core *core, struct link *link)
{
	core->link = link;
}

void session_core_free(struct session_core *core)
{
	struct kit_map_node *node, *next;

	if (core == NULL)
		return;
	for (node = kit_map_next(&core->by_client, NULL); node != NULL; node = next) {
		struct session *session = BASE_CONTAINER_OF(node, struct session, by_client);

		next = kit_map_next(&core->by_client, node);
		session_will_drop(session);
		session_free(session);
	}
	for (node = kit_map_next(&core->pending, NULL); node != NULL; node = next) {
		next = kit_map_next(&core->pending, node);
		session_pending_free(core, BASE_CONTAINER_OF(node, struct session_pending, node));
	}
	kit_map_fini(&core->by_client);
	kit_map_fini(&core->by_conn);
	kit_map_fini(&core->pending);
	kit_map_fini(&core->filters);
	kit_timers_fini(&core->timers);
	session_index_free(core->index);
	kit_mem_free(KIT_MEM_OTHER, core->matched, core->matched_room * sizeof(*core->matched));
	kit_mem_free(KIT_MEM_OTHER, core, sizeof(*core));
}

void session_core_configure(struct session_core *core, const struct session_config *config)
{
	core->config = *config;
}

void session_core_set_rules(
	struct session_core *core, const struct rule_table *rules, bool no_match_denies)
{
	core->rules = rules;
	core->no_match_denies = no_match_denies;
}

void session_core_observe(
	struct session_core *core, const struct session_observer *observer, void *arg)
{
	core->observer = observer;
	core->observer_arg = arg;
}

void session_core_watch(
	struct session_core *core, const char *topic, session_watch_fn *watch, void *arg)
{
	core->watched = topic;
	core->watch = watch;
	core->watch_arg = arg;
	if (topic != NULL)
		link_interest_add(core->link, LINK_ALL, session_watched(core));
}

struct link_text session_watched(const struct session_core *core)
{
	return (struct link_text){
		core->watched, core->watched != NULL ? (uint32_t)strlen(core->watched) : 0};
}

void session_now(struct session_core *core, uint64_t now_ms)
{
	core->now_ms = now_ms;
}

bool session_turn(struct session_core *core)
{
	bool goes_on;

	session_held_run(core);
	goes_on = kit_timers_run(&core->timers, core->now_ms, TIMERS_IN_TURN) == TIMERS_IN_TURN;
	retain_sweep(core->retain, core->now_ms, SWEEP_RETAINED);
	if (session_restore_turn(core))
		goes_on = true;
	if (session_retained_turn(core))
		goes_on = true;
	return goes_on;
}

uint64_t session_next_ms(const struct session_core *core)
{
	return kit_timers_next(&core->timers);
}

bool session_kick(struct session_core *core, const char *client_id, uint32_t client_id_bytes)
{
	struct session *session = session_by_client(core, client_id, client_id_bytes);

	if (session == NULL)
		return false;
	session_event(session, SESSION_EVENT_KICK, NULL);
	return true;
}

void session_shutdown_begin(struct session_core *core)
{
	struct kit_map_node *node = NULL;

	core->is_shutting_down = true;
	while ((node = kit_map_next(&core->by_client, node)) != NULL) {
		struct session *session = BASE_CONTAINER_OF(node, struct session, by_client);

		if (session_has_conn(session))
			link_disconnect(core->link, session->conn, 0x8b, LINK_END_SHUTDOWN);
	}
}

bool session_shutdown_is_done(const struct session_core *core)
{
	return core->stats.connections == 0;
}

void session_shutdown_end(struct session_core *core)
{
	struct kit_map_node *node = NULL;

	while ((node = kit_map_next(&core->by_client, node)) != NULL)
		session_will_publish(BASE_CONTAINER_OF(node, struct session, by_client));
}
