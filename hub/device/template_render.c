/* Renders programs: walks the tree, whose depth the compiler has bounded, and counts every step that depends on data.
 * There are no loops, so that each node is visited once at most. Text is built at the end of the caller's buffer, values
 * on the way lie in scratch memory, of which the first 4 kB are on the stack. Pure, any thread. */
#include <stdlib.h>

#include "device/template_private.h"

/* ---- bounds ---- */

int template_fail(struct render *r, int err, const char *failure)
{
	if (!r->failure)
		r->failure = failure;
	return err;
}

int template_spend(struct render *r, size_t steps)
{
	if (steps > TEMPLATE_STEPS_MAX - r->steps)
		return template_fail(r, ERR_TOO_LARGE, "takes too many steps");
	r->steps += steps;
	return 0;
}

/* Makes room for size bytes in a new chunk. */
static int grow_scratch(struct render *r, size_t size)
{
	size_t wanted = size > 8192 ? size : 8192;
	if (wanted > TEMPLATE_SCRATCH_MAX - r->scratch_total)
		return template_fail(r, ERR_TOO_LARGE, "makes too much on the way");
	struct chunk *chunk = malloc(sizeof *chunk + wanted);
	if (!chunk)
		return template_fail(r, ERR_NOMEM, "has no memory");
	chunk->next = r->chunks;
	r->chunks = chunk;
	r->scratch = chunk->bytes;
	r->scratch_size = wanted;
	r->scratch_used = 0;
	r->scratch_total += wanted;
	return 0;
}

int template_scratch(struct render *r, size_t size, void *memory_r)
{
	int err = template_spend(r, size);
	size = (size + 15) & ~(size_t)15;
	if (err == 0 && size > r->scratch_size - r->scratch_used)
		err = grow_scratch(r, size);
	if (err != 0)
		return err;
	*(void **)memory_r = r->scratch + r->scratch_used;
	r->scratch_used += size;
	return 0;
}

int template_scratch_list(struct render *r, size_t count, struct datum **items_r)
{
	if (count > TEMPLATE_SCRATCH_MAX / sizeof **items_r)
		return template_fail(r, ERR_TOO_LARGE, "makes too long a list");
	return template_scratch(r, count * sizeof **items_r, items_r);
}

int template_put(struct render *r, const void *bytes, size_t len)
{
	if (len == 0)
		return 0;
	if (len > TEMPLATE_OUTPUT_MAX - (r->out->len - r->out_start))
		return template_fail(r, ERR_TOO_LARGE, "makes too long a text");
	int err = template_spend(r, len);
	if (err == 0 && buf_append(r->out, bytes, len) != 0)
		err = template_fail(r, ERR_NOMEM, "has no memory");
	return err;
}

int template_take(struct render *r, size_t mark, struct datum *v_r)
{
	size_t len = r->out->len - mark;
	uint8_t *text = NULL;
	int err = template_scratch(r, len, &text);
	if (err == 0 && len)
		memcpy(text, r->out->data + mark, len);
	r->out->len = mark;
	*v_r = datum_string(span_of(text, len));
	return err;
}

/* ---- expressions ---- */

static int evaluate(struct render *r, uint16_t index, struct datum *v_r);

static struct span node_text(const struct render *r, const struct node *node)
{
	return span_of(r->program->text + node->text.at, node->text.len);
}

static const struct node *node_at(const struct render *r, uint16_t index)
{
	return &r->program->nodes[index];
}

/* The variable that the caller gave, undefined when there is none of that name. */
static struct datum find_variable(const struct render *r, struct span name)
{
	for (size_t i = 0; i < r->in->variable_count; i++) {
		const struct template_variable *variable = &r->in->variables[i];
		if (!span_is(name, variable->name))
			continue;
		switch (variable->kind) {
		case TEMPLATE_NONE: return (struct datum){.kind = KIND_NONE};
		case TEMPLATE_BOOL: return datum_bool(variable->truth);
		case TEMPLATE_INTEGER: return datum_integer(variable->integer);
		case TEMPLATE_REAL: return datum_real(variable->real);
		case TEMPLATE_STRING: return datum_string(variable->string);
		}
	}
	return datum_undefined();
}

static int evaluate_name(struct render *r, const struct node *node, struct datum *v_r)
{
	if (node->index && r->slots[node->index - 1].kind != KIND_NOTHING) {
		*v_r = r->slots[node->index - 1];
	} else if (node->kind == NODE_VALUE_JSON && r->in->has_payload) {
		*v_r = template_from_json(template_input_json(r->in));
	} else if (node->kind == NODE_VALUE && r->in->has_payload) {
		if (!template_input_is_text(r->in))
			return template_wrong(r, "got a payload that is not UTF-8");
		*v_r = datum_string(r->in->payload);
	} else {
		*v_r = find_variable(r, node_text(r, node));
	}
	return 0;
}

/* Evaluates the children of a list, a tuple or a dict. */
static int evaluate_items(struct render *r, const struct node *node, struct datum *v_r)
{
	size_t count = 0;
	for (uint16_t child = node->first; child; child = node_at(r, child)->next)
		count++;
	*v_r = (struct datum){.kind = node->kind == NODE_LIST ? KIND_LIST : KIND_TUPLE};
	int err = template_scratch_list(r, count, &v_r->items);
	for (uint16_t child = node->first; child && err == 0; child = node_at(r, child)->next)
		err = evaluate(r, child, &v_r->items[v_r->count++]);
	return err;
}

static bool is_key(const struct datum *v)
{
	return v->kind <= KIND_STRING;
}

/* A dict of the items in between; of keys that are alike the last one counts, at the place of the first. */
static int evaluate_dict(struct render *r, const struct node *node, struct datum *v_r)
{
	int err = evaluate_items(r, node, v_r);
	size_t all = v_r->count;
	v_r->kind = KIND_DICT;
	v_r->count = 0;
	for (size_t i = 0; i < all && err == 0; i += 2) {
		bool known = false;
		size_t at = 0;
		if (!is_key(&v_r->items[i]))
			return template_wrong(r, "has a key that is a list or a mapping");
		for (; at < v_r->count && err == 0 && !known; at += known ? 0 : 2)
			err = template_equal(r, &v_r->items[at], &v_r->items[i], 0, &known);
		if (!known)
			v_r->items[at] = v_r->items[i];
		v_r->items[at + 1] = v_r->items[i + 1];
		v_r->count = known ? v_r->count : at + 2;
	}
	return err;
}

static int evaluate_slice(struct render *r, const struct node *node, struct datum *v_r)
{
	struct datum object, bounds[3];
	int err = evaluate(r, node->first, &object);
	uint16_t child = node_at(r, node->first)->next;
	for (int i = 0; i < 3 && err == 0; i++, child = node_at(r, child)->next)
		err = evaluate(r, child, &bounds[i]);
	return err ? err : template_slice(r, &object, bounds, v_r);
}

/* A method that a value does not have is undefined, and cannot be called. */
static int check_subject(struct render *r, const struct callable *callable, const struct datum *v)
{
	bool mapping = v->kind == KIND_DICT || v->kind == KIND_OBJECT;
	if ((callable->subject == SUBJECT_TEXT && v->kind != KIND_STRING) ||
	    (callable->subject == SUBJECT_MAPPING && !mapping))
		return template_fail(r, ERR_NOT_FOUND, "calls a method that a value does not have");
	return 0;
}

static int evaluate_call(struct render *r, const struct node *node, struct datum *v_r)
{
	struct datum args[TEMPLATE_ARGS_MAX] = {0};
	size_t count = 0;
	int err = 0;
	for (uint16_t child = node->first; child && err == 0 && count < TEMPLATE_ARGS_MAX;
	     child = node_at(r, child)->next)
		err = evaluate(r, child, &args[count++]);
	if (err == 0)
		err = check_subject(r, node->callable, &args[0]);
	return err ? err : node->callable->call(r, args, count, v_r);
}

static int compare(struct render *r, unsigned op, const struct datum *left, const struct datum *right, bool *true_r)
{
	int order = 0, err;
	switch (op) {
	case TOKEN_EQUAL: return template_equal(r, left, right, 0, true_r);
	case TOKEN_IN: return template_contains(r, right, left, true_r);
	case TOKEN_NOT_EQUAL:
		err = template_equal(r, left, right, 0, true_r);
		*true_r = !*true_r;
		return err;
	case TOKEN_NOT_IN:
		err = template_contains(r, right, left, true_r);
		*true_r = !*true_r;
		return err;
	default: break;
	}
	err = template_order(r, left, right, &order);
	*true_r = op == TOKEN_LESS	 ? order < 0
		  : op == TOKEN_GREATER	 ? order == 1
		  : op == TOKEN_LESS_EQUAL ? order <= 0
					 : order == 0 || order == 1;
	return err;
}

/* a < b < c: each pair as it comes, up to the first that is not true. */
static int evaluate_compare(struct render *r, const struct node *node, struct datum *v_r)
{
	struct datum left, right;
	bool holds = true;
	int err = evaluate(r, node->first, &left);
	for (uint16_t child = node_at(r, node->first)->next; child && holds && err == 0;
	     child = node_at(r, child)->next) {
		err = evaluate(r, node_at(r, child)->first, &right);
		if (err == 0)
			err = compare(r, node_at(r, child)->op, &left, &right, &holds);
		left = right;
	}
	*v_r = datum_bool(holds);
	return err;
}

/* and, or: the value that decides. */
static int evaluate_terms(struct render *r, const struct node *node, struct datum *v_r)
{
	uint16_t child = node->first;
	int err = evaluate(r, child, v_r);
	while (err == 0 && (child = node_at(r, child)->next) && template_truth(r, v_r) == (node->kind == NODE_AND))
		err = evaluate(r, child, v_r);
	return err;
}

static int evaluate_if_else(struct render *r, const struct node *node, struct datum *v_r)
{
	struct datum condition;
	int err = evaluate(r, node->first, &condition);
	if (err != 0)
		return err;
	uint16_t then = node_at(r, node->first)->next;
	err = evaluate(r, template_truth(r, &condition) ? then : node_at(r, then)->next, v_r);
	if (v_r->kind == KIND_NOTHING)
		*v_r = datum_undefined();
	return err;
}

/* Two operands: item and arithmetic. */
static int evaluate_pair(struct render *r, const struct node *node, struct datum *v_r)
{
	struct datum left, right;
	int err = evaluate(r, node->first, &left);
	if (err == 0)
		err = evaluate(r, node_at(r, node->first)->next, &right);
	if (err != 0)
		return err;
	return node->kind == NODE_ITEM ? template_item(r, &left, &right, v_r)
				       : template_operate(r, node->op, &left, &right, v_r);
}

/* One operand: attribute, not and signs. */
static int evaluate_single(struct render *r, const struct node *node, struct datum *v_r)
{
	struct datum v;
	int err = evaluate(r, node->first, &v);
	if (err != 0)
		return err;
	switch (node->kind) {
	case NODE_ATTRIBUTE: return template_attribute(r, &v, node_text(r, node), v_r);
	case NODE_NOT: *v_r = datum_bool(!template_truth(r, &v)); return 0;
	default: return template_sign(r, node->kind == NODE_NEGATE, &v, v_r);
	}
}

static int evaluate_concat(struct render *r, const struct node *node, struct datum *v_r)
{
	size_t mark = r->out->len;
	int err = 0;
	for (uint16_t child = node->first; child && err == 0; child = node_at(r, child)->next) {
		struct datum part;
		err = evaluate(r, child, &part);
		if (err == 0)
			err = template_put_text(r, &part);
	}
	return err ? err : template_take(r, mark, v_r);
}

static int evaluate(struct render *r, uint16_t index, struct datum *v_r)
{
	const struct node *node = node_at(r, index);
	*v_r = (struct datum){.kind = KIND_NOTHING};
	switch ((enum node_kind)node->kind) {
	case NODE_NONE: v_r->kind = KIND_NONE; return 0;
	case NODE_BOOL: *v_r = datum_bool(node->integer); return 0;
	case NODE_INTEGER: *v_r = datum_integer(node->integer); return 0;
	case NODE_REAL: *v_r = datum_real(node->real); return 0;
	case NODE_STRING: *v_r = datum_string(node_text(r, node)); return 0;
	case NODE_NAME:
	case NODE_VALUE:
	case NODE_VALUE_JSON: return evaluate_name(r, node, v_r);
	case NODE_LIST:
	case NODE_TUPLE: return evaluate_items(r, node, v_r);
	case NODE_DICT: return evaluate_dict(r, node, v_r);
	case NODE_SLICE: return evaluate_slice(r, node, v_r);
	case NODE_CALL: return evaluate_call(r, node, v_r);
	case NODE_COMPARE: return evaluate_compare(r, node, v_r);
	case NODE_AND:
	case NODE_OR: return evaluate_terms(r, node, v_r);
	case NODE_IF_ELSE: return evaluate_if_else(r, node, v_r);
	case NODE_ITEM:
	case NODE_BINARY: return evaluate_pair(r, node, v_r);
	case NODE_ATTRIBUTE:
	case NODE_NOT:
	case NODE_NEGATE:
	case NODE_PLUS: return evaluate_single(r, node, v_r);
	case NODE_CONCAT: return evaluate_concat(r, node, v_r);
	case NODE_NOTHING:
	case NODE_OPERAND:
	case NODE_TEXT:
	case NODE_PRINT:
	case NODE_SET:
	case NODE_BLOCK:
	case NODE_IF: break;
	}
	return 0;
}

/* ---- statements ---- */

static int run_block(struct render *r, uint16_t block);

static int run_if(struct render *r, const struct node *node)
{
	uint16_t child = node->first;
	while (child) {
		uint16_t next = node_at(r, child)->next;
		if (!next)
			return run_block(r, child); /* else */
		struct datum condition;
		int err = evaluate(r, child, &condition);
		if (err != 0)
			return err;
		if (template_truth(r, &condition))
			return run_block(r, next);
		child = node_at(r, next)->next;
	}
	return 0;
}

static int run_statement(struct render *r, const struct node *node)
{
	struct datum v;
	int err;
	switch (node->kind) {
	case NODE_TEXT: return template_put(r, r->program->text + node->text.at, node->text.len);
	case NODE_IF: return run_if(r, node);
	default: break;
	}
	err = evaluate(r, node->first, &v);
	if (err != 0)
		return err;
	if (node->kind == NODE_PRINT)
		return template_put_text(r, &v);
	r->slots[node->index] = v;
	return 0;
}

static int run_block(struct render *r, uint16_t block)
{
	int err = 0;
	for (uint16_t child = node_at(r, block)->first; child && err == 0; child = node_at(r, child)->next)
		err = run_statement(r, node_at(r, child));
	return err;
}

/* ---- the whole ---- */

static void init_render(struct render *r, const struct template *t, struct template_input *in, struct buf *out)
{
	r->program = t;
	r->in = in;
	r->out = out;
	r->out_start = out->len;
	r->steps = 0;
	r->undefined = false;
	r->failure = NULL;
	for (unsigned i = 0; i < t->slot_count; i++)
		r->slots[i].kind = KIND_NOTHING;
	r->owned_count = 0;
	r->scratch = r->first_chunk;
	r->scratch_size = sizeof r->first_chunk;
	r->scratch_used = 0;
	r->scratch_total = 0;
	r->chunks = NULL;
}

static void finish_render(struct render *r)
{
	for (size_t i = 0; i < r->owned_count; i++)
		json_decref(r->owned[i]);
	while (r->chunks) {
		struct chunk *next = r->chunks->next;
		free(r->chunks);
		r->chunks = next;
	}
}

/* Takes white space off both ends of what was rendered. */
static void trim(struct buf *out, size_t start)
{
	if (out->len == start)
		return;
	struct span text = template_strip(span_of(out->data + start, out->len - start), true, true);
	if (text.len)
		memmove(out->data + start, text.data, text.len);
	out->len = start + text.len;
}

int template_render(const struct template *t, struct template_input *in, struct buf *out,
		    struct template_outcome *outcome_r)
{
	struct render r; /* not zeroed: it is large, and most of it goes unused */
	init_render(&r, t, in, out);
	int err = run_block(&r, t->root);
	if (err == 0)
		trim(out, r.out_start);
	else
		out->len = r.out_start;
	if (outcome_r)
		*outcome_r = (struct template_outcome){.undefined = r.undefined, .failure = err ? r.failure : NULL};
	finish_render(&r);
	return err;
}
