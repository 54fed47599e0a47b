#ifndef UPDATE_BUNDLE_H
#define UPDATE_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

#include "update_fault.h"
#include "update_key.h"
#include "update_manifest.h"
#include "update_source.h"

/*
 * The bundle: one signed file that holds a firmware. firmware/update/README.md describes its bytes.
 *
 * Layer:     update (mbedTLS, zstd)
 * Thread:    one; blocks
 * Ownership: the caller keeps source and keys for as long as the bundle
 *
 * Reading is streaming: after update_bundle_open the signature and the manifest are known to be good; then
 * update_bundle_unpack hands over each file in turn, and says at its end whether the bytes were those that were signed.
 */

enum {
	UPDATE_HEADER_BYTES = 16, /* magic, format, manifest bytes */
	UPDATE_FORMAT = 1,
	UPDATE_PIECE_BYTES = 128 * 1024, /* of unpacked data, handed over at once */
	UPDATE_WINDOW_LOG = 23, /* zstd: 8 MiB, what levels up to 19 need */
	UPDATE_LEVEL_DEFAULT = 19,
	UPDATE_LEVEL_MAX = 19,
};

struct update_bundle {
	struct update_source *source;
	struct update_manifest manifest;
	unsigned next; /* file to unpack */
};

/*
 * Reads header, manifest and signature. -EBADMSG when the source is no bundle, -EPROTONOSUPPORT for another format,
 * -EKEYREJECTED for a signature of none of the keys, -ENODATA when it ends too soon or is longer than it should be.
 */
int update_bundle_open(struct update_bundle *bundle, struct update_source *source,
	const struct update_keys *keys, struct update_fault *fault)
	__attribute__((warn_unused_result));

/* Takes unpacked bytes. 0, or a negative errno (with the fault filled in) that ends the unpacking. */
typedef int update_sink_fn(
	void *arg, const uint8_t *data, size_t bytes, struct update_fault *fault);

/*
 * Unpacks the next file into the sink. What the sink got is good only when 0 is returned. -EBADMSG when it is not what
 * was signed, -ENODATA when the source ends, and the errors of source and sink.
 */
int update_bundle_unpack(struct update_bundle *bundle, update_sink_fn *sink, void *arg,
	struct update_fault *fault) __attribute__((warn_unused_result));

struct update_recipe {
	const char *key; /* private, PEM */
	const char *out; /* file; replaced only when all went well */
	const char *board, *version;
	uint64_t sequence, minimum;
	int level; /* of zstd, 1 to UPDATE_LEVEL_MAX */
	const char *files[UPDATE_FILES_MAX]; /* paths: fw.efi, then NULL or fw.efi.sig */
};

/* Makes a bundle. The same recipe and files give the same bytes (with the same zstd). */
int update_bundle_create(const struct update_recipe *recipe, struct update_fault *fault)
	__attribute__((warn_unused_result));

#endif
