/* tomtectl backup, restore, verify. A backup comes from the running hub; restoring and checking need none and are done by the
 * hub's program, which takes the place of this one. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/hub_program.h"
#include "ctl/text.h"
#include "http/http.h"

enum { TELL_MS = 200, BYTES_TEXT = 32, MANIFEST_BYTES = 2048 };

/* ---- backup ------------------------------------------------------------ */

struct saving {
	const struct ctl *ctl;
	const char *name;
	int fd;
	uint64_t bytes;
	bool tell;    /* progress on ctl->err */
	bool partial; /* the manifest says that history lies elsewhere */
	struct mono_ms told;
};

static void tell(struct saving *s)
{
	struct mono_ms now = clock_mono();
	char bytes[BYTES_TEXT];
	if (!s->tell || mono_diff_ms(s->told, now) < TELL_MS)
		return;
	s->told = now;
	text_bytes(bytes, sizeof bytes, s->bytes);
	fprintf(s->ctl->err, "\r%s ", bytes);
	fflush(s->ctl->err);
}

static void complain(const struct saving *s, const char *name, const char *what)
{
	fprintf(s->ctl->err, "%stomtectl: cannot write to %s: %s\n", s->tell && s->bytes ? "\n" : "", name, what);
}

static int take(void *ctx, struct span piece)
{
	static const char elsewhere[] = "\nhistory elsewhere\n";
	struct saving *s = ctx;
	int err = file_write_all(s->fd, piece);
	if (err) {
		complain(s, s->name, err_text(err));
		return -1;
	}
	if (s->bytes < MANIFEST_BYTES && memmem(piece.data, piece.len, elsewhere, sizeof elsewhere - 1))
		s->partial = true;
	s->bytes += piece.len;
	tell(s);
	return 0;
}

static int fetch(struct saving *s)
{
	const struct http_pieces pieces = {.take = take, .ctx = s};
	return client_transfer(s->ctl, "GET", "/api/v1/backup", &pieces, NULL);
}

static int fetch_to_file(struct saving *s)
{
	char part[PATH_MAX];
	if (str_format(part, sizeof part, "%s.part", s->name)) {
		fprintf(s->ctl->err, "tomtectl: the name of the file is too long\n");
		return EXIT_USAGE;
	}
	unlink(part); /* one that is left might let others read */
	s->fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (s->fd < 0) {
		complain(s, part, strerror(errno));
		return EXIT_USAGE;
	}
	int code = fetch(s);
	bool failed = !code && fsync(s->fd);
	failed |= close(s->fd) != 0;
	if (!code && (failed || rename(part, s->name))) {
		complain(s, s->name, strerror(errno));
		code = EXIT_REFUSED;
	}
	if (code)
		unlink(part);
	return code;
}

int verb_backup(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	char bytes[BYTES_TEXT];
	struct saving s = {.ctl = ctl, .name = args[0], .fd = STDOUT_FILENO, .told = clock_mono()};
	bool to_file = strcmp(s.name, "-") != 0;
	if (!to_file && ctl->terminal) {
		fprintf(ctl->err, "tomtectl: a backup is nothing for a terminal: name a file, or pipe it somewhere\n");
		return EXIT_USAGE;
	}
	s.tell = to_file && isatty(fileno(ctl->err)) == 1;
	int code = to_file ? fetch_to_file(&s) : fetch(&s);
	if (code)
		return code;
	text_bytes(bytes, sizeof bytes, s.bytes);
	FILE *out = to_file ? ctl->out : ctl->err;
	fprintf(out, "%s%s: %s. It holds all keys of the house: keep it where nobody else reads it.\n", s.tell ? "\r" : "",
		to_file ? s.name : "backup", bytes);
	if (s.partial)
		fputs("History lies on the database server and is not in it: save that one too.\n", out);
	return EXIT_FINE;
}

/* ---- restore and verify ------------------------------------------------ */

int verb_restore(const struct ctl *ctl, int count, char **args)
{
	const char *dir = option_value(count, args, "state-dir");
	const char *hub[8] = {"tomte-hub", "--restore", args[0]};
	size_t next = 3;
	if (dir) {
		hub[next++] = "--state-dir";
		hub[next++] = dir;
	}
	if (option_value(count, args, "force"))
		hub[next] = "--force";
	return hub_program_become(ctl, hub);
}

int verb_verify(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	const char *const hub[] = {"tomte-hub", "--verify", args[0], NULL};
	return hub_program_become(ctl, hub);
}
