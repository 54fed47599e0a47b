#ifndef UPDATE_MANIFEST_H
#define UPDATE_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "update_fault.h"

/*
 * The manifest: what a bundle holds, for which board, and how new it is. The text is what is signed.
 *
 * Layer:     update
 * Thread:    any; pure
 *
 * Lines of words with one space between, in this order, each ended by a newline:
 *
 *   board ID | version TEXT | sequence N | minimum N | file NAME BYTES PACKED-BYTES SHA-256 (one to two times)
 */

enum {
	UPDATE_MANIFEST_MAX = 4096, /* bytes of the text */
	UPDATE_WORD_MAX = 64, /* board, version: with the NUL */
	UPDATE_NAME_MAX = 13, /* of a file: one FAT directory entry's worth */
	UPDATE_FILES_MAX = 2,
	UPDATE_SHA256_BYTES = 32,
};

#define UPDATE_SEQUENCE_MAX UINT64_C(999999999999)
#define UPDATE_FILE_BYTES_MAX (UINT64_C(1) << 30)

struct update_file {
	char name[UPDATE_NAME_MAX + 1];
	uint64_t bytes, packed_bytes; /* as written to the slot; as zstd packs it */
	uint8_t sha256[UPDATE_SHA256_BYTES]; /* of the unpacked bytes */
};

struct update_manifest {
	char board[UPDATE_WORD_MAX], version[UPDATE_WORD_MAX];
	uint64_t sequence; /* grows with every release: this is what is compared */
	uint64_t
		minimum; /* once this bundle runs and is good, no lower one is installed or gone back to */
	unsigned file_len;
	struct update_file files[UPDATE_FILES_MAX]; /* fw.efi, then fw.efi.sig if there is one */
};

/* Fills *out from exactly `bytes` of text. -EBADMSG with the line that is wrong; *out is then of no use. */
int update_manifest_parse(struct update_manifest *out, const char *text, size_t bytes,
	struct update_fault *fault) __attribute__((warn_unused_result));

/* Writes the text with a NUL behind it. The bytes without the NUL; 0 when the text is longer than `room`. */
size_t update_manifest_print(const struct update_manifest *manifest, char *out, size_t room);

/* Whether the text may stand for a board or a version: letters, digits and . _ + ~ - up to the limit. */
int update_manifest_is_word(const char *text);

#endif
