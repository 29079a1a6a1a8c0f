/* A folder that plays the kernel's /sys and /proc, made anew for each test. */
#ifndef TESTS_FAKE_TREE_H
#define TESTS_FAKE_TREE_H

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fake_tree {
	char root[64];
};

static inline void fake_tree_create(struct fake_tree *tree)
{
	snprintf(tree->root, sizeof tree->root, "/tmp/tomte-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(tree->root));
}

static inline int fake_tree_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void fake_tree_destroy(struct fake_tree *tree)
{
	nftw(tree->root, fake_tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Writes len bytes to root/path, with all folders on the way. */
static inline void fake_tree_put_bytes(const struct fake_tree *tree, const char *path, const void *data, size_t len)
{
	char full[512];
	snprintf(full, sizeof full, "%s/%s", tree->root, path);
	for (char *slash = strchr(full + strlen(tree->root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(full, 0755);
		*slash = '/';
	}
	FILE *f = fopen(full, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

static inline void fake_tree_put(const struct fake_tree *tree, const char *path, const char *text)
{
	fake_tree_put_bytes(tree, path, text, strlen(text));
}

static inline void fake_tree_get(const struct fake_tree *tree, const char *path, char *text, size_t size)
{
	char full[512];
	snprintf(full, sizeof full, "%s/%s", tree->root, path);
	FILE *f = fopen(full, "r");
	ck_assert_ptr_nonnull(f);
	text[fread(text, 1, size - 1, f)] = 0;
	fclose(f);
}

#endif
