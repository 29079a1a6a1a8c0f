/* Templates, compiled: text and tags into a tree of nodes in one block of memory that never changes. Pure, any thread.
 * Expressions are read by template_expression.c, a program is rendered by template_render.c. */
#include "device/template.h"

#include <stdlib.h>

#include "device/template_private.h"

static uint16_t read_block(struct parse *p, const char *const *ends);

static void complain(struct parse *p, int err, const char *what)
{
	template_complain(p, err, what, span_str(NULL), "");
}

/* Whether the tag that is read is one of these. */
static bool is_one_of(const struct parse *p, const char *const *names)
{
	for (; *names; names++)
		if (template_token_is(p, *names))
			return true;
	return false;
}

/* The tag's end, nothing else. */
static void expect_end(struct parse *p)
{
	if (p->err == 0 && p->token.kind != TOKEN_END)
		complain(p, ERR_MALFORMED, "here should be the end of the tag");
}

/* Reads an if from its condition to its endif; the token is its name. */
static uint16_t read_if(struct parse *p)
{
	static const char *const ends[] = {"elif", "else", "endif", NULL}, *const last_end[] = {"endif", NULL};
	uint16_t node = template_node(p, NODE_IF, 0), last = 0;
	do {
		template_next(p);
		template_hang(p, node, &last, template_expression(p, false));
		expect_end(p);
		template_hang(p, node, &last, read_block(p, ends));
	} while (p->err == 0 && template_token_is(p, "elif"));
	if (template_token_is(p, "else")) {
		template_next(p);
		expect_end(p);
		template_hang(p, node, &last, read_block(p, last_end));
	}
	template_next(p);
	expect_end(p);
	return node;
}

/* The slot of a name that is assigned. */
static uint16_t assign_slot(struct parse *p, struct span name)
{
	for (unsigned i = 0; i < p->slot_count; i++)
		if (span_equal(p->slots[i], name))
			return (uint16_t)i;
	if (p->slot_count == TEMPLATE_SLOTS_MAX) {
		complain(p, ERR_TOO_LARGE, "too many names are set");
		return 0;
	}
	p->slots[p->slot_count] = name;
	return (uint16_t)p->slot_count++;
}

static uint16_t read_set(struct parse *p)
{
	static const char *const constants[] = {"true", "false", "none", "True", "False", "None", NULL};
	template_next(p);
	struct span name = p->token.text;
	if (p->token.kind != TOKEN_NAME || is_one_of(p, constants))
		complain(p, ERR_MALFORMED, "here should be a name to set");
	template_next(p);
	if (p->err == 0 && (p->token.kind == TOKEN_COMMA || p->token.kind == TOKEN_DOT || p->token.kind == TOKEN_END ||
			    p->token.kind == TOKEN_PIPE))
		complain(p, ERR_UNSUPPORTED, "set is only supported as set name = value");
	template_expect(p, TOKEN_ASSIGN, "=");
	uint16_t node = template_node(p, NODE_SET, template_expression(p, true));
	expect_end(p);
	uint16_t slot = p->err == 0 ? assign_slot(p, name) : 0;
	if (p->err == 0)
		p->nodes[node].index = slot;
	return node;
}

/* Reads a {% tag %}. Returns its node; 0 and the name as token when it is one of ends. */
static uint16_t read_tag(struct parse *p, const char *const *ends)
{
	template_next(p);
	if (p->err != 0 || (ends && is_one_of(p, ends)))
		return 0;
	static const char *const misplaced[] = {"elif", "else", "endif", NULL};
	if (template_token_is(p, "if"))
		return read_if(p);
	if (template_token_is(p, "set"))
		return read_set(p);
	if (p->token.kind != TOKEN_NAME)
		complain(p, ERR_MALFORMED, "here should be the name of a tag");
	else if (is_one_of(p, misplaced))
		template_complain(p, ERR_MALFORMED, "the tag ", p->token.text, " does not belong here");
	else
		template_complain(p, ERR_UNSUPPORTED, "the tag ", p->token.text, " is not supported");
	return 0;
}

/* Appends text with every line ending in \n. Returns the node, 0 for an empty text. */
static uint16_t make_text(struct parse *p, struct span text)
{
	uint16_t node = text.len ? template_node(p, NODE_TEXT, 0) : 0;
	size_t start = p->text.len;
	while (text.len && p->err == 0) {
		const uint8_t *end = memchr(text.data, '\r', text.len);
		size_t len = end ? (size_t)(end - text.data) : text.len, skip = len;
		int err = buf_append(&p->text, text.data, len);
		if (end) {
			skip += len + 1 < text.len && text.data[len + 1] == '\n' ? 2 : 1;
			err = err ? err : buf_append_str(&p->text, "\n");
		}
		if (err)
			complain(p, ERR_NOMEM, "there is no memory");
		text = span_of(text.data + skip, text.len - skip);
	}
	if (node && p->err == 0) {
		p->nodes[node].text.at = (uint32_t)start;
		p->nodes[node].text.len = (uint32_t)(p->text.len - start);
	}
	return p->err == 0 ? node : 0;
}

/* Skips a comment, whose opening is read. */
static void skip_comment(struct parse *p)
{
	p->token_at = p->at;
	while (p->at + 1 < p->source.len && !(p->source.data[p->at] == '#' && p->source.data[p->at + 1] == '}'))
		p->at++;
	if (p->at + 1 >= p->source.len) {
		complain(p, ERR_MALFORMED, "a comment has no end");
		return;
	}
	bool trim = p->source.data[p->at - 1] == '-';
	p->at += 2;
	if (trim)
		p->at = p->source.len -
			template_strip(span_of(p->source.data + p->at, p->source.len - p->at), true, false).len;
}

/* Reads text up to the next tag, whose opening is read too. Returns the tag's second character, 0 at the end. */
static char read_text(struct parse *p, uint16_t *node_r)
{
	struct span rest = span_of(p->source.data + p->at, p->source.len - p->at);
	size_t len = 0;
	while (len < rest.len && !(rest.data[len] == '{' && len + 1 < rest.len && strchr("{%#", rest.data[len + 1]) &&
				   rest.data[len + 1]))
		len++;
	p->token_at = p->at + len;
	struct span text = span_of(rest.data, len);
	if (len == rest.len) {
		*node_r = make_text(p, text);
		p->at = p->source.len;
		return 0;
	}
	uint8_t sign = len + 2 < rest.len ? rest.data[len + 2] : 0;
	*node_r = make_text(p, sign == '-' ? template_strip(text, false, true) : text);
	p->at += len + 2 + (sign == '-' || sign == '+');
	return (char)rest.data[len + 1];
}

/* Reads statements up to a tag of ends, which is the token then, or to the end of the template. */
static uint16_t read_block(struct parse *p, const char *const *ends)
{
	uint16_t node = template_node(p, NODE_BLOCK, 0), last = 0, child;
	if (++p->depth > TEMPLATE_DEPTH_MAX)
		complain(p, ERR_TOO_LARGE, "too many things are within each other");
	while (p->err == 0) {
		char opened = read_text(p, &child);
		if (child)
			template_hang(p, node, &last, child);
		if (!opened && ends)
			complain(p, ERR_MALFORMED, "an if has no endif");
		if (!opened)
			break;
		if (opened == '#') {
			skip_comment(p);
			continue;
		}
		p->closing = opened == '{' ? '}' : '%';
		p->balance = 0;
		if (opened == '{') {
			template_next(p);
			child = template_node(p, NODE_PRINT, template_expression(p, true));
			expect_end(p);
		} else {
			child = read_tag(p, ends);
			if (!child)
				break;
		}
		template_hang(p, node, &last, child);
	}
	p->depth--;
	return node;
}

/* Moves what was read into one block of memory. */
static int make_program(struct parse *p, uint16_t root, struct template **template_r)
{
	size_t nodes_size = p->node_count * sizeof p->nodes[0];
	struct template *t = malloc(sizeof *t + nodes_size + p->text.len + 1);
	if (!t) {
		complain(p, ERR_NOMEM, "there is no memory");
		return ERR_NOMEM;
	}
	char *text = (char *)t->nodes + nodes_size;
	t->root = root;
	t->slot_count = (uint16_t)p->slot_count;
	t->text = text;
	memcpy(t->nodes, p->nodes, nodes_size);
	if (p->text.len)
		memcpy(text, p->text.data, p->text.len);
	*template_r = t;
	return 0;
}

int template_compile(struct span text, struct template **template_r, char *message_r)
{
	struct parse p = {.source = text, .message = message_r};
	*template_r = NULL;
	message_r[0] = 0;
	if (text.len > TEMPLATE_TEXT_MAX)
		complain(&p, ERR_TOO_LARGE, "the template is too long");
	else if (!utf8_text_valid(text))
		complain(&p, ERR_MALFORMED, "the template is not UTF-8");
	uint16_t root = read_block(&p, NULL);
	if (p.err == 0)
		p.err = make_program(&p, root, template_r);
	free(p.nodes);
	free(p.heights);
	buf_finish(&p.text);
	return p.err;
}

void template_destroy(struct template **t)
{
	if (!t)
		return;
	free(*t);
	*t = NULL;
}
