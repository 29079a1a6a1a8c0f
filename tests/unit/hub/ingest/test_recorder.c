/* The recorder: each preset against scripts of readings, and what it promises about any: what is
 * written was read, in order, and nothing moved further than the deadband unseen. */
#include "ingest/recorder.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/suite.h"

static struct recorder_state st;
static char written[512];

static void note(const struct reading *out, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(written);
		snprintf(written + used, sizeof written - used, "%s%lld=%g", used ? " " : "", (long long)out[i].at.ms,
			 out[i].value);
	}
}

static void begin(bool holds)
{
	memset(&st, 0, sizeof st);
	st.holds = holds;
	written[0] = 0;
}

static void take(const struct recorder *r, int64_t at, double value)
{
	struct reading out[RECORDER_OUT_MAX];
	const struct reading in = {{at}, value};
	note(out, recorder_take(&st, r, &in, out));
}

/* Reads "at=value …", returns what was written. */
static const char *play(const struct recorder *r, const char *script)
{
	long long at;
	double value;
	int used;
	for (; sscanf(script, " %lld=%lf%n", &at, &value, &used) == 2; script += used)
		take(r, at, value);
	return written;
}

START_TEST(all_and_nothing)
{
	const struct recorder all = {.preset = RECORD_ALL, .interval_ms = 1000}, nothing = {.preset = RECORD_NOTHING};
	begin(false);
	ck_assert_str_eq(play(&all, "1=1 2=1 3=2 3=2 1=5"), "1=1 2=1 3=2 3=2 1=5");
	begin(false);
	ck_assert_str_eq(play(&nothing, "1=1 2=1 3=2"), "");
}
END_TEST

START_TEST(changes_are_steps_with_a_heartbeat)
{
	const struct recorder r = {.preset = RECORD_CHANGES, .interval_ms = 100}, silent = {.preset = RECORD_CHANGES};
	begin(false);
	ck_assert_str_eq(play(&r, "10=1 20=1 30=1 40=2 50=3"), "10=1 30=1 40=2 50=3");
	begin(false);
	ck_assert_str_eq(play(&r, "10=1 60=1 110=1 120=1 209=1 210=1 220=5"), "10=1 110=1 210=1 220=5");
	begin(true); /* a switch holds by itself: the edge alone says all */
	ck_assert_str_eq(play(&silent, "10=1 20=1 30=1 99999=0 100000=0"), "10=1 99999=0");
}
END_TEST

START_TEST(deadband_keeps_what_moved)
{
	const struct recorder r = {.preset = RECORD_DEADBAND, .deadband = 0.5, .interval_ms = 1000};
	begin(false);
	/* creeping is seen once it sums up; the step shows the value before it */
	ck_assert_str_eq(play(&r, "10=20 20=20.25 30=20.4 40=20.5 50=20.25 60=19"), "10=20 30=20.4 40=20.5 50=20.25 60=19");
	begin(false);
	ck_assert_str_eq(play(&r, "10=20 500=20.25 1010=20.25 1020=20.5"), "10=20 1010=20.25");
	const struct recorder none = {.preset = RECORD_DEADBAND};
	begin(false);
	ck_assert_str_eq(play(&none, "10=1 20=1 30=2"), "10=1 20=1 30=2");
}
END_TEST

START_TEST(intervals_give_their_newest)
{
	const struct recorder r = {.preset = RECORD_INTERVAL, .interval_ms = 100};
	struct wall_ms due;
	begin(false);
	ck_assert_str_eq(play(&r, "10=1 50=2 90=3 109=4"), "10=1");
	ck_assert(recorder_waits(&st, &r, &due));
	ck_assert_int_eq(due.ms, 110);
	ck_assert_str_eq(play(&r, "110=5 150=6 209=7"), "10=1 109=4");
	struct reading out;
	ck_assert(recorder_release(&st, &r, &out));
	note(&out, 1);
	ck_assert(!recorder_waits(&st, &r, &due));
	ck_assert(!recorder_release(&st, &r, &out));
	/* released by the clock: the next interval runs already, and its newest is written at its end */
	ck_assert_str_eq(play(&r, "220=8 320=9"), "10=1 109=4 209=7 220=8");
	begin(false); /* slower than the interval: each at once */
	ck_assert_str_eq(play(&r, "10=1 150=2 300=3"), "10=1 150=2 300=3");
	begin(false); /* the pause behind a held one is longer than its interval */
	ck_assert_str_eq(play(&r, "10=1 50=2 500=3 550=4"), "10=1 50=2 500=3");
	const struct recorder none = {.preset = RECORD_INTERVAL};
	begin(false);
	ck_assert_str_eq(play(&none, "10=1 11=1 12=1"), "10=1 11=1 12=1");
}
END_TEST

START_TEST(clock_set_back_begins_anew)
{
	const enum recorder_preset presets[] = {RECORD_CHANGES, RECORD_INTERVAL, RECORD_DEADBAND};
	for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++) {
		const struct recorder r = {.preset = presets[i], .interval_ms = 100, .deadband = 1};
		begin(false);
		ck_assert_str_eq(play(&r, "1000=1 1010=1 20=1 30=1 120=1"),
				 presets[i] == RECORD_INTERVAL ? "1000=1 20=1 30=1" : "1000=1 20=1 120=1");
	}
}
END_TEST

START_TEST(another_preset_begins_anew)
{
	const struct recorder r = {.preset = RECORD_CHANGES};
	begin(true);
	play(&r, "10=1 20=1");
	recorder_restart(&st);
	ck_assert(st.holds);
	ck_assert_str_eq(play(&r, "30=1"), "10=1 30=1");
}
END_TEST

/* A walk of small and large steps at odd times. */
static double next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (double)(*seed >> 33) / 2147483648.0;
}

START_TEST(any_walk_can_be_drawn_again)
{
	const struct recorder r = {.preset = RECORD_DEADBAND, .deadband = 2};
	uint64_t seed = (uint64_t)_i + 1;
	begin(false);
	double value = 0, shown = 0;
	int64_t at = 1000, shown_at = 0;
	for (int i = 0; i < 5000; i++) {
		at += 1 + (int64_t)(next_random(&seed) * 5000);
		value += (next_random(&seed) - 0.5) * (next_random(&seed) < 0.02 ? 50 : 1);
		struct reading out[RECORDER_OUT_MAX];
		const struct reading in = {{at}, value};
		size_t count = recorder_take(&st, &r, &in, out);
		for (size_t k = 0; k < count; k++) {
			ck_assert_int_gt(out[k].at.ms, shown_at);
			/* what lies between two writes never left the deadband of the first */
			ck_assert(k + 1 == count || fabs(out[k].value - shown) < r.deadband);
			shown = out[k].value;
			shown_at = out[k].at.ms;
		}
		ck_assert(count ? shown == value && shown_at == at : fabs(value - shown) < r.deadband);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ingest/recorder");
	TCase *tcase = tcase_create("recorder");
	tcase_add_test(tcase, all_and_nothing);
	tcase_add_test(tcase, changes_are_steps_with_a_heartbeat);
	tcase_add_test(tcase, deadband_keeps_what_moved);
	tcase_add_test(tcase, intervals_give_their_newest);
	tcase_add_test(tcase, clock_set_back_begins_anew);
	tcase_add_test(tcase, another_preset_begins_anew);
	tcase_add_loop_test(tcase, any_walk_can_be_drawn_again, 0, 8);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
