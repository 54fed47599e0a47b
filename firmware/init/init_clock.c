#include "init_clock.h"

#include <stdio.h>
#include <time.h>

#include "init.h"
#include "init_file.h"

int init_clock_save(const char *root)
{
	char path[INIT_PATH_MAX], text[32];

	snprintf(path, sizeof(path), "%s/data/clock", root);
	snprintf(text, sizeof(text), "%lld\n", (long long)time(NULL));
	return init_file_replace(path, text);
}
