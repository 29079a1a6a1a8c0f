/* usage: conf-docs man|example|help   Prints what is known of the options, for `make conf-docs`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

int main(int argc, char **argv)
{
	const char *kind = argc == 2 ? argv[1] : "";
	struct buf text = {0};
	int err = strcmp(kind, "man") == 0       ? conf_format_man(&text)
		  : strcmp(kind, "example") == 0 ? conf_format_example(&text)
		  : strcmp(kind, "help") == 0    ? conf_format_help(&text)
						 : -1;
	if (err || fwrite(text.data, 1, text.len, stdout) != text.len)
		return EXIT_FAILURE;
	buf_finish(&text);
	return EXIT_SUCCESS;
}
