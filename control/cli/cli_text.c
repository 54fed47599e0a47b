#include "cli_text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct page {
	cli_line_fn *line;
	void *arg;
};

static void put(const struct page *page, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void put(const struct page *page, const char *fmt, ...)
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
		/* C1 controls are U+0080 to U+009F: C2 80 to C2 9F */
		bool is_c1 = c == 0xc2 && (unsigned char)raw[i + 1] < 0xa0;

		if (c < 0x20 || c == 0x7f || is_c1)
			used += (size_t)sprintf(
				safe + used, "\\x%02x", is_c1 ? (unsigned char)raw[++i] : c);
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

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "undefined";
}

static long long number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static const char *truth_of(const json_t *object, const char *name)
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
static void each(const struct page *page, const json_t *list,
	void (*print)(const struct page *, const json_t *))
{
	for (size_t i = 0; i < json_array_size(list); i++)
		print(page, json_array_get(list, i));
}

static void text_worker(const struct page *page, const json_t *worker)
{
	char uptime[96];

	print_duration(number_of(worker, "uptime"), uptime, sizeof(uptime));
	if (json_is_true(json_object_get(worker, "ready")))
		put(page, "worker %lld is ready (pid %lld, up %s, restarts %lld)",
			number_of(worker, "worker"), number_of(worker, "pid"), uptime,
			number_of(worker, "restarts"));
	else
		put(page, "worker %lld is down (restarts %lld)", number_of(worker, "worker"),
			number_of(worker, "restarts"));
}

static void text_status(const struct page *page, const json_t *result)
{
	put(page, "Node '%s' %s is started", text_of(result, "node"), text_of(result, "version"));
	each(page, json_object_get(result, "workers"), text_worker);
}

static void text_broker(const struct page *page, const json_t *result)
{
	char uptime[96];

	print_duration(number_of(result, "uptime"), uptime, sizeof(uptime));
	put(page, "%-10s: %s", "sysdescr", text_of(result, "sysdescr"));
	put(page, "%-10s: %s", "version", text_of(result, "version"));
	put(page, "%-10s: %s", "datetime", text_of(result, "datetime"));
	put(page, "%-10s: %s", "uptime", uptime);
}

static int compare_names(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;

	return strcmp(*left, *right);
}

static void text_values(const struct page *page, const json_t *result)
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
		put(page, "%-30s: %lld", names[i], number_of(result, names[i]));
	free(names);
}

static void text_client(const struct page *page, const json_t *client)
{
	char disconnected[48] = "";

	if (json_is_integer(json_object_get(client, "disconnected_at")))
		snprintf(disconnected, sizeof(disconnected), ", disconnected_at=%lld",
			number_of(client, "disconnected_at"));
	put(page,
		"Client(%s, username=%s, peername=%s, clean_start=%s, keepalive=%lld, "
		"session_expiry_interval=%lld, subscriptions=%lld, inflight=%lld, "
		"awaiting_rel=%lld, "
		"delivered_msgs=%lld, enqueued_msgs=%lld, dropped_msgs=%lld, connected=%s, "
		"created_at=%lld, connected_at=%lld%s)",
		text_of(client, "clientid"), text_of(client, "username"),
		text_of(client, "peername"), truth_of(client, "clean_start"),
		number_of(client, "keepalive"), number_of(client, "session_expiry_interval"),
		number_of(client, "subscriptions"), number_of(client, "inflight"),
		number_of(client, "awaiting_rel"), number_of(client, "delivered_msgs"),
		number_of(client, "enqueued_msgs"), number_of(client, "dropped_msgs"),
		truth_of(client, "connected"), number_of(client, "created_at"),
		number_of(client, "connected_at"), disconnected);
}

static void text_subscription(const struct page *page, const json_t *subscription)
{
	put(page, "%s -> topic:%s qos:%lld nl:%lld rh:%lld rap:%lld",
		text_of(subscription, "clientid"), text_of(subscription, "topic"),
		number_of(subscription, "qos"), number_of(subscription, "nl"),
		number_of(subscription, "rh"), number_of(subscription, "rap"));
}

static void text_topic(const struct page *page, const json_t *topic)
{
	put(page, "%s -> %s", text_of(topic, "topic"), text_of(topic, "node"));
}

static void text_listener(const struct page *page, const json_t *listener)
{
	char counts[2048] = "", maximum[24];
	size_t used = 0;
	json_t *shutdowns = json_object_get(listener, "shutdown_count");
	long long max_conns = number_of(listener, "max_conns");

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
	put(page, "%s", text_of(listener, "id"));
	put(page, "  %-16s: %s", "listen_on", text_of(listener, "listen_on"));
	put(page, "  %-16s: %lld", "acceptors", number_of(listener, "acceptors"));
	put(page, "  %-16s: %s", "proxy_protocol", truth_of(listener, "proxy_protocol"));
	put(page, "  %-16s: %s", "running", truth_of(listener, "running"));
	put(page, "  %-16s: %lld", "current_conn", number_of(listener, "current_conn"));
	put(page, "  %-16s: %s", "max_conns", maximum);
	put(page, "  %-16s: [%s]", "shutdown_count", counts);
}

static void text_class(const struct page *page, const json_t *entry)
{
	put(page, "%-10s %-24s %14lld %12lld %9lld", text_of(entry, "process"),
		text_of(entry, "class"), number_of(entry, "bytes"), number_of(entry, "objects"),
		number_of(entry, "failures"));
}

static void text_process(const struct page *page, const json_t *entry)
{
	put(page, "%-10s %-24s %14lld", text_of(entry, "process"), "all classes",
		number_of(entry, "bytes"));
	if (json_object_get(entry, "bytes_per_connection") != NULL)
		put(page, "%-10s %-24s %14lld", text_of(entry, "process"), "by connection",
			number_of(entry, "bytes_per_connection"));
}

static void text_memory(const struct page *page, const json_t *result)
{
	put(page, "%-10s %-24s %14s %12s %9s", "process", "class", "bytes", "objects", "failures");
	each(page, json_object_get(result, "classes"), text_class);
	each(page, json_object_get(result, "processes"), text_process);
	put(page, "connections: %lld", number_of(result, "connections"));
}

static void text_key(const struct page *page, const json_t *key)
{
	put(page, "%s = %s", text_of(key, "key"), text_of(key, "value"));
}

static void text_command(const struct page *page, const json_t *command)
{
	char head[64];

	snprintf(
		head, sizeof(head), "%s %s", text_of(command, "command"), text_of(command, "args"));
	put(page, "  %-34s %s", head, text_of(command, "help"));
}

void cli_text_print(enum cli_command_id id, const json_t *result, cli_line_fn *line, void *arg)
{
	const struct page page = {line, arg};

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
		each(&page, result, text_client);
		break;
	case CLI_clients_show:
		text_client(&page, result);
		break;
	case CLI_clients_kick:
		put(&page, "%s", json_string_value(result) ? json_string_value(result) : "");
		break;
	case CLI_subscriptions_list:
	case CLI_subscriptions_show:
		each(&page, result, text_subscription);
		break;
	case CLI_topics_list:
		each(&page, result, text_topic);
		break;
	case CLI_listeners:
		each(&page, result, text_listener);
		break;
	case CLI_memory:
		text_memory(&page, result);
		break;
	case CLI_config_show:
		each(&page, result, text_key);
		break;
	case CLI_help:
		each(&page, result, text_command);
		break;
	case CLI_COMMANDS:
		break;
	}
}

const char *cli_text_empty(enum cli_command_id id)
{
	return id == CLI_clients_list ? "No clients." : NULL;
}
