#include "abi_region.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi_priv.h"
#include "base_assert.h"
#include "base_time.h"

enum { JOIN_TRIES_MAX = 100 };

static uint64_t to_page(uint64_t bytes)
{
	return (bytes + ABI_PAGE_BYTES - 1) / ABI_PAGE_BYTES * ABI_PAGE_BYTES;
}

struct abi_identity abi_layout_identity(const struct abi_region_params *params)
{
	uint64_t ring = to_page(sizeof(struct abi_ring_shared) + params->ring_bytes);
	struct abi_identity id = {
		.magic = {0},
		.version = ABI_VERSION,
		.head_bytes = sizeof(struct abi_head),
		.workers = params->workers,
		.ring_bytes = params->ring_bytes,
		.worker_offset = to_page(sizeof(struct abi_head)),
		.to_control_offset = to_page(sizeof(struct abi_worker_block)),
	};

	memcpy(id.magic, ABI_MAGIC, sizeof(id.magic));
	id.to_worker_offset = id.to_control_offset + ring;
	id.worker_stride = id.to_worker_offset + ring;
	id.total_bytes = id.worker_offset + id.workers * id.worker_stride;
	return id;
}

static bool params_are_valid(const struct abi_region_params *params, unsigned who)
{
	return params->workers >= 1 && params->workers <= ABI_WORKERS_MAX &&
	       params->ring_bytes >= ABI_RING_MIN_BYTES &&
	       params->ring_bytes <= ABI_RING_MAX_BYTES &&
	       (params->ring_bytes & (params->ring_bytes - 1)) == 0 && who <= params->workers;
}

static char *worker_part(const struct abi_region *region, uint32_t worker)
{
	BASE_ASSERT(worker < region->identity.workers);
	return (char *)region->head + region->identity.worker_offset +
	       worker * region->identity.worker_stride;
}

static struct abi_worker_block *worker_block(const struct abi_region *region, uint32_t worker)
{
	return (void *)worker_part(region, worker);
}

struct abi_presence *abi_region_presence(const struct abi_region *region, unsigned who)
{
	if (who == ABI_CONTROL)
		return &region->head->control;
	return &worker_block(region, who - ABI_WORKER(0))->presence;
}

/* Gives the new file its size and its identity; the rest of it reads as zero, which is right. */
static int file_fill(int fd, const struct abi_identity *identity)
{
	int err = posix_fallocate(fd, 0, (off_t)identity->total_bytes);
	ssize_t written;

	if (err != 0)
		return -err;
	written = pwrite(fd, identity, sizeof(*identity), 0);
	if (written < 0)
		return -errno;
	return written == (ssize_t)sizeof(*identity) ? 0 : -EIO;
}

static int file_check(int fd, const struct abi_identity *identity)
{
	struct abi_identity found;
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (pread(fd, &found, sizeof(found), 0) != (ssize_t)sizeof(found) ||
		memcmp(&found, identity, sizeof(found)) != 0 ||
		(uint64_t)st.st_size != identity->total_bytes)
		return -EPROTO;
	return 0;
}

static bool is_empty(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size == 0;
}

/*
 * Opens the file, under ABI_LOCK_OPEN, and makes sure that it is a region with this identity: one
 * that live processes use, or a new one. What a dead installation left is unlinked, not
 * overwritten: a process that has it mapped without a role (a debugger) keeps what it looks at.
 */
static int file_join(const char *path, const struct abi_identity *identity)
{
	for (int i = 0; i < JOIN_TRIES_MAX; i++) {
		int fd = abi_file_open(path, O_CREAT);
		int err;

		if (fd < 0)
			return fd;
		if (abi_file_is_claimed(fd, 0, ABI_ROLES_MAX)) {
			err = file_check(fd, identity);
		} else if (is_empty(fd)) {
			err = file_fill(fd, identity);
			if (err != 0)
				(void)unlink(path);
		} else {
			err = unlink(path) == 0 ? -EAGAIN : -errno;
		}
		if (err == 0)
			return fd;
		close(fd);
		if (err != -EAGAIN)
			return err;
	}
	return -EAGAIN;
}

static int region_map(struct abi_region *region)
{
	void *map = mmap(NULL, region->identity.total_bytes, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_POPULATE, region->fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	region->head = map;
	return 0;
}

static int attach_control(struct abi_region *region, uint32_t worker)
{
	char *part = worker_part(region, worker);
	int err = abi_ring_attach_consumer(&region->to_control[worker],
		(void *)(part + region->identity.to_control_offset), region->identity.ring_bytes);

	if (err != 0)
		return err;
	return abi_ring_attach_producer(&region->to_worker[worker],
		(void *)(part + region->identity.to_worker_offset), region->identity.ring_bytes);
}

static int attach_worker(struct abi_region *region, uint32_t worker)
{
	char *part = worker_part(region, worker);
	int err = abi_ring_attach_producer(&region->to_control[worker],
		(void *)(part + region->identity.to_control_offset), region->identity.ring_bytes);

	if (err != 0)
		return err;
	return abi_ring_attach_consumer(&region->to_worker[worker],
		(void *)(part + region->identity.to_worker_offset), region->identity.ring_bytes);
}

static int region_attach(struct abi_region *region)
{
	int err = 0;

	if (region->who != ABI_CONTROL)
		return attach_worker(region, region->who - ABI_WORKER(0));
	for (uint32_t i = 0; i < region->identity.workers && err == 0; i++)
		err = attach_control(region, i);
	return err;
}

/* Our own doorbell and those that we ring: control rings each worker, a worker rings control. */
static int open_bells(struct abi_region *region, const char *path)
{
	for (unsigned who = 0; who <= region->identity.workers; who++) {
		int fd;

		if (region->who != ABI_CONTROL && who != ABI_CONTROL && who != region->who)
			continue;
		fd = abi_file_open_bell(path, who);
		if (fd < 0)
			return fd;
		region->bells[who] = fd;
	}
	return 0;
}

static void clear(_Atomic uint64_t *values, size_t len)
{
	for (size_t i = 0; i < len; i++)
		abi_counter_set(&values[i], 0);
}

static void clear_port(struct abi_port *port)
{
	memset(port->driver, 0, sizeof(port->driver));
	memset(port->ipv6, 0, sizeof(port->ipv6));
	memset(port->mac, 0, sizeof(port->mac));
	port->mtu = 0;
	port->prefix4_bits = 0;
	abi_port_set(&port->ipv4, 0);
	abi_port_set(&port->is_up, 0);
	abi_port_set(&port->speed_mbps, 0);
}

static void clear_counters(struct abi_counters *counters)
{
	clear(counters->values, ABI_COUNTER_COUNT);
	for (size_t i = 0; i < ABI_LISTENERS_MAX; i++) {
		struct abi_listener_counters *listener = &counters->listeners[i];

		clear(&listener->connections, 1);
		clear(&listener->connections_max, 1);
		clear(&listener->accepted, 1);
		clear(listener->shutdown, ABI_SHUTDOWN_COUNT);
	}
	clear(&counters->arena_bytes, 1);
	clear(&counters->arena_free_bytes, 1);
	for (size_t i = 0; i < ABI_MEMORY_MAX; i++) {
		struct abi_memory *memory = &counters->memory[i];

		memset(memory->name, 0, sizeof(memory->name));
		clear(&memory->bytes, 1);
		clear(&memory->objects, 1);
		clear(&memory->failures, 1);
		clear(&memory->limit, 1);
	}
	clear_port(&counters->port);
}

static void begin_life(struct abi_region *region)
{
	struct abi_presence *own = abi_region_presence(region, region->who);
	uint64_t before = atomic_load_explicit(&own->epoch, memory_order_relaxed);
	uint64_t now = base_time_ns();

	region->epoch = now > before ? now : before + 1;
	region->sleeps = region->epoch;
	if (region->who != ABI_CONTROL)
		clear_counters(abi_region_counters(region, region->who - ABI_WORKER(0)));
	atomic_store_explicit(&own->beat_ms, 0, memory_order_relaxed);
	atomic_store_explicit(&own->asleep, 0, memory_order_relaxed);
	atomic_store_explicit(&own->epoch, region->epoch, memory_order_release);
}

static int region_open(struct abi_region *region, const char *path)
{
	int err;

	region->fd = file_join(path, &region->identity);
	if (region->fd < 0)
		return region->fd;
	err = abi_file_claim(region->fd, region->who);
	if (err == 0)
		err = region_map(region);
	if (err == 0)
		err = region_attach(region);
	if (err == 0)
		err = open_bells(region, path);
	if (err == 0)
		begin_life(region);
	abi_file_unlock(region->fd);
	return err;
}

int abi_region_open(const char *path, const struct abi_region_params *params, unsigned who,
	struct abi_region **region)
{
	struct abi_region *made;
	int err;

	if (!params_are_valid(params, who))
		return -EINVAL;
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return -ENOMEM;
	made->who = who;
	made->identity = abi_layout_identity(params);
	for (size_t i = 0; i < ABI_ROLES_MAX; i++)
		made->bells[i] = -1;
	err = region_open(made, path);
	if (err != 0) {
		abi_region_close(made);
		return err;
	}
	*region = made;
	return 0;
}

void abi_region_close(struct abi_region *region)
{
	if (region->head != NULL)
		munmap(region->head, region->identity.total_bytes);
	for (size_t i = 0; i < ABI_ROLES_MAX; i++) {
		if (region->bells[i] >= 0)
			close(region->bells[i]);
	}
	if (region->fd >= 0)
		close(region->fd); /* and with it the lock of the role goes */
	free(region);
}

int abi_region_unlink(const char *path)
{
	int fd = abi_file_open(path, 0);
	int err = 0;

	if (fd == -ENOENT) {
		abi_file_remove_bells(path);
		return 0;
	}
	if (fd < 0)
		return fd;
	if (abi_file_is_claimed(fd, 0, ABI_ROLES_MAX)) {
		err = -EBUSY;
	} else {
		abi_file_remove_bells(path);
		err = unlink(path) == 0 ? 0 : -errno;
	}
	close(fd);
	return err;
}

struct abi_ring *abi_region_to_control(struct abi_region *region, uint32_t worker)
{
	BASE_ASSERT(region->who == ABI_CONTROL || region->who == ABI_WORKER(worker));
	return &region->to_control[worker];
}

struct abi_ring *abi_region_to_worker(struct abi_region *region, uint32_t worker)
{
	BASE_ASSERT(region->who == ABI_CONTROL || region->who == ABI_WORKER(worker));
	return &region->to_worker[worker];
}

struct abi_counters *abi_region_counters(struct abi_region *region, uint32_t worker)
{
	return &worker_block(region, worker)->counters;
}

uint64_t abi_region_epoch(const struct abi_region *region)
{
	return region->epoch;
}

bool abi_region_is_alive(const struct abi_region *region, unsigned who)
{
	return who == region->who || abi_file_is_claimed(region->fd, who, 1);
}

void abi_heartbeat_beat(struct abi_region *region, uint64_t now_ms)
{
	atomic_store_explicit(
		&abi_region_presence(region, region->who)->beat_ms, now_ms, memory_order_relaxed);
}

uint64_t abi_heartbeat_age_ms(const struct abi_region *region, unsigned who, uint64_t now_ms)
{
	uint64_t beat = atomic_load_explicit(
		&abi_region_presence(region, who)->beat_ms, memory_order_relaxed);

	if (beat == 0)
		return UINT64_MAX;
	return now_ms > beat ? now_ms - beat : 0;
}
