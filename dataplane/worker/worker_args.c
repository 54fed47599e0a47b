#include "worker_args.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum arg_type { ARG_U32, ARG_U64, ARG_BOOL, ARG_TEXT, ARG_POLL, ARG_LISTENER };

struct arg {
	const char *name;
	enum arg_type type;
	size_t offset;
	uint64_t min, max;
	const char *preset;
	const char *help;
};

#define FIELD(f) offsetof(struct worker_args, f)
#define NUMBER(n, t, f, lo, hi, preset, help)                                                      \
	{                                                                                          \
		n, t, FIELD(f), lo, hi, preset, help                                               \
	}
#define TEXT(n, f, preset, help)                                                                   \
	{                                                                                          \
		n, ARG_TEXT, FIELD(f), 0, 0, preset, help                                          \
	}

static const struct arg table[] = {
	NUMBER("worker", ARG_U32, worker, 0, 0, "0", "index of this worker"),
	NUMBER("dataplane.workers", ARG_U32, workers, 1, 64, "1", "workers that share the region"),
	TEXT("region.path", region, NULL, "shared-memory file that control made or will make"),
	NUMBER("region.ring_bytes", ARG_U32, ring_bytes, 65536, 1u << 30, "8388608",
		"of each ring; a power of two, and the same as control's"),
	NUMBER("dataplane.core", ARG_U32, core, 0, 1023, "0",
		"CPU that the poll loop is pinned to"),
	NUMBER("dataplane.memory", ARG_U64, memory_bytes, 16u << 20, 1ull << 40, "268435456",
		"heap of the worker, bytes"),
	NUMBER("dataplane.mbufs", ARG_U32, mbufs, 1024, 1u << 20, "8192", "packet buffers"),
	{"dataplane.poll", ARG_POLL, FIELD(poll_busy), 0, 0, "adaptive", "busy or adaptive"},
	NUMBER("dataplane.idle_sleep", ARG_U32, idle_sleep_us, 10, 10000, "1000",
		"longest sleep of an idle adaptive loop, microseconds"),
	TEXT("log.level", log_level, "info", "error, warning, info or debug"),
	TEXT("port.kind", port_kind, NULL, "tap, af_packet, af_xdp, memif or pci"),
	TEXT("port.device", port_device, NULL, "interface, socket or PCI address"),
	TEXT("port.options", port_options, "", "further DPDK device arguments"),
	NUMBER("port.mtu", ARG_U32, port_mtu, 576, 9000, "1500", "bytes of an IP packet"),
	TEXT("port.hugepages", port_hugepages, "auto", "auto, on or off"),
	TEXT("net.ipv4", ipv4, "", "address/prefix"),
	TEXT("net.gateway4", gateway4, "", "IPv4 default router"),
	TEXT("net.ipv6", ipv6, "", "address/prefix"),
	TEXT("net.gateway6", gateway6, "", "IPv6 default router"),
	{"net.dhcp", ARG_BOOL, FIELD(dhcp), 0, 0, "false", "take the IPv4 address by DHCP"},
	NUMBER("tcp.tick", ARG_U32, tcp_tick_ms, 1, 250, "10", "timer tick, milliseconds"),
	NUMBER("tcp.msl", ARG_U32, tcp_msl_ms, 100, 120000, "5000",
		"maximum segment lifetime, milliseconds"),
	NUMBER("tcp.user_timeout", ARG_U32, tcp_user_timeout_ms, 1000, 3600000, "60000",
		"unacknowledged data closes the connection after so many milliseconds"),
	NUMBER("tcp.max_connections", ARG_U32, tcp_max_connections, 1, 20000000, "100000",
		"TCP connections of this worker"),
	NUMBER("tcp.max_half_open", ARG_U32, tcp_max_half_open, 1, 1000000, "4096",
		"connections in SYN_RCVD"),
	{"listener", ARG_LISTENER, 0, 0, 0, NULL, "ID,NAME,ADDRESS,PORT,MAX_CONNECTIONS; repeats"},
};

enum { ARGS = sizeof(table) / sizeof(table[0]) };

static void print_help(void)
{
	printf("usage: sluice-dataplane --KEY=VALUE ...\n"
	       "The worker process: packet I/O, TCP and MQTT on one core. `sluice-control "
	       "--dataplane-args` prints\n"
	       "the arguments that belong to a configuration.\n\n");
	for (size_t i = 0; i < ARGS; i++)
		printf("  --%-22s %s%s%s%s\n", table[i].name, table[i].help,
			table[i].preset ? " (default: " : "",
			table[i].preset ? table[i].preset : "", table[i].preset ? ")" : "");
}

static int parse_number(const struct arg *arg, const char *value, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || *end != '\0' || errno != 0 || *out < arg->min ||
		*out > arg->max) {
		fprintf(stderr,
			"sluice-dataplane: --%s: expected a number from %" PRIu64 " to %" PRIu64
			", found \"%s\"\n",
			arg->name, arg->min, arg->max, value);
		return -EINVAL;
	}
	return 0;
}

/* "0,default,0.0.0.0,1883,0": cuts the value in place. */
static int parse_listener(struct worker_args *args, char *value)
{
	struct worker_listener *l = &args->listeners[args->listener_len];
	char *part[5], *rest = value;
	uint64_t id, port, max;
	static const struct arg id_arg = {.name = "listener (id)", .max = UINT16_MAX};
	static const struct arg port_arg = {.name = "listener (port)", .min = 1, .max = UINT16_MAX};
	static const struct arg max_arg = {.name = "listener (maximum)", .max = UINT32_MAX};

	if (args->listener_len == WORKER_LISTENERS_MAX) {
		fprintf(stderr, "sluice-dataplane: --listener: at most %d listeners\n",
			WORKER_LISTENERS_MAX);
		return -EINVAL;
	}
	for (int i = 0; i < 5; i++) {
		part[i] = strsep(&rest, ",");
		if (part[i] == NULL) {
			fprintf(stderr, "sluice-dataplane: --listener: expected "
					"ID,NAME,ADDRESS,PORT,MAX_CONNECTIONS\n");
			return -EINVAL;
		}
	}
	if (parse_number(&id_arg, part[0], &id) < 0 ||
		parse_number(&port_arg, part[3], &port) < 0 ||
		parse_number(&max_arg, part[4], &max) < 0)
		return -EINVAL;
	*l = (struct worker_listener){
		.id = (uint32_t)id,
		.name = part[1],
		.address = part[2],
		.port = (uint16_t)port,
		.max_connections = (uint32_t)max,
	};
	args->listener_len++;
	return 0;
}

/* A word that is one of two: stores whether it is the first. */
static int parse_either(
	const struct arg *arg, const char *value, const char *yes, const char *no, bool *out)
{
	*out = strcmp(value, yes) == 0;
	if (!*out && strcmp(value, no) != 0) {
		fprintf(stderr, "sluice-dataplane: --%s: expected %s or %s, found \"%s\"\n",
			arg->name, yes, no, value);
		return -EINVAL;
	}
	return 0;
}

static int store(struct worker_args *args, const struct arg *arg, char *value)
{
	void *field = (char *)args + arg->offset;
	uint64_t number;

	switch (arg->type) {
	case ARG_U32:
		if (parse_number(arg, value, &number) < 0)
			return -EINVAL;
		*(uint32_t *)field = (uint32_t)number;
		return 0;
	case ARG_U64:
		return parse_number(arg, value, field);
	case ARG_BOOL:
		return parse_either(arg, value, "true", "false", field);
	case ARG_POLL:
		return parse_either(arg, value, "busy", "adaptive", field);
	case ARG_TEXT:
		*(const char **)field = value;
		return 0;
	case ARG_LISTENER:
		return parse_listener(args, value);
	}
	return -EINVAL;
}

static int parse_one(struct worker_args *args, char *text)
{
	char *value = strchr(text, '=');

	if (strncmp(text, "--", 2) == 0 && value != NULL) {
		size_t name_bytes = (size_t)(value - text) - 2;

		for (size_t i = 0; i < ARGS; i++)
			if (strlen(table[i].name) == name_bytes &&
				memcmp(table[i].name, text + 2, name_bytes) == 0)
				return store(args, &table[i], value + 1);
	}
	fprintf(stderr, "sluice-dataplane: unknown argument \"%s\"; --help lists them\n", text);
	return -EINVAL;
}

static int presets(struct worker_args *args)
{
	for (size_t i = 0; i < ARGS; i++) {
		union {
			const char *preset;
			char *value; /* presets are never cut: no listener has one */
		} u = {.preset = table[i].preset};

		if (u.preset != NULL && store(args, &table[i], u.value) < 0)
			return -EINVAL;
	}
	return 0;
}

int worker_args_parse(struct worker_args *args, int argc, char **argv)
{
	memset(args, 0, sizeof(*args));
	if (presets(args) < 0)
		return -EINVAL;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			print_help();
			return 1;
		}
		if (parse_one(args, argv[i]) < 0)
			return -EINVAL;
	}
	if (args->region == NULL || args->port_kind == NULL || args->port_device == NULL) {
		fprintf(stderr, "sluice-dataplane: --region.path, --port.kind and --port.device "
				"are needed; "
				"`sluice-control --dataplane-args` prints a whole set\n");
		return -EINVAL;
	}
	return 0;
}
