#include "console_password.h"

#include <crypt.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define PREFIX "$y$" /* yescrypt, at libcrypt's own cost */

/* Without 0 o, 1 l i: they look alike on many screens. */
static const char alphabet[] = "abcdefghjkmnpqrstuvwxyz23456789";

/* The result of crypt in `out`, CONSOLE_HASH_MAX bytes. */
static int crypt_into(const char *password, const char *setting, char *out)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	const char *hash;
	int rc = 0;

	if (data == NULL)
		return -ENOMEM;
	errno = 0;
	hash = crypt_r(password, setting, data);
	/* A failure gives NULL, or a text that begins with '*' and is no hash of anything. */
	if (hash == NULL || hash[0] == '*' || strlen(hash) >= CONSOLE_HASH_MAX)
		rc = errno != 0 ? -errno : -EINVAL;
	else
		memcpy(out, hash, strlen(hash) + 1);
	explicit_bzero(data, sizeof(*data));
	free(data);
	return rc;
}

int console_password_hash(const char *password, char hash[CONSOLE_HASH_MAX])
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];

	errno = 0;
	if (crypt_gensalt_rn(PREFIX, 0, NULL, 0, setting, (int)sizeof(setting)) == NULL)
		return errno != 0 ? -errno : -EINVAL;
	return crypt_into(password, setting, hash);
}

static bool is_equal(const char *a, const char *b)
{
	size_t len = strlen(a);
	unsigned char differs = 0;

	if (strlen(b) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		differs = (unsigned char)(differs | (a[i] ^ b[i]));
	return differs == 0;
}

int console_password_check(const char *password, const char *hash)
{
	char found[CONSOLE_HASH_MAX] = "";
	int rc = crypt_into(password, hash, found);

	if (rc < 0)
		return rc;
	rc = is_equal(found, hash);
	explicit_bzero(found, sizeof(found));
	return rc;
}

int console_password_decoy(char hash[CONSOLE_HASH_MAX])
{
	char secret[CONSOLE_PASSWORD_MAX];
	int rc = console_password_random(secret);

	if (rc == 0)
		rc = console_password_hash(secret, hash);
	explicit_bzero(secret, sizeof(secret));
	return rc;
}

int console_password_random(char out[CONSOLE_PASSWORD_MAX])
{
	enum { LETTERS = sizeof(alphabet) - 1, FAIR = 256 / LETTERS * LETTERS };
	size_t len = 0;

	while (len < CONSOLE_RANDOM_LEN) {
		uint8_t byte;
		ssize_t n = getrandom(&byte, sizeof(byte), 0);

		if (n < 0 && errno != EINTR)
			return -errno;
		/* Bytes beyond the last whole alphabet would make its first letters more likely. */
		if (n == 1 && byte < FAIR)
			out[len++] = alphabet[byte % LETTERS];
	}
	out[len] = '\0';
	return 0;
}

static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80; /* not a later byte of UTF-8 */
	return n;
}

const char *console_password_fault(const char *fresh, const char *old, const char *user)
{
	if (characters(fresh) < CONSOLE_PASSWORD_MIN_LEN)
		return "must have at least 10 characters";
	if (strlen(fresh) >= CONSOLE_PASSWORD_MAX)
		return "must not have more than 64 bytes";
	if (strcmp(fresh, old) == 0)
		return "must not be the old one";
	if (strcasecmp(fresh, user) == 0)
		return "must not be the user's name";
	return NULL;
}
