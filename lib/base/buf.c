/* The growable byte buffer. Any thread, one owner at a time. */
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"

enum { SMALLEST = 64 };

void buf_finish(struct buf *b)
{
	if (!b)
		return;
	free(b->data);
	*b = (struct buf){0};
}

int buf_reserve(struct buf *b, size_t extra)
{
	if (extra > SIZE_MAX / 2 - b->len)
		return ERR_NOMEM;
	size_t need = b->len + extra;
	if (need <= b->cap)
		return 0;
	size_t cap = b->cap ? b->cap : SMALLEST;
	while (cap < need)
		cap *= 2;
	uint8_t *data = realloc(b->data, cap);
	if (!data)
		return ERR_NOMEM;
	b->data = data;
	b->cap = cap;
	return 0;
}

int buf_append(struct buf *b, const void *data, size_t len)
{
	if (len == 0)
		return 0;
	int err = buf_reserve(b, len);
	if (err)
		return err;
	memcpy(b->data + b->len, data, len);
	b->len += len;
	return 0;
}

int buf_append_str(struct buf *b, const char *s)
{
	return buf_append(b, s, strlen(s));
}

int buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		return ERR_INVALID;
	int err = buf_reserve(b, (size_t)len + 1);
	if (err)
		return err;
	va_start(args, format);
	vsnprintf((char *)b->data + b->len, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
	return 0;
}

const char *buf_cstr(struct buf *b)
{
	if (buf_reserve(b, 1))
		return NULL;
	b->data[b->len] = 0;
	return (const char *)b->data;
}

void buf_consume(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	b->len -= n;
	memmove(b->data, b->data + n, b->len);
}

static int read_all(struct buf *b, int fd, size_t max)
{
	size_t start = b->len;
	for (;;) {
		int err = buf_reserve(b, 4096);
		if (err)
			return err;
		ssize_t n = read(fd, b->data + b->len, b->cap - b->len);
		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_from_errno(errno);
		b->len += (size_t)n;
		if (b->len - start > max)
			return ERR_TOO_LARGE;
	}
}

int buf_read_file(struct buf *b, const char *path, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_from_errno(errno);
	size_t start = b->len;
	int err = read_all(b, fd, max);
	close(fd);
	if (err)
		b->len = start;
	return err;
}
