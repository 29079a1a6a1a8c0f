/* Reading (and writing) the small text files of /sys and /proc, below a root that
 * tests may choose. Main thread; blocks as long as the kernel takes. */
#ifndef AGENT_KERNEL_H
#define AGENT_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

struct kernel {
	const char *root; /* borrowed; "" is the real one: <root>/sys/…, <root>/proc/… */
};

enum { KERNEL_PATH_SIZE = 256, KERNEL_NAME_SIZE = 64 };

/* Reads the file's first line, without its end, into text; path is absolute as on
 * a real system. Returns 0, ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_MALFORMED (a NUL
 * inside) or the error of open or read. */
int kernel_read_line(const struct kernel *kernel, const char *path, char *text, size_t size);

/* Reads at most size - 1 bytes of the file, terminated. Errors as above, and a
 * longer file is cut. */
int kernel_read_text(const struct kernel *kernel, const char *path, char *text, size_t size);

/* Reads a file that holds one decimal number. Returns 0, ERR_INVALID or as above. */
int kernel_read_number(const struct kernel *kernel, const char *path, double *value_r);

/* Writes text in one write(2) to an existing file. Returns 0 or an error of open or write. */
int kernel_write(const struct kernel *kernel, const char *path, const char *text);

/* Whether there is a file or folder of this path. */
bool kernel_exists(const struct kernel *kernel, const char *path);

/* The names in a folder that begin with prefix, in natural order (zone2 before
 * zone10), without "." and "..", longer ones than KERNEL_NAME_SIZE left out; at most max. Returns their
 * count; 0 when there is no such folder. */
size_t kernel_list(const struct kernel *kernel, const char *path, const char *prefix,
		   char (*names_r)[KERNEL_NAME_SIZE], size_t max);

#endif
