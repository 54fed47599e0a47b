#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "update_fetch.h"
#include "update_url.h"

/* HTTP: addresses, heads and chunks, and whole answers of a server that says what the test wants. */

static void test_urls(void **state)
{
	static const struct {
		const char *text;
		bool is_tls;
		const char *host, *port, *authority, *path;
	} good[] = {
		{"http://h", false, "h", "80", "h", "/"},
		{"HTTPS://h/", true, "h", "443", "h", "/"},
		{"https://h:8443/a/b.bundle", true, "h", "8443", "h:8443", "/a/b.bundle"},
		{"http://192.0.2.1:1/x?y#z", false, "192.0.2.1", "1", "192.0.2.1:1", "/x?y"},
		{"http://[fd00::1]/x", false, "fd00::1", "80", "[fd00::1]", "/x"},
		{"http://[fd00::1]:65535?q", false, "fd00::1", "65535", "[fd00::1]:65535", "/?q"},
	};
	static const char *const bad[] = {"", "h", "ftp://h/", "http:/h", "http://", "http:///x",
		"http://h:/", "http://h:0/", "http://h:65536/", "http://h:1x/", "http://h:123456/",
		"http://user@h/", "http://user:secret@h/", "http://[::1", "http://[]/",
		"http://[::1]x/", "http://h/a b", "http://h/\r\nX: y", "http://h/\x80",
		"http://:80/"};
	char long_one[UPDATE_URL_MAX + 16] = "http://h/";
	struct update_url url;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!update_url_parse(&url, good[i].text))
			fail_msg("%s", good[i].text);
		assert_int_equal(url.is_tls, good[i].is_tls);
		assert_string_equal(url.host, good[i].host);
		assert_string_equal(url.port, good[i].port);
		assert_string_equal(url.authority, good[i].authority);
		assert_string_equal(url.path, good[i].path);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (update_url_parse(&url, bad[i]))
			fail_msg("taken: '%s'", bad[i]);
	memset(long_one + 9, 'x', UPDATE_URL_MAX - 10);
	assert_true(update_url_parse(&url, long_one));
	long_one[UPDATE_URL_MAX - 1] = 'x';
	assert_false(update_url_parse(&url, long_one));
	memset(long_one + 7, 'h', UPDATE_HOST_MAX);
	long_one[7 + UPDATE_HOST_MAX] = '\0';
	assert_false(update_url_parse(&url, long_one));
}

static void test_redirects(void **state)
{
	static const struct {
		const char *from, *location, *host, *path; /* NULL: refused */
	} cases[] = {
		{"http://h/a/b?c", "/x", "h", "/x"},
		{"http://h/a/b?c=/d", "x", "h", "/a/x"},
		{"http://h", "x?y", "h", "/x?y"},
		{"http://h/a", "https://i/y", "i", "/y"},
		{"https://h/a", "https://i/y", "i", "/y"},
		{"https://h/a", "http://i/y", NULL, NULL},
		{"http://h/a", "//i/y", NULL, NULL},
		{"http://h/a", "", NULL, NULL},
		{"http://h/a", "/x y", NULL, NULL},
		{"http://h/a", "http://", NULL, NULL},
	};
	char long_one[UPDATE_URL_MAX + 1];
	struct update_url url;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(update_url_parse(&url, cases[i].from));
		if (update_url_redirect(&url, cases[i].location) != (cases[i].host != NULL))
			fail_msg("%s -> %s", cases[i].from, cases[i].location);
		if (cases[i].host == NULL)
			continue;
		assert_string_equal(url.host, cases[i].host);
		assert_string_equal(url.path, cases[i].path);
	}
	memset(long_one, '/', UPDATE_URL_MAX);
	memset(long_one + 1, 'x', UPDATE_URL_MAX - 1);
	long_one[UPDATE_URL_MAX] = '\0';
	assert_false(update_url_redirect(&url, long_one));
}

static void test_chunk_lines(void **state)
{
	static const char *const bad[] = {"", " 1", "g", "1g", "-1", "0x1", "fffffffff",
		"10000000000000000", "1 2", "ffffffffffffffff1"};
	uint64_t bytes;

	(void)state;
	assert_int_equal(update_chunk_parse("1aB", &bytes), 0);
	assert_int_equal(bytes, 0x1ab);
	assert_int_equal(update_chunk_parse("10 ;name=value", &bytes), 0);
	assert_int_equal(bytes, 16);
	assert_int_equal(update_chunk_parse("0", &bytes), 0);
	assert_int_equal(bytes, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (update_chunk_parse(bad[i], &bytes) != -EBADMSG)
			fail_msg("taken: '%s'", bad[i]);
}

static void test_heads(void **state)
{
	static const char *const bad[] = {"", "HTTP/1.1", "HTTP/1.1 20", "HTTP/1.1 2000 x",
		"HTTP/1.1 20x OK", "HTTP/2 200 OK", "HTTP/1.2 200 OK", "ICY 200 OK",
		"HTTP/1.1 200 OK\r\nno colon", "HTTP/1.1 200 OK\r\n: x",
		"HTTP/1.1 200 OK\r\nContent-Length: -1", "HTTP/1.1 200 OK\r\nContent-Length: 1x",
		"HTTP/1.1 200 OK\r\nContent-Length:",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999999",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked"};
	struct update_answer answer;
	char text[512];

	(void)state;
	snprintf(text, sizeof(text), "%s",
		"HTTP/1.0 302 Found\r\nlocation:  /x \r\nX: y\r\ncontent-length: 12");
	assert_int_equal(update_answer_parse(&answer, text), 0);
	assert_int_equal(answer.status, 302);
	assert_string_equal(answer.location, "/x");
	assert_int_equal(answer.bytes, 12);
	assert_false(answer.is_chunked);
	snprintf(text, sizeof(text), "%s",
		"HTTP/1.1 200\nTransfer-Encoding: chunked\nContent-Length: 5");
	assert_int_equal(update_answer_parse(&answer, text), 0);
	assert_true(answer.is_chunked);
	assert_true(answer.bytes == UPDATE_BYTES_UNKNOWN);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "%s", bad[i]);
		if (update_answer_parse(&answer, text) != -EBADMSG)
			fail_msg("taken: '%s'", bad[i]);
	}
}

/* A server for some connections: to each it says one text, and ends it. */
struct server {
	pid_t child;
	unsigned port;
	char address[64];
};

static struct server serve(const char *const *texts, unsigned len)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	struct server server;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t bytes = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 4), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &bytes), 0);
	server.port = ntohs(address.sin_port);
	snprintf(server.address, sizeof(server.address), "http://127.0.0.1:%u/b?c", server.port);
	server.child = fork();
	assert_true(server.child >= 0);
	for (unsigned i = 0; server.child == 0 && i < len; i++) {
		int fd = accept(listener, NULL, NULL);
		char request[2048] = "";
		size_t at = 0;
		ssize_t got;

		while (strstr(request, "\r\n\r\n") == NULL &&
			(got = read(fd, request + at, sizeof(request) - 1 - at)) > 0)
			request[at += (size_t)got] = '\0';
		if (strncmp(request, "GET /", 5) != 0 || strstr(request, "\r\nHost: 127.") == NULL)
			_exit(1);
		for (const char *text = texts[i]; *text != '\0'; text++)
			if (send(fd, text, 1, MSG_NOSIGNAL) < 0)
				break;
		close(fd);
	}
	if (server.child == 0)
		_exit(0);
	close(listener);
	return server;
}

/* Fetches all; what came is in `out`. */
static int fetch(const char *const *texts, unsigned len, char *out, struct update_fault *fault)
{
	struct server server = serve(texts, len);
	struct update_source source = {0};
	int error = update_source_http(&source, server.address, NULL, fault), status;
	ssize_t got = 1;

	*out = '\0';
	while (error == 0 && got > 0) {
		got = source.read(source.state, out, 5, fault);
		if (got > 0)
			out[got] = '\0';
		else
			error = (int)got;
		out += got > 0 ? got : 0;
	}
	update_source_close(&source);
	kill(server.child, SIGTERM);
	assert_int_equal(waitpid(server.child, &status, 0), server.child);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) != 0);
	return error;
}

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

static void test_answers(void **state)
{
	static const struct {
		const char *texts[UPDATE_REDIRECTS_MAX + 1];
		int error;
		const char *body, *why;
	} cases[] = {
		{{OK "Content-Length: 11\r\n\r\nhello world"}, 0, "hello world", ""},
		{{OK "Content-Length: 5\r\n\r\nhello world"}, 0, "hello", ""},
		{{OK "Content-Length: 12\r\n\r\nhello world"}, -ENODATA, "hello world",
			"before it had sent all"},
		{{OK "\r\nhello world"}, 0, "hello world", ""},
		{{OK "Content-Length: 0\r\n\r\n"}, 0, "", ""},
		{{CHUNKED "5\r\nhello\r\n6;x\r\n world\r\n0\r\n\r\n"}, 0, "hello world", ""},
		{{CHUNKED "0\r\n\r\n"}, 0, "", ""},
		{{CHUNKED "5\r\nhelloX\r\n"}, -EBADMSG, "hello", "HTTP"},
		{{CHUNKED "5\r\nhello"}, -EBADMSG, "hello", "HTTP"},
		{{CHUNKED "5\r\nhel"}, -ENODATA, "hel", "before it had sent all"},
		{{CHUNKED "zz\r\n"}, -EBADMSG, "", "HTTP"},
		{{CHUNKED "000000000000000000000000000000000000000000000000000000000000000000000000"
			  "01"
			  "\r\nx\r\n0\r\n\r\n"},
			-EBADMSG, "", "HTTP"},
		{{"HTTP/1.1 404 no\r\n\r\n"}, -ENOENT, "", "404"},
		{{"HTTP/1.1 500 no\r\n\r\n"}, -EREMOTEIO, "", "500"},
		{{"HTTP/1.1 206 part\r\n\r\nx"}, -EREMOTEIO, "", "206"},
		{{"not HTTP at all\r\n\r\n"}, -EBADMSG, "", "HTTP"},
		{{""}, -EBADMSG, "", "HTTP"},
		{{OK}, -EBADMSG, "", "HTTP"},
		{{"HTTP/1.1 302 x\r\nLocation: /c\r\n\r\n", OK "Content-Length: 2\r\n\r\nok"}, 0,
			"ok", ""},
		{{"HTTP/1.1 302 x\r\n\r\n"}, -EREMOTEIO, "", "sends on"},
		{{"HTTP/1.1 302 x\r\nLocation: ftp://x/\r\n\r\n", "HTTP/1.1 404 x\r\n\r\n"},
			-ENOENT, "", "404"},
		{{"HTTP/1.1 301 x\r\nLocation: /1\r\n\r\n", "HTTP/1.1 302 x\r\nLocation: 2\r\n\r\n",
			 "HTTP/1.1 303 x\r\nLocation: 3\r\n\r\n",
			 "HTTP/1.1 307 x\r\nLocation: 4\r\n\r\n",
			 "HTTP/1.1 308 x\r\nLocation: 5\r\n\r\n",
			 "HTTP/1.1 302 x\r\nLocation: 6\r\n\r\n"},
			-ELOOP, "", "more than 5"},
	};
	struct update_fault fault;
	char body[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned len = 0;
		int error;

		while (len < UPDATE_REDIRECTS_MAX + 1 && cases[i].texts[len] != NULL)
			len++;
		fault.text[0] = '\0';
		error = fetch(cases[i].texts, len, body, &fault);
		if (error != cases[i].error || strcmp(body, cases[i].body) != 0 ||
			strstr(fault.text, cases[i].why) == NULL)
			fail_msg("case %zu: %d '%s' '%s'", i, error, body, fault.text);
	}
}

/* A head without end is not kept without end. */
static void test_endless_head(void **state)
{
	enum { BYTES = 2 * UPDATE_ANSWER_HEAD_MAX };
	char *text = malloc(BYTES), body[64];
	const char *texts[] = {text};
	struct update_fault fault;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', BYTES);
	memcpy(text, OK "X: ", strlen(OK "X: "));
	text[BYTES - 1] = '\0';
	assert_int_equal(fetch(texts, 1, body, &fault), -EBADMSG);
	free(text);
}

static void test_nobody(void **state)
{
	static const char *const nothing[] = {""};
	struct server server = serve(nothing, 0);
	struct update_source source = {0};
	struct update_fault fault;
	int status;

	(void)state;
	assert_int_equal(waitpid(server.child, &status, 0), server.child);
	assert_int_equal(update_source_http(&source, server.address, NULL, &fault), -ECONNREFUSED);
	assert_non_null(strstr(fault.text, "cannot connect to 127.0.0.1"));
	assert_int_equal(update_source_http(&source, "http://h:x/", NULL, &fault), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_chunk_lines),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_endless_head),
		cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
