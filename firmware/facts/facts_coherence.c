#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts_read.h"

/*
 * Whether DMA is coherent. x86 always is. On arm64 a device tree says so of the host bridge, or of a bus above it, by
 * a property dma-coherent; ACPI says so of the root complex in the table IORT.
 */

enum {
	TABLE_MAX = 65536,
	IORT_HEAD_BYTES = 48,
	IORT_NODE_BYTES = 16,
	IORT_ROOT_COMPLEX = 2,
};

/* Cuts the last part off; false at the top. */
static bool go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return false;
	*slash = '\0';
	return true;
}

/* Device tree: from the device up to the first ancestor that has a node, then up the tree. */
static enum facts_coherence ask_device_tree(const char *device)
{
	char at[PATH_MAX], link[PATH_MAX + 16], node[PATH_MAX];

	snprintf(at, sizeof(at), "%s", device);
	do {
		snprintf(link, sizeof(link), "%s/of_node", at);
		if (realpath(link, node) == NULL)
			continue;
		do {
			if (facts_is_there("%s/dma-coherent", node))
				return FACTS_COHERENT;
			if (facts_is_there("%s/dma-noncoherent", node))
				return FACTS_NOT_COHERENT;
		} while (strstr(node, "devicetree/base/") != NULL && go_up(node));
		return FACTS_NOT_COHERENT;
	} while (go_up(at));
	return FACTS_UNKNOWN;
}

static uint32_t read_le(const unsigned char *at, unsigned bytes)
{
	uint32_t number = 0;

	for (unsigned i = bytes; i > 0; i--)
		number = number << 8 | at[i - 1];
	return number;
}

/* The root complex of a PCI segment in the table, or any when its segment is not listed. */
static enum facts_coherence search_iort(
	const unsigned char *table, size_t table_bytes, uint32_t segment)
{
	uint32_t len, at;

	if (table_bytes < IORT_HEAD_BYTES || memcmp(table, "IORT", 4) != 0)
		return FACTS_UNKNOWN;
	len = read_le(table + 36, 4);
	at = read_le(table + 40, 4);
	for (; len > 0 && at <= table_bytes - IORT_NODE_BYTES; len--) {
		const unsigned char *node = table + at;
		uint32_t bytes = read_le(node + 1, 2);

		if (bytes < IORT_NODE_BYTES || bytes > table_bytes - at)
			return FACTS_UNKNOWN;
		/* behind the head: CCA (4), hints (1), reserved (2), flags (1), ATS (4), segment (4) */
		if (node[0] == IORT_ROOT_COMPLEX && bytes >= IORT_NODE_BYTES + 16 &&
			read_le(node + IORT_NODE_BYTES + 12, 4) == segment)
			return read_le(node + IORT_NODE_BYTES, 4) == 1 ? FACTS_COHERENT
								       : FACTS_NOT_COHERENT;
		at += bytes;
	}
	return FACTS_UNKNOWN;
}

static enum facts_coherence ask_acpi(const struct facts_machine *machine, const char *address)
{
	static unsigned char table[TABLE_MAX];
	char path[PATH_MAX];
	size_t bytes;
	FILE *file;

	snprintf(path, sizeof(path), "%s/firmware/acpi/tables/IORT", machine->sys);
	file = fopen(path, "re");
	if (file == NULL)
		return FACTS_UNKNOWN;
	bytes = fread(table, 1, sizeof(table), file);
	fclose(file);
	return search_iort(table, bytes, (uint32_t)strtoul(address, NULL, 16));
}

enum facts_coherence facts_coherence(
	const struct board *board, const struct facts_machine *machine, const char *address)
{
	char path[PATH_MAX], device[PATH_MAX];
	enum facts_coherence answer = FACTS_UNKNOWN;

	if (board->board.arch == BOARD_AMD64)
		return FACTS_COHERENT;
	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s", machine->sys, address);
	if (realpath(path, device) != NULL)
		answer = ask_device_tree(device);
	return answer != FACTS_UNKNOWN ? answer : ask_acpi(machine, address);
}
