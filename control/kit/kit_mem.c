#include "kit_mem.h"

#include <stdlib.h>

#include "base_assert.h"

static struct {
	size_t used, limit;
	uint64_t objects, failures;
} classes[KIT_MEM_CLASSES];

static const char *const names[] = {
#define KIT_MEM_CLASS(id, name) [KIT_MEM_##id] = (name),
#include "kit_mem.def"
#undef KIT_MEM_CLASS
};

void *kit_mem_alloc(enum kit_mem_class class_id, size_t bytes)
{
	void *ptr = NULL;

	if (classes[class_id].limit == 0 ||
		bytes + classes[class_id].used <= classes[class_id].limit)
		ptr = calloc(1, bytes);
	if (ptr == NULL) {
		classes[class_id].failures++;
		return NULL;
	}
	classes[class_id].used += bytes;
	classes[class_id].objects++;
	return ptr;
}

void kit_mem_free(enum kit_mem_class class_id, void *ptr, size_t bytes)
{
	if (ptr == NULL)
		return;
	BASE_ASSERT(classes[class_id].used >= bytes && classes[class_id].objects > 0);
	classes[class_id].used -= bytes;
	classes[class_id].objects--;
	free(ptr);
}

void kit_mem_limit(enum kit_mem_class class_id, size_t bytes)
{
	classes[class_id].limit = bytes;
}

const char *kit_mem_name(enum kit_mem_class class_id)
{
	return names[class_id];
}

size_t kit_mem_used(enum kit_mem_class class_id)
{
	return classes[class_id].used;
}

uint64_t kit_mem_objects(enum kit_mem_class class_id)
{
	return classes[class_id].objects;
}

uint64_t kit_mem_failures(enum kit_mem_class class_id)
{
	return classes[class_id].failures;
}
