/* The set-up token, in memory and in a file that only root and the hub can
 * read. Any thread; knows nothing of accounts. */
#include "web/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "thread/thread.h"

enum { PATH_SIZE = 4096 };

struct setup {
	char path[PATH_SIZE];
	struct lock lock; /* guards the token */
	char token[SETUP_TOKEN_CHARS + 1]; /* "" when set-up is done */
};

/* A restart must not break the link that was printed: take the file's token. */
static bool read_token(struct setup *setup)
{
	int fd = open(setup->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	char text[SETUP_TOKEN_CHARS + 2];
	ssize_t len = read(fd, text, sizeof text);
	close(fd);
	bool whole = len == SETUP_TOKEN_CHARS + 1 && text[SETUP_TOKEN_CHARS] == '\n' &&
		     str_id_valid(span_of(text, SETUP_TOKEN_CHARS), SETUP_TOKEN_CHARS);
	if (whole)
		str_copy_span(setup->token, sizeof setup->token, span_of(text, SETUP_TOKEN_CHARS));
	sodium_memzero(text, sizeof text);
	return whole;
}

static int write_token(struct setup *setup)
{
	unlink(setup->path);
	int fd = open(setup->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_from_errno(errno);
	char text[SETUP_TOKEN_CHARS + 2];
	str_format(text, sizeof text, "%s\n", setup->token);
	ssize_t n = write(fd, text, strlen(text));
	int err = n == SETUP_TOKEN_CHARS + 1 ? 0 : n < 0 ? err_from_errno(errno) : ERR_DISK_FULL;
	if (close(fd) && !err)
		err = err_from_errno(errno);
	sodium_memzero(text, sizeof text);
	return err;
}

int setup_create(const char *state_dir, bool needed, struct setup **setup_r)
{
	struct setup *setup = calloc(1, sizeof *setup);
	if (!setup)
		return ERR_NOMEM;
	lock_init(&setup->lock, "setup");
	int err = str_format(setup->path, sizeof setup->path, "%s/setup-token", state_dir);
	if (!err && !needed) {
		unlink(setup->path);
	} else if (!err && !read_token(setup)) {
		rand_name(setup->token, SETUP_TOKEN_CHARS);
		err = write_token(setup);
	}
	if (err) {
		setup_destroy(&setup);
		return err;
	}
	*setup_r = setup;
	return 0;
}

void setup_destroy(struct setup **setup)
{
	if (!*setup)
		return;
	lock_finish(&(*setup)->lock);
	sodium_memzero((*setup)->token, sizeof (*setup)->token);
	free(*setup);
	*setup = NULL;
}

bool setup_needed(struct setup *setup)
{
	lock_take(&setup->lock);
	bool needed = setup->token[0] != 0;
	lock_release(&setup->lock);
	return needed;
}

bool setup_token_matches(struct setup *setup, const char *token)
{
	if (strlen(token) != SETUP_TOKEN_CHARS)
		return false;
	lock_take(&setup->lock);
	bool same = setup->token[0] && sodium_memcmp(setup->token, token, SETUP_TOKEN_CHARS) == 0;
	lock_release(&setup->lock);
	return same;
}

int setup_token(struct setup *setup, char token_r[SETUP_TOKEN_CHARS + 1])
{
	lock_take(&setup->lock);
	memcpy(token_r, setup->token, sizeof setup->token);
	lock_release(&setup->lock);
	return token_r[0] ? 0 : ERR_STATE;
}

void setup_finish(struct setup *setup)
{
	lock_take(&setup->lock);
	sodium_memzero(setup->token, sizeof setup->token);
	lock_release(&setup->lock);
	if (unlink(setup->path) && errno != ENOENT)
		log_warning("web", "cannot remove %s (%s); it opens nothing any more, remove it by hand",
			    setup->path, strerror(errno));
}
