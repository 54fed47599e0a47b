#include <stdio.h>
#include <stdlib.h>

#include "shell_priv.h"

/* What others wrote (client ids, log lines, programs), made safe for a terminal. */

enum { TAB = 8, ESCAPED = 4 };

/* Bytes of the character at `text`, or 0 when it is a control character or none. */
static size_t character(const unsigned char *text, size_t left)
{
	struct shell_decoder decoder = {0};

	if (text[0] < 0x20 || text[0] == 0x7f)
		return 0;
	for (size_t i = 0; i < left && i < 4; i++) {
		enum shell_key key = shell_key_feed(&decoder, text[i]);

		if (key == SHELL_KEY_TEXT && decoder.text_bytes == i + 1)
			return i + 1;
		if (decoder.state != SHELL_AT_UTF8)
			return 0;
	}
	return 0;
}

char *shell_clean(const char *text, size_t len, size_t *clean_len)
{
	char *out = malloc(len * TAB + 1);
	size_t used = 0, column = 0;

	for (size_t i = 0; out != NULL && i < len; column++) {
		size_t bytes = character((const unsigned char *)text + i, len - i);

		if (bytes > 0) {
			while (bytes-- > 0)
				out[used++] = text[i++];
		} else if (text[i] == '\t') {
			do
				out[used++] = ' ';
			while (++column % TAB != 0);
			column--;
			i++;
		} else {
			used += (size_t)sprintf(out + used, "\\x%02x", (unsigned char)text[i++]);
			column += ESCAPED - 1;
		}
	}
	if (out != NULL)
		out[used] = '\0';
	*clean_len = used;
	return out;
}
