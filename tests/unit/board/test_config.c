#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "board_config.h"

/* The board below and above the configuration, and its facts as text. */

static struct board board;
static struct config config;
static char lines[65536];

static void append(char *text, size_t bytes, const char *more)
{
	size_t used = strlen(text);

	assert_true(used + strlen(more) < bytes);
	snprintf(text + used, bytes - used, "%s", more);
}

static void keep(void *arg, const char *line)
{
	(void)arg;
	append(lines, sizeof(lines), line);
	append(lines, sizeof(lines), "\n");
}

static int setup(void **state)
{
	(void)state;
	lines[0] = '\0';
	return board_load(&board, "board/qemu-arm64/board.conf", keep, NULL);
}

static int load(const char *a, const char *b)
{
	char first[128] = "", second[128] = "";
	char *environment[3] = {first, second, NULL};

	snprintf(first, sizeof(first), "%s", a);
	snprintf(second, sizeof(second), "%s", b);
	lines[0] = '\0';
	return board_config_load(&board, &config, NULL, environment, keep, NULL);
}

static void test_defaults_are_the_boards(void **state)
{
	(void)state;
	assert_int_equal(load("", ""), 0);
	assert_string_equal(lines, "");
	assert_int_equal(config.port.kind, CONFIG_PORT_PCI);
	assert_string_equal(config.port.device, "0000:00:01.0");
	assert_int_equal(config.port.hugepages, CONFIG_HUGEPAGES_ON);
	assert_int_equal(config.dataplane.core, 1);
	assert_int_equal(config.dataplane.memory_bytes, 256 << 20);
	assert_int_equal(config.dataplane.mbufs, 8192);
	assert_int_equal(config.mqtt.max_inflight, 32); /* what is no board's is as ever */
}

static void test_without_a_board(void **state)
{
	struct config plain;

	(void)state;
	lines[0] = '\0';
	config_init(&plain);
	assert_int_equal(board_config_load(NULL, &config, NULL, NULL, keep, NULL), 0);
	assert_memory_equal(&config, &plain, sizeof(config));
}

static void test_facts_stand_over_the_configuration(void **state)
{
	(void)state;
	assert_int_equal(load("SLUICE_PORT__KIND=tap", "SLUICE_DATAPLANE__CORE=0"), 0);
	assert_string_equal(lines,
		"configuration: port.kind: \"tap\" is not used, as the board has \"pci\"; remove "
		"it "
		"from the configuration\n"
		"configuration: dataplane.core: \"0\" is not used, as the board has \"1\"; remove "
		"it from the configuration\n");
	assert_int_equal(config.port.kind, CONFIG_PORT_PCI);
	assert_int_equal(config.dataplane.core, 1);
	assert_int_equal(load("SLUICE_PORT__KIND=pci", "SLUICE_PORT__DEVICE=0000:00:01.0"), 0);
	assert_string_equal(lines, "");
}

static void test_budgets_stand_under_it(void **state)
{
	(void)state;
	assert_int_equal(load("SLUICE_DATAPLANE__MEMORY=300MB", "SLUICE_DATAPLANE__MBUFS=2048"), 0);
	assert_string_equal(lines, "");
	assert_int_equal(config.dataplane.memory_bytes, 300 << 20);
	assert_int_equal(config.dataplane.mbufs, 2048);
	/* 384 MB of hugepages less 21 for the buffers and 16 for DPDK */
	assert_int_equal(load("SLUICE_DATAPLANE__MEMORY=347MB", ""), 0);
	assert_string_equal(lines, "");
	assert_int_equal(load("SLUICE_DATAPLANE__MEMORY=348MB", ""), 0);
	assert_int_equal(config.dataplane.memory_bytes, 256 << 20);
	assert_non_null(strstr(lines, "they need 385 MB of hugepages, the board reserves 384 MB"));
}

static void test_faults_are_faults(void **state)
{
	(void)state;
	assert_int_equal(load("SLUICE_MQTT__NONSENSE=1", "SLUICE_PORT__KIND=tap"), -EINVAL);
	assert_non_null(strstr(lines, "SLUICE_MQTT__NONSENSE: unknown key"));
	assert_null(strstr(lines, "port.kind"));
}

static void test_shell_assignments(void **state)
{
	(void)state;
	lines[0] = '\0';
	board_shell(&board, keep, NULL);
	assert_int_equal(
		strncmp(lines, "board_id='qemu-arm64'\nboard_name='QEMU virt, arm64'\n", 52), 0);
	assert_non_null(strstr(lines, "\nboard_port_data_pmd='net_virtio'\n"));
	assert_non_null(strstr(lines, "\nboard_boot_secure='true'\n"));
	board.has_qemu = board.has_mgmt = false;
	lines[0] = '\0';
	board_shell(&board, keep, NULL);
	assert_non_null(strstr(lines, "\nboard_qemu_cores=''\n"));
	assert_non_null(strstr(lines, "\nboard_port_mgmt_device=''\n"));
}

static void test_one_value(void **state)
{
	char value[BOARD_VALUE_MAX];

	(void)state;
	assert_int_equal(board_get(&board, "hugepages.count", value), 0);
	assert_string_equal(value, "192");
	assert_int_equal(board_get(&board, "hugepages", value), -ENOENT);
}

static void expect_help(void *arg, const char *path, const char *value)
{
	char line[96];

	(void)value;
	++*(unsigned *)arg;
	snprintf(line, sizeof(line), "\n%s", path);
	assert_non_null(strstr(lines, line));
}

static void test_help_has_every_key(void **state)
{
	unsigned len = 0;

	(void)state;
	lines[0] = '\0';
	board_help(keep, NULL);
	board_each(&board, expect_help, &len);
	assert_true(len > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_defaults_are_the_boards, setup),
		cmocka_unit_test_setup(test_without_a_board, setup),
		cmocka_unit_test_setup(test_facts_stand_over_the_configuration, setup),
		cmocka_unit_test_setup(test_budgets_stand_under_it, setup),
		cmocka_unit_test_setup(test_faults_are_faults, setup),
		cmocka_unit_test_setup(test_shell_assignments, setup),
		cmocka_unit_test_setup(test_one_value, setup),
		cmocka_unit_test_setup(test_help_has_every_key, setup),
	};

	return cmocka_run_group_tests_name("board config", tests, NULL, NULL);
}
