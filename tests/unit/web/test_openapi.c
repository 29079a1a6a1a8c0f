/* The description of the API and the tables that it is made of: every route is described, and nothing else is. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "model/state.h"
#include "support/suite.h"
#include "web/openapi.h"
#include "web/operation.h"
#include "web/problem.h"

START_TEST(every_route_is_described)
{
	size_t count, groups, described = 0;
	const struct route *routes = routes_all(&count);
	const struct operation_group *group = operation_groups(&groups);
	for (size_t i = 0; i < count; i++) {
		const struct operation *op = operation_of(&routes[i]);
		ck_assert_msg(op != NULL, "%s %s has no operation", routes[i].method, routes[i].path);
		ck_assert_msg(op->handle == routes[i].handle, "%s", routes[i].path);
		size_t g = 0;
		while (g < groups && strcmp(group[g].name, op->group) != 0)
			g++;
		ck_assert_msg(g < groups, "%s is in no group: %s", op->id, op->group);
		ck_assert_msg((op->body != NULL) <= ((routes[i].flags & ROUTE_JSON) != 0), "%s takes no JSON", op->id);
		ck_assert_msg(!(op->flags & OPERATION_PAGED) == !op->list, "%s", op->id);
		for (size_t k = 0; k < i; k++) {
			ck_assert_msg(strcmp(operation_of(&routes[k])->id, op->id) != 0, "%s is there twice", op->id);
			described += strcmp(routes[k].path, routes[i].path) == 0;
		}
	}
	ck_assert_uint_gt(described, 5); /* paths with several methods were looked at */
	const struct route unknown = {"GET", "/nothing", ACCESS_ANYONE, 0, 0, api_openapi, ""};
	ck_assert_ptr_nonnull(operation_of(&unknown)); /* by the handler alone */
	ck_assert_ptr_null(operation_of(NULL));
}
END_TEST

START_TEST(no_operation_is_without_a_route)
{
	static const struct operations *const tables[] = {&operations_account, &operations_devices, &operations_bundles, &operations_history,
							   &operations_hub};
	size_t count, total = 0;
	(void)routes_all(&count);
	for (size_t t = 0; t < COUNT_OF(tables); t++)
		total += tables[t]->count;
	ck_assert_uint_eq(total, count); /* each route has one, so none is left over */
}
END_TEST

/* The names between braces. */
START_TEST(paths_have_their_parameters)
{
	size_t count;
	const struct route *routes = routes_all(&count);
	for (size_t i = 0; i < count; i++) {
		const struct operation *op = operation_of(&routes[i]);
		for (const char *c = strchr(routes[i].path, '{'); c; c = strchr(c + 1, '{')) {
			char name[32];
			snprintf(name, sizeof name, "%.*s", (int)strcspn(c + 1, "}"), c + 1);
			const struct field *field = operation_parameter(op, name);
			ck_assert_msg(field && operation_in_path(&routes[i], field), "%s lacks %s", op->id, name);
		}
		for (size_t k = 0; k < op->parameter_count; k++) {
			const struct field *field = &op->parameters[k];
			ck_assert_msg(strlen(field->name) < sizeof ((struct query_pair *)0)->name, "%s", field->name);
			ck_assert_msg(operation_parameter(op, field->name) == field, "%s has %s twice", op->id, field->name);
			ck_assert_msg((field->type == FIELD_CHOICE) <= (field->of != NULL), "%s", field->name);
		}
		ck_assert_uint_le(op->parameter_count, REQUEST_QUERY_MAX);
	}
}
END_TEST

/* Looks for {"$ref":"#/components/schemas/<name>"} other than in the schema itself. */
static bool is_used(const char *text, const char *name)
{
	char ref[96];
	snprintf(ref, sizeof ref, "\"#/components/schemas/%s\"", name);
	return strstr(text, ref) != NULL;
}

static void find_refs(const json_t *root, const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;
	if (json_is_array(value)) {
		json_array_foreach((json_t *)(uintptr_t)value, i, member)
			find_refs(root, member);
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)value, key, member) {
		const char *path = strcmp(key, "$ref") == 0 ? json_string_value(member) : NULL;
		if (!path) {
			find_refs(root, member);
			continue;
		}
		const json_t *at = root;
		char copy[128], *save = NULL;
		snprintf(copy, sizeof copy, "%s", path + 2);
		for (char *step = strtok_r(copy, "/", &save); step && at; step = strtok_r(NULL, "/", &save))
			at = json_object_get(at, step);
		ck_assert_msg(at != NULL, "%s leads nowhere", path);
	}
}

START_TEST(the_document_is_whole)
{
	const struct hub_info hub = {.version = "1.2.3 \"x\""};
	struct openapi *openapi;
	ck_assert_int_eq(openapi_create(&hub, &openapi), 0);
	const char *text = buf_cstr(&openapi->plain.bytes);
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(json != NULL, "%s at %d", error.text, error.position);
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(json, "info"), "version")), "1.2.3 \"x\"");
	find_refs(json, json);
	const struct schema *schema;
	for (size_t i = 0; (schema = schema_at(i)) != NULL; i++) {
		ck_assert_msg(is_used(text, schema->name), "nothing is a %s", schema->name);
		ck_assert_msg(!schema->members != !schema->json, "%s", schema->name);
		ck_assert_ptr_eq(schema_find(schema->name), schema);
	}
	ck_assert_ptr_null(schema_find("Nothing"));
	json_decref(json);
	openapi_destroy(&openapi);
	openapi_destroy(&openapi);
}
END_TEST

static bool has_member(const char *name, const char *member)
{
	const struct schema *schema = schema_find(name);
	for (size_t i = 0; i < schema->count; i++)
		if (strcmp(schema->members[i].name, member) == 0)
			return true;
	return false;
}

START_TEST(every_property_is_known)
{
	for (enum property p = PROPERTY_STATE; p < PROPERTY_COUNT; p++)
		ck_assert_msg(has_member(p >= PROPERTY_RED && p <= PROPERTY_Y ? "Color" : "Properties", property_name(p)), "%s", property_name(p));
	ck_assert_uint_eq(schema_find("Properties")->count + schema_find("Color")->count, PROPERTY_COUNT + 1); /* "color" */
}
END_TEST

START_TEST(the_small_form_is_the_same)
{
	const struct hub_info hub = {.version = "1"};
	struct openapi *openapi;
	ck_assert_int_eq(openapi_create(&hub, &openapi), 0);
	static unsigned char text[1 << 20];
	z_stream z = {.next_in = openapi->gzip.bytes.data, .avail_in = (uInt)openapi->gzip.bytes.len, .next_out = text,
		      .avail_out = sizeof text};
	ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(z.total_out, openapi->plain.bytes.len);
	ck_assert_mem_eq(text, openapi->plain.bytes.data, z.total_out);
	inflateEnd(&z);
	ck_assert_str_ne(openapi->plain.etag, openapi->gzip.etag);
	ck_assert_uint_lt(openapi->gzip.bytes.len * 4, openapi->plain.bytes.len);
	openapi_destroy(&openapi);
}
END_TEST

START_TEST(problems_name_their_kind_and_path)
{
	size_t count;
	const struct problem_kind *kinds = problem_kinds(&count);
	for (size_t i = 0; i < count; i++) {
		struct response rs = {0};
		problem(&rs, kinds[i].status, "No.");
		problem_instance(&rs, "/a/\"b\\ä");
		char wanted[512];
		snprintf(wanted, sizeof wanted, "{\"type\":\"%s\",\"title\":\"%s\",\"status\":%d,\"detail\":\"No.\",\"instance\":\"/a/%%22b%%5C%%C3%%A4\"}",
			 kinds[i].type, kinds[i].title, kinds[i].status);
		ck_assert_str_eq(buf_cstr(&rs.body), wanted);
		ck_assert_msg(i == 0 || kinds[i - 1].status < kinds[i].status, "%d", kinds[i].status);
		response_finish(&rs);
	}
	struct response rs = {0};
	response_json(&rs, 200, json_pack("{}"));
	problem_instance(&rs, "/a");
	ck_assert_str_eq(buf_cstr(&rs.body), "{}");
	response_finish(&rs);
	problem(&rs, 418, "I am a teapot.");
	ck_assert_ptr_nonnull(strstr(buf_cstr(&rs.body), "\"type\":\"about:blank\",\"title\":\"Error\",\"status\":418"));
	response_finish(&rs);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {every_route_is_described, no_operation_is_without_a_route, paths_have_their_parameters,
				      the_document_is_whole,    every_property_is_known,          the_small_form_is_the_same,
				      problems_name_their_kind_and_path};
	return suite_run("web/openapi", tests, sizeof tests / sizeof tests[0]);
}
