#include "conn_priv.h"
#include "wire_reason.h"

/*
 * What a connection's one timer stands for. Packets and progress only note the time; the timer
 * looks at it when it fires, and is set anew if the deadline has moved.
 */

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t after(uint64_t from_ms, uint32_t ms)
{
	return ms ? from_ms + ms : UINT64_MAX;
}

static uint64_t send_deadline(const struct conn *conn)
{
	if (!conn_is_congested(conn))
		return UINT64_MAX;
	return after(conn->out->progress_ms, conn->hub->config.send_timeout_ms);
}

/* We don't count silence against a client that we don't listen to. */
static uint64_t keepalive_deadline(const struct conn *conn)
{
	uint64_t from = conn->is_paused ? conn->hub->now_ms : conn->seen_ms;

	return after(from, conn->keepalive_ms);
}

static uint64_t deadline(const struct conn *conn)
{
	const struct conn_config *config = &conn->hub->config;

	if (conn->state == CONN_STATE_OPENED)
		return after(conn->since_ms, config->idle_timeout_ms);
	if (conn->state == CONN_STATE_DECIDING)
		return after(conn->since_ms, config->connect_timeout_ms);
	return earlier(keepalive_deadline(conn), send_deadline(conn));
}

void conn_clock(struct conn *conn)
{
	uint64_t due_ms;

	if (conn_is_gone(conn))
		return;
	due_ms = deadline(conn);
	if (due_ms == UINT64_MAX)
		return;
	if (!conn_timer_is_running(&conn->timer) || due_ms < conn_timer_due_ms(&conn->timer))
		conn_timer_start(&conn->hub->wheel, &conn->timer, due_ms);
}

static void expire(struct conn *conn)
{
	struct wire_str no_text = conn_str(NULL, 0);

	if (conn->state == CONN_STATE_OPENED && conn->version == 0)
		conn_stop(conn, 0, CONN_SHUTDOWN_IDLE_TIMEOUT);
	else if (conn->state == CONN_STATE_OPENED || conn->state == CONN_STATE_DECIDING)
		conn_reject(conn, WIRE_REASON_SERVER_UNAVAILABLE, CONN_SHUTDOWN_CONTROL_UNAVAILABLE,
			no_text);
	else if (send_deadline(conn) <= conn->hub->now_ms)
		conn_stop(conn, 0, CONN_SHUTDOWN_SEND_TIMEOUT);
	else
		conn_stop(conn, WIRE_REASON_KEEPALIVE, CONN_SHUTDOWN_KEEPALIVE_TIMEOUT);
}

void conn_hub_tick(struct conn_hub *hub, uint64_t now_ms)
{
	struct conn_timer *timer;

	hub->now_ms = now_ms;
	conn_wheel_advance(&hub->wheel, now_ms);
	while ((timer = conn_wheel_next(&hub->wheel)) != NULL) {
		struct conn *conn = BASE_CONTAINER_OF(timer, struct conn, timer);

		if (deadline(conn) <= now_ms)
			expire(conn);
		else
			conn_clock(conn);
	}
}

uint64_t conn_hub_next_ms(const struct conn_hub *hub)
{
	return conn_wheel_wake_ms(&hub->wheel);
}
