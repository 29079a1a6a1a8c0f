/* Reads the settings file into a snapshot and says everything that is wrong with it. libinih parts names from values; the reader
 * beneath counts lines and judges their form, because the library's callbacks know no line and it keeps
 * only the first mistake. At start and on reload, main's thread; blocks on the disk. */
#include "conf/conf.h"

#include <arpa/inet.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "conf/conf_table.h"

enum {
	MAX_FILE_BYTES = 1 << 20,
	MAX_LINE = 190, /* libinih's buffer is 200 bytes */
	MAX_WORD = 49,  /* libinih keeps 50 of a name */
	MAX_OPTIONS = 64,
};

struct parser {
	const char *file;
	struct span rest;      /* of the text */
	int line;              /* of what the handler sees now */
	const char *section;   /* of the table, NULL outside or in an unknown one */
	bool in_section;
	bool out_of_memory;
	bool failed;
	int seen[MAX_OPTIONS]; /* the line of each option of the table; 0: not set */
	struct conf *conf;
	struct buf *problems;
};

/* ---- problems ---------------------------------------------------------- */

/* Begins a problem's line. Whoever calls goes on appending and ends with end_problem. */
static struct buf *begin_problem(struct parser *p, int line)
{
	p->failed = true;
	if (buf_printf(p->problems, "%s:%d: ", p->file, line))
		p->out_of_memory = true;
	return p->problems;
}

static void end_problem(struct parser *p, int err)
{
	if (err || buf_append_str(p->problems, "\n"))
		p->out_of_memory = true;
}

static void problem(struct parser *p, const char *text)
{
	end_problem(p, buf_append_str(begin_problem(p, p->line), text));
}

/* Levenshtein's distance; words of at most MAX_WORD bytes. */
static size_t distance(const char *a, const char *b)
{
	size_t row[MAX_WORD + 1], b_len = strlen(b);
	if (strlen(a) > MAX_WORD || b_len > MAX_WORD)
		return MAX_WORD;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < b_len; j++) {
			size_t change = diagonal + (a[i] != b[j]);
			diagonal = row[j + 1];
			size_t insert = row[j] + 1, drop = row[j + 1] + 1;
			row[j + 1] = change < insert ? (change < drop ? change : drop) : (insert < drop ? insert : drop);
		}
	}
	return row[b_len];
}

/* How far a mistyped word may be from the right one. */
static size_t tolerance(const char *word)
{
	return strlen(word) / 3 + 1;
}

static void unknown_section(struct parser *p, const char *name)
{
	const char *nearest = NULL;
	size_t best = tolerance(name) + 1;
	for (size_t i = 0; i < conf_section_count; i++) {
		size_t d = distance(name, conf_sections[i].name);
		if (d < best) {
			best = d;
			nearest = conf_sections[i].name;
		}
	}
	struct buf *out = begin_problem(p, p->line);
	int err = buf_printf(out, "there is no section [%s]; ", name);
	if (!err && nearest)
		err = buf_printf(out, "did you mean [%s]?", nearest);
	else if (!err)
		err = buf_append_str(out, "the sections are");
	for (size_t i = 0; i < conf_section_count && !nearest && !err; i++)
		err = buf_printf(out, " [%s]", conf_sections[i].name);
	end_problem(p, err);
}

static void unknown_option(struct parser *p, const char *name)
{
	const struct conf_option *nearest = NULL, *elsewhere = NULL;
	size_t best = tolerance(name) + 1;
	for (size_t i = 0; i < conf_option_count; i++) {
		const struct conf_option *option = &conf_options[i];
		bool here = p->section && strcmp(option->section, p->section) == 0;
		size_t d = distance(name, option->name);
		if (here && d < best) {
			best = d;
			nearest = option;
		}
		if (!here && d == 0)
			elsewhere = option;
	}
	struct buf *out = begin_problem(p, p->line);
	int err = p->section ? buf_printf(out, "there is no option %s in [%s]; ", name, p->section)
			     : buf_printf(out, "%s stands before any [section]; ", name);
	if (!err && elsewhere)
		err = buf_printf(out, "it belongs in [%s]", elsewhere->section);
	else if (!err && nearest)
		err = buf_printf(out, "did you mean %s?", nearest->name);
	else if (!err)
		err = buf_append_str(out, "tomte-hub --help-config lists all options");
	end_problem(p, err);
}

static void bad_value(struct parser *p, const struct conf_option *option, const char *value)
{
	struct buf *out = begin_problem(p, p->line);
	int err = buf_printf(out, "%s = %s: must be ", option->name, value);
	if (!err)
		err = conf_option_allowed(option, out);
	end_problem(p, err);
}

/* ---- lines ------------------------------------------------------------- */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span s)
{
	while (s.len && is_blank(s.data[0]))
		s = span_of(s.data + 1, s.len - 1);
	while (s.len && is_blank(s.data[s.len - 1]))
		s.len--;
	return s;
}

/* Enters the section of a line "[name]". Returns whether libinih may see the line. */
static bool enter_section(struct parser *p, struct span line)
{
	p->section = NULL;
	p->in_section = true;
	const uint8_t *end = memchr(line.data, ']', line.len);
	struct span behind = end ? trim(span_of(end + 1, (size_t)(line.data + line.len - end - 1))) : (struct span){0};
	char name[MAX_WORD + 1];
	if (!end || (behind.len && behind.data[0] != ';' && behind.data[0] != '#') ||
	    str_copy_span(name, sizeof name, span_of(line.data + 1, (size_t)(end - line.data - 1)))) {
		problem(p, "a section is written [name], alone on its line");
		return false;
	}
	for (size_t i = 0; i < conf_section_count; i++)
		if (strcmp(name, conf_sections[i].name) == 0)
			p->section = conf_sections[i].name;
	if (!p->section)
		unknown_section(p, name);
	return true;
}

/* Judges a line's form. Returns whether libinih may see it. */
static bool line_fine(struct parser *p, struct span line)
{
	if (line.len == 0 || line.data[0] == '#' || line.data[0] == ';')
		return false;
	if (line.len > MAX_LINE) {
		problem(p, "the line is longer than 190 bytes");
		return false;
	}
	if (!utf8_valid(line)) {
		problem(p, "the line is not UTF-8 text");
		return false;
	}
	if (line.data[0] == '[')
		return enter_section(p, line);
	const uint8_t *equals = memchr(line.data, '=', line.len);
	struct span name = equals ? trim(span_of(line.data, (size_t)(equals - line.data))) : (struct span){0};
	if (!equals || name.len == 0 || name.len > MAX_WORD || memchr(name.data, ':', name.len) || memchr(name.data, ';', name.len)) {
		problem(p, "an option is written name = value");
		return false;
	}
	return true;
}

/* libinih's reader: the next line without its indentation, which would make it a continuation of the line before. Lines that
 * are not for libinih come as empty ones. */
static char *read_line(char *out, int size, void *stream)
{
	struct parser *p = stream;
	if (p->rest.len == 0 || size < MAX_LINE + 2)
		return NULL;
	const uint8_t *newline = memchr(p->rest.data, '\n', p->rest.len);
	size_t len = newline ? (size_t)(newline - p->rest.data) : p->rest.len;
	struct span line = trim(span_of(p->rest.data, len));
	size_t step = newline ? len + 1 : len;
	p->rest = span_of(p->rest.data + step, p->rest.len - step);
	p->line++;
	if (!line_fine(p, line))
		line.len = 0;
	if (line.len)
		memcpy(out, line.data, line.len);
	out[line.len] = '\n';
	out[line.len + 1] = 0;
	return out;
}

/* libinih's handler: one option. */
static int take_option(void *user, const char *section, const char *name, const char *value)
{
	struct parser *p = user;
	(void)section; /* p->section, from the table */
	if (p->in_section && !p->section)
		return 1; /* said already */
	for (size_t i = 0; i < conf_option_count; i++) {
		const struct conf_option *option = &conf_options[i];
		if (!p->section || strcmp(option->section, p->section) != 0 || strcmp(option->name, name) != 0)
			continue;
		if (p->seen[i]) {
			end_problem(p, buf_printf(begin_problem(p, p->line), "%s was set in line %d already; remove one", name, p->seen[i]));
			return 1;
		}
		p->seen[i] = p->line;
		conf_option_clear(option, p->conf);
		int err = conf_option_set(option, p->conf, value);
		if (err == ERR_NOMEM)
			p->out_of_memory = true;
		else if (err)
			bad_value(p, option, value);
		return 1;
	}
	unknown_option(p, name);
	return 1;
}

/* ---- rules between options --------------------------------------------- */

static int line_of(const struct parser *p, const char *section, const char *name)
{
	for (size_t i = 0; i < conf_option_count; i++)
		if (strcmp(conf_options[i].section, section) == 0 && strcmp(conf_options[i].name, name) == 0)
			return p->seen[i];
	return 0;
}

static bool loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

struct endpoint {
	const char *section, *name, *address;
	uint16_t port;
};

static bool clash(const struct endpoint *a, const struct endpoint *b)
{
	return a->port && a->port == b->port &&
	       (strcmp(a->address, b->address) == 0 || strcmp(a->address, "*") == 0 || strcmp(b->address, "*") == 0);
}

static void check_ports(struct parser *p)
{
	const struct conf *c = p->conf;
	const struct endpoint all[] = {
		{"mqtt", "tls_port", c->mqtt.tls_address, c->mqtt.tls_port},
		{"mqtt", "plain_port", c->mqtt.plain_address, c->mqtt.plain_port},
		{"web", "https_port", c->web.address, c->web.https_port},
		{"web", "http_port", c->web.address, c->web.http_port},
	};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		for (size_t j = 0; j < i; j++)
			if (clash(&all[i], &all[j])) {
				int line = line_of(p, all[i].section, all[i].name), other = line_of(p, all[j].section, all[j].name);
				end_problem(p, buf_printf(begin_problem(p, line > other ? line : other),
							  "%s and %s are both %u; each needs a port of its own", all[i].name,
							  all[j].name, all[i].port));
			}
}

static void check_rules(struct parser *p)
{
	const struct conf *c = p->conf;
	if (c->mqtt.plain_port && !loopback(c->mqtt.plain_address) && !c->mqtt.allow_unencrypted)
		end_problem(p, buf_printf(begin_problem(p, line_of(p, "mqtt", "plain_address")),
					  "plain_address = %s would serve MQTT without encryption to the network; set "
					  "allow_unencrypted = yes to want that, or use 127.0.0.1",
					  c->mqtt.plain_address));
	check_ports(p);
}

/* ---- the door ---------------------------------------------------------- */

static int set_defaults(struct conf *conf)
{
	for (size_t i = 0; i < conf_option_count; i++) {
		int err = conf_option_set(&conf_options[i], conf, conf_options[i].value);
		if (err)
			return err;
	}
	return 0;
}

int conf_parse(struct span text, const char *name, struct conf **conf_r, struct buf *problems)
{
	*conf_r = NULL;
	struct conf *conf = calloc(1, sizeof *conf);
	if (!conf)
		return ERR_NOMEM;
	struct parser p = {.file = name, .rest = text, .conf = conf, .problems = problems};
	int err = set_defaults(conf);
	if (span_starts(p.rest, span_str("\xef\xbb\xbf"))) /* a byte order mark of a Windows editor */
		p.rest = span_of(p.rest.data + 3, p.rest.len - 3);
	if (!err && ini_parse_stream(read_line, &p, take_option, &p) == -2)
		err = ERR_NOMEM;
	if (!err && !p.failed)
		check_rules(&p);
	if (!err && p.out_of_memory)
		err = ERR_NOMEM;
	if (!err && p.failed)
		err = ERR_CONFIG;
	if (err)
		conf_destroy(&conf);
	*conf_r = conf;
	return err;
}

int conf_load(const char *path, struct conf **conf_r, struct buf *problems)
{
	*conf_r = NULL;
	const char *file = path ? path : CONF_DEFAULT_PATH;
	struct buf text = {0};
	int err = buf_read_file(&text, file, MAX_FILE_BYTES);
	if (err == ERR_NOT_FOUND && !path)
		err = 0;
	if (err)
		err = buf_printf(problems, "%s: cannot be read: %s\n", file, err_text(err)) ? ERR_NOMEM : ERR_CONFIG;
	else
		err = conf_parse(buf_span(&text), file, conf_r, problems);
	buf_finish(&text);
	return err;
}

void conf_destroy(struct conf **conf)
{
	if (!*conf)
		return;
	for (size_t i = 0; i < conf_option_count; i++)
		conf_option_clear(&conf_options[i], *conf);
	free(*conf);
	*conf = NULL;
}

int conf_needs_restart(const struct conf *running, const struct conf *fresh, struct buf *names)
{
	int err = 0;
	for (size_t i = 0; i < conf_option_count && !err; i++) {
		const struct conf_option *option = &conf_options[i];
		if (!option->live && !conf_option_equal(option, running, fresh))
			err = buf_printf(names, "%s%s.%s", names->len ? ", " : "", option->section, option->name);
	}
	return err;
}
