/* Orders to renew the credentials: kept, tried until the hub has decided, forgotten. */
#include "renewal.h"

#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "enrol/code.h"
#include "join.h"
#include "state_file.h"

static const char order_file[] = "renewal.code";

enum { ORDER_MAX = 320, RETRY_MS = 60000, CROWDED_MS = 5000 /* the hub lets a few in a second */, ORDER_LIVES_S = 24 * 3600 };

/* The order that is kept, or an error of reading. */
static int read_order(const char *state_dir, char text_r[ORDER_MAX + 1])
{
	struct buf text = {0};
	int err = state_file_read(state_dir, order_file, ORDER_MAX, &text);
	if (!err)
		err = str_copy_span(text_r, ORDER_MAX + 1, buf_span(&text));
	state_file_wipe(&text);
	return err;
}

void renewal_init(struct renewal *renewal, const char *state_dir)
{
	char text[ORDER_MAX + 1];
	*renewal = (struct renewal){.ordered = read_order(state_dir, text) == 0, .due = clock_mono()};
	sodium_memzero(text, sizeof text);
}

void renewal_order(struct renewal *renewal, const char *state_dir, struct span text)
{
	struct enrol_qr qr;
	int err = text.len <= ORDER_MAX ? enrol_qr_parse(text, &qr) : ERR_TOO_LARGE;
	sodium_memzero(&qr, sizeof qr);
	if (!err)
		err = state_file_write(state_dir, order_file, text);
	if (err) {
		log_warning("agent", "an order to renew the credentials is refused: %s", err_text(err));
		return;
	}
	renewal_stop(renewal);
	*renewal = (struct renewal){.ordered = true, .due = clock_mono()};
}

bool renewal_is_due(const struct renewal *renewal, struct mono_ms now)
{
	return renewal->ordered && !renewal->asking && mono_diff_ms(renewal->due, now) >= 0;
}

/* Whether the code that is kept has ended. A clock that is behind the file's time, as before it is set, says nothing. */
static bool is_over(const char *state_dir)
{
	char path[4096];
	struct stat st;
	if (str_format(path, sizeof path, "%s/%s", state_dir, order_file) || stat(path, &st) != 0)
		return false;
	return clock_wall().ms / 1000 - st.st_mtim.tv_sec > ORDER_LIVES_S;
}

/* Whether another try could come to something else. */
static bool is_passing(int err)
{
	return err && err != ERR_DENIED && err != ERR_NOT_FOUND && err != ERR_STATE && err != ERR_EXPIRED;
}

/* What came of a try, or why there was none. Returns whether there are new credentials. */
static bool settle(struct renewal *renewal, const char *state_dir, int err)
{
	if (is_passing(err)) {
		renewal->due = mono_add_ms(clock_mono(), err == ERR_AGAIN ? CROWDED_MS : RETRY_MS);
		return false;
	}
	renewal->ordered = false;
	if (state_file_remove(state_dir, order_file)) /* it is worthless, and is refused at the next start */
		log_warning("agent", "cannot remove %s/%s", state_dir, order_file);
	if (err)
		log_warning("agent", "the order to renew the credentials is dropped: %s", err_text(err));
	else
		log_info("agent", "the credentials are renewed");
	return err == 0;
}

/* The child has nothing of the agent but its memory: the connection to the hub must end when the agent ends it, and signals are read by the
 * agent's loop alone. It goes when the agent goes. */
static void become_child(pid_t agent)
{
	sigset_t none;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != agent)
		_exit(-ERR_CLOSED);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void renewal_start(struct renewal *renewal, const char *state_dir, const struct credentials *now, const struct address *via,
		   const char *meta)
{
	char text[ORDER_MAX + 1];
	pid_t agent = getpid(), child = -1;
	int err = is_over(state_dir) ? ERR_EXPIRED : read_order(state_dir, text);
	if (!err && (child = fork()) == 0) {
		become_child(agent);
		_exit(-join_renew(text, via, state_dir, now, meta));
	}
	sodium_memzero(text, sizeof text);
	if (child > 0)
		renewal->asking = child;
	else
		(void)settle(renewal, state_dir, err ? err : ERR_NOMEM);
}

bool renewal_reap(struct renewal *renewal, const char *state_dir)
{
	int status;
	pid_t ended = renewal->asking ? waitpid(renewal->asking, &status, WNOHANG) : 0;
	if (ended == 0)
		return false;
	renewal->asking = 0;
	return settle(renewal, state_dir, ended > 0 && WIFEXITED(status) ? -WEXITSTATUS(status) : ERR_CLOSED);
}

void renewal_stop(struct renewal *renewal)
{
	if (!renewal->asking)
		return;
	kill(renewal->asking, SIGKILL);
	waitpid(renewal->asking, NULL, 0);
	renewal->asking = 0;
}
