#include "fake_user.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base_time.h"

struct stack *fake_stack;
struct base_mem *fake_mem;
uint64_t fake_now_ms;
struct fake_user *fake_users;
unsigned fake_accepted;
void (*fake_on_accepted)(struct fake_user *user);
bool fake_refuse;

enum { ARENA_ALIGNMENT = 65536 };

static void *map;
static size_t map_bytes;
static unsigned users_limit, tick_ms;

static void *accepted(void *context, struct stack_flow *flow, uint32_t listener_id,
	const struct stack_addr *peer, const struct stack_addr *local)
{
	struct fake_user *user = &fake_users[fake_accepted];

	assert_ptr_equal(context, &users_limit);
	assert_int_equal(listener_id, 9);
	assert_int_equal(local->port, FAKE_LISTEN_PORT);
	assert_int_equal(local->family, peer->family);
	if (fake_refuse)
		return NULL;
	assert_in_range(fake_accepted, 0, users_limit - 1);
	fake_accepted++;
	user->flow = flow;
	user->take_max = SIZE_MAX;
	if (fake_on_accepted != NULL)
		fake_on_accepted(user);
	return user;
}

static size_t received(void *context, const uint8_t *data, size_t bytes)
{
	struct fake_user *user = context;
	size_t take = bytes < user->take_max ? bytes : user->take_max;

	assert_int_equal(user->closed, 0);
	assert_true(bytes > 0);
	assert_true(user->data_bytes + take <= FAKE_DATA_SIZE);
	user->received_calls++;
	if (user->data == NULL)
		user->data = malloc(FAKE_DATA_SIZE);
	assert_non_null(user->data);
	memcpy(user->data + user->data_bytes, data, take);
	user->data_bytes += take;
	if (user->on_received != NULL)
		user->on_received(user);
	return take;
}

static void ended(void *context)
{
	struct fake_user *user = context;

	user->ended++;
	if (user->on_ended != NULL)
		user->on_ended(user);
}

static void writable(void *context)
{
	struct fake_user *user = context;

	user->writable++;
	if (user->on_writable != NULL)
		user->on_writable(user);
}

static void closed(void *context, enum stack_close reason)
{
	struct fake_user *user = context;

	user->closed++;
	user->reason = reason;
	if (user->on_closed != NULL)
		user->on_closed(user);
}

static const struct stack_handler handler = {accepted, received, ended, writable, closed};

void fake_start(struct stack_config *config, size_t arena_bytes, unsigned users_max)
{
	char error[STACK_ERROR_SIZE];
	struct stack_addr any = {.port = FAKE_LISTEN_PORT};

	fake_link_reset();
	map_bytes = arena_bytes + ARENA_ALIGNMENT;
	map = mmap(NULL, map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	fake_mem =
		base_mem_init((char *)map + (-(uintptr_t)map & (ARENA_ALIGNMENT - 1)), arena_bytes);
	config->mem = fake_mem;
	config->mem_class_flow = FAKE_CLASS_FLOW;
	config->mem_class_packet = FAKE_CLASS_PACKET;
	config->handler = &handler;
	config->context = &users_limit;
	assert_int_equal(
		stack_addr_parse_prefix(&config->ipv4, &config->prefix4_bits, "198.18.0.2/24"), 0);
	assert_int_equal(stack_addr_parse(&config->gateway4, "198.18.0.1"), 0);
	assert_int_equal(
		stack_addr_parse_prefix(&config->ipv6, &config->prefix6_bits, "fd5c:1ce::2/64"), 0);
	assert_int_equal(stack_addr_parse(&config->gateway6, "fd5c:1ce::1"), 0);
	users_limit = users_max;
	fake_users = calloc(users_max, sizeof(*fake_users));
	assert_non_null(fake_users);
	fake_accepted = 0;
	fake_on_accepted = NULL;
	fake_refuse = false;
	tick_ms = config->tick_ms;
	fake_stack = stack_new(config, error);
	assert_non_null(fake_stack);
	assert_int_equal(stack_listen(fake_stack, &any, 9), 0);
	fake_now_ms = base_time_ms();
	stack_poll_timers(fake_stack, fake_now_ms);
}

void fake_end(void)
{
	stack_free(fake_stack);
	fake_stack = NULL;
	assert_int_equal(base_mem_objects(fake_mem, FAKE_CLASS_FLOW), 0);
	assert_int_equal(base_mem_objects(fake_mem, FAKE_CLASS_PACKET), 0);
	base_mem_fini(fake_mem);
	munmap(map, map_bytes);
	for (unsigned i = 0; i < users_limit; i++)
		free(fake_users[i].data);
	free(fake_users);
	fake_users = NULL;
}

void fake_wait(unsigned ms)
{
	for (unsigned i = 0; i < ms; i += tick_ms) {
		fake_now_ms += tick_ms;
		stack_poll_timers(fake_stack, fake_now_ms);
	}
}

int fake_setup(void **state)
{
	struct stack_config config = {
		.tick_ms = 10,
		.msl_ms = 5000,
		.user_timeout_ms = 20000,
		.max_connections = 8,
		.max_half_open = 4,
	};

	(void)state;
	fake_start(&config, 16 << 20, 16);
	return 0;
}

int fake_teardown(void **state)
{
	(void)state;
	fake_end();
	return 0;
}
