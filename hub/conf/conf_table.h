/* The table of all options: the only place that knows their names, ranges, defaults and meaning. */
#ifndef CONF_CONF_TABLE_H
#define CONF_CONF_TABLE_H

#include "conf/conf.h"

enum conf_type {
	CONF_BOOL,    /* bool: yes or no */
	CONF_NUMBER,  /* uint32_t: min..max */
	CONF_PORT,    /* uint16_t: 1..65535, and 0 when min is 0 */
	CONF_ADDRESS, /* char *: IP literal, or "*" */
	CONF_PATH,    /* char *: absolute, at most max bytes */
	CONF_LEVEL,   /* enum log_level */
	CONF_HOSTS,   /* struct conf_list of host names, at most max */
};

struct conf_option {
	const char *section, *name;
	enum conf_type type;
	uint32_t min, max;
	const char *value;     /* the default as text */
	const char *documented; /* the default in help and manual when it depends on the installation; else NULL */
	const char *unit;      /* "seconds", "KiB"…, or "" */
	bool live;             /* takes effect on reload */
	size_t offset;         /* in struct conf */
	const char *text;      /* for people: sentences */
};

struct conf_section {
	const char *name, *text;
};

extern const struct conf_option conf_options[];
extern const size_t conf_option_count;
extern const struct conf_section conf_sections[];
extern const size_t conf_section_count;

/* Parses text into the option's member of conf, which must be empty before. Returns 0, ERR_INVALID or ERR_NOMEM. */
int conf_option_set(const struct conf_option *option, struct conf *conf, const char *text);

/* Frees the member. */
void conf_option_clear(const struct conf_option *option, struct conf *conf);

/* Whether both have the same value. */
bool conf_option_equal(const struct conf_option *option, const struct conf *a, const struct conf *b);

/* Appends what values are allowed: "a number from 1 to 64". Returns 0 or ERR_NOMEM. */
int conf_option_allowed(const struct conf_option *option, struct buf *out);

#endif
