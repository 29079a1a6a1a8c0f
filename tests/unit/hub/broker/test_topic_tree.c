/* The tree against a list of topics: whatever order topics with common fronts come and go in, each is found, nothing
 * else is, nodes stay where they are, and nothing is left behind. */
#include "broker/topic_tree.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/suite.h"

/* Each parts from others at another place: within the first level, behind it, at the end, at empty levels, at wildcards. */
static const char *const topics[] = {"a/b/c/d", "a/b", "a/b/c/e/f", "a/bb/c", "a/b/+/d/x", "a/b/#", "a//c"};
enum { TOPICS = sizeof topics / sizeof *topics };

static struct topic_tree tree;
static struct topic_node *nodes[TOPICS]; /* NULL: not there */

/* Check's own assertions cost a system call each, and here are millions. */
static void expect(bool truth, const char *topic)
{
	if (!truth)
		ck_abort_msg("%s", topic);
}

static void verify(void)
{
	static uint8_t text[65536];
	for (int i = 0; i < TOPICS; i++) {
		struct topic_node *node = topic_tree_find(&tree, span_str(topics[i]));
		expect((node && node->value) == (nodes[i] != NULL), topics[i]);
		if (!nodes[i])
			continue;
		expect(node == nodes[i], topics[i]); /* splitting moves none */
		expect(node->value == topics[i], topics[i]);
		expect(topic_node_at(&tree, topic_node_number(node)) == node, topics[i]);
		size_t len = topic_tree_path(&tree, node, text, sizeof text);
		expect(span_is(span_of(text, len), topics[i]), topics[i]);
	}
	static const char *const others[] = {"a", "a/b/c", "a/b/c/e", "b", "a/", "a/b/c/d/", "/a", "a/b/+", "", "a/b/c/d/e", "a/bb"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		const struct topic_node *node = topic_tree_find(&tree, span_str(others[i]));
		expect(!node || !node->value, others[i]);
	}
}

static void add(int i)
{
	nodes[i] = topic_tree_add(&tree, span_str(topics[i]));
	expect(nodes[i] != NULL, topics[i]);
	nodes[i]->value = (void *)(uintptr_t)topics[i];
}

static void take(int i)
{
	nodes[i]->value = NULL;
	topic_tree_prune(&tree, nodes[i]);
	nodes[i] = NULL;
}

/* The n-th order of all. */
static void order_of(unsigned n, int order[TOPICS])
{
	int left[TOPICS];
	for (int i = 0; i < TOPICS; i++)
		left[i] = i;
	for (int i = 0; i < TOPICS; i++) {
		unsigned choice = n % (unsigned)(TOPICS - i);
		n /= (unsigned)(TOPICS - i);
		order[i] = left[choice];
		memmove(&left[choice], &left[choice + 1], ((size_t)(TOPICS - i) - choice - 1) * sizeof *left);
	}
}

START_TEST(all_orders_of_coming_and_going)
{
	enum { ORDERS = 5040 };
	ck_assert_int_eq(topic_tree_init(&tree, 0), 0);
	for (unsigned n = 0; n < ORDERS; n++) {
		int coming[TOPICS], going[TOPICS];
		order_of(n, coming);
		order_of(n * 2003 % ORDERS, going); /* prime to it: all of these, too */
		for (int i = 0; i < TOPICS; i++) {
			add(coming[i]);
			expect(topic_tree_begins(&tree, span_str("a")), "a");
			verify();
		}
		for (int i = 0; i < TOPICS; i++) {
			take(going[i]);
			verify();
		}
		expect(!topic_tree_begins(&tree, span_str("a")), "a");
		ck_assert_uint_eq(tree.count, 0);
		ck_assert_uint_eq(tree.root->children, 0);
		ck_assert(!tree.root->has_plus && !tree.root->has_pound);
	}
	topic_tree_finish(&tree, NULL);
}
END_TEST

START_TEST(literal_tails_take_one_node)
{
	ck_assert_int_eq(topic_tree_init(&tree, 0), 0);
	const struct topic_node *node = topic_tree_add(&tree, span_str("home/r001/00001/state"));
	ck_assert_uint_eq(tree.count, 1);
	ck_assert_uint_eq(node->levels, 4);
	ck_assert_ptr_eq(topic_tree_add(&tree, span_str("home/r001/00001/state")), node);
	topic_tree_add(&tree, span_str("home/r001/00002/state"));
	ck_assert_uint_eq(tree.count, 3);
	ck_assert_uint_eq(node->levels, 2);
	topic_tree_add(&tree, span_str("x/+/y/z/#"));
	ck_assert_uint_eq(tree.count, 7);
	topic_tree_finish(&tree, NULL);
}
END_TEST

static unsigned dropped;

static void count_dropped(struct topic_node *node)
{
	ck_assert_ptr_eq(node->value, node);
	dropped++;
}

/* Enough for the table to grow, and to become small again. */
START_TEST(many_siblings_come_and_go)
{
	enum { MANY = 20000 };
	char text[64];
	ck_assert_int_eq(topic_tree_init(&tree, 8), 0);
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof text, "m/%d/state", i);
		struct topic_node *node = topic_tree_add(&tree, span_str(text));
		node->value = node;
		memcpy(node->bytes, &(uint64_t){(uint64_t)i}, 8);
	}
	ck_assert_uint_eq(tree.count, MANY + 1);
	ck_assert_uint_ge(tree.mask, MANY / 2);
	for (int i = MANY - 1; i >= 0; i--) {
		if (i % 100 == 0)
			continue;
		snprintf(text, sizeof text, "m/%d/state", i);
		struct topic_node *node = topic_tree_find(&tree, span_str(text));
		ck_assert(memcmp(node->bytes, &(uint64_t){(uint64_t)i}, 8) == 0);
		node->value = NULL;
		topic_tree_prune(&tree, node);
	}
	ck_assert_uint_eq(tree.count, MANY / 100 + 1);
	ck_assert_uint_le(tree.mask, MANY / 10);
	size_t seen = 0;
	for (size_t i = 0; i <= tree.mask; i++)
		for (const struct topic_node *n = topic_tree_bucket(&tree, i); n; n = topic_node_at(&tree, n->chain))
			seen++;
	ck_assert_uint_eq(seen, tree.count);
	dropped = 0;
	topic_tree_finish(&tree, count_dropped);
	ck_assert_uint_eq(dropped, MANY / 100);
}
END_TEST

START_TEST(the_longest_labels_are_kept)
{
	static char text[65536], path[65536];
	ck_assert_int_eq(topic_tree_init(&tree, 4), 0);
	memset(text, 'x', sizeof text - 1);
	text[60000] = '/';
	struct topic_node *node = topic_tree_add(&tree, span_str(text));
	ck_assert_ptr_eq(topic_tree_find(&tree, span_str(text)), node);
	text[60001] = 'y';
	struct topic_node *other = topic_tree_add(&tree, span_str(text));
	ck_assert_uint_eq(tree.count, 3);
	ck_assert_uint_eq(topic_tree_path(&tree, other, (uint8_t *)path, sizeof path), sizeof text - 1);
	ck_assert(memcmp(path, text, sizeof text - 1) == 0);
	topic_tree_prune(&tree, other);
	topic_tree_prune(&tree, node);
	ck_assert_uint_eq(tree.count, 0);
	topic_tree_finish(&tree, NULL);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		all_orders_of_coming_and_going,
		literal_tails_take_one_node,
		many_siblings_come_and_go,
		the_longest_labels_are_kept,
	};
	return suite_run("topic tree", tests, sizeof tests / sizeof *tests);
}
