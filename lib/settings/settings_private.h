/* What the parser and the describers of settings share. */
#ifndef SETTINGS_PRIVATE_H
#define SETTINGS_PRIVATE_H

#include "settings/settings.h"

/* What the option may be, for people: a static string, or text. */
const char *settings_allowed(const struct settings_option *o, char *text, size_t size);

#endif
