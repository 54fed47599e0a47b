#include "update_bundle.h"

#include <errno.h>
#include <string.h>

#include "update_priv.h"

static uint32_t le32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

/* Checks the header; *manifest_bytes is within its limit afterwards. */
static int check_header(const uint8_t *header, size_t *manifest_bytes, struct update_fault *fault)
{
	uint32_t format = le32(header + UPDATE_MAGIC_BYTES),
		 bytes = le32(header + UPDATE_MAGIC_BYTES + 4);

	if (memcmp(header, UPDATE_MAGIC, UPDATE_MAGIC_BYTES) != 0)
		return update_fail(fault, -EBADMSG,
			"this is not a firmware bundle of Sluice: it does not begin with %s",
			UPDATE_MAGIC);
	if (format != UPDATE_FORMAT)
		return update_fail(fault, -EPROTONOSUPPORT,
			"the bundle has format %u, this firmware knows format %d: install a "
			"release "
			"between the two first",
			format, UPDATE_FORMAT);
	if (bytes == 0 || bytes > UPDATE_MANIFEST_MAX)
		return update_fail(
			fault, -EBADMSG, "the bundle's header is damaged: fetch it again");
	*manifest_bytes = bytes;
	return 0;
}

/* A source that knows how long it is shows a torn copy before anything is written. */
static int check_length(
	const struct update_bundle *bundle, size_t head_bytes, struct update_fault *fault)
{
	uint64_t expected = head_bytes;

	for (unsigned i = 0; i < bundle->manifest.file_len; i++)
		expected += bundle->manifest.files[i].packed_bytes;
	if (bundle->source->bytes == UPDATE_BYTES_UNKNOWN || bundle->source->bytes == expected)
		return 0;
	return update_fail(fault, -ENODATA,
		"the bundle is too %s, %llu bytes instead of %llu: it was not copied whole, fetch "
		"it "
		"again",
		bundle->source->bytes < expected ? "short" : "long",
		(unsigned long long)bundle->source->bytes, (unsigned long long)expected);
}

int update_bundle_open(struct update_bundle *bundle, struct update_source *source,
	const struct update_keys *keys, struct update_fault *fault)
{
	uint8_t header[UPDATE_HEADER_BYTES], signature[UPDATE_SIGNATURE_BYTES], hash[32];
	char text[UPDATE_MANIFEST_MAX];
	size_t bytes = 0;
	int error;

	*bundle = (struct update_bundle){.source = source};
	if ((error = update_source_fill(source, header, sizeof(header), "header", fault)) != 0 ||
		(error = check_header(header, &bytes, fault)) != 0 ||
		(error = update_source_fill(source, text, bytes, "manifest", fault)) != 0 ||
		(error = update_source_fill(
			 source, signature, sizeof(signature), "signature", fault)) != 0)
		return error;
	/* Nothing of the manifest is looked at before its author is known. */
	update_sha256(header, sizeof(header), text, bytes, hash);
	if ((error = update_keys_verify(keys, hash, signature, fault)) != 0 ||
		(error = update_manifest_parse(&bundle->manifest, text, bytes, fault)) != 0)
		return error;
	return check_length(bundle, sizeof(header) + bytes + sizeof(signature), fault);
}
