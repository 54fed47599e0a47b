#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "console_password.h"

/* Hashes, random passwords, and what a user may choose. */

static void test_the_password_opens_and_no_other(void **state)
{
	char hash[CONSOLE_HASH_MAX];

	(void)state;
	assert_int_equal(console_password_hash("correct horse", hash), 0);
	assert_memory_equal(hash, "$y$", 3);
	assert_int_equal(console_password_check("correct horse", hash), 1);
	assert_int_equal(console_password_check("correct horsE", hash), 0);
	assert_int_equal(console_password_check("correct hors", hash), 0);
	assert_int_equal(console_password_check("", hash), 0);
}

static void test_the_same_password_has_another_hash_each_time(void **state)
{
	char one[CONSOLE_HASH_MAX], two[CONSOLE_HASH_MAX];

	(void)state;
	assert_int_equal(console_password_hash("the same one", one), 0);
	assert_int_equal(console_password_hash("the same one", two), 0);
	assert_string_not_equal(one, two);
}

static void test_what_is_no_hash_lets_nobody_in(void **state)
{
	static const char *const bad[] = {"", "*", "*0", "x", "$y$", "!locked"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(console_password_check("", bad[i]) <= 0);
		assert_true(console_password_check(bad[i], bad[i]) <= 0);
	}
}

static void test_nobody_has_the_decoys_password(void **state)
{
	char decoy[CONSOLE_HASH_MAX], other[CONSOLE_HASH_MAX];

	(void)state;
	assert_int_equal(console_password_decoy(decoy), 0);
	assert_int_equal(console_password_decoy(other), 0);
	assert_string_not_equal(decoy, other);
	assert_int_equal(console_password_check("", decoy), 0);
	assert_int_equal(console_password_check("admin", decoy), 0);
}

static void test_random_ones_are_long_clear_and_all_different(void **state)
{
	enum { ROUNDS = 200 };
	static char all[ROUNDS][CONSOLE_PASSWORD_MAX];
	unsigned seen[256] = {0}, kinds = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		assert_int_equal(console_password_random(all[i]), 0);
		assert_int_equal(strlen(all[i]), CONSOLE_RANDOM_LEN);
		assert_null(strpbrk(all[i], "0o1liO"));
		assert_null(console_password_fault(all[i], "", "admin"));
		for (const char *c = all[i]; *c != '\0'; c++)
			seen[(unsigned char)*c]++;
		for (int k = 0; k < i; k++)
			assert_string_not_equal(all[i], all[k]);
	}
	for (int c = 0; c < 256; c++)
		kinds += seen[c] > 0;
	/* 2,400 draws out of 31: that one never comes is less likely than 1 in 10^30. */
	assert_int_equal(kinds, 31);
}

static void test_what_a_user_may_choose(void **state)
{
	char longest[CONSOLE_PASSWORD_MAX + 1];

	(void)state;
	assert_null(console_password_fault("ten chars!", "old", "admin"));
	assert_non_null(console_password_fault("nine char", "old", "admin"));
	assert_non_null(console_password_fault("", "old", "admin"));
	assert_non_null(console_password_fault("the old one", "the old one", "admin"));
	assert_non_null(console_password_fault("administrator", "old", "administrator"));
	assert_non_null(console_password_fault("Administrator", "old", "administrator"));
	/* Characters count, not bytes: nine of two bytes each are nine. */
	assert_non_null(console_password_fault(
		"\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4", "old", "admin"));
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_non_null(console_password_fault(longest, "old", "admin"));
	longest[CONSOLE_PASSWORD_MAX - 1] = '\0';
	assert_null(console_password_fault(longest, "old", "admin"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_password_opens_and_no_other),
		cmocka_unit_test(test_the_same_password_has_another_hash_each_time),
		cmocka_unit_test(test_what_is_no_hash_lets_nobody_in),
		cmocka_unit_test(test_nobody_has_the_decoys_password),
		cmocka_unit_test(test_random_ones_are_long_clear_and_all_different),
		cmocka_unit_test(test_what_a_user_may_choose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
