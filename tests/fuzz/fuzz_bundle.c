/* libs: update */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "update_bundle.h"
#include "update_priv.h"

/*
 * A bundle from anywhere. The first byte says how it is read, and which of two things the rest is:
 *
 *   a whole bundle, which no key of ours has signed: it must be refused;
 *   a manifest up to a NUL, and the packed files behind it: signed here with a key made at the start, as the signature
 *   would be all that a changed byte is caught by. What the manifest says and what is unpacked must then agree.
 */
enum { READ_ROOM = 0x0f, KNOWS_LENGTH = 0x10, IS_WHOLE = 0x20, UNPACKED_MAX = 4 << 20 };

static struct update_keys *keys;
static char key_path[] = "/tmp/sluice-fuzz-XXXXXX/key", public_path[sizeof(key_path) + 4];

static void check(bool is_right, const char *what)
{
	if (!is_right) {
		fprintf(stderr, "fuzz_bundle: %s\n", what);
		abort();
	}
}

static void remove_keys(void)
{
	unlink(public_path);
	unlink(key_path);
	*strrchr(key_path, '/') = '\0';
	rmdir(key_path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char *slash = strrchr(key_path, '/');
	struct update_fault fault;

	(void)argc;
	(void)argv;
	*slash = '\0';
	check(mkdtemp(key_path) != NULL, "no folder for the keys");
	*slash = '/';
	snprintf(public_path, sizeof(public_path), "%s.pub", key_path);
	atexit(remove_keys);
	check(update_key_make(key_path, public_path, &fault) == 0, "no key");
	check(update_keys_load(&keys, public_path, &fault) == 0, "the key cannot be read");
	return 0;
}

/* What is read, in memory of its own size, so that ASan sees a read past its end. */
struct input {
	uint8_t *data;
	size_t bytes, at, room; /* room: most that one read gives */
};

static ssize_t input_read(void *state, void *out, size_t room, struct update_fault *fault)
{
	struct input *input = state;
	size_t bytes = input->bytes - input->at;

	(void)fault;
	bytes = bytes < room ? bytes : room;
	bytes = bytes < input->room ? bytes : input->room;
	memcpy(out, input->data + input->at, bytes);
	input->at += bytes;
	return (ssize_t)bytes;
}

static struct update_source source_of(struct input *input, uint8_t how)
{
	input->room = (size_t)1 << (how & READ_ROOM);
	return (struct update_source){.read = input_read,
		.state = input,
		.bytes = how & KNOWS_LENGTH ? input->bytes : UPDATE_BYTES_UNKNOWN};
}

/* A slot: it is full after a while, so that an input of few bytes does not take seconds. */
struct slot {
	const struct update_file *file;
	uint8_t data[UNPACKED_MAX];
	size_t bytes;
};
static struct slot slot;

static int slot_write(void *arg, const uint8_t *data, size_t bytes, struct update_fault *fault)
{
	check(arg == &slot, "another sink's argument");
	check(bytes > 0 && bytes <= UPDATE_PIECE_BYTES, "a piece of no allowed size");
	check(slot.bytes + bytes <= slot.file->bytes, "more than the manifest says");
	if (bytes > sizeof(slot.data) - slot.bytes)
		return update_fail(fault, -ENOSPC, "full");
	memcpy(slot.data + slot.bytes, data, bytes);
	slot.bytes += bytes;
	return 0;
}

static void unpack(struct update_bundle *bundle)
{
	struct update_fault fault;
	uint8_t hash[UPDATE_SHA256_BYTES];
	int error = 0;

	for (unsigned i = 0; i < bundle->manifest.file_len && error == 0; i++) {
		slot.file = &bundle->manifest.files[i];
		slot.bytes = 0;
		error = update_bundle_unpack(bundle, slot_write, &slot, &fault);
		check(error == 0 || error == -EBADMSG || error == -ENODATA || error == -ENOSPC,
			"an error that unpacking does not have");
		if (error != 0)
			continue;
		update_sha256(slot.data, slot.bytes, "", 0, hash);
		check(slot.bytes == slot.file->bytes, "good, with bytes missing");
		check(memcmp(hash, slot.file->sha256, sizeof(hash)) == 0, "good, but others");
	}
}

static void refuse(struct input *input, uint8_t how)
{
	struct update_source source = source_of(input, how);
	struct update_bundle bundle;
	struct update_fault fault;
	int error = update_bundle_open(&bundle, &source, keys, &fault);

	check(error == -EBADMSG || error == -EPROTONOSUPPORT || error == -ENODATA ||
			error == -EKEYREJECTED,
		"a bundle that nobody signed is taken");
}

/* Whether the text is a manifest. What it means must be what it says. */
static bool is_manifest(const uint8_t *data, size_t bytes)
{
	char *text = malloc(bytes), again[UPDATE_MANIFEST_MAX];
	struct update_manifest manifest;
	struct update_fault fault;
	int error;

	if (text == NULL)
		return false;
	memcpy(text, data, bytes);
	error = update_manifest_parse(&manifest, text, bytes, &fault);
	check(error == 0 || error == -EBADMSG, "an error that a manifest does not have");
	if (error == 0) {
		check(update_manifest_print(&manifest, again, sizeof(again)) == bytes &&
				memcmp(again, text, bytes) == 0,
			"a manifest means something else than it says");
		check(update_manifest_is_word(manifest.board) &&
				update_manifest_is_word(manifest.version) &&
				manifest.minimum <= manifest.sequence,
			"a manifest out of its limits");
	}
	free(text);
	return error == 0;
}

/* Header, manifest and signature into `out`; the packed files follow. */
static size_t seal(uint8_t *out, const uint8_t *text, size_t bytes)
{
	const uint8_t rest[] = {
		UPDATE_FORMAT, 0, 0, 0, (uint8_t)bytes, (uint8_t)(bytes >> 8), 0, 0};
	struct update_fault fault;
	uint8_t hash[UPDATE_SHA256_BYTES];

	memcpy(out, UPDATE_MAGIC, UPDATE_MAGIC_BYTES);
	memcpy(out + UPDATE_MAGIC_BYTES, rest, sizeof(rest));
	memcpy(out + UPDATE_HEADER_BYTES, text, bytes);
	update_sha256(out, UPDATE_HEADER_BYTES + bytes, "", 0, hash);
	check(update_key_sign(key_path, hash, out + UPDATE_HEADER_BYTES + bytes, &fault) == 0,
		"cannot sign");
	return UPDATE_HEADER_BYTES + bytes + UPDATE_SIGNATURE_BYTES;
}

static void take(const uint8_t *data, size_t bytes, uint8_t how)
{
	size_t text_bytes = strnlen((const char *)data, bytes);
	size_t behind = text_bytes < bytes ? text_bytes + 1 : bytes, packed = bytes - behind;
	struct input input = {0};
	struct update_bundle bundle;
	struct update_source source;
	struct update_fault fault;
	int error;

	if (text_bytes == 0 || text_bytes > UPDATE_MANIFEST_MAX || !is_manifest(data, text_bytes))
		return;
	input.data = malloc(UPDATE_HEADER_BYTES + text_bytes + UPDATE_SIGNATURE_BYTES + packed);
	if (input.data == NULL)
		return;
	input.bytes = seal(input.data, data, text_bytes);
	memcpy(input.data + input.bytes, data + behind, packed);
	input.bytes += packed;
	source = source_of(&input, how);
	error = update_bundle_open(&bundle, &source, keys, &fault);
	check(error == 0 || (error == -ENODATA && (how & KNOWS_LENGTH) != 0),
		"a signed bundle is refused");
	if (error == 0)
		unpack(&bundle);
	free(input.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct input whole = {0};

	if (bytes < 2)
		return 0;
	if ((data[0] & IS_WHOLE) == 0) {
		take(data + 1, bytes - 1, data[0]);
		return 0;
	}
	whole.bytes = bytes - 1;
	whole.data = malloc(whole.bytes);
	if (whole.data == NULL)
		return 0;
	memcpy(whole.data, data + 1, whole.bytes);
	refuse(&whole, data[0]);
	free(whole.data);
	return 0;
}
