#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guard.h"
#include "update_manifest.h"

/* The manifest's grammar: what is right, and everything that is nearly right. */

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEAD "board qemu-arm64\nversion v1.2-3-gabc\nsequence 12\nminimum 7\n"
#define FIRST "file fw.efi 100 50 " HASH "\n"
#define SECOND "file fw.efi.sig 10 19 " HASH "\n"

static struct guard *guard;

static int parse_bytes(struct update_manifest *out, const char *text, size_t bytes)
{
	struct update_fault fault = {""};
	int error = update_manifest_parse(
		out, (const char *)guard_place(guard, text, bytes), bytes, &fault);

	if (error != 0)
		assert_non_null(strstr(fault.text, "manifest"));
	return error;
}

static void test_good(void **state)
{
	struct update_manifest manifest;
	char text[UPDATE_MANIFEST_MAX];

	(void)state;
	assert_int_equal(parse_bytes(&manifest, HEAD FIRST SECOND, strlen(HEAD FIRST SECOND)), 0);
	assert_string_equal(manifest.board, "qemu-arm64");
	assert_string_equal(manifest.version, "v1.2-3-gabc");
	assert_int_equal(manifest.sequence, 12);
	assert_int_equal(manifest.minimum, 7);
	assert_int_equal(manifest.file_len, 2);
	assert_string_equal(manifest.files[0].name, "fw.efi");
	assert_int_equal(manifest.files[0].bytes, 100);
	assert_int_equal(manifest.files[0].packed_bytes, 50);
	assert_int_equal(manifest.files[0].sha256[0], 0x00);
	assert_int_equal(manifest.files[0].sha256[31], 0xff);
	assert_string_equal(manifest.files[1].name, "fw.efi.sig");
	assert_int_equal(
		update_manifest_print(&manifest, text, sizeof(text)), strlen(HEAD FIRST SECOND));
	assert_string_equal(text, HEAD FIRST SECOND);
	for (size_t room = 1; room <= strlen(text); room++) {
		char small[UPDATE_MANIFEST_MAX];

		assert_int_equal(update_manifest_print(&manifest, small, room), 0);
	}
}

/* What is cut off within a line is malformed; only a whole list of files may end. */
static void test_prefixes(void **state)
{
	static const char text[] = HEAD FIRST SECOND;
	struct update_manifest manifest;

	(void)state;
	for (size_t bytes = 0; bytes < sizeof(text) - 1; bytes++)
		assert_int_equal(parse_bytes(&manifest, text, bytes),
			bytes == strlen(HEAD FIRST) ? 0 : -EBADMSG);
}

static void test_malformed(void **state)
{
	static const char *const cases[] = {
		"version 1\n" HEAD FIRST,
		HEAD,
		HEAD SECOND,
		HEAD FIRST FIRST,
		HEAD FIRST SECOND SECOND,
		HEAD FIRST "\n",
		HEAD FIRST "x\n",
		"board  b\nversion 1\nsequence 1\nminimum 1\n" FIRST,
		"board \nversion 1\nsequence 1\nminimum 1\n" FIRST,
		"board b c\nversion 1\nsequence 1\nminimum 1\n" FIRST,
		"board b\r\nversion 1\nsequence 1\nminimum 1\n" FIRST,
		"board b/../c\nversion 1\nsequence 1\nminimum 1\n" FIRST,
		"board b\nversion \x1b[2J\nsequence 1\nminimum 1\n" FIRST,
		"board b\nversion \xc3\xa4\nsequence 1\nminimum 1\n" FIRST,
		"Board b\nversion 1\nsequence 1\nminimum 1\n" FIRST,
		"board b\nversion 1\nsequence \nminimum 1\n" FIRST,
		"board b\nversion 1\nsequence -1\nminimum 1\n" FIRST,
		"board b\nversion 1\nsequence +1\nminimum 1\n" FIRST,
		"board b\nversion 1\nsequence 01\nminimum 1\n" FIRST,
		"board b\nversion 1\nsequence 1x\nminimum 1\n" FIRST,
		"board b\nversion 1\nsequence 1000000000000\nminimum 1\n" FIRST,
		"board b\nversion 1\nsequence 18446744073709551617\nminimum 1\n" FIRST,
		"board b\nversion 1\nsequence 1\nminimum 2\n" FIRST,
		HEAD "file fw.efi 0 50 " HASH "\n",
		HEAD "file fw.efi 100 0 " HASH "\n",
		HEAD "file fw.efi 1073741825 50 " HASH "\n",
		HEAD "file fw.efi 100 1073741825 " HASH "\n",
		HEAD "file fw.efi 100 50 " HASH "0\n",
		HEAD "file fw.efi 100 50 " HASH " x\n",
		HEAD "file fw.efi 100 50\n",
		HEAD "file ../fw.efi 100 50 " HASH "\n",
		HEAD "file FW.EFI 100 50 " HASH "\n",
		HEAD
		"file fw.efi 100 50 00112233445566778899AABBCCDDEEFF00112233445566778899aabbccd"
		"deeff\n",
		HEAD
		"file fw.efi 100 50 0g112233445566778899aabbccddeeff00112233445566778899aabbccd"
		"deeff\n",
	};
	struct update_manifest manifest;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (parse_bytes(&manifest, cases[i], strlen(cases[i])) != -EBADMSG)
			fail_msg("taken: %s", cases[i]);
}

/* A NUL anywhere, and any other change of one byte, is refused or read as what it then says. */
static void test_changed_bytes(void **state)
{
	static const char text[] = HEAD FIRST SECOND;
	struct update_manifest manifest;
	char copy[sizeof(text)], again[UPDATE_MANIFEST_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		for (unsigned value = 0; value < 256; value++) {
			memcpy(copy, text, sizeof(text));
			copy[i] = (char)value;
			if (parse_bytes(&manifest, copy, sizeof(text) - 1) != 0)
				continue;
			assert_int_not_equal(value, 0);
			update_manifest_print(&manifest, again, sizeof(again));
			assert_memory_equal(again, copy, sizeof(text) - 1);
		}
}

static void test_words(void **state)
{
	char longest[UPDATE_WORD_MAX + 1];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[UPDATE_WORD_MAX] = '\0';
	assert_false(update_manifest_is_word(longest));
	longest[UPDATE_WORD_MAX - 1] = '\0';
	assert_true(update_manifest_is_word(longest));
	assert_true(update_manifest_is_word("v0.3-12-gabcdef+x_y~1"));
	assert_false(update_manifest_is_word(""));
	assert_false(update_manifest_is_word("a b"));
	assert_false(update_manifest_is_word("a\n"));
}

static int setup(void **state)
{
	(void)state;
	guard = guard_new(UPDATE_MANIFEST_MAX);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	guard_free(guard);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_changed_bytes),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
