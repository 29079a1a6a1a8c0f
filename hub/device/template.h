/* Templates: the part of Jinja2 that devices use in Home Assistant's MQTT discovery (value_template, command_template,
 * availability's value_template, …), with the filters and functions that Home Assistant adds or changes. A template is
 * compiled once, when a device describes itself, into a program that never changes and renders each message.
 *
 * What a template may be: text, {{ expressions }}, {% if %} with elif and else, {% set name = expression %}, comments,
 * "-" for white space; the operators, literals, subscripts and slices of Jinja2; the filters, tests, functions and
 * methods of template_names.c. There are no loops and no macros, so that a program's length bounds its steps.
 * Pure, any thread: a program may be rendered by several threads at once, an input belongs to one of them. */
#ifndef DEVICE_TEMPLATE_H
#define DEVICE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	TEMPLATE_TEXT_MAX = 16 * 1024,     /* bytes of a template */
	TEMPLATE_NODES_MAX = 2048,         /* pieces of a program, 16 bytes each */
	TEMPLATE_DEPTH_MAX = 64,           /* of these within each other: brackets, operators, filters, blocks */
	TEMPLATE_JSON_MAX = 256 * 1024,    /* bytes of a payload that is parsed */
	TEMPLATE_OUTPUT_MAX = 64 * 1024,   /* bytes rendered, before white space is trimmed */
	TEMPLATE_SCRATCH_MAX = 256 * 1024, /* bytes of values on the way */
	TEMPLATE_STEPS_MAX = 1000 * 1000,  /* elements and bytes looked at, about 10 ms */
	TEMPLATE_MESSAGE_SIZE = 256,
};

struct template; /* a compiled program */

/* Compiles text, which is not needed afterwards. On failure message_r (TEMPLATE_MESSAGE_SIZE) says in a sentence what is
 * not understood and where, for the device's note: "the filter 'regex_replace' is not known (line 1)".
 * Returns 0, ERR_UNSUPPORTED (Jinja2 may know it, we do not), ERR_MALFORMED (no template), ERR_TOO_LARGE (beyond the
 * bounds above) or ERR_NOMEM; *template_r is NULL on error. */
int template_compile(struct span text, struct template **template_r, char *message_r);

/* Frees the program and clears the pointer. NULL is fine. */
void template_destroy(struct template **t);

/* One variable beside the payload, e.g. value (of a command), entity_id, hue, red, percentage. */
struct template_variable {
	const char *name; /* borrowed */
	enum template_kind { TEMPLATE_NONE, TEMPLATE_BOOL, TEMPLATE_INTEGER, TEMPLATE_REAL, TEMPLATE_STRING } kind;
	union {
		bool truth;
		int64_t integer;
		double real;
		struct span string; /* UTF-8, borrowed */
	};
};

/* Makers of variables, for initializers. Python tells 5 from 5.0 and so do templates: Home Assistant gives a number's
 * value as an integer where it is whole. */
static inline struct template_variable template_string(const char *name, struct span string)
{
	return (struct template_variable){.name = name, .kind = TEMPLATE_STRING, .string = string};
}

static inline struct template_variable template_integer(const char *name, int64_t integer)
{
	return (struct template_variable){.name = name, .kind = TEMPLATE_INTEGER, .integer = integer};
}

static inline struct template_variable template_real(const char *name, double real)
{
	return (struct template_variable){.name = name, .kind = TEMPLATE_REAL, .real = real};
}

static inline struct template_variable template_bool(const char *name, bool truth)
{
	return (struct template_variable){.name = name, .kind = TEMPLATE_BOOL, .truth = truth};
}

/* What all templates of one message or one command see. Make one for each message and use it for every template that
 * listens to it: the payload is parsed at most once, when the first of them asks for value_json. */
struct template_input {
	struct span payload; /* a message's: the variables value and value_json; borrowed */
	bool has_payload;
	const struct template_variable *variables; /* borrowed */
	size_t variable_count;
	/* private */
	struct json_t *json; /* owned; of the payload */
	int json_state, text_state;
};

/* The input of a received message: `value` is its payload, `value_json` the same parsed (undefined when it is no JSON).
 * Both payload and variables (which may be set later) must outlive the input. */
void template_input_init(struct template_input *in, struct span payload);

/* The input of a command: only the variables, `value` among them. They must outlive the input. */
void template_input_init_command(struct template_input *in, const struct template_variable *variables, size_t count);

/* Frees what was parsed. Zeroed is fine. */
void template_input_finish(struct template_input *in);

/* The payload parsed as JSON (RFC 8259, any value at the top), borrowed until template_input_finish; NULL when it is
 * none or longer than TEMPLATE_JSON_MAX. For readers of JSON beside the templates: it is parsed once for all. */
const struct json_t *template_input_json(struct template_input *in);

/* How a rendering went, beyond its error code. */
struct template_outcome {
	/* A name or key that is not there was printed or tested. Home Assistant logs a warning and prints nothing; for a
	 * sensor an empty text means "no news". */
	bool undefined;
	const char *failure; /* why it failed, a phrase without subject for a log line; static; NULL on success */
};

/* Renders and appends the text, trimmed at both ends as Home Assistant does, to out. Values print as in Python: "True",
 * "None", "21.0". outcome_r may be NULL. On errors out is as before, and the state that the text would set had better
 * stay as it is. Nothing is allocated as long as out has room and values on the way stay below 4 kB, but for JSON.
 * Returns 0; ERR_NOT_FOUND: something was to be done with what is not there, e.g. value_json.a.b without an a, or the
 * filter is_defined said so; ERR_MALFORMED: a value is not of the kind that is needed, e.g. float of "abc", or the
 * payload is not UTF-8; ERR_TOO_LARGE: beyond the bounds above or 64-bit integers; ERR_NOMEM. */
int template_render(const struct template *t, struct template_input *in, struct buf *out,
		    struct template_outcome *outcome_r);

#endif
