#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/sha256.h>
#include <zstd.h>

#include "update_bundle.h"
#include "update_priv.h"

/* One file on its way from the source to the sink. */
struct unpack {
	const struct update_file *file;
	struct update_source *source;
	update_sink_fn *sink;
	void *arg;
	struct update_fault *fault;
	ZSTD_DCtx *zstd;
	mbedtls_sha256_context hash;
	uint64_t packed_left, out_bytes;
	bool is_whole; /* zstd saw the end of its frame */
	uint8_t in[UPDATE_PIECE_BYTES], out[UPDATE_PIECE_BYTES];
};

static int damaged(struct unpack *unpack, const char *how)
{
	return update_fail(unpack->fault, -EBADMSG,
		"%s in the bundle is damaged (%s): fetch the bundle again", unpack->file->name,
		how);
}

static int hand_over(struct unpack *unpack, size_t bytes)
{
	if (bytes > unpack->file->bytes - unpack->out_bytes)
		return damaged(unpack, "it is longer than it should be");
	unpack->out_bytes += bytes;
	mbedtls_sha256_update(&unpack->hash, unpack->out, bytes);
	return unpack->sink(unpack->arg, unpack->out, bytes, unpack->fault);
}

/* Unpacks what one read brought. */
static int take_piece(struct unpack *unpack, size_t bytes)
{
	ZSTD_inBuffer in = {unpack->in, bytes, 0};
	bool is_full = true;

	/* A full output may leave more inside the decoder, even when all input is used up. */
	while (in.pos < in.size || is_full) {
		ZSTD_outBuffer out = {unpack->out, sizeof(unpack->out), 0};
		size_t state;
		int error;

		if (unpack->is_whole && in.pos < in.size)
			return damaged(unpack, "there is something behind its end");
		state = ZSTD_decompressStream(unpack->zstd, &out, &in);
		if (ZSTD_isError(state))
			return damaged(unpack, ZSTD_getErrorName(state));
		unpack->is_whole = state == 0;
		is_full = out.pos == out.size && !unpack->is_whole;
		error = out.pos > 0 ? hand_over(unpack, out.pos) : 0;
		if (error != 0)
			return error;
	}
	return 0;
}

static int take_all(struct unpack *unpack)
{
	uint8_t hash[UPDATE_SHA256_BYTES];

	while (unpack->packed_left > 0) {
		size_t room = unpack->packed_left < sizeof(unpack->in) ? (size_t)unpack->packed_left
								       : sizeof(unpack->in);
		int error = update_source_fill(
			unpack->source, unpack->in, room, "files", unpack->fault);

		if (error == 0)
			error = take_piece(unpack, room);
		if (error != 0)
			return error;
		unpack->packed_left -= room;
	}
	if (!unpack->is_whole || unpack->out_bytes != unpack->file->bytes)
		return damaged(unpack, "it is shorter than it should be");
	mbedtls_sha256_finish(&unpack->hash, hash);
	if (memcmp(hash, unpack->file->sha256, sizeof(hash)) != 0)
		return damaged(unpack, "its SHA-256 is not the signed one");
	return 0;
}

int update_bundle_unpack(
	struct update_bundle *bundle, update_sink_fn *sink, void *arg, struct update_fault *fault)
{
	struct unpack *unpack = malloc(sizeof(*unpack));
	int error = 0;

	if (unpack == NULL)
		return update_fail(fault, -ENOMEM, "no memory left to unpack the bundle");
	unpack->file = &bundle->manifest.files[bundle->next++];
	unpack->source = bundle->source;
	unpack->sink = sink;
	unpack->arg = arg;
	unpack->fault = fault;
	unpack->packed_left = unpack->file->packed_bytes;
	unpack->out_bytes = 0;
	unpack->is_whole = false;
	mbedtls_sha256_init(&unpack->hash);
	mbedtls_sha256_starts(&unpack->hash, 0);
	unpack->zstd = ZSTD_createDCtx();
	if (unpack->zstd == NULL || ZSTD_isError(ZSTD_DCtx_setParameter(
					    unpack->zstd, ZSTD_d_windowLogMax, UPDATE_WINDOW_LOG)))
		error = update_fail(fault, -ENOMEM, "no memory left to unpack the bundle");
	if (error == 0)
		error = take_all(unpack);
	ZSTD_freeDCtx(unpack->zstd);
	mbedtls_sha256_free(&unpack->hash);
	free(unpack);
	return error;
}
