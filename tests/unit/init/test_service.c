#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "init_service.h"

/* What follows from a service's end, in a time of our own. */

/* as waitpid gives them */
enum { KILLED = SIGKILL, FAILED = 1 << 8, NOT_RUN = 127 << 8, SUCCESS = 0 };

static const struct init_kind always = {.name = "one"};
static const struct init_kind once = {.name = "once", .is_once = true};
static const struct init_kind setup = {.name = "setup", .is_once = true, .is_setup = true};
static const struct init_kind limited = {.name = "limited", .limit_ms = 500};
static struct init_service service;

static void start(const struct init_kind *kind)
{
	init_service_init(&service, kind);
	init_service_started(&service, 100, -1, 0);
}

static void pauses_grow_and_end(void **state)
{
	static const unsigned pauses_s[] = {0, 1, 2, 4, 8, 16, 30, 30, 30};
	uint64_t now_ms = 0;

	(void)state;
	start(&always);
	for (size_t i = 0; i < sizeof(pauses_s) / sizeof(pauses_s[0]); i++) {
		now_ms += 100;
		assert_true(init_service_ended(&service, KILLED, now_ms, &init_times));
		assert_int_equal(service.state, INIT_PAUSED);
		assert_int_equal(service.due_ms - now_ms, pauses_s[i] * 1000);
		assert_int_equal(service.failures, i + 1);
		now_ms = service.due_ms;
		init_service_started(&service, 100, -1, now_ms);
	}
	/* A good run: all is forgotten. */
	now_ms += 30 * 1000;
	assert_true(init_service_ended(&service, FAILED, now_ms, &init_times));
	assert_int_equal(service.due_ms, now_ms);
	assert_int_equal(service.failures, 1);
	assert_string_equal(service.how, "ended with status 1 after 30 s");
	/* One that just misses a good run pays. */
	init_service_started(&service, 100, -1, now_ms);
	now_ms += 30 * 1000 - 1;
	init_service_ended(&service, FAILED, now_ms, &init_times);
	assert_int_equal(service.due_ms - now_ms, 1000);
}

static void ends_and_what_follows(void **state)
{
	static const struct {
		const struct init_kind *kind;
		enum init_state before, after;
		int status;
		bool is_overdue, ends_box, is_failure;
	} cases[] = {
		{&always, INIT_RUNNING, INIT_PAUSED, SUCCESS, false, false, false},
		{&always, INIT_RUNNING, INIT_PAUSED, FAILED, false, false, true},
		{&always, INIT_STOPPING, INIT_PAUSED, KILLED, false, false, false},
		{&always, INIT_STOPPING, INIT_ENDED, KILLED, false, true, false},
		{&always, INIT_RUNNING, INIT_ENDED, FAILED, false, true, true},
		{&limited, INIT_RUNNING, INIT_PAUSED, KILLED, true, false, true},
		{&once, INIT_RUNNING, INIT_DONE, SUCCESS, false, false, false},
		{&once, INIT_RUNNING, INIT_DONE, FAILED, false, false, true},
		/* It has not done its one run: the gate of a firmware on trial has to judge it. */
		{&once, INIT_RUNNING, INIT_PAUSED, KILLED, false, false, true},
		{&once, INIT_RUNNING, INIT_PAUSED, NOT_RUN, false, false, true},
		{&once, INIT_RUNNING, INIT_ENDED, KILLED, false, true, true},
		{&setup, INIT_RUNNING, INIT_DONE, NOT_RUN, false, false, true},
		{&setup, INIT_RUNNING, INIT_DONE, KILLED, true, false, true},
		{&once, INIT_STOPPING, INIT_PAUSED, KILLED, false, false, false},
		{&once, INIT_STOPPING, INIT_ENDED, SUCCESS, false, true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(cases[i].kind);
		service.state = cases[i].before;
		service.is_overdue = cases[i].is_overdue;
		service.ends_box = cases[i].ends_box;
		assert_int_equal(init_service_ended(&service, cases[i].status, 100, &init_times),
			cases[i].is_failure);
		assert_int_equal(service.state, cases[i].after);
		assert_false(init_service_is_alive(&service));
	}
}

/* An end that was asked for costs no pause, neither now nor later. */
static void asked_end_costs_nothing(void **state)
{
	(void)state;
	start(&always);
	service.state = INIT_STOPPING;
	init_service_ended(&service, KILLED, 100, &init_times);
	assert_int_equal(service.due_ms, 100);
	assert_int_equal(service.failures, 0);
	init_service_started(&service, 100, -1, 100);
	init_service_ended(&service, KILLED, 200, &init_times);
	assert_int_equal(service.due_ms, 200);
}

static void limit_is_due(void **state)
{
	(void)state;
	start(&limited);
	assert_int_equal(service.due_ms, 500);
	start(&always);
	assert_true(service.due_ms == UINT64_MAX);
}

static void last_lines_are_kept(void **state)
{
	char line[INIT_TAIL_BYTES * 2];

	(void)state;
	start(&always);
	for (unsigned i = 0; i < INIT_TAIL_LINES * 3 + 7; i++) {
		snprintf(line, sizeof(line), "line %u", i);
		init_service_keep(&service, line);
	}
	for (unsigned i = INIT_TAIL_LINES * 2 + 7; i < INIT_TAIL_LINES * 3 + 7; i++) {
		snprintf(line, sizeof(line), "line %u", i);
		assert_string_equal(service.tail[i % INIT_TAIL_LINES], line);
	}
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	init_service_keep(&service, line);
	assert_int_equal(strlen(service.tail[7]), INIT_TAIL_BYTES - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses_grow_and_end),
		cmocka_unit_test(ends_and_what_follows),
		cmocka_unit_test(asked_end_costs_nothing),
		cmocka_unit_test(limit_is_due),
		cmocka_unit_test(last_lines_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
