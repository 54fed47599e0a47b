#ifndef UPDATE_KEY_H
#define UPDATE_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "update_fault.h"

/*
 * Release keys: ECDSA on P-256 over SHA-256, signatures as r and s of 32 bytes each.
 *
 * Layer:     update (mbedTLS)
 * Thread:    any
 * Ownership: update_keys_load allocates, update_keys_free frees
 *
 * Signing is deterministic (RFC 6979): the same bundle has the same signature on every machine.
 */

enum {
	UPDATE_SIGNATURE_BYTES = 64,
	UPDATE_KEYS_MAX = 4, /* of one file: a release may be signed by the old or the new key */
	UPDATE_KEY_FILE_MAX = 16384, /* bytes */
};

struct update_keys;

/*
 * Reads public keys (PEM, one behind the other). *out is set on success. -ENOENT and what else the system says;
 * -EBADMSG when the file holds no key, too many, or one that is not on P-256.
 */
int update_keys_load(struct update_keys **out, const char *path, struct update_fault *fault)
	__attribute__((warn_unused_result));
void update_keys_free(struct update_keys *keys);

/* 0 when one of the keys made the signature of the bytes' hash; -EKEYREJECTED. */
int update_keys_verify(const struct update_keys *keys, const uint8_t sha256[32],
	const uint8_t signature[UPDATE_SIGNATURE_BYTES], struct update_fault *fault)
	__attribute__((warn_unused_result));

/* Signs a hash with the private key in `path` (PEM, no passphrase). Errors as update_keys_load. */
int update_key_sign(const char *path, const uint8_t sha256[32],
	uint8_t signature[UPDATE_SIGNATURE_BYTES], struct update_fault *fault)
	__attribute__((warn_unused_result));

/* Makes a pair: neither file may exist; the private one has mode 0600. */
int update_key_make(const char *private_path, const char *public_path, struct update_fault *fault)
	__attribute__((warn_unused_result));

#endif
