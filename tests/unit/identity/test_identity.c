#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>

#include "identity.h"

/* A box in a folder: what it is called, and what stays. */

enum { TEXT_MAX = 2048 };

static char root[64];

static const char *in(const char *path)
{
	static char whole[256];

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	return whole;
}

static int up(void **state)
{
	static const char *const folders[] = {"/cfg", "/sys", "/sys/class", "/sys/class/dmi",
		"/sys/class/dmi/id", "/sys/firmware", "/sys/firmware/devicetree",
		"/sys/firmware/devicetree/base"};

	(void)state;
	snprintf(root, sizeof(root), "/tmp/identity-test.XXXXXX");
	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdir(in(folders[i]), 0755), 0);
	return 0;
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int down(void **state)
{
	(void)state;
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *path, const void *text, size_t bytes)
{
	FILE *file = fopen(in(path), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, bytes, file), bytes);
	assert_int_equal(fclose(file), 0);
}

static char *get(const char *path, char out[TEXT_MAX])
{
	FILE *file = fopen(in(path), "r");
	size_t bytes = file != NULL ? fread(out, 1, TEXT_MAX - 1, file) : 0;

	if (file != NULL)
		fclose(file);
	out[bytes] = '\0';
	return out;
}

static struct identity_made make(void)
{
	struct identity_made made;
	char fault[IDENTITY_FAULT_MAX];

	assert_int_equal(identity_make(root, &made, fault), 0);
	return made;
}

static void all_is_made_once(void **state)
{
	char serial[TEXT_MAX], node_id[TEXT_MAX], key[TEXT_MAX], again[TEXT_MAX];
	struct identity_made made = make();
	struct stat info;

	(void)state;
	assert_true(made.serial && made.node_id && made.host_key && !made.is_of_board);
	assert_int_equal(strlen(get("/cfg/factory/serial", serial)), 15);
	assert_int_equal(strncmp(serial, "SL", 2), 0);
	get("/cfg/factory/node_id", node_id);
	assert_int_equal(strspn(node_id, "0123456789abcdef"), 32);
	assert_string_equal(node_id + 32, "\n");
	get("/cfg/keys/host.key", key);
	assert_int_equal(stat(in("/cfg/keys/host.key"), &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_int_equal(stat(in("/cfg/keys"), &info), 0);
	assert_int_equal(info.st_mode & 0777, 0700);

	made = make();
	assert_false(made.serial || made.node_id || made.host_key);
	assert_string_equal(get("/cfg/factory/serial", again), serial);
	assert_string_equal(get("/cfg/factory/node_id", again), node_id);
	assert_string_equal(get("/cfg/keys/host.key", again), key);
}

/* A factory reset removes the key alone. */
static void lost_key_is_another(void **state)
{
	char serial[TEXT_MAX], key[TEXT_MAX], again[TEXT_MAX];
	struct identity_made made;

	(void)state;
	make();
	get("/cfg/factory/serial", serial);
	get("/cfg/keys/host.key", key);
	assert_int_equal(unlink(in("/cfg/keys/host.key")), 0);
	made = make();
	assert_true(made.host_key && !made.serial && !made.node_id);
	assert_string_not_equal(get("/cfg/keys/host.key", again), key);
	assert_string_equal(get("/cfg/factory/serial", again), serial);
}

static void two_boxes_differ(void **state)
{
	char node_id[TEXT_MAX], serial[TEXT_MAX], other[TEXT_MAX];

	make();
	get("/cfg/factory/node_id", node_id);
	get("/cfg/factory/serial", serial);
	down(state);
	up(state);
	make();
	assert_string_not_equal(get("/cfg/factory/node_id", other), node_id);
	assert_string_not_equal(get("/cfg/factory/serial", other), serial);
}

static void key_is_on_p256(void **state)
{
	char pem[TEXT_MAX];
	mbedtls_pk_context key;

	(void)state;
	make();
	get("/cfg/keys/host.key", pem);
	mbedtls_pk_init(&key);
	assert_int_equal(mbedtls_pk_parse_key(&key, (const unsigned char *)pem, strlen(pem) + 1,
				 NULL, 0, NULL, NULL),
		0);
	assert_int_equal(mbedtls_pk_get_type(&key), MBEDTLS_PK_ECKEY);
	assert_int_equal(
		mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(key)), MBEDTLS_ECP_DP_SECP256R1);
	mbedtls_pk_free(&key);
}

static void board_serial_is_taken(void **state)
{
	char serial[TEXT_MAX];

	(void)state;
	put("/sys/class/dmi/id/product_serial", "To Be Filled By O.E.M.\n", 23);
	/* a device tree's text ends with a NUL */
	put("/sys/firmware/devicetree/base/serial-number", "10000000abcdef12", 17);
	assert_true(make().is_of_board);
	assert_string_equal(get("/cfg/factory/serial", serial), "10000000abcdef12\n");
	/* The disk moves to another board: the box stays who it is. */
	put("/sys/class/dmi/id/product_serial", "OTHER-77\n", 9);
	assert_false(make().serial);
	assert_string_equal(get("/cfg/factory/serial", serial), "10000000abcdef12\n");
}

static void serials(void **state)
{
	static const char *const good[] = {
		"MX12-0042", "5CG1234ABC", "1000", "a.b_c-d", "00000000abcdef12"};
	static const char *const bad[] = {"", "abc", "0000000000", "To be filled by O.E.M.",
		"Default string", "None", "123456789", "System-Serial-Number", "not-specified",
		"with space", "quote\"d", "semi;colon", "../../x/y", "nonascii\xc3\xa9", "xxxxxxxx",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!identity_is_serial(good[i]))
			fail_msg("'%s' is refused", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (identity_is_serial(bad[i]))
			fail_msg("'%s' is taken", bad[i]);
}

/* The power failed while a file was written: what lies there is not taken for one, and is not in the way. */
static void half_written_file(void **state)
{
	char text[TEXT_MAX];

	(void)state;
	assert_int_equal(mkdir(in("/cfg/factory"), 0755), 0);
	put("/cfg/factory/serial.new", "SL", 2);
	put("/cfg/factory/node_id", "", 0);
	assert_true(make().serial);
	assert_int_equal(strlen(get("/cfg/factory/serial", text)), 15);
	assert_int_equal(strlen(get("/cfg/factory/node_id", text)), 33);
	assert_int_not_equal(access(in("/cfg/factory/serial.new"), F_OK), 0);
}

/* What cannot be read for now is not missing: the box stays who it is. */
static void unreadable_file_stays(void **state)
{
	/* a file that opens and gives EIO, and one that does not open */
	static const struct {
		const char *path, *to, *why;
	} cases[] = {
		{"/cfg/factory/serial", "/proc/self/mem", "Input/output error"},
		{"/cfg/factory/node_id", "node_id", "Too many levels of symbolic links"},
		{"/cfg/keys/host.key", "/proc/self/mem", "Input/output error"},
	};
	char fault[IDENTITY_FAULT_MAX], wanted[IDENTITY_FAULT_MAX];
	struct identity_made made;
	struct stat info;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make();
		assert_int_equal(unlink(in(cases[i].path)), 0);
		assert_int_equal(symlink(cases[i].to, in(cases[i].path)), 0);
		assert_true(identity_make(root, &made, fault) < 0);
		snprintf(wanted, sizeof(wanted), "%s%s cannot be read: %s", root, cases[i].path,
			cases[i].why);
		assert_string_equal(fault, wanted);
		assert_false(made.serial || made.node_id || made.host_key);
		assert_int_equal(lstat(in(cases[i].path), &info), 0);
		assert_true(S_ISLNK(info.st_mode));
		down(state);
		up(state);
	}
}

static void faults_are_told(void **state)
{
	struct identity_made made;
	char fault[IDENTITY_FAULT_MAX];

	(void)state;
	put("/cfg/factory", "", 0);
	assert_true(identity_make(root, &made, fault) < 0);
	assert_non_null(strstr(fault, "/cfg/factory"));
	assert_false(made.serial);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, up, down)
	const struct CMUnitTest tests[] = {
		CASE(all_is_made_once),
		CASE(lost_key_is_another),
		CASE(two_boxes_differ),
		CASE(key_is_on_p256),
		CASE(board_serial_is_taken),
		CASE(serials),
		CASE(half_written_file),
		CASE(unreadable_file_stays),
		CASE(faults_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
