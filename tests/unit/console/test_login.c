#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "pty_box.h"

/* Login as a user sees it: at the far end of a line, with the box's files behind it. */

static int make_box(void **state)
{
	(void)state;
	pty_box();
	return 0;
}

static int remove_box(void **state)
{
	(void)state;
	pty_box_remove();
	return 0;
}

static void must_login_again(void)
{
	terminal_expect("Login incorrect.");
	terminal_expect(PTY_LOGIN);
}

static void log_out(void)
{
	terminal_send("exit\r");
	terminal_expect(PTY_LOGIN);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(pty_path(path), "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void test_the_first_password_opens_and_must_be_changed(void **state)
{
	char first[CONSOLE_PASSWORD_MAX];
	struct console_users users;

	(void)state;
	pty_start(NULL);
	pty_first_password(first, sizeof(first));
	assert_int_equal(strlen(first), CONSOLE_RANDOM_LEN);
	assert_int_equal(console_users_load(&users, pty_path("/cfg/users")), 0);
	assert_true(console_users_find(&users, "admin")->must_change);
	pty_log_in("admin", first);
	terminal_expect("New password: ");
	terminal_send(PTY_PASSWORD "\r");
	terminal_expect("New password again: ");
	terminal_send(PTY_PASSWORD "\r");
	terminal_expect(PTY_PROMPT);
	assert_int_equal(console_users_load(&users, pty_path("/cfg/users")), 0);
	assert_false(console_users_find(&users, "admin")->must_change);
	log_out();
	pty_log_in("admin", first);
	must_login_again();
	pty_log_in("admin", PTY_PASSWORD);
	terminal_expect(PTY_PROMPT);
	pty_stop();

	pty_reboot();
	pty_start(NULL);
	assert_null(strstr(terminal_expect(PTY_LOGIN), "First password"));
	pty_log_in("admin", PTY_PASSWORD);
	terminal_expect(PTY_PROMPT);
	pty_stop();
	assert_false(pty_has_logged(PTY_PASSWORD));
	assert_false(pty_has_logged(first));
	assert_false(terminal_has_shown(PTY_PASSWORD));
}

static void test_until_the_first_login_every_boot_has_a_password_of_its_own(void **state)
{
	char first[CONSOLE_PASSWORD_MAX], second[CONSOLE_PASSWORD_MAX];

	(void)state;
	pty_start(NULL);
	pty_first_password(first, sizeof(first));
	pty_stop();

	/* The process alone started anew: what was shown holds. */
	pty_start(NULL);
	assert_null(strstr(terminal_expect(PTY_LOGIN), "First password"));
	pty_log_in("admin", first);
	terminal_expect("New password: ");
	pty_stop();

	pty_reboot();
	pty_start(NULL);
	pty_first_password(second, sizeof(second));
	assert_string_not_equal(first, second);
	pty_log_in("admin", first);
	must_login_again();
	pty_log_in("admin", second);
	terminal_expect("New password: ");
	pty_stop();
}

static void test_a_new_password_that_is_none_is_asked_for_again(void **state)
{
	static const char *const bad[] = {"", "short", "admin", "123456789"};
	char first[CONSOLE_PASSWORD_MAX], longest[100];

	(void)state;
	pty_start(NULL);
	pty_first_password(first, sizeof(first));
	pty_log_in("admin", first);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		terminal_expect("New password: ");
		terminal_send(bad[i]);
		terminal_send("\r");
		terminal_expect("must have at least 10");
	}
	terminal_expect("New password: ");
	terminal_send(first);
	terminal_send("\r");
	terminal_expect("must not be the old one");
	terminal_expect("New password: ");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	terminal_send(longest);
	terminal_send("\r");
	terminal_expect("must not have more than 64");
	terminal_expect("New password: ");
	terminal_send(PTY_PASSWORD "\r");
	terminal_expect("New password again: ");
	terminal_send(PTY_PASSWORD "x\r");
	terminal_expect("not the same");
	terminal_expect("New password: ");
	terminal_send("\x03");
	terminal_expect("Logged out");
	terminal_expect(PTY_LOGIN);
	pty_log_in("admin", first);
	terminal_expect("New password: ");
	terminal_send("\x04");
	terminal_expect("Logged out");
	pty_stop();
}

static void test_a_wrong_user_and_a_wrong_password_look_the_same(void **state)
{
	char wrong_password[1024];

	(void)state;
	pty_start(NULL);
	pty_log_in_first();
	log_out();
	pty_log_in("admin", "not this one");
	snprintf(wrong_password, sizeof(wrong_password), "%s", terminal_expect(PTY_LOGIN));
	pty_log_in("admim", PTY_PASSWORD);
	assert_string_equal(terminal_expect(PTY_LOGIN), wrong_password);
	pty_stop();
	assert_false(pty_has_logged("admim"));
	assert_true(pty_has_logged("wrong password number 2"));
}

static void test_five_wrong_passwords_lock_even_the_right_one(void **state)
{
	struct stat info;

	(void)state;
	pty_start(NULL);
	pty_log_in_first();
	log_out();
	for (int i = 0; i < CONSOLE_LOCK_AFTER; i++) {
		pty_log_in("admin", "wrong one");
		terminal_expect("Login incorrect.");
	}
	terminal_expect("locked for 30 s");
	terminal_expect(PTY_LOGIN);
	pty_log_in("admin", PTY_PASSWORD);
	terminal_expect("locked for ");
	terminal_expect(PTY_LOGIN);
	pty_stop();
	assert_true(pty_has_logged("the console is locked for 30 s"));

	/* It outlives the process; a reboot begins with the first step. */
	pty_start(NULL);
	terminal_expect(PTY_LOGIN);
	pty_log_in("admin", PTY_PASSWORD);
	terminal_expect("locked for ");
	pty_stop();
	pty_reboot();
	pty_start(NULL);
	terminal_expect(PTY_LOGIN);
	pty_log_in("admin", PTY_PASSWORD);
	terminal_expect("locked for ");
	pty_stop();

	/* Once its time is over the right one opens, and forgives. */
	write_file("/run/sluice/console.lock", "5 1 3\n");
	pty_start(NULL);
	terminal_expect(PTY_LOGIN);
	pty_log_in("admin", PTY_PASSWORD);
	terminal_expect("Wrong passwords since the last login: 5.");
	terminal_expect(PTY_PROMPT);
	assert_int_equal(stat(pty_path("/cfg/users.locked"), &info), -1);
	pty_stop();
	assert_true(pty_has_logged("3 attempts to log in were refused"));
}

static void test_a_file_of_users_that_is_none_does_not_shut_everybody_out(void **state)
{
	(void)state;
	write_file("/cfg/users", "what is this?\n");
	pty_start(NULL);
	pty_log_in_first();
	pty_stop();
	assert_int_equal(access(pty_path("/cfg/users.bad"), F_OK), 0);
	assert_true(pty_has_logged("this is not a file of users"));
}

/* From PTY_PASSWORD to another one; the console answers so. */
static void change_password(const char *answer)
{
	terminal_send("password\r");
	terminal_expect("Old password: ");
	terminal_send(PTY_PASSWORD "\r");
	terminal_expect("New password: ");
	terminal_send("Another-Horse-8\r");
	terminal_expect("New password again: ");
	terminal_send("Another-Horse-8\r");
	terminal_expect(answer);
	terminal_expect(PTY_PROMPT);
}

static void test_the_password_command_wants_the_old_one(void **state)
{
	(void)state;
	pty_start(NULL);
	pty_log_in_first();
	terminal_send("password\r");
	terminal_expect("Old password: ");
	terminal_send("wrong one\r");
	terminal_expect("not your password");
	terminal_expect(PTY_PROMPT);
	change_password("is changed");
	log_out();
	pty_log_in("admin", PTY_PASSWORD);
	must_login_again();
	pty_log_in("admin", "Another-Horse-8");
	terminal_expect(PTY_PROMPT);
	pty_stop();
}

static void test_the_banner_says_what_the_box_is(void **state)
{
	const char *banner;

	(void)state;
	write_file("/run/sluice/faults", "there is no IOMMU group\nmemory: 512 MB\n");
	pty_start(NULL);
	terminal_expect("=====\r\n\r\n");
	banner = terminal_expect(PTY_LOGIN);
	assert_non_null(strstr(banner, "Sluice 1.2.3-test on box, slot b"));
	assert_non_null(strstr(banner, "  there is no IOMMU group\r\n  memory: 512 MB\r\n"));
	pty_stop();
}

static void test_a_dead_control_leaves_a_shell(void **state)
{
	(void)state;
	pty_start(NULL);
	pty_log_in_first();
	terminal_send("show listeners\r");
	terminal_expect("control does not answer");
	terminal_expect(PTY_PROMPT);
	terminal_send("show config mqtt.max_inflight\r");
	terminal_expect("mqtt.max_inflight = 32");
	terminal_expect(PTY_PROMPT);
	pty_stop();
}

/* ---- Disks that fail; these mount, in a namespace of their own ---- */

static bool may_mount(void)
{
	if (geteuid() == 0)
		return true;
	print_message("needs root: skipped\n");
	return false;
}

static void mount_or_end(const char *box, const char *options, unsigned long flags)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/cfg", box);
	if (mount("tmpfs", path, "tmpfs", flags, options) < 0)
		_exit(110);
}

static void lose_cfg(const char *box)
{
	mount_or_end(box, "size=64k", 0);
}

static void read_only_empty_cfg(const char *box)
{
	mount_or_end(box, "size=64k", MS_RDONLY);
}

static void bind_read_only(const char *box)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/cfg", box);
	if (mount(path, path, NULL, MS_BIND, NULL) < 0 ||
		mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		_exit(111);
}

/* A full disk that holds the file of users. */
static void fill_cfg(const char *box)
{
	char path[256], users[1024];
	FILE *file;
	size_t len;
	int fd;

	snprintf(path, sizeof(path), "%s/cfg/users", box);
	file = fopen(path, "r");
	len = file != NULL ? fread(users, 1, sizeof(users), file) : 0;
	if (len == 0)
		_exit(112);
	fclose(file);
	mount_or_end(box, "size=16k", 0);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	if (fd < 0 || write(fd, users, len) != (ssize_t)len)
		_exit(113);
	close(fd);
	snprintf(path, sizeof(path), "%s/cfg/full", box);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	while (write(fd, users, sizeof(users)) > 0)
		;
	close(fd);
}

static void test_a_lost_disk_is_said_and_factory_reset_is_offered(void **state)
{
	char first[CONSOLE_PASSWORD_MAX];

	(void)state;
	if (!may_mount())
		return;
	pty_start(lose_cfg);
	terminal_expect("First password for admin: ");
	snprintf(first, sizeof(first), "%s", terminal_expect("\r\n"));
	terminal_expect("could not be mounted");
	terminal_expect("'factory-reset'");
	terminal_expect(PTY_LOGIN);
	pty_log_in("admin", first);
	terminal_expect("New password: ");
	terminal_send(PTY_PASSWORD "\r");
	terminal_expect("New password again: ");
	terminal_send(PTY_PASSWORD "\r");
	terminal_expect(PTY_PROMPT);
	terminal_send("factory-reset\r");
	terminal_expect("The disk of cfg is not mounted");
	terminal_expect("Type 'yes-erase-all' to go on: ");
	terminal_send("yes\r");
	terminal_expect("Nothing was changed");
	terminal_expect(PTY_PROMPT);
	pty_stop();
}

static void test_a_disk_that_cannot_be_written_at_the_first_boot(void **state)
{
	(void)state;
	if (!may_mount())
		return;
	pty_start(read_only_empty_cfg);
	pty_log_in_first();
	log_out();
	pty_log_in("admin", PTY_PASSWORD);
	terminal_expect(PTY_PROMPT);
	pty_stop();
	/* The process starts anew: the users are in /run. */
	pty_start(read_only_empty_cfg);
	terminal_expect(PTY_LOGIN);
	pty_log_in("admin", PTY_PASSWORD);
	terminal_expect(PTY_PROMPT);
	pty_stop();
}

static void works_but_cannot_change(pty_prepare_fn *prepare, const char *why)
{
	pty_start(NULL);
	pty_log_in_first();
	pty_stop();
	pty_start(prepare);
	terminal_expect(PTY_LOGIN);
	pty_log_in("admin", PTY_PASSWORD);
	terminal_expect(PTY_PROMPT);
	change_password(why);
	log_out();
	pty_log_in("admin", PTY_PASSWORD);
	terminal_expect(PTY_PROMPT);
	pty_stop();
}

static void test_a_read_only_disk_leaves_login_and_shell(void **state)
{
	(void)state;
	if (may_mount())
		works_but_cannot_change(
			bind_read_only, "Read-only file system. The old one stays.");
}

static void test_a_full_disk_leaves_login_and_shell(void **state)
{
	(void)state;
	if (may_mount())
		works_but_cannot_change(fill_cfg, "No space left on device. The old one stays.");
}

static void test_a_first_password_that_cannot_be_replaced_still_opens(void **state)
{
	char first[CONSOLE_PASSWORD_MAX];

	(void)state;
	if (!may_mount())
		return;
	pty_start(NULL);
	pty_first_password(first, sizeof(first));
	pty_stop();
	pty_start(bind_read_only);
	terminal_expect(PTY_LOGIN);
	pty_log_in("admin", first);
	terminal_expect("New password: ");
	terminal_send(PTY_PASSWORD "\r");
	terminal_expect("New password again: ");
	terminal_send(PTY_PASSWORD "\r");
	terminal_expect("cannot be stored");
	terminal_expect(PTY_PROMPT);
	pty_stop();
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_box, remove_box)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_the_first_password_opens_and_must_be_changed),
		TEST(test_until_the_first_login_every_boot_has_a_password_of_its_own),
		TEST(test_a_new_password_that_is_none_is_asked_for_again),
		TEST(test_a_wrong_user_and_a_wrong_password_look_the_same),
		TEST(test_five_wrong_passwords_lock_even_the_right_one),
		TEST(test_a_file_of_users_that_is_none_does_not_shut_everybody_out),
		TEST(test_the_password_command_wants_the_old_one),
		TEST(test_the_banner_says_what_the_box_is),
		TEST(test_a_dead_control_leaves_a_shell),
		TEST(test_a_lost_disk_is_said_and_factory_reset_is_offered),
		TEST(test_a_disk_that_cannot_be_written_at_the_first_boot),
		TEST(test_a_read_only_disk_leaves_login_and_shell),
		TEST(test_a_full_disk_leaves_login_and_shell),
		TEST(test_a_first_password_that_cannot_be_replaced_still_opens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
