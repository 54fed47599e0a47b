#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

/*
 * Assertions for our own mistakes; they stay on in release builds.
 *
 * Layer:  base (C library only)
 * Thread: any
 *
 * Input from the network or from a file is never asserted on: it gets an error value.
 */

/* Writes "file:line: assertion failed: expr" to standard error and aborts. */
_Noreturn void base_assert_fail(const char *file, int line, const char *expr);

#define BASE_ASSERT(expr)                                                                          \
	do {                                                                                       \
		if (__builtin_expect(!(expr), 0))                                                  \
			base_assert_fail(__FILE__, __LINE__, #expr);                               \
	} while (0)

#endif
