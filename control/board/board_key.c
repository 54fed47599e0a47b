#include <string.h>

#include "board_priv.h"

/*
 * The one list of keys: loader, help text and the variables of shell scripts follow it, in its order; keys of one
 * section stand together.
 */

#define MEMBER(m) .offset = offsetof(struct board, m), .room = sizeof(((struct board *)NULL)->m)
#define KEY(p, m, t, ...) .key = {.path = (p), MEMBER(m), .type = (t), __VA_ARGS__}
#define TEXT(p, m, f, h)                                                                           \
	{                                                                                          \
		KEY(p, m, CONFIG_STRING, .min = 1, .help = (h)), .form = (f)                       \
	}
#define MAY_TEXT(p, m, f, h)                                                                       \
	{                                                                                          \
		KEY(p, m, CONFIG_STRING, .preset = "", .help = (h)), .form = (f)                   \
	}
#define NUMBER(p, m, lo, hi, h)                                                                    \
	{                                                                                          \
		KEY(p, m, CONFIG_INTEGER, .min = (lo), .max = (hi), .help = (h))                   \
	}
#define WORD(p, m, w, h)                                                                           \
	{                                                                                          \
		KEY(p, m, CONFIG_ENUM, .words = (w), .help = (h))                                  \
	}
#define TRUTH(p, m, h)                                                                             \
	{                                                                                          \
		KEY(p, m, CONFIG_BOOL, .help = (h))                                                \
	}
#define ADDRESS(p, m, t, h)                                                                        \
	{                                                                                          \
		KEY(p, m, t, .preset = "", .help = (h))                                            \
	}

static const char *const arch_words[] = {"arm64", "amd64", NULL};
static const char *const firmware_words[] = {"edk2", "uboot", NULL};
static const char *const selector_words[] = {"grubenv", NULL};
static const char *const iommu_words[] = {"smmuv3", "smmuv2", "vtd", "amdvi", "none", NULL};
static const char *const kind_words[] = {"pci", "af_xdp", "af_packet", NULL};
static const char *const bind_words[] = {"vfio-pci", "none", NULL};

/* clang-format off */
const struct board_key board_keys[] = {
	TEXT("board.id", board.id, BOARD_FORM_ID, "the name of the board's folder, and the host name of a new box"),
	TEXT("board.name", board.name, BOARD_FORM_TEXT, "for people"),
	WORD("board.arch", board.arch, arch_words, "architecture of kernel and programs"),
	NUMBER("board.tier", board.tier, 1, 3, "1: every change is tested on its QEMU twin; 2: its image is built; 3: its users look after it"),
	MAY_TEXT("board.compatible", board.compatible, BOARD_FORM_TEXT, "what the hardware calls itself (device tree's compatible, or SMBIOS's product name), several with '|' between; '*' and '?' match any; empty: not checked"),

	MAY_TEXT("kernel.modules", kernel.modules, BOARD_FORM_MODULES, "modules that are loaded first, in this order"),
	MAY_TEXT("kernel.cmdline", kernel.cmdline, BOARD_FORM_TEXT, "words of the kernel's command line, before those that follow from other keys"),

	TEXT("console.tty", console.tty, BOARD_FORM_TTY, "the serial console"),
	NUMBER("console.baud", console.baud, 9600, 1500000, "its speed: 9600, 19200, ... 115200 ... 921600 or 1500000"),

	WORD("boot.firmware", boot.firmware, firmware_words, "what starts GRUB: both do it as UEFI firmware"),
	WORD("boot.selector", boot.selector, selector_words, "where the order of the slots and their tries are kept"),
	TRUTH("boot.secure", boot.secure, "whether the firmware can be made to start signed images only (make image SECURE=1)"),

	TEXT("cpu.control", cpu.control, BOARD_FORM_CPUS, "CPUs of control and of everything else that is no worker, such as 0 or 0,2-3"),
	TEXT("cpu.dataplane", cpu.dataplane, BOARD_FORM_CPUS, "CPUs of the workers, which the kernel keeps everything else off; not CPU 0"),

	NUMBER("hugepages.size_kb", hugepages.size_kb, 2048, 1048576, "size of one: 2048 or 1048576"),
	NUMBER("hugepages.count", hugepages.count, 1, 1048576, "pages that are reserved at the start: they hold memory.worker_mb and the packet buffers"),

	NUMBER("memory.minimum_mb", memory.minimum_mb, 256, 16777216, "memory that the kernel must have (MemTotal, which is less than what is built in)"),
	NUMBER("memory.worker_mb", memory.worker_mb, 16, 1048576, "heap of a worker: the default of dataplane.memory"),
	NUMBER("memory.mbufs", memory.mbufs, 1024, 1048576, "packet buffers of a worker: the default of dataplane.mbufs"),

	WORD("dma.iommu", dma.iommu, iommu_words, "what confines the DMA of devices; none forbids port.data.kind = pci"),
	TRUTH("dma.coherent", dma.coherent, "whether the caches see what devices write; false forbids port.data.kind = pci"),

	TEXT("port.data.label", data.label, BOARD_FORM_TEXT, "what stands on the case beside the port of the broker's clients"),
	WORD("port.data.kind", data.kind, kind_words, "pci: DPDK's own driver; af_xdp, af_packet: the kernel's driver stays"),
	TEXT("port.data.device", data.device, BOARD_FORM_DEVICE, "PCI address (kind pci) or name of the network interface"),
	WORD("port.data.bind", data.bind, bind_words, "kernel driver that gives the device to DPDK: vfio-pci (kind pci) or none"),
	TEXT("port.data.pmd", data.pmd, BOARD_FORM_PMD, "DPDK's driver, such as net_ixgbe; the image holds no other"),
	MAY_TEXT("port.data.modules", data.modules, BOARD_FORM_MODULES, "kernel modules that the port needs"),

	TEXT("port.mgmt.label", mgmt.label, BOARD_FORM_TEXT, "what stands beside the port for updates and remote access"),
	TEXT("port.mgmt.device", mgmt.device, BOARD_FORM_DEVICE, "its PCI address, or the name of the network interface; the kernel's driver has it"),
	MAY_TEXT("port.mgmt.modules", mgmt.modules, BOARD_FORM_MODULES, "kernel modules that it needs"),

	TEXT("disk.device", disk.device, BOARD_FORM_TEXT, "the disk that the box starts from: /dev/vda, or patterns such as /dev/vd?|/dev/nvme?n1"),
	NUMBER("disk.slot_mb", disk.slot_mb, 64, 4096, "size of slot a and of slot b"),
	NUMBER("disk.recovery_mb", disk.recovery_mb, 64, 4096, "size of the recovery slot, which no update writes to"),
	NUMBER("disk.cfg_mb", disk.cfg_mb, 16, 4096, "size of the partition for configuration and keys"),
	NUMBER("disk.data_mb", disk.data_mb, 16, 1048576, "size of the partition for data in the image; it grows at the first start"),
	MAY_TEXT("disk.modules", disk.modules, BOARD_FORM_MODULES, "kernel modules that the disk needs"),

	MAY_TEXT("watchdog.module", watchdog.module, BOARD_FORM_MODULES, "kernel module of the watchdog; empty: built into the kernel"),
	NUMBER("watchdog.timeout_s", watchdog.timeout_s, 0, 600, "a box that hangs for so long is reset; 0: it has no watchdog"),

	TRUTH("clock.rtc", clock.rtc, "whether a clock runs while the box is off"),

	ADDRESS("factory.ipv4", factory.ipv4, CONFIG_IPV4_NET, "net.ipv4 of a new box"),
	ADDRESS("factory.gateway4", factory.gateway4, CONFIG_IPV4, "net.gateway4 of a new box; in QEMU, the machine that it runs on"),
	ADDRESS("factory.ipv6", factory.ipv6, CONFIG_IPV6_NET, "net.ipv6 of a new box"),
	ADDRESS("factory.gateway6", factory.gateway6, CONFIG_IPV6, "net.gateway6 of a new box; in QEMU, the machine that it runs on"),
	ADDRESS("factory.mgmt_ipv4", factory.mgmt_ipv4, CONFIG_IPV4_NET, "mgmt.ipv4 of a new box"),

	TEXT("qemu.program", qemu.program, BOARD_FORM_ID, "the emulator"),
	TEXT("qemu.machine", qemu.machine, BOARD_FORM_TEXT, "its -machine"),
	TEXT("qemu.cpu", qemu.cpu, BOARD_FORM_TEXT, "its -cpu"),
	NUMBER("qemu.cores", qemu.cores, 2, 64, "its -smp"),
	NUMBER("qemu.memory_mb", qemu.memory_mb, 256, 65536, "its -m"),
	TEXT("qemu.nic", qemu.nic, BOARD_FORM_TEXT, "-device of port.data, to which netdev= is added"),
	MAY_TEXT("qemu.mgmt", qemu.mgmt, BOARD_FORM_TEXT, "-device of port.mgmt, to which netdev= is added"),
	TEXT("qemu.disk", qemu.disk, BOARD_FORM_TEXT, "-device of the disk, to which drive= is added"),
	MAY_TEXT("qemu.devices", qemu.devices, BOARD_FORM_TEXT, "further devices, a word each; they stand before all others"),
	MAY_TEXT("qemu.code", qemu.code, BOARD_FORM_TEXT, "the twin's UEFI firmware"),
	MAY_TEXT("qemu.vars", qemu.vars, BOARD_FORM_TEXT, "its variables, which are copied for each machine"),
};
/* clang-format on */
const size_t board_key_len = sizeof(board_keys) / sizeof(board_keys[0]);

size_t board_key_find(const char *path)
{
	size_t i = 0;

	while (i < board_key_len && strcmp(board_keys[i].key.path, path) != 0)
		i++;
	return i;
}

const char *board_bind_name(unsigned bind)
{
	return bind_words[bind];
}
