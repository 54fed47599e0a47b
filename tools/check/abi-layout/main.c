/*
 * Prints what of the region's layout both processes must agree on, one line a fact, for comparison with
 * tests/golden/abi.txt. A hole is padding (or a field that layout.def forgot).
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "abi_counter.h"
#include "abi_layout.h"
#include "abi_record.h"
#include "abi_region.h"
#include "abi_ring.h"

static size_t last_end;

static void print_hole(size_t to)
{
	if (to > last_end)
		printf("    hole %zu +%zu\n", last_end, to - last_end);
}

static void print_struct(const char *name, size_t bytes, size_t alignment)
{
	printf("struct %s %zu aligned %zu\n", name, bytes, alignment);
	last_end = 0;
}

static void print_field(const char *name, size_t offset, size_t bytes)
{
	print_hole(offset);
	printf("    %s %zu +%zu\n", name, offset, bytes);
	last_end = offset + bytes;
}

static void print_structs(void)
{
#define ABI_STRUCT(type) print_struct(#type, sizeof(struct type), _Alignof(struct type));
#define ABI_FIELD(type, field)                                                                     \
	print_field(#field, offsetof(struct type, field), sizeof(((struct type *)NULL)->field));
#define ABI_END(type) print_hole(sizeof(struct type));
#define ABI_CONSTANT(name)
#include "layout.def"
#undef ABI_STRUCT
#undef ABI_FIELD
#undef ABI_END
#undef ABI_CONSTANT
}

static void print_constants(void)
{
#define ABI_STRUCT(type)
#define ABI_FIELD(type, field)
#define ABI_END(type)
#define ABI_CONSTANT(name) printf("constant " #name " %lld\n", (long long)(name));
#include "layout.def"
}

static void print_lists(void)
{
#define ABI_RECORD(name, number, body, help)                                                       \
	printf("record " #name " %d " #body " %zu\n", (int)ABI_##name, sizeof(struct body));
#include "abi_record.def"
#undef ABI_RECORD
#define ABI_COUNTER(name, metric, kind, help)                                                      \
	printf("counter " #name " %d " #kind "\n", (int)ABI_COUNTER_##name);
#include "abi_counter.def"
#undef ABI_COUNTER
#define ABI_SHUTDOWN(name, text, v5, help)                                                         \
	printf("shutdown " #name " %d\n", (int)ABI_SHUTDOWN_##name);
#include "abi_shutdown.def"
#undef ABI_SHUTDOWN
}

/* Where the parts of a file lie, for parameters that are not round. */
static void print_file(void)
{
	const struct abi_region_params params = {.workers = 3, .ring_bytes = 65536};
	const struct abi_identity id = abi_layout_identity(&params);

	printf("file of 3 workers with rings of 65536: %llu bytes, workers at %llu + k * %llu, "
	       "rings at %llu and %llu\n",
		(unsigned long long)id.total_bytes, (unsigned long long)id.worker_offset,
		(unsigned long long)id.worker_stride, (unsigned long long)id.to_control_offset,
		(unsigned long long)id.to_worker_offset);
}

int main(void)
{
	printf("version %d\n", ABI_VERSION);
	print_structs();
	print_constants();
	print_lists();
	print_file();
	return fflush(stdout) == 0 ? 0 : 1;
}
