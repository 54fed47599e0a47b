#include "update_manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "update_priv.h"

/* One word more than any line has, so that it is seen. */
enum { LINE_MAX_BYTES = 160, FILE_WORDS = 5, LINE_WORDS = FILE_WORDS + 1 };

/* The files that a slot has a use for, in the order in which a bundle may hold them. */
static const char *const file_names[UPDATE_FILES_MAX] = {"fw.efi", "fw.efi.sig"};

/* Where the reader is. A line is copied out and cut into words. */
struct reader {
	const char *at, *end;
	unsigned number; /* of the line */
	char line[LINE_MAX_BYTES];
	char *words[LINE_WORDS];
	unsigned word_len;
	struct update_fault *fault;
};

static int malformed(struct reader *reader, const char *what)
{
	update_fail(reader->fault, -EBADMSG, "line %u of the bundle's manifest: %s", reader->number,
		what);
	return -EBADMSG;
}

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("._+~-", c) != NULL);
}

int update_manifest_is_word(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (!is_word_char(text[i]))
			return false;
	return len > 0 && len < UPDATE_WORD_MAX;
}

static int next_line(struct reader *reader)
{
	const char *newline = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
	char *at = reader->line;
	size_t len;

	reader->number++;
	if (newline == NULL)
		return malformed(reader, "it has no end");
	len = (size_t)(newline - reader->at);
	if (len >= sizeof(reader->line))
		return malformed(reader, "it is too long");
	memcpy(reader->line, reader->at, len);
	reader->line[len] = '\0';
	reader->at = newline + 1;
	reader->word_len = 0;
	for (size_t i = 0; i < len; i++)
		if (reader->line[i] != ' ' && !is_word_char(reader->line[i]))
			return malformed(reader, "a character that has no place there");
	while (reader->word_len < LINE_WORDS) {
		char *space = strchr(at, ' ');

		reader->words[reader->word_len++] = at;
		if (space == NULL)
			break;
		*space = '\0';
		at = space + 1;
	}
	return 0;
}

/* The next line must be `key` with `len` words in all, none of them empty. */
static int expect(struct reader *reader, const char *key, unsigned len)
{
	int error = next_line(reader);

	if (error != 0)
		return error;
	if (reader->word_len != len || strcmp(reader->words[0], key) != 0)
		return malformed(reader, "not the line that belongs there");
	for (unsigned i = 0; i < len; i++)
		if (!update_manifest_is_word(reader->words[i]))
			return malformed(reader, "a word is empty or too long");
	return 0;
}

bool update_number(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || value > max / 10)
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
	}
	if (value > max)
		return false;
	*out = value;
	return true;
}

/* The same without leading zeros: one number has one text. */
static bool read_number(const char *text, uint64_t max, uint64_t *out)
{
	return (text[0] != '0' || text[1] == '\0') && update_number(text, max, out);
}

static bool read_hash(const char *text, uint8_t out[UPDATE_SHA256_BYTES])
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(text) != 2 * UPDATE_SHA256_BYTES)
		return false;
	for (unsigned i = 0; i < UPDATE_SHA256_BYTES; i++) {
		const char *high = strchr(digits, text[2 * i]),
			   *low = strchr(digits, text[2 * i + 1]);

		if (high == NULL || low == NULL)
			return false;
		out[i] = (uint8_t)((high - digits) << 4 | (low - digits));
	}
	return true;
}

static int read_word(struct reader *reader, const char *key, char out[UPDATE_WORD_MAX])
{
	int error = expect(reader, key, 2);

	if (error == 0)
		snprintf(out, UPDATE_WORD_MAX, "%s", reader->words[1]);
	return error;
}

static int read_sequence(struct reader *reader, const char *key, uint64_t *out)
{
	int error = expect(reader, key, 2);

	if (error == 0 && !read_number(reader->words[1], UPDATE_SEQUENCE_MAX, out))
		return malformed(reader, "not a sequence number");
	return error;
}

static int read_file(struct reader *reader, const char *name, struct update_file *file)
{
	int error = next_line(reader);

	if (error != 0)
		return error;
	if (reader->word_len != FILE_WORDS || strcmp(reader->words[0], "file") != 0)
		return malformed(reader, "not the line that belongs there");
	if (strcmp(reader->words[1], name) != 0)
		return malformed(reader, "a file that does not belong there");
	snprintf(file->name, sizeof(file->name), "%s", name);
	if (!read_number(reader->words[2], UPDATE_FILE_BYTES_MAX, &file->bytes) ||
		!read_number(reader->words[3], UPDATE_FILE_BYTES_MAX, &file->packed_bytes) ||
		file->bytes == 0 || file->packed_bytes == 0)
		return malformed(reader, "not a size");
	if (!read_hash(reader->words[4], file->sha256))
		return malformed(reader, "not a SHA-256");
	return 0;
}

int update_manifest_parse(
	struct update_manifest *out, const char *text, size_t bytes, struct update_fault *fault)
{
	struct reader reader = {.at = text, .end = text + bytes, .fault = fault};
	int error;

	memset(out, 0, sizeof(*out));
	if ((error = read_word(&reader, "board", out->board)) != 0 ||
		(error = read_word(&reader, "version", out->version)) != 0 ||
		(error = read_sequence(&reader, "sequence", &out->sequence)) != 0 ||
		(error = read_sequence(&reader, "minimum", &out->minimum)) != 0)
		return error;
	if (out->minimum > out->sequence)
		return malformed(&reader, "the minimum is above the sequence");
	do {
		if (out->file_len == UPDATE_FILES_MAX)
			return malformed(&reader, "too many files");
		error = read_file(&reader, file_names[out->file_len], &out->files[out->file_len]);
		if (error != 0)
			return error;
		out->file_len++;
	} while (reader.at < reader.end);
	return 0;
}

static size_t print_file(const struct update_file *file, char *out, size_t room)
{
	int len = snprintf(out, room, "file %s %" PRIu64 " %" PRIu64 " ", file->name, file->bytes,
		file->packed_bytes);
	size_t at = (size_t)len;

	if (at + 2 * UPDATE_SHA256_BYTES + 2 > room)
		return 0;
	for (unsigned i = 0; i < UPDATE_SHA256_BYTES; i++, at += 2)
		snprintf(out + at, room - at, "%02x", file->sha256[i]);
	snprintf(out + at, room - at, "\n");
	return at + 1;
}

size_t update_manifest_print(const struct update_manifest *manifest, char *out, size_t room)
{
	int len = snprintf(out, room,
		"board %s\nversion %s\nsequence %" PRIu64 "\nminimum %" PRIu64 "\n",
		manifest->board, manifest->version, manifest->sequence, manifest->minimum);
	size_t at = (size_t)len;

	if (at >= room)
		return 0;
	for (unsigned i = 0; i < manifest->file_len; i++) {
		size_t more = print_file(&manifest->files[i], out + at, room - at);

		if (more == 0)
			return 0;
		at += more;
	}
	return at;
}
