#include "cli_text_priv.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* C1 controls are U+0080 to U+009F: C2 80 to C2 9F. */
static bool is_c1(const char *text)
{
	unsigned char first = (unsigned char)text[0], second = (unsigned char)text[1];

	return first == 0xc2 && second >= 0x80 && second < 0xa0;
}

void cli_page_put(const struct cli_page *page, const char *fmt, ...)
{
	char *raw = NULL, *safe;
	size_t used = 0;
	va_list ap;
	int bytes;

	va_start(ap, fmt);
	bytes = vasprintf(&raw, fmt, ap);
	va_end(ap);
	if (bytes < 0)
		return;
	safe = malloc((size_t)bytes * 4 + 1);
	for (int i = 0; safe != NULL && i < bytes; i++) {
		unsigned char c = (unsigned char)raw[i];
		bool is_c1_here = is_c1(raw + i);

		if (c < 0x20 || c == 0x7f || is_c1_here)
			used += (size_t)sprintf(
				safe + used, "\\x%02x", is_c1_here ? (unsigned char)raw[++i] : c);
		else
			safe[used++] = (char)c;
	}
	if (safe != NULL) {
		safe[used] = '\0';
		page->line(page->arg, safe);
	}
	free(safe);
	free(raw);
}

/* jansson escapes controls below U+0020 alone. */
char *cli_text_json(const json_t *value)
{
	char *plain = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	char *text = plain != NULL ? malloc(6 * strlen(plain) + 1) : NULL;
	size_t used = 0;

	for (const char *at = plain; text != NULL && *at != '\0'; at++) {
		if (is_c1(at))
			used += (size_t)sprintf(text + used, "\\u%04x", (unsigned char)*++at);
		else if (*at == 0x7f)
			used += (size_t)sprintf(text + used, "\\u007f");
		else
			text[used++] = *at;
	}
	if (text != NULL)
		text[used] = '\0';
	free(plain);
	return text;
}

const char *cli_page_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "undefined";
}

long long cli_page_number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

const char *cli_page_truth(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name)) ? "true" : "false";
}

/* "1 days, 2 hours, 3 minutes, 4 seconds", from the first part that is not 0. */
static void print_duration(long long ms, char *out, size_t out_bytes)
{
	long long s = ms / 1000;
	long long days = s / 86400, hours = s / 3600 % 24, minutes = s / 60 % 60, seconds = s % 60;

	if (days > 0)
		snprintf(out, out_bytes, "%lld days, %lld hours, %lld minutes, %lld seconds", days,
			hours, minutes, seconds);
	else if (hours > 0)
		snprintf(out, out_bytes, "%lld hours, %lld minutes, %lld seconds", hours, minutes,
			seconds);
	else if (minutes > 0)
		snprintf(out, out_bytes, "%lld minutes, %lld seconds", minutes, seconds);
	else
		snprintf(out, out_bytes, "%lld seconds", seconds);
}

/* Prints every entry of a list. */
void cli_page_each(const struct cli_page *page, const json_t *list,
	void (*print)(const struct cli_page *, const json_t *))
{
	for (size_t i = 0; i < json_array_size(list); i++)
		print(page, json_array_get(list, i));
}

static void text_worker(const struct cli_page *page, const json_t *worker)
{
	char uptime[96];

	print_duration(cli_page_number(worker, "uptime"), uptime, sizeof(uptime));
	if (json_is_true(json_object_get(worker, "ready")))
		cli_page_put(page, "worker %lld is ready (pid %lld, up %s, restarts %lld)",
			cli_page_number(worker, "worker"), cli_page_number(worker, "pid"), uptime,
			cli_page_number(worker, "restarts"));
	else
		cli_page_put(page, "worker %lld is down (restarts %lld)",
			cli_page_number(worker, "worker"), cli_page_number(worker, "restarts"));
}

static void text_status(const struct cli_page *page, const json_t *result)
{
	cli_page_put(page, "Node '%s' %s is started", cli_page_text(result, "node"),
		cli_page_text(result, "version"));
	cli_page_each(page, json_object_get(result, "workers"), text_worker);
}

static void text_broker(const struct cli_page *page, const json_t *result)
{
	char uptime[96];

	print_duration(cli_page_number(result, "uptime"), uptime, sizeof(uptime));
	cli_page_put(page, "%-10s: %s", "sysdescr", cli_page_text(result, "sysdescr"));
	cli_page_put(page, "%-10s: %s", "version", cli_page_text(result, "version"));
	cli_page_put(page, "%-10s: %s", "datetime", cli_page_text(result, "datetime"));
	cli_page_put(page, "%-10s: %s", "uptime", uptime);
}

static int compare_names(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;

	return strcmp(*left, *right);
}

static void text_values(const struct cli_page *page, const json_t *result)
{
	size_t len = json_object_size(result), i = 0;
	const char **names = calloc(len + 1, sizeof(*names));
	union {
		const json_t *given;
		json_t *walked; /* jansson's walk changes nothing */
	} u = {.given = result};

	if (names == NULL)
		return;
	for (void *at = json_object_iter(u.walked); at != NULL;
		at = json_object_iter_next(u.walked, at))
		names[i++] = json_object_iter_key(at);
	qsort(names, len, sizeof(*names), compare_names);
	for (i = 0; i < len; i++)
		cli_page_put(page, "%-30s: %lld", names[i], cli_page_number(result, names[i]));
	free(names);
}

static void text_client(const struct cli_page *page, const json_t *client)
{
	char disconnected[48] = "";

	if (json_is_integer(json_object_get(client, "disconnected_at")))
		snprintf(disconnected, sizeof(disconnected), ", disconnected_at=%lld",
			cli_page_number(client, "disconnected_at"));
	cli_page_put(page,
		"Client(%s, username=%s, peername=%s, clean_start=%s, keepalive=%lld, "
		"session_expiry_interval=%lld, subscriptions=%lld, inflight=%lld, "
		"awaiting_rel=%lld, "
		"delivered_msgs=%lld, enqueued_msgs=%lld, dropped_msgs=%lld, connected=%s, "
		"created_at=%lld, connected_at=%lld%s)",
		cli_page_text(client, "clientid"), cli_page_text(client, "username"),
		cli_page_text(client, "peername"), cli_page_truth(client, "clean_start"),
		cli_page_number(client, "keepalive"),
		cli_page_number(client, "session_expiry_interval"),
		cli_page_number(client, "subscriptions"), cli_page_number(client, "inflight"),
		cli_page_number(client, "awaiting_rel"), cli_page_number(client, "delivered_msgs"),
		cli_page_number(client, "enqueued_msgs"), cli_page_number(client, "dropped_msgs"),
		cli_page_truth(client, "connected"), cli_page_number(client, "created_at"),
		cli_page_number(client, "connected_at"), disconnected);
}

static void text_subscription(const struct cli_page *page, const json_t *subscription)
{
	cli_page_put(page, "%s -> topic:%s qos:%lld nl:%lld rh:%lld rap:%lld",
		cli_page_text(subscription, "clientid"), cli_page_text(subscription, "topic"),
		cli_page_number(subscription, "qos"), cli_page_number(subscription, "nl"),
		cli_page_number(subscription, "rh"), cli_page_number(subscription, "rap"));
}

static void text_topic(const struct cli_page *page, const json_t *topic)
{
	cli_page_put(page, "%s -> %s", cli_page_text(topic, "topic"), cli_page_text(topic, "node"));
}

static void text_listener(const struct cli_page *page, const json_t *listener)
{
	char counts[2048] = "", maximum[24];
	size_t used = 0;
	json_t *shutdowns = json_object_get(listener, "shutdown_count");
	long long max_conns = cli_page_number(listener, "max_conns");

	for (void *at = json_object_iter(shutdowns); at != NULL;
		at = json_object_iter_next(shutdowns, at)) {
		int n = snprintf(counts + used, sizeof(counts) - used, "%s{%s,%lld}",
			used ? "," : "", json_object_iter_key(at),
			(long long)json_integer_value(json_object_iter_value(at)));

		if (n < 0 || (size_t)n >= sizeof(counts) - used)
			break;
		used += (size_t)n;
	}
	counts[used] = '\0';
	snprintf(maximum, sizeof(maximum), max_conns ? "%lld" : "infinity", max_conns);
	cli_page_put(page, "%s", cli_page_text(listener, "id"));
	cli_page_put(page, "  %-16s: %s", "listen_on", cli_page_text(listener, "listen_on"));
	cli_page_put(page, "  %-16s: %lld", "acceptors", cli_page_number(listener, "acceptors"));
	cli_page_put(
		page, "  %-16s: %s", "proxy_protocol", cli_page_truth(listener, "proxy_protocol"));
	cli_page_put(page, "  %-16s: %s", "running", cli_page_truth(listener, "running"));
	cli_page_put(
		page, "  %-16s: %lld", "current_conn", cli_page_number(listener, "current_conn"));
	cli_page_put(page, "  %-16s: %s", "max_conns", maximum);
	cli_page_put(page, "  %-16s: [%s]", "shutdown_count", counts);
}

static void text_class(const struct cli_page *page, const json_t *entry)
{
	cli_page_put(page, "%-10s %-24s %14lld %12lld %9lld", cli_page_text(entry, "process"),
		cli_page_text(entry, "class"), cli_page_number(entry, "bytes"),
		cli_page_number(entry, "objects"), cli_page_number(entry, "failures"));
}

static void text_process(const struct cli_page *page, const json_t *entry)
{
	cli_page_put(page, "%-10s %-24s %14lld", cli_page_text(entry, "process"), "all classes",
		cli_page_number(entry, "bytes"));
	if (json_object_get(entry, "bytes_per_connection") != NULL)
		cli_page_put(page, "%-10s %-24s %14lld", cli_page_text(entry, "process"),
			"by connection", cli_page_number(entry, "bytes_per_connection"));
}

static void text_memory(const struct cli_page *page, const json_t *result)
{
	cli_page_put(page, "%-10s %-24s %14s %12s %9s", "process", "class", "bytes", "objects",
		"failures");
	cli_page_each(page, json_object_get(result, "classes"), text_class);
	cli_page_each(page, json_object_get(result, "processes"), text_process);
	cli_page_put(page, "connections: %lld", cli_page_number(result, "connections"));
}

static void text_key(const struct cli_page *page, const json_t *key)
{
	cli_page_put(page, "%s = %s", cli_page_text(key, "key"), cli_page_text(key, "value"));
}

static void text_command(const struct cli_page *page, const json_t *command)
{
	char head[64];

	snprintf(head, sizeof(head), "%s %s", cli_page_text(command, "command"),
		cli_page_text(command, "args"));
	cli_page_put(page, "  %-34s %s", head, cli_page_text(command, "help"));
}

void cli_text_print(enum cli_command_id id, const json_t *result, cli_line_fn *line, void *arg)
{
	const struct cli_page page = {line, arg};

	switch (id) {
	case CLI_status:
		text_status(&page, result);
		break;
	case CLI_broker:
		text_broker(&page, result);
		break;
	case CLI_broker_stats:
	case CLI_broker_metrics:
		text_values(&page, result);
		break;
	case CLI_clients_list:
		cli_page_each(&page, result, text_client);
		break;
	case CLI_clients_show:
		text_client(&page, result);
		break;
	case CLI_clients_kick:
		cli_page_put(
			&page, "%s", json_string_value(result) ? json_string_value(result) : "");
		break;
	case CLI_subscriptions_list:
	case CLI_subscriptions_show:
		cli_page_each(&page, result, text_subscription);
		break;
	case CLI_topics_list:
		cli_page_each(&page, result, text_topic);
		break;
	case CLI_listeners:
		cli_page_each(&page, result, text_listener);
		break;
	case CLI_memory:
		text_memory(&page, result);
		break;
	case CLI_interfaces:
		cli_page_each(&page, result, cli_text_interface);
		break;
	case CLI_cores:
		cli_text_cores(&page, result);
		break;
	case CLI_health:
		cli_text_health(&page, result);
		break;
	case CLI_config_reload:
		cli_text_reload(&page, result);
		break;
	case CLI_config_show:
		cli_page_each(&page, result, text_key);
		break;
	case CLI_help:
		cli_page_each(&page, result, text_command);
		break;
	case CLI_COMMANDS:
		break;
	}
}

const char *cli_text_empty(enum cli_command_id id)
{
	return id == CLI_clients_list ? "No clients." : NULL;
}
