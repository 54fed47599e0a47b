#include "update_key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/ecdsa.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/sha256.h>

#include "update_priv.h"

enum { SCALAR_BYTES = UPDATE_SIGNATURE_BYTES / 2, HASH_BYTES = 32 };

struct update_keys {
	unsigned len;
	mbedtls_pk_context keys[UPDATE_KEYS_MAX];
};

void update_sha256(const void *first, size_t first_bytes, const void *second, size_t second_bytes,
	uint8_t out[32])
{
	mbedtls_sha256_context context;

	mbedtls_sha256_init(&context);
	mbedtls_sha256_starts(&context, 0);
	mbedtls_sha256_update(&context, first, first_bytes);
	mbedtls_sha256_update(&context, second, second_bytes);
	mbedtls_sha256_finish(&context, out);
	mbedtls_sha256_free(&context);
}

static int is_p256(const mbedtls_pk_context *key)
{
	return mbedtls_pk_get_type(key) == MBEDTLS_PK_ECKEY &&
	       mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(*key)) == MBEDTLS_ECP_DP_SECP256R1;
}

/* The key that begins at `text`, with the text cut off where the next one begins. */
static int add_key(
	struct update_keys *keys, const char *path, const char *text, struct update_fault *fault)
{
	mbedtls_pk_context *key;

	if (keys->len == UPDATE_KEYS_MAX)
		return update_fail(
			fault, -EBADMSG, "%s holds more than %d keys", path, UPDATE_KEYS_MAX);
	key = &keys->keys[keys->len++];
	mbedtls_pk_init(key);
	if (mbedtls_pk_parse_public_key(key, (const uint8_t *)text, strlen(text) + 1) != 0 ||
		!is_p256(key))
		return update_fail(fault, -EBADMSG,
			"key %u of %s is not a public key on P-256 in PEM form", keys->len, path);
	return 0;
}

static int add_keys(
	struct update_keys *keys, const char *path, char *text, struct update_fault *fault)
{
	static const char begin[] = "-----BEGIN";
	char *at = strstr(text, begin);
	int error = 0;

	if (at == NULL)
		return update_fail(fault, -EBADMSG, "%s holds no key in PEM form", path);
	while (at != NULL && error == 0) {
		char *next = strstr(at + 1, begin), kept = next ? *next : '\0';

		if (next != NULL)
			*next = '\0';
		error = add_key(keys, path, at, fault);
		if (next != NULL)
			*next = kept;
		at = next;
	}
	return error;
}

int update_keys_load(struct update_keys **out, const char *path, struct update_fault *fault)
{
	struct update_keys *keys;
	char *text;
	size_t bytes;
	int error = update_slurp(path, UPDATE_KEY_FILE_MAX, &text, &bytes, fault);

	if (error != 0)
		return error;
	keys = calloc(1, sizeof(*keys));
	error = keys ? add_keys(keys, path, text, fault)
		     : update_fail(fault, -ENOMEM, "no memory left for the keys of %s", path);
	free(text);
	if (error != 0)
		update_keys_free(keys);
	else
		*out = keys;
	return error;
}

void update_keys_free(struct update_keys *keys)
{
	if (keys == NULL)
		return;
	for (unsigned i = 0; i < keys->len; i++)
		mbedtls_pk_free(&keys->keys[i]);
	free(keys);
}

static int verify_one(
	const mbedtls_pk_context *key, const uint8_t sha256[32], const uint8_t *signature)
{
	mbedtls_ecp_group group;
	mbedtls_ecp_point point;
	mbedtls_mpi r, s;
	int error;

	mbedtls_ecp_group_init(&group);
	mbedtls_ecp_point_init(&point);
	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	error = mbedtls_ecp_export(mbedtls_pk_ec(*key), &group, NULL, &point);
	if (error == 0)
		error = mbedtls_mpi_read_binary(&r, signature, SCALAR_BYTES);
	if (error == 0)
		error = mbedtls_mpi_read_binary(&s, signature + SCALAR_BYTES, SCALAR_BYTES);
	if (error == 0)
		error = mbedtls_ecdsa_verify(&group, sha256, HASH_BYTES, &point, &r, &s);
	mbedtls_mpi_free(&s);
	mbedtls_mpi_free(&r);
	mbedtls_ecp_point_free(&point);
	mbedtls_ecp_group_free(&group);
	return error;
}

int update_keys_verify(const struct update_keys *keys, const uint8_t sha256[32],
	const uint8_t signature[UPDATE_SIGNATURE_BYTES], struct update_fault *fault)
{
	for (unsigned i = 0; i < keys->len; i++)
		if (verify_one(&keys->keys[i], sha256, signature) == 0)
			return 0;
	return update_fail(fault, -EKEYREJECTED,
		"the bundle's signature is not by a release key of this box: it was changed, or it "
		"is "
		"not from who made this firmware; nothing was written");
}
