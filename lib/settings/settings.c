/* The settings file's parser, driven by the table of options. Never stops at the
 * first mistake: all are told at once. */
#include "settings/settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "settings/settings_private.h"

struct parse {
	const struct settings_table *table;
	void *conf;
	const char *path; /* of the file */
	FILE *file;
	unsigned line;  /* being read, from 1 */
	unsigned *seen; /* line of each option */
	struct buf *complaints;
	bool failed;
};

const char *settings_allowed(const struct settings_option *o, char *text, size_t size)
{
	switch (o->type) {
	case SETTING_INT: str_format(text, size, "a whole number, %lld to %lld", (long long)o->min, (long long)o->max); break;
	case SETTING_BOOL: return "yes or no";
	case SETTING_LEVEL: return "error, warning, info or debug";
	case SETTING_HOST: return "HOST or HOST:PORT, IPv6 as [ADDRESS]:PORT";
	case SETTING_ADDRESS: return "an IP address of this machine, or * for all";
	case SETTING_PATH: return "an absolute path";
	case SETTING_NAMES: str_format(text, size, "up to %d names parted by commas", SETTINGS_MAX_LIST); break;
	case SETTING_PATHS: str_format(text, size, "up to %d absolute paths parted by commas", SETTINGS_MAX_LIST); break;
	case SETTING_NEED: return "off, optional or required";
	case SETTING_TEXT: str_format(text, size, "UTF-8 text of up to %zu bytes", o->size - 1); break;
	}
	return text;
}

static void complain(struct parse *p, const char *what, const char *allowed)
{
	p->failed = true;
	buf_printf(p->complaints, "%s:%u: %s%s%s\n", p->path, p->line, what, allowed ? "; allowed: " : "",
		   allowed ? allowed : "");
}

static int parse_bool(const char *value, bool *value_r)
{
	static const char *const words[2][4] = {{"no", "false", "off", "0"}, {"yes", "true", "on", "1"}};
	for (int truth = 0; truth < 2; truth++)
		for (int i = 0; i < 4; i++)
			if (strcmp(value, words[truth][i]) == 0) {
				*value_r = truth;
				return 0;
			}
	return ERR_INVALID;
}

static int parse_need(const char *value, int64_t *need_r)
{
	static const char *const words[] = {"off", "optional", "required"};
	for (int64_t i = 0; i < 3; i++)
		if (strcmp(value, words[i]) == 0) {
			*need_r = i;
			return 0;
		}
	return ERR_INVALID;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int parse_list(const char *value, bool paths, struct settings_list *list_r)
{
	*list_r = (struct settings_list){0};
	while (*value) {
		size_t len = strcspn(value, ",");
		struct span word = span_of(value, len);
		value += len + (value[len] == ',');
		while (word.len && is_blank((char)word.data[0]))
			word = span_of(word.data + 1, word.len - 1);
		while (word.len && is_blank((char)word.data[word.len - 1]))
			word.len--;
		if (word.len == 0 || list_r->count == SETTINGS_MAX_LIST || (paths && word.data[0] != '/') ||
		    !str_utf8_valid(word) || str_copy_span(list_r->items[list_r->count++], SETTINGS_ITEM_SIZE, word))
			return ERR_INVALID;
	}
	return 0;
}

static int parse_host(const char *value, char *host_r, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]%";
	return strspn(value, plain) == strlen(value) ? str_copy(host_r, size, value) : ERR_INVALID;
}

static int parse_address(const char *value, char *address_r, size_t size)
{
	unsigned char ip[sizeof(struct in6_addr)];
	bool valid = strcmp(value, "*") == 0 || inet_pton(AF_INET, value, ip) == 1 || inet_pton(AF_INET6, value, ip) == 1;
	return valid ? str_copy(address_r, size, value) : ERR_INVALID;
}

static int set_option(void *conf, const struct settings_option *o, const char *value)
{
	void *field = (char *)conf + o->offset;
	switch (o->type) {
	case SETTING_INT: return str_to_int(value, o->min, o->max, field);
	case SETTING_BOOL: return parse_bool(value, field);
	case SETTING_LEVEL: return log_level_parse(value, field);
	case SETTING_HOST: return parse_host(value, field, o->size);
	case SETTING_ADDRESS: return parse_address(value, field, o->size);
	case SETTING_PATH: return value[0] == '/' || !value[0] ? str_copy(field, o->size, value) : ERR_INVALID;
	case SETTING_NAMES: return parse_list(value, false, field);
	case SETTING_PATHS: return parse_list(value, true, field);
	case SETTING_NEED: return parse_need(value, field);
	case SETTING_TEXT: return str_utf8_valid(span_str(value)) ? str_copy(field, o->size, value) : ERR_INVALID;
	}
	return ERR_INVALID;
}

void settings_init(const struct settings_table *table, void *conf)
{
	for (size_t i = 0; i < table->count; i++)
		set_option(conf, &table->options[i], table->options[i].otherwise); /* a test sees to it that it works */
}

static const struct settings_option *find_option(const struct settings_table *t, const char *section, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->options[i].section, section) == 0 && strcmp(t->options[i].name, name) == 0)
			return &t->options[i];
	return NULL;
}

/* What stands in a section, or which sections there are. */
static void complain_unknown(struct parse *p, const char *section, const char *name)
{
	char what[256], allowed[512] = "";
	size_t len = 0;
	for (int sections = 0; sections < 2 && len == 0; sections++)
		for (size_t i = 0; i < p->table->count; i++) {
			const struct settings_option *o = &p->table->options[i];
			bool fits = sections ? i == 0 || strcmp(o->section, p->table->options[i - 1].section) != 0
					     : strcmp(o->section, section) == 0;
			if (fits && str_format(allowed + len, sizeof allowed - len, sections ? "%s[%s]" : "%s%s",
					       len ? ", " : "", sections ? o->section : o->name) == 0)
				len += strlen(allowed + len);
		}
	str_format(what, sizeof what, "no setting %.60s in section [%.60s]", name, section);
	complain(p, what, allowed);
}

static void take_free(struct parse *p, const char *name, const char *value)
{
	char what[256] = "";
	if (p->table->free_section->take(p->conf, name, value, what))
		complain(p, what, p->table->free_section->allowed);
}

/* libinih's handler: every "name = value". Never stops the parsing, so that all
 * mistakes are told at once. */
static int take_setting(void *ctx, const char *section, const char *name, const char *value)
{
	struct parse *p = ctx;
	if (!name || !value)
		return 1;
	if (p->table->free_section && strcmp(section, p->table->free_section->section) == 0) {
		take_free(p, name, value);
		return 1;
	}
	const struct settings_option *o = find_option(p->table, section, name);
	char what[256], allowed[128];
	if (!o) {
		complain_unknown(p, section, name);
		return 1;
	}
	unsigned *seen = &p->seen[o - p->table->options];
	if (*seen) {
		str_format(what, sizeof what, "%s stands in line %u already", name, *seen);
		complain(p, what, NULL);
	} else if (set_option(p->conf, o, value)) {
		str_format(what, sizeof what, "%s = %.120s is not possible", name, value);
		complain(p, what, settings_allowed(o, allowed, sizeof allowed));
	}
	*seen = p->line;
	return 1;
}

/* libinih's reader: counts the lines, which its handler is not told, and finds
 * those that do not fit its buffer. */
static char *read_line(char *text, int size, void *ctx)
{
	struct parse *p = ctx;
	if (!fgets(text, size, p->file))
		return NULL;
	p->line++;
	size_t len = strlen(text);
	if (len + 1 < (size_t)size || text[len - 1] == '\n')
		return text;
	complain(p, "the line is too long", "up to 198 characters");
	for (int c = 0; c != '\n' && c != EOF;)
		c = getc(p->file);
	text[len - 1] = '\n'; /* versions of libinih differ in what they do about a line without an end */
	return text;
}

/* What libinih says without telling why: a line that is no section and no setting. */
static void complain_syntax(struct parse *p, int line)
{
	if (p->failed)
		return; /* told already, or follows from what was */
	p->line = (unsigned)line;
	complain(p, "this is no setting", "[section], name = value, # comment");
}

static int parse_file(struct parse *p)
{
	int bad_line = ini_parse_stream(read_line, p, take_setting, p);
	if (ferror(p->file)) {
		buf_printf(p->complaints, "%s: cannot be read\n", p->path);
		return ERR_IO;
	}
	if (bad_line)
		complain_syntax(p, bad_line);
	return p->failed ? ERR_CONFIG : 0;
}

static int parse_open(struct parse *p)
{
	p->seen = calloc(p->table->count, sizeof *p->seen);
	int err = p->seen ? parse_file(p) : ERR_NOMEM;
	free(p->seen);
	fclose(p->file);
	return err;
}

int settings_read(const struct settings_table *table, void *conf, const char *path, struct buf *complaints)
{
	struct parse p = {.table = table, .conf = conf, .path = path, .complaints = complaints};
	p.file = fopen(path, "re");
	if (p.file)
		return parse_open(&p);
	int err = err_from_errno(errno);
	if (err != ERR_NOT_FOUND)
		buf_printf(complaints, "%s: %s\n", path, strerror(errno));
	return err;
}

int settings_parse(const struct settings_table *table, void *conf, struct span text, struct buf *complaints)
{
	struct parse p = {.table = table, .conf = conf, .path = "settings", .complaints = complaints};
	p.file = text.len ? fmemopen((void *)(uintptr_t)text.data, text.len, "r") : fopen("/dev/null", "re");
	return p.file ? parse_open(&p) : ERR_NOMEM;
}
