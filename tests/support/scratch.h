/* A directory of a test's own, removed with all that is in it. */
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct scratch {
	char path[64];
};

static inline void scratch_create(struct scratch *s)
{
	snprintf(s->path, sizeof s->path, "/tmp/tomte-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->path));
}

/* The path of a file within; one of four static buffers in turn. */
static inline const char *scratch_path(const struct scratch *s, const char *name)
{
	static char paths[4][256];
	static unsigned turn;
	char *path = paths[turn++ % 4];
	snprintf(path, sizeof paths[0], "%s/%s", s->path, name);
	return path;
}

static inline int scratch_unlink(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void scratch_remove(struct scratch *s)
{
	nftw(s->path, scratch_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
