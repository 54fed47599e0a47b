#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base_hash.h"
#include "base_mem.h"

enum { ARENA = 64 << 20, PAGE = 64 << 10, SLOTS = 4096, CLASSES = 4 };

struct slot {
	unsigned char *ptr;
	size_t bytes;
	unsigned class_id;
	unsigned char fill;
};

struct heap {
	void *map;
	struct base_mem *mem;
	size_t free_at_start;
	uint64_t random;
	struct slot slots[SLOTS];
};

static uint64_t draw(struct heap *heap)
{
	return base_hash_u64(heap->random++, 0x5eed);
}

static size_t draw_below(struct heap *heap, size_t limit)
{
	return (size_t)(draw(heap) % limit);
}

static int setup(void **state)
{
	struct heap *heap = calloc(1, sizeof(*heap));
	uintptr_t aligned;

	assert_non_null(heap);
	heap->map = mmap(NULL, ARENA + PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(heap->map, MAP_FAILED);
	aligned = ((uintptr_t)heap->map + PAGE - 1) / PAGE * PAGE;
	heap->mem = base_mem_init((void *)aligned, ARENA);
	assert_non_null(heap->mem);
	heap->free_at_start = base_mem_arena_free(heap->mem);
	*state = heap;
	return 0;
}

static int teardown(void **state)
{
	struct heap *heap = *state;

	base_mem_fini(heap->mem);
	munmap(heap->map, ARENA + PAGE);
	free(heap);
	return 0;
}

static void slot_fill(struct heap *heap, struct slot *slot, size_t bytes)
{
	slot->class_id = (unsigned)draw_below(heap, CLASSES);
	slot->fill = (unsigned char)draw(heap);
	slot->bytes = bytes;
	slot->ptr = base_mem_alloc(heap->mem, slot->class_id, bytes);
	if (slot->ptr == NULL)
		return;
	assert_true((uintptr_t)slot->ptr % (bytes >= 64 ? 64 : 16) == 0);
	assert_true(base_mem_size(heap->mem, slot->ptr) >= bytes);
	memset(slot->ptr, slot->fill, bytes);
}

static void slot_empty(struct heap *heap, struct slot *slot)
{
	for (size_t i = 0; i < slot->bytes; i++) {
		if (slot->ptr[i] != slot->fill)
			fail_msg("byte %zu of %zu was overwritten", i, slot->bytes);
	}
	base_mem_free(heap->mem, slot->class_id, slot->ptr);
	slot->ptr = NULL;
}

static void all_empty(struct heap *heap)
{
	for (size_t i = 0; i < SLOTS; i++) {
		if (heap->slots[i].ptr != NULL)
			slot_empty(heap, &heap->slots[i]);
	}
}

/* Nothing leaked, and all pages are one run again. */
static void assert_pristine(struct heap *heap)
{
	void *all;

	for (unsigned i = 0; i < BASE_MEM_CLASSES_MAX; i++) {
		assert_int_equal(base_mem_used(heap->mem, i), 0);
		assert_int_equal(base_mem_objects(heap->mem, i), 0);
	}
	assert_int_equal(base_mem_arena_free(heap->mem), heap->free_at_start);
	all = base_mem_alloc(heap->mem, 0, heap->free_at_start);
	assert_non_null(all);
	assert_int_equal(base_mem_arena_free(heap->mem), 0);
	base_mem_free(heap->mem, 0, all);
}

static void assert_counters(struct heap *heap)
{
	size_t used[CLASSES] = {0};
	uint64_t objects[CLASSES] = {0};

	for (size_t i = 0; i < SLOTS; i++) {
		const struct slot *slot = &heap->slots[i];

		if (slot->ptr != NULL) {
			used[slot->class_id] += base_mem_size(heap->mem, slot->ptr);
			objects[slot->class_id]++;
		}
	}
	for (unsigned i = 0; i < CLASSES; i++) {
		assert_int_equal(base_mem_used(heap->mem, i), used[i]);
		assert_int_equal(base_mem_objects(heap->mem, i), objects[i]);
	}
}

/* Mostly small, now and then up to 256 KiB: about what connections and messages ask for. */
static size_t draw_bytes(struct heap *heap)
{
	unsigned log = (unsigned)draw_below(heap, 32);

	log = log < 18 ? log : 9;
	return 1 + draw_below(heap, (size_t)1 << log);
}

static void random_against_model(void **state)
{
	struct heap *heap = *state;

	for (int step = 0; step < 200000; step++) {
		struct slot *slot = &heap->slots[draw_below(heap, SLOTS)];

		if (slot->ptr == NULL)
			slot_fill(heap, slot, draw_bytes(heap));
		else
			slot_empty(heap, slot);
		if (step % 20000 == 0)
			assert_counters(heap);
	}
	assert_counters(heap);
	all_empty(heap);
	assert_pristine(heap);
}

/* Large objects of all lengths at three quarters of the arena never fail for want of a long run. */
static void large_does_not_fragment(void **state)
{
	struct heap *heap = *state;
	size_t budget = ARENA / 4 * 3;
	size_t used = 0;

	for (int step = 0; step < 20000; step++) {
		struct slot *slot = &heap->slots[draw_below(heap, 1024)];
		size_t bytes = 1 + draw_below(heap, 8 * PAGE);

		if (slot->ptr != NULL) {
			base_mem_free(heap->mem, slot->class_id, slot->ptr);
			slot->ptr = NULL;
		} else if (used + bytes + PAGE <= budget) {
			slot->class_id = 1;
			slot->bytes = 0;
			slot->ptr = base_mem_alloc(heap->mem, 1, bytes);
			assert_non_null(slot->ptr);
		}
		used = base_mem_used(heap->mem, 1);
	}
	all_empty(heap);
	assert_pristine(heap);
}

static void exhaustion_recovers(void **state)
{
	static const size_t sizes[] = {16, 48, 100, 1000, 5000, 20000, 32768, 32769, 300000};
	struct heap *heap = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t failures = base_mem_failures(heap->mem, 2);
		void **head = NULL;
		void **obj;

		while ((obj = base_mem_alloc(heap->mem, 2, sizes[i])) != NULL) {
			*obj = head;
			head = obj;
		}
		assert_int_equal(base_mem_failures(heap->mem, 2), failures + 1);
		/* At the most the tails of spans, and a run shorter than one more span, are lost. */
		assert_true(base_mem_used(heap->mem, 2) > heap->free_at_start / 100 * 84 ||
			    sizes[i] == 32769);
		while (head != NULL) {
			obj = *head;
			base_mem_free(heap->mem, 2, head);
			head = obj;
		}
		assert_pristine(heap);
	}
}

/* Every request size: room enough, aligned, and from 512 bytes up at most one ninth wasted. */
static void every_small_size(void **state)
{
	struct heap *heap = *state;
	size_t before = 16;

	for (size_t bytes = 1; bytes <= 32768; bytes++) {
		void *ptr = base_mem_alloc(heap->mem, 0, bytes);
		size_t size;

		assert_non_null(ptr);
		size = base_mem_size(heap->mem, ptr);
		assert_true(size >= bytes && size >= before);
		assert_true((uintptr_t)ptr % (bytes >= 64 ? 64 : 16) == 0);
		assert_true(bytes < 512 || (size - bytes) * 9 <= size);
		before = size;
		base_mem_free(heap->mem, 0, ptr);
	}
	assert_pristine(heap);
}

static void limit_holds_by_class(void **state)
{
	struct heap *heap = *state;
	void *a;
	void *b;
	void *large;

	base_mem_limit(heap->mem, 3, 256);
	a = base_mem_alloc(heap->mem, 3, 128);
	b = base_mem_alloc(heap->mem, 3, 100); /* occupies 128 */
	assert_non_null(a);
	assert_non_null(b);
	assert_null(base_mem_alloc(heap->mem, 3, 1));
	assert_null(base_mem_alloc(heap->mem, 3, 100000));
	assert_int_equal(base_mem_failures(heap->mem, 3), 2);
	assert_int_equal(base_mem_used(heap->mem, 3), 256);
	large = base_mem_alloc(heap->mem, 1, 100000); /* another class is not concerned */
	assert_non_null(large);
	base_mem_free(heap->mem, 3, a);
	a = base_mem_alloc(heap->mem, 3, 1);
	assert_non_null(a);
	base_mem_limit(heap->mem, 3, 1); /* below what is in use: nothing more, nothing lost */
	assert_null(base_mem_alloc(heap->mem, 3, 1));
	base_mem_limit(heap->mem, 3, 0);
	base_mem_free(heap->mem, 3, a);
	a = base_mem_alloc(heap->mem, 3, 1000);
	assert_non_null(a);
	base_mem_free(heap->mem, 3, a);
	base_mem_free(heap->mem, 3, b);
	base_mem_free(heap->mem, 1, large);
	base_mem_free(heap->mem, 1, NULL);
	assert_pristine(heap);
}

static void too_large_fails(void **state)
{
	struct heap *heap = *state;

	assert_null(base_mem_alloc(heap->mem, 0, heap->free_at_start + 1));
	assert_null(base_mem_alloc(heap->mem, 0, (size_t)ARENA * 16));
	assert_null(base_mem_alloc(heap->mem, 0, SIZE_MAX));
	assert_int_equal(base_mem_failures(heap->mem, 0), 3);
	assert_null(base_mem_init(base_mem_alloc(heap->mem, 0, 1 << 20), (1 << 20) - 1));
}

static void calloc_clears(void **state)
{
	struct heap *heap = *state;
	unsigned char *ptr = base_mem_alloc(heap->mem, 0, 500);

	assert_non_null(ptr);
	memset(ptr, 0xa5, 500);
	base_mem_free(heap->mem, 0, ptr);
	ptr = base_mem_calloc(heap->mem, 0, 500);
	assert_non_null(ptr);
	for (size_t i = 0; i < 500; i++)
		assert_int_equal(ptr[i], 0);
	base_mem_free(heap->mem, 0, ptr);
}

/* An object that its owner never wrote to, where a free one lay in an earlier span, is no double free. */
static void unwritten_objects_may_be_freed(void **state)
{
	static const size_t sizes[] = {48, 96, 48};
	struct heap *heap = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (size_t j = 0; j < SLOTS; j++) {
			heap->slots[j].ptr = base_mem_alloc(heap->mem, 0, sizes[i]);
			assert_non_null(heap->slots[j].ptr);
		}
		for (size_t j = 0; j < SLOTS; j++) {
			base_mem_free(heap->mem, 0, heap->slots[j].ptr);
			heap->slots[j].ptr = NULL;
		}
		assert_pristine(heap);
	}
}

/* Whether `act` ends its process other than by returning. */
static bool dies(struct heap *heap, void (*act)(struct base_mem *mem))
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		close(STDERR_FILENO);
		signal(SIGABRT, SIG_DFL); /* cmocka catches it */
		act(heap->mem);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void free_once(struct base_mem *mem)
{
	base_mem_free(mem, 0, base_mem_alloc(mem, 0, 40));
	base_mem_free(mem, 0, base_mem_alloc(mem, 0, 40000));
}

static void free_small_twice(struct base_mem *mem)
{
	/* another live object, so that only the address can tell */
	void *other = base_mem_alloc(mem, 0, 40);
	void *ptr = base_mem_alloc(mem, 0, 40);

	base_mem_free(mem, 0, ptr);
	base_mem_free(mem, 0, ptr);
	(void)other;
}

static void free_large_twice(struct base_mem *mem)
{
	/* another live object, so that only the address can tell */
	void *other = base_mem_alloc(mem, 0, 400000);
	void *ptr = base_mem_alloc(mem, 0, 400000);

	base_mem_free(mem, 0, ptr);
	base_mem_free(mem, 0, ptr);
	(void)other;
}

static void free_small_inside(struct base_mem *mem)
{
	char *ptr = base_mem_alloc(mem, 0, 48);

	base_mem_free(mem, 0, ptr + 16);
}

static void free_large_inside(struct base_mem *mem)
{
	char *ptr = base_mem_alloc(mem, 0, 400000);

	base_mem_free(mem, 0, ptr + PAGE);
}

static void free_never_taken(struct base_mem *mem)
{
	char *ptr = base_mem_alloc(mem, 0, 48);

	base_mem_free(mem, 0, ptr + 48 * 3);
}

static void free_foreign(struct base_mem *mem)
{
	long foreign = 0;

	base_mem_free(mem, 0, &foreign);
}

static void free_own_head(struct base_mem *mem)
{
	base_mem_free(mem, 0, mem);
}

static void free_other_class(struct base_mem *mem)
{
	base_mem_free(mem, 1, base_mem_alloc(mem, 0, 48));
}

static void write_after_free(struct base_mem *mem)
{
	void *other = base_mem_alloc(mem, 0, 48);
	void *volatile ptr = base_mem_alloc(mem, 0, 48);
	void *again;

	base_mem_free(mem, 0, ptr);
	*(uint64_t *)ptr = 1;
	again = base_mem_alloc(mem, 0, 48);
	base_mem_free(mem, 0, again);
	base_mem_free(mem, 0, other);
}

static void mistakes_are_asserted(void **state)
{
	struct heap *heap = *state;

	assert_false(dies(heap, free_once));
	assert_true(dies(heap, free_small_twice));
	assert_true(dies(heap, free_large_twice));
	assert_true(dies(heap, free_small_inside));
	assert_true(dies(heap, free_large_inside));
	assert_true(dies(heap, free_never_taken));
	assert_true(dies(heap, free_foreign));
	assert_true(dies(heap, free_own_head));
	assert_true(dies(heap, free_other_class));
	assert_true(dies(heap, write_after_free));
}

#if defined(__SANITIZE_ADDRESS__)
static void read_after_free(struct base_mem *mem)
{
	volatile char *ptr = base_mem_alloc(mem, 0, 48);

	base_mem_free(mem, 0, (void *)(uintptr_t)ptr);
	(void)ptr[40];
}

static void read_after_large_free(struct base_mem *mem)
{
	volatile char *ptr = base_mem_alloc(mem, 0, 480000);

	base_mem_free(mem, 0, (void *)(uintptr_t)ptr);
	(void)ptr[200000];
}

static void read_beyond_request(struct base_mem *mem)
{
	volatile char *ptr = base_mem_alloc(mem, 0, 41);

	(void)ptr[41];
}

static void asan_sees_free_objects(void **state)
{
	struct heap *heap = *state;

	assert_true(dies(heap, read_after_free));
	assert_true(dies(heap, read_after_large_free));
	assert_true(dies(heap, read_beyond_request));
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(random_against_model, setup, teardown),
		cmocka_unit_test_setup_teardown(large_does_not_fragment, setup, teardown),
		cmocka_unit_test_setup_teardown(exhaustion_recovers, setup, teardown),
		cmocka_unit_test_setup_teardown(every_small_size, setup, teardown),
		cmocka_unit_test_setup_teardown(limit_holds_by_class, setup, teardown),
		cmocka_unit_test_setup_teardown(too_large_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(calloc_clears, setup, teardown),
		cmocka_unit_test_setup_teardown(unwritten_objects_may_be_freed, setup, teardown),
		cmocka_unit_test_setup_teardown(mistakes_are_asserted, setup, teardown),
#if defined(__SANITIZE_ADDRESS__)
		cmocka_unit_test_setup_teardown(asan_sees_free_objects, setup, teardown),
#endif
	};

	return cmocka_run_group_tests_name("base_mem", tests, NULL, NULL);
}
