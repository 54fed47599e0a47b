#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base_mem.h"
#include "base_time.h"
#include "port_port.h"
#include "stack_stack.h"

/*
 * TCP echo server on the worker's port and stack, for tests: everything but MQTT.
 * Usage: stack-echo KEY=VALUE ... with the keys of main's table. SIGTERM ends it; it then prints its counters.
 */

enum {
	MEMORY_BYTES = 256 << 20,
	ALIGNMENT = 65536,
	CLASS_FLOW = 0,
	CLASS_PACKET = 1,
	CLASS_USER = 2,
	IDLE_US = 1000
};

struct settings {
	const char *kind, *device, *options, *ipv4, *ipv6, *gateway4;
	const char *hugepages, *user_timeout_ms, *tick_ms, *max_connections, *mtu, *dhcp, *mbufs;
};

static volatile sig_atomic_t stop;
static struct base_mem *mem;

struct client {
	struct stack_flow *flow;
};

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static void *accepted(void *context, struct stack_flow *flow, uint32_t listener_id,
	const struct stack_addr *peer, const struct stack_addr *local)
{
	struct client *client = base_mem_alloc(mem, CLASS_USER, sizeof(*client));

	(void)context;
	(void)listener_id;
	(void)peer;
	(void)local;
	if (client != NULL)
		client->flow = flow;
	return client;
}

/* What finds no room in the send buffer stays with the stack, which shuts the window. */
static size_t received(void *user, const uint8_t *data, size_t bytes)
{
	struct client *client = user;

	return stack_flow_write(client->flow, data, bytes, false);
}

static void ended(void *user)
{
	struct client *client = user;

	stack_flow_close(client->flow);
	base_mem_free(mem, CLASS_USER, client);
}

static void writable(void *user)
{
	struct client *client = user;

	stack_flow_resume(client->flow);
}

static void closed(void *user, enum stack_close reason)
{
	(void)reason;
	base_mem_free(mem, CLASS_USER, user);
}

static const struct stack_handler handler = {
	.accepted = accepted,
	.received = received,
	.ended = ended,
	.writable = writable,
	.closed = closed,
};

static _Noreturn void die(const char *text)
{
	fprintf(stderr, "stack-echo: %s\n", text);
	exit(1);
}

static void read_settings(struct settings *s, int argc, char **argv)
{
	const struct {
		const char *name;
		const char **value;
	} table[] = {
		{"kind", &s->kind},
		{"device", &s->device},
		{"options", &s->options},
		{"ipv4", &s->ipv4},
		{"ipv6", &s->ipv6},
		{"gateway4", &s->gateway4},
		{"hugepages", &s->hugepages},
		{"user_timeout", &s->user_timeout_ms},
		{"tick", &s->tick_ms},
		{"max_connections", &s->max_connections},
		{"mtu", &s->mtu},
		{"dhcp", &s->dhcp},
		{"mbufs", &s->mbufs},
	};

	for (int i = 1; i < argc; i++) {
		size_t name_bytes = strcspn(argv[i], "=");
		size_t j = 0;

		while (j < sizeof(table) / sizeof(table[0]) &&
			(strlen(table[j].name) != name_bytes ||
				strncmp(table[j].name, argv[i], name_bytes) != 0))
			j++;
		if (j == sizeof(table) / sizeof(table[0]) || argv[i][name_bytes] == '\0')
			die("unknown argument");
		*table[j].value = argv[i] + name_bytes + 1;
	}
}

static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

static struct port *open_port(const struct settings *s)
{
	char error[PORT_ERROR_SIZE], prefix[32];
	struct port_config config = {
		.device = s->device,
		.options = s->options,
		.mbufs = number(s->mbufs),
		.mtu = number(s->mtu),
		.file_prefix = prefix,
	};
	struct port *port;

	snprintf(prefix, sizeof(prefix), "echo-%d", (int)getpid());
	if (port_kind_parse(s->kind, &config.kind) < 0 ||
		port_hugepages_parse(s->hugepages, &config.hugepages) < 0)
		die("bad kind or hugepages");
	if (port_init(&config, &port, error) < 0)
		die(error);
	return port;
}

static struct stack *open_stack(const struct settings *s, struct port *port)
{
	char error[STACK_ERROR_SIZE];
	struct stack_config config = {
		.mem = mem,
		.mem_class_flow = CLASS_FLOW,
		.mem_class_packet = CLASS_PACKET,
		.port = port,
		.tick_ms = number(s->tick_ms),
		.msl_ms = 1000,
		.user_timeout_ms = number(s->user_timeout_ms),
		.max_connections = number(s->max_connections),
		.max_half_open = 4096,
		.dhcp = strcmp(s->dhcp, "true") == 0,
		.handler = &handler,
	};
	struct stack_addr any = {.port = 7};
	struct stack *stack;

	if (stack_addr_parse_prefix(&config.ipv4, &config.prefix4_bits, s->ipv4) < 0 ||
		stack_addr_parse_prefix(&config.ipv6, &config.prefix6_bits, s->ipv6) < 0 ||
		stack_addr_parse(&config.gateway4, s->gateway4) < 0)
		die("bad address");
	stack = stack_new(&config, error);
	if (stack == NULL)
		die(error);
	if (stack_listen(stack, &any, 1) < 0)
		die("cannot listen");
	return stack;
}

static void loop(struct stack *stack, struct port *port)
{
	while (!stop) {
		unsigned packets = stack_poll_rx(stack);
		uint64_t now_ms = base_time_ms();
		uint32_t wait_ms;

		stack_poll_timers(stack, now_ms);
		stack_flush(stack);
		wait_ms = stack_timer_wait_ms(stack, now_ms);
		if (packets == 0 && wait_ms > 0)
			port_wait(port,
				port_info(port)->wait_by_descriptor ? wait_ms * 1000 : IDLE_US);
	}
}

static void report(struct stack *stack, struct port *port)
{
	const struct stack_counters *c = stack_counters(stack);
	struct port_stats p;

	port_stats_get(port, &p);
	printf("accepted %" PRIu64 " fin %" PRIu64 " reset %" PRIu64 " timeout %" PRIu64
	       " local %" PRIu64 " memory %" PRIu64 " connections %u half_open %u\n",
		c->accepted, c->closed[STACK_CLOSE_FIN], c->closed[STACK_CLOSE_RESET],
		c->closed[STACK_CLOSE_TIMEOUT], c->closed[STACK_CLOSE_LOCAL],
		c->closed[STACK_CLOSE_MEMORY], c->connections, c->half_open);
	printf("rx %" PRIu64 " tx %" PRIu64 " bad_checksum %" PRIu64 " malformed %" PRIu64
	       " retransmits %" PRIu64 " tx_no_buffer %" PRIu64 " visits %" PRIu64 "\n",
		c->rx_packets, c->tx_packets, c->rx_bad_checksum, c->rx_malformed, c->retransmits,
		c->tx_no_buffer, c->timer_visits);
	printf("port rx %" PRIu64 " tx %" PRIu64 " tx_full %" PRIu64 " no_buffer %" PRIu64
	       " waits %" PRIu64 " wakeups %" PRIu64 "\n",
		p.rx_packets, p.tx_packets, p.tx_full, p.no_buffer, p.waits, p.wakeups);
	printf("flow_bytes %zu packet_bytes %zu\n", base_mem_used(mem, CLASS_FLOW),
		base_mem_used(mem, CLASS_PACKET));
}

int main(int argc, char **argv)
{
	struct settings settings = {
		.kind = "tap",
		.options = "",
		.ipv4 = "",
		.ipv6 = "",
		.gateway4 = "",
		.hugepages = "auto",
		.user_timeout_ms = "60000",
		.tick_ms = "10",
		.max_connections = "20000",
		.mtu = "1500",
		.dhcp = "false",
		.mbufs = "8192",
	};
	struct sigaction action = {.sa_handler = on_signal};
	struct port *port;
	struct stack *stack;
	void *map;

	read_settings(&settings, argc, argv);
	map = mmap(NULL, MEMORY_BYTES + ALIGNMENT, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		die("no memory");
	mem = base_mem_init((char *)map + (-(uintptr_t)map & (ALIGNMENT - 1)), MEMORY_BYTES);
	port = open_port(&settings);
	stack = open_stack(&settings, port);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	printf("ready: %s, hugepages %d, wait_by_descriptor %d\n", port_info(port)->driver,
		port_info(port)->hugepages, port_info(port)->wait_by_descriptor);
	fflush(stdout);
	loop(stack, port);
	report(stack, port);
	stack_free(stack);
	printf("left %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", base_mem_objects(mem, CLASS_FLOW),
		base_mem_objects(mem, CLASS_PACKET), base_mem_objects(mem, CLASS_USER));
	port_fini(port);
	return 0;
}
