#include <inttypes.h>
#include <string.h>

#include "base_assert.h"
#include "board_priv.h"

/* What must hold between keys. Each rule keeps a mistake of board.conf from becoming a box that fails in the field. */

enum {
	MBUF_BYTES = 2560, /* a packet buffer with its head, for frames of up to 1500 bytes */
	DPDK_MB = 16, /* what DPDK takes of the hugepages for itself */
	REST_MB = 128, /* of memory, for the kernel, control and the root file system */
};

uint64_t board_pages_mb(const struct board *board)
{
	return board->hugepages.size_kb * board->hugepages.count / 1024;
}

uint64_t board_worker_mb(uint64_t heap_mb, uint64_t mbufs)
{
	return heap_mb + mbufs * MBUF_BYTES / (1 << 20) + 1 + DPDK_MB;
}

/* The speeds that sluice-console sets: with another it would end at once, and the box would have no console. */
static void check_console(struct board_load *load)
{
	static const uint64_t speeds[] = {
		9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 1500000};

	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
		if (speeds[i] == load->board->console.baud)
			return;
	board_fault(load, "console.baud",
		"expected 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600 or 1500000");
}

static void check_dma(struct board_load *load)
{
	const struct board *b = load->board;
	bool is_arm = b->board.arch == BOARD_ARM64;
	bool is_smmu = b->dma.iommu == BOARD_SMMUV3 || b->dma.iommu == BOARD_SMMUV2;

	if (b->dma.iommu != BOARD_NO_IOMMU && is_smmu != is_arm)
		board_fault(load, "dma.iommu",
			"smmuv2 and smmuv3 are of arm64, vtd and amdvi are of amd64; board.arch is "
			"%s",
			is_arm ? "arm64" : "amd64");
	if (b->data.kind != BOARD_PCI)
		return;
	if (b->dma.iommu == BOARD_NO_IOMMU)
		board_fault(load, "port.data.kind",
			"pci needs an IOMMU, as DMA of the port could reach all memory, but "
			"dma.iommu is none; take af_xdp or af_packet");
	if (!b->dma.coherent)
		board_fault(load, "port.data.kind",
			"pci needs coherent DMA, as the worker would read stale packets, but "
			"dma.coherent is false; take af_xdp or af_packet");
}

static void check_port(struct board_load *load)
{
	static const char *const pmds[] = {
		[BOARD_PCI] = NULL,
		[BOARD_AF_XDP] = "net_af_xdp",
		[BOARD_AF_PACKET] = "net_af_packet",
	};
	const struct board *b = load->board;
	const char *pmd = pmds[b->data.kind];
	bool is_pci = b->data.kind == BOARD_PCI;

	if (board_is_pci_address(b->data.device) != is_pci)
		board_fault(load, "port.data.device", "expected %s",
			is_pci ? "a PCI address, as port.data.kind is pci"
			       : "the name of an interface, as port.data.kind is not pci");
	if ((b->data.bind == BOARD_VFIO_PCI) != is_pci)
		board_fault(load, "port.data.bind", "expected %s",
			is_pci ? "vfio-pci, as port.data.kind is pci"
			       : "none, as port.data.kind leaves the device to the kernel");
	if (pmd != NULL && strcmp(b->data.pmd, pmd) != 0)
		board_fault(load, "port.data.pmd", "expected %s, as port.data.kind says", pmd);
	if (pmd == NULL && strncmp(b->data.pmd, "net_af_", 7) == 0)
		board_fault(load, "port.data.pmd",
			"expected the driver of the card, as port.data.kind is pci");
	if (b->has_mgmt && strcmp(b->mgmt.device, b->data.device) == 0)
		board_fault(load, "port.mgmt.device", "port.data has the same device");
}

static void check_cpus(struct board_load *load)
{
	const struct board *b = load->board;
	struct board_cpus control, data;

	BASE_ASSERT(board_cpus_parse(&control, b->cpu.control) == 0);
	BASE_ASSERT(board_cpus_parse(&data, b->cpu.dataplane) == 0);
	if (board_cpus_has(&data, 0))
		board_fault(load, "cpu.dataplane",
			"expected CPUs other than 0, which handles interrupts of the kernel");
	for (unsigned cpu = 1; cpu < BOARD_CPUS_MAX; cpu++)
		if (board_cpus_has(&control, cpu) && board_cpus_has(&data, cpu)) {
			board_fault(load, "cpu.dataplane", "CPU %u is in cpu.control too", cpu);
			return;
		}
}

static void check_memory(struct board_load *load)
{
	const struct board *b = load->board;
	uint64_t pages_mb = board_pages_mb(b);
	uint64_t worker_mb = board_worker_mb(b->memory.worker_mb, b->memory.mbufs);

	if (b->hugepages.size_kb != 2048 && b->hugepages.size_kb != 1048576)
		board_fault(load, "hugepages.size_kb", "expected 2048 or 1048576");
	if (pages_mb < worker_mb)
		board_fault(load, "hugepages.count",
			"the pages are %" PRIu64 " MB, but a worker takes %" PRIu64
			" MB: memory.worker_mb, memory.mbufs and DPDK's own",
			pages_mb, worker_mb);
	if (b->memory.minimum_mb < pages_mb + REST_MB)
		board_fault(load, "memory.minimum_mb",
			"expected at least %" PRIu64 ": the hugepages are %" PRIu64
			" MB, and %d MB are for the rest",
			pages_mb + REST_MB, pages_mb, REST_MB);
}

static void check_factory(struct board_load *load)
{
	const struct board *b = load->board;

	if (b->factory.gateway4[0] != '\0' && b->factory.ipv4[0] == '\0')
		board_fault(load, "factory.gateway4", "expected factory.ipv4 beside it");
	if (b->factory.gateway6[0] != '\0' && b->factory.ipv6[0] == '\0')
		board_fault(load, "factory.gateway6", "expected factory.ipv6 beside it");
	if (b->factory.mgmt_ipv4[0] != '\0' && !b->has_mgmt)
		board_fault(load, "factory.mgmt_ipv4", "expected a section port.mgmt beside it");
}

static void check_qemu(struct board_load *load)
{
	static const char *const programs[] = {
		[BOARD_ARM64] = "qemu-system-aarch64", [BOARD_AMD64] = "qemu-system-x86_64"};
	const struct board *b = load->board;
	struct board_cpus cpus;

	if (!b->has_qemu) {
		if (b->board.tier == 1)
			board_fault(load, "board.tier",
				"tier 1 is tested on a twin, but there is no section qemu");
		return;
	}
	if (strcmp(b->qemu.program, programs[b->board.arch]) != 0)
		board_fault(load, "qemu.program", "expected %s, as board.arch says",
			programs[b->board.arch]);
	if (b->qemu.memory_mb < b->memory.minimum_mb)
		board_fault(load, "qemu.memory_mb", "expected at least memory.minimum_mb");
	if (b->has_mgmt && b->qemu.mgmt[0] == '\0')
		board_fault(load, "qemu.mgmt", "expected a device, as there is a port.mgmt");
	BASE_ASSERT(board_cpus_parse(&cpus, b->cpu.dataplane) == 0);
	for (unsigned cpu = 0; cpu < BOARD_CPUS_MAX; cpu++)
		if (board_cpus_has(&cpus, cpu) && cpu >= b->qemu.cores) {
			board_fault(
				load, "qemu.cores", "CPU %u of cpu.dataplane is not there", cpu);
			return;
		}
}

void board_check(struct board_load *load)
{
	check_console(load);
	check_dma(load);
	check_port(load);
	check_cpus(load);
	check_memory(load);
	check_factory(load);
	check_qemu(load);
}
