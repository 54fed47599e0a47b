#include <string.h>

#include "cli_priv.h"
#include "config_key.h"

/* The commands that show one thing, or a short list. */

json_t *cli_json_text(const char *text)
{
	static const char digits[] = "0123456789abcdef";
	json_t *plain;
	char escaped[1024];
	size_t used = 0;

	if (text == NULL)
		return json_null();
	plain = json_string(text);
	if (plain != NULL)
		return plain;
	for (; *text != '\0' && used + 5 < sizeof(escaped); text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c < 0x7f) {
			escaped[used++] = (char)c;
		} else {
			escaped[used++] = '\\';
			escaped[used++] = 'x';
			escaped[used++] = digits[c >> 4];
			escaped[used++] = digits[c & 15];
		}
	}
	return json_stringn(escaped, used);
}

static void not_found(struct cli_call *call)
{
	call->code = "not_found";
	call->error = "Not Found.";
}

void cli_command_status(struct cli_call *call)
{
	const struct cli_ops *ops = call->server->ops;
	struct cli_status status;
	struct cli_worker worker;
	json_t *workers = json_array();

	ops->status(call->server->arg, &status);
	for (unsigned i = 0; ops->worker(call->server->arg, i, &worker); i++)
		json_array_append_new(workers,
			json_pack("{s:i,s:b,s:I,s:I,s:I}", "worker", (int)i, "ready", worker.is_up,
				"pid", (json_int_t)worker.pid, "uptime", (json_int_t)worker.up_ms,
				"restarts", (json_int_t)worker.restarts));
	call->result = json_pack("{s:o,s:o,s:s,s:o}", "node", cli_json_text(status.node), "version",
		cli_json_text(status.version), "status", "started", "workers", workers);
}

void cli_command_broker(struct cli_call *call)
{
	struct cli_status status;

	call->server->ops->status(call->server->arg, &status);
	call->result = json_pack("{s:o,s:o,s:o,s:I}", "sysdescr", cli_json_text(status.description),
		"version", cli_json_text(status.version), "datetime",
		cli_json_text(status.datetime), "uptime", (json_int_t)status.uptime_ms);
}

static void put_value(void *arg, const char *name, uint64_t value)
{
	json_object_set_new(arg, name, json_integer((json_int_t)value));
}

void cli_command_broker_stats(struct cli_call *call)
{
	call->result = json_object();
	call->server->ops->stats(call->server->arg, put_value, call->result);
}

void cli_command_broker_metrics(struct cli_call *call)
{
	call->result = json_object();
	call->server->ops->metrics(call->server->arg, put_value, call->result);
}

void cli_command_clients_show(struct cli_call *call)
{
	struct cli_client client;

	if (call->server->ops->client(call->server->arg, call->arg, call->arg_bytes, &client))
		call->result = cli_json_client(&client);
	else
		not_found(call);
}

void cli_command_clients_kick(struct cli_call *call)
{
	if (call->server->ops->kick(call->server->arg, call->arg, call->arg_bytes))
		call->result = json_string("ok");
	else
		not_found(call);
}

void cli_command_listeners(struct cli_call *call)
{
	const struct cli_ops *ops = call->server->ops;
	struct cli_listener listener;
	struct cli_worker worker;
	unsigned workers = 0;

	while (ops->worker(call->server->arg, workers, &worker))
		workers++;
	call->result = json_array();
	for (unsigned i = 0; ops->listener(call->server->arg, i, &listener); i++) {
		json_t *shutdowns = json_object();

		json_array_append_new(call->result,
			json_pack("{s:o,s:o,s:i,s:b,s:b,s:I,s:I,s:I,s:O}", "id",
				json_sprintf("tcp:%s", listener.name), "listen_on",
				cli_json_text(listener.bind), "acceptors", (int)workers,
				"proxy_protocol", 0, "running", listener.is_running, "current_conn",
				(json_int_t)listener.connections, "max_conns",
				(json_int_t)listener.max_connections, "accepted",
				(json_int_t)listener.accepted, "shutdown_count", shutdowns));
		ops->shutdowns(call->server->arg, i, put_value, shutdowns);
		json_decref(shutdowns);
	}
}

struct sums {
	json_t *classes, *processes;
	uint64_t connections;
};

/* Adds to the total of a process, but for the arena, which holds the classes. */
static void put_memory(void *arg, const char *process, const char *name, uint64_t bytes,
	uint64_t objects, uint64_t failures)
{
	struct sums *sums = arg;
	json_int_t sum = json_integer_value(json_object_get(sums->processes, process));

	json_array_append_new(
		sums->classes, json_pack("{s:s,s:s,s:I,s:I,s:I}", "process", process, "class", name,
				       "bytes", (json_int_t)bytes, "objects", (json_int_t)objects,
				       "failures", (json_int_t)failures));
	if (strncmp(name, "arena", 5) != 0)
		sum += (json_int_t)bytes;
	json_object_set_new(sums->processes, process, json_integer(sum));
}

void cli_command_memory(struct cli_call *call)
{
	const struct cli_ops *ops = call->server->ops;
	struct sums sums = {.classes = json_array(), .processes = json_object()};
	struct cli_listener listener;
	json_t *processes = json_array();

	for (unsigned i = 0; ops->listener(call->server->arg, i, &listener); i++)
		sums.connections += listener.connections;
	ops->memory(call->server->arg, put_memory, &sums);
	for (void *at = json_object_iter(sums.processes); at != NULL;
		at = json_object_iter_next(sums.processes, at)) {
		json_int_t bytes = json_integer_value(json_object_iter_value(at));
		json_t *entry =
			json_pack("{s:s,s:I}", "process", json_object_iter_key(at), "bytes", bytes);

		if (sums.connections > 0)
			json_object_set_new(entry, "bytes_per_connection",
				json_integer(bytes / (json_int_t)sums.connections));
		json_array_append_new(processes, entry);
	}
	json_decref(sums.processes);
	call->result = json_pack("{s:o,s:o,s:I}", "classes", sums.classes, "processes", processes,
		"connections", (json_int_t)sums.connections);
}

/* A key is wanted by its whole path, or by a section that it is in. */
static void put_key(void *arg, const char *path, const char *value, const struct config_key *key)
{
	struct cli_call *call = arg;

	if (call->arg != NULL &&
		(strncmp(path, call->arg, call->arg_bytes) != 0 ||
			(path[call->arg_bytes] != '\0' && path[call->arg_bytes] != '.')))
		return;
	json_array_append_new(
		call->result, json_pack("{s:s,s:o,s:s,s:s}", "key", path, "value",
				      cli_json_text(config_key_shown(key, value)), "change_needs",
				      config_change_name(key), "help", key->help));
}

void cli_command_config_show(struct cli_call *call)
{
	call->result = json_array();
	config_each(call->server->config, put_key, call);
	if (call->arg != NULL && json_array_size(call->result) == 0)
		not_found(call);
}

void cli_command_help(struct cli_call *call)
{
	call->result = json_array();
	for (unsigned i = 0; i < CLI_COMMANDS; i++)
		json_array_append_new(call->result,
			json_pack("{s:s,s:s,s:s}", "command", cli_commands[i].words, "args",
				cli_commands[i].args, "help", cli_commands[i].help));
}
