#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "box.h"
#include "update_key.h"

/* Release keys: what they sign, what they take, what they refuse. */

/* RFC 6979, A.2.5: P-256, SHA-256, message "sample". */
static const char rfc_key[] = "-----BEGIN EC PRIVATE KEY-----\n"
			      "MHcCAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\n"
			      "AwEHoUQDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8\n"
			      "maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
			      "-----END EC PRIVATE KEY-----\n";
static const char rfc_pub[] = "-----BEGIN PUBLIC KEY-----\n"
			      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7\n"
			      "Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
			      "-----END PUBLIC KEY-----\n";
static const uint8_t rfc_hash[32] = {0xaf, 0x2b, 0xdb, 0xe1, 0xaa, 0x9b, 0x6e, 0xc1, 0xe2, 0xad,
	0xe1, 0xd6, 0x94, 0xf4, 0x1f, 0xc7, 0x1a, 0x83, 0x1d, 0x02, 0x68, 0xe9, 0x89, 0x15, 0x62,
	0x11, 0x3d, 0x8a, 0x62, 0xad, 0xd1, 0xbf};
static const uint8_t rfc_signature[UPDATE_SIGNATURE_BYTES] = {0xef, 0xd4, 0x8b, 0x2a, 0xac, 0xb6,
	0xa8, 0xfd, 0x11, 0x40, 0xdd, 0x9c, 0xd4, 0x5e, 0x81, 0xd6, 0x9d, 0x2c, 0x87, 0x7b, 0x56,
	0xaa, 0xf9, 0x91, 0xc3, 0x4d, 0x0e, 0xa8, 0x4e, 0xaf, 0x37, 0x16, 0xf7, 0xcb, 0x1c, 0x94,
	0x2d, 0x65, 0x7c, 0x41, 0xd4, 0x36, 0xc7, 0xa1, 0xb6, 0xe2, 0x9f, 0x65, 0xf3, 0xe9, 0x00,
	0xdb, 0xb9, 0xaf, 0xf4, 0x06, 0x4d, 0xc4, 0xab, 0x2f, 0x84, 0x3a, 0xcd, 0xa8};
static const char p384_pub[] = "-----BEGIN PUBLIC KEY-----\n"
			       "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE7vVY4xoqsH3EhPCe2T2a9cf0UrgqQl6n\n"
			       "gLGaDAtZLrz7C5+nqeuM+BJruWCcvKJEuhBw3J9TwDH8/O4fIekP3rEA+CYLEenT\n"
			       "X3TwAtr4bLx47yXxUnz3C9suG708lbJb\n"
			       "-----END PUBLIC KEY-----\n";

static struct box box;
static char key[BOX_PATH_MAX], pub[BOX_PATH_MAX];
static struct update_fault fault;

static void test_known_signature(void **state)
{
	uint8_t signature[UPDATE_SIGNATURE_BYTES];
	struct update_keys *keys;

	(void)state;
	box_text(&box, "/rfc.key", rfc_key);
	box_text(&box, "/rfc.pub", rfc_pub);
	box_path(&box, "/rfc.key", key);
	box_path(&box, "/rfc.pub", pub);
	assert_int_equal(update_key_sign(key, rfc_hash, signature, &fault), 0);
	assert_memory_equal(signature, rfc_signature, sizeof(signature));
	assert_int_equal(update_keys_load(&keys, pub, &fault), 0);
	assert_int_equal(update_keys_verify(keys, rfc_hash, signature, &fault), 0);
	for (unsigned i = 0; i < sizeof(signature); i++) {
		signature[i] ^= 1;
		assert_int_equal(
			update_keys_verify(keys, rfc_hash, signature, &fault), -EKEYREJECTED);
		signature[i] ^= 1;
	}
	memset(signature, 0, sizeof(signature));
	assert_int_equal(update_keys_verify(keys, rfc_hash, signature, &fault), -EKEYREJECTED);
	update_keys_free(keys);
}

/* Any key of the file may have signed: so keys can be replaced. */
static void test_several_keys(void **state)
{
	char own[2048], text[sizeof(own) + sizeof(rfc_pub)];
	struct update_keys *keys;
	size_t bytes;
	FILE *file;

	(void)state;
	box_path(&box, "/etc/sluice/release.pub", pub);
	file = fopen(pub, "rb");
	assert_non_null(file);
	bytes = fread(own, 1, sizeof(own) - 1, file);
	fclose(file);
	own[bytes] = '\0';
	snprintf(text, sizeof(text), "%s%s", own, rfc_pub);
	box_text(&box, "/two.pub", text);
	box_path(&box, "/two.pub", pub);
	assert_int_equal(update_keys_load(&keys, pub, &fault), 0);
	assert_int_equal(update_keys_verify(keys, rfc_hash, rfc_signature, &fault), 0);
	update_keys_free(keys);
	box_text(&box, "/one.pub", own);
	box_path(&box, "/one.pub", pub);
	assert_int_equal(update_keys_load(&keys, pub, &fault), 0);
	assert_int_equal(update_keys_verify(keys, rfc_hash, rfc_signature, &fault), -EKEYREJECTED);
	update_keys_free(keys);
}

static void test_refused_keys(void **state)
{
	static char five[5 * sizeof(rfc_pub)];
	const char *const texts[] = {
		"", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n", p384_pub, rfc_key, five};
	uint8_t signature[UPDATE_SIGNATURE_BYTES];
	struct update_keys *keys;

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		memcpy(five + i * (sizeof(rfc_pub) - 1), rfc_pub, sizeof(rfc_pub));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		box_text(&box, "/bad.pub", texts[i]);
		box_path(&box, "/bad.pub", pub);
		assert_int_equal(update_keys_load(&keys, pub, &fault), -EBADMSG);
		assert_non_null(strstr(fault.text, "bad.pub"));
	}
	assert_int_equal(update_keys_load(&keys, "/no/such/key", &fault), -ENOENT);
	assert_int_equal(update_key_sign(pub, rfc_hash, signature, &fault), -EBADMSG);
	assert_int_equal(update_key_sign("/no/such/key", rfc_hash, signature, &fault), -ENOENT);
}

static void test_make(void **state)
{
	struct stat facts;

	(void)state;
	box_path(&box, "/made.key", key);
	box_path(&box, "/made.pub", pub);
	assert_int_equal(update_key_make(key, pub, &fault), 0);
	assert_int_equal(stat(key, &facts), 0);
	assert_int_equal(facts.st_mode & 0777, 0600);
	assert_int_equal(update_key_make(key, pub, &fault), -EEXIST);
	/* Neither of the two is left alone. */
	assert_int_equal(unlink(key), 0);
	assert_int_equal(update_key_make(key, pub, &fault), -EEXIST);
	assert_int_equal(access(key, F_OK), -1);
}

static int setup(void **state)
{
	(void)state;
	box_make(&box, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	box_remove(&box);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_signature),
		cmocka_unit_test(test_several_keys),
		cmocka_unit_test(test_refused_keys),
		cmocka_unit_test(test_make),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
