#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board.h"

/* board.conf: every board of the tree, and every fault with its line. */

static struct board board;
static char lines[16384];

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

/* A board without anything that may be left out: its sections, each a text that a test may exchange. */
enum section {
	BOARD,
	CONSOLE,
	BOOT,
	CPU,
	HUGEPAGES,
	MEMORY,
	DMA,
	DATA,
	DISK,
	WATCHDOG,
	CLOCK,
	MORE,
	SECTIONS
};

static const char data_text[] =
	"port.data { label = \"p 0\"\nkind = pci\ndevice = \"0001:02:03.4\"\n"
	"bind = vfio-pci\npmd = net_igc }";
static const char disk_text[] = "disk { device = \"/dev/vda\"\nslot_mb = 64\nrecovery_mb = 64\n"
				"cfg_mb = 32\ndata_mb = 64 }";

static const char *const plain[SECTIONS] = {
	[BOARD] = "board { id = b\nname = \"B\"\narch = arm64\ntier = 2 }",
	[CONSOLE] = "console { tty = ttyS0\nbaud = 115200 }",
	[BOOT] = "boot { firmware = edk2\nselector = grubenv\nsecure = false }",
	[CPU] = "cpu { control = 0\ndataplane = \"1\" }",
	[HUGEPAGES] = "hugepages { size_kb = 2048\ncount = 192 }",
	[MEMORY] = "memory { minimum_mb = 900\nworker_mb = 256\nmbufs = 8192 }",
	[DMA] = "dma { iommu = smmuv3\ncoherent = true }",
	[DATA] = data_text,
	[DISK] = disk_text,
	[WATCHDOG] = "watchdog { timeout_s = 0 }",
	[CLOCK] = "clock { rtc = no }",
	[MORE] = "",
};

static int load_text(const char *text)
{
	char folder[] = "/tmp/board-test-XXXXXX", path[64], *at;
	FILE *file;
	size_t bytes;
	int rc;

	lines[0] = '\0';
	assert_non_null(mkdtemp(folder));
	bytes = (size_t)snprintf(path, sizeof(path), "%s/b.conf", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	rc = board_load(&board, path, keep, NULL);
	unlink(path);
	rmdir(folder);
	/* the folder's name is random */
	while ((at = strstr(lines, path)) != NULL) {
		memcpy(at, "b.conf", 6);
		memmove(at + 6, at + bytes, strlen(at + bytes) + 1);
	}
	return rc;
}

/* The plain board with one section exchanged; each section begins at the line 100 * its number + 1. */
static int load_with(enum section changed, const char *text)
{
	static char whole[16384];

	whole[0] = '\0';
	for (unsigned i = 0; i < SECTIONS; i++) {
		const char *section = i == changed ? text : plain[i];
		unsigned line = 0;

		append(whole, sizeof(whole), section);
		for (const char *at = section; *at != '\0'; at++)
			line += *at == '\n';
		for (; line < 100; line++)
			append(whole, sizeof(whole), "\n");
	}
	return load_text(whole);
}

/* It must be refused with exactly one line, which begins so. */
static void refused(enum section changed, const char *text, const char *line)
{
	assert_int_equal(load_with(changed, text), -EINVAL);
	if (strncmp(lines, line, strlen(line)) != 0 || strchr(lines, '\n')[1] != '\0')
		fail_msg("expected \"%s\", found \"%s\"", line, lines);
}

static void test_every_board_of_the_tree(void **state)
{
	DIR *folder = opendir("board");
	struct dirent *entry;
	unsigned len = 0;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		char path[300];

		if (entry->d_name[0] == '.' || strchr(entry->d_name, '.') != NULL)
			continue;
		snprintf(path, sizeof(path), "board/%s/board.conf", entry->d_name);
		lines[0] = '\0';
		if (board_load(&board, path, keep, NULL) != 0)
			fail_msg("%s", lines);
		assert_string_equal(board.board.id, entry->d_name);
		len++;
	}
	closedir(folder);
	assert_true(len >= 7);
}

static void test_a_plain_board(void **state)
{
	(void)state;
	assert_int_equal(load_with(MORE, ""), 0);
	assert_string_equal(lines, "");
	assert_string_equal(board.board.id, "b");
	assert_int_equal(board.board.arch, BOARD_ARM64);
	assert_int_equal(board.data.kind, BOARD_PCI);
	assert_string_equal(board.data.device, "0001:02:03.4");
	assert_string_equal(board.data.modules, "");
	assert_int_equal(board.memory.mbufs, 8192);
	assert_false(board.clock.rtc || board.has_mgmt || board.has_qemu);
}

static void test_sections_that_may_be_missing(void **state)
{
	(void)state;
	assert_int_equal(load_with(MORE, "port.mgmt { label = m\ndevice = eth0 }"), 0);
	assert_true(board.has_mgmt);
	assert_string_equal(board.mgmt.device, "eth0");
	refused(MORE, "port.mgmt { label = m }", "b.conf: port.mgmt.device is missing: its PCI");
	assert_int_equal(load_with(MORE, "qemu.cores = 2"), -EINVAL);
	assert_non_null(strstr(lines, "b.conf: qemu.program is missing"));
	assert_non_null(strstr(lines, "b.conf: qemu.nic is missing"));
	assert_null(strstr(lines, "qemu.mgmt"));
}

static void test_what_is_no_board(void **state)
{
	(void)state;
	assert_int_equal(board_load(&board, "/nonexistent/board.conf", keep, NULL), -ENOENT);
	assert_int_equal(load_text(""), -EINVAL);
	assert_non_null(strstr(lines, "b.conf: board.id is missing"));
	assert_non_null(strstr(lines, "b.conf: clock.rtc is missing"));
	assert_null(strstr(lines, "qemu"));
	refused(CLOCK, "clock { rtc = true\nrtc = true }",
		"b.conf:1002: clock.rtc: is set twice, first in line 1001");
	refused(MORE, "\nclock.battery = 1",
		"b.conf:1102: clock.battery: unknown key; board/README.md lists them");
	refused(MORE, "clock {", "b.conf:1101: clock: expected a closing brace");
}

static void test_values_that_do_not_look_right(void **state)
{
	(void)state;
	refused(BOARD, "board { id = B\nname = \"B\"\narch = arm64\ntier = 2 }",
		"b.conf:1: board.id: expected small letters");
	refused(BOARD, "board { id = b\nname = \"it's\"\narch = arm64\ntier = 2 }",
		"b.conf:2: board.name: expected letters");
	refused(BOARD, "board { id = b\nname = \"B\"\narch = mips\ntier = 2 }",
		"b.conf:3: board.arch: expected arm64 or amd64, found \"mips\"");
	refused(BOARD, "board { id = b\nname = \"B\"\narch = arm64\ntier = 4 }",
		"b.conf:4: board.tier: expected an integer from 1 to 3");
	refused(BOARD, "board { id = b\nname = \" B\"\narch = arm64\ntier = 2 }",
		"b.conf:2: board.name: expected");
	refused(CONSOLE, "console { tty = serial\nbaud = 115200 }",
		"b.conf:101: console.tty: expected tty");
	refused(CONSOLE, "console { tty = ttyS0\nbaud = 100000 }",
		"b.conf:102: console.baud: expected 9600, 19200");
	refused(CPU, "cpu { control = 0\ndataplane = \"\" }",
		"b.conf:302: cpu.dataplane: expected");
	refused(CPU, "cpu { control = 0\ndataplane = \"2-1\" }",
		"b.conf:302: cpu.dataplane: expected");
	refused(CPU, "cpu { control = 0\ndataplane = \"1024\" }",
		"b.conf:302: cpu.dataplane: expected");
	refused(HUGEPAGES, "hugepages { size_kb = 4096\ncount = 192 }",
		"b.conf:401: hugepages.size_kb: expected 2048 or 1048576");
	refused(MORE, "kernel.cmdline = \"a $(reboot)\"", "b.conf:1101: kernel.cmdline: expected");
	refused(MORE, "kernel.modules = \"a  b\"", "b.conf:1101: kernel.modules: expected");
	refused(MORE, "factory.ipv4 = \"198.18.0.2\"", "b.conf:1101: factory.ipv4: expected");
	refused(DISK,
		"disk { device = \"\"\nslot_mb = 64\nrecovery_mb = 64\ncfg_mb = 32\ndata_mb = 64 }",
		"b.conf:801: disk.device: expected");
}

static const char xdp[] = "port.data { label = \"p 0\"\nkind = af_xdp\ndevice = eth0\nbind = "
			  "none\npmd = net_af_xdp }";

static void test_rules_of_dma(void **state)
{
	(void)state;
	refused(DMA, "dma { iommu = none\ncoherent = true }",
		"b.conf:702: port.data.kind: pci needs an IOMMU");
	refused(DMA, "dma { iommu = smmuv3\ncoherent = false }",
		"b.conf:702: port.data.kind: pci needs coherent DMA");
	refused(DMA, "dma { iommu = vtd\ncoherent = true }",
		"b.conf:601: dma.iommu: smmuv2 and smmuv3 are of arm64");
	assert_int_equal(load_with(DATA, xdp), 0);
	assert_int_equal(board.data.kind, BOARD_AF_XDP);
}

static void test_rules_of_the_port(void **state)
{
	(void)state;
	refused(DATA,
		"port.data { label = p\nkind = pci\ndevice = eth0\nbind = vfio-pci\npmd = net_igc "
		"}",
		"b.conf:703: port.data.device: expected a PCI address");
	refused(DATA,
		"port.data { label = p\nkind = pci\ndevice = \"0001:02:03.4\"\nbind = none\npmd = "
		"net_igc }",
		"b.conf:704: port.data.bind: expected vfio-pci");
	refused(DATA,
		"port.data { label = p\nkind = pci\ndevice = \"0001:02:03.4\"\nbind = "
		"vfio-pci\npmd "
		"= net_af_xdp }",
		"b.conf:705: port.data.pmd: expected the driver of the card");
	refused(DATA,
		"port.data { label = p\nkind = pci\ndevice = \"0001:02:03.8\"\nbind = "
		"vfio-pci\npmd "
		"= net_igc }",
		"b.conf:703: port.data.device: expected a PCI address");
	refused(DATA,
		"port.data { label = p\nkind = af_packet\ndevice = eth0\nbind = none\npmd = "
		"net_af_xdp }",
		"b.conf:705: port.data.pmd: expected net_af_packet");
	refused(MORE, "port.mgmt { label = m\ndevice = \"0001:02:03.4\" }",
		"b.conf:1102: port.mgmt.device: port.data has the same device");
}

static void test_rules_of_cores(void **state)
{
	(void)state;
	refused(CPU, "cpu { control = 0\ndataplane = \"0-1\" }",
		"b.conf:302: cpu.dataplane: expected CPUs other than 0");
	refused(CPU, "cpu { control = \"0-3\"\ndataplane = \"3,4\" }",
		"b.conf:302: cpu.dataplane: CPU 3 is in cpu.control too");
	assert_int_equal(load_with(CPU, "cpu { control = \"0-3\"\ndataplane = \"4,6-7\" }"), 0);
}

static void test_rules_of_memory(void **state)
{
	(void)state;
	refused(HUGEPAGES, "hugepages { size_kb = 2048\ncount = 146 }",
		"b.conf:402: hugepages.count: the pages are 292 MB, but a worker takes 293 MB");
	assert_int_equal(load_with(HUGEPAGES, "hugepages { size_kb = 2048\ncount = 147 }"), 0);
	refused(MEMORY, "memory { minimum_mb = 511\nworker_mb = 256\nmbufs = 8192 }",
		"b.conf:501: memory.minimum_mb: expected at least 512");
	assert_int_equal(
		load_with(MEMORY, "memory { minimum_mb = 512\nworker_mb = 256\nmbufs = 8192 }"), 0);
}

static void test_rules_of_a_twin(void **state)
{
	static const char twin[] =
		"port.mgmt { label = m\ndevice = eth0 }\n"
		"qemu { program = %s\nmachine = virt\ncpu = a\ncores = %d\nmemory_mb = %d\nnic = "
		"n\ndisk = d\nmgmt = \"%s\" }";
	char text[512];

	(void)state;
	refused(BOARD, "board { id = b\nname = \"B\"\narch = arm64\ntier = 1 }",
		"b.conf:4: board.tier: tier 1 is tested on a twin");
	snprintf(text, sizeof(text), twin, "qemu-system-aarch64", 2, 1024, "n");
	assert_int_equal(load_with(MORE, text), 0);
	assert_true(board.has_qemu);
	snprintf(text, sizeof(text), twin, "qemu-system-x86_64", 2, 1024, "n");
	refused(MORE, text, "b.conf:1103: qemu.program: expected qemu-system-aarch64");
	snprintf(text, sizeof(text), twin, "qemu-system-aarch64", 2, 512, "n");
	refused(MORE, text, "b.conf:1107: qemu.memory_mb: expected at least memory.minimum_mb");
	snprintf(text, sizeof(text), twin, "qemu-system-aarch64", 2, 1024, "");
	refused(MORE, text, "b.conf:1110: qemu.mgmt: expected a device");
	refused(CPU, "cpu { control = 0\ndataplane = \"1\" }\nfactory.mgmt_ipv4 = \"192.0.2.1/24\"",
		"b.conf:303: factory.mgmt_ipv4: expected a section port.mgmt");
	refused(MORE, "factory.gateway4 = \"192.0.2.1\"",
		"b.conf:1101: factory.gateway4: expected factory.ipv4");
}

static void test_cpus(void **state)
{
	struct board_cpus cpus, few;

	(void)state;
	assert_int_equal(board_cpus_parse(&cpus, ""), 0);
	assert_int_equal(board_cpus_first(&cpus, NULL), BOARD_CPUS_MAX);
	assert_int_equal(board_cpus_parse(&cpus, "2,64-66,1023"), 0);
	assert_int_equal(board_cpus_first(&cpus, NULL), 2);
	assert_true(board_cpus_has(&cpus, 65) && board_cpus_has(&cpus, 1023));
	assert_false(board_cpus_has(&cpus, 67) || board_cpus_has(&cpus, 1024));
	assert_int_equal(board_cpus_parse(&few, "0-64"), 0);
	assert_int_equal(board_cpus_first(&cpus, &few), 65);
	for (size_t i = 0; i < 7; i++) {
		static const char *const wrong[] = {"a", "1,", ",1", "1-", "-1", "1 2", "1024"};

		assert_int_equal(board_cpus_parse(&cpus, wrong[i]), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_board_of_the_tree),
		cmocka_unit_test(test_a_plain_board),
		cmocka_unit_test(test_sections_that_may_be_missing),
		cmocka_unit_test(test_what_is_no_board),
		cmocka_unit_test(test_values_that_do_not_look_right),
		cmocka_unit_test(test_rules_of_dma),
		cmocka_unit_test(test_rules_of_the_port),
		cmocka_unit_test(test_rules_of_cores),
		cmocka_unit_test(test_rules_of_memory),
		cmocka_unit_test(test_rules_of_a_twin),
		cmocka_unit_test(test_cpus),
	};

	return cmocka_run_group_tests_name("board load", tests, NULL, NULL);
}
