/* The table of options as texts for people: help, manual page, example file. Any thread; must not know how settings are read. */
#include <string.h>

#include "base/err.h"
#include "conf/conf_table.h"

enum { WRAP_COLUMNS = 78 };

static const char *default_of(const struct conf_option *option)
{
	return option->documented ? option->documented : option->value;
}

static bool belongs(const struct conf_option *option, const struct conf_section *section)
{
	return strcmp(option->section, section->name) == 0;
}

/* Appends text wrapped at words, each line behind prefix. */
static int append_wrapped(struct buf *out, const char *prefix, const char *text)
{
	size_t column = 0;
	int err = 0;
	while (*text && !err) {
		size_t len = strcspn(text, " ");
		if (column && column + 1 + len > WRAP_COLUMNS) {
			err = buf_append_str(out, "\n");
			column = 0;
		}
		if (!err)
			err = buf_append_str(out, column ? " " : prefix);
		column += column ? 1 : strlen(prefix);
		if (!err)
			err = buf_append(out, text, len);
		column += len;
		text += len + strspn(text + len, " ");
	}
	return err ? err : buf_append_str(out, "\n");
}

/* "A number from 1 to 300 (seconds); default 10. From the next start on." without the text. */
static int append_facts(struct buf *out, const struct conf_option *option)
{
	struct buf allowed = {0};
	int err = conf_option_allowed(option, &allowed);
	const char *text = err ? NULL : buf_cstr(&allowed);
	if (!text) {
		buf_finish(&allowed);
		return ERR_NOMEM;
	}
	const char *value = default_of(option);
	err = buf_printf(out, "%c%s%s%s%s; default %s.%s", text[0] == 'a' ? 'A' : text[0] == 'y' ? 'Y' : text[0] == 'e' ? 'E' : text[0],
			 text + 1, *option->unit ? " (" : "", option->unit, *option->unit ? ")" : "", *value ? value : "none",
			 option->live ? " Takes effect on reload." : "");
	buf_finish(&allowed);
	return err;
}

/* Text and facts as one paragraph. */
static int append_paragraph(struct buf *out, const char *prefix, const struct conf_option *option)
{
	struct buf paragraph = {0};
	int err = buf_printf(&paragraph, "%s ", option->text);
	if (!err)
		err = append_facts(&paragraph, option);
	const char *text = err ? NULL : buf_cstr(&paragraph);
	err = text ? append_wrapped(out, prefix, text) : ERR_NOMEM;
	buf_finish(&paragraph);
	return err;
}

int conf_format_help(struct buf *out)
{
	int err = buf_append_str(out, "Settings of tomte-hub, read from " CONF_DEFAULT_PATH " or --config FILE.\n");
	for (size_t s = 0; s < conf_section_count && !err; s++) {
		err = buf_printf(out, "\n[%s]  %s\n", conf_sections[s].name, conf_sections[s].text);
		for (size_t i = 0; i < conf_option_count && !err; i++) {
			if (!belongs(&conf_options[i], &conf_sections[s]))
				continue;
			err = buf_printf(out, "  %s\n", conf_options[i].name);
			if (!err)
				err = append_paragraph(out, "      ", &conf_options[i]);
		}
	}
	return err;
}

int conf_format_example(struct buf *out)
{
	int err = buf_append_str(out, "# Settings of the tomte hub; see hub.conf(5). Each option is shown with its default.\n"
				      "# After a change: systemctl restart tomte-hub\n");
	for (size_t s = 0; s < conf_section_count && !err; s++) {
		err = buf_printf(out, "\n# %s\n[%s]\n", conf_sections[s].text, conf_sections[s].name);
		for (size_t i = 0; i < conf_option_count && !err; i++) {
			if (!belongs(&conf_options[i], &conf_sections[s]))
				continue;
			err = buf_append_str(out, "\n");
			if (!err)
				err = append_paragraph(out, "# ", &conf_options[i]);
			const char *value = default_of(&conf_options[i]);
			if (!err)
				err = buf_printf(out, "#%s =%s%s\n", conf_options[i].name, *value ? " " : "", value);
		}
	}
	return err;
}

/* Escapes what roff would take for its own. */
static int append_roff(struct buf *out, const char *text)
{
	int err = 0;
	for (; *text && !err; text++)
		err = *text == '-' || *text == '\\' ? buf_printf(out, "\\%c", *text) : buf_append(out, text, 1);
	return err;
}

static int append_man_option(struct buf *out, const struct conf_option *option)
{
	struct buf facts = {0};
	int err = append_facts(&facts, option);
	const char *text = err ? NULL : buf_cstr(&facts);
	err = text ? buf_append_str(out, ".TP\n.B ") : ERR_NOMEM;
	if (!err)
		err = append_roff(out, option->name);
	if (!err)
		err = buf_append_str(out, "\n");
	if (!err)
		err = append_roff(out, option->text);
	if (!err)
		err = buf_append_str(out, "\n");
	if (!err)
		err = append_roff(out, text);
	buf_finish(&facts);
	return err ? err : buf_append_str(out, "\n");
}

int conf_format_man(struct buf *out)
{
	int err = buf_append_str(out,
				 ".\\\" Made from the table of options (hub/conf/conf_table.c) by `make conf-docs'.\n"
				 ".TH HUB.CONF 5 \"\" \"tomte\" \"File formats\"\n"
				 ".SH NAME\n"
				 "hub.conf \\- settings of the tomte hub\n"
				 ".SH SYNOPSIS\n"
				 ".I " CONF_DEFAULT_PATH "\n"
				 ".SH DESCRIPTION\n"
				 "Few things need a setting; the rest lives in the dashboard. The file consists of sections, written\n"
				 ".RI [ section ],\n"
				 "and below each its options, one a line, written\n"
				 ".IR name \" = \" value .\n"
				 "Empty lines and lines that begin with # or ; are skipped. An option that is not there has its default; one that is\n"
				 "there twice, or is unknown, is an error.\n"
				 ".B tomte\\-hub \\-\\-check\\-config\n"
				 "says everything that is wrong with the file.\n"
				 ".PP\n"
				 "Changes take effect at the next start of the hub, where not said otherwise.\n");
	for (size_t s = 0; s < conf_section_count && !err; s++) {
		err = buf_printf(out, ".SH \"[%s]\"\n%s\n", conf_sections[s].name, conf_sections[s].text);
		for (size_t i = 0; i < conf_option_count && !err; i++)
			if (belongs(&conf_options[i], &conf_sections[s]))
				err = append_man_option(out, &conf_options[i]);
	}
	return err ? err : buf_append_str(out, ".SH \"SEE ALSO\"\n.BR tomte\\-hub (8),\n.BR tomtectl (1)\n");
}
