// SPDX-License-Identifier: Apache-2.0
#include "base/list.h"
#include "base/test.h"

struct thing {
    int value;
    struct list_node link; // the test's list
};

static void list_keeps_order_and_removes_twice(void)
{
    struct list_node head;
    list_init(&head);
    struct thing things[3];
    for (int i = 0; i < 3; i++) {
        things[i].value = i;
        list_append(&head, &things[i].link);
    }
    list_remove(&things[1].link);
    list_remove(&things[1].link);
    CHECK_EQ(LIST_FIRST(&head, struct thing, link)->value, 0);
    int sum = 0;
    struct list_node *it;
    LIST_FOR_EACH(it, &head)
    {
        sum = sum * 10 + CONTAINER_OF(it, struct thing, link)->value;
    }
    CHECK_EQ(sum, 2);
    list_remove(&things[0].link);
    list_remove(&things[2].link);
    CHECK(list_is_empty(&head));
    CHECK(LIST_FIRST(&head, struct thing, link) == NULL);
}

TEST_MAIN(TEST(list_keeps_order_and_removes_twice))
