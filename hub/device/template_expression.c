/* Expressions of templates, read into the program's tree with the precedence of Jinja2: if-else, or, and, not,
 * comparisons, + -, ~, * / // %, **, signs, then what follows a value: .name [key] (arguments) |filter, is test.
 * Depth and number of the nodes are bounded here, so that walking the tree is. */
#include <stdlib.h>

#include "device/template_private.h"

static uint16_t read_if_else(struct parse *p);
static uint16_t read_unary(struct parse *p, bool with_filter);

static void complain(struct parse *p, int err, const char *what)
{
	template_complain(p, err, what, span_str(NULL), "");
}

uint16_t template_node(struct parse *p, enum node_kind kind, uint16_t first)
{
	if (p->err != 0)
		return 0;
	if (p->node_count == TEMPLATE_NODES_MAX) {
		complain(p, ERR_TOO_LARGE, "the template is too long");
		return 0;
	}
	if (p->node_count % 64 == 0) {
		struct node *nodes = realloc(p->nodes, (p->node_count + 64) * sizeof *nodes);
		p->nodes = nodes ? nodes : p->nodes;
		uint8_t *heights = realloc(p->heights, p->node_count + 64);
		p->heights = heights ? heights : p->heights;
		if (!nodes || !heights) {
			complain(p, ERR_NOMEM, "there is no memory");
			return 0;
		}
	}
	if (p->node_count == 0) { /* index 0 is nobody */
		p->nodes[0] = (struct node){.kind = NODE_NOTHING};
		p->heights[0] = 0;
		p->node_count = 1;
	}
	uint16_t node = (uint16_t)p->node_count++;
	p->nodes[node] = (struct node){.kind = (uint8_t)kind};
	p->heights[node] = 0;
	if (first) {
		uint16_t last = 0;
		template_hang(p, node, &last, first);
	}
	return node;
}

void template_hang(struct parse *p, uint16_t parent, uint16_t *last, uint16_t child)
{
	if (p->err != 0)
		return;
	if (*last)
		p->nodes[*last].next = child;
	else
		p->nodes[parent].first = child;
	*last = child;
	if (p->heights[parent] <= p->heights[child])
		p->heights[parent] = (uint8_t)(p->heights[child] + 1);
	if (p->heights[parent] > TEMPLATE_DEPTH_MAX)
		complain(p, ERR_TOO_LARGE, "too many things are within each other");
}

void template_node_text(struct parse *p, uint16_t node, struct span text)
{
	if (p->err != 0)
		return;
	p->nodes[node].text.at = (uint32_t)p->text.len;
	p->nodes[node].text.len = (uint32_t)text.len;
	if (buf_append(&p->text, text.data, text.len) != 0)
		complain(p, ERR_NOMEM, "there is no memory");
}

/* A node over two children. */
static uint16_t pair(struct parse *p, enum node_kind kind, uint16_t left, uint16_t right)
{
	uint16_t node = template_node(p, kind, left), last = left;
	template_hang(p, node, &last, right);
	return node;
}

/* What follows the token. */
static struct span ahead(const struct parse *p)
{
	return template_strip(span_of(p->source.data + p->at, p->source.len - p->at), true, false);
}

/* ---- literals and names ---- */

/* Reads items up to the closing bracket: of a list, of a tuple or of a dict (key: value). */
static uint16_t read_items(struct parse *p, enum node_kind kind, enum token_kind close)
{
	uint16_t node = template_node(p, kind, 0), last = 0;
	while (p->err == 0 && p->token.kind != close) {
		template_hang(p, node, &last, read_if_else(p));
		if (kind == NODE_DICT) {
			template_expect(p, TOKEN_COLON, ":");
			template_hang(p, node, &last, read_if_else(p));
		}
		if (!template_accept(p, TOKEN_COMMA))
			break;
	}
	template_expect(p, close, close == TOKEN_CLOSE_DICT ? "}" : "]");
	return node;
}

static uint16_t read_string(struct parse *p)
{
	uint16_t node = template_node(p, NODE_STRING, 0);
	size_t at = p->text.len;
	while (p->err == 0 && p->token.kind == TOKEN_STRING) {
		template_unescape(p, p->token.text);
		template_next(p);
	}
	if (p->err == 0) {
		p->nodes[node].text.at = (uint32_t)at;
		p->nodes[node].text.len = (uint32_t)(p->text.len - at);
	}
	return node;
}

/* Reads arguments in brackets, if there are any, and puts them where the callable has its parameters. */
static uint16_t read_call(struct parse *p, const struct callable *callable, uint16_t subject);

static uint16_t read_name(struct parse *p)
{
	static const char *const others[] = {"this", "states", "hass", "namespace", "loop", "trigger"};
	static const struct {
		const char *name;
		enum node_kind kind;
		int64_t integer;
	} constants[] = {{"true", NODE_BOOL, 1}, {"True", NODE_BOOL, 1}, {"false", NODE_BOOL, 0},
			 {"False", NODE_BOOL, 0}, {"none", NODE_NONE, 0}, {"None", NODE_NONE, 0}};
	struct span name = p->token.text;
	for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
		if (!span_is(name, constants[i].name))
			continue;
		uint16_t node = template_node(p, constants[i].kind, 0);
		if (node)
			p->nodes[node].integer = constants[i].integer;
		template_next(p);
		return node;
	}
	struct span after = ahead(p);
	if (after.len && after.data[0] == '(') {
		const struct callable *function = template_function(name);
		if (!function)
			template_complain(p, ERR_UNSUPPORTED, "the function ", name, " is not known");
		template_next(p);
		return read_call(p, function, 0);
	}
	uint16_t slot = 0;
	for (unsigned i = 0; i < p->slot_count; i++)
		slot = span_equal(p->slots[i], name) ? (uint16_t)(i + 1) : slot;
	for (size_t i = 0; i < sizeof others / sizeof others[0] && !slot; i++)
		if (span_is(name, others[i]))
			template_complain(p, ERR_UNSUPPORTED, "the variable ", name, " is not known");
	uint16_t node = template_node(
		p, span_is(name, "value") ? NODE_VALUE : span_is(name, "value_json") ? NODE_VALUE_JSON : NODE_NAME, 0);
	template_node_text(p, node, name);
	if (node)
		p->nodes[node].index = slot;
	template_next(p);
	return node;
}

static uint16_t read_primary(struct parse *p)
{
	uint16_t node = 0;
	switch (p->token.kind) {
	case TOKEN_NAME: return read_name(p);
	case TOKEN_STRING: return read_string(p);
	case TOKEN_INTEGER:
	case TOKEN_REAL:
		node = template_node(p, p->token.kind == TOKEN_REAL ? NODE_REAL : NODE_INTEGER, 0);
		if (node && p->token.kind == TOKEN_REAL)
			p->nodes[node].real = p->token.real;
		else if (node)
			p->nodes[node].integer = p->token.integer;
		template_next(p);
		return node;
	case TOKEN_OPEN:
		template_next(p);
		if (template_accept(p, TOKEN_CLOSE))
			return template_node(p, NODE_TUPLE, 0);
		node = template_expression(p, true);
		template_expect(p, TOKEN_CLOSE, ")");
		return node;
	case TOKEN_OPEN_LIST: template_next(p); return read_items(p, NODE_LIST, TOKEN_CLOSE_LIST);
	case TOKEN_OPEN_DICT: template_next(p); return read_items(p, NODE_DICT, TOKEN_CLOSE_DICT);
	default: complain(p, ERR_MALFORMED, "here should be a value"); return 0;
	}
}

/* ---- calls ---- */

/* The place of a parameter, from 0; -1 when the callable has none of that name. */
static int find_parameter(const struct callable *callable, struct span name)
{
	int place = 0;
	for (const char *at = callable->parameters; *at; place++) {
		size_t len = strcspn(at, ",");
		if (span_equal(span_of(at, len), name))
			return place;
		at += len + (at[len] == ',');
	}
	return -1;
}

static unsigned count_parameters(const struct callable *callable)
{
	unsigned count = callable->parameters[0] != 0;
	for (const char *at = callable->parameters; *at; at++)
		count += *at == ',';
	return strcmp(callable->parameters, "*") == 0 ? TEMPLATE_ARGS_MAX - 1 : count;
}

/* The place of the next argument among args, read up to its value. */
static unsigned read_place(struct parse *p, const struct callable *callable, const uint16_t *args, unsigned *positional)
{
	struct span after = ahead(p);
	bool named = p->token.kind == TOKEN_NAME && after.len > 0 && after.data[0] == '=' &&
		     !(after.len > 1 && after.data[1] == '=');
	unsigned place = *positional;
	if (named) {
		int found = find_parameter(callable, p->token.text);
		if (found < 0 || args[found])
			template_complain(p, ERR_UNSUPPORTED, "the argument ", p->token.text, " is not known here");
		place = found < 0 ? 0 : (unsigned)found;
		template_next(p);
		template_next(p);
	} else if (p->token.kind == TOKEN_MULTIPLY || p->token.kind == TOKEN_POWER) {
		complain(p, ERR_UNSUPPORTED, "arguments with * are not supported");
	} else {
		++*positional;
	}
	if (place >= count_parameters(callable)) {
		template_complain(p, ERR_UNSUPPORTED, "", span_str(callable->name), " has too many arguments");
		return 0;
	}
	return place;
}

/* A call of callable with what is in args; those left out in between become NODE_NOTHING. */
static uint16_t make_call(struct parse *p, const struct callable *callable, uint16_t subject, const uint16_t *args)
{
	unsigned count = 0;
	for (unsigned i = 0; i < TEMPLATE_ARGS_MAX; i++)
		count = args[i] ? i + 1 : count;
	for (unsigned i = 0; i < callable->required; i++)
		if (!args[i])
			template_complain(p, ERR_MALFORMED, "", span_str(callable->name), " has too few arguments");
	uint16_t node = template_node(p, NODE_CALL, subject), last = subject;
	for (unsigned i = 0; i < count; i++)
		template_hang(p, node, &last, args[i] ? args[i] : template_node(p, NODE_NOTHING, 0));
	if (p->err == 0)
		p->nodes[node].callable = callable;
	return p->err == 0 ? node : 0;
}

static uint16_t read_call(struct parse *p, const struct callable *callable, uint16_t subject)
{
	uint16_t args[TEMPLATE_ARGS_MAX] = {0};
	unsigned positional = 0;
	if (p->err == 0 && template_accept(p, TOKEN_OPEN)) {
		while (p->err == 0 && p->token.kind != TOKEN_CLOSE) {
			unsigned place = read_place(p, callable, args, &positional);
			args[place] = read_if_else(p);
			if (!template_accept(p, TOKEN_COMMA))
				break;
		}
		template_expect(p, TOKEN_CLOSE, ")");
	}
	return p->err == 0 ? make_call(p, callable, subject, args) : 0;
}

/* ---- what follows a value ---- */

static uint16_t read_dot(struct parse *p, uint16_t object)
{
	p->after_dot = true;
	template_next(p);
	p->after_dot = false;
	uint16_t node = 0;
	if (p->token.kind == TOKEN_INTEGER) {
		uint16_t key = template_node(p, NODE_INTEGER, 0);
		if (key)
			p->nodes[key].integer = p->token.integer;
		template_next(p);
		return pair(p, NODE_ITEM, object, key);
	}
	if (p->token.kind != TOKEN_NAME) {
		complain(p, ERR_MALFORMED, "here should be a name");
		return 0;
	}
	struct span name = p->token.text, after = ahead(p);
	if (after.len && after.data[0] == '(') {
		const struct callable *method = template_method(name);
		if (!method)
			template_complain(p, ERR_UNSUPPORTED, "the method ", name, " is not known");
		template_next(p);
		return read_call(p, method, object);
	}
	node = template_node(p, NODE_ATTRIBUTE, object);
	template_node_text(p, node, name);
	template_next(p);
	return node;
}

/* One bound of a slice, or nothing. */
static uint16_t read_bound(struct parse *p)
{
	bool none = p->token.kind == TOKEN_COLON || p->token.kind == TOKEN_CLOSE_LIST;
	return none ? template_node(p, NODE_NOTHING, 0) : read_if_else(p);
}

static uint16_t read_subscript(struct parse *p, uint16_t object)
{
	template_next(p);
	uint16_t bound = read_bound(p);
	if (p->token.kind != TOKEN_COLON) {
		template_expect(p, TOKEN_CLOSE_LIST, "]");
		if (p->err == 0 && p->nodes[bound].kind == NODE_NOTHING)
			complain(p, ERR_MALFORMED, "a subscript is empty");
		return pair(p, NODE_ITEM, object, bound);
	}
	uint16_t node = pair(p, NODE_SLICE, object, bound), last = bound;
	template_next(p);
	template_hang(p, node, &last, read_bound(p));
	template_accept(p, TOKEN_COLON);
	template_hang(p, node, &last, read_bound(p));
	template_expect(p, TOKEN_CLOSE_LIST, "]");
	return node;
}

static uint16_t read_postfix(struct parse *p, uint16_t node)
{
	while (p->err == 0) {
		if (p->token.kind == TOKEN_DOT)
			node = read_dot(p, node);
		else if (p->token.kind == TOKEN_OPEN_LIST)
			node = read_subscript(p, node);
		else if (p->token.kind == TOKEN_OPEN)
			complain(p, ERR_UNSUPPORTED, "only functions and methods can be called");
		else
			break;
	}
	return node;
}

static uint16_t read_filter(struct parse *p, uint16_t subject)
{
	template_next(p);
	const struct callable *filter = p->token.kind == TOKEN_NAME ? template_filter(p->token.text) : NULL;
	if (p->token.kind != TOKEN_NAME)
		complain(p, ERR_MALFORMED, "here should be a filter");
	else if (!filter)
		template_complain(p, ERR_UNSUPPORTED, "the filter ", p->token.text, " is not known");
	template_next(p);
	return read_call(p, filter, subject);
}

static uint16_t read_test(struct parse *p, uint16_t subject)
{
	template_next(p);
	bool negated = template_token_is(p, "not");
	if (negated)
		template_next(p);
	const struct callable *test = p->token.kind == TOKEN_NAME ? template_test(p->token.text) : NULL;
	if (p->token.kind != TOKEN_NAME)
		complain(p, ERR_MALFORMED, "here should be a test");
	else if (!test)
		template_complain(p, ERR_UNSUPPORTED, "the test ", p->token.text, " is not known");
	template_next(p);
	uint16_t node = 0, args[TEMPLATE_ARGS_MAX] = {0};
	if (p->err == 0 && test->parameters[0] && p->token.kind != TOKEN_OPEN) { /* one may come without brackets */
		args[0] = read_primary(p);
		args[0] = read_postfix(p, args[0]);
		node = p->err == 0 ? make_call(p, test, subject, args) : 0;
	} else {
		node = read_call(p, test, subject);
	}
	return negated ? template_node(p, NODE_NOT, node) : node;
}

/* ---- operators ---- */

static uint16_t read_unary(struct parse *p, bool with_filter)
{
	uint16_t node;
	if (++p->depth > TEMPLATE_DEPTH_MAX)
		complain(p, ERR_TOO_LARGE, "too many things are within each other");
	if (template_accept(p, TOKEN_SUBTRACT))
		node = template_node(p, NODE_NEGATE, read_unary(p, false));
	else if (template_accept(p, TOKEN_ADD))
		node = template_node(p, NODE_PLUS, read_unary(p, false));
	else
		node = read_primary(p);
	node = read_postfix(p, node);
	while (with_filter && p->err == 0) {
		if (p->token.kind == TOKEN_PIPE)
			node = read_filter(p, node);
		else if (template_token_is(p, "is"))
			node = read_test(p, node);
		else
			break;
	}
	p->depth--;
	return node;
}

/* Reads operands of operators that bind alike, from the left. level: 0 for + -, 2 for * / // %, 3 for **. */
static uint16_t read_binary(struct parse *p, int level)
{
	static const enum token_kind first[] = {TOKEN_ADD, 0, TOKEN_MULTIPLY, TOKEN_POWER};
	static const enum token_kind final[] = {TOKEN_SUBTRACT, 0, TOKEN_MODULO, TOKEN_POWER};
	uint16_t node, last;
	if (level == 4)
		return read_unary(p, true);
	if (level == 1) { /* ~ takes any number of operands */
		node = read_binary(p, 2);
		if (p->token.kind != TOKEN_TILDE)
			return node;
		last = node;
		node = template_node(p, NODE_CONCAT, node);
		while (template_accept(p, TOKEN_TILDE))
			template_hang(p, node, &last, read_binary(p, 2));
		return node;
	}
	node = read_binary(p, level + 1);
	while (p->err == 0 && p->token.kind >= first[level] && p->token.kind <= final[level]) {
		enum token_kind op = p->token.kind;
		template_next(p);
		node = pair(p, NODE_BINARY, node, read_binary(p, level + 1));
		if (node)
			p->nodes[node].op = (uint8_t)op;
	}
	return node;
}

/* The comparison that stands here; TOKEN_END for none. */
static enum token_kind accept_comparison(struct parse *p)
{
	enum token_kind op = TOKEN_END;
	struct span after = ahead(p);
	if (p->token.kind >= TOKEN_EQUAL && p->token.kind <= TOKEN_GREATER_EQUAL)
		op = p->token.kind;
	else if (template_token_is(p, "in"))
		op = TOKEN_IN;
	else if (template_token_is(p, "not") && span_starts(after, span_str("in")) &&
		 (after.len == 2 || strchr(" \t\r\n([{'\"", after.data[2])))
		op = TOKEN_NOT_IN;
	if (op == TOKEN_NOT_IN)
		template_next(p);
	if (op != TOKEN_END)
		template_next(p);
	return op;
}

static uint16_t read_comparison(struct parse *p)
{
	uint16_t node = read_binary(p, 0), last = node;
	bool first = true;
	for (enum token_kind op; p->err == 0 && (op = accept_comparison(p)) != TOKEN_END; first = false) {
		if (first)
			node = template_node(p, NODE_COMPARE, node);
		uint16_t operand = template_node(p, NODE_OPERAND, read_binary(p, 0));
		if (operand)
			p->nodes[operand].op = (uint8_t)op;
		template_hang(p, node, &last, operand);
	}
	return node;
}

static uint16_t read_not(struct parse *p)
{
	if (!template_token_is(p, "not"))
		return read_comparison(p);
	if (++p->depth > TEMPLATE_DEPTH_MAX)
		complain(p, ERR_TOO_LARGE, "too many things are within each other");
	template_next(p);
	uint16_t node = template_node(p, NODE_NOT, read_not(p));
	p->depth--;
	return node;
}

/* Terms with "and", or with "or" between them. */
static uint16_t read_terms(struct parse *p, enum node_kind kind)
{
	const char *word = kind == NODE_OR ? "or" : "and";
	uint16_t node = kind == NODE_OR ? read_terms(p, NODE_AND) : read_not(p), last = node;
	if (!template_token_is(p, word))
		return node;
	node = template_node(p, kind, node);
	while (p->err == 0 && template_token_is(p, word)) {
		template_next(p);
		template_hang(p, node, &last, kind == NODE_OR ? read_terms(p, NODE_AND) : read_not(p));
	}
	return node;
}

static uint16_t read_if_else(struct parse *p)
{
	if (++p->depth > TEMPLATE_DEPTH_MAX)
		complain(p, ERR_TOO_LARGE, "too many things are within each other");
	uint16_t node = read_terms(p, NODE_OR);
	while (p->err == 0 && template_token_is(p, "if")) {
		template_next(p);
		uint16_t last = node, then = node;
		last = read_terms(p, NODE_OR);
		node = pair(p, NODE_IF_ELSE, last, then);
		last = then;
		bool otherwise = template_token_is(p, "else");
		if (otherwise)
			template_next(p);
		template_hang(p, node, &last, otherwise ? read_if_else(p) : template_node(p, NODE_NOTHING, 0));
	}
	p->depth--;
	return p->err == 0 ? node : 0;
}

uint16_t template_expression(struct parse *p, bool tuple)
{
	uint16_t node = read_if_else(p), last = node;
	if (!tuple || p->err != 0 || p->token.kind != TOKEN_COMMA)
		return node;
	node = template_node(p, NODE_TUPLE, node);
	while (template_accept(p, TOKEN_COMMA) && p->token.kind != TOKEN_CLOSE && p->token.kind != TOKEN_END)
		template_hang(p, node, &last, read_if_else(p));
	return node;
}
