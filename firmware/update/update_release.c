#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "update_fat.h"
#include "update_priv.h"
#include "update_slot.h"

/*
 * A PE file (Microsoft's PE format): at 0x3c stands where the header "PE\0\0" begins; behind it a COFF header with the
 * number of sections, an optional header, and a table of sections.
 */
enum {
	PE_PLACE = 0x3c,
	COFF_BYTES = 24, /* with the signature */
	COFF_SECTIONS = 6,
	COFF_OPTIONAL = 20,
	SECTION_BYTES = 40,
	SECTION_NAME_BYTES = 8,
	SECTION_SIZE = 8, /* without padding */
	SECTION_AT = 20,
	SECTIONS_MAX = 96,
	RELEASE_MAX = 4096, /* of .osrel, as much as is looked at */
};

struct image {
	const struct update_fat *fat;
	struct update_fat_file file;
};

static uint32_t number_at(const uint8_t *at, unsigned bytes)
{
	uint32_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | at[bytes];
	return value;
}

static int get(struct image *image, uint32_t at, void *out, uint32_t bytes)
{
	if (at > image->file.bytes || bytes > image->file.bytes - at)
		return -EBADMSG;
	return update_fat_read(image->fat, &image->file, at, out, bytes);
}

/* Finds the section .osrel. */
static int find_release(struct image *image, uint32_t *at, uint32_t *bytes)
{
	uint8_t place[4], coff[COFF_BYTES], section[SECTION_BYTES];
	uint32_t header, table, sections;
	int error;

	if ((error = get(image, PE_PLACE, place, sizeof(place))) != 0)
		return error;
	header = number_at(place, 4);
	if ((error = get(image, header, coff, sizeof(coff))) != 0)
		return error;
	sections = number_at(coff + COFF_SECTIONS, 2);
	if (memcmp(coff, "PE\0\0", 4) != 0 || sections > SECTIONS_MAX)
		return -EBADMSG;
	table = header + COFF_BYTES + number_at(coff + COFF_OPTIONAL, 2);
	for (uint32_t i = 0; i < sections; i++) {
		error = get(image, table + i * SECTION_BYTES, section, sizeof(section));
		if (error != 0)
			return error;
		if (memcmp(section, ".osrel\0", SECTION_NAME_BYTES) == 0) {
			*bytes = number_at(section + SECTION_SIZE, 4);
			*at = number_at(section + SECTION_AT, 4);
			return 0;
		}
	}
	return -EBADMSG;
}

/* The value of the line that begins with `key`, with or without quotes. What is not printable is not copied. */
static void read_value(const char *text, const char *key, char out[UPDATE_VERSION_MAX])
{
	const char *at = text;
	size_t len = 0;

	while (at != NULL && strncmp(at, key, strlen(key)) != 0)
		at = (at = strchr(at, '\n')) != NULL ? at + 1 : NULL;
	for (at = at ? at + strlen(key) : ""; *at > ' ' && *at < 0x7f; at++)
		if (*at != '"' && *at != '\'' && len + 1 < UPDATE_VERSION_MAX)
			out[len++] = *at;
	out[len] = '\0';
}

static int read_release(const char *text, struct update_release *out)
{
	char sequence[UPDATE_VERSION_MAX];

	read_value(text, "VERSION_ID=", out->version);
	read_value(text, "SLUICE_SEQUENCE=", sequence);
	if (!update_number(sequence, UPDATE_SEQUENCE_MAX, &out->sequence))
		out->sequence = 0;
	return out->version[0] != '\0' ? 0 : -EBADMSG;
}

static int release_of(struct image *image, struct update_release *out)
{
	char text[RELEASE_MAX + 1];
	uint32_t at = 0, bytes = 0;
	int error = find_release(image, &at, &bytes);

	if (error != 0)
		return error;
	bytes = bytes < RELEASE_MAX ? bytes : RELEASE_MAX;
	error = get(image, at, text, bytes);
	text[error == 0 ? bytes : 0] = '\0';
	return error == 0 ? read_release(text, out) : error;
}

int update_slot_release(const char *path, struct update_release *out)
{
	struct update_fat fat;
	struct image image = {.fat = &fat};
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;

	*out = (struct update_release){0};
	if (fd < 0)
		return -errno;
	error = update_fat_open(&fat, fd);
	/* A slot that was never written, or not to its end. */
	if (error == -EBADMSG)
		error = -ENOENT;
	if (error == 0)
		error = update_fat_find(&fat, "fw.efi", &image.file);
	if (error == 0)
		error = release_of(&image, out);
	close(fd);
	return error;
}
