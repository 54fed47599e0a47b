#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "abi_doorbell.h"

static const struct abi_region_params params = {.workers = 2, .ring_bytes = 4096};

struct bells {
	char folder[64];
	char path[80];
	struct abi_region *control;
	struct abi_region *workers[2];
};

static int setup(void **state)
{
	struct bells *bells = calloc(1, sizeof(*bells));

	assert_non_null(bells);
	(void)snprintf(bells->folder, sizeof(bells->folder), "/dev/shm/sluice-test-XXXXXX");
	assert_non_null(mkdtemp(bells->folder));
	(void)snprintf(bells->path, sizeof(bells->path), "%s/region", bells->folder);
	assert_int_equal(abi_region_open(bells->path, &params, ABI_CONTROL, &bells->control), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(
			abi_region_open(bells->path, &params, ABI_WORKER(i), &bells->workers[i]),
			0);
	*state = bells;
	return 0;
}

static int teardown(void **state)
{
	struct bells *bells = *state;

	abi_region_close(bells->control);
	for (unsigned i = 0; i < 2; i++)
		abi_region_close(bells->workers[i]);
	assert_int_equal(abi_region_unlink(bells->path), 0);
	assert_int_equal(rmdir(bells->folder), 0);
	free(bells);
	return 0;
}

static int rings(const struct abi_region *region)
{
	struct pollfd poll_fd = {.fd = abi_doorbell_fd(region), .events = POLLIN};
	int bytes = -1;

	assert_int_equal(ioctl(poll_fd.fd, FIONREAD, &bytes), 0);
	assert_int_equal(poll(&poll_fd, 1, 0), bytes > 0);
	return bytes;
}

static void send(struct abi_ring *ring)
{
	assert_non_null(abi_ring_reserve(ring, 1, 8));
	abi_ring_commit(ring);
}

static void nobody_rings_who_is_awake(void **state)
{
	struct bells *bells = *state;

	send(abi_region_to_control(bells->workers[0], 0));
	abi_doorbell_ring(bells->workers[0], ABI_CONTROL);
	abi_doorbell_ring(bells->control, ABI_WORKER(0));
	assert_int_equal(rings(bells->control), 0);
	assert_int_equal(rings(bells->workers[0]), 0);
	abi_doorbell_disarm(bells->control);
}

static void sleeper_is_rung_once_by_each(void **state)
{
	struct bells *bells = *state;

	for (int i = 0; i < 3; i++) {
		assert_true(abi_doorbell_arm(bells->control));
		assert_int_equal(rings(bells->control), 0);
		abi_doorbell_ring(bells->workers[1], ABI_CONTROL);
		abi_doorbell_ring(bells->workers[1], ABI_CONTROL);
		assert_int_equal(rings(bells->control), 1);
		abi_doorbell_ring(bells->workers[0], ABI_CONTROL);
		assert_int_equal(rings(bells->control), 2);
		abi_doorbell_disarm(bells->control);
		assert_int_equal(rings(bells->control), 0);
		abi_doorbell_ring(bells->workers[1], ABI_CONTROL);
		assert_int_equal(rings(bells->control), 0);
	}
}

static void worker_is_rung_alone(void **state)
{
	struct bells *bells = *state;

	assert_true(abi_doorbell_arm(bells->workers[0]));
	assert_true(abi_doorbell_arm(bells->workers[1]));
	abi_doorbell_ring(bells->control, ABI_WORKER(1));
	assert_int_equal(rings(bells->workers[0]), 0);
	assert_int_equal(rings(bells->workers[1]), 1);
	abi_doorbell_disarm(bells->workers[0]);
	abi_doorbell_disarm(bells->workers[1]);
}

static void who_has_records_does_not_sleep(void **state)
{
	struct bells *bells = *state;

	send(abi_region_to_control(bells->workers[1], 1));
	assert_false(abi_doorbell_arm(bells->control));
	abi_doorbell_ring(bells->workers[1], ABI_CONTROL);
	assert_int_equal(rings(bells->control), 0); /* it is awake */
	abi_doorbell_disarm(bells->control);
	abi_ring_discard(abi_region_to_control(bells->control, 1));
	assert_true(abi_doorbell_arm(bells->control));
	abi_doorbell_disarm(bells->control);

	send(abi_region_to_worker(bells->control, 0));
	assert_false(abi_doorbell_arm(bells->workers[0]));
	assert_true(abi_doorbell_arm(bells->workers[1])); /* not its record */
	abi_doorbell_disarm(bells->workers[0]);
	abi_doorbell_disarm(bells->workers[1]);
}

/* A ringer that died after its ring, and a sleeper that died in its sleep, leave nothing that hinders. */
static void new_lives_ring_and_are_rung(void **state)
{
	struct bells *bells = *state;

	assert_true(abi_doorbell_arm(bells->control));
	abi_doorbell_ring(bells->workers[0], ABI_CONTROL);
	abi_region_close(bells->workers[0]);
	assert_int_equal(
		abi_region_open(bells->path, &params, ABI_WORKER(0), &bells->workers[0]), 0);
	abi_doorbell_ring(bells->workers[0], ABI_CONTROL);
	assert_int_equal(rings(bells->control), 2);

	abi_region_close(bells->control);
	assert_int_equal(abi_region_open(bells->path, &params, ABI_CONTROL, &bells->control), 0);
	abi_doorbell_ring(bells->workers[0], ABI_CONTROL);
	assert_int_equal(rings(bells->control), 2); /* awake: what is there is from before */
	assert_true(abi_doorbell_arm(bells->control));
	abi_doorbell_ring(bells->workers[0], ABI_CONTROL);
	assert_int_equal(rings(bells->control), 3);
	abi_doorbell_disarm(bells->control);
	assert_int_equal(rings(bells->control), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nobody_rings_who_is_awake, setup, teardown),
		cmocka_unit_test_setup_teardown(sleeper_is_rung_once_by_each, setup, teardown),
		cmocka_unit_test_setup_teardown(worker_is_rung_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(who_has_records_does_not_sleep, setup, teardown),
		cmocka_unit_test_setup_teardown(new_lives_ring_and_are_rung, setup, teardown),
	};

	return cmocka_run_group_tests_name("abi_doorbell", tests, NULL, NULL);
}
