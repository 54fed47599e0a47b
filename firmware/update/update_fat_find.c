#include <errno.h>
#include <string.h>
#include <strings.h>

#include "update_fat.h"
#include "update_fat_priv.h"

enum { FOLDER_ENTRIES_MAX = 4096, ENTRY_DELETED = 0xe5, PATH_PART_MAX = 32 };

/* A walk through a folder. */
struct walk {
	const struct update_fat *fat;
	bool is_fixed_root; /* FAT16's root lies before the clusters */
	struct update_fat_file folder;
	char long_name[UPDATE_FAT_NAME_MAX + 1]; /* of the entry that follows; "" = none */
	uint8_t long_checksum;
};

/* Entry `number`. -ENOENT behind the last one. */
static int get_entry(struct walk *walk, uint32_t number, uint8_t entry[UPDATE_FAT_ENTRY])
{
	uint32_t at = number * UPDATE_FAT_ENTRY;
	int error;

	if (walk->is_fixed_root)
		error = at >= walk->fat->root_bytes
				? -ENOENT
				: update_fat_get(walk->fat->fd, walk->fat->root_at + at, entry,
					  UPDATE_FAT_ENTRY);
	else
		error = update_fat_read(walk->fat, &walk->folder, at, entry, UPDATE_FAT_ENTRY);
	/* A folder of whole clusters has no end mark: the chain ends. */
	if (error == -EBADMSG && number > 0)
		return -ENOENT;
	return error == 0 && entry[0] == 0 ? -ENOENT : error;
}

/* Keeps a long name of one entry; longer ones are nobody that we look for. */
static void keep_long(struct walk *walk, const uint8_t *entry)
{
	walk->long_name[0] = '\0';
	if (entry[0] != UPDATE_FAT_LONG_ONLY)
		return;
	for (unsigned i = 0; i < UPDATE_FAT_NAME_MAX; i++) {
		uint8_t low = entry[update_fat_long_at[i]], high = entry[update_fat_long_at[i] + 1];

		walk->long_name[i] = high == 0 && low < 0x80 ? (char)low : '?';
		if (walk->long_name[i] == '\0')
			break;
	}
	walk->long_name[UPDATE_FAT_NAME_MAX] = '\0';
	walk->long_checksum = entry[UPDATE_FAT_CHECKSUM];
}

static void print_short(const uint8_t *entry, char out[UPDATE_FAT_SHORT + 2])
{
	char *at = out;

	for (unsigned i = 0; i < UPDATE_FAT_SHORT; i++) {
		if (i == 8 && entry[i] != ' ')
			*at++ = '.';
		if (entry[i] != ' ')
			*at++ = (char)entry[i];
	}
	*at = '\0';
}

static bool is_named(const struct walk *walk, const uint8_t *entry, const char *name)
{
	char text[UPDATE_FAT_SHORT + 2];

	print_short(entry, text);
	if (strcasecmp(text, name) == 0)
		return true;
	return walk->long_name[0] != '\0' && walk->long_checksum == update_fat_checksum(entry) &&
	       strcasecmp(walk->long_name, name) == 0;
}

/* Finds `name` in the folder; *entry is its short entry. */
static int find_entry(struct walk *walk, const char *name, uint8_t entry[UPDATE_FAT_ENTRY])
{
	walk->long_name[0] = '\0';
	for (uint32_t number = 0; number < FOLDER_ENTRIES_MAX; number++) {
		int error = get_entry(walk, number, entry);

		if (error != 0)
			return error;
		if (entry[0] == ENTRY_DELETED) {
			walk->long_name[0] = '\0';
		} else if (entry[UPDATE_FAT_ATTRIBUTE] == UPDATE_FAT_LONG) {
			keep_long(walk, entry);
		} else {
			if ((entry[UPDATE_FAT_ATTRIBUTE] & UPDATE_FAT_LABEL) == 0 &&
				is_named(walk, entry, name))
				return 0;
			walk->long_name[0] = '\0';
		}
	}
	return -ENOENT;
}

static uint32_t number_at(const uint8_t *at, unsigned bytes)
{
	uint32_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | at[bytes];
	return value;
}

int update_fat_find(const struct update_fat *fat, const char *path, struct update_fat_file *out)
{
	struct walk walk = {.fat = fat, .is_fixed_root = !fat->is_fat32};
	uint8_t entry[UPDATE_FAT_ENTRY];

	walk.folder.first = fat->root_cluster;
	for (;;) {
		size_t len = strcspn(path, "/");
		char part[PATH_PART_MAX];
		bool is_folder;
		int error;

		if (len == 0 || len >= sizeof(part))
			return -ENOENT;
		memcpy(part, path, len);
		part[len] = '\0';
		error = find_entry(&walk, part, entry);
		if (error != 0)
			return error;
		is_folder = (entry[UPDATE_FAT_ATTRIBUTE] & UPDATE_FAT_FOLDER) != 0;
		*out = (struct update_fat_file){
			.first = number_at(entry + UPDATE_FAT_CLUSTER_LOW, 2),
			.bytes = number_at(entry + UPDATE_FAT_SIZE, 4),
		};
		if (fat->is_fat32)
			out->first |= number_at(entry + UPDATE_FAT_CLUSTER_HIGH, 2) << 16;
		if (path[len] == '\0')
			return is_folder ? -ENOENT : 0;
		if (!is_folder)
			return -ENOENT;
		walk.is_fixed_root = false;
		walk.folder = *out;
		path += len + 1;
	}
}
