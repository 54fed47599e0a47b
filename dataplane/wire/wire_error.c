#include "wire_error.h"

#include <stddef.h>

static const struct {
	const char *name, *text;
	uint8_t reason;
} errors[WIRE_ERRORS] = {
#define WIRE_ERROR(error_name, code, line)                                                         \
	[WIRE_E_##error_name] = {.name = #error_name, .text = (line), .reason = (code)},
#include "wire_error.def"
#undef WIRE_ERROR
};

/* The index into the table, 0 for what is no error. The errors' own range keeps the negation safe. */
static size_t index_of(int error)
{
	if (error > -(int)WIRE_ERRORS && error < 0)
		return (size_t)-error;
	return error > 0 && error < (int)WIRE_ERRORS ? (size_t)error : 0;
}

uint8_t wire_error_reason(int error)
{
	size_t i = index_of(error);

	return i == 0 ? 0x80 : errors[i].reason;
}

const char *wire_error_text(int error)
{
	size_t i = index_of(error);

	return i == 0 ? "unknown error" : errors[i].text;
}

const char *wire_error_name(int error)
{
	size_t i = index_of(error);

	return i == 0 ? "NONE" : errors[i].name;
}
