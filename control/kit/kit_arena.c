#include "kit_arena.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base_mem.h"

enum { ALIGN_BYTES = 64 << 10 };

int kit_arena_open(struct kit_arena *arena, size_t bytes)
{
	size_t mapped_bytes = bytes + ALIGN_BYTES;
	void *mapped = mmap(NULL, mapped_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uintptr_t start;

	*arena = (struct kit_arena){.mapped = mapped, .mapped_bytes = mapped_bytes};
	if (mapped == MAP_FAILED) {
		*arena = (struct kit_arena){0};
		return -errno;
	}
	start = ((uintptr_t)mapped + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
	arena->mem = base_mem_init((char *)mapped + (start - (uintptr_t)mapped), bytes);
	if (arena->mem == NULL) {
		munmap(mapped, mapped_bytes);
		*arena = (struct kit_arena){0};
		return -EINVAL;
	}
	return 0;
}

void kit_arena_close(struct kit_arena *arena)
{
	if (arena->mem == NULL)
		return;
	base_mem_fini(arena->mem);
	munmap(arena->mapped, arena->mapped_bytes);
	*arena = (struct kit_arena){0};
}

size_t kit_arena_used(const struct kit_arena *arena)
{
	return base_mem_used(arena->mem, KIT_ARENA_CLASS);
}
