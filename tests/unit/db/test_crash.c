/* Durability: a child writes and reports what was acknowledged; it is killed
 * without warning, again and again, and nothing acknowledged may be missing. */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "support.h"
#include "support/effort.h"

enum { USUAL_ROUNDS = 50, LONG_ROUNDS = 1000, SERIES = 3, ACKS_MAX = 400 };

/* What the child reports: a batch of samples or a setting that was acknowledged. */
struct ack {
	enum { ACK_SAMPLES, ACK_SETTING } kind;
	int32_t first, count; /* sample numbers, or the setting's value in first */
};

/* What the parent expects, over all rounds. */
struct expected {
	uint8_t *acked; /* by sample number */
	int32_t samples_max, setting;
};

/* ---- the child --------------------------------------------------------- */

struct pending {
	int pipe;
	struct ack ack;
};

static void report(int pipe, const struct ack *ack)
{
	if (write(pipe, ack, sizeof *ack) != sizeof *ack)
		_exit(1);
}

static void on_samples(void *ctx, int err)
{
	struct pending *p = ctx;
	if (err)
		_exit(2);
	report(p->pipe, &p->ack);
	free(p);
}

static void append(struct store *s, int pipe, int32_t first, int32_t count)
{
	struct sample samples[32];
	for (int32_t i = 0; i < count; i++)
		samples[i] = (struct sample){1 + (first + i) % SERIES, {first + i}, (first + i) * 0.5};
	struct pending *p = malloc(sizeof *p);
	*p = (struct pending){pipe, {ACK_SAMPLES, first, count}};
	while (store_append(s, samples, (size_t)count, &(struct store_done){.fn = on_samples, .ctx = p}) == ERR_FULL)
		sched_yield();
}

static void child(int pipe, int32_t first, int32_t setting, struct test_rand r)
{
	struct store *s;
	char message[512];
	if (store_open(&(struct store_options){.state_dir = test_dir}, &s, message))
		_exit(3);
	for (int i = 1; i <= SERIES; i++) {
		struct series series = {.id = i, .device = "crash", .entity = {(char)('a' + i)}};
		if (store_series_put(s, &series, NULL))
			_exit(4);
	}
	for (;;) {
		int32_t count = 1 + (int32_t)test_rand_below(&r, 32);
		append(s, pipe, first, count);
		first += count;
		if (test_rand_below(&r, 16) == 0 && store_seal(s, test_rand_below(&r, 4) == 0))
			_exit(6);
		if (test_rand_below(&r, 4) == 0) {
			struct ack ack = {ACK_SETTING, ++setting, 1};
			if (store_setting_put(s, "n", span_of(&setting, sizeof setting), NULL))
				_exit(5);
			report(pipe, &ack);
		}
	}
}

/* ---- the parent -------------------------------------------------------- */

static bool take_ack(int pipe, struct expected *e)
{
	struct ack ack;
	ssize_t n = read(pipe, &ack, sizeof ack);
	if (n == 0)
		return false;
	ck_assert_int_eq(n, sizeof ack);
	if (ack.kind == ACK_SETTING) {
		e->setting = ack.first;
		return true;
	}
	ck_assert_int_le(ack.first + ack.count, e->samples_max);
	memset(e->acked + ack.first, 1, (size_t)ack.count);
	return true;
}

/* Runs the child until it has reported so many acknowledgements, and some
 * thousand turns of an empty loop more, so that the blow falls anywhere in a commit. */
static void run_and_kill(struct expected *e, int32_t first, struct test_rand *r)
{
	int fds[2];
	ck_assert_int_eq(pipe(fds), 0);
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(fds[0]);
		child(fds[1], first, e->setting, *r);
	}
	close(fds[1]);
	uint64_t acks = 1 + test_rand_below(r, ACKS_MAX);
	for (uint64_t i = 0; i < acks; i++)
		ck_assert_msg(take_ack(fds[0], e), "the child ended by itself");
	for (volatile uint64_t spin = test_rand_below(r, 300000); spin > 0; spin--)
		;
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	while (take_ack(fds[0], e)) /* what it had reported before it died */
		;
	close(fds[0]);
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Marks what the store has; returns the first number that no sample reaches. */
static int32_t read_back(struct store *s, uint8_t *there, int32_t max)
{
	enum { AT_ONCE = 65536 };
	static struct datum data[AT_ONCE];
	int32_t end = 0;
	for (int64_t series = 1; series <= SERIES; series++) {
		for (int32_t from = 0; from < max; from += AT_ONCE) {
			size_t count = test_samples(s, &(struct shelf_range){series, from, from + AT_ONCE}, data, AT_ONCE);
			for (size_t i = 0; i < count; i++) {
				int32_t number = (int32_t)data[i].at;
				/* ck_assert writes a file each time: not for a million samples */
				if (1 + number % SERIES != series || data[i].value != number * 0.5)
					ck_abort_msg("sample %d came back wrong", (int)number);
				there[number] = 1;
				end = number >= end ? number + 1 : end;
			}
		}
	}
	return end;
}

static int32_t check_nothing_is_missing(struct expected *e)
{
	struct store *s = test_open();
	uint8_t *there = calloc(1, (size_t)e->samples_max);
	int32_t end = read_back(s, there, e->samples_max);
	for (int32_t i = 0; i < e->samples_max; i++) {
		if (e->acked[i] && !there[i])
			ck_abort_msg("sample %d was acknowledged and is gone", (int)i);
	}
	free(there);
	struct buf value = {0};
	int32_t setting = 0;
	int err = store_setting_get(s, "n", &value);
	ck_assert(err == 0 || e->setting == 0);
	if (!err)
		memcpy(&setting, value.data, sizeof setting);
	buf_finish(&value);
	ck_assert_int_ge(setting, e->setting);
	e->setting = setting;
	store_close(&s);
	return end;
}

START_TEST(killed_hub_loses_nothing_acknowledged)
{
	struct expected e = {.samples_max = 8000000};
	e.acked = calloc(1, (size_t)e.samples_max);
	struct test_rand r = {0x746f6d7465};
	int32_t next = 0;
	size_t total = 0;
	int rounds = effort_rounds(USUAL_ROUNDS, LONG_ROUNDS);
	for (int i = 0; i < rounds; i++) {
		run_and_kill(&e, next, &r);
		next = check_nothing_is_missing(&e);
	}
	for (int32_t i = 0; i < e.samples_max; i++)
		total += e.acked[i];
	ck_assert_uint_gt(total, (size_t)rounds); /* it did work */
	free(e.acked);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, killed_hub_loses_nothing_acknowledged);
}

int main(void)
{
	return test_run("crash", add);
}
