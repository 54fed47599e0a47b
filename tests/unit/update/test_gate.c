#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "update_gate.h"

/* The gate: its decision in time that the test makes, and what it understands of control's answer. */

static const struct {
	const char *looks; /* one a second: h healthy, . not */
	uint64_t seconds, hold;
	enum update_verdict verdict;
	size_t after; /* look at which it is known */
} cases[] = {
	{"hhh", 5, 2, UPDATE_GOOD, 2},
	{"h", 5, 0, UPDATE_GOOD, 0},
	{"..hhh", 5, 2, UPDATE_GOOD, 4},
	{"hh.hhh", 5, 2, UPDATE_GOOD, 5},
	{"h.h.h.h.", 5, 2, UPDATE_BAD, 5},
	{"......", 5, 2, UPDATE_BAD, 5},
	{"....hhh", 5, 2, UPDATE_GOOD, 6},
	{".....hhh", 5, 2, UPDATE_GOOD, 7},
	{"....hh.h", 5, 2, UPDATE_BAD, 6},
	{".", 0, 2, UPDATE_BAD, 0},
	{"hhh", 0, 2, UPDATE_GOOD, 2},
};

static void test_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint64_t began = 1000000;
		struct update_gate gate = {
			.end_ms = began + cases[i].seconds * 1000, .hold_ms = cases[i].hold * 1000};
		enum update_verdict verdict = UPDATE_WAIT;
		size_t look = 0;

		for (; cases[i].looks[look] != '\0'; look++) {
			verdict = update_gate_step(
				&gate, began + look * 1000, cases[i].looks[look] == 'h');
			if (verdict != UPDATE_WAIT)
				break;
		}
		if (verdict != cases[i].verdict || look != cases[i].after)
			fail_msg("%s: %d at look %zu", cases[i].looks, (int)verdict, look);
	}
}

static char path[64];

/* Stands before the C library's: here an answer takes as long as it takes, so no socket gets a time limit. */
int setsockopt(int fd, int level, int optname, const void *optval, socklen_t optlen)
{
	(void)fd;
	(void)optval;
	(void)optlen;
	assert_int_equal(level, SOL_SOCKET);
	assert_true(optname == SO_RCVTIMEO || optname == SO_SNDTIMEO);
	return 0;
}

/* Control for one question: reads a line, gives the answer. */
static pid_t serve(const char *answer)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd;
	char request[256] = "";
	size_t at = 0;
	ssize_t got;
	pid_t child;

	unlink(path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	child = fork();
	if (child != 0) {
		close(listener);
		return child;
	}
	fd = accept(listener, NULL, NULL);
	while (strchr(request, '\n') == NULL &&
		(got = read(fd, request + at, sizeof(request) - 1 - at)) > 0)
		request[at += (size_t)got] = '\0';
	if (strstr(request, "[\"health\"]") == NULL)
		_exit(1);
	if (write(fd, answer, strlen(answer)) < 0)
		_exit(1);
	_exit(0);
}

static void ask(const char *answer, bool is_healthy, const char *why)
{
	char reason[UPDATE_REASON_MAX] = "";
	pid_t child = serve(answer);
	int status;

	if (update_health(path, reason) != is_healthy || strstr(reason, why) == NULL)
		fail_msg("'%s' instead of '%s'", reason, why);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void test_health(void **state)
{
	char reason[UPDATE_REASON_MAX], many[2048], folder[] = "/tmp/sluice-gate-XXXXXX";
	int len;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	assert_false(update_health(path, reason));
	assert_non_null(strstr(reason, "no answer from control"));
	ask("{\"ok\":true,\"result\":{\"ok\":true,\"faults\":[]}}\n", true, "");
	ask("{\"ok\":true,\"result\":{\"ok\":false,\"faults\":[\"worker 0 is down\",\"no "
	    "link\"]}}\n",
		false, "worker 0 is down, no link");
	ask("{\"ok\":true,\"result\":{\"ok\":false}}\n", false, "not healthy");
	ask("{\"ok\":true,\"result\":{}}\n", false, "not healthy");
	ask("{\"ok\":false,\"error\":\"no such command\"}\n", false, "no such command");
	ask("{\"ok\":false}\n", false, "refuses");
	ask("nonsense\n", false, "no answer");
	ask("", false, "no answer");
	len = snprintf(many, sizeof(many), "{\"ok\":true,\"result\":{\"ok\":false,\"faults\":[");
	for (unsigned i = 0; i < 40; i++)
		len += snprintf(
			many + len, sizeof(many) - (size_t)len, "\"a fault that is long enough\",");
	snprintf(many + len, sizeof(many) - (size_t)len, "\"x\"]}}\n");
	ask(many, false, "a fault that is long enough, a fault");
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_health),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
