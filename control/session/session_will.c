#include "base_log.h"
#include "rule_table.h"
#include "session_priv.h"

/*
 * Wills (MQTT 5, 3.1.2.5): kept from CONNECT on, dropped by DISCONNECT 0x00, and published when the connection has
 * been gone for Will Delay Interval or the session ends, whichever comes first. Who returns in time cancels it.
 */

bool session_will_set(struct session *session, const struct link_connect *connect)
{
	struct kit_message_view view = {
		.expiry_s = connect->will_expiry_s ? connect->will_expiry_s : KIT_EXPIRY_NONE,
		.props_bytes = connect->will_props.bytes,
		.payload_bytes = connect->will_payload.bytes,
		.topic_bytes = (uint16_t)connect->will_topic.bytes,
		.qos = connect->will_qos,
		.retain = connect->will_retain,
		.topic = connect->will_topic.text,
		.props = connect->will_props.text,
		.payload = connect->will_payload.text,
	};

	session->will_delay_s = connect->will_delay_s;
	if (!connect->has_will)
		return true;
	session->will = kit_message_new(KIT_MEM_MESSAGES, &view);
	return session->will != NULL;
}

void session_will_drop(struct session *session)
{
	struct session_core *core = session->core;

	if (kit_timer_is_set(&session->will_timer)) {
		kit_timer_cancel(&core->timers, &session->will_timer);
		core->stats.wills_waiting--;
	}
	kit_message_put(session->will);
	session->will = NULL;
}

static struct wire_str str(const char *text, uint32_t bytes)
{
	return (struct wire_str){.data = (const uint8_t *)text, .bytes = bytes};
}

/* The client may lose the right to publish while its will waits: access is checked when it goes out. */
static bool is_allowed(const struct session *session, const struct kit_message_view *will)
{
	const struct session_core *core = session->core;
	struct rule_who who = {
		.username = str(session->username, session->username_bytes),
		.client_id = str(session->client_id, session->client_id_bytes),
		.addr = session->peer_addr,
	};
	struct rule_what what = {
		.action = RULE_PUBLISH,
		.qos = will->qos,
		.retain = will->retain,
		.topic = str(will->topic, will->topic_bytes),
	};

	if (core->rules == NULL)
		return true;
	switch (rule_table_check(core->rules, &who, &what)) {
	case RULE_ALLOW:
		return true;
	case RULE_DENY:
		return false;
	case RULE_NO_MATCH:
		return !core->no_match_denies;
	}
	return false;
}

void session_will_publish(struct session *session)
{
	struct session_core *core = session->core;
	struct kit_message *will = session->will;

	if (will == NULL)
		return;
	kit_message_get(will);
	session_will_drop(session);
	will->view.born_ms = core->now_ms;
	if (is_allowed(session, &will->view)) {
		core->counters.wills++;
		session_publish(core, &will->view);
	} else {
		core->counters.wills_denied++;
	}
	kit_message_put(will);
}

static void on_will(struct kit_timer *timer, uint64_t now_ms)
{
	struct session *session = BASE_CONTAINER_OF(timer, struct session, will_timer);

	(void)now_ms;
	session->core->stats.wills_waiting--;
	session_will_publish(session);
}

/* The session's end publishes it in any case, so the delay alone is timed here. */
void session_will_start(struct session *session)
{
	struct session_core *core = session->core;

	if (session->will == NULL)
		return;
	if (session->will_delay_s == 0) {
		session_will_publish(session);
		return;
	}
	core->stats.wills_waiting++;
	kit_timer_set(&core->timers, &session->will_timer,
		core->now_ms + (uint64_t)session->will_delay_s * 1000, on_will);
}

void session_publish(struct session_core *core, const struct kit_message_view *message)
{
	if (message->retain)
		retain_put(core->retain, message, core->now_ms);
	if (!link_publish(core->link, message))
		session_route(core, LINK_ALL, message);
}
