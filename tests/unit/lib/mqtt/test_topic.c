/* Topic names and filters: the standard's examples (§4.7, §4.8) and the edges. */
#include "mqtt/topic.h"

#include <check.h>
#include <stdlib.h>

static bool matches(const char *filter, const char *name)
{
	ck_assert_msg(topic_filter_valid(span_str(filter)), "%s", filter);
	ck_assert_msg(topic_name_valid(span_str(name)), "%s", name);
	return topic_matches(span_str(filter), span_str(name));
}

static bool covers(const char *outer, const char *inner)
{
	ck_assert_msg(topic_filter_valid(span_str(outer)), "%s", outer);
	ck_assert_msg(topic_filter_valid(span_str(inner)), "%s", inner);
	return topic_filter_covers(span_str(outer), span_str(inner));
}

START_TEST(names)
{
	static const char *const good[] = {"a", "/", "//", "/finance", "ACCOUNTS", "Accounts payable",
					   "sport/tennis/player1", "$SYS/monitor/Clients", "\U0002A6D4/x",
					   "a topic of some length/that ends in/\u00e5\u00e4\u00f6"};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		ck_assert_msg(topic_name_valid(span_str(good[i])), "%s", good[i]);
		ck_assert_msg(topic_filter_valid(span_str(good[i])), "%s", good[i]);
	}
	ck_assert(!topic_name_valid(span_str(""))); /* MQTT-4.7.3-1 */
	ck_assert(!topic_name_valid((struct span){NULL, 0}));
}
END_TEST

/* MQTT-3.3.2-2, MQTT-4.7.3-2: at each place, on both sides of the fast path. */
START_TEST(names_hold_no_wildcard_nul_or_bad_utf8)
{
	static const char forbidden[] = {'+', '#', '\0', '\x80', '\xff'};
	for (size_t len = 1; len <= 33; len++)
		for (size_t at = 0; at < len; at++)
			for (size_t i = 0; i < sizeof forbidden; i++) {
				char *name = malloc(len); /* exact, so that ASan sees over-reads */
				memset(name, 'n', len);
				ck_assert(topic_name_valid(span_of(name, len)));
				name[at] = forbidden[i];
				ck_assert(!topic_name_valid(span_of(name, len)));
				free(name);
			}
	for (size_t len = 1; len <= 33; len++) { /* a sequence cut off at the end */
		char name[34];
		memset(name, 'n', sizeof name);
		name[len - 1] = '\xc3';
		name[len] = '\xa5';
		ck_assert(!topic_name_valid(span_of(name, len)));
		ck_assert(topic_name_valid(span_of(name, len + 1)));
	}
}
END_TEST

START_TEST(lengths_end_at_65535)
{
	char *long_one = malloc(65536);
	memset(long_one, 'x', 65536);
	ck_assert(topic_name_valid(span_of(long_one, 65535)));
	ck_assert(topic_filter_valid(span_of(long_one, 65535)));
	ck_assert(!topic_name_valid(span_of(long_one, 65536)));
	ck_assert(!topic_filter_valid(span_of(long_one, 65536)));
	memcpy(long_one, "$share/g/", 9);
	ck_assert(topic_filter_valid(span_of(long_one, 65535)));
	ck_assert(!topic_filter_valid(span_of(long_one, 65536)));
	free(long_one);
}
END_TEST

START_TEST(filters)
{
	static const char *const good[] = {"#", "+", "sport/#", "sport/tennis/#", "sport/+/player1", "+/tennis/#",
					   "/+", "+/+", "$SYS/#", "+/", "//#", "/+/", "$share/group/a/#",
					   "$share/g/+", "$share/g//", "$share", "$shared/#", "$share/g/$SYS/#"};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		ck_assert_msg(topic_filter_valid(span_str(good[i])), "%s", good[i]);
	static const char *const bad[] = {"", "sport/tennis#", "sport/tennis/#/ranking", "sport+", "#/", "##", "+#",
					  "a/+b", "a/b+/c", "++", "#a", "a/#b", "/#/", "a\xff", "$share/",
					  "$share/g", "$share/g/", "$share//a", "$share/g+/a", "$share/#/a",
					  "$share/+/a", "$share/g/a#", "$share/\xff/a"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!topic_filter_valid(span_str(bad[i])), "%s", bad[i]);
	ck_assert(!topic_filter_valid(span_of("a\0b", 3)));
}
END_TEST

START_TEST(matching_examples_of_the_standard)
{
	/* §4.7.1.2 */
	ck_assert(matches("sport/tennis/player1/#", "sport/tennis/player1"));
	ck_assert(matches("sport/tennis/player1/#", "sport/tennis/player1/ranking"));
	ck_assert(matches("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"));
	ck_assert(matches("sport/#", "sport"));
	ck_assert(!matches("sport/#", "sports"));
	ck_assert(matches("#", "any/topic"));
	/* §4.7.1.3 */
	ck_assert(matches("sport/tennis/+", "sport/tennis/player1"));
	ck_assert(!matches("sport/tennis/+", "sport/tennis/player1/ranking"));
	ck_assert(!matches("sport/+", "sport"));
	ck_assert(matches("sport/+", "sport/"));
	ck_assert(matches("+/+", "/finance"));
	ck_assert(matches("/+", "/finance"));
	ck_assert(!matches("+", "/finance"));
	/* §4.7.2, MQTT-4.7.2-1 */
	ck_assert(!matches("#", "$SYS/x"));
	ck_assert(!matches("+/monitor/Clients", "$SYS/monitor/Clients"));
	ck_assert(matches("$SYS/#", "$SYS/x"));
	ck_assert(matches("$SYS/monitor/+", "$SYS/monitor/Clients"));
	ck_assert(matches("a/#", "a/$SYS"));
	/* §4.7.3 */
	ck_assert(!matches("ACCOUNTS", "Accounts"));
	ck_assert(matches("Accounts payable", "Accounts payable"));
	ck_assert(!matches("/finance", "finance"));
}
END_TEST

START_TEST(matching_at_the_edges)
{
	ck_assert(matches("+/#", "a"));
	ck_assert(matches("+/#", "a/b/c"));
	ck_assert(matches("a/+/#", "a/b"));
	ck_assert(!matches("a/+/#", "a"));
	ck_assert(matches("a//b", "a//b"));
	ck_assert(matches("a/+/b", "a//b"));
	ck_assert(!matches("a/b", "a/bc"));
	ck_assert(!matches("a/bc", "a/b"));
	ck_assert(!matches("a/+", "a/b/"));
	ck_assert(matches("a/#", "a/"));
	ck_assert(!matches("a/b/#", "a"));
	ck_assert(!topic_matches(span_str(""), span_str("a")));
	ck_assert(topic_has_wildcard(span_str("a/+")) && topic_has_wildcard(span_str("#")));
	ck_assert(!topic_has_wildcard(span_str("a/b")) && !topic_has_wildcard((struct span){NULL, 0}));
	ck_assert(!topic_matches(span_str("#"), span_str("")));
}
END_TEST

START_TEST(covering)
{
	ck_assert(covers("#", "#"));
	ck_assert(covers("#", "a/b"));
	ck_assert(covers("#", "+/+"));
	ck_assert(covers("+/#", "#"));
	ck_assert(covers("/+/#", "/#"));
	ck_assert(covers("+/+/#", "/#"));
	ck_assert(covers("a/#", "a"));
	ck_assert(covers("a/#", "a/#"));
	ck_assert(covers("a/#", "a/+/b/#"));
	ck_assert(covers("a/+", "a/b"));
	ck_assert(covers("a/+", "a/+"));
	ck_assert(covers("+/b", "a/b"));
	ck_assert(covers("tomte/lamp/set/#", "tomte/lamp/set/+"));
	ck_assert(covers("$SYS/#", "$SYS/+/x"));

	ck_assert(!covers("a/#", "#"));
	ck_assert(!covers("a/+/#", "a/#"));
	ck_assert(!covers("+", "#"));
	ck_assert(!covers("+/+", "+/#"));
	ck_assert(!covers("a/b", "a/+"));
	ck_assert(!covers("a/+", "a"));
	ck_assert(!covers("a/+", "a/b/c"));
	ck_assert(!covers("a/b/c", "a/b"));
	ck_assert(!covers("a", "b"));
	ck_assert(!covers("#", "$SYS/x"));
	ck_assert(!covers("+/x", "$SYS/x"));
	ck_assert(!covers("tomte/lamp/#", "tomte/+/set"));
	ck_assert(!covers("tomte/lamp/#", "tomte/lamp2/set"));
	ck_assert(!topic_filter_covers(span_str(""), span_str("a")));
	ck_assert(!topic_filter_covers(span_str("a"), span_str("")));
}
END_TEST

START_TEST(shared_filters_split)
{
	struct span name, filter;
	ck_assert(topic_split_shared(span_str("$share/consumer1/sport/tennis/+"), &name, &filter));
	ck_assert(span_is(name, "consumer1"));
	ck_assert(span_is(filter, "sport/tennis/+"));
	ck_assert(topic_split_shared(span_str("$share/g//finance"), &name, &filter));
	ck_assert(span_is(filter, "/finance"));
	ck_assert(!topic_split_shared(span_str("$share"), &name, &filter));
	ck_assert(!topic_split_shared(span_str("$share/"), &name, &filter));
	ck_assert(!topic_split_shared(span_str("$share/g"), &name, &filter));
	ck_assert(!topic_split_shared(span_str("$share//a"), &name, &filter));
	ck_assert(!topic_split_shared(span_str("share/g/a"), &name, &filter));
}
END_TEST

START_TEST(levels)
{
	static const char *const wanted[] = {"", "a", "", "b", ""};
	struct span rest = span_str("/a//b/"), level;
	bool done = false;
	size_t count = 0;
	while (topic_next_level(&rest, &done, &level)) {
		ck_assert_uint_lt(count, 5);
		ck_assert(span_is(level, wanted[count++]));
	}
	ck_assert_uint_eq(count, 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mqtt/topic");
	TCase *tcase = tcase_create("topic");
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, names_hold_no_wildcard_nul_or_bad_utf8);
	tcase_add_test(tcase, lengths_end_at_65535);
	tcase_add_test(tcase, filters);
	tcase_add_test(tcase, matching_examples_of_the_standard);
	tcase_add_test(tcase, matching_at_the_edges);
	tcase_add_test(tcase, covering);
	tcase_add_test(tcase, shared_filters_split);
	tcase_add_test(tcase, levels);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
