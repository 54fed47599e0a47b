#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

/*
 * A board's facts: what board/<id>/board.conf says of the hardware that the appliance runs on.
 *
 * Layer:     board (base, config)
 * Thread:    any; no state
 * Ownership: struct board holds all of its text; copy it freely
 * Source:    board_key.c is the one list of keys: loader, help and shell assignments come from it
 *
 * The tools that build an image, the appliance's first process and both processes of the broker read the file
 * through this loader, so that a fact stands in one place.
 */

enum {
	BOARD_CPUS_MAX = 1024,
	BOARD_VALUE_MAX = 320, /* of a value as text, with the NUL */
};

enum board_arch { BOARD_ARM64, BOARD_AMD64 };
enum board_firmware { BOARD_EDK2, BOARD_UBOOT };
enum board_selector { BOARD_GRUBENV };
enum board_iommu { BOARD_SMMUV3, BOARD_SMMUV2, BOARD_VTD, BOARD_AMDVI, BOARD_NO_IOMMU };
enum board_kind { BOARD_PCI, BOARD_AF_XDP, BOARD_AF_PACKET };
enum board_bind { BOARD_VFIO_PCI, BOARD_BIND_NONE };

/* Members are named as the keys; a key that is not in the file and need not be has an empty text, or 0. */
struct board {
	struct {
		char id[CONFIG_NAME_MAX], name[CONFIG_TEXT_MAX], compatible[CONFIG_TEXT_MAX];
		unsigned arch; /* enum board_arch */
		uint64_t tier;
	} board;
	struct {
		char modules[CONFIG_TEXT_MAX], cmdline[CONFIG_TEXT_MAX];
	} kernel;
	struct {
		char tty[CONFIG_NAME_MAX];
		uint64_t baud;
	} console;
	struct {
		unsigned firmware, selector; /* enum board_firmware, enum board_selector */
		bool secure;
	} boot;
	struct {
		char control[CONFIG_NAME_MAX], dataplane[CONFIG_NAME_MAX]; /* lists: "0", "1,3-5" */
	} cpu;
	struct {
		uint64_t size_kb, count;
	} hugepages;
	struct {
		uint64_t minimum_mb, worker_mb, mbufs;
	} memory;
	struct {
		unsigned iommu; /* enum board_iommu */
		bool coherent;
	} dma;
	struct {
		char label[CONFIG_NAME_MAX], device[CONFIG_NAME_MAX], pmd[CONFIG_NAME_MAX];
		char modules[CONFIG_TEXT_MAX];
		unsigned kind, bind; /* enum board_kind, enum board_bind */
	} data;
	struct {
		char label[CONFIG_NAME_MAX], device[CONFIG_NAME_MAX], modules[CONFIG_TEXT_MAX];
	} mgmt;
	struct {
		char device[CONFIG_TEXT_MAX], modules[CONFIG_TEXT_MAX];
		uint64_t slot_mb, recovery_mb, cfg_mb, data_mb;
	} disk;
	struct {
		char module[CONFIG_NAME_MAX];
		uint64_t timeout_s;
	} watchdog;
	struct {
		bool rtc;
	} clock;
	struct {
		char ipv4[CONFIG_ADDRESS_MAX], gateway4[CONFIG_ADDRESS_MAX];
		char ipv6[CONFIG_ADDRESS_MAX], gateway6[CONFIG_ADDRESS_MAX];
		char mgmt_ipv4[CONFIG_ADDRESS_MAX];
	} factory;
	struct {
		char program[CONFIG_NAME_MAX], machine[CONFIG_TEXT_MAX], cpu[CONFIG_TEXT_MAX];
		char nic[CONFIG_TEXT_MAX], mgmt[CONFIG_TEXT_MAX], disk[CONFIG_TEXT_MAX];
		char devices[CONFIG_TEXT_MAX], code[CONFIG_TEXT_MAX], vars[CONFIG_TEXT_MAX];
		uint64_t cores, memory_mb;
	} qemu;
	bool has_mgmt, has_qemu; /* the sections port.mgmt and qemu may be missing */
};

/*
 * Reads the file at `path`. Every fault is told to `report` as one line, "PATH:LINE: KEY: expected WHAT, found ...".
 * Returns 0, -EINVAL when there were faults, or what the system said about the file (reported too). After
 * an error *board must not be used.
 */
int board_load(struct board *board, const char *path, config_line_fn *report, void *arg)
	__attribute__((warn_unused_result));

/* Calls `each` with every key, in the order of the table, its value as the file has it ("" when it is not there). */
typedef void board_each_fn(void *arg, const char *path, const char *value);
void board_each(const struct board *board, board_each_fn *each, void *arg);

/* One value by its key, into BOARD_VALUE_MAX bytes; -ENOENT when there is no such key. */
int board_get(const struct board *board, const char *path, char *out)
	__attribute__((warn_unused_result));

/* KEY='VALUE' lines for a shell: dots become '_', and every name begins with board_: board_port_data_pmd='net_virtio'. */
void board_shell(const struct board *board, config_line_fn *line, void *arg);

/* Every key with what it means and takes. */
void board_help(config_line_fn *line, void *arg);

/* CPUs as a set, from the kernel's way to write them: "0", "1,3-5", "" for none. */
struct board_cpus {
	uint64_t bits[BOARD_CPUS_MAX / 64];
};

int board_cpus_parse(struct board_cpus *cpus, const char *text) __attribute__((warn_unused_result));
bool board_cpus_has(const struct board_cpus *cpus, unsigned cpu);
/* The lowest that is in `cpus` and, with `but`, not in that; BOARD_CPUS_MAX when there is none. */
unsigned board_cpus_first(const struct board_cpus *cpus, const struct board_cpus *but);

/* Whether it reads as 0000:00:01.0. */
bool board_is_pci_address(const char *text);

/* The value's word, as in the file. */
const char *board_bind_name(unsigned bind);

#endif
