#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config_number.h"

struct unit {
	const char *name;
	uint64_t factor;
};

/* From the largest; sizes in bytes, durations in microseconds. */
static const struct unit size_units[] = {
	{"GB", 1ull << 30}, {"MB", 1ull << 20}, {"KB", 1ull << 10}, {"B", 1}, {"", 1}, {NULL, 0}};
static const struct unit duration_units[] = {{"d", 86400000000ull}, {"h", 3600000000ull},
	{"m", 60000000ull}, {"s", 1000000ull}, {"ms", 1000ull}, {"us", 1ull}, {NULL, 0}};

/* Leading digits to *out; *rest is set behind them. Signs and blanks are not numbers. */
static int digits(const char *text, const char **rest, uint64_t *out)
{
	uint64_t number = 0;
	const char *at = text;

	for (; isdigit((unsigned char)*at); at++) {
		if (__builtin_mul_overflow(number, 10u, &number) ||
			__builtin_add_overflow(number, (unsigned)(*at - '0'), &number))
			return -ERANGE;
	}
	if (at == text)
		return -EINVAL;
	*rest = at;
	*out = number;
	return 0;
}

static int with_unit(const char *text, const struct unit *units, uint64_t *out)
{
	const char *rest;
	int rc = digits(text, &rest, out);

	if (rc < 0)
		return rc;
	for (const struct unit *u = units; u->name != NULL; u++)
		if (strcasecmp(rest, u->name) == 0)
			return __builtin_mul_overflow(*out, u->factor, out) ? -ERANGE : 0;
	return -EINVAL;
}

static int duration(const struct config_key *key, const char *text, uint64_t *out)
{
	int rc;

	if (strcmp(text, "0") == 0) {
		*out = 0;
		return 0;
	}
	rc = with_unit(text, duration_units, out);
	if (rc < 0)
		return rc;
	if (*out % key->unit_us != 0)
		return -EINVAL;
	*out /= key->unit_us;
	return 0;
}

/* "1", "1.5", "1.25" times 100. */
static int decimal(const char *text, uint64_t *out)
{
	const char *rest, *fraction;
	uint64_t hundredths = 0;
	int rc = digits(text, &rest, out);

	if (rc < 0 || __builtin_mul_overflow(*out, 100u, out))
		return -EINVAL;
	if (*rest == '\0')
		return 0;
	fraction = rest + 1;
	if (*rest != '.' || digits(fraction, &rest, &hundredths) < 0 || *rest != '\0' ||
		rest - fraction > 2)
		return -EINVAL;
	*out += rest - fraction == 1 ? hundredths * 10 : hundredths;
	return 0;
}

int config_number_parse(const struct config_key *key, const char *text, uint64_t *out)
{
	const char *rest;
	int rc;

	if (key->word != NULL && strcasecmp(text, key->word) == 0) {
		*out = key->word_value;
		return 0;
	}
	if (key->type == CONFIG_BYTES) {
		rc = with_unit(text, size_units, out);
	} else if (key->type == CONFIG_DURATION) {
		rc = duration(key, text, out);
	} else if (key->type == CONFIG_DECIMAL) {
		rc = decimal(text, out);
	} else {
		rc = digits(text, &rest, out);
		if (rc == 0 && *rest != '\0')
			rc = -EINVAL;
	}
	if (rc < 0)
		return -EINVAL;
	if (*out < key->min || *out > key->max)
		return -EINVAL;
	if (key->is_power_of_two && (*out & (*out - 1)) != 0)
		return -EINVAL;
	return 0;
}

/* In the largest unit that leaves no rest. */
static void print_unit(const struct unit *units, uint64_t number, char *out, size_t out_bytes)
{
	for (const struct unit *u = units; u->name != NULL; u++) {
		/* a plain number of bytes has no unit */
		const char *name = strcmp(u->name, "B") == 0 ? "" : u->name;

		if (number != 0 && number % u->factor == 0) {
			snprintf(out, out_bytes, "%" PRIu64 "%s", number / u->factor, name);
			return;
		}
	}
	snprintf(out, out_bytes, "0");
}

void config_number_print(const struct config_key *key, uint64_t number, char *out, size_t out_bytes)
{
	if (key->word != NULL && number == key->word_value)
		snprintf(out, out_bytes, "%s", key->word);
	else if (key->type == CONFIG_BYTES)
		print_unit(size_units, number, out, out_bytes);
	else if (key->type == CONFIG_DURATION)
		print_unit(duration_units, number * key->unit_us, out, out_bytes);
	else if (key->type == CONFIG_DECIMAL && number % 100 == 0)
		snprintf(out, out_bytes, "%" PRIu64, number / 100);
	else if (key->type == CONFIG_DECIMAL && number % 10 == 0)
		snprintf(out, out_bytes, "%" PRIu64 ".%" PRIu64, number / 100, number % 100 / 10);
	else if (key->type == CONFIG_DECIMAL)
		snprintf(out, out_bytes, "%" PRIu64 ".%02" PRIu64, number / 100, number % 100);
	else
		snprintf(out, out_bytes, "%" PRIu64, number);
}
