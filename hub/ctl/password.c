/* Asking for passwords: never from the command line, where every process could see them. */
#include "ctl/password.h"

#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Ends a read that waits, and does nothing else. */
static void on_interrupt(int signal)
{
	(void)signal;
}

/* Reads a line from standard input, without echo when that is a terminal. Ctrl-C ends
 * it like the end of input: whoever gives up gets a terminal back that echoes. */
static bool read_password(const struct ctl *ctl, const char *prompt, char password_r[PASSWORD_SIZE])
{
	struct sigaction ends_read = {.sa_handler = on_interrupt}, interrupted, terminated;
	struct termios before, quiet;
	bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
	sigaction(SIGINT, &ends_read, &interrupted); /* no SA_RESTART */
	sigaction(SIGTERM, &ends_read, &terminated);
	if (terminal) {
		fprintf(ctl->err, "%s: ", prompt);
		fflush(ctl->err);
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	bool read = fgets(password_r, PASSWORD_SIZE, stdin) != NULL;
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', ctl->err);
	}
	sigaction(SIGINT, &interrupted, NULL);
	sigaction(SIGTERM, &terminated, NULL);
	if (!read)
		fprintf(ctl->err, "tomtectl: no password was given; nothing is changed\n");
	if (read)
		password_r[strcspn(password_r, "\n")] = 0;
	return read;
}

/* The new password, typed twice by a person, once by a program. */
bool password_ask(const struct ctl *ctl, char password_r[PASSWORD_SIZE])
{
	char again[PASSWORD_SIZE];
	if (!read_password(ctl, "New password (at least 8 characters)", password_r))
		return false;
	if (!isatty(STDIN_FILENO))
		return true;
	if (!read_password(ctl, "The same again", again))
		return false;
	bool same = strcmp(again, password_r) == 0;
	explicit_bzero(again, sizeof again);
	if (!same)
		fprintf(ctl->err, "tomtectl: these were two different passwords; nothing is changed\n");
	return same;
}
