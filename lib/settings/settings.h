/* Settings files: INI read into a struct by a table of options. The same table
 * makes the parser, the complaints, the help text and the manual page, so they cannot
 * disagree. For hub and agent; before threads start, or on the main thread. */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum settings_type {
	SETTING_TEXT,  /* char[]: UTF-8 */
	SETTING_INT,   /* int64_t in min..max */
	SETTING_BOOL,  /* bool: yes or no */
	SETTING_LEVEL, /* enum log_level */
	SETTING_HOST,  /* char[]: HOST or HOST:PORT */
	SETTING_ADDRESS, /* char[]: an IP address, or "*" for all */
	SETTING_PATH,  /* char[]: an absolute path */
	SETTING_NAMES, /* struct settings_list */
	SETTING_PATHS, /* struct settings_list of absolute paths */
	SETTING_NEED, /* int64_t: 0 off, 1 optional, 2 required */
};

enum { SETTINGS_MAX_LIST = 8, SETTINGS_ITEM_SIZE = 128 };

/* Words parted by commas. */
struct settings_list {
	size_t count;
	char items[SETTINGS_MAX_LIST][SETTINGS_ITEM_SIZE];
};

struct settings_option {
	const char *section, *name;
	enum settings_type type;
	size_t offset, size;   /* of the field in the caller's struct, with live: SETTINGS_FIELD or SETTINGS_LIVE_FIELD */
	bool live;             /* a reload is enough: the caller's promise */
	int64_t min, max;      /* SETTING_INT */
	const char *otherwise; /* the default, as it would stand in the file */
	const char *text;      /* for people, with the unit; no full stop */
};

#define SETTINGS_FIELD(type, field) offsetof(type, field), sizeof(((type *)0)->field), false
#define SETTINGS_LIVE_FIELD(type, field) offsetof(type, field), sizeof(((type *)0)->field), true

/* A section whose names are free, such as [gpio]. */
struct settings_free_section {
	const char *section;
	const char *allowed; /* what a value looks like, for complaints */
	/* Takes one setting. Returns 0 or an error, with a sentence in what_r (256 bytes). */
	int (*take)(void *conf, const char *name, const char *value, char *what_r);
};

struct settings_table {
	const struct settings_option *options; /* sorted by section */
	size_t count;
	const struct settings_free_section *free_section; /* NULL: none */
};

/* Sets every field to its default. */
void settings_init(const struct settings_table *table, void *conf);

/* Reads the file at path over conf, which settings_init has set. Returns 0; ERR_NOT_FOUND
 * (no such file); or ERR_CONFIG, or the error of reading, with one line per mistake
 * appended to complaints: file, line, what is wrong, what is allowed. */
int settings_read(const struct settings_table *table, void *conf, const char *path, struct buf *complaints);

/* The same from text. */
int settings_parse(const struct settings_table *table, void *conf, struct span text, struct buf *complaints);

/* Appends all options for people: section, name, text, what is allowed, default. */
int settings_describe(const struct settings_table *table, struct buf *out);

/* Appends the same as the body of a manual page, in man(7) macros. */
int settings_describe_man(const struct settings_table *table, struct buf *out);

/* Appends a settings file with every option commented out at its default. */
int settings_describe_example(const struct settings_table *table, struct buf *out);

#endif
