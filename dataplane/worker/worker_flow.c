#include "abi_counter.h"
#include "conn.h"
#include "conn_hub.h"
#include "worker.h"

/* The transport of plain MQTT over TCP: `io` is the flow itself. */

static size_t flow_space(void *io)
{
	return stack_flow_space(io);
}

static size_t flow_write(void *io, const uint8_t *data, size_t bytes, bool more)
{
	return stack_flow_write(io, data, bytes, more);
}

static void flow_flush(void *io)
{
	stack_flow_flush(io);
}

static void flow_close(void *io)
{
	stack_flow_close(io);
}

static void flow_abort(void *io)
{
	stack_flow_abort(io);
}

static void flow_resume(void *io)
{
	stack_flow_resume(io);
}

static const struct conn_transport transport = {
	.space = flow_space,
	.write = flow_write,
	.flush = flow_flush,
	.close = flow_close,
	.abort = flow_abort,
	.resume = flow_resume,
};

static struct conn_peer peer_of(const struct stack_addr *addr)
{
	struct conn_peer peer = {.port = addr->port};

	if (addr->family == STACK_FAMILY_IPV4) {
		peer.addr[10] = peer.addr[11] = 0xff;
		for (int i = 0; i < 4; i++)
			peer.addr[12 + i] = addr->bytes[i];
	} else {
		for (int i = 0; i < 16; i++)
			peer.addr[i] = addr->bytes[i];
	}
	return peer;
}

/* The listener's own limit; that of the worker is the stack's. */
static bool is_full(const struct worker *w, uint32_t listener_id)
{
	for (uint32_t i = 0; i < w->args.listener_len; i++) {
		const struct worker_listener *l = &w->args.listeners[i];

		if (l->id == listener_id)
			return l->max_connections > 0 &&
			       abi_counter_get(&w->counters->listeners[listener_id].connections) >=
				       l->max_connections;
	}
	return true;
}

static void *accepted(void *context, struct stack_flow *flow, uint32_t listener_id,
	const struct stack_addr *peer, const struct stack_addr *local)
{
	struct worker *w = context;
	struct conn_peer from = peer_of(peer);

	(void)local;
	if (is_full(w, listener_id))
		return NULL;
	return conn_open(w->hub, &transport, flow, (uint16_t)listener_id, &from);
}

static size_t received(void *user, const uint8_t *data, size_t bytes)
{
	return conn_input(user, data, bytes);
}

static void ended(void *user)
{
	conn_peer_ended(user);
}

static void writable(void *user)
{
	conn_writable(user);
}

static void closed(void *user, enum stack_close reason)
{
	switch (reason) {
	case STACK_CLOSE_FIN:
	case STACK_CLOSE_RESET:
	case STACK_CLOSE_LOCAL:
		conn_lost(user, CONN_SHUTDOWN_CLOSED);
		return;
	case STACK_CLOSE_TIMEOUT:
		conn_lost(user, CONN_SHUTDOWN_ETIMEDOUT);
		return;
	case STACK_CLOSE_MEMORY:
		conn_lost(user, CONN_SHUTDOWN_NO_MEMORY);
		return;
	case STACK_CLOSE_SHUTDOWN:
		conn_lost(user, CONN_SHUTDOWN_SERVER_SHUTDOWN);
		return;
	case STACK_CLOSES:
		break;
	}
	conn_lost(user, CONN_SHUTDOWN_INTERNAL);
}

const struct stack_handler worker_flow_handler = {
	.accepted = accepted,
	.received = received,
	.ended = ended,
	.writable = writable,
	.closed = closed,
};
