#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guard {
	uint8_t *map;
	size_t map_bytes; /* with the unreadable page at the end */
	size_t bytes_max;
};

struct guard *guard_new(size_t bytes_max)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t body_bytes = (bytes_max + page - 1) / page * page;
	struct guard *guard = calloc(1, sizeof(*guard));
	void *map = mmap(NULL, body_bytes + page, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (guard == NULL || map == MAP_FAILED ||
		mprotect((uint8_t *)map + body_bytes, page, PROT_NONE) != 0) {
		perror("guard");
		abort();
	}
	*guard = (struct guard){map, body_bytes + page, bytes_max};
	return guard;
}

void guard_free(struct guard *guard)
{
	munmap(guard->map, guard->map_bytes);
	free(guard);
}

uint8_t *guard_place(struct guard *guard, const void *data, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *at = guard->map + guard->map_bytes - page - bytes;

	if (bytes > guard->bytes_max)
		abort();
	if (data == NULL)
		memset(at, 0, bytes);
	else
		memcpy(at, data, bytes);
	return at;
}
