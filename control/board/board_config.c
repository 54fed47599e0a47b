#include "board_config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base_assert.h"
#include "board_priv.h"

static const char *const fixed[] = {"port.kind", "port.device", "port.hugepages", "dataplane.core"};

enum { FIXED = sizeof(fixed) / sizeof(fixed[0]) };

static void set_facts(const struct board *board, struct config *config)
{
	static const enum config_port_kind kinds[] = {
		[BOARD_PCI] = CONFIG_PORT_PCI,
		[BOARD_AF_XDP] = CONFIG_PORT_AF_XDP,
		[BOARD_AF_PACKET] = CONFIG_PORT_AF_PACKET,
	};
	struct board_cpus cpus;

	BASE_ASSERT(board_cpus_parse(&cpus, board->cpu.dataplane) == 0);
	config->port.kind = kinds[board->data.kind];
	snprintf(config->port.device, sizeof(config->port.device), "%s", board->data.device);
	config->port.hugepages = CONFIG_HUGEPAGES_ON;
	config->dataplane.core = board_cpus_first(&cpus, NULL);
}

static void set_budgets(const struct board *board, struct config *config)
{
	config->dataplane.memory_bytes = board->memory.worker_mb << 20;
	config->dataplane.mbufs = board->memory.mbufs;
}

void board_config_init(const struct board *board, struct config *config)
{
	config_init(config);
	if (board == NULL)
		return;
	set_facts(board, config);
	set_budgets(board, config);
}

static void print_fixed(struct config *config, char values[FIXED][CONFIG_VALUE_MAX])
{
	for (size_t i = 0; i < FIXED; i++) {
		void *base;
		const struct config_key *key = config_find(config, fixed[i], false, &base);

		config_value_print(key, base, values[i]);
	}
}

static void keep_facts(const struct board *board, struct config *config, const char *name,
	struct config_report *report)
{
	char asked[FIXED][CONFIG_VALUE_MAX], built[FIXED][CONFIG_VALUE_MAX];

	print_fixed(config, asked);
	set_facts(board, config);
	print_fixed(config, built);
	for (size_t i = 0; i < FIXED; i++)
		if (strcmp(asked[i], built[i]) != 0)
			config_fault(report,
				"%s: %s: \"%s\" is not used, as the board has \"%s\"; remove it "
				"from the configuration",
				name, fixed[i], asked[i], built[i]);
}

static void keep_budgets(const struct board *board, struct config *config, const char *name,
	struct config_report *report)
{
	uint64_t pages_mb = board_pages_mb(board);
	uint64_t asked_mb = board_worker_mb(
		(config->dataplane.memory_bytes + (1 << 20) - 1) >> 20, config->dataplane.mbufs);

	if (asked_mb <= pages_mb)
		return;
	set_budgets(board, config);
	config_fault(report,
		"%s: dataplane.memory, dataplane.mbufs: they need %" PRIu64
		" MB of hugepages, the board reserves %" PRIu64 " MB; the board's %" PRIu64
		"MB and %" PRIu64 " are used; lower them",
		name, asked_mb, pages_mb, board->memory.worker_mb, board->memory.mbufs);
}

unsigned board_config_keep(const struct board *board, struct config *config, const char *name,
	config_line_fn *report, void *arg)
{
	struct config_report warnings = {.line = report, .arg = arg};

	keep_facts(board, config, name, &warnings);
	keep_budgets(board, config, name, &warnings);
	return warnings.faults;
}

bool board_config_is_fact(const char *path)
{
	for (size_t i = 0; i < FIXED; i++)
		if (strcmp(fixed[i], path) == 0)
			return true;
	return false;
}

int board_config_load(const struct board *board, struct config *config, const char *path,
	char *const *environment, config_line_fn *report, void *arg)
{
	const char *name = path ? path : "configuration";
	int rc;

	board_config_init(board, config);
	rc = config_load_onto(config, path, environment, report, arg);
	if (rc == 0 && board != NULL)
		(void)board_config_keep(board, config, name, report, arg);
	return rc;
}
