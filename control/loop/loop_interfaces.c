#include "loop_interfaces.h"

#include <arpa/inet.h>
#include <glob.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"

static void add_address(struct cli_interface *out, const char *ip, unsigned prefix_bits)
{
	char prefix[16] = "";

	if (out->address_len == CLI_ADDRESSES_MAX || ip[0] == '\0')
		return;
	if (prefix_bits > 0)
		snprintf(prefix, sizeof(prefix), "/%u", prefix_bits);
	snprintf(out->addresses[out->address_len++], CLI_ADDRESS_MAX, "%.46s%s", ip, prefix);
}

static void put_counter(void *arg, const char *name, uint64_t value)
{
	static const struct {
		const char *name;
		size_t offset;
	} members[] = {
		{"port.packets.received", offsetof(struct cli_interface, rx_packets)},
		{"port.bytes.received", offsetof(struct cli_interface, rx_bytes)},
		{"port.dropped.rx_error", offsetof(struct cli_interface, rx_errors)},
		{"port.dropped.rx_missed", offsetof(struct cli_interface, rx_dropped)},
		{"port.dropped.rx_nombuf", offsetof(struct cli_interface, rx_dropped)},
		{"port.packets.sent", offsetof(struct cli_interface, tx_packets)},
		{"port.bytes.sent", offsetof(struct cli_interface, tx_bytes)},
		{"port.dropped.tx_full", offsetof(struct cli_interface, tx_dropped)},
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (strcmp(name, members[i].name) == 0)
			*(uint64_t *)(void *)((char *)arg + members[i].offset) += value;
}

static void worker_port(struct loop *loop, unsigned worker, struct cli_interface *out)
{
	struct link_port_info info;
	char ip[INET_ADDRSTRLEN] = "";

	link_port_info(loop->link, worker, &info);
	out->name = loop->board != NULL ? loop->board->data.label : loop->config.port.device;
	out->device = loop->config.port.device;
	out->driver = info.driver[0] != '\0' ? info.driver : "no driver";
	out->is_up = info.is_up;
	out->speed_mbps = info.speed_mbps;
	out->mtu_bytes = info.mtu_bytes;
	memcpy(out->mac, info.mac, sizeof(out->mac));
	if (memcmp(info.ipv4, (const uint8_t[4]){0}, sizeof(info.ipv4)) != 0)
		inet_ntop(AF_INET, info.ipv4, ip, sizeof(ip));
	add_address(out, ip, info.prefix4_bits);
	add_address(out, info.ipv6, 0);
	link_counters(loop->link, worker, put_counter, out);
}

/* The first line of a file of the interface's. */
static bool read_line(const char *interface, const char *file, char *out, size_t out_bytes)
{
	char path[PATH_MAX];
	FILE *in;
	bool is_read;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", interface, file);
	in = fopen(path, "re");
	if (in == NULL)
		return false;
	is_read = fgets(out, (int)out_bytes, in) != NULL;
	fclose(in);
	if (is_read)
		out[strcspn(out, "\n")] = '\0';
	return is_read;
}

static uint64_t read_number(const char *interface, const char *file)
{
	char text[32];

	if (!read_line(interface, file, text, sizeof(text)) || text[0] == '-')
		return 0;
	return strtoull(text, NULL, 10);
}

static unsigned prefix_bits(const uint8_t *mask, size_t bytes)
{
	unsigned bits = 0;

	for (size_t i = 0; i < bytes; i++)
		bits += (unsigned)__builtin_popcount(mask[i]);
	return bits;
}

/* The bytes of an address or mask; NULL when it is of neither family. */
static const uint8_t *bytes_of(const struct sockaddr *address, size_t *bytes)
{
	const void *any = address;

	if (address != NULL && address->sa_family == AF_INET) {
		*bytes = 4;
		return (const uint8_t *)&((const struct sockaddr_in *)any)->sin_addr;
	}
	if (address != NULL && address->sa_family == AF_INET6) {
		*bytes = 16;
		return (const uint8_t *)&((const struct sockaddr_in6 *)any)->sin6_addr;
	}
	return NULL;
}

static void kernel_addresses(const char *interface, struct cli_interface *out)
{
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *a = all; a != NULL; a = a->ifa_next) {
		char ip[INET6_ADDRSTRLEN] = "";
		size_t bytes = 0;
		const uint8_t *address = bytes_of(a->ifa_addr, &bytes);
		const uint8_t *mask = bytes_of(a->ifa_netmask, &bytes);

		if (address == NULL || mask == NULL || strcmp(a->ifa_name, interface) != 0)
			continue;
		inet_ntop(bytes == 4 ? AF_INET : AF_INET6, address, ip, sizeof(ip));
		add_address(out, ip, prefix_bits(mask, bytes));
	}
	freeifaddrs(all);
}

/* The interface of a PCI device, or the name that the board gives; "" when there is none. */
static void find_interface(const char *device, char name[IF_NAMESIZE])
{
	/* virtio's interfaces lie one folder deeper */
	static const char *const places[] = {"net", "virtio*/net"};
	char pattern[PATH_MAX];

	name[0] = '\0';
	if (!board_is_pci_address(device))
		snprintf(name, IF_NAMESIZE, "%.15s", device);
	for (size_t i = 0; i < 2 && name[0] == '\0'; i++) {
		glob_t found;

		snprintf(pattern, sizeof(pattern), "/sys/bus/pci/devices/%s/%s/*", device,
			places[i]);
		if (glob(pattern, 0, NULL, &found) == 0)
			snprintf(name, IF_NAMESIZE, "%.15s", strrchr(found.gl_pathv[0], '/') + 1);
		globfree(&found);
	}
}

static void find_driver(const char *interface, char *out, size_t out_bytes)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t bytes;

	snprintf(path, sizeof(path), "/sys/class/net/%s/device/driver", interface);
	bytes = readlink(path, target, sizeof(target) - 1);
	target[bytes > 0 ? bytes : 0] = '\0';
	snprintf(out, out_bytes, "%.31s",
		bytes > 0 && strrchr(target, '/') ? strrchr(target, '/') + 1 : "no driver");
}

static void mgmt_port(const struct board *board, struct cli_interface *out)
{
	static char interface[IF_NAMESIZE], driver[32];
	unsigned mac[6] = {0};
	char text[64] = "";

	find_interface(board->mgmt.device, interface);
	find_driver(interface, driver, sizeof(driver));
	out->name = board->mgmt.label;
	out->device = interface[0] != '\0' ? interface : board->mgmt.device;
	out->driver = driver;
	out->is_kernel = true;
	if (interface[0] == '\0')
		return;
	out->is_up = read_number(interface, "carrier") == 1;
	out->speed_mbps = (uint32_t)read_number(interface, "speed");
	out->mtu_bytes = (uint32_t)read_number(interface, "mtu");
	if (read_line(interface, "address", text, sizeof(text)) &&
		sscanf(text, "%x:%x:%x:%x:%x:%x", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
			&mac[5]) == 6)
		for (int i = 0; i < 6; i++)
			out->mac[i] = (uint8_t)mac[i];
	kernel_addresses(interface, out);
	out->rx_packets = read_number(interface, "statistics/rx_packets");
	out->rx_bytes = read_number(interface, "statistics/rx_bytes");
	out->rx_errors = read_number(interface, "statistics/rx_errors");
	out->rx_dropped = read_number(interface, "statistics/rx_dropped");
	out->tx_packets = read_number(interface, "statistics/tx_packets");
	out->tx_bytes = read_number(interface, "statistics/tx_bytes");
	out->tx_errors = read_number(interface, "statistics/tx_errors");
	out->tx_dropped = read_number(interface, "statistics/tx_dropped");
}

bool loop_interface_get(struct loop *loop, unsigned number, struct cli_interface *out)
{
	unsigned workers = link_worker_len(loop->link);

	*out = (struct cli_interface){0};
	if (number < workers) {
		worker_port(loop, number, out);
		return true;
	}
	if (number > workers || loop->board == NULL || !loop->board->has_mgmt)
		return false;
	mgmt_port(loop->board, out);
	return true;
}
