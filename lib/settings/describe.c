/* The table of options as help, manual page and example file. */

#include <string.h>

#include "settings/settings_private.h"

enum { ALLOWED_SIZE = 128 };

/* Whether option i begins a section. */
static bool begins_section(const struct settings_table *t, size_t i)
{
	return i == 0 || strcmp(t->options[i].section, t->options[i - 1].section) != 0;
}

static const char *default_text(const struct settings_option *o)
{
	return o->otherwise[0] ? o->otherwise : "empty";
}

int settings_describe(const struct settings_table *t, struct buf *out)
{
	int err = 0;
	for (size_t i = 0; i < t->count && !err; i++) {
		const struct settings_option *o = &t->options[i];
		char allowed[ALLOWED_SIZE];
		if (begins_section(t, i))
			err = buf_printf(out, "[%s]\n", o->section);
		if (!err)
			err = buf_printf(out, "  %s\n      %s\n      (%s; default: %s)\n", o->name, o->text,
					 settings_allowed(o, allowed, sizeof allowed), default_text(o));
	}
	if (!err && t->free_section)
		err = buf_printf(out, "[%s]\n  NAME = %s\n", t->free_section->section, t->free_section->allowed);
	return err;
}

int settings_describe_man(const struct settings_table *t, struct buf *out)
{
	int err = 0;
	for (size_t i = 0; i < t->count && !err; i++) {
		const struct settings_option *o = &t->options[i];
		char allowed[ALLOWED_SIZE];
		if (begins_section(t, i))
			err = buf_printf(out, ".SS [%s]\n", o->section);
		if (!err)
			err = buf_printf(out, ".TP\n.B %s\n%s.\nAllowed: %s.\nDefault: %s.\n", o->name, o->text,
					 settings_allowed(o, allowed, sizeof allowed), default_text(o));
	}
	if (!err && t->free_section)
		err = buf_printf(out, ".SS [%s]\n.TP\n.I NAME\n%s.\n", t->free_section->section, t->free_section->allowed);
	return err;
}

int settings_describe_example(const struct settings_table *t, struct buf *out)
{
	int err = 0;
	for (size_t i = 0; i < t->count && !err; i++) {
		const struct settings_option *o = &t->options[i];
		char allowed[ALLOWED_SIZE];
		if (begins_section(t, i))
			err = buf_printf(out, "\n[%s]\n", o->section);
		if (!err)
			err = buf_printf(out, "# %s (%s)\n#%s = %s\n", o->text,
					 settings_allowed(o, allowed, sizeof allowed), o->name, o->otherwise);
	}
	if (!err && t->free_section)
		err = buf_printf(out, "\n[%s]\n#NAME = %s\n", t->free_section->section, t->free_section->allowed);
	return err;
}
