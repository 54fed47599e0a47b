#include "update_install.h"

int update_source_open(struct update_source *out, const char *from,
	const struct update_install *install, struct update_fault *fault)
{
	(void)install;
	return update_source_file(out, from, fault);
}
