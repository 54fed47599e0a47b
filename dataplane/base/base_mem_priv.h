#ifndef BASE_MEM_PRIV_H
#define BASE_MEM_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "base_list.h"
#include "base_mem.h"

/*
 * The heap inside: the arena is cut into pages of 64 KiB, and each page has a descriptor in the
 * table at the arena's head. Pages are handed out in runs (base_mem_run.c); a run is either one
 * large object or a span of equal small objects (base_mem.c).
 *
 * A descriptor is only ever consulted at the first and last page of a run, and at every page of a
 * span; the pages between may hold what an earlier run left, except that none is marked SPAN or
 * LARGE.
 */

enum {
	BASE_PAGE_SHIFT = 16,
	BASE_PAGE_BYTES = 1 << BASE_PAGE_SHIFT,
	BASE_RUN_EXACT = 64, /* bins of one length each; above, four bins for each doubling */
	BASE_RUN_BINS = BASE_RUN_EXACT + (32 - 6) * 4,
	BASE_RUN_WORDS = (BASE_RUN_BINS + 63) / 64,
	BASE_SIZES = 59,
	BASE_SMALL_MAX = 32768,
};

enum base_page_kind {
	BASE_PAGE_INSIDE, /* not the first page of anything; also the heap's own pages */
	BASE_PAGE_FREE,
	BASE_PAGE_LARGE, /* first page of a large object */
	BASE_PAGE_SPAN, /* any page of a span */
};

struct base_page {
	struct base_list link; /* free run: its bin; span with free objects: its size */
	struct base_free *free; /* span: objects that were used and given back */
	uint32_t pages; /* first page: length of the run */
	uint32_t
		first; /* index of the first page of the run: of spans, and of the last page of a free run */
	uint32_t live; /* span: objects in use */
	uint32_t carved; /* span: objects ever handed out; those above were never touched */
	uint16_t kind; /* enum base_page_kind */
	uint16_t size_index; /* span */
};

struct base_size {
	struct base_list spans; /* with free objects; an empty one that is kept stands last */
	struct base_page
		*kept; /* one empty span, so that a single object does not take and give pages */
	uint64_t inverse; /* 2^40 / bytes, rounded up */
	uint32_t bytes; /* of an object */
	uint32_t pages; /* of a span */
	uint32_t objects; /* of a span */
};

struct base_owner {
	size_t used;
	size_t limit; /* SIZE_MAX = none */
	uint64_t objects;
	uint64_t failures;
};

struct base_mem {
	size_t arena_bytes;
	uint64_t secret; /* marks free objects */
	uint32_t page_len;
	uint32_t page_first; /* pages below hold this struct and the table */
	uint32_t free_pages; /* in free runs */
	uint32_t kept_pages; /* in kept empty spans */
	struct base_owner owners[BASE_MEM_CLASSES_MAX];
	struct base_size sizes[BASE_SIZES];
	struct base_list bins[BASE_RUN_BINS];
	uint64_t bins_used[BASE_RUN_WORDS]; /* bit set = bin not empty */
	struct base_page pages[];
};

static inline char *base_page_address(struct base_mem *mem, const struct base_page *page)
{
	return (char *)mem + ((size_t)(page - mem->pages) << BASE_PAGE_SHIFT);
}

/* Makes all pages from page_first on one free run. */
void base_run_init(struct base_mem *mem);

/*
 * Takes `pages` pages (> 0) in one run and returns the first, of kind LARGE; NULL when no free run
 * is long enough. `high` takes them from the upper end of the free run, so that large objects,
 * which come and go, lie apart from spans, which stay.
 */
struct base_page *base_run_take(struct base_mem *mem, uint32_t pages, bool high);

/* Gives a run back and joins it with free neighbours; no page of it may be marked SPAN any more. */
void base_run_give(struct base_mem *mem, struct base_page *first);

#endif
