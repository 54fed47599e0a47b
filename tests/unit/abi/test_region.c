#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "abi_layout.h"
#include "abi_region.h"

static const struct abi_region_params params = {.workers = 2, .ring_bytes = 8192};
static const struct abi_region_params other_params = {.workers = 2, .ring_bytes = 16384};

static char folder[64];
static char path[80];

static int setup(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/dev/shm/sluice-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/region", folder);
	return 0;
}

/* Fails when the test left a process with a role, or a file that abi_region_unlink does not know of. */
static int teardown(void **state)
{
	(void)state;
	assert_int_equal(abi_region_unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

static struct abi_region *attach(unsigned who)
{
	struct abi_region *region = NULL;

	assert_int_equal(abi_region_open(path, &params, who, &region), 0);
	assert_non_null(region);
	return region;
}

static int try_open(const struct abi_region_params *with, unsigned who)
{
	struct abi_region *region = NULL;
	int err = abi_region_open(path, with, who, &region);

	if (err == 0)
		abi_region_close(region);
	return err;
}

static ino_t inode(void)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void send_number(struct abi_ring *ring, uint16_t kind, uint64_t number)
{
	uint64_t *body = abi_ring_reserve(ring, kind, sizeof(*body));

	assert_non_null(body);
	*body = number;
	abi_ring_commit(ring);
}

static void expect_number(struct abi_ring *ring, uint16_t kind, uint64_t number)
{
	struct abi_ring_record record;

	assert_int_equal(abi_ring_peek(ring, &record), 1);
	assert_int_equal(record.kind, kind);
	assert_int_equal(record.bytes, sizeof(number));
	assert_memory_equal(record.body, &number, sizeof(number));
	abi_ring_advance(ring);
}

static void records_cross(void **state)
{
	struct abi_region *control = attach(ABI_CONTROL);
	struct abi_region *workers[] = {attach(ABI_WORKER(0)), attach(ABI_WORKER(1))};

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		send_number(abi_region_to_control(workers[i], i), 1, 100 + i);
		send_number(abi_region_to_worker(control, i), 2, 200 + i);
	}
	for (uint32_t i = 0; i < 2; i++) {
		expect_number(abi_region_to_control(control, i), 1, 100 + i);
		expect_number(abi_region_to_worker(workers[i], i), 2, 200 + i);
		assert_true(abi_ring_is_empty(abi_region_to_control(control, i)));
		assert_true(abi_ring_is_empty(abi_region_to_worker(workers[i], i)));
	}
	abi_region_close(workers[0]);
	abi_region_close(workers[1]);
	abi_region_close(control);
}

static void file_is_private_and_whole(void **state)
{
	struct abi_region *worker = attach(ABI_WORKER(1));
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, abi_layout_identity(&params).total_bytes);
	assert_true(st.st_blocks * 512 >= st.st_size); /* no hole that could be a SIGBUS later */
	abi_region_close(worker);
}

static void role_is_for_one(void **state)
{
	struct abi_region *control = attach(ABI_CONTROL);
	struct abi_region *worker = attach(ABI_WORKER(0));

	(void)state;
	assert_int_equal(try_open(&params, ABI_CONTROL), -EBUSY);
	assert_int_equal(try_open(&params, ABI_WORKER(0)), -EBUSY);
	assert_int_equal(try_open(&params, ABI_WORKER(1)), 0);
	abi_region_close(control);
	assert_int_equal(try_open(&params, ABI_CONTROL), 0);
	abi_region_close(worker);
}

static void survivor_keeps_the_region(void **state)
{
	struct abi_region *worker = attach(ABI_WORKER(0));
	struct abi_region *control = attach(ABI_CONTROL);
	uint64_t epoch = abi_region_epoch(control);
	ino_t first = inode();

	(void)state;
	send_number(abi_region_to_control(worker, 0), 1, 1);
	send_number(abi_region_to_worker(control, 0), 2, 2);
	abi_region_close(control);
	send_number(abi_region_to_control(worker, 0), 1, 3);
	control = attach(ABI_CONTROL);
	assert_int_equal(inode(), first);
	assert_true(abi_region_epoch(control) > epoch);
	expect_number(abi_region_to_control(control, 0), 1, 1);
	expect_number(abi_region_to_control(control, 0), 1, 3);
	send_number(abi_region_to_worker(control, 0), 2, 4);
	expect_number(abi_region_to_worker(worker, 0), 2, 2);
	expect_number(abi_region_to_worker(worker, 0), 2, 4);
	abi_region_close(worker);
	abi_region_close(control);
}

static void dead_installation_is_replaced(void **state)
{
	struct abi_region *worker = attach(ABI_WORKER(0));
	struct abi_region *control;
	int old = open(path, O_RDONLY);
	char byte;

	(void)state;
	assert_true(old >= 0); /* keeps the inode's number in use */
	send_number(abi_region_to_control(worker, 0), 1, 1);
	abi_region_close(worker);
	control = attach(ABI_CONTROL);
	assert_true(abi_ring_is_empty(abi_region_to_control(control, 0)));
	assert_int_equal(pread(old, &byte, 1, 0), 1); /* the old file was not cut under a reader */
	abi_region_close(control);
	assert_int_equal(try_open(&other_params, ABI_CONTROL), 0);
	close(old);
}

static void live_file_of_another_size_is_refused(void **state)
{
	struct abi_region *worker = attach(ABI_WORKER(0));
	struct abi_region_params fewer = params;
	ino_t first = inode();

	(void)state;
	fewer.workers = 1;
	assert_int_equal(try_open(&other_params, ABI_CONTROL), -EPROTO);
	assert_int_equal(try_open(&fewer, ABI_CONTROL), -EPROTO);
	assert_int_equal(inode(), first);
	abi_region_close(worker);
	assert_int_equal(try_open(&fewer, ABI_CONTROL), 0);
}

/* Every byte of the identity counts, the version's among them. */
static void live_file_of_another_identity_is_refused(void **state)
{
	struct abi_region *worker = attach(ABI_WORKER(0));
	int fd = open(path, O_RDWR);

	(void)state;
	for (off_t i = 0; i < (off_t)sizeof(struct abi_identity); i++) {
		unsigned char was;
		unsigned char is;

		assert_int_equal(pread(fd, &was, 1, i), 1);
		is = was ^ 1;
		assert_int_equal(pwrite(fd, &is, 1, i), 1);
		assert_int_equal(try_open(&params, ABI_CONTROL), -EPROTO);
		assert_int_equal(pwrite(fd, &was, 1, i), 1);
	}
	assert_int_equal(try_open(&params, ABI_CONTROL), 0);
	assert_int_equal(ftruncate(fd, ABI_PAGE_BYTES), 0);
	assert_int_equal(try_open(&params, ABI_CONTROL), -EPROTO);
	close(fd);
	abi_region_close(worker);
}

static void live_file_with_wrong_cursors_is_refused(void **state)
{
	struct abi_region *worker = attach(ABI_WORKER(1));
	struct abi_identity id = abi_layout_identity(&params);
	uint64_t tail = 12;
	int fd = open(path, O_RDWR);

	(void)state;
	assert_int_equal(
		pwrite(fd, &tail, sizeof(tail),
			(off_t)(id.worker_offset + id.worker_stride + id.to_control_offset)),
		sizeof(tail));
	assert_int_equal(try_open(&params, ABI_CONTROL), -EPROTO);
	assert_int_equal(try_open(&params, ABI_WORKER(0)), 0);
	close(fd);
	abi_region_close(worker);
}

static void garbage_is_replaced(void **state)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);

	(void)state;
	assert_int_equal(write(fd, "not a region", 12), 12);
	close(fd);
	assert_int_equal(try_open(&params, ABI_WORKER(0)), 0);
	assert_int_equal(truncate(path, 0), 0); /* died before it wrote anything */
	assert_int_equal(try_open(&params, ABI_WORKER(0)), 0);
}

static void what_others_could_open_is_refused(void **state)
{
	char aside[96];
	char bell[96];

	(void)state;
	(void)snprintf(aside, sizeof(aside), "%s/aside", folder);
	assert_int_equal(close(open(path, O_RDWR | O_CREAT | O_EXCL, 0600)), 0);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(try_open(&params, ABI_CONTROL), -EPERM);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(symlink(aside, path), 0);
	assert_int_equal(try_open(&params, ABI_CONTROL), -EPERM);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(try_open(&params, ABI_CONTROL), -EPERM);
	assert_int_equal(unlink(path), 0);
	(void)snprintf(bell, sizeof(bell), "%s.bell-0", path);
	assert_int_equal(rename(aside, bell), 0); /* a doorbell that is no FIFO */
	assert_int_equal(try_open(&params, ABI_CONTROL), -EPERM);
}

static void wrong_parameters_are_refused(void **state)
{
	static const struct abi_region_params wrong[] = {{0, 8192}, {ABI_WORKERS_MAX + 1, 8192},
		{1, 0}, {1, 2048}, {1, 12288}, {1, 1u << 31}};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(try_open(&wrong[i], ABI_CONTROL), -EINVAL);
	assert_int_equal(try_open(&params, ABI_WORKER(2)), -EINVAL);
	(void)snprintf(path, sizeof(path), "%s/none/region", folder);
	assert_int_equal(try_open(&params, ABI_CONTROL), -ENOENT);
	(void)snprintf(path, sizeof(path), "%s/region", folder);
}

/* Where processes that are to start at once wait for each other. */
static _Atomic int *gate;

/*
 * A process that passes the gate when it is open, attaches as `who`, says so with a byte on `fd`, and
 * waits for its end.
 */
static pid_t start(unsigned who, int fd)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct abi_region *region;
		char result;

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (atomic_load(gate) == 0)
			sched_yield();
		result = abi_region_open(path, &params, who, &region) == 0 ? '+' : '-';
		if (write(fd, &result, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	return pid;
}

static void stop(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void death_is_seen(void **state)
{
	struct abi_region *control = attach(ABI_CONTROL);
	int fds[2];
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_true(abi_region_is_alive(control, ABI_CONTROL));
	assert_false(abi_region_is_alive(control, ABI_WORKER(0)));
	atomic_store(gate, 1);
	pid = start(ABI_WORKER(0), fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(byte, '+');
	assert_true(abi_region_is_alive(control, ABI_WORKER(0)));
	assert_false(abi_region_is_alive(control, ABI_WORKER(1)));
	stop(pid);
	assert_false(abi_region_is_alive(control, ABI_WORKER(0)));
	assert_int_equal(try_open(&params, ABI_WORKER(0)), 0);
	abi_region_close(control);
	close(fds[0]);
	close(fds[1]);
}

/* Control and workers start at once, over what a dead installation left: all get the same file. */
static void all_may_start_at_once(void **state)
{
	enum { ROUNDS = 60, ROLES = 3 };

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		pid_t pids[ROLES];
		int fds[2];

		assert_int_equal(pipe(fds), 0);
		atomic_store(gate, 0);
		for (unsigned who = 0; who < ROLES; who++)
			pids[who] = start(who, fds[1]);
		atomic_store(gate, 1);
		for (unsigned who = 0; who < ROLES; who++) {
			char byte = 0;

			assert_int_equal(read(fds[0], &byte, 1), 1);
			assert_int_equal(byte, '+');
		}
		for (unsigned who = 0; who < ROLES; who++)
			assert_int_equal(try_open(&params, who), -EBUSY);
		for (unsigned who = 0; who < ROLES; who++)
			stop(pids[who]);
		close(fds[0]);
		close(fds[1]);
	}
}

static void heartbeat_has_an_age(void **state)
{
	struct abi_region *control = attach(ABI_CONTROL);
	struct abi_region *worker = attach(ABI_WORKER(1));

	(void)state;
	assert_true(abi_heartbeat_age_ms(control, ABI_WORKER(1), 5000) == UINT64_MAX);
	abi_heartbeat_beat(worker, 5000);
	abi_heartbeat_beat(control, 7000);
	assert_int_equal(abi_heartbeat_age_ms(control, ABI_WORKER(1), 5250), 250);
	assert_int_equal(abi_heartbeat_age_ms(control, ABI_WORKER(1), 4999), 0);
	assert_int_equal(abi_heartbeat_age_ms(worker, ABI_CONTROL, 7001), 1);
	assert_true(abi_heartbeat_age_ms(control, ABI_WORKER(0), 5000) == UINT64_MAX);
	abi_region_close(worker);
	worker = attach(ABI_WORKER(1)); /* the beat of the life before does not count */
	assert_true(abi_heartbeat_age_ms(control, ABI_WORKER(1), 5250) == UINT64_MAX);
	abi_region_close(worker);
	abi_region_close(control);
}

static void counters_begin_at_zero(void **state)
{
	struct abi_region *control = attach(ABI_CONTROL);
	struct abi_region *worker = attach(ABI_WORKER(1));
	struct abi_counters *written = abi_region_counters(worker, 1);
	const struct abi_counters *seen = abi_region_counters(control, 1);
	static const struct abi_counters zero;

	(void)state;
	abi_counter_add(&written->values[ABI_COUNTER_BYTES_RECEIVED], 40);
	abi_counter_add(&written->values[ABI_COUNTER_BYTES_RECEIVED], 2);
	abi_counter_set(&written->listeners[3].shutdown[ABI_SHUTDOWN_KICKED], 7);
	abi_counter_set(&written->memory[15].limit, 9);
	(void)snprintf(written->memory[15].name, ABI_MEMORY_NAME_BYTES, "messages");
	assert_int_equal(abi_counter_get(&seen->values[ABI_COUNTER_BYTES_RECEIVED]), 42);
	assert_int_equal(abi_counter_get(&seen->listeners[3].shutdown[ABI_SHUTDOWN_KICKED]), 7);
	assert_string_equal(seen->memory[15].name, "messages");
	memset((void *)written, 0xff, sizeof(*written));
	abi_region_close(worker);
	worker = attach(ABI_WORKER(1));
	assert_memory_equal(seen, &zero, sizeof(zero));
	abi_region_close(worker);
	abi_region_close(control);
}

static void unlink_spares_the_living(void **state)
{
	struct abi_region *worker = attach(ABI_WORKER(1));

	(void)state;
	assert_int_equal(abi_region_unlink(path), -EBUSY);
	assert_int_equal(access(path, F_OK), 0);
	abi_region_close(worker);
	assert_int_equal(abi_region_unlink(path), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(abi_region_unlink(path), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(records_cross),
		TEST(file_is_private_and_whole),
		TEST(role_is_for_one),
		TEST(survivor_keeps_the_region),
		TEST(dead_installation_is_replaced),
		TEST(live_file_of_another_size_is_refused),
		TEST(live_file_of_another_identity_is_refused),
		TEST(live_file_with_wrong_cursors_is_refused),
		TEST(garbage_is_replaced),
		TEST(what_others_could_open_is_refused),
		TEST(wrong_parameters_are_refused),
		TEST(death_is_seen),
		TEST(all_may_start_at_once),
		TEST(heartbeat_has_an_age),
		TEST(counters_begin_at_zero),
		TEST(unlink_spares_the_living),
	};

	gate = mmap(NULL, sizeof(*gate), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (gate == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests_name("abi_region", tests, NULL, NULL);
}
