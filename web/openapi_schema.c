/* The schemas of the description, JSON Schema 2020-12 as OpenAPI 3.1 has it. Any thread. */
#include <string.h>

#include "model/json_out.h"
#include "web/openapi.h"
#include "web/operation.h"

void openapi_ref(struct json_out *o, const char *kind, const char *name)
{
	json_out_raw(o, "{\"$ref\":\"#/components/");
	json_out_raw(o, kind);
	json_out_raw(o, "/");
	json_out_raw(o, name);
	json_out_raw(o, "\"}");
}

/* The words of "one|other" as a JSON array, and null if that will do as well. */
static void words(struct json_out *o, const char *of, bool null)
{
	json_out_key(o, "enum");
	json_out_raw(o, "[");
	while (*of) {
		char word[64];
		size_t len = strcspn(of, "|");
		memcpy(word, of, len < sizeof word ? len : sizeof word - 1);
		word[len < sizeof word ? len : sizeof word - 1] = 0;
		json_out_next(o);
		json_out_string(o, word);
		of += len + (of[len] == '|');
	}
	if (null) {
		json_out_next(o);
		json_out_raw(o, "null");
	}
	json_out_raw(o, "]");
}

static void type(struct json_out *o, const char *name, bool null)
{
	json_out_key(o, "type");
	json_out_raw(o, null ? "[" : "");
	json_out_raw(o, "\"");
	json_out_raw(o, name);
	json_out_raw(o, null ? "\",\"null\"]" : "\"");
}

/* The keywords for what is allowed; `standard` stands for a parameter that is absent. */
static void bounds(struct json_out *o, const struct field *v, const char *least, const char *most)
{
	bool length = v->type == FIELD_TEXT;
	if (!v->min && !v->max)
		return;
	if (v->min || !length)
		json_out_member_int(o, least, v->min);
	if (v->max)
		json_out_member_int(o, most, v->max);
}

static void keywords(struct json_out *o, const struct field *v, bool null)
{
	switch (v->type) {
	case FIELD_TEXT:
		type(o, "string", null);
		bounds(o, v, "minLength", "maxLength");
		break;
	case FIELD_ID:
		type(o, "string", null);
		json_out_member_string(o, "pattern", "^[A-Za-z0-9_-]{1,32}$");
		break;
	case FIELD_CHOICE:
		type(o, "string", null);
		words(o, v->of, null);
		break;
	case FIELD_BOOL: type(o, "boolean", null); break;
	case FIELD_NUMBER:
		type(o, "number", null);
		bounds(o, v, "minimum", "maximum");
		break;
	default:
		type(o, "integer", null);
		json_out_member_string(o, "format", "int64");
		bounds(o, v, "minimum", "maximum");
		break;
	}
	if (v->standard)
		json_out_member_int(o, "default", v->standard);
}

static void one(struct json_out *o, const struct field *v, bool null)
{
	if (v->type == FIELD_OBJECT && !null) {
		openapi_ref(o, "schemas", v->of);
	} else if (v->type == FIELD_OBJECT) {
		json_out_raw(o, "{\"anyOf\":[");
		openapi_ref(o, "schemas", v->of);
		json_out_raw(o, ",{\"type\":\"null\"}]}");
	} else if (v->type == FIELD_TIME && v->of) {
		json_out_raw(o, "{\"anyOf\":[{\"type\":\"integer\",\"format\":\"int64\"},{\"const\":");
		json_out_string(o, v->of);
		json_out_raw(o, "}]}");
	} else {
		json_out_raw(o, "{");
		keywords(o, v, null);
		json_out_raw(o, "}");
	}
}

void openapi_field(struct json_out *o, const struct field *v)
{
	if (!(v->flags & FIELD_LIST)) {
		one(o, v, v->flags & FIELD_NULL);
		return;
	}
	json_out_raw(o, "{\"type\":\"array\",\"items\":");
	one(o, v, false);
	json_out_raw(o, "}");
}

/* A member's schema with its sentence; "description" may stand beside "$ref" in OpenAPI 3.1. */
static void member(struct json_out *o, const struct field *v)
{
	json_out_key(o, v->name);
	openapi_field(o, v);
	if (o->err)
		return;
	o->buf->len--; /* the closing brace */
	json_out_member_string(o, "description", v->type == FIELD_TIME ? "Milliseconds since 1970, UTC." : v->text);
	if (v->type == FIELD_TIME)
		json_out_member_string(o, "title", v->text);
	json_out_raw(o, "}");
}

static void object(struct json_out *o, const struct schema *schema)
{
	bool any = false;
	type(o, "object", false);
	json_out_key(o, "properties");
	json_out_raw(o, "{");
	for (size_t i = 0; i < schema->count; i++) {
		member(o, &schema->members[i]);
		any = any || !(schema->members[i].flags & FIELD_OPTIONAL);
	}
	json_out_raw(o, "}");
	if (!any)
		return;
	json_out_key(o, "required");
	json_out_raw(o, "[");
	for (size_t i = 0; i < schema->count; i++) {
		if (schema->members[i].flags & FIELD_OPTIONAL)
			continue;
		json_out_next(o);
		json_out_string(o, schema->members[i].name);
	}
	json_out_raw(o, "]");
}

void openapi_schemas(struct json_out *o)
{
	const struct schema *schema;
	json_out_key(o, "schemas");
	json_out_raw(o, "{");
	for (size_t i = 0; (schema = schema_at(i)) != NULL; i++) {
		json_out_key(o, schema->name);
		json_out_raw(o, "{");
		json_out_member_string(o, "description", schema->text);
		if (schema->json) {
			json_out_raw(o, ",");
			json_out_raw(o, schema->json);
		} else {
			object(o, schema);
		}
		if (schema->example) {
			json_out_key(o, "examples");
			json_out_raw(o, "[");
			json_out_raw(o, schema->example);
			json_out_raw(o, "]");
		}
		json_out_raw(o, "}");
	}
	json_out_raw(o, "}");
}
