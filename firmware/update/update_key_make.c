#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/entropy.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>

#include "base_file.h"
#include "update_key.h"
#include "update_priv.h"

enum { SCALAR_BYTES = UPDATE_SIGNATURE_BYTES / 2, HASH_BYTES = 32, PEM_MAX = 1024 };

struct random {
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context generator;
};

static int random_init(struct random *random)
{
	mbedtls_entropy_init(&random->entropy);
	mbedtls_ctr_drbg_init(&random->generator);
	return mbedtls_ctr_drbg_seed(
		&random->generator, mbedtls_entropy_func, &random->entropy, NULL, 0);
}

static void random_fini(struct random *random)
{
	mbedtls_ctr_drbg_free(&random->generator);
	mbedtls_entropy_free(&random->entropy);
}

static int sign_with(const mbedtls_pk_context *key, struct random *random, const uint8_t sha256[32],
	uint8_t *signature)
{
	mbedtls_ecp_group group;
	mbedtls_mpi secret, r, s;
	int error;

	mbedtls_ecp_group_init(&group);
	mbedtls_mpi_init(&secret);
	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	error = mbedtls_ecp_export(mbedtls_pk_ec(*key), &group, &secret, NULL);
	if (error == 0)
		error = mbedtls_ecdsa_sign_det_ext(&group, &r, &s, &secret, sha256, HASH_BYTES,
			MBEDTLS_MD_SHA256, mbedtls_ctr_drbg_random, &random->generator);
	if (error == 0)
		error = mbedtls_mpi_write_binary(&r, signature, SCALAR_BYTES);
	if (error == 0)
		error = mbedtls_mpi_write_binary(&s, signature + SCALAR_BYTES, SCALAR_BYTES);
	mbedtls_mpi_free(&s);
	mbedtls_mpi_free(&r);
	mbedtls_mpi_free(&secret);
	mbedtls_ecp_group_free(&group);
	return error;
}

int update_key_sign(const char *path, const uint8_t sha256[32],
	uint8_t signature[UPDATE_SIGNATURE_BYTES], struct update_fault *fault)
{
	mbedtls_pk_context key;
	struct random random;
	char *text;
	size_t bytes;
	int error = update_slurp(path, UPDATE_KEY_FILE_MAX, &text, &bytes, fault);

	if (error != 0)
		return error;
	mbedtls_pk_init(&key);
	error = random_init(&random);
	if (error == 0)
		error = mbedtls_pk_parse_key(&key, (const uint8_t *)text, bytes + 1, NULL, 0,
			mbedtls_ctr_drbg_random, &random.generator);
	if (error == 0 && (mbedtls_pk_get_type(&key) != MBEDTLS_PK_ECKEY ||
				  mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(key)) !=
					  MBEDTLS_ECP_DP_SECP256R1))
		error = -EBADMSG;
	if (error == 0)
		error = sign_with(&key, &random, sha256, signature);
	mbedtls_platform_zeroize(text, bytes);
	free(text);
	mbedtls_pk_free(&key);
	random_fini(&random);
	if (error != 0)
		return update_fail(fault, -EBADMSG,
			"%s is not a private key on P-256 in PEM form without a passphrase", path);
	return 0;
}

static int write_new(const char *path, unsigned mode, const char *text, struct update_fault *fault)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode), error;

	if (fd < 0)
		return update_fail(fault, -errno, "cannot make %s: %s", path, strerror(errno));
	error = base_file_write_all(fd, text, strlen(text));
	if (close(fd) != 0 && error == 0)
		error = -errno;
	if (error != 0) {
		unlink(path);
		return update_fail(fault, error, "cannot write %s: %s", path, strerror(-error));
	}
	return 0;
}

int update_key_make(const char *private_path, const char *public_path, struct update_fault *fault)
{
	char secret[PEM_MAX], public[PEM_MAX];
	mbedtls_pk_context key;
	struct random random;
	int error = random_init(&random);

	mbedtls_pk_init(&key);
	if (error == 0)
		error = mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
	if (error == 0)
		error = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key),
			mbedtls_ctr_drbg_random, &random.generator);
	if (error == 0)
		error = mbedtls_pk_write_key_pem(&key, (uint8_t *)secret, sizeof(secret));
	if (error == 0)
		error = mbedtls_pk_write_pubkey_pem(&key, (uint8_t *)public, sizeof(public));
	mbedtls_pk_free(&key);
	random_fini(&random);
	if (error != 0)
		return update_fail(
			fault, -EIO, "cannot make a key: mbedTLS says -0x%04x", (unsigned)-error);
	error = write_new(private_path, 0600, secret, fault);
	if (error == 0) {
		error = write_new(public_path, 0644, public, fault);
		if (error != 0)
			unlink(private_path);
	}
	mbedtls_platform_zeroize(secret, sizeof(secret));
	return error;
}
