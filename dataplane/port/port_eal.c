#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "port_priv.h"

/*
 * DPDK's start. Its own messages are for its developers, so what a user can do wrong is looked for before.
 */

enum { ARGS_MAX = 16, ARG_SIZE = 512 };

struct args {
	char text[ARGS_MAX][ARG_SIZE];
	char *list[ARGS_MAX];
	int len;
};

int port_fail(char *error, int code, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(error, PORT_ERROR_SIZE, format, list);
	va_end(list);
	return -code;
}

__attribute__((format(printf, 2, 3))) static void add(struct args *args, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(args->text[args->len], ARG_SIZE, format, list);
	va_end(list);
	args->list[args->len] = args->text[args->len];
	args->len++;
}

unsigned port_buffer_bytes(const struct port_config *config)
{
	unsigned frame = config->mtu + 14 + 4 + 4; /* Ethernet header, VLAN tag, checksum */
	unsigned bytes = RTE_PKTMBUF_HEADROOM + frame;

	return bytes < RTE_MBUF_DEFAULT_BUF_SIZE ? RTE_MBUF_DEFAULT_BUF_SIZE
						 : (bytes + 63) / 64 * 64;
}

/* What DPDK will take: the packet buffers, and 16 MiB for the rest of it. */
static unsigned memory_mib(const struct port_config *config)
{
	size_t each =
		port_buffer_bytes(config) + sizeof(struct rte_mbuf) + PORT_PRIVATE_BYTES + 128;

	return (unsigned)((each * config->mbufs) >> 20) + 16;
}

static unsigned hugepages(unsigned page_mib, const char *what)
{
	char path[128];
	unsigned pages = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%ukB/%s", page_mib * 1024,
		what);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%u", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages;
}

/* Free, and not promised to somebody who has not touched them yet. */
static unsigned free_hugepages_mib(unsigned page_mib)
{
	unsigned free_pages = hugepages(page_mib, "free_hugepages");
	unsigned promised = hugepages(page_mib, "resv_hugepages");

	return free_pages > promised ? (free_pages - promised) * page_mib : 0;
}

static int check_hugepages(const struct port_config *config, bool *use, char *error)
{
	unsigned have = free_hugepages_mib(2), need = memory_mib(config);

	if (free_hugepages_mib(1024) > have)
		have = free_hugepages_mib(1024);
	*use = config->hugepages != PORT_HUGEPAGES_OFF && have >= need;
	if (config->hugepages == PORT_HUGEPAGES_ON && !*use)
		return port_fail(error, ENOMEM,
			"port: %u MiB of hugepages are needed and %u MiB are free; reserve some "
			"(echo %u > /proc/sys/vm/nr_hugepages), lower dataplane.mbufs, or set "
			"port.hugepages = auto",
			need, have, (need + 1) / 2 + 8);
	return 0;
}

static int check_interface(const struct port_config *config, char *error)
{
	if (if_nametoindex(config->device) == 0)
		return port_fail(error, ENODEV,
			"port: there is no interface \"%s\" in this network namespace; `ip link` "
			"lists them (port.device)",
			config->device);
	return 0;
}

static int check_tap(const struct port_config *config, char *error)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return port_fail(error, errno,
			"port: cannot open /dev/net/tun for the tap interface: %s; run as root, "
			"and load the kernel's tun module",
			strerror(errno));
	close(fd);
	if (if_nametoindex(config->device) != 0)
		return port_fail(error, EEXIST,
			"port: an interface \"%s\" exists already; a tap port makes its own: "
			"remove it or choose another name (port.device)",
			config->device);
	return 0;
}

static int check_pci(const struct port_config *config, char *error)
{
	char path[128], target[128];
	const char *driver;
	ssize_t bytes;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", config->device);
	if (access(path, F_OK) != 0)
		return port_fail(error, ENODEV,
			"port: there is no PCI device %s; `lspci -D` lists them (port.device)",
			config->device);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", config->device);
	bytes = readlink(path, target, sizeof(target) - 1);
	target[bytes > 0 ? bytes : 0] = '\0';
	driver = strrchr(target, '/') != NULL ? strrchr(target, '/') + 1 : "no driver";
	if (strncmp(driver, "vfio", 4) != 0 && strncmp(driver, "uio", 3) != 0 &&
		strncmp(driver, "igb_uio", 7) != 0 && strncmp(driver, "mlx", 3) != 0)
		return port_fail(error, EBUSY,
			"port: PCI device %s is bound to %s, but DPDK needs vfio-pci: "
			"`dpdk-devbind.py "
			"--bind=vfio-pci %s`, or use port.kind = af_packet with its interface",
			config->device, driver, config->device);
	return 0;
}

/* A server that was killed leaves its socket, at which nobody listens any more. */
static int check_memif(const struct port_config *config, char *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, status;

	if (strlen(config->device) >= sizeof(address.sun_path))
		return port_fail(error, EINVAL,
			"port: the path of the memif socket is too long (port.device)");
	if (config->options == NULL || strstr(config->options, "role=server") == NULL)
		return 0;
	memcpy(address.sun_path, config->device, strlen(config->device));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return port_fail(error, errno, "port: no socket: %s", strerror(errno));
	status = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : errno;
	close(fd);
	if (status == 0)
		return port_fail(error, EADDRINUSE,
			"port: another program serves the memif socket %s (port.device)",
			config->device);
	if (status == ECONNREFUSED)
		unlink(config->device);
	return 0;
}

static int check(const struct port_config *config, char *error)
{
	if (geteuid() != 0 && config->kind != PORT_MEMIF)
		return port_fail(error, EPERM,
			"port: raw access to the network needs root (or CAP_NET_ADMIN, "
			"CAP_NET_RAW, "
			"CAP_IPC_LOCK); start the worker as root");
	if (config->device == NULL || config->device[0] == '\0' ||
		strpbrk(config->device, ", \t\n") != NULL)
		return port_fail(
			error, EINVAL, "port: port.device is empty or has a comma or space");
	switch (config->kind) {
	case PORT_TAP:
		return check_tap(config, error);
	case PORT_AF_PACKET:
	case PORT_AF_XDP:
		if (strlen(config->device) >= IFNAMSIZ)
			return port_fail(error, EINVAL, "port: \"%s\" is too long for an interface",
				config->device);
		return check_interface(config, error);
	case PORT_PCI:
		return check_pci(config, error);
	case PORT_MEMIF:
		return check_memif(config, error);
	}
	return port_fail(error, EINVAL, "port: unknown port.kind");
}

static void add_device(struct args *args, const struct port_config *config)
{
	const char *options = config->options != NULL ? config->options : "";
	const char *comma = options[0] != '\0' ? "," : "";

	switch (config->kind) {
	case PORT_TAP:
		/* Its complaints about kernels without classifiers are of no interest here. */
		if (!config->verbose)
			add(args, "--log-level=pmd.net.tap:critical");
		add(args, "--vdev=net_tap0,iface=%s%s%s", config->device, comma, options);
		break;
	case PORT_AF_PACKET:
		add(args, "--vdev=net_af_packet0,iface=%s,blocksz=65536,framesz=%u%s%s",
			config->device, config->mtu > 1900 ? 16384u : 2048u, comma, options);
		break;
	case PORT_AF_XDP:
		add(args, "--vdev=net_af_xdp0,iface=%s%s%s", config->device, comma, options);
		break;
	case PORT_MEMIF:
		add(args, "--vdev=net_memif0,socket=%s,socket-abstract=no%s%s", config->device,
			comma, options);
		break;
	case PORT_PCI:
		add(args, "--allow=%s%s%s", config->device, comma, options);
		break;
	}
}

int port_eal_start(const struct port_config *config, bool *has_hugepages, char *error)
{
	static struct args args; /* DPDK keeps pointers into it */
	int status = check(config, error);

	if (status == 0)
		status = check_hugepages(config, has_hugepages, error);
	if (status < 0)
		return status;
	add(&args, "sluice-dataplane");
	add(&args, "--lcores=0@%u", config->core);
	add(&args, "--file-prefix=%s", config->file_prefix);
	add(&args, "--no-telemetry");
	add(&args, "--log-level=%s", config->verbose ? "info" : "error");
	if (*has_hugepages) {
		add(&args, "--in-memory"); /* leaves no files, and no hugetlbfs has to be mounted */
	} else {
		add(&args, "--no-huge");
		add(&args, "--no-shconf");
		add(&args, "-m");
		add(&args, "%u", memory_mib(config));
	}
	if (config->kind != PORT_PCI)
		add(&args, "--no-pci");
	add_device(&args, config);
	args.list[args.len] = NULL;
	if (rte_eal_init(args.len, args.list) < 0)
		return port_fail(error, rte_errno > 0 ? rte_errno : EIO,
			"port: DPDK did not start: %s; the lines above say more, and log.level = "
			"debug "
			"all of it",
			rte_strerror(rte_errno));
	return 0;
}
