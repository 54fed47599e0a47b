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

static struct pty pty;

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
	pty_expect(&pty, "Login incorrect.");
	pty_expect(&pty, PTY_LOGIN);
}

static void log_out(void)
{
	pty_send(&pty, "exit\r");
	pty_expect(&pty, PTY_LOGIN);
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
	pty_start(&pty, NULL);
	pty_first_password(&pty, first, sizeof(first));
	assert_int_equal(strlen(first), CONSOLE_RANDOM_LEN);
	assert_int_equal(console_users_load(&users, pty_path("/cfg/users")), 0);
	assert_true(console_users_find(&users, "admin")->must_change);
	pty_log_in(&pty, "admin", first);
	pty_expect(&pty, "New password: ");
	pty_send(&pty, PTY_PASSWORD "\r");
	pty_expect(&pty, "New password again: ");
	pty_send(&pty, PTY_PASSWORD "\r");
	pty_expect(&pty, PTY_PROMPT);
	assert_int_equal(console_users_load(&users, pty_path("/cfg/users")), 0);
	assert_false(console_users_find(&users, "admin")->must_change);
	log_out();
	pty_log_in(&pty, "admin", first);
	must_login_again();
	pty_log_in(&pty, "admin", PTY_PASSWORD);
	pty_expect(&pty, PTY_PROMPT);
	pty_stop(&pty);

	pty_reboot();
	pty_start(&pty, NULL);
	assert_null(strstr(pty_expect(&pty, PTY_LOGIN), "First password"));
	pty_log_in(&pty, "admin", PTY_PASSWORD);
	pty_expect(&pty, PTY_PROMPT);
	pty_stop(&pty);
	assert_false(pty_has_logged(PTY_PASSWORD));
	assert_false(pty_has_logged(first));
	assert_null(strstr(pty.text, PTY_PASSWORD));
}

static void test_until_the_first_login_every_boot_has_a_password_of_its_own(void **state)
{
	char first[CONSOLE_PASSWORD_MAX], second[CONSOLE_PASSWORD_MAX];

	(void)state;
	pty_start(&pty, NULL);
	pty_first_password(&pty, first, sizeof(first));
	pty_stop(&pty);

	/* The process alone started anew: what was shown holds. */
	pty_start(&pty, NULL);
	assert_null(strstr(pty_expect(&pty, PTY_LOGIN), "First password"));
	pty_log_in(&pty, "admin", first);
	pty_expect(&pty, "New password: ");
	pty_stop(&pty);

	pty_reboot();
	pty_start(&pty, NULL);
	pty_first_password(&pty, second, sizeof(second));
	assert_string_not_equal(first, second);
	pty_log_in(&pty, "admin", first);
	must_login_again();
	pty_log_in(&pty, "admin", second);
	pty_expect(&pty, "New password: ");
	pty_stop(&pty);
}

static void test_a_new_password_that_is_none_is_asked_for_again(void **state)
{
	static const char *const bad[] = {"", "short", "admin", "123456789"};
	char first[CONSOLE_PASSWORD_MAX], longest[100];

	(void)state;
	pty_start(&pty, NULL);
	pty_first_password(&pty, first, sizeof(first));
	pty_log_in(&pty, "admin", first);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		pty_expect(&pty, "New password: ");
		pty_send(&pty, bad[i]);
		pty_send(&pty, "\r");
		pty_expect(&pty, "must have at least 10");
	}
	pty_expect(&pty, "New password: ");
	pty_send(&pty, first);
	pty_send(&pty, "\r");
	pty_expect(&pty, "must not be the old one");
	pty_expect(&pty, "New password: ");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	pty_send(&pty, longest);
	pty_send(&pty, "\r");
	pty_expect(&pty, "must not have more than 64");
	pty_expect(&pty, "New password: ");
	pty_send(&pty, PTY_PASSWORD "\r");
	pty_expect(&pty, "New password again: ");
	pty_send(&pty, PTY_PASSWORD "x\r");
	pty_expect(&pty, "not the same");
	pty_expect(&pty, "New password: ");
	pty_send(&pty, "\x03");
	pty_expect(&pty, "Logged out");
	pty_expect(&pty, PTY_LOGIN);
	pty_log_in(&pty, "admin", first);
	pty_expect(&pty, "New password: ");
	pty_send(&pty, "\x04");
	pty_expect(&pty, "Logged out");
	pty_stop(&pty);
}

static void test_a_wrong_user_and_a_wrong_password_look_the_same(void **state)
{
	static char user[PTY_TEXT_MAX], password[PTY_TEXT_MAX];

	(void)state;
	pty_start(&pty, NULL);
	pty_log_in_first(&pty);
	log_out();
	pty_log_in(&pty, "admin", "not this one");
	snprintf(password, sizeof(password), "%s", pty_expect(&pty, PTY_LOGIN));
	pty_log_in(&pty, "admim", PTY_PASSWORD);
	snprintf(user, sizeof(user), "%s", pty_expect(&pty, PTY_LOGIN));
	assert_string_equal(user, password);
	pty_stop(&pty);
	assert_false(pty_has_logged("admim"));
	assert_true(pty_has_logged("wrong password number 2"));
}

static void test_five_wrong_passwords_lock_even_the_right_one(void **state)
{
	struct stat info;

	(void)state;
	pty_start(&pty, NULL);
	pty_log_in_first(&pty);
	log_out();
	for (int i = 0; i < CONSOLE_LOCK_AFTER; i++) {
		pty_log_in(&pty, "admin", "wrong one");
		pty_expect(&pty, "Login incorrect.");
	}
	pty_expect(&pty, "locked for 30 s");
	pty_expect(&pty, PTY_LOGIN);
	pty_log_in(&pty, "admin", PTY_PASSWORD);
	pty_expect(&pty, "locked for ");
	pty_expect(&pty, PTY_LOGIN);
	pty_stop(&pty);
	assert_true(pty_has_logged("the console is locked for 30 s"));

	/* It outlives the process; a reboot begins with the first step. */
	pty_start(&pty, NULL);
	pty_expect(&pty, PTY_LOGIN);
	pty_log_in(&pty, "admin", PTY_PASSWORD);
	pty_expect(&pty, "locked for ");
	pty_stop(&pty);
	pty_reboot();
	pty_start(&pty, NULL);
	pty_expect(&pty, PTY_LOGIN);
	pty_log_in(&pty, "admin", PTY_PASSWORD);
	pty_expect(&pty, "locked for ");
	pty_stop(&pty);

	/* Once its time is over the right one opens, and forgives. */
	write_file("/run/sluice/console.lock", "5 1 3\n");
	pty_start(&pty, NULL);
	pty_expect(&pty, PTY_LOGIN);
	pty_log_in(&pty, "admin", PTY_PASSWORD);
	pty_expect(&pty, "Wrong passwords since the last login: 5.");
	pty_expect(&pty, PTY_PROMPT);
	assert_int_equal(stat(pty_path("/cfg/users.locked"), &info), -1);
	pty_stop(&pty);
	assert_true(pty_has_logged("3 attempts to log in were refused"));
}

static void test_a_file_of_users_that_is_none_does_not_shut_everybody_out(void **state)
{
	(void)state;
	write_file("/cfg/users", "what is this?\n");
	pty_start(&pty, NULL);
	pty_log_in_first(&pty);
	pty_stop(&pty);
	assert_int_equal(access(pty_path("/cfg/users.bad"), F_OK), 0);
	assert_true(pty_has_logged("this is not a file of users"));
}

static void test_the_password_command_wants_the_old_one(void **state)
{
	(void)state;
	pty_start(&pty, NULL);
	pty_log_in_first(&pty);
	pty_send(&pty, "password\r");
	pty_expect(&pty, "Old password: ");
	pty_send(&pty, "wrong one\r");
	pty_expect(&pty, "not your password");
	pty_expect(&pty, PTY_PROMPT);
	pty_send(&pty, "password\r");
	pty_expect(&pty, "Old password: ");
	pty_send(&pty, PTY_PASSWORD "\r");
	pty_expect(&pty, "New password: ");
	pty_send(&pty, "Another-Horse-8\r");
	pty_expect(&pty, "New password again: ");
	pty_send(&pty, "Another-Horse-8\r");
	pty_expect(&pty, "is changed");
	pty_expect(&pty, PTY_PROMPT);
	log_out();
	pty_log_in(&pty, "admin", PTY_PASSWORD);
	must_login_again();
	pty_log_in(&pty, "admin", "Another-Horse-8");
	pty_expect(&pty, PTY_PROMPT);
	pty_stop(&pty);
}

static void test_the_banner_says_what_the_box_is(void **state)
{
	const char *banner;

	(void)state;
	write_file("/run/sluice/faults", "there is no IOMMU group\nmemory: 512 MB\n");
	pty_start(&pty, NULL);
	pty_expect(&pty, "=====\r\n\r\n");
	banner = pty_expect(&pty, PTY_LOGIN);
	assert_non_null(strstr(banner, "Sluice 1.2.3-test on box, slot b"));
	assert_non_null(strstr(banner, "  there is no IOMMU group\r\n  memory: 512 MB\r\n"));
	pty_stop(&pty);
}

static void test_a_dead_control_leaves_a_shell(void **state)
{
	(void)state;
	pty_start(&pty, NULL);
	pty_log_in_first(&pty);
	pty_send(&pty, "show listeners\r");
	pty_expect(&pty, "control does not answer");
	pty_expect(&pty, PTY_PROMPT);
	pty_send(&pty, "show config mqtt.max_inflight\r");
	pty_expect(&pty, "mqtt.max_inflight = 32");
	pty_expect(&pty, PTY_PROMPT);
	pty_stop(&pty);
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
	pty_start(&pty, lose_cfg);
	pty_expect(&pty, "First password for admin: ");
	snprintf(first, sizeof(first), "%s", pty_expect(&pty, "\r\n"));
	pty_expect(&pty, "could not be mounted");
	pty_expect(&pty, "'factory-reset'");
	pty_expect(&pty, PTY_LOGIN);
	pty_log_in(&pty, "admin", first);
	pty_expect(&pty, "New password: ");
	pty_send(&pty, PTY_PASSWORD "\r");
	pty_expect(&pty, "New password again: ");
	pty_send(&pty, PTY_PASSWORD "\r");
	pty_expect(&pty, PTY_PROMPT);
	pty_send(&pty, "factory-reset\r");
	pty_expect(&pty, "The disk of cfg is not mounted");
	pty_expect(&pty, "Type 'yes-erase-all' to go on: ");
	pty_send(&pty, "yes\r");
	pty_expect(&pty, "Nothing was changed");
	pty_expect(&pty, PTY_PROMPT);
	pty_stop(&pty);
}

static void test_a_disk_that_cannot_be_written_at_the_first_boot(void **state)
{
	(void)state;
	if (!may_mount())
		return;
	pty_start(&pty, read_only_empty_cfg);
	pty_log_in_first(&pty);
	log_out();
	pty_log_in(&pty, "admin", PTY_PASSWORD);
	pty_expect(&pty, PTY_PROMPT);
	pty_stop(&pty);
	/* The process starts anew: the users are in /run. */
	pty_start(&pty, read_only_empty_cfg);
	pty_expect(&pty, PTY_LOGIN);
	pty_log_in(&pty, "admin", PTY_PASSWORD);
	pty_expect(&pty, PTY_PROMPT);
	pty_stop(&pty);
}

static void works_but_cannot_change(pty_prepare_fn *prepare, const char *why)
{
	pty_start(&pty, NULL);
	pty_log_in_first(&pty);
	pty_stop(&pty);
	pty_start(&pty, prepare);
	pty_expect(&pty, PTY_LOGIN);
	pty_log_in(&pty, "admin", PTY_PASSWORD);
	pty_expect(&pty, PTY_PROMPT);
	pty_send(&pty, "password\r");
	pty_expect(&pty, "Old password: ");
	pty_send(&pty, PTY_PASSWORD "\r");
	pty_expect(&pty, "New password: ");
	pty_send(&pty, "Another-Horse-8\r");
	pty_expect(&pty, "New password again: ");
	pty_send(&pty, "Another-Horse-8\r");
	pty_expect(&pty, why);
	pty_expect(&pty, PTY_PROMPT);
	log_out();
	pty_log_in(&pty, "admin", PTY_PASSWORD);
	pty_expect(&pty, PTY_PROMPT);
	pty_stop(&pty);
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
	pty_start(&pty, NULL);
	pty_first_password(&pty, first, sizeof(first));
	pty_stop(&pty);
	pty_start(&pty, bind_read_only);
	pty_expect(&pty, PTY_LOGIN);
	pty_log_in(&pty, "admin", first);
	pty_expect(&pty, "New password: ");
	pty_send(&pty, PTY_PASSWORD "\r");
	pty_expect(&pty, "New password again: ");
	pty_send(&pty, PTY_PASSWORD "\r");
	pty_expect(&pty, "cannot be stored");
	pty_expect(&pty, PTY_PROMPT);
	pty_stop(&pty);
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
