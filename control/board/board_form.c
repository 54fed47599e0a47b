#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "board_priv.h"

/* What texts must look like, and sets of CPUs. */

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define LETTERS LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const struct {
	const char *allowed, *expect;
} forms[] = {
	[BOARD_FORM_NONE] = {NULL, NULL},
	[BOARD_FORM_ID] = {LOWER DIGITS "_-", "small letters, digits, '_' and '-'"},
	[BOARD_FORM_TEXT] = {LETTERS DIGITS " _.,:;=+-/()@%?*|[]",
		"letters, digits, blanks and _.,:;=+-/()@%?*|[]"},
	[BOARD_FORM_MODULES] = {LETTERS DIGITS " _-", "names of modules with one blank between"},
	[BOARD_FORM_CPUS] = {DIGITS ",-", "CPUs from 0 to 1023 such as 1 or 1,3-5"},
	[BOARD_FORM_TTY] = {LETTERS DIGITS, "tty, letters and digits"},
	[BOARD_FORM_PMD] = {LOWER DIGITS "_", "net_ and the name of a DPDK driver"},
	[BOARD_FORM_DEVICE] = {LETTERS DIGITS "_.:-",
		"a PCI address such as 0000:00:01.0, or the name of a network interface"},
};

static bool begins(const char *text, const char *with)
{
	size_t bytes = strlen(with);

	return strncmp(text, with, bytes) == 0 && text[bytes] != '\0';
}

/* Scripts split values at blanks: none at the ends, no two together. */
static bool has_odd_blanks(const char *text)
{
	size_t bytes = strlen(text);

	return bytes > 0 &&
	       (text[0] == ' ' || text[bytes - 1] == ' ' || strstr(text, "  ") != NULL);
}

bool board_form_fits(enum board_form form, const char *text)
{
	struct board_cpus cpus;

	if (form == BOARD_FORM_NONE)
		return true;
	if (strspn(text, forms[form].allowed) != strlen(text) || has_odd_blanks(text))
		return false;
	if (form == BOARD_FORM_TTY)
		return begins(text, "tty");
	if (form == BOARD_FORM_PMD)
		return begins(text, "net_");
	if (form == BOARD_FORM_CPUS)
		return text[0] != '\0' && board_cpus_parse(&cpus, text) == 0;
	/* what is no PCI address is an interface's name, which has no colon and room for 15 characters */
	if (form == BOARD_FORM_DEVICE)
		return board_is_pci_address(text) ||
		       (strchr(text, ':') == NULL && strlen(text) <= 15);
	return true;
}

const char *board_form_expect(enum board_form form)
{
	return forms[form].expect;
}

bool board_is_pci_address(const char *text)
{
	static const char pattern[] = "xxxx:xx:xx.7";
	size_t i;

	for (i = 0; pattern[i] != '\0' && text[i] != '\0'; i++) {
		const char *allowed = pattern[i] == 'x'   ? DIGITS "abcdef"
				      : pattern[i] == '7' ? "01234567"
							  : NULL;

		if (allowed != NULL ? strchr(allowed, text[i]) == NULL : text[i] != pattern[i])
			return false;
	}
	return pattern[i] == '\0' && text[i] == '\0';
}

/* A number at *text, which is moved behind it. */
static bool take_cpu(const char **text, unsigned long *out)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	*out = strtoul(*text, &end, 10);
	*text = end;
	return *out < BOARD_CPUS_MAX;
}

int board_cpus_parse(struct board_cpus *cpus, const char *text)
{
	memset(cpus, 0, sizeof(*cpus));
	while (*text != '\0') {
		unsigned long first, last;

		if (!take_cpu(&text, &first))
			return -EINVAL;
		last = first;
		if (*text == '-') {
			text++;
			if (!take_cpu(&text, &last) || last < first)
				return -EINVAL;
		}
		for (; first <= last; first++)
			cpus->bits[first / 64] |= 1ull << first % 64;
		if (*text == ',' && text[1] != '\0')
			text++;
		else if (*text != '\0')
			return -EINVAL;
	}
	return 0;
}

bool board_cpus_has(const struct board_cpus *cpus, unsigned cpu)
{
	return cpu < BOARD_CPUS_MAX && (cpus->bits[cpu / 64] >> cpu % 64 & 1) != 0;
}

unsigned board_cpus_first(const struct board_cpus *cpus, const struct board_cpus *but)
{
	unsigned cpu = 0;

	while (cpu < BOARD_CPUS_MAX &&
		(!board_cpus_has(cpus, cpu) || (but != NULL && board_cpus_has(but, cpu))))
		cpu++;
	return cpu;
}
