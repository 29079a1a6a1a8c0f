/* Which entities go on as which when one device takes the place of another. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "device/heirs.h"
#include "device/device.h"
#include "support/suite.h"

/* id, name, component, class, unit */
#define ONE(i, n, c, d, u) \
	{.id = (i), .name = (n), .described = true, .component = (c), .device_class = (d), .unit = (u), .kind = SERIES_GAUGE}
#define SERIES(i, d, u) {.id = (i), .device_class = (d), .unit = (u), .kind = SERIES_GAUGE}
#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static void expect(struct heir *old, size_t old_count, struct heir *fresh, size_t fresh_count, const char *want)
{
	char got[256] = "";
	size_t len = 0;
	heirs_match(old, old_count, fresh, fresh_count);
	for (size_t i = 0; i < old_count; i++) {
		len += (size_t)snprintf(got + len, sizeof got - len, "%s=%s ", old[i].id, old[i].match < 0 ? "-" : fresh[old[i].match].id);
		if (old[i].match >= 0)
			ck_assert_int_eq(fresh[old[i].match].match, (int)i);
	}
	ck_assert_str_eq(got, want);
}

START_TEST(the_same_id_is_the_surest)
{
	struct heir old[] = {ONE("t", "Temperature", COMPONENT_SENSOR, "temperature", "°C"), ONE("x", "X", COMPONENT_SWITCH, "", "")};
	struct heir fresh[] = {ONE("t2", "Temperature", COMPONENT_SENSOR, "temperature", "°C"), ONE("t", "Other", COMPONENT_SENSOR, "temperature", "°F"),
			       ONE("x", "X", COMPONENT_SENSOR, "", "")};
	expect(old, COUNT(old), fresh, COUNT(fresh), "t=t x=- "); /* a switch is no sensor */
}
END_TEST

START_TEST(names_tell_equals_apart)
{
	struct heir old[] = {ONE("a_l", "Left", COMPONENT_SWITCH, "", ""), ONE("a_r", "Right", COMPONENT_SWITCH, "", "")};
	struct heir fresh[] = {ONE("b_r", "RIGHT", COMPONENT_SWITCH, "", ""), ONE("b_l", "left", COMPONENT_SWITCH, "", "")};
	expect(old, COUNT(old), fresh, COUNT(fresh), "a_l=b_l a_r=b_r ");
}
END_TEST

START_TEST(what_is_left_once_is_the_same)
{
	struct heir old[] = {ONE("a_t", "Temp", COMPONENT_SENSOR, "temperature", "°C"), ONE("a_lamp", "Lamp", COMPONENT_LIGHT, "", ""),
			     ONE("a_n", "Count", COMPONENT_SENSOR, "", ""), ONE("a_1", "Gang 1", COMPONENT_SWITCH, "", "")};
	struct heir fresh[] = {ONE("b_t", "Temperature", COMPONENT_SENSOR, "temperature", "°C"), ONE("b_lamp", "Bulb", COMPONENT_LIGHT, "", ""),
			       ONE("b_m", "Errors", COMPONENT_SENSOR, "", ""), ONE("b_1", "One", COMPONENT_SWITCH, "", ""),
			       ONE("b_2", "Two", COMPONENT_SWITCH, "", "")};
	/* two bare numbers may be anything; one of two switches is a guess */
	expect(old, COUNT(old), fresh, COUNT(fresh), "a_t=b_t a_lamp=b_lamp a_n=- a_1=- ");
}
END_TEST

START_TEST(a_series_finds_what_measures_the_same)
{
	struct heir old[] = {SERIES("a_t", "temperature", "°C"), SERIES("a_p", "power", "W"), SERIES("n", "", "")};
	struct heir fresh[] = {ONE("b_t", "Temperature", COMPONENT_SENSOR, "temperature", "°C"), ONE("b_p1", "Power 1", COMPONENT_SENSOR, "power", "W"),
			       ONE("b_p2", "Power 2", COMPONENT_SENSOR, "power", "W"), ONE("n", "N", COMPONENT_SENSOR, "", "")};
	expect(old, COUNT(old), fresh, COUNT(fresh), "a_t=b_t a_p=- n=n ");
	fresh[0].kind = SERIES_TEXT; /* words are no numbers */
	expect(old, COUNT(old), fresh, COUNT(fresh), "a_t=- a_p=- n=n ");
	expect(old, COUNT(old), NULL, 0, "a_t=- a_p=- n=- ");
}
END_TEST

/* What is described, under which names; the aliases as "described>entity". */
static void expect_names(const struct device_alias *aliases, size_t count, const char *described, const char *want)
{
	struct outsider o = {.aliases = (struct device_alias *)(uintptr_t)aliases, .alias_count = count};
	struct entity entities[4];
	struct description d = {.entities = entities};
	char got[16] = "";
	memset(entities, 0, sizeof entities);
	for (const char *c = described; *c; c++)
		entities[d.entity_count++].id[0] = *c;
	outsider_rename(&o, &d);
	for (size_t i = 0; i < d.entity_count; i++)
		strcat(got, entities[i].id);
	ck_assert_str_eq(got, want);
}

START_TEST(no_two_get_one_name)
{
	static const struct device_alias one[] = {{"a", "b"}}, swap[] = {{"a", "b"}, {"b", "a"}}, chain[] = {{"a", "b"}, {"b", "c"}};
	expect_names(one, 1, "ax", "bx");
	expect_names(one, 1, "ab", "ba");
	expect_names(swap, 2, "ab", "ba");
	expect_names(chain, 2, "abc", "bca");
	expect_names(chain, 2, "cba", "acb");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_same_id_is_the_surest,
		names_tell_equals_apart,
		what_is_left_once_is_the_same,
		a_series_finds_what_measures_the_same,
		no_two_get_one_name,
	};
	return suite_run("device/heirs", tests, sizeof tests / sizeof *tests);
}
