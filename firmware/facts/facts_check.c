#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base_assert.h"
#include "facts_read.h"

struct check {
	const struct board *board;
	const struct facts_machine *machine;
	config_line_fn *line;
	void *arg;
	unsigned faults;
};

static void fault(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void fault(struct check *c, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	c->faults++;
	c->line(c->arg, line);
}

/* One of the patterns, with '|' between them, against one name. */
static bool is_one_of(const char *patterns, const char *name)
{
	char copy[CONFIG_TEXT_MAX], *rest = copy, *pattern;

	snprintf(copy, sizeof(copy), "%s", patterns);
	while ((pattern = strsep(&rest, "|")) != NULL)
		if (fnmatch(pattern, name, 0) == 0)
			return true;
	return false;
}

/* A device tree lists several names, each with a NUL; SMBIOS has one. */
static void check_hardware(struct check *c)
{
	const char *wanted = c->board->board.compatible, *at;
	char text[FACTS_TEXT_MAX] = "", found[FACTS_TEXT_MAX] = "";
	size_t used = 0;

	if (wanted[0] == '\0')
		return;
	if (!facts_read_text(text, "%s/firmware/devicetree/base/compatible", c->machine->sys))
		facts_read_text(text, "%s/class/dmi/id/product_name", c->machine->sys);
	for (at = text; *at != '\0' && at < text + sizeof(text); at += strlen(at) + 1) {
		if (is_one_of(wanted, at))
			return;
		used += (size_t)snprintf(
			found + used, sizeof(found) - used, "%s%s", used ? "|" : "", at);
	}
	if (found[0] == '\0')
		return; /* the hardware does not say what it is */
	fault(c,
		"board.compatible: wanted \"%s\", found \"%.200s\"; this image is for another "
		"board: "
		"build it with BOARD= of this one",
		wanted, found);
}

/* "MemTotal:   8031234 kB" */
static unsigned long long memory_mb(const struct check *c)
{
	char text[FACTS_TEXT_MAX];
	unsigned long long kb = 0;
	const char *at;

	facts_read_text(text, "%s/meminfo", c->machine->proc);
	at = strstr(text, "MemTotal:");
	if (at == NULL || sscanf(at, "MemTotal: %llu kB", &kb) != 1)
		return 0;
	return kb / 1024;
}

static void check_memory(struct check *c)
{
	const struct board *b = c->board;
	unsigned long long mb = memory_mb(c), pages = 0;

	if (mb < b->memory.minimum_mb)
		fault(c,
			"memory.minimum_mb: wanted %llu MB, found %llu MB (MemTotal); fit more "
			"memory, "
			"or lower hugepages.count, memory.worker_mb and this key in board.conf",
			(unsigned long long)b->memory.minimum_mb, mb);
	facts_read_number(&pages, "%s/kernel/mm/hugepages/hugepages-%llukB/nr_hugepages",
		c->machine->sys, (unsigned long long)b->hugepages.size_kb);
	if (pages < b->hugepages.count)
		fault(c,
			"hugepages.count: wanted %llu pages of %llu kB, found %llu; they are "
			"reserved at the start: look for a message of that above, or lower the "
			"count in board.conf",
			(unsigned long long)b->hugepages.count,
			(unsigned long long)b->hugepages.size_kb, pages);
}

static void read_cpus(
	const struct check *c, const char *name, char text[FACTS_TEXT_MAX], struct board_cpus *cpus)
{
	facts_read_text(text, "%s/devices/system/cpu/%s", c->machine->sys, name);
	if (board_cpus_parse(cpus, text) < 0)
		memset(cpus, 0, sizeof(*cpus));
}

static void check_cpus(struct check *c)
{
	const struct board *b = c->board;
	struct board_cpus control, data, online, isolated;
	char online_text[FACTS_TEXT_MAX], isolated_text[FACTS_TEXT_MAX];

	BASE_ASSERT(board_cpus_parse(&control, b->cpu.control) == 0);
	BASE_ASSERT(board_cpus_parse(&data, b->cpu.dataplane) == 0);
	read_cpus(c, "online", online_text, &online);
	read_cpus(c, "isolated", isolated_text, &isolated);
	if (board_cpus_first(&control, &online) < BOARD_CPUS_MAX)
		fault(c,
			"cpu.control: wanted CPUs %s, found %.80s online; name CPUs that the "
			"board has in board.conf",
			b->cpu.control, online_text);
	if (board_cpus_first(&data, &online) < BOARD_CPUS_MAX)
		fault(c,
			"cpu.dataplane: wanted CPUs %s, found %.80s online; name CPUs that the "
			"board has in board.conf",
			b->cpu.dataplane, online_text);
	else if (board_cpus_first(&data, &isolated) < BOARD_CPUS_MAX)
		fault(c,
			"cpu.dataplane: wanted CPUs %s isolated, found \"%.80s\"; the kernel's "
			"command line must have isolcpus=%s, as the image's has",
			b->cpu.dataplane, isolated_text, b->cpu.dataplane);
}

static void check_interface(struct check *c, const char *key, const char *name)
{
	char found[200];

	if (facts_is_there("%s/class/net/%s", c->machine->sys, name))
		return;
	facts_list(found, sizeof(found), "%s/class/net", c->machine->sys);
	fault(c,
		"%s: wanted the network interface %s, found %s; name one of these in board.conf, "
		"or add the kernel module of its driver",
		key, name, found);
}

/* What PCI identifiers a driver of DPDK's can take: vendors whose cards it is for. */
static const struct {
	const char *pmd;
	unsigned vendor;
	const char *maker;
} makers[] = {
	{"net_virtio", 0x1af4, "virtio"},
	{"net_e1000", 0x8086, "Intel"},
	{"net_igc", 0x8086, "Intel"},
	{"net_ixgbe", 0x8086, "Intel"},
	{"net_i40e", 0x8086, "Intel"},
	{"net_iavf", 0x8086, "Intel"},
	{"net_ice", 0x8086, "Intel"},
	{"net_bnxt", 0x14e4, "Broadcom"},
	{"net_atlantic", 0x1d6a, "Aquantia"},
	{"net_hns3", 0x19e5, "Huawei"},
	{"net_ena", 0x1d0f, "Amazon"},
	{"net_vmxnet3", 0x15ad, "VMware"},
};

static void check_card(struct check *c)
{
	const char *address = c->board->data.device, *pmd = c->board->data.pmd;
	unsigned long long class = 0, vendor = 0, device = 0;

	facts_read_number(&class, "%s/bus/pci/devices/%s/class", c->machine->sys, address);
	facts_read_number(&vendor, "%s/bus/pci/devices/%s/vendor", c->machine->sys, address);
	facts_read_number(&device, "%s/bus/pci/devices/%s/device", c->machine->sys, address);
	if (class >> 16 != 0x02) {
		fault(c,
			"port.data.device: wanted a network card at %s, found %04llx:%04llx of "
			"class %06llx; name the card's address in board.conf (lspci -D shows it)",
			address, vendor, device, class);
		return;
	}
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (strcmp(makers[i].pmd, pmd) == 0 && makers[i].vendor != vendor)
			fault(c,
				"port.data.pmd: wanted a card for %s (%s, vendor %04x) at %s, "
				"found %04llx:%04llx; name the card's own driver in board.conf",
				pmd, makers[i].maker, makers[i].vendor, address, vendor, device);
}

static void check_iommu(struct check *c)
{
	/* what the kernel calls IOMMUs of each kind */
	static const char *const names[] = {
		[BOARD_SMMUV3] = "smmu3.*",
		[BOARD_SMMUV2] = "smmu.*",
		[BOARD_VTD] = "dmar*",
		[BOARD_AMDVI] = "ivhd*",
	};
	const char *address = c->board->data.device, *pattern = names[c->board->dma.iommu];
	char found[FACTS_TEXT_MAX];

	if (!facts_is_there("%s/bus/pci/devices/%s/iommu_group", c->machine->sys, address))
		fault(c,
			"dma.iommu: wanted an IOMMU group of %s, found none; switch the IOMMU on "
			"(firmware setup; amd64 also needs intel_iommu=on in kernel.cmdline), or "
			"take port.data.kind = af_xdp",
			address);
	else if (facts_read_link(found, "%s/bus/pci/devices/%s/iommu", c->machine->sys, address) &&
		 fnmatch(pattern, found, 0) != 0)
		fault(c, "dma.iommu: wanted %s, found %.80s; name the board's IOMMU in board.conf",
			pattern, found);
}

static void check_coherence(struct check *c)
{
	const char *address = c->board->data.device;
	enum facts_coherence found = facts_coherence(c->board, c->machine, address);

	if (found == FACTS_COHERENT)
		return;
	fault(c,
		"dma.coherent: wanted true, found %s for %s; take port.data.kind = af_xdp or "
		"af_packet in board.conf, or firmware that describes the bridge",
		found == FACTS_UNKNOWN ? "nothing that says so (device tree, or ACPI's IORT)"
				       : "DMA that the caches do not see",
		address);
}

static void check_pci(struct check *c)
{
	const char *address = c->board->data.device;
	const char *bind = board_bind_name(c->board->data.bind);
	char found[FACTS_TEXT_MAX] = "no driver";

	if (!facts_is_there("%s/bus/pci/devices/%s", c->machine->sys, address)) {
		facts_list(found, 400, "%s/bus/pci/devices", c->machine->sys);
		fault(c,
			"port.data.device: wanted a PCI device at %s, found these: %s; name the "
			"card's address in board.conf, or look at the slot",
			address, found);
		return;
	}
	check_card(c);
	check_iommu(c);
	check_coherence(c);
	facts_read_link(found, "%s/bus/pci/devices/%s/driver", c->machine->sys, address);
	if (strcmp(found, bind) != 0)
		fault(c,
			"port.data.bind: wanted %s on %s, found %.80s; it is bound at the start: "
			"look for a message of that above",
			bind, address, found);
}

unsigned facts_check(const struct board *board, const struct facts_machine *machine,
	config_line_fn *line, void *arg)
{
	struct check c = {.board = board, .machine = machine, .line = line, .arg = arg};

	check_hardware(&c);
	check_cpus(&c);
	check_memory(&c);
	if (board->data.kind == BOARD_PCI)
		check_pci(&c);
	else
		check_interface(&c, "port.data.device", board->data.device);
	return c.faults;
}
