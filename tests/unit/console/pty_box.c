#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pty_box.h"

#include "base_log.h"
#include "console.h"

enum { SETTLE_MS = 700 };

static char box[] = "/tmp/sluice-box-XXXXXX";
static bool has_box;

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info;
	(void)kind;
	(void)walk;
	return remove(path);
}

void pty_box_remove(void)
{
	if (has_box)
		nftw(box, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	has_box = false;
}

const char *pty_path(const char *path)
{
	static char whole[256];

	snprintf(whole, sizeof(whole), "%s%s", box, path);
	return whole;
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(pty_path(path), "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

void pty_box(void)
{
	static const char *const folders[] = {
		"/cfg", "/cfg/config", "/run", "/run/sluice", "/etc", "/etc/sluice", "/data"};

	pty_box_remove();
	memcpy(box + sizeof(box) - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(box));
	has_box = true;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdir(pty_path(folders[i]), 0700), 0);
	put("/etc/sluice/version", "1.2.3-test\n");
	put("/etc/sluice/sluice.conf", "");
	put("/etc/sluice/acl.conf", "");
	put("/cfg/config/acl.conf", "");
	put("/run/sluice/slot", "b\n");
}

void pty_reboot(void)
{
	static const char *const gone[] = {
		"/run/sluice/console.first", "/run/sluice/console.lock", "/run/sluice/users"};

	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		unlink(pty_path(gone[i]));
}

static _Noreturn void be_console(pty_prepare_fn *prepare)
{
	static struct console console;
	int log = open(pty_path("/log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
	struct shell_term *term;

	if (log < 0 || dup2(log, STDERR_FILENO) < 0)
		_exit(100);
	if (unshare(CLONE_NEWNS | CLONE_NEWUTS) == 0) {
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
		if (sethostname("box", 3) < 0)
			_exit(101);
	}
	if (prepare != NULL)
		prepare(box);
	setenv("SLUICE_CLI__SOCKET", "/nonexistent/control.sock", 1);
	base_log_init("console", BASE_LOG_INFO);
	signal(SIGPIPE, SIG_IGN);
	term = shell_term_open(STDIN_FILENO, STDOUT_FILENO);
	if (term == NULL)
		_exit(102);
	console_open(&console, term, STDIN_FILENO, box);
	snprintf(console.host, sizeof(console.host), "box");
	console_run(&console);
	shell_term_close(term);
	_exit(0);
}

void pty_start(struct pty *pty, pty_prepare_fn *prepare)
{
	pty->len = 0;
	pty->at = 0;
	pty->text[0] = '\0';
	pty->pid = forkpty(&pty->fd, NULL, NULL, NULL);
	assert_true(pty->pid >= 0);
	if (pty->pid == 0)
		be_console(prepare);
	assert_int_equal(fcntl(pty->fd, F_SETFL, O_NONBLOCK), 0);
}

void pty_stop(struct pty *pty)
{
	int status;

	close(pty->fd);
	assert_int_equal(waitpid(pty->pid, &status, 0), pty->pid);
	/* The kernel tells the leader of a session that its terminal is gone. */
	if (!(WIFEXITED(status) && WEXITSTATUS(status) == 0) &&
		!(WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP))
		fail_msg("the console ended with status %#x", (unsigned)status);
	assert_false(pty_has_logged("Sanitizer"));
	assert_false(pty_has_logged("runtime error"));
	assert_false(pty_has_logged("assertion failed"));
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Reads what there is; what is too much for the buffer goes out at its beginning. */
static bool take(struct pty *pty)
{
	char part[4096];
	ssize_t n = read(pty->fd, part, sizeof(part));

	if (n <= 0)
		return false;
	if (pty->len + (size_t)n >= PTY_TEXT_MAX) {
		memmove(pty->text, pty->text + PTY_TEXT_MAX / 2, pty->len - PTY_TEXT_MAX / 2);
		pty->len -= PTY_TEXT_MAX / 2;
		pty->at = pty->at > PTY_TEXT_MAX / 2 ? pty->at - PTY_TEXT_MAX / 2 : 0;
	}
	for (ssize_t i = 0; i < n; i++)
		if (part[i] != '\0')
			pty->text[pty->len++] = part[i];
	pty->text[pty->len] = '\0';
	return true;
}

static void wait_for(struct pty *pty, short events)
{
	struct pollfd line = {.fd = pty->fd, .events = events};

	if (poll(&line, 1, PTY_WAIT_S * 1000) == 0)
		fail_msg("the console neither reads nor writes; it said: %s", pty->text + pty->at);
	if ((line.revents & POLLIN) != 0)
		take(pty);
	else if ((line.revents & (POLLHUP | POLLERR)) != 0)
		fail_msg("the console is gone; it said: %s", pty->text + pty->at);
}

void pty_send_bytes(struct pty *pty, const char *bytes, size_t len)
{
	const double end_s = now_s() + 2 * PTY_WAIT_S;

	while (len > 0) {
		ssize_t n = write(pty->fd, bytes, len);

		if (n < 0 && errno != EAGAIN)
			fail_msg("the console is gone: %s", strerror(errno));
		if (now_s() > end_s)
			fail_msg("the console does not read: %zu bytes are left", len);
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
		if (n < 0)
			wait_for(pty, POLLIN | POLLOUT);
		while (take(pty))
			;
	}
}

void pty_send(struct pty *pty, const char *text)
{
	pty_send_bytes(pty, text, strlen(text));
}

const char *pty_expect(struct pty *pty, const char *text)
{
	static char before[PTY_TEXT_MAX];
	const double end_s = now_s() + PTY_WAIT_S;
	char *found;

	while ((found = strstr(pty->text + pty->at, text)) == NULL) {
		if (now_s() > end_s)
			fail_msg("'%s' did not come; instead: %s", text, pty->text + pty->at);
		wait_for(pty, POLLIN);
	}
	snprintf(before, sizeof(before), "%.*s", (int)(found - pty->text) - (int)pty->at,
		pty->text + pty->at);
	pty->at = (size_t)(found - pty->text) + strlen(text);
	return before;
}

void pty_settle(struct pty *pty)
{
	struct pollfd line = {.fd = pty->fd, .events = POLLIN};

	while (poll(&line, 1, SETTLE_MS) == 1 && take(pty))
		;
	pty->at = pty->len;
}

void pty_first_password(struct pty *pty, char *out, size_t out_bytes)
{
	pty_expect(pty, "First password for admin: ");
	snprintf(out, out_bytes, "%s", pty_expect(pty, "\r\n"));
	pty_expect(pty, PTY_LOGIN);
}

void pty_log_in(struct pty *pty, const char *user, const char *password)
{
	pty_send(pty, user);
	pty_send(pty, "\r");
	pty_expect(pty, "Password: ");
	pty_send(pty, password);
	pty_send(pty, "\r");
}

void pty_log_in_first(struct pty *pty)
{
	char password[CONSOLE_PASSWORD_MAX];

	pty_first_password(pty, password, sizeof(password));
	pty_log_in(pty, "admin", password);
	pty_expect(pty, "New password: ");
	pty_send(pty, PTY_PASSWORD "\r");
	pty_expect(pty, "New password again: ");
	pty_send(pty, PTY_PASSWORD "\r");
	pty_expect(pty, PTY_PROMPT);
}

bool pty_has_logged(const char *text)
{
	FILE *file = fopen(pty_path("/log"), "r");
	char line[2048];
	bool has = false;

	if (file == NULL)
		return false;
	while (!has && fgets(line, sizeof(line), file) != NULL)
		has = strstr(line, text) != NULL;
	fclose(file);
	return has;
}
