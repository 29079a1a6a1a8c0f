/* The topics of our own devices: written and taken apart. */
#include "model/topics.h"

#include <check.h>

#include "base/err.h"
#include "support/suite.h"

START_TEST(writes_topics)
{
	char topic[MODEL_TOPIC_SIZE];
	ck_assert_int_eq(topic_format(topic, TOPIC_STATUS, "pi", NULL), 0);
	ck_assert_str_eq(topic, "tomte/pi/status");
	ck_assert_int_eq(topic_format(topic, TOPIC_SET, "pi", "lamp_1"), 0);
	ck_assert_str_eq(topic, "tomte/pi/set/lamp_1");
	ck_assert_int_eq(topic_format_discovery(topic, "pi"), 0);
	ck_assert_str_eq(topic, "homeassistant/device/pi/config");
	ck_assert_int_eq(topic_format(topic, TOPIC_SET, "pi", "a/b"), ERR_INVALID);
	ck_assert_int_eq(topic_format(topic, TOPIC_TELE, "+", "a"), ERR_INVALID);
	ck_assert_int_eq(topic_format_discovery(topic, ""), ERR_INVALID);
}
END_TEST

START_TEST(takes_topics_apart)
{
	struct topic_parts parts;
	ck_assert_int_eq(topic_parse(span_str("tomte/pi/tele/cpu"), &parts), 0);
	ck_assert(span_is(parts.device, "pi") && span_is(parts.entity, "cpu"));
	ck_assert_int_eq(parts.kind, TOPIC_TELE);
	ck_assert_int_eq(topic_parse(span_str("tomte/pi/status"), &parts), 0);
	ck_assert_int_eq(parts.kind, TOPIC_STATUS);

	static const char *const foreign[] = {"", "tomte", "tomte/", "tomte/pi", "tomte/pi/status/", "tomte//status",
					      "tomte/pi/tele", "tomte/pi/tele/", "tomte/pi/tele/a/b", "tomte/pi/x/a",
					      "Tomte/pi/status", "tomte/p i/status", "/tomte/pi/status",
					      "tomte/aaaaaaaaaabbbbbbbbbbccccccccccdddd/status"};
	for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
		ck_assert_msg(topic_parse(span_str(foreign[i]), &parts) == ERR_NOT_FOUND, "%s", foreign[i]);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {writes_topics, takes_topics_apart};
	return suite_run("model/topics", tests, sizeof tests / sizeof tests[0]);
}
