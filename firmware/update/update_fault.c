#include "update_fault.h"

#include <stdarg.h>
#include <stdio.h>

int update_fail(struct update_fault *fault, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
	return code;
}
