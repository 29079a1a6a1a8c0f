/* Parsing, writing and following paths into JSON. Pure, any thread. */
#include "ingest/path.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"

/* A path being read: what is left of the text, and the names' room that is taken. */
struct reader {
	const char *rest;
	struct path *path;
	size_t used;
	const char *message; /* NULL while all is well */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 9535 §2.5.1.1; every byte of a character beyond ASCII counts. */
static bool is_name_first(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static void complain(struct reader *r, const char *message)
{
	if (!r->message)
		r->message = message;
}

/* The next step, or NULL with a complaint. */
static struct path_step *add_step(struct reader *r)
{
	if (r->path->count == PATH_STEPS_MAX) {
		complain(r, "A path has at most 16 steps.");
		return NULL;
	}
	return &r->path->steps[r->path->count++];
}

static void put_char(struct reader *r, char c)
{
	if (r->used == sizeof r->path->names)
		complain(r, "The path is too long.");
	else
		r->path->names[r->used++] = c;
}

/* Behind the dot. */
static void read_shorthand(struct reader *r)
{
	struct path_step *step = add_step(r);
	if (!step)
		return;
	*step = (struct path_step){.is_name = true, .name = (uint8_t)r->used};
	const char *start = r->rest;
	for (; is_name_first(*r->rest) || is_digit(*r->rest) || *r->rest == '-'; r->rest++)
		put_char(r, *r->rest);
	put_char(r, 0);
	if (r->rest == start)
		complain(r, *start == '*' || *start == '.' ? "A path names one value: it has no wildcards."
							   : "A name is missing, or must stand in ['…'].");
}

/* Behind the bracket, at the quote. */
static void read_quoted(struct reader *r)
{
	struct path_step *step = add_step(r);
	if (!step)
		return;
	*step = (struct path_step){.is_name = true, .name = (uint8_t)r->used};
	char quote = *r->rest++;
	while (*r->rest && *r->rest != quote) {
		if (*r->rest == '\\') {
			r->rest++;
			if (*r->rest != quote && *r->rest != '\\') {
				complain(r, "Only the quote and the backslash may follow a backslash.");
				return;
			}
		}
		put_char(r, *r->rest++);
	}
	put_char(r, 0);
	if (*r->rest == quote)
		r->rest++;
	else
		complain(r, "A closing quote is missing.");
}

static void read_index(struct reader *r)
{
	struct path_step *step = add_step(r);
	if (!step)
		return;
	bool negative = *r->rest == '-';
	int index = 0;
	const char *digits = r->rest += negative;
	for (; is_digit(*r->rest) && index <= PATH_INDEX_MAX; r->rest++)
		index = index * 10 + (*r->rest - '0');
	if (r->rest == digits || index > PATH_INDEX_MAX || (*digits == '0' && (negative || r->rest > digits + 1)))
		complain(r, "Between brackets stands a quoted name or a number from -9999 to 9999.");
	*step = (struct path_step){.index = (int16_t)(negative ? -index : index)};
}

static void read_bracket(struct reader *r)
{
	if (*r->rest == '\'' || *r->rest == '"')
		read_quoted(r);
	else
		read_index(r);
	if (*r->rest == ']')
		r->rest++;
	else
		complain(r, "A closing bracket is missing.");
}

int path_parse(const char *text, struct path *path_r, const char **message_r)
{
	struct reader r = {.rest = text, .path = path_r};
	*path_r = (struct path){0};
	if (!str_utf8_valid(span_str(text)))
		complain(&r, "A path is UTF-8.");
	if (*r.rest == '$')
		r.rest++;
	else if (*r.rest && *r.rest != '[')
		read_shorthand(&r);
	while (*r.rest && !r.message) {
		char c = *r.rest++;
		if (c == '.')
			read_shorthand(&r);
		else if (c == '[')
			read_bracket(&r);
		else
			complain(&r, "A dot or a bracket is missing, or a name must stand in ['…'].");
	}
	*message_r = r.message;
	return r.message ? ERR_INVALID : 0;
}

/* ---- writing ------------------------------------------------------------ */

static bool is_shorthand(const char *name)
{
	if (!is_name_first(*name))
		return false;
	while (is_name_first(*name) || is_digit(*name))
		name++;
	return *name == 0;
}

struct writer {
	char *text;
	size_t len;
	bool full;
};

static void write_char(struct writer *w, char c)
{
	if (w->len + 1 < SERIES_PATH_SIZE)
		w->text[w->len++] = c;
	else
		w->full = true;
}

static void write_text(struct writer *w, const char *s)
{
	while (*s)
		write_char(w, *s++);
}

static void write_quoted(struct writer *w, const char *name)
{
	write_text(w, "['");
	for (; *name; name++) {
		if (*name == '\'' || *name == '\\')
			write_char(w, '\\');
		write_char(w, *name);
	}
	write_text(w, "']");
}

static void write_step(struct writer *w, const struct path *path, const struct path_step *step)
{
	char number[16];
	const char *name = path->names + step->name;
	if (!step->is_name) {
		(void)str_format(number, sizeof number, "[%d]", step->index); /* fits */
		write_text(w, number);
	} else if (is_shorthand(name)) {
		write_char(w, '.');
		write_text(w, name);
	} else {
		write_quoted(w, name);
	}
}

int path_format(const struct path *path, char text_r[SERIES_PATH_SIZE])
{
	struct writer w = {.text = text_r};
	if (path->count)
		write_char(&w, '$');
	for (size_t i = 0; i < path->count; i++)
		write_step(&w, path, &path->steps[i]);
	text_r[w.full ? 0 : w.len] = 0;
	return w.full ? ERR_TOO_LARGE : 0;
}

/* ---- following ---------------------------------------------------------- */

static const json_t *element(const json_t *array, int index)
{
	size_t size = json_array_size(array), back = (size_t)-index;
	if (index >= 0)
		return json_array_get(array, (size_t)index);
	return back <= size ? json_array_get(array, size - back) : NULL;
}

const json_t *path_find(const struct path *path, const json_t *root)
{
	const json_t *node = root;
	for (size_t i = 0; i < path->count && node; i++) {
		const struct path_step *step = &path->steps[i];
		node = step->is_name ? json_object_get(node, path->names + step->name) : element(node, step->index);
	}
	return node;
}
