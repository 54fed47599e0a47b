#include <stdio.h>
#include <string.h>

#include "config_priv.h"

/* "Did you mean": the key whose path differs least from one that we do not know. */

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* Insertions, removals and changes that make `b` of `a`; UINT32_MAX for long ones. */
static unsigned distance(const char *a, const char *b)
{
	enum { MAX = 96 };
	unsigned rows[2][MAX + 1];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > MAX || b_len > MAX)
		return UINT32_MAX;
	for (unsigned j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *row = rows[i % 2];
		const unsigned *above = rows[(i - 1) % 2];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++)
			row[j] = min3(row[j - 1] + 1, above[j] + 1,
				above[j - 1] + (a[i - 1] != b[j - 1]));
	}
	return rows[a_len % 2][b_len];
}

static const char *last_part(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

struct search {
	const char *path;
	unsigned best;
	char *out;
	size_t out_bytes;
};

static void consider(void *arg, const char *path, const char *value, const struct config_key *key)
{
	struct search *search = arg;
	unsigned d = distance(search->path, path);

	(void)value;
	(void)key;
	/* the right name in a wrong section */
	if (strcmp(last_part(search->path), last_part(path)) == 0 && d > 1)
		d = 1;
	if (d < search->best) {
		search->best = d;
		snprintf(search->out, search->out_bytes, "%s", path);
	}
}

const char *config_suggest(
	const struct config *config, const char *path, char *out, size_t out_bytes)
{
	/* more than a third of the name wrong is another name */
	size_t tolerated = strlen(last_part(path)) / 3;
	struct search search = {
		.path = path,
		.best = (tolerated < 4 ? (unsigned)tolerated : 4) + 1,
		.out = out,
		.out_bytes = out_bytes,
	};

	if (search.best < 2)
		search.best = 2;
	out[0] = '\0';
	config_each(config, consider, &search);
	return out[0] ? out : NULL;
}
