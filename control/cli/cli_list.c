#include <string.h>

#include "cli_priv.h"
#include "config.h"

/*
 * The commands that answer in pages. An operation is asked for a few entries at a time, so that a page is bounded in
 * bytes as well as in entries, whatever the length of names.
 */

static json_t *wall_time(uint64_t ms)
{
	return ms != 0 ? json_integer((json_int_t)ms) : json_null();
}

json_t *cli_json_client(const struct cli_client *client)
{
	return json_pack(
		"{s:o,s:o,s:o,s:o,s:i,s:i,s:b,s:b,s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,"
		"s:o,s:o}",
		"clientid", cli_json_text(client->client_id), "username",
		cli_json_text(client->username), "peername", cli_json_text(client->peer_name),
		"state", cli_json_text(client->state), "proto_ver", (int)client->version,
		"listener", (int)client->listener, "connected", client->is_connected, "clean_start",
		client->clean_start, "keepalive", (int)client->keepalive_s,
		"session_expiry_interval", (json_int_t)client->session_expiry_s, "subscriptions",
		(json_int_t)client->subscriptions, "inflight", (json_int_t)client->inflight,
		"awaiting_rel", (json_int_t)client->awaiting_rel, "mqueue_len",
		(json_int_t)client->queued, "mqueue_bytes", (json_int_t)client->queued_bytes,
		"delivered_msgs", (json_int_t)client->delivered, "enqueued_msgs",
		(json_int_t)client->enqueued, "dropped_msgs", (json_int_t)client->dropped,
		"created_at", wall_time(client->created_ms), "connected_at",
		wall_time(client->connected_ms), "disconnected_at",
		wall_time(client->disconnected_ms));
}

static void put_client(void *arg, const struct cli_client *client)
{
	struct cli_call *call = arg;

	call->text_bytes += strlen(client->client_id);
	json_array_append_new(call->result, cli_json_client(client));
}

static void put_subscription(void *arg, const struct cli_subscription *subscription)
{
	struct cli_call *call = arg;

	call->text_bytes += strlen(subscription->client_id) + strlen(subscription->filter);
	json_array_append_new(call->result,
		json_pack("{s:o,s:o,s:i,s:i,s:i,s:i,s:I}", "clientid",
			cli_json_text(subscription->client_id), "topic",
			cli_json_text(subscription->filter), "qos", (int)subscription->qos, "nl",
			(int)subscription->no_local, "rh", (int)subscription->retain_handling,
			"rap", (int)subscription->retain_as_published, "subid",
			(json_int_t)subscription->subscription_id));
}

static void put_topic(void *arg, const char *filter, uint32_t subscribers)
{
	struct cli_call *call = arg;

	call->text_bytes += strlen(filter);
	json_array_append_new(call->result,
		json_pack("{s:o,s:s,s:I}", "topic", cli_json_text(filter), "node",
			call->server->config->node.name, "subscribers", (json_int_t)subscribers));
}

typedef uint64_t step_fn(struct cli_call *call, unsigned max);

static void fill_page(struct cli_call *call, step_fn *step)
{
	unsigned steps = 0;
	size_t len = 0;

	call->result = json_array();
	do {
		unsigned left = call->limit > len ? call->limit - (unsigned)len : 1;

		call->cursor = step(call, left < CLI_STEP_LEN ? left : CLI_STEP_LEN);
		len = json_array_size(call->result);
	} while (call->cursor != 0 && len < call->limit && call->text_bytes < CLI_PAGE_BYTES &&
		 ++steps < CLI_PAGE_STEPS);
}

static uint64_t step_clients(struct cli_call *call, unsigned max)
{
	return call->server->ops->clients(call->server->arg, call->cursor, max, put_client, call);
}

static uint64_t step_subscriptions(struct cli_call *call, unsigned max)
{
	return call->server->ops->subscriptions(call->server->arg, call->arg, call->arg_bytes,
		call->cursor, max, put_subscription, call);
}

static uint64_t step_topics(struct cli_call *call, unsigned max)
{
	return call->server->ops->topics(call->server->arg, call->cursor, max, put_topic, call);
}

void cli_command_clients_list(struct cli_call *call)
{
	fill_page(call, step_clients);
}

void cli_command_subscriptions_list(struct cli_call *call)
{
	fill_page(call, step_subscriptions);
}

void cli_command_subscriptions_show(struct cli_call *call)
{
	struct cli_client client;

	if (call->server->ops->client(call->server->arg, call->arg, call->arg_bytes, &client)) {
		fill_page(call, step_subscriptions);
	} else {
		call->code = "not_found";
		call->error = "Not Found.";
	}
}

void cli_command_topics_list(struct cli_call *call)
{
	fill_page(call, step_topics);
}
