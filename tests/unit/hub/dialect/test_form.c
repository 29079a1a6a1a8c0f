/* Ids made of names that others chose, and a description under construction. */
#include <string.h>

#include "base/str.h"
#include "dialect/dialect_private.h"
#include "support/suite.h"

static const char *id_of(const char *native)
{
	static char id[2][MODEL_ID_SIZE];
	static int turn;
	turn = !turn;
	form_id(id[turn], native);
	ck_assert_msg(str_id_valid(span_str(id[turn]), MODEL_ID_MAX), "%s: %s", native, id[turn]);
	return id[turn];
}

START_TEST(ids)
{
	ck_assert_str_eq(id_of("0x00158d0001"), "0x00158d0001");
	ck_assert_str_eq(id_of("Living room lamp"), "Living_room_lamp");
	ck_assert_str_eq(id_of("12345678901234567890123456789012"), "12345678901234567890123456789012");
	ck_assert_str_ne(id_of("kitchen/lamp"), id_of("kitchen_lamp"));
	ck_assert_str_ne(id_of("küche"), id_of("k__che"));
	ck_assert_str_ne(id_of("the same long beginning of a name, one"), id_of("the same long beginning of a name, two"));
	ck_assert_int_eq(strncmp(id_of("the same long beginning of a name, one"), "the_same_long_beginning", 23), 0);
	ck_assert_str_ne(id_of("灯"), id_of("窗"));
	ck_assert(id_of("")[0]);
}
END_TEST

START_TEST(forms)
{
	struct form f;
	form_init(&f, "Plug", "ACME", NULL, "");
	json_t *c = form_component(&f, "relay 1", "switch", NULL);
	form_set(&f, c, "state_topic", json_string("a/b"));
	form_setf(&f, c, "command_topic", "a/%d", 7);
	form_availability(&f, "a/lwt", "Online", "Offline", NULL);
	form_availability_mode(&f, "all");
	form_ask(&f, "a/get", "");
	form_leave(&f, "bridge/remove", "a");
	json_t *root;
	ck_assert_int_eq(form_finish(&f, &root), 0);
	char *text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
	ck_assert_str_eq(text, "{\"asks\":[{\"payload\":\"\",\"topic\":\"a/get\"}],"
			       "\"availability\":[{\"payload_available\":\"Online\",\"payload_not_available\":\"Offline\",\"topic\":\"a/lwt\"}],"
			       "\"availability_mode\":\"all\","
			       "\"components\":{\"relay_1\":{\"command_topic\":\"a/7\",\"name\":null,\"platform\":\"switch\",\"state_topic\":\"a/b\"}},"
			       "\"device\":{\"manufacturer\":\"ACME\",\"name\":\"Plug\"},"
			       "\"leave\":{\"payload\":\"a\",\"topic\":\"bridge/remove\"}}");
	free(text);
	json_decref(root);
}
END_TEST

START_TEST(a_form_that_failed_gives_nothing)
{
	struct form f;
	json_t *root;
	form_init(&f, "Plug", NULL, NULL, NULL);
	form_set(&f, f.root, "bad", json_string("\xff"));
	form_set(&f, form_component(&f, "a", "sensor", NULL), "state_topic", json_string("a"));
	form_ask(&f, "a", "b");
	form_availability(&f, "a", "b", "c", NULL);
	ck_assert_int_ne(form_finish(&f, &root), 0);
	ck_assert_ptr_null(root);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {ids, forms, a_form_that_failed_gives_nothing};
	return suite_run("form", tests, sizeof tests / sizeof *tests);
}
