#include "identity.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base_file.h"
#include "identity_priv.h"

enum { NODE_ID_BYTES = 16, MADE_LEN = 12 };

/* Of a serial number that is made here; then characters that nobody takes for one another. */
#define MADE_PREFIX "SL"
static const char made_letters[] = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";

static bool is_one_character(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if (*p != text[0])
			return false;
	return true;
}

bool identity_is_serial(const char *text)
{
	/* what is left of them when spaces and dots are not allowed stands here too */
	static const char *const left_in[] = {"default", "default-string", "none", "null",
		"unknown", "unspecified", "not-specified", "serial", "serialnumber",
		"system-serial-number", "to-be-filled-by-o.e.m.", "oem", "o.e.m.", "invalid",
		"123456789", "0123456789", "1234567890", "12345678", "1234567", "123456", "12345",
		"1234", "chassis", "empty", "test", "xxxx-xxxx"};
	size_t len = strlen(text);

	if (len < IDENTITY_SERIAL_MIN || len > IDENTITY_SERIAL_MAX || is_one_character(text))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && strchr("-._", text[i]) == NULL)
			return false;
	for (size_t i = 0; i < sizeof(left_in) / sizeof(left_in[0]); i++)
		if (strcasecmp(text, left_in[i]) == 0)
			return false;
	return true;
}

/*
 * The first line of a file, without spaces around it; empty when there is none. Returns 0, -ENOENT, or another negative
 * errno when nobody knows what is in the file.
 */
static int read_line(const char *root, const char *path, char *out, size_t out_bytes)
{
	char whole[IDENTITY_PATH_MAX];
	FILE *file;
	int error = 0;
	size_t len;

	out[0] = '\0';
	snprintf(whole, sizeof(whole), "%s%s", root, path);
	file = fopen(whole, "re");
	if (file == NULL)
		return -errno;
	if (fgets(out, (int)out_bytes, file) == NULL) {
		error = ferror(file) ? -errno : 0;
		out[0] = '\0';
	}
	fclose(file);
	len = strlen(out);
	while (len > 0 && isspace((unsigned char)out[len - 1]))
		out[--len] = '\0';
	return error;
}

/* The board's own number; false when it has none that is one. */
static bool read_board_serial(const char *root, char out[IDENTITY_SERIAL_MAX + 1])
{
	static const char *const sources[] = {
		"/sys/class/dmi/id/product_serial",
		"/sys/class/dmi/id/board_serial",
		"/sys/firmware/devicetree/base/serial-number",
	};
	char text[256];

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (read_line(root, sources[i], text, sizeof(text)) < 0 ||
			!identity_is_serial(text))
			continue;
		snprintf(out, IDENTITY_SERIAL_MAX + 1, "%.*s", IDENTITY_SERIAL_MAX, text);
		return true;
	}
	return false;
}

static int random_bytes(void *out, size_t bytes)
{
	/* Up to 256 bytes come whole, and not before the kernel has gathered what makes them random. */
	ssize_t n;

	do
		n = getrandom(out, bytes, 0);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)bytes ? 0 : -EIO;
}

static int make_serial(char out[IDENTITY_SERIAL_MAX + 1])
{
	const uint64_t letters = sizeof(made_letters) - 1;
	uint64_t number[2];
	size_t used = sizeof(MADE_PREFIX) - 1;
	int error = random_bytes(number, sizeof(number));

	memcpy(out, MADE_PREFIX, used);
	for (unsigned i = 0; i < MADE_LEN; i++) {
		out[used++] = made_letters[number[i % 2] % letters];
		number[i % 2] /= letters;
	}
	out[used] = '\0';
	return error;
}

static int make_node_id(char out[NODE_ID_BYTES * 2 + 1])
{
	uint8_t id[NODE_ID_BYTES];
	int error = random_bytes(id, sizeof(id));

	for (unsigned i = 0; i < NODE_ID_BYTES; i++)
		snprintf(out + 2 * i, 3, "%02x", id[i]);
	return error;
}

/*
 * Whether a file has a first line that is not empty: 1, or 0 when it is missing or a cut has left it empty. One that cannot
 * be read may well have one: it is a negative errno, told in `fault`, and no reason to make another.
 */
static int has_line(const char *root, const char *path, char fault[IDENTITY_FAULT_MAX])
{
	char text[64];
	int error = read_line(root, path, text, sizeof(text));

	if (error == 0 || error == -ENOENT)
		return text[0] != '\0';
	snprintf(
		fault, IDENTITY_FAULT_MAX, "%s%s cannot be read: %s", root, path, strerror(-error));
	return error;
}

static int keep(const char *root, const char *path, unsigned mode, const char *text,
	char fault[IDENTITY_FAULT_MAX])
{
	char whole[IDENTITY_PATH_MAX];
	int error;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	error = base_file_replace(whole, mode, text, strlen(text));
	if (error < 0)
		snprintf(fault, IDENTITY_FAULT_MAX, "%s cannot be written: %s", whole,
			strerror(-error));
	return error;
}

static int keep_serial(const char *root, struct identity_made *made, char fault[IDENTITY_FAULT_MAX])
{
	char serial[IDENTITY_SERIAL_MAX + 1], line[IDENTITY_SERIAL_MAX + 2];
	int error = has_line(root, "/cfg/factory/serial", fault);

	if (error != 0)
		return error < 0 ? error : 0;
	made->is_of_board = read_board_serial(root, serial);
	if (!made->is_of_board)
		error = make_serial(serial);
	snprintf(line, sizeof(line), "%s\n", serial);
	if (error == 0)
		error = keep(root, "/cfg/factory/serial", 0644, line, fault);
	made->serial = error == 0;
	return error;
}

static int keep_node_id(
	const char *root, struct identity_made *made, char fault[IDENTITY_FAULT_MAX])
{
	char id[NODE_ID_BYTES * 2 + 1], line[NODE_ID_BYTES * 2 + 2];
	int error = has_line(root, "/cfg/factory/node_id", fault);

	if (error != 0)
		return error < 0 ? error : 0;
	error = make_node_id(id);
	snprintf(line, sizeof(line), "%s\n", id);
	if (error == 0)
		error = keep(root, "/cfg/factory/node_id", 0644, line, fault);
	made->node_id = error == 0;
	return error;
}

static int keep_host_key(
	const char *root, struct identity_made *made, char fault[IDENTITY_FAULT_MAX])
{
	char pem[IDENTITY_PEM_MAX];
	int error = has_line(root, "/cfg/keys/host.key", fault);

	if (error != 0)
		return error < 0 ? error : 0;
	error = identity_key_make(pem);
	if (error < 0)
		snprintf(fault, IDENTITY_FAULT_MAX, "no key could be made for the host");
	else
		error = keep(root, "/cfg/keys/host.key", 0600, pem, fault);
	explicit_bzero(pem, sizeof(pem));
	made->host_key = error == 0;
	return error;
}

static int make_folder(
	const char *root, const char *path, unsigned mode, char fault[IDENTITY_FAULT_MAX])
{
	char whole[IDENTITY_PATH_MAX];

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	if (mkdir(whole, mode) == 0 || errno == EEXIST)
		return 0;
	snprintf(fault, IDENTITY_FAULT_MAX, "%s cannot be made: %s", whole, strerror(errno));
	return -errno;
}

int identity_make(const char *root, struct identity_made *made, char fault[IDENTITY_FAULT_MAX])
{
	int folders[2], serial, node_id, host_key;

	memset(made, 0, sizeof(*made));
	snprintf(fault, IDENTITY_FAULT_MAX, "the system gives no random bytes");
	folders[0] = make_folder(root, "/cfg/factory", 0755, fault);
	folders[1] = make_folder(root, "/cfg/keys", 0700, fault);
	if (folders[0] < 0 || folders[1] < 0)
		return folders[0] < 0 ? folders[0] : folders[1];
	serial = keep_serial(root, made, fault);
	node_id = keep_node_id(root, made, fault);
	host_key = keep_host_key(root, made, fault);
	return serial < 0 ? serial : node_id < 0 ? node_id : host_key;
}
