/* Settings from an INI file. One table says what there is; parser, complaints and
 * help follow it. Main thread, before the work starts and on SIGHUP. */
#include "conf.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"

enum type { TYPE_TEXT, TYPE_INT, TYPE_BOOL, TYPE_LEVEL, TYPE_HOST, TYPE_NAMES, TYPE_PATHS };

static const struct option {
	const char *section, *name;
	enum type type;
	size_t offset, size; /* of the field in struct conf */
	int64_t min, max;    /* TYPE_INT */
	const char *otherwise; /* the default, as it would stand in the file */
	const char *text;
} options[] = {
#define FIELD(field) offsetof(struct conf, field), sizeof(((struct conf *)0)->field)
#define SENSOR(name, which, text) \
	{"sensors", name, TYPE_BOOL, FIELD(sensors[which]), 0, 0, "yes", text}
	{"agent", "name", TYPE_TEXT, FIELD(name), 0, 0, "", "the device's name; empty: the host's name"},
	{"agent", "area", TYPE_TEXT, FIELD(area), 0, 0, "", "the room that the device is in"},
	{"agent", "interval_s", TYPE_INT, FIELD(interval_s), 1, 3600, "5", "seconds between two readings"},
	{"agent", "log_level", TYPE_LEVEL, FIELD(log_level), 0, 0, "info", "how much is logged"},
	{"agent", "hub", TYPE_HOST, FIELD(hub), 0, 0, "", "address of the hub, when it is not the one told at joining"},
	SENSOR("thermal", CONF_THERMAL, "temperatures of the processor and the board"),
	SENSOR("hwmon", CONF_HWMON, "hardware monitoring chips: temperatures, fans, voltages"),
	SENSOR("load", CONF_LOAD, "processor usage and load"),
	SENSOR("memory", CONF_MEMORY, "memory and swap"),
	SENSOR("disk", CONF_DISK, "space on the file systems of disk_paths"),
	SENSOR("network", CONF_NETWORK, "bytes received and sent per interface"),
	SENSOR("uptime", CONF_UPTIME, "time since the machine started"),
	SENSOR("iio", CONF_IIO, "industrial I/O sensors: climate, light, voltage"),
	SENSOR("w1", CONF_W1, "1-wire thermometers"),
	{"sensors", "disk_paths", TYPE_PATHS, FIELD(disks), 0, 0, "/", "file systems to watch, parted by commas"},
	{"leds", "enable", TYPE_BOOL, FIELD(leds), 0, 0, "no", "offer the LEDs of /sys/class/leds as switches"},
	{"simulate", "lamp", TYPE_NAMES, FIELD(lamps), 0, 0, "", "names of simulated lamps, parted by commas"},
	{"simulate", "thermometer", TYPE_NAMES, FIELD(thermometers), 0, 0, "", "names of simulated thermometers"},
	{"simulate", "door", TYPE_NAMES, FIELD(doors), 0, 0, "", "names of simulated door contacts"},
	{"simulate", "power", TYPE_NAMES, FIELD(powers), 0, 0, "", "names of simulated power meters"},
#undef SENSOR
#undef FIELD
};

enum { OPTIONS = sizeof options / sizeof options[0] };

static const char gpio_allowed[] = "CHIP LINE [active_low], such as gpiochip0 17";

struct parse {
	struct conf *conf;
	const char *path; /* of the file */
	FILE *file;
	unsigned line;     /* being read, from 1 */
	bool inside_line;  /* the last piece had no end of line */
	unsigned seen[OPTIONS]; /* line of each option */
	struct buf *complaints;
	bool failed;
};

static const char *allowed_text(const struct option *o, char *text, size_t size)
{
	switch (o->type) {
	case TYPE_INT: str_format(text, size, "a whole number, %lld to %lld", (long long)o->min, (long long)o->max); break;
	case TYPE_BOOL: return "yes or no";
	case TYPE_LEVEL: return "error, warning, info or debug";
	case TYPE_HOST: return "HOST or HOST:PORT, IPv6 as [ADDRESS]:PORT";
	case TYPE_NAMES: str_format(text, size, "up to %d names parted by commas", CONF_MAX_LIST); break;
	case TYPE_PATHS: str_format(text, size, "up to %d absolute paths parted by commas", CONF_MAX_LIST); break;
	case TYPE_TEXT: str_format(text, size, "UTF-8 text of up to %zu bytes", o->size - 1); break;
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

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int parse_list(const char *value, bool paths, struct conf_list *list_r)
{
	*list_r = (struct conf_list){0};
	while (*value) {
		size_t len = strcspn(value, ",");
		struct span word = span_of(value, len);
		value += len + (value[len] == ',');
		while (word.len && is_blank((char)word.data[0]))
			word = span_of(word.data + 1, word.len - 1);
		while (word.len && is_blank((char)word.data[word.len - 1]))
			word.len--;
		if (word.len == 0 || list_r->count == CONF_MAX_LIST || (paths && word.data[0] != '/') ||
		    !str_utf8_valid(word) || str_copy_span(list_r->items[list_r->count++], CONF_PATH_SIZE, word))
			return ERR_INVALID;
	}
	return 0;
}

static int parse_host(const char *value, char *host_r, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]%";
	return strspn(value, plain) == strlen(value) ? str_copy(host_r, size, value) : ERR_INVALID;
}

static int set_option(struct conf *conf, const struct option *o, const char *value)
{
	void *field = (char *)conf + o->offset;
	switch (o->type) {
	case TYPE_INT: return str_to_int(value, o->min, o->max, field);
	case TYPE_BOOL: return parse_bool(value, field);
	case TYPE_LEVEL: return log_level_parse(value, field);
	case TYPE_HOST: return parse_host(value, field, o->size);
	case TYPE_NAMES: return parse_list(value, false, field);
	case TYPE_PATHS: return parse_list(value, true, field);
	case TYPE_TEXT: return str_utf8_valid(span_str(value)) ? str_copy(field, o->size, value) : ERR_INVALID;
	}
	return ERR_INVALID;
}

void conf_init(struct conf *conf)
{
	*conf = (struct conf){0};
	for (size_t i = 0; i < OPTIONS; i++)
		set_option(conf, &options[i], options[i].otherwise); /* a test sees to it that it works */
}

/* "CHIP LINE [active_low]" */
static int parse_gpio(const char *value, struct conf_gpio *gpio)
{
	char words[3][sizeof gpio->chip];
	size_t count = 0;
	while (*value) {
		size_t len = strcspn(value, " \t");
		if (len && (count == 3 || str_copy_span(words[count++], sizeof words[0], span_of(value, len))))
			return ERR_INVALID;
		value += len;
		value += strspn(value, " \t");
	}
	int64_t line;
	if (count < 2 || str_to_int(words[1], 0, 4095, &line) || (count == 3 && strcmp(words[2], "active_low") != 0))
		return ERR_INVALID;
	memcpy(gpio->chip, words[0], sizeof gpio->chip);
	gpio->line = (unsigned)line;
	gpio->active_low = count == 3;
	return 0;
}

static void take_gpio(struct parse *p, const char *name, const char *value)
{
	struct conf *conf = p->conf;
	if (conf->gpio_count == CONF_MAX_GPIO) {
		complain(p, "too many GPIO lines", "up to 32");
		return;
	}
	struct conf_gpio *gpio = &conf->gpios[conf->gpio_count];
	for (size_t i = 0; i < conf->gpio_count; i++)
		if (strcmp(conf->gpios[i].name, name) == 0) {
			complain(p, "this GPIO name stands twice", NULL);
			return;
		}
	char what[256];
	if (str_copy(gpio->name, sizeof gpio->name, name) || !str_utf8_valid(span_str(name)) || parse_gpio(value, gpio)) {
		str_format(what, sizeof what, "[gpio] %.60s = %.120s is no GPIO line", name, value);
		complain(p, what, gpio_allowed);
		return;
	}
	conf->gpio_count++;
}

static const struct option *find_option(const char *section, const char *name)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (strcmp(options[i].section, section) == 0 && strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

/* What stands in a section, or which sections there are. */
static void complain_unknown(struct parse *p, const char *section, const char *name)
{
	char what[256], allowed[512] = "";
	size_t len = 0;
	for (int sections = 0; sections < 2 && len == 0; sections++)
		for (size_t i = 0; i < OPTIONS; i++) {
			const struct option *o = &options[i];
			bool fits = sections ? i == 0 || strcmp(o->section, options[i - 1].section) != 0
					     : strcmp(o->section, section) == 0;
			if (fits && str_format(allowed + len, sizeof allowed - len, sections ? "%s[%s]" : "%s%s",
					       len ? ", " : "", sections ? o->section : o->name) == 0)
				len += strlen(allowed + len);
		}
	str_format(what, sizeof what, "no setting %.60s in section [%.60s]", name, section);
	complain(p, what, allowed);
}

/* libinih's handler: every "name = value". Never stops the parsing, so that all
 * mistakes are told at once. */
static int take_setting(void *ctx, const char *section, const char *name, const char *value)
{
	struct parse *p = ctx;
	if (!name || !value)
		return 1;
	if (strcmp(section, "gpio") == 0) {
		take_gpio(p, name, value);
		return 1;
	}
	const struct option *o = find_option(section, name);
	char what[256], allowed[128];
	if (!o) {
		complain_unknown(p, section, name);
		return 1;
	}
	unsigned *seen = &p->seen[o - options];
	if (*seen) {
		str_format(what, sizeof what, "%s stands in line %u already", name, *seen);
		complain(p, what, NULL);
	} else if (set_option(p->conf, o, value)) {
		str_format(what, sizeof what, "%s = %.120s is not possible", name, value);
		complain(p, what, allowed_text(o, allowed, sizeof allowed));
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
	if (p->inside_line)
		complain(p, "the line is too long", "up to 198 characters");
	else
		p->line++;
	p->inside_line = !strchr(text, '\n');
	if (p->inside_line && strlen(text) + 1 < (size_t)size)
		p->inside_line = false; /* the file's end */
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

int conf_read(struct conf *conf, const char *path, struct buf *complaints)
{
	struct parse p = {.conf = conf, .path = path, .complaints = complaints};
	p.file = fopen(path, "re");
	if (!p.file) {
		int err = err_from_errno(errno);
		if (err != ERR_NOT_FOUND)
			buf_printf(complaints, "%s: %s\n", path, strerror(errno));
		return err;
	}
	int bad_line = ini_parse_stream(read_line, &p, take_setting, &p);
	bool broken = ferror(p.file);
	fclose(p.file);
	if (broken) {
		buf_printf(complaints, "%s: cannot be read\n", path);
		return ERR_IO;
	}
	if (bad_line)
		complain_syntax(&p, bad_line);
	return p.failed ? ERR_CONFIG : 0;
}

int conf_describe(struct buf *out)
{
	const char *section = "";
	int err = 0;
	for (size_t i = 0; i < OPTIONS && !err; i++) {
		const struct option *o = &options[i];
		char allowed[128];
		if (strcmp(section, o->section) != 0) {
			section = o->section;
			err = buf_printf(out, "[%s]\n", section);
		}
		if (!err)
			err = buf_printf(out, "  %-12s %s\n               (%s; default: %s)\n", o->name, o->text,
					 allowed_text(o, allowed, sizeof allowed), o->otherwise[0] ? o->otherwise : "empty");
	}
	return err ? err : buf_printf(out, "[gpio]\n  NAME         a line to switch: %s\n", gpio_allowed);
}
