/* What the files of the template compiler share: the program as a tree in an array, the values that it computes with,
 * and the state of one rendering. Nobody else includes this. */
#ifndef DEVICE_TEMPLATE_PRIVATE_H
#define DEVICE_TEMPLATE_PRIVATE_H

#include <jansson.h>
#include <stdalign.h>

#include "base/err.h"
#include "base/utf8.h"
#include "device/template.h"

enum {
	TEMPLATE_SLOTS_MAX = 32, /* names that {% set %} assigns */
	TEMPLATE_ARGS_MAX = 12,  /* of a call, its subject included */
	TEMPLATE_NEST_MAX = 32,  /* lists and objects within each other that are written or compared */
	TEMPLATE_OWNED_MAX = 4,  /* calls of from_json in one rendering */
	TEMPLATE_RANGE_MAX = 1024,
};

/* ---- the program ---- */

enum node_kind {
	NODE_NOTHING, /* an argument or bound that is left out */
	/* statements */
	NODE_TEXT,  /* text */
	NODE_PRINT, /* expression */
	NODE_SET,   /* expression; index: slot */
	NODE_BLOCK, /* statements */
	NODE_IF,    /* condition, block, condition, block, …, perhaps a last block */
	/* expressions */
	NODE_NONE,
	NODE_BOOL,    /* integer */
	NODE_INTEGER, /* integer */
	NODE_REAL,    /* real */
	NODE_STRING,  /* text */
	NODE_NAME,    /* text; index: slot + 1, or 0 */
	NODE_VALUE,   /* text "value"; index as above */
	NODE_VALUE_JSON,
	NODE_LIST, /* items */
	NODE_TUPLE,
	NODE_DICT, /* key, value, key, value, … */
	NODE_ATTRIBUTE, /* object; text */
	NODE_ITEM,      /* object, key */
	NODE_SLICE,     /* object, start, stop, step */
	NODE_CALL,      /* arguments, the subject of filters, tests and methods first; callable: which */
	NODE_COMPARE,   /* left, operand, operand, … */
	NODE_OPERAND,   /* right; op: token */
	NODE_AND,       /* terms */
	NODE_OR,
	NODE_NOT,
	NODE_IF_ELSE, /* condition, then, else */
	NODE_NEGATE,
	NODE_PLUS,
	NODE_BINARY, /* left, right; op: token */
	NODE_CONCAT, /* parts */
};

/* Children hang in a list: first, then next of each. Index 0 is nobody's child and means none. */
struct node {
	uint8_t kind, op;
	uint16_t index, first, next;
	union {
		int64_t integer;
		double real;
		struct {
			uint32_t at, len; /* in the program's text */
		} text;
		const struct callable *callable;
	};
};

struct template {
	uint16_t root; /* a NODE_BLOCK */
	uint16_t slot_count;
	const char *text;
	struct node nodes[];
};

/* ---- values ---- */

enum kind {
	KIND_NOTHING, /* an argument that was left out */
	KIND_UNDEFINED,
	KIND_NONE,
	KIND_BOOL,
	KIND_INTEGER,
	KIND_REAL,
	KIND_STRING,
	KIND_LIST,  /* made by the template */
	KIND_TUPLE,
	KIND_DICT,
	KIND_ARRAY, /* of JSON */
	KIND_OBJECT,
};

/* A value borrows: from the payload, from its JSON, from the program or from the rendering's scratch memory. */
struct datum {
	enum kind kind;
	union {
		bool truth;
		int64_t integer;
		double real;
		struct span string;
		struct {
			struct datum *items; /* a dict's: key, value, key, value, … */
			size_t count;        /* of items; twice the pairs of a dict */
		};
		const json_t *json;
	};
};

static inline struct datum datum_undefined(void)
{
	return (struct datum){.kind = KIND_UNDEFINED};
}

static inline struct datum datum_bool(bool truth)
{
	return (struct datum){.kind = KIND_BOOL, .truth = truth};
}

static inline struct datum datum_integer(int64_t integer)
{
	return (struct datum){.kind = KIND_INTEGER, .integer = integer};
}

static inline struct datum datum_real(double real)
{
	return (struct datum){.kind = KIND_REAL, .real = real};
}

static inline struct datum datum_string(struct span string)
{
	return (struct datum){.kind = KIND_STRING, .string = string};
}

/* ---- one rendering ---- */

struct chunk {
	struct chunk *next;
	alignas(16) char bytes[];
};

struct render {
	const struct template *program;
	struct template_input *in;
	struct buf *out;   /* text is built at its end, also what does not stay there */
	size_t out_start;  /* what was there before */
	size_t steps;      /* taken, of TEMPLATE_STEPS_MAX */
	bool undefined;    /* see template_outcome */
	const char *failure;
	struct datum slots[TEMPLATE_SLOTS_MAX]; /* KIND_NOTHING: not assigned */
	json_t *owned[TEMPLATE_OWNED_MAX];
	size_t owned_count;
	size_t scratch_used, scratch_total; /* of the newest chunk; of all */
	size_t scratch_size;                /* of the newest chunk */
	char *scratch;                      /* the newest chunk's bytes */
	struct chunk *chunks;               /* owned */
	alignas(16) char first_chunk[4096];
};

/* Notes why the rendering ends, and returns err. failure is static. */
int template_fail(struct render *r, int err, const char *failure);

/* For what Python calls a TypeError or ValueError. */
static inline int template_wrong(struct render *r, const char *failure)
{
	return template_fail(r, ERR_MALFORMED, failure);
}

/* Counts work. Returns 0 or ERR_TOO_LARGE. */
int template_spend(struct render *r, size_t steps);

/* Memory until the rendering ends; counts as many steps. Returns 0, ERR_TOO_LARGE or ERR_NOMEM. */
int template_scratch(struct render *r, size_t size, void *memory_r);

/* template_scratch for count values. */
int template_scratch_list(struct render *r, size_t count, struct datum **items_r);

/* Appends to the text at the end of out. Returns 0, ERR_TOO_LARGE or ERR_NOMEM. */
int template_put(struct render *r, const void *bytes, size_t len);

/* Takes what was put since mark (an earlier out->len) off again, as a string in scratch memory. */
int template_take(struct render *r, size_t mark, struct datum *v_r);

/* Whether the payload is UTF-8: what is not has no value. */
bool template_input_is_text(struct template_input *in);

/* ---- template_value.c: what values are ---- */

/* The value of a JSON value, borrowed; NULL is undefined. */
struct datum template_from_json(const json_t *json);

/* Python's bool(v); an undefined one is noted. */
bool template_truth(struct render *r, const struct datum *v);

/* Whether v is a number, a bool included, and which. */
bool template_is_number(const struct datum *v, double *real_r);

/* Whether v is an integer, a bool included, and which. */
bool template_is_integer(const struct datum *v, int64_t *integer_r);

/* Elements that an iteration over v gives: of strings characters, of mappings keys. Undefined has none.
 * Fails for what cannot be iterated. */
int template_length(struct render *r, const struct datum *v, size_t *length_r);

/* All that an iteration gives, as a list in scratch memory (or v's own). */
int template_list(struct render *r, const struct datum *v, struct datum *list_r);

/* The value of key in a mapping; undefined when there is none. */
int template_lookup(struct render *r, const struct datum *mapping, const struct datum *key, struct datum *v_r);

/* v.name, v[key] and v[start:stop:step] as Jinja2 has them; bounds are KIND_NOTHING, none or integers. */
int template_attribute(struct render *r, const struct datum *v, struct span name, struct datum *v_r);
int template_item(struct render *r, const struct datum *v, const struct datum *key, struct datum *v_r);
int template_slice(struct render *r, const struct datum *v, const struct datum bounds[3], struct datum *v_r);

/* a == b. depth: 0 at the top. */
int template_equal(struct render *r, const struct datum *a, const struct datum *b, unsigned depth, bool *equal_r);

/* Python's order of numbers and of strings: order_r < 0, 0 or > 0, or 2 when one is not a number (NaN). */
int template_order(struct render *r, const struct datum *a, const struct datum *b, int *order_r);

/* needle in haystack. */
int template_contains(struct render *r, const struct datum *haystack, const struct datum *needle, bool *found_r);

/* ---- template_number.c: numbers, from text and to text ---- */

/* float(v) and int(v, base) as Python and Home Assistant's filters do them: false when it is no number.
 * Undefined fails. */
int template_to_real(struct render *r, const struct datum *v, bool *ok_r, double *real_r);
int template_to_integer(struct render *r, const struct datum *v, int base, bool *ok_r, int64_t *integer_r);

/* round(value, digits) as Python's: of two that are as near, the even one. */
double template_round(double value, int64_t digits);

/* int(value). Returns 0, ERR_TOO_LARGE, or ERR_MALFORMED for NaN. */
int template_truncate(struct render *r, double value, int64_t *integer_r);

/* Puts repr(value): the shortest text that reads back the same, "21.0", "1e+16"; orjson's way "1e16". */
int template_put_real(struct render *r, double value, bool orjson);

/* ---- template_text.c: values as text ---- */

/* Puts str(v). */
int template_put_text(struct render *r, const struct datum *v);

/* str(v) as a string. */
int template_text(struct render *r, const struct datum *v, struct span *text_r);

enum json_style { JSON_PYTHON, JSON_ORJSON }; /* the filters tojson and to_json */

/* Puts v as JSON. */
int template_put_json(struct render *r, const struct datum *v, enum json_style style, bool sort_keys, unsigned depth);

/* Bytes of the white space at the start of s (Python's str.isspace), 0 for none. */
size_t template_space(struct span s);

/* s without white space at its start and at its end. */
struct span template_strip(struct span s, bool start, bool end);

/* Bytes of the character at the start of s, which is not empty. */
size_t template_character(struct span s);

enum letters { LETTERS_UPPER, LETTERS_LOWER, LETTERS_CAPITALIZED, LETTERS_TITLE, LETTERS_TITLE_METHOD };

/* s in other letters: the common alphabets with two cases. */
int template_letters(struct render *r, struct span s, enum letters letters, struct datum *v_r);

/* format % args, printf's way: d i u f e g x o s and %%. */
int template_format(struct render *r, struct span format, const struct datum *args, size_t count, struct datum *v_r);

/* format.format(args): "{} {1:>5.1f}". */
int template_format_braces(struct render *r, struct span format, const struct datum *args, size_t count,
			   struct datum *v_r);

/* ---- template_operate.c ---- */

/* left op right; op is a token. */
int template_operate(struct render *r, unsigned op, const struct datum *left, const struct datum *right,
		     struct datum *v_r);

/* -v or +v */
int template_sign(struct render *r, bool negate, const struct datum *v, struct datum *v_r);

/* ---- names that can be called ---- */

/* A filter, test, function or method. args: TEMPLATE_ARGS_MAX values, KIND_NOTHING where left out; for all but
 * functions the subject comes first. count: up to the last that was given. */
struct callable {
	enum { SUBJECT_ANY, SUBJECT_TEXT, SUBJECT_MAPPING } subject; /* of methods: whose they are */
	const char *name;
	const char *parameters; /* of the arguments (after the subject), by comma; "*" for any number without names */
	unsigned required;      /* arguments, without the subject */
	int (*call)(struct render *r, const struct datum *args, size_t count, struct datum *v_r);
};

/* The filter, test, function or method of that name, or NULL. */
const struct callable *template_filter(struct span name);
const struct callable *template_test(struct span name);
const struct callable *template_function(struct span name);
const struct callable *template_method(struct span name);

/* ---- reading: template_lex.c ---- */

enum token_kind {
	TOKEN_END, /* of the tag */
	TOKEN_NAME,
	TOKEN_STRING, /* text: as written, without its quotes */
	TOKEN_INTEGER,
	TOKEN_REAL,
	TOKEN_EQUAL,
	TOKEN_NOT_EQUAL,
	TOKEN_LESS,
	TOKEN_LESS_EQUAL,
	TOKEN_GREATER,
	TOKEN_GREATER_EQUAL,
	TOKEN_IN,
	TOKEN_NOT_IN,
	TOKEN_ADD,
	TOKEN_SUBTRACT,
	TOKEN_MULTIPLY,
	TOKEN_DIVIDE,
	TOKEN_FLOOR_DIVIDE,
	TOKEN_MODULO,
	TOKEN_POWER,
	TOKEN_TILDE,
	TOKEN_ASSIGN,
	TOKEN_DOT,
	TOKEN_COLON,
	TOKEN_PIPE,
	TOKEN_COMMA,
	TOKEN_SEMICOLON,
	TOKEN_OPEN, /* ( */
	TOKEN_CLOSE,
	TOKEN_OPEN_LIST, /* [ */
	TOKEN_CLOSE_LIST,
	TOKEN_OPEN_DICT, /* { */
	TOKEN_CLOSE_DICT,
};

struct token {
	enum token_kind kind;
	struct span text;
	int64_t integer;
	double real;
};

/* The reader of one template. The tag that is read ends with "}}" or "%}". */
struct parse {
	struct span source;
	size_t at;         /* behind the token */
	size_t token_at;   /* its start, for messages */
	unsigned balance;  /* brackets that are open: within them "}}" is two of them */
	char closing;      /* '}' or '%' */
	bool after_dot;    /* a number here is an index: a.0.1 */
	struct token token;

	struct node *nodes;     /* owned */
	uint8_t *heights;       /* owned; of the tree below each node */
	unsigned node_count;
	struct buf text;        /* owned */
	struct span slots[TEMPLATE_SLOTS_MAX];
	unsigned slot_count, depth;
	char *message; /* of TEMPLATE_MESSAGE_SIZE */
	int err;       /* the first failure; everything after it is skipped */
};

/* Ends the reading; the first failure stays, with its place. The sentence is before, the quoted name if there is one,
 * after. */
void template_complain(struct parse *p, int err, const char *before, struct span name, const char *after);

/* Reads the next token of the tag. */
void template_next(struct parse *p);

/* Whether the token is that name. */
bool template_token_is(const struct parse *p, const char *name);

/* Takes the token when it is of that kind. */
bool template_accept(struct parse *p, enum token_kind kind);

/* Takes a token that must come; what: how it is called. */
void template_expect(struct parse *p, enum token_kind kind, const char *what);

/* Writes the character as UTF-8. Returns its bytes. */
size_t template_encode(uint32_t code, uint8_t bytes[4]);

/* Appends the string as it is meant, escapes read, to p->text. */
void template_unescape(struct parse *p, struct span written);

/* ---- template_expression.c ---- */

/* A new node with its children, which may be 0 at the end. Returns its index, 0 after a failure. */
uint16_t template_node(struct parse *p, enum node_kind kind, uint16_t first);

/* Hangs child behind the last of parent; *last is 0 at first. */
void template_hang(struct parse *p, uint16_t parent, uint16_t *last, uint16_t child);

/* Sets a node's text. */
void template_node_text(struct parse *p, uint16_t node, struct span text);

/* Reads an expression; with tuple also "a, b". Returns its node, 0 after a failure. */
uint16_t template_expression(struct parse *p, bool tuple);

#endif
