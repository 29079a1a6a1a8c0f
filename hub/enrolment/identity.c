/* The file with the hub's identity. Main thread, at start. Made here and not by
 * a package, so that cloned images differ. */
#include "enrolment/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"

/* Reads the whole file and one byte more than a seed. */
static int read_seed(int fd, uint8_t seed_r[32])
{
	uint8_t content[33];
	size_t len = 0;
	int err = 0;
	while (len < sizeof content) {
		ssize_t n = read(fd, content + len, sizeof content - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = err_from_errno(errno);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (!err && len != 32)
		err = ERR_DAMAGED;
	if (!err)
		memcpy(seed_r, content, 32);
	sodium_memzero(content, sizeof content);
	return err;
}

/* Returns ERR_NOT_FOUND when there is no file. */
static int load(const char *path, uint8_t seed_r[32])
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : err_from_errno(errno);
	int err = fstat(fd, &st) < 0 ? err_from_errno(errno) : 0;
	if (!err && (st.st_mode & 077))
		err = ERR_DENIED;
	if (!err)
		err = read_seed(fd, seed_r);
	close(fd);
	return err;
}

static void explain(int err, const char *path, char message_r[256])
{
	const char *advice = "look at the disk and its permissions";
	if (err == ERR_DAMAGED)
		advice = "it is no identity: restore it from a backup, or remove it and a new one is made";
	else if (err == ERR_DENIED)
		advice = "it must belong to the hub and be readable by nobody else: chmod 600";
	/* a cut sentence is better than none */
	str_format(message_r, 256, "the hub's identity, %s: %s; %s", path, err_text(err), advice);
}

int identity_load(const char *state_dir, struct identity *identity_r, char message_r[256])
{
	char path[PATH_MAX];
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	int err = str_format(path, sizeof path, "%s/identity.key", state_dir);
	if (!err)
		err = load(path, identity_r->seed);
	if (err == ERR_NOT_FOUND) {
		randombytes_buf(identity_r->seed, sizeof identity_r->seed);
		err = file_replace(path, span_of(identity_r->seed, sizeof identity_r->seed), 0600);
	}
	if (err) {
		identity_finish(identity_r);
		explain(err, path, message_r);
		return err;
	}
	crypto_sign_seed_keypair(identity_r->public, secret, identity_r->seed);
	sodium_memzero(secret, sizeof secret);
	return 0;
}

void identity_finish(struct identity *identity)
{
	sodium_memzero(identity, sizeof *identity);
}
