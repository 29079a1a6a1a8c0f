/* What the templates of one message or one command see. The payload is parsed when the first template asks for it, and
 * once for all of them. Pure; an input belongs to one thread. */
#include <jansson.h>

#include "base/utf8.h"
#include "device/template_private.h"

enum { NOT_YET, PARSED };

void template_input_init(struct template_input *in, struct span payload)
{
	*in = (struct template_input){.payload = payload, .has_payload = true};
}

void template_input_init_command(struct template_input *in, const struct template_variable *variables, size_t count)
{
	*in = (struct template_input){.variables = variables, .variable_count = count};
}

void template_input_finish(struct template_input *in)
{
	json_decref(in->json);
	*in = (struct template_input){0};
}

const struct json_t *template_input_json(struct template_input *in)
{
	if (in->json_state == PARSED || !in->has_payload)
		return in->json;
	in->json_state = PARSED;
	if (in->payload.len > TEMPLATE_JSON_MAX)
		return NULL;
	json_error_t error;
	const char *text = in->payload.len ? (const char *)in->payload.data : "";
	in->json = json_loadb(text, in->payload.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	/* what is beyond 64 bits becomes a floating-point number, as orjson reads it */
	if (!in->json && json_error_code(&error) == json_error_numeric_overflow)
		in->json = json_loadb(text, in->payload.len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL,
				      &error);
	return in->json;
}

bool template_input_is_text(struct template_input *in)
{
	enum { UNKNOWN, TEXT, BYTES };
	if (in->text_state == UNKNOWN)
		in->text_state = utf8_text_valid(in->payload) ? TEXT : BYTES;
	return in->text_state == TEXT;
}
