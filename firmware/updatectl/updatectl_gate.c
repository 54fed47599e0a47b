#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "revision.h"
#include "update_gate.h"
#include "update_install.h"
#include "updatectl_priv.h"

enum { SECONDS_MAX = 3600 };

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Whether the slot that runs is on trial. A box without slots has none. */
static bool is_on_trial(const struct update_box *box)
{
	struct update_bootenv env;
	struct update_fault fault;
	bool on_trial;

	if (box->running > UPDATE_SLOT_B)
		return false;
	if (update_bootenv_open(&env, box, &fault) != 0) {
		updatectl_failed(&fault);
		return false;
	}
	on_trial = update_is_on_trial(&env, box->running);
	update_bootenv_close(&env);
	return on_trial;
}

/*
 * A proven firmware has its tries back as soon as it is healthy: power that fails again and again during the hold is no
 * fault of the firmware, and must not end in the recovery slot.
 */
static void refill_proven(const struct update_box *box)
{
	struct update_fault fault;

	if (box->running <= UPDATE_SLOT_B && !is_on_trial(box) && update_refill(box, &fault) != 0)
		updatectl_failed(&fault);
}

/* Looked for each time: the configuration may change while the firmware is on trial. */
static void find_control(const struct update_box *box, char socket[CONFIG_TEXT_MAX])
{
	const char *env = getenv("SLUICE_CLI__SOCKET");
	char folder[PATH_MAX], factory[PATH_MAX];
	struct revision_place place;

	if (env != NULL && env[0] != '\0') {
		snprintf(socket, CONFIG_TEXT_MAX, "%s", env);
		return;
	}
	revision_place_init(&place);
	update_box_path(box, place.dir, folder);
	update_box_path(box, place.factory, factory);
	place.dir = folder;
	place.factory = factory;
	revision_socket(&place, socket);
}

/* Asks until the verdict is there. What changes is said. */
static bool wait_for_health(
	const struct update_box *box, uint64_t seconds, uint64_t hold_seconds, char *reason)
{
	const struct timespec pause = {.tv_sec = UPDATE_GATE_POLL_MS / 1000};
	struct update_gate gate = {
		.end_ms = now_ms() + seconds * 1000, .hold_ms = hold_seconds * 1000};
	char before[UPDATE_REASON_MAX] = "", socket[CONFIG_TEXT_MAX];
	bool was_healthy = false;

	for (;;) {
		enum update_verdict verdict;
		bool is_healthy;

		find_control(box, socket);
		is_healthy = update_health(socket, reason);
		verdict = update_gate_step(&gate, now_ms(), is_healthy);

		if (verdict != UPDATE_WAIT)
			return verdict == UPDATE_GOOD;
		if (is_healthy && !was_healthy)
			refill_proven(box);
		was_healthy = was_healthy || is_healthy;
		if (!is_healthy && strcmp(reason, before) != 0) {
			printf("gate: waiting: %s\n", reason);
			fflush(stdout);
			memcpy(before, reason, sizeof(before));
		}
		nanosleep(&pause, NULL);
	}
}

static int pass(const struct update_box *box)
{
	struct update_fault fault;

	if (box->running > UPDATE_SLOT_B) {
		printf("gate: the broker is healthy; running from %s, nothing to mark\n",
			update_place_name(box->running));
		return 0;
	}
	if (update_mark_good(box, &fault) != 0)
		return updatectl_failed(&fault);
	if (fault.text[0] != '\0')
		printf("gate: %s\n", fault.text);
	printf("gate: the broker is healthy: slot %s is good\n", update_place_name(box->running));
	return 0;
}

/* A proven firmware stays: a cable that is not plugged in is no reason to boot another one. */
static int refuse(const struct update_box *box, const char *reason)
{
	struct update_fault fault;

	fflush(stdout);
	if (is_on_trial(box)) {
		fprintf(stderr,
			"gate: slot %s fails its trial and the box restarts: %s (to keep it: "
			"sluice-firmware mark-good)\n",
			update_place_name(box->running), reason);
		if (update_reboot(box, &fault) != 0)
			updatectl_failed(&fault);
		return EXIT_NOT_DONE;
	}
	fprintf(stderr, "gate: the broker is not healthy: %s\n", reason);
	if (box->running <= UPDATE_SLOT_B && update_refill(box, &fault) != 0)
		updatectl_failed(&fault);
	return EXIT_NOT_DONE;
}

static bool read_seconds(const char *text, uint64_t *out)
{
	char *end;

	*out = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && *out <= SECONDS_MAX;
}

int updatectl_gate(struct updatectl *ctl)
{
	static const struct option known[] = {
		{"seconds", required_argument, NULL, 's'},
		{"hold", required_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	uint64_t seconds = UPDATE_GATE_SECONDS, hold_seconds = UPDATE_GATE_HOLD_SECONDS;
	char reason[UPDATE_REASON_MAX];
	struct update_fault fault;
	struct update_box box;
	int option;

	optind = 0;
	while ((option = getopt_long(ctl->argc, ctl->argv, "", known, NULL)) != -1) {
		if (option != 's' && option != 'h')
			return EXIT_USAGE;
		if (!read_seconds(optarg, option == 's' ? &seconds : &hold_seconds))
			return updatectl_usage("not a number of seconds up to 3600:", optarg);
	}
	if (optind < ctl->argc)
		return updatectl_usage("gate takes no", ctl->argv[optind]);
	if (update_box_load(&box, ctl->root, &fault) != 0)
		return updatectl_failed(&fault);
	return wait_for_health(&box, seconds, hold_seconds, reason) ? pass(&box)
								    : refuse(&box, reason);
}
