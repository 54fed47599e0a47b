#include "base_mem.h"

#include <string.h>
#include <sys/random.h>

#include "base_assert.h"
#include "base_mem_priv.h"
#include "base_time.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BASE_MEM_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define BASE_MEM_ASAN 1
#endif

#if defined(BASE_MEM_ASAN)
#include <sanitizer/asan_interface.h>
#define POISON(ptr, bytes) ASAN_POISON_MEMORY_REGION(ptr, bytes)
#define UNPOISON(ptr, bytes) ASAN_UNPOISON_MEMORY_REGION(ptr, bytes)
#else
#define POISON(ptr, bytes) ((void)(ptr), (void)(bytes))
#define UNPOISON(ptr, bytes) ((void)(ptr), (void)(bytes))
#endif

enum {
	ARENA_MIN_BYTES = 1 << 20,
	INVERSE_SHIFT = 40,
	SPAN_WASTE_PARTS = 16, /* a span's unused tail is at most this part of it */
};

/* What lies in an object while it is free. The mark tells a double free and a write after free. */
struct base_free {
	struct base_free *next;
	uint64_t mark;
};

static uint64_t mark_of(const struct base_mem *mem, const struct base_free *obj)
{
	return mem->secret ^ (uintptr_t)obj ^ (uintptr_t)obj->next;
}

/*
 * Sizes of objects: by 16 up to 64 bytes, by 64 up to 512, then eight for each doubling: beyond
 * what alignment to 64 costs, an object wastes less than one ninth.
 */
static unsigned size_index(size_t bytes)
{
	size_t top = bytes - 1;
	unsigned log;

	if (bytes <= 64)
		return (unsigned)(top / 16);
	if (bytes <= 512)
		return (unsigned)(3 + top / 64);
	log = 63 - (unsigned)__builtin_clzll(top);
	return 11 + (log - 9) * 8 + (unsigned)((top >> (log - 3)) - 8);
}

static uint32_t size_bytes(unsigned index)
{
	unsigned step;

	if (index < 4)
		return 16 * (index + 1);
	if (index < 11)
		return 64 * (index - 2);
	step = (index - 11) / 8 + 6;
	return ((index - 11) % 8 + 9) << step;
}

static void size_init(struct base_size *size, uint32_t bytes)
{
	uint32_t pages = 1;

	while (pages * BASE_PAGE_BYTES % bytes > pages * BASE_PAGE_BYTES / SPAN_WASTE_PARTS)
		pages++;
	base_list_init(&size->spans);
	size->bytes = bytes;
	size->pages = pages;
	size->objects = pages * BASE_PAGE_BYTES / bytes;
	size->inverse = ((1ull << INVERSE_SHIFT) + bytes - 1) / bytes;
}

static uint64_t draw_secret(const void *arena)
{
	uint64_t secret;

	/* Early in boot there may be no entropy yet: the clock and the address must do then. */
	if (getrandom(&secret, sizeof(secret), GRND_NONBLOCK) != (ssize_t)sizeof(secret))
		secret = base_time_ns() * 0x9e3779b97f4a7c15ull ^ (uintptr_t)arena;
	return secret;
}

struct base_mem *base_mem_init(void *arena, size_t arena_bytes)
{
	struct base_mem *mem = arena;
	size_t page_len = arena_bytes >> BASE_PAGE_SHIFT;
	size_t head_bytes = sizeof(*mem) + page_len * sizeof(mem->pages[0]);

	BASE_ASSERT((uintptr_t)arena % BASE_PAGE_BYTES == 0);
	BASE_ASSERT(page_len <= UINT32_MAX);
	if (arena_bytes < ARENA_MIN_BYTES)
		return NULL;
	UNPOISON(arena, arena_bytes);
	mem->arena_bytes = arena_bytes;
	mem->secret = draw_secret(arena);
	mem->page_len = (uint32_t)page_len;
	mem->page_first = (uint32_t)((head_bytes + BASE_PAGE_BYTES - 1) >> BASE_PAGE_SHIFT);
	for (unsigned i = 0; i < BASE_MEM_CLASSES_MAX; i++)
		mem->owners[i].limit = SIZE_MAX;
	for (unsigned i = 0; i < BASE_SIZES; i++)
		size_init(&mem->sizes[i], size_bytes(i));
	base_run_init(mem);
	POISON((char *)arena + ((size_t)mem->page_first << BASE_PAGE_SHIFT),
		arena_bytes - ((size_t)mem->page_first << BASE_PAGE_SHIFT));
	return mem;
}

void base_mem_fini(struct base_mem *mem)
{
	size_t bytes = mem->arena_bytes;

	UNPOISON(mem, bytes);
}

static void kept_drop(struct base_mem *mem, struct base_size *size)
{
	mem->kept_pages -= size->pages;
	size->kept = NULL;
}

static void span_give(struct base_mem *mem, struct base_page *span)
{
	base_list_remove(&span->link);
	for (uint32_t i = 0; i < span->pages; i++)
		span[i].kind = BASE_PAGE_INSIDE;
	base_run_give(mem, span);
}

/* Takes pages; when there are none, gives up the kept empty spans and tries once more. */
static struct base_page *pages_take(struct base_mem *mem, uint32_t pages, bool high)
{
	struct base_page *run = base_run_take(mem, pages, high);

	if (run != NULL || mem->kept_pages == 0)
		return run;
	for (unsigned i = 0; i < BASE_SIZES; i++) {
		struct base_page *span = mem->sizes[i].kept;

		if (span != NULL) {
			kept_drop(mem, &mem->sizes[i]);
			span_give(mem, span);
		}
	}
	return base_run_take(mem, pages, high);
}

static struct base_page *span_new(struct base_mem *mem, unsigned index)
{
	struct base_size *size = &mem->sizes[index];
	struct base_page *span = pages_take(mem, size->pages, false);

	if (span == NULL)
		return NULL;
	for (uint32_t i = 0; i < size->pages; i++) {
		span[i].kind = BASE_PAGE_SPAN;
		span[i].first = (uint32_t)(span - mem->pages);
	}
	span->size_index = (uint16_t)index;
	span->live = 0;
	span->carved = 0;
	span->free = NULL;
	base_list_push_front(&size->spans, &span->link);
	return span;
}

static void *small_alloc(struct base_mem *mem, unsigned index)
{
	struct base_size *size = &mem->sizes[index];
	struct base_page *span;
	struct base_free *obj;

	if (!base_list_is_empty(&size->spans)) {
		span = BASE_CONTAINER_OF(size->spans.next, struct base_page, link);
		if (span == size->kept)
			kept_drop(mem, size);
	} else {
		span = span_new(mem, index);
		if (span == NULL)
			return NULL;
	}
	obj = span->free;
	if (obj != NULL) {
		UNPOISON(obj, sizeof(*obj));
		BASE_ASSERT(obj->mark == mark_of(mem, obj)); /* else written to after its free */
		span->free = obj->next;
	} else {
		obj = (void *)(base_page_address(mem, span) + (size_t)span->carved * size->bytes);
		span->carved++;
		UNPOISON(obj, sizeof(*obj));
	}
	/* The caller may never write there; and what is carved may lie where another span had it. */
	obj->mark = 0;
	POISON(obj, sizeof(*obj));
	if (++span->live == size->objects)
		base_list_remove(&span->link);
	return obj;
}

static void small_free(struct base_mem *mem, struct base_page *span, struct base_free *obj)
{
	struct base_size *size = &mem->sizes[span->size_index];

	UNPOISON(obj, sizeof(*obj));
	BASE_ASSERT(obj->mark != mark_of(mem, obj)); /* else free already */
	obj->next = span->free;
	obj->mark = mark_of(mem, obj);
	POISON(obj, size->bytes);
	span->free = obj;
	if (span->live-- == size->objects)
		base_list_push_front(&size->spans, &span->link);
	if (span->live > 0)
		return;
	if (size->kept != NULL) {
		span_give(mem, span);
		return;
	}
	size->kept = span;
	mem->kept_pages += size->pages;
	base_list_remove(&span->link);
	base_list_push_back(&size->spans, &span->link);
}

/* The first page of the run that `ptr` is an object of; asserts that it is one. */
static struct base_page *page_of(const struct base_mem *const_mem, const void *ptr)
{
	struct base_mem *mem = (struct base_mem *)(uintptr_t)const_mem;
	size_t index = ((uintptr_t)ptr - (uintptr_t)mem) >> BASE_PAGE_SHIFT;
	struct base_page *page;
	const struct base_size *size;
	uint64_t offset;
	uint64_t object;

	BASE_ASSERT(index >= mem->page_first && index < mem->page_len);
	page = &mem->pages[index];
	if (page->kind == BASE_PAGE_LARGE) {
		BASE_ASSERT(base_page_address(mem, page) == ptr);
		return page;
	}
	BASE_ASSERT(page->kind == BASE_PAGE_SPAN);
	page = &mem->pages[page->first];
	size = &mem->sizes[page->size_index];
	offset = (uintptr_t)ptr - (uintptr_t)base_page_address(mem, page);
	object = offset * size->inverse >> INVERSE_SHIFT;
	BASE_ASSERT(object * size->bytes == offset && object < page->carved);
	return page;
}

static size_t object_bytes(const struct base_mem *mem, const struct base_page *page)
{
	if (page->kind == BASE_PAGE_LARGE)
		return (size_t)page->pages << BASE_PAGE_SHIFT;
	return mem->sizes[page->size_index].bytes;
}

static void *large_alloc(struct base_mem *mem, size_t occupied)
{
	struct base_page *page = pages_take(mem, (uint32_t)(occupied >> BASE_PAGE_SHIFT), true);

	return page == NULL ? NULL : base_page_address(mem, page);
}

void *base_mem_alloc(struct base_mem *mem, unsigned class_id, size_t bytes)
{
	struct base_owner *owner = &mem->owners[class_id];
	unsigned index = 0;
	size_t occupied;
	void *ptr = NULL;

	BASE_ASSERT(class_id < BASE_MEM_CLASSES_MAX && bytes > 0);
	if (bytes <= BASE_SMALL_MAX) {
		index = size_index(bytes);
		occupied = mem->sizes[index].bytes;
	} else if (bytes <= mem->arena_bytes) {
		occupied = (bytes + BASE_PAGE_BYTES - 1) & ~(size_t)(BASE_PAGE_BYTES - 1);
	} else {
		occupied = SIZE_MAX;
	}
	/* A limit may have been set below what is in use already. */
	if (owner->used <= owner->limit && occupied <= owner->limit - owner->used &&
		occupied != SIZE_MAX)
		ptr = bytes <= BASE_SMALL_MAX ? small_alloc(mem, index)
					      : large_alloc(mem, occupied);
	if (ptr == NULL) {
		owner->failures++;
		return NULL;
	}
	owner->used += occupied;
	owner->objects++;
	UNPOISON(ptr, bytes);
	return ptr;
}

void *base_mem_calloc(struct base_mem *mem, unsigned class_id, size_t bytes)
{
	void *ptr = base_mem_alloc(mem, class_id, bytes);

	if (ptr != NULL)
		memset(ptr, 0, bytes);
	return ptr;
}

void base_mem_free(struct base_mem *mem, unsigned class_id, void *ptr)
{
	struct base_owner *owner = &mem->owners[class_id];
	struct base_page *page;
	size_t occupied;

	if (ptr == NULL)
		return;
	BASE_ASSERT(class_id < BASE_MEM_CLASSES_MAX);
	page = page_of(mem, ptr);
	occupied = object_bytes(mem, page);
	BASE_ASSERT(owner->objects > 0 && owner->used >= occupied);
	owner->used -= occupied;
	owner->objects--;
	if (page->kind == BASE_PAGE_LARGE) {
		POISON(ptr, occupied);
		base_run_give(mem, page);
	} else {
		small_free(mem, page, ptr);
	}
}

size_t base_mem_size(const struct base_mem *mem, const void *ptr)
{
	return object_bytes(mem, page_of(mem, ptr));
}

void base_mem_limit(struct base_mem *mem, unsigned class_id, size_t bytes)
{
	BASE_ASSERT(class_id < BASE_MEM_CLASSES_MAX);
	mem->owners[class_id].limit = bytes == 0 ? SIZE_MAX : bytes;
}

size_t base_mem_used(const struct base_mem *mem, unsigned class_id)
{
	return mem->owners[class_id].used;
}

uint64_t base_mem_objects(const struct base_mem *mem, unsigned class_id)
{
	return mem->owners[class_id].objects;
}

uint64_t base_mem_failures(const struct base_mem *mem, unsigned class_id)
{
	return mem->owners[class_id].failures;
}

size_t base_mem_arena(const struct base_mem *mem)
{
	return mem->arena_bytes;
}

size_t base_mem_arena_free(const struct base_mem *mem)
{
	return ((size_t)mem->free_pages + mem->kept_pages) << BASE_PAGE_SHIFT;
}
