#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "box.h"
#include "update_bundle.h"

/* Bundles: what is made is read back; what is changed, cut off or wrong in itself is refused. */

enum { HEAD_BYTES = UPDATE_HEADER_BYTES };

static struct box box;
static struct update_keys *keys;
static struct update_fault fault;

/* A bundle in memory, and what came out of it. */
struct bytes {
	uint8_t *data;
	size_t len, at, piece; /* piece: most that one read returns */
};

static ssize_t memory_read(void *state, void *out, size_t room, struct update_fault *unused)
{
	struct bytes *bytes = state;
	size_t len = bytes->len - bytes->at;

	(void)unused;
	len = len < room ? len : room;
	len = len < bytes->piece ? len : bytes->piece;
	memcpy(out, bytes->data + bytes->at, len);
	bytes->at += len;
	return (ssize_t)len;
}

static struct update_source memory(struct bytes *bytes)
{
	bytes->at = 0;
	return (struct update_source){
		.read = memory_read, .state = bytes, .bytes = UPDATE_BYTES_UNKNOWN};
}

static struct bytes load(const char *path)
{
	struct bytes bytes = {.piece = SIZE_MAX};
	char full[BOX_PATH_MAX];
	FILE *file;

	box_path(&box, path, full);
	file = fopen(full, "rb");
	assert_non_null(file);
	bytes.data = malloc(4 << 20);
	assert_non_null(bytes.data);
	bytes.len = fread(bytes.data, 1, 4 << 20, file);
	fclose(file);
	return bytes;
}

static struct bytes make(const struct box_bundle *wish)
{
	box_bundle(&box, "/made.bundle", wish);
	return load("/made.bundle");
}

static int keep(void *arg, const uint8_t *data, size_t len, struct update_fault *unused)
{
	struct bytes *out = arg;

	(void)unused;
	assert_true(len <= UPDATE_PIECE_BYTES);
	memcpy(out->data + out->len, data, len);
	out->len += len;
	return 0;
}

/* Opens and unpacks all. *out has room for what the manifest says. */
static int read_all(struct bytes *bytes, struct bytes *out)
{
	struct update_source source = memory(bytes);
	struct update_bundle bundle;
	int error = update_bundle_open(&bundle, &source, keys, &fault);

	out->len = 0;
	for (unsigned i = 0; error == 0 && i < bundle.manifest.file_len; i++)
		error = update_bundle_unpack(&bundle, keep, out, &fault);
	return error;
}

static struct bytes room(void)
{
	struct bytes out = {.data = malloc(8 << 20)};

	assert_non_null(out.data);
	return out;
}

static void test_round_trip(void **state)
{
	static const size_t pieces[] = {1, 7, 4096, SIZE_MAX};
	uint8_t *image = box_firmware("new", 9, BOX_FIRMWARE_BYTES);
	const char *signature = "a signature for the boot loader";
	struct bytes bytes, again, out = room();

	(void)state;
	for (int with = 0; with < 2; with++) {
		bytes = make(&(struct box_bundle){.sequence = 9, .with_signature = with});
		for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
			bytes.piece = pieces[i];
			assert_int_equal(read_all(&bytes, &out), 0);
			assert_int_equal(
				out.len, BOX_FIRMWARE_BYTES + (with ? strlen(signature) : 0));
			assert_memory_equal(out.data, image, BOX_FIRMWARE_BYTES);
			assert_memory_equal(out.data + BOX_FIRMWARE_BYTES, signature,
				out.len - BOX_FIRMWARE_BYTES);
		}
		again = make(&(struct box_bundle){.sequence = 9, .with_signature = with});
		assert_int_equal(again.len, bytes.len);
		assert_memory_equal(again.data, bytes.data, bytes.len);
		free(again.data);
		free(bytes.data);
	}
	free(out.data);
	free(image);
}

/* More than one piece of the decoder's output. */
static void test_sizes(void **state)
{
	static const size_t sizes[] = {1, 1023, UPDATE_PIECE_BYTES - 1, UPDATE_PIECE_BYTES,
		UPDATE_PIECE_BYTES + 1, 3 * UPDATE_PIECE_BYTES};
	struct bytes out = room();

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct bytes bytes = make(&(struct box_bundle){.sequence = 1, .bytes = sizes[i]});

		assert_int_equal(read_all(&bytes, &out), 0);
		assert_int_equal(out.len, sizes[i]);
		free(bytes.data);
	}
	free(out.data);
}

static size_t head_bytes(const struct bytes *bytes)
{
	return HEAD_BYTES + (size_t)(bytes->data[12] | bytes->data[13] << 8) +
	       UPDATE_SIGNATURE_BYTES;
}

/* One changed byte of header, manifest or signature, and nothing is unpacked. */
static void test_changed_head(void **state)
{
	struct bytes bytes = make(&(struct box_bundle){.sequence = 9}), out = room();
	size_t len = head_bytes(&bytes);

	(void)state;
	/* Checking a signature takes its time: behind the header every third byte stands for all. */
	for (size_t i = 0; i < len; i += i < HEAD_BYTES ? 1 : 3) {
		int error;

		bytes.data[i] ^= 0x20;
		error = read_all(&bytes, &out);
		if (error == 0 || out.len != 0)
			fail_msg("byte %zu: %d", i, error);
		if (i < 8)
			assert_int_equal(error, -EBADMSG);
		else if (i < 12)
			assert_int_equal(error, -EPROTONOSUPPORT);
		else if (i >= HEAD_BYTES)
			assert_int_equal(error, -EKEYREJECTED);
		bytes.data[i] ^= 0x20;
	}
	assert_int_equal(read_all(&bytes, &out), 0);
	free(out.data);
	free(bytes.data);
}

static void test_changed_files(void **state)
{
	struct bytes bytes = make(&(struct box_bundle){.sequence = 9, .with_signature = 1}),
		     out = room();

	(void)state;
	for (size_t i = head_bytes(&bytes); i < bytes.len; i += 997) {
		bytes.data[i] ^= 1;
		assert_int_equal(read_all(&bytes, &out), -EBADMSG);
		assert_non_null(strstr(fault.text, "damaged"));
		bytes.data[i] ^= 1;
	}
	free(out.data);
	free(bytes.data);
}

static void test_cut_off(void **state)
{
	struct bytes bytes = make(&(struct box_bundle){.sequence = 9}), out = room();
	size_t whole = bytes.len;

	(void)state;
	for (size_t len = 0; len < whole; len += len < 700 ? 1 : 4999) {
		bytes.len = len;
		assert_int_equal(read_all(&bytes, &out), -ENODATA);
	}
	bytes.len = whole - 1;
	assert_int_equal(read_all(&bytes, &out), -ENODATA);
	free(out.data);
	free(bytes.data);
}

/* A source that knows its length is refused before anything is unpacked. */
static void test_length(void **state)
{
	struct bytes bytes = make(&(struct box_bundle){.sequence = 9});

	(void)state;
	for (int more = -1; more <= 1; more++) {
		struct update_source source = memory(&bytes);
		struct update_bundle bundle;

		source.bytes = bytes.len + (size_t)more;
		assert_int_equal(update_bundle_open(&bundle, &source, keys, &fault),
			more == 0 ? 0 : -ENODATA);
		if (more != 0)
			assert_non_null(strstr(fault.text, more < 0 ? "short" : "long"));
	}
	free(bytes.data);
}

static void test_other_key(void **state)
{
	char key[BOX_PATH_MAX], pub[BOX_PATH_MAX];
	struct bytes bytes, out = room();

	(void)state;
	box_path(&box, "/other.key", key);
	box_path(&box, "/other.pub", pub);
	assert_int_equal(update_key_make(key, pub, &fault), 0);
	bytes = make(&(struct box_bundle){.sequence = 9, .key = "/other.key"});
	assert_int_equal(read_all(&bytes, &out), -EKEYREJECTED);
	assert_int_equal(out.len, 0);
	free(out.data);
	free(bytes.data);
}

void update_sha256(const void *first, size_t first_bytes, const void *second, size_t second_bytes,
	uint8_t out[32]);

/* A bundle that is signed, but whose file is not what its manifest says. */
static struct bytes forge(const struct update_file *file, const void *packed, size_t packed_bytes)
{
	struct bytes bytes = {.data = malloc(4 << 20), .piece = SIZE_MAX};
	struct update_manifest manifest = {
		.board = "b", .version = "v", .sequence = 1, .file_len = 1, .files = {*file}};
	uint8_t hash[32];
	char key[BOX_PATH_MAX];
	size_t len;

	assert_non_null(bytes.data);
	memcpy(bytes.data, "SLUICEFW\1\0\0\0", 12);
	len = update_manifest_print(&manifest, (char *)bytes.data + HEAD_BYTES, 4096);
	bytes.data[12] = (uint8_t)len;
	bytes.data[13] = (uint8_t)(len >> 8);
	bytes.data[14] = bytes.data[15] = 0;
	update_sha256(bytes.data, HEAD_BYTES, bytes.data + HEAD_BYTES, len, hash);
	box_path(&box, "/release.key", key);
	bytes.len = HEAD_BYTES + len;
	assert_int_equal(update_key_sign(key, hash, bytes.data + bytes.len, &fault), 0);
	bytes.len += UPDATE_SIGNATURE_BYTES;
	memcpy(bytes.data + bytes.len, packed, packed_bytes);
	bytes.len += packed_bytes;
	return bytes;
}

static void refused(
	const struct update_file *file, const void *packed, size_t packed_bytes, const char *why)
{
	struct bytes bytes = forge(file, packed, packed_bytes), out = room();

	assert_int_equal(read_all(&bytes, &out), -EBADMSG);
	if (strstr(fault.text, why) == NULL)
		fail_msg("'%s' instead of '%s'", fault.text, why);
	/* Never more than the manifest says, however much is packed. */
	assert_true(out.len <= file->bytes);
	free(out.data);
	free(bytes.data);
}

static void test_lies(void **state)
{
	static uint8_t data[1 << 20], packed[1 << 20];
	size_t len = ZSTD_compress(packed, sizeof(packed), data, sizeof(data), 1);
	struct update_file file = {.name = "fw.efi", .bytes = sizeof(data), .packed_bytes = len};
	struct bytes good, out = room();

	(void)state;
	update_sha256(data, sizeof(data), "", 0, file.sha256);
	good = forge(&file, packed, len);
	assert_int_equal(read_all(&good, &out), 0);
	free(good.data);
	free(out.data);

	file.bytes = sizeof(data) - 1;
	refused(&file, packed, len, "longer");
	file.bytes = 1;
	refused(&file, packed, len, "longer");
	file.bytes = sizeof(data) + 1;
	refused(&file, packed, len, "shorter");
	file.bytes = sizeof(data);
	file.packed_bytes = len - 1;
	refused(&file, packed, len, "shorter");
	file.packed_bytes = len + 1;
	packed[len] = 0;
	refused(&file, packed, len + 1, "behind its end");
	file.packed_bytes = len;
	file.sha256[31] ^= 1;
	refused(&file, packed, len, "SHA-256");
	memset(packed, 0x55, sizeof(packed));
	refused(&file, packed, len, "damaged");
}

/* A frame that wants more memory than the box gives. */
static void test_window(void **state)
{
	enum { BYTES = 17 << 20 };
	uint8_t *data = calloc(1, BYTES), *packed = malloc(1 << 20);
	struct update_file file = {.name = "fw.efi", .bytes = BYTES};
	ZSTD_CCtx *zstd = ZSTD_createCCtx();

	(void)state;
	assert_true(data && packed && zstd);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, UPDATE_WINDOW_LOG + 1);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, 0);
	file.packed_bytes = ZSTD_compress2(zstd, packed, 1 << 20, data, BYTES);
	assert_false(ZSTD_isError(file.packed_bytes));
	refused(&file, packed, (size_t)file.packed_bytes, "memory");
	ZSTD_freeCCtx(zstd);
	free(packed);
	free(data);
}

static void test_create_faults(void **state)
{
	char key[BOX_PATH_MAX], out[BOX_PATH_MAX], file[BOX_PATH_MAX];
	struct update_recipe recipe = {
		.key = key, .out = out, .board = "b", .version = "v", .level = 1, .files = {file}};

	(void)state;
	box_path(&box, "/release.key", key);
	box_path(&box, "/faults.bundle", out);
	box_path(&box, "/some.efi", file);
	assert_int_equal(update_bundle_create(&recipe, &fault), -ENOENT);
	box_text(&box, "/some.efi", "");
	assert_int_equal(update_bundle_create(&recipe, &fault), -EINVAL);
	box_text(&box, "/some.efi", "x");
	recipe.board = "b c";
	assert_int_equal(update_bundle_create(&recipe, &fault), -EINVAL);
	recipe.board = "b";
	recipe.out = "/no/such/folder/x";
	assert_int_equal(update_bundle_create(&recipe, &fault), -ENOENT);
	recipe.out = out;
	assert_int_equal(update_bundle_create(&recipe, &fault), 0);
}

static int setup(void **state)
{
	char pub[BOX_PATH_MAX];

	(void)state;
	box_make(&box, 0);
	box_path(&box, "/etc/sluice/release.pub", pub);
	return update_keys_load(&keys, pub, &fault);
}

static int teardown(void **state)
{
	(void)state;
	update_keys_free(keys);
	box_remove(&box);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_changed_head),
		cmocka_unit_test(test_changed_files),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_other_key),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_create_faults),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
