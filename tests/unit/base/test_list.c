#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base_list.h"

struct item {
	int number;
	struct base_list link;
};

/* The list holds the items with these numbers, in this order, and its backward links agree. */
static void expect(const struct base_list *head, const int *numbers, size_t len)
{
	const struct base_list *it = head;

	for (size_t i = 0; i < len; i++) {
		assert_ptr_equal(it->next->prev, it);
		it = it->next;
		assert_ptr_not_equal(it, head);
		assert_int_equal(((const struct item *)(const void *)((const char *)it -
								      offsetof(struct item, link)))
					 ->number,
			numbers[i]);
	}
	assert_ptr_equal(it->next, head);
	assert_ptr_equal(head->prev, it);
	assert_int_equal(base_list_is_empty(head), len == 0);
}

#define EXPECT(head, ...)                                                                          \
	expect(head, (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

static void order_is_kept(void **state)
{
	struct item items[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};
	struct base_list head;

	(void)state;
	base_list_init(&head);
	expect(&head, NULL, 0);
	base_list_push_back(&head, &items[1].link);
	base_list_push_back(&head, &items[3].link);
	base_list_push_front(&head, &items[0].link);
	base_list_insert_before(&items[3].link, &items[2].link);
	EXPECT(&head, 0, 1, 2, 3);
	assert_true(base_list_is_linked(&items[1].link));
	base_list_remove(&items[1].link);
	assert_false(base_list_is_linked(&items[1].link));
	EXPECT(&head, 0, 2, 3);
	base_list_remove(&items[1].link); /* does no harm */
	base_list_remove(&items[0].link);
	base_list_remove(&items[3].link);
	EXPECT(&head, 2);
	base_list_remove(&items[2].link);
	expect(&head, NULL, 0);
}

static void loops_see_all(void **state)
{
	struct item items[5];
	struct base_list head;
	struct base_list *it;
	struct base_list *next;
	int sum = 0;

	(void)state;
	base_list_init(&head);
	for (int i = 0; i < 5; i++) {
		items[i].number = i;
		base_list_push_back(&head, &items[i].link);
	}
	BASE_LIST_FOREACH (it, &head)
		sum = sum * 10 + BASE_CONTAINER_OF(it, struct item, link)->number;
	assert_int_equal(sum, 1234);
	BASE_LIST_FOREACH_SAFE (it, next, &head) {
		if (BASE_CONTAINER_OF(it, struct item, link)->number % 2 == 0)
			base_list_remove(it);
	}
	EXPECT(&head, 1, 3);
}

static void splice_moves_all(void **state)
{
	struct item items[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};
	struct base_list to;
	struct base_list from;

	(void)state;
	base_list_init(&to);
	base_list_init(&from);
	base_list_splice_back(&to, &from);
	expect(&to, NULL, 0);
	base_list_push_back(&from, &items[0].link);
	base_list_push_back(&from, &items[1].link);
	base_list_splice_back(&to, &from);
	EXPECT(&to, 0, 1);
	expect(&from, NULL, 0);
	base_list_push_back(&from, &items[2].link);
	base_list_push_back(&from, &items[3].link);
	base_list_splice_back(&to, &from);
	EXPECT(&to, 0, 1, 2, 3);
	expect(&from, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_kept),
		cmocka_unit_test(loops_see_all),
		cmocka_unit_test(splice_moves_all),
	};

	return cmocka_run_group_tests_name("base_list", tests, NULL, NULL);
}
