#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pty_box.h"

#include "base_log.h"
#include "console.h"

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

/* `prepare` is the caller's pty_prepare_fn. */
static int be_console(const void *prepare)
{
	static struct console console;
	int log = open(pty_path("/log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
	struct shell_term *term;

	if (log < 0 || dup2(log, STDERR_FILENO) < 0)
		return 100;
	if (unshare(CLONE_NEWNS | CLONE_NEWUTS) == 0) {
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
		if (sethostname("box", 3) < 0)
			return 101;
	}
	if (*(pty_prepare_fn *const *)prepare != NULL)
		(*(pty_prepare_fn *const *)prepare)(box);
	setenv("SLUICE_CLI__SOCKET", "/nonexistent/control.sock", 1);
	base_log_init("console", BASE_LOG_INFO);
	signal(SIGPIPE, SIG_IGN);
	term = shell_term_open(STDIN_FILENO, STDOUT_FILENO);
	if (term == NULL)
		return 102;
	console_open(&console, term, STDIN_FILENO, box);
	snprintf(console.host, sizeof(console.host), "box");
	console_run(&console);
	shell_term_close(term);
	return 0;
}

void pty_start(pty_prepare_fn *prepare)
{
	terminal_start(be_console, &prepare);
}

void pty_stop(void)
{
	terminal_hang_up();
	assert_int_equal(terminal_end(), 0);
	assert_false(pty_has_logged("Sanitizer"));
	assert_false(pty_has_logged("runtime error"));
	assert_false(pty_has_logged("assertion failed"));
}

void pty_first_password(char *out, size_t out_bytes)
{
	terminal_expect("First password for admin: ");
	snprintf(out, out_bytes, "%s", terminal_expect("\r\n"));
	terminal_expect(PTY_LOGIN);
}

void pty_log_in(const char *user, const char *password)
{
	terminal_send(user);
	terminal_send("\r");
	terminal_expect("Password: ");
	terminal_send(password);
	terminal_send("\r");
}

void pty_log_in_first(void)
{
	char password[CONSOLE_PASSWORD_MAX];

	pty_first_password(password, sizeof(password));
	pty_log_in("admin", password);
	terminal_expect("New password: ");
	terminal_send(PTY_PASSWORD "\r");
	terminal_expect("New password again: ");
	terminal_send(PTY_PASSWORD "\r");
	terminal_expect(PTY_PROMPT);
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
