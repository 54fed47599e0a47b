#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "abi_doorbell.h"
#include "base_hash.h"
#include "base_time.h"

/*
 * A producer (worker 0) and a consumer (control) exchange numbered records, and the parent kills one or the
 * other at any moment and starts it again. No record may be lost once it is committed, come out of
 * order, or come out with other bytes; only the one that the consumer was at when it died may come twice.
 * The parent has the role of worker 1, so that the region outlives both.
 */

enum { KILLS = 500, RING = 16384, BODY_MAX = 3000, STUCK_MS = 20000, SLEEP_MS = 2000 };

static const struct abi_region_params params = {.workers = 2, .ring_bytes = RING};

/* What a commit will have published once the ring's tail is `tail`: all records up to `number`. */
struct plan {
	_Atomic uint64_t tail;
	_Atomic uint64_t number;
};

/* Shared by all three, outside the region: it outlives whoever is killed. */
struct progress {
	struct plan plans
		[2]; /* the last commit's, and the next one's, which may or may not have happened */
	_Atomic uint64_t seen; /* number of the last record that the consumer checked */
	_Atomic uint64_t twice; /* records that came twice */
	_Atomic uint64_t sleeps;
	_Atomic int fault; /* line of the check that failed in a child */
};

static char folder[64];
static char path[80];
static struct progress *progress;

#define CHECK(expr)                                                                                \
	do {                                                                                       \
		if (!(expr)) {                                                                     \
			atomic_store(&progress->fault, __LINE__);                                  \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

static uint32_t body_bytes(uint64_t number)
{
	uint64_t draw = base_hash_u64(number, 11);

	return (uint32_t)(sizeof(number) + (draw % 8 == 0 ? draw >> 32 : draw >> 58) % BODY_MAX);
}

static uint16_t kind_of(uint64_t number)
{
	return (uint16_t)(base_hash_u64(number, 12) % ABI_RING_WRAP);
}

static unsigned char fill_of(uint64_t number, uint32_t i)
{
	return (unsigned char)(base_hash_u64(number, 13) + i * 7);
}

/* Now and then gives the parent time to kill us just here. */
static void dawdle(uint64_t number, uint64_t seed)
{
	if (base_hash_u64(number, seed) % 64 == 0)
		usleep(100);
}

/* Number of the last record that is in the ring or went through it, told by where the tail stands. */
static uint64_t last_committed(const struct abi_ring *producer)
{
	for (unsigned i = 0; i < 2; i++) {
		if (atomic_load(&progress->plans[i].tail) == producer->at)
			return atomic_load(&progress->plans[i].number);
	}
	return UINT64_MAX;
}

static bool produce(struct abi_ring *ring, uint64_t number)
{
	uint32_t bytes = body_bytes(number);
	unsigned char *body = abi_ring_reserve(ring, kind_of(number), bytes);

	if (body == NULL)
		return false;
	memcpy(body, &number, sizeof(number));
	for (uint32_t i = sizeof(number); i < bytes; i++)
		body[i] = fill_of(number, i);
	return true;
}

static _Noreturn void run_producer(void)
{
	struct abi_region *region;
	struct abi_ring *ring;
	uint64_t number;

	CHECK(abi_region_open(path, &params, ABI_WORKER(0), &region) == 0);
	ring = abi_region_to_control(region, 0);
	number = last_committed(ring);
	CHECK(number != UINT64_MAX);
	for (;;) {
		uint64_t batch = base_hash_u64(number, 14) % 5;
		uint64_t from = number;
		uint64_t committed = ring->at;
		struct plan *plan;

		while (number - from <= batch && produce(ring, number + 1))
			number++;
		if (number == from) {
			usleep(50); /* full */
			continue;
		}
		/* Not over the plan that tells of the last commit: this one may not come to be. */
		plan = &progress->plans[atomic_load(&progress->plans[0].tail) == committed];
		atomic_store(&plan->tail, UINT64_MAX);
		atomic_store(&plan->number, number);
		atomic_store(&plan->tail, ring->at);
		dawdle(number, 17);
		abi_ring_commit(ring);
		abi_doorbell_ring(region, ABI_CONTROL);
		dawdle(number, 15); /* so that the consumer falls asleep */
	}
}

static void check_record(const struct abi_ring_record *record, uint64_t number)
{
	const unsigned char *body = record->body;

	CHECK(record->bytes == body_bytes(number));
	CHECK(record->kind == kind_of(number));
	for (uint32_t i = sizeof(number); i < record->bytes; i++)
		CHECK(body[i] == fill_of(number, i));
}

static void consume(struct abi_ring *ring, bool is_first)
{
	struct abi_ring_record record;
	uint64_t number;
	uint64_t seen = atomic_load(&progress->seen);

	CHECK(abi_ring_peek(ring, &record) == 1);
	CHECK(record.bytes >= sizeof(number));
	memcpy(&number, record.body, sizeof(number));
	if (is_first && number == seen)
		atomic_fetch_add(&progress->twice, 1);
	else
		CHECK(number == seen + 1);
	check_record(&record, number);
	atomic_store(&progress->seen, number);
	dawdle(number, 18);
	abi_ring_advance(ring);
}

static _Noreturn void run_consumer(void)
{
	struct abi_region *region;
	struct abi_ring *ring;
	bool is_first = true;

	CHECK(abi_region_open(path, &params, ABI_CONTROL, &region) == 0);
	ring = abi_region_to_control(region, 0);
	for (;;) {
		while (!abi_ring_is_empty(ring)) {
			consume(ring, is_first);
			is_first = false;
		}
		if (abi_doorbell_arm(region)) {
			struct pollfd bell = {.fd = abi_doorbell_fd(region), .events = POLLIN};
			int rung = poll(&bell, 1, SLEEP_MS);

			/* Nothing came for so long: then nothing may be there either. */
			CHECK(rung == 1 || abi_ring_is_empty(ring));
			atomic_fetch_add(&progress->sleeps, 1);
		}
		abi_doorbell_disarm(region);
	}
}

static pid_t start(void (*run)(void))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		run();
	}
	return pid;
}

static void assert_no_fault(void)
{
	if (atomic_load(&progress->fault) != 0)
		fail_msg("check of line %d failed after record %llu", atomic_load(&progress->fault),
			(unsigned long long)atomic_load(&progress->seen));
}

static void stop(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_no_fault();
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Until the consumer has come `len` records further. */
static void wait_for_records(uint64_t len)
{
	uint64_t until = atomic_load(&progress->seen) + len;
	uint64_t start_ms = base_time_ms();

	while (atomic_load(&progress->seen) < until) {
		assert_no_fault();
		if (base_time_ms() - start_ms > STUCK_MS)
			fail_msg("stuck at record %llu",
				(unsigned long long)atomic_load(&progress->seen));
		usleep(20);
	}
}

/* All that was committed and not yet seen is still in the ring. */
static void assert_rest_is_whole(void)
{
	struct abi_region *producer;
	struct abi_region *consumer;
	struct abi_ring *ring;
	uint64_t last;

	assert_int_equal(abi_region_open(path, &params, ABI_WORKER(0), &producer), 0);
	assert_int_equal(abi_region_open(path, &params, ABI_CONTROL, &consumer), 0);
	last = last_committed(abi_region_to_control(producer, 0));
	ring = abi_region_to_control(consumer, 0);
	for (bool is_first = true; !abi_ring_is_empty(ring); is_first = false)
		consume(ring, is_first);
	assert_true(atomic_load(&progress->seen) == last);
	abi_region_close(producer);
	abi_region_close(consumer);
}

static void kills_lose_nothing(void **state)
{
	struct abi_region *witness;
	pid_t producer;
	pid_t consumer;

	(void)state;
	assert_int_equal(abi_region_open(path, &params, ABI_WORKER(1), &witness), 0);
	producer = start(run_producer);
	consumer = start(run_consumer);
	for (uint64_t i = 0; i < KILLS; i++) {
		uint64_t draw = base_hash_u64(i, 16);

		wait_for_records(1 + (draw >> 8) % 100);
		if (draw % 3 != 0) {
			stop(producer);
			producer = start(run_producer);
		}
		if (draw % 3 != 1) {
			stop(consumer);
			consumer = start(run_consumer);
		}
	}
	wait_for_records(1);
	stop(producer);
	stop(consumer);
	assert_rest_is_whole();
	print_message("%llu records, %llu of them seen twice, %llu sleeps, %d times killed\n",
		(unsigned long long)atomic_load(&progress->seen),
		(unsigned long long)atomic_load(&progress->twice),
		(unsigned long long)atomic_load(&progress->sleeps), KILLS);
	abi_region_close(witness);
}

static int setup(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/dev/shm/sluice-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/region", folder);
	progress = mmap(
		NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(progress, MAP_FAILED);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(munmap(progress, sizeof(*progress)), 0);
	assert_int_equal(abi_region_unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(kills_lose_nothing, setup, teardown),
	};

	return cmocka_run_group_tests_name("abi_kill", tests, NULL, NULL);
}
