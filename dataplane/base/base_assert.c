#include "base_assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn void base_assert_fail(const char *file, int line, const char *expr)
{
	/* A buffer of our own and one write(2): stdio's state may be what is broken. */
	char text[512];
	int len = snprintf(text, sizeof(text), "%s:%d: assertion failed: %s\n", file, line, expr);

	if (len > (int)sizeof(text) - 1)
		len = (int)sizeof(text) - 1;
	if (len > 0 && write(STDERR_FILENO, text, (size_t)len) < 0)
		_exit(134); /* nobody can be told; end in a way that still is not a success */
	abort();
}
