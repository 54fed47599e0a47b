#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "abi_doorbell.h"
#include "abi_region.h"
#include "base_log.h"
#include "base_mem.h"
#include "base_time.h"
#include "conn.h"
#include "conn_hub.h"
#include "port_port.h"
#include "stack_stack.h"
#include "worker.h"

enum { HUGEPAGE_BYTES = 2 << 20, GOODBYE_TURNS = 20 };

static int start_region(struct worker *w)
{
	struct abi_region_params params = {
		.workers = w->args.workers,
		.ring_bytes = w->args.ring_bytes,
	};
	int rc = abi_region_open(w->args.region, &params, ABI_WORKER(w->args.worker), &w->region);

	if (rc == -EBUSY)
		base_log(BASE_LOG_ERROR, "region %s: another worker %u is running", w->args.region,
			w->args.worker);
	else if (rc == -EPROTO)
		base_log(BASE_LOG_ERROR,
			"region %s: control runs with another version or other sizes of it; stop "
			"it first",
			w->args.region);
	else if (rc < 0)
		base_log(BASE_LOG_ERROR, "region %s: %s", w->args.region, strerror(-rc));
	if (rc < 0)
		return rc;
	w->counters = abi_region_counters(w->region, w->args.worker);
	return 0;
}

/* Hugepages where there are enough; else ordinary pages, which the kernel may merge. */
static int start_heap(struct worker *w)
{
	bool forced = strcmp(w->args.port_hugepages, "on") == 0;
	bool wanted = strcmp(w->args.port_hugepages, "off") != 0;

	w->arena_bytes =
		(w->args.memory_bytes + HUGEPAGE_BYTES - 1) & ~(size_t)(HUGEPAGE_BYTES - 1);
	w->arena = MAP_FAILED;
	if (wanted)
		w->arena = mmap(NULL, w->arena_bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	if (w->arena == MAP_FAILED && forced) {
		base_log(BASE_LOG_ERROR,
			"no hugepages for %zu MB of heap: raise vm.nr_hugepages by %zu, or lower "
			"dataplane.memory",
			w->arena_bytes >> 20, w->arena_bytes / HUGEPAGE_BYTES);
		return -ENOMEM;
	}
	if (w->arena == MAP_FAILED) {
		/* one hugepage more, so that the heap can begin at one */
		w->arena_bytes += HUGEPAGE_BYTES;
		w->arena = mmap(NULL, w->arena_bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (w->arena == MAP_FAILED) {
			base_log(BASE_LOG_ERROR,
				"no memory for %zu MB of heap: lower dataplane.memory",
				w->arena_bytes >> 20);
			return -ENOMEM;
		}
		madvise(w->arena, w->arena_bytes, MADV_HUGEPAGE);
		if (wanted)
			base_log(BASE_LOG_WARNING,
				"heap of %zu MB without hugepages: slower; raise vm.nr_hugepages",
				w->arena_bytes >> 20);
	}
	{
		uintptr_t start = ((uintptr_t)w->arena + HUGEPAGE_BYTES - 1) &
				  ~(uintptr_t)(HUGEPAGE_BYTES - 1);
		size_t skipped = start - (uintptr_t)w->arena;

		w->mem = base_mem_init((char *)w->arena + skipped, w->arena_bytes - skipped);
	}
	return w->mem == NULL ? -ENOMEM : 0;
}

static int start_port(struct worker *w)
{
	char error[PORT_ERROR_SIZE], prefix[32];
	struct port_config config = {
		.device = w->args.port_device,
		.options = w->args.port_options,
		.core = w->args.core,
		.mbufs = w->args.mbufs,
		.mtu = w->args.port_mtu,
		.file_prefix = prefix,
		.verbose = strcmp(w->args.log_level, "debug") == 0,
	};
	const struct port_info *info;
	int rc;

	snprintf(prefix, sizeof(prefix), "sluice%u", w->args.worker);
	if (port_kind_parse(w->args.port_kind, &config.kind) < 0 ||
		port_hugepages_parse(w->args.port_hugepages, &config.hugepages) < 0) {
		base_log(BASE_LOG_ERROR,
			"port.kind=%s or port.hugepages=%s is not known; see --help",
			w->args.port_kind, w->args.port_hugepages);
		return -EINVAL;
	}
	rc = port_init(&config, &w->port, error);
	if (rc < 0) {
		base_log(BASE_LOG_ERROR, "port: %s", error);
		return rc;
	}
	info = port_info(w->port);
	base_log(BASE_LOG_INFO, "port %s: driver %s, %02x:%02x:%02x:%02x:%02x:%02x, MTU %u%s",
		w->args.port_device, info->driver, info->mac[0], info->mac[1], info->mac[2],
		info->mac[3], info->mac[4], info->mac[5], info->mtu,
		info->hugepages ? ", hugepages" : ", no hugepages");
	return port_wait_add(w->port, abi_doorbell_fd(w->region));
}

/* Says which of the addresses is not one. */
static int parse_addresses(const struct worker_args *args, struct stack_config *config)
{
	const char *wrong = NULL;

	if (stack_addr_parse_prefix(&config->ipv4, &config->prefix4_bits, args->ipv4) < 0)
		wrong = args->ipv4;
	if (stack_addr_parse_prefix(&config->ipv6, &config->prefix6_bits, args->ipv6) < 0)
		wrong = args->ipv6;
	if (stack_addr_parse(&config->gateway4, args->gateway4) < 0)
		wrong = args->gateway4;
	if (stack_addr_parse(&config->gateway6, args->gateway6) < 0)
		wrong = args->gateway6;
	if (wrong == NULL)
		return 0;
	base_log(BASE_LOG_ERROR, "net: \"%s\" is no address/prefix", wrong);
	return -EINVAL;
}

static int start_stack(struct worker *w)
{
	char error[STACK_ERROR_SIZE];
	struct stack_config config = {
		.mem = w->mem,
		.mem_class_flow = WORKER_MEM_TCP,
		.mem_class_packet = WORKER_MEM_PACKET,
		.port = w->port,
		.dhcp = w->args.dhcp && w->args.ipv4[0] == '\0',
		.tick_ms = w->args.tcp_tick_ms,
		.msl_ms = w->args.tcp_msl_ms,
		.user_timeout_ms = w->args.tcp_user_timeout_ms,
		.max_connections = w->args.tcp_max_connections,
		.max_half_open = w->args.tcp_max_half_open,
		.handler = &worker_flow_handler,
		.context = w,
	};

	if (parse_addresses(&w->args, &config) < 0)
		return -EINVAL;
	w->stack = stack_new(&config, error);
	if (w->stack == NULL) {
		base_log(BASE_LOG_ERROR, "TCP/IP: %s", error);
		return -ENOMEM;
	}
	base_log(BASE_LOG_INFO, "addresses: %s %s",
		config.dhcp ? "by DHCP" : (w->args.ipv4[0] ? w->args.ipv4 : "no IPv4"),
		w->args.ipv6[0] ? w->args.ipv6 : "IPv6 link-local");
	return 0;
}

static int start_hub(struct worker *w)
{
	struct conn_counters counters;
	struct conn_hub_params params = {
		.mem = w->mem,
		.mem_conn = WORKER_MEM_CONN,
		.mem_input = WORKER_MEM_INPUT,
		.mem_message = WORKER_MEM_MESSAGE,
		.mem_queue = WORKER_MEM_QUEUE,
		.mem_topic = WORKER_MEM_TOPIC,
		.mem_rule = WORKER_MEM_RULE,
		.max_record_bytes =
			abi_ring_body_max(abi_region_to_control(w->region, w->args.worker)),
		.now_ms = base_time_ms(),
		.control = &worker_tell,
		.control_context = w,
		.counters = &counters,
	};

	if (getrandom(&params.seed, sizeof(params.seed), 0) != (ssize_t)sizeof(params.seed)) {
		base_log(BASE_LOG_ERROR, "no random numbers: %s", strerror(errno));
		return -EIO;
	}
	worker_figures_map(w, &counters);
	w->hub = conn_hub_new(&params);
	if (w->hub == NULL) {
		base_log(BASE_LOG_ERROR, "no memory for connections: raise dataplane.memory");
		return -ENOMEM;
	}
	return 0;
}

int worker_start(struct worker *w)
{
	static int (*const steps[])(struct worker *) = {
		start_region, start_heap, start_port, start_stack, start_hub};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int rc = steps[i](w);

		if (rc < 0)
			return rc;
	}
	worker_figures_init(w);
	worker_link_hello(w);
	base_log(BASE_LOG_INFO, "waiting for control");
	return 0;
}

void worker_listen(struct worker *w)
{
	if (w->is_listening)
		return;
	w->is_listening = true;
	for (uint32_t i = 0; i < w->args.listener_len; i++) {
		const struct worker_listener *l = &w->args.listeners[i];
		struct stack_addr addr;
		int rc = stack_addr_parse(&addr, l->address);

		if (rc == 0) {
			static const uint8_t any[16];

			/* 0.0.0.0 and [::] both stand for every address */
			if (memcmp(addr.bytes, any, sizeof(any)) == 0)
				addr.family = STACK_FAMILY_NONE;
			addr.port = l->port;
			rc = stack_listen(w->stack, &addr, l->id);
		}
		if (rc < 0)
			base_log(BASE_LOG_ERROR, "listener %s on %s port %u: %s", l->name,
				l->address, l->port, strerror(-rc));
		else
			base_log(BASE_LOG_INFO, "listener %s is open on %s port %u", l->name,
				l->address, l->port);
	}
}

/* The last packets leave, and the last records are read or lie in the ring. */
static void say_goodbye(struct worker *w)
{
	conn_end_all(w->hub, 0x8b, CONN_SHUTDOWN_SERVER_SHUTDOWN);
	for (int i = 0; i < GOODBYE_TURNS; i++) {
		stack_poll_rx(w->stack);
		stack_poll_timers(w->stack, base_time_ms());
		worker_link_drain(w);
		conn_hub_flush(w->hub);
		worker_link_commit(w);
		stack_flush(w->stack);
		port_wait(w->port, 1000);
	}
}

void worker_stop(struct worker *w)
{
	if (w->hub != NULL) {
		say_goodbye(w);
		conn_hub_free(w->hub);
	}
	if (w->stack != NULL) {
		stack_free(w->stack);
		port_tx_flush(w->port);
	}
	if (w->port != NULL)
		port_fini(w->port);
	if (w->region != NULL)
		abi_region_close(w->region);
	if (w->mem != NULL) {
		base_mem_fini(w->mem);
		munmap(w->arena, w->arena_bytes);
	}
}
