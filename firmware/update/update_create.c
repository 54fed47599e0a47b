#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>

#include "base_file.h"
#include "update_bundle.h"
#include "update_priv.h"

/* A bundle in the making: the packed files stay in memory until the manifest can tell their sizes. */
struct creation {
	const struct update_recipe *recipe;
	struct update_manifest manifest;
	void *packed[UPDATE_FILES_MAX];
	struct update_fault *fault;
};

static void put_le32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static int pack(struct creation *creation, unsigned index, const void *data, size_t bytes)
{
	struct update_file *file = &creation->manifest.files[index];
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	size_t room = ZSTD_compressBound(bytes), got = 0;
	void *out = malloc(room);

	creation->packed[index] = out;
	if (zstd == NULL || out == NULL) {
		ZSTD_freeCCtx(zstd);
		return update_fail(creation->fault, -ENOMEM, "no memory left to pack %s",
			creation->recipe->files[index]);
	}
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, creation->recipe->level);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, UPDATE_WINDOW_LOG);
	got = ZSTD_compress2(zstd, out, room, data, bytes);
	ZSTD_freeCCtx(zstd);
	if (ZSTD_isError(got))
		return update_fail(creation->fault, -EIO, "cannot pack %s: zstd says %s",
			creation->recipe->files[index], ZSTD_getErrorName(got));
	file->bytes = bytes;
	file->packed_bytes = got;
	update_sha256(data, bytes, "", 0, file->sha256);
	return 0;
}

static int add_fd(struct creation *creation, unsigned index, int fd)
{
	static const char *const names[UPDATE_FILES_MAX] = {"fw.efi", "fw.efi.sig"};
	const char *path = creation->recipe->files[index];
	struct stat facts;
	void *data;
	int error;

	if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_size == 0 ||
		(uint64_t)facts.st_size > UPDATE_FILE_BYTES_MAX)
		return update_fail(
			creation->fault, -EINVAL, "%s is not a file of 1 byte to 1 GiB", path);
	data = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return update_fail(
			creation->fault, -errno, "cannot read %s: %s", path, strerror(errno));
	snprintf(creation->manifest.files[index].name, UPDATE_NAME_MAX + 1, "%s", names[index]);
	error = pack(creation, index, data, (size_t)facts.st_size);
	munmap(data, (size_t)facts.st_size);
	return error;
}

static int add_files(struct creation *creation)
{
	const char *const *files = creation->recipe->files;
	int error = 0;

	for (unsigned i = 0; i < UPDATE_FILES_MAX && files[i] != NULL && error == 0; i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			return update_fail(creation->fault, -errno, "cannot open %s: %s", files[i],
				strerror(errno));
		error = add_fd(creation, i, fd);
		close(fd);
		creation->manifest.file_len = i + 1;
	}
	return error;
}

static int write_parts(struct creation *creation, int fd, const uint8_t *header, const char *text,
	size_t text_bytes, const uint8_t *signature)
{
	int error;

	if ((error = base_file_write_all(fd, header, UPDATE_HEADER_BYTES)) != 0 ||
		(error = base_file_write_all(fd, text, text_bytes)) != 0 ||
		(error = base_file_write_all(fd, signature, UPDATE_SIGNATURE_BYTES)) != 0)
		return error;
	for (unsigned i = 0; i < creation->manifest.file_len && error == 0; i++)
		error = base_file_write_all(
			fd, creation->packed[i], (size_t)creation->manifest.files[i].packed_bytes);
	return error;
}

static int write_out(struct creation *creation, const uint8_t *header, const char *text,
	size_t text_bytes, const uint8_t *signature)
{
	const char *path = creation->recipe->out;
	char temporary[PATH_MAX];
	int fd, error;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return update_fail(
			creation->fault, -errno, "cannot write %s: %s", temporary, strerror(errno));
	error = write_parts(creation, fd, header, text, text_bytes, signature);
	if (close(fd) != 0 && error == 0)
		error = -errno;
	if (error == 0 && rename(temporary, path) != 0)
		error = -errno;
	if (error == 0)
		return 0;
	unlink(temporary);
	return update_fail(creation->fault, error, "cannot write %s: %s", path, strerror(-error));
}

static int seal(struct creation *creation)
{
	uint8_t header[UPDATE_HEADER_BYTES] = UPDATE_MAGIC, hash[32],
		signature[UPDATE_SIGNATURE_BYTES];
	char text[UPDATE_MANIFEST_MAX];
	size_t bytes = update_manifest_print(&creation->manifest, text, sizeof(text));
	struct update_manifest again;
	int error = update_manifest_parse(&again, text, bytes, creation->fault);

	if (error != 0)
		return error;
	put_le32(header + UPDATE_MAGIC_BYTES, UPDATE_FORMAT);
	put_le32(header + UPDATE_MAGIC_BYTES + 4, (uint32_t)bytes);
	update_sha256(header, sizeof(header), text, bytes, hash);
	error = update_key_sign(creation->recipe->key, hash, signature, creation->fault);
	return error != 0 ? error : write_out(creation, header, text, bytes, signature);
}

int update_bundle_create(const struct update_recipe *recipe, struct update_fault *fault)
{
	struct creation creation = {.recipe = recipe, .fault = fault};
	int error;

	if (!update_manifest_is_word(recipe->board) || !update_manifest_is_word(recipe->version))
		return update_fail(fault, -EINVAL,
			"board and version are up to %d letters, digits and . _ + ~ -",
			UPDATE_WORD_MAX - 1);
	snprintf(creation.manifest.board, UPDATE_WORD_MAX, "%s", recipe->board);
	snprintf(creation.manifest.version, UPDATE_WORD_MAX, "%s", recipe->version);
	creation.manifest.sequence = recipe->sequence;
	creation.manifest.minimum = recipe->minimum;
	error = add_files(&creation);
	if (error == 0)
		error = seal(&creation);
	for (unsigned i = 0; i < UPDATE_FILES_MAX; i++)
		free(creation.packed[i]);
	return error;
}
