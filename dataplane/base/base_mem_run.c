#include "base_assert.h"
#include "base_mem_priv.h"

/*
 * Free runs of pages, sorted into bins by length: one bin for each length up to BASE_RUN_EXACT
 * pages (4 MiB), then four for each doubling. The first fitting bin is found in a bitmap. Only in
 * its own bin, and only above 4 MiB, is a request compared with single runs: there are at most
 * arena / 4 MiB of them.
 */

static unsigned bin_of(uint32_t pages)
{
	unsigned log;

	if (pages <= BASE_RUN_EXACT)
		return pages - 1;
	log = 31 - (unsigned)__builtin_clz(pages);
	return BASE_RUN_EXACT + (log - 6) * 4 + ((pages >> (log - 2)) & 3);
}

static uint32_t index_of(const struct base_mem *mem, const struct base_page *page)
{
	return (uint32_t)(page - mem->pages);
}

static void bin_put(struct base_mem *mem, struct base_page *first, uint32_t pages)
{
	unsigned bin = bin_of(pages);
	struct base_page *last = first + pages - 1;

	first->kind = BASE_PAGE_FREE;
	first->pages = pages;
	last->kind = BASE_PAGE_FREE;
	last->first = index_of(mem, first);
	base_list_push_front(&mem->bins[bin], &first->link);
	mem->bins_used[bin / 64] |= 1ull << bin % 64;
	mem->free_pages += pages;
}

static void bin_remove(struct base_mem *mem, struct base_page *first)
{
	unsigned bin = bin_of(first->pages);

	base_list_remove(&first->link);
	if (base_list_is_empty(&mem->bins[bin]))
		mem->bins_used[bin / 64] &= ~(1ull << bin % 64);
	mem->free_pages -= first->pages;
}

static struct base_page *first_in(struct base_list *bin)
{
	return BASE_CONTAINER_OF(bin->next, struct base_page, link);
}

/* Any run from the bins above `bin`, the shortest bin first. */
static struct base_page *find_above(struct base_mem *mem, unsigned bin)
{
	unsigned from = bin + 1;

	for (unsigned word = from / 64; word < BASE_RUN_WORDS; word++) {
		uint64_t bits = mem->bins_used[word];

		if (word == from / 64)
			bits &= ~0ull << from % 64;
		if (bits != 0)
			return first_in(&mem->bins[word * 64 + (unsigned)__builtin_ctzll(bits)]);
	}
	return NULL;
}

static struct base_page *find(struct base_mem *mem, uint32_t pages)
{
	unsigned bin = bin_of(pages);
	struct base_list *it;

	BASE_LIST_FOREACH (it, &mem->bins[bin]) {
		struct base_page *run = BASE_CONTAINER_OF(it, struct base_page, link);

		if (run->pages >= pages)
			return run;
	}
	return find_above(mem, bin);
}

void base_run_init(struct base_mem *mem)
{
	for (unsigned i = 0; i < BASE_RUN_BINS; i++)
		base_list_init(&mem->bins[i]);
	bin_put(mem, &mem->pages[mem->page_first], mem->page_len - mem->page_first);
}

struct base_page *base_run_take(struct base_mem *mem, uint32_t pages, bool high)
{
	struct base_page *run = find(mem, pages);
	uint32_t rest;

	if (run == NULL)
		return NULL;
	bin_remove(mem, run);
	rest = run->pages - pages;
	if (rest > 0 && high) {
		bin_put(mem, run, rest);
		run += rest;
	} else if (rest > 0) {
		bin_put(mem, run + pages, rest);
	}
	/* The last page first: in a run of one page it is the first page too. */
	run[pages - 1].kind = BASE_PAGE_INSIDE;
	run->kind = BASE_PAGE_LARGE;
	run->pages = pages;
	return run;
}

void base_run_give(struct base_mem *mem, struct base_page *first)
{
	uint32_t pages = first->pages;
	struct base_page *next = first + pages;

	first->kind = BASE_PAGE_FREE;
	if (index_of(mem, next) < mem->page_len && next->kind == BASE_PAGE_FREE) {
		bin_remove(mem, next);
		pages += next->pages;
	}
	if (index_of(mem, first) > mem->page_first && first[-1].kind == BASE_PAGE_FREE) {
		first = &mem->pages[first[-1].first];
		BASE_ASSERT(first->kind == BASE_PAGE_FREE);
		bin_remove(mem, first);
		pages += first->pages;
	}
	bin_put(mem, first, pages);
}
