#ifndef UPDATE_FAULT_H
#define UPDATE_FAULT_H

/*
 * What went wrong, in words for the operator.
 *
 * Layer:     update (C library)
 * Thread:    any; the caller's memory
 *
 * A function that fails fills in the text: what, with which file or slot, why, and what to do next. It is one line
 * without a full stop at its end.
 */

enum { UPDATE_FAULT_MAX = 480 };

struct update_fault {
	char text[UPDATE_FAULT_MAX];
};

/* Writes the text and returns `code`, a negative errno. */
int update_fail(struct update_fault *fault, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
