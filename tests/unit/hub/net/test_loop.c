/* The event loop: descriptors, mail of many threads, timers, and handlers that
 * free what the same batch still has to handle. */
#include "net/loop.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "net/timer_wheel.h"
#include "support/effort.h"

static struct loop *loop;

static void start(void)
{
	ck_assert_int_eq(loop_create(&loop, NULL), 0);
}

static void end(void)
{
	loop_destroy(&loop);
	ck_assert_ptr_null(loop);
}

/* ---- descriptors ------------------------------------------------------- */

struct peer {
	struct loop_watch watch;
	int other;
	unsigned seen;
	int calls;
	struct peer *victim; /* freed by the handler */
};

static int alive;

static struct peer *peer_create(unsigned events, void (*ready)(struct loop_watch *, unsigned))
{
	struct peer *p = calloc(1, sizeof *p);
	int pair[2];
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	p->watch = (struct loop_watch){.fd = pair[0], .events = events, .ready = ready};
	p->other = pair[1];
	ck_assert_int_eq(loop_watch_add(loop, &p->watch), 0);
	alive++;
	return p;
}

static void peer_destroy(struct peer *p)
{
	loop_watch_remove(&p->watch);
	close(p->watch.fd);
	if (p->other >= 0)
		close(p->other);
	free(p);
	alive--;
}

static void note_and_stop(struct loop_watch *watch, unsigned events)
{
	struct peer *p = container_of(watch, struct peer, watch);
	p->seen |= events;
	p->calls++;
	loop_stop(watch->loop);
}

START_TEST(tells_readable_writable_and_hangup)
{
	struct peer *p = peer_create(LOOP_READ, note_and_stop);
	ck_assert_int_eq(write(p->other, "x", 1), 1);
	loop_run(loop, NULL);
	ck_assert_uint_eq(p->seen, LOOP_READ);

	p->seen = 0;
	loop_watch_events(&p->watch, LOOP_WRITE);
	loop_run(loop, NULL);
	ck_assert_uint_eq(p->seen, LOOP_WRITE);

	p->seen = 0;
	loop_watch_events(&p->watch, 0);
	close(p->other);
	p->other = -1;
	loop_run(loop, NULL);
	ck_assert_uint_eq(p->seen, LOOP_HANGUP);
	peer_destroy(p);
}
END_TEST

START_TEST(adding_a_bad_descriptor_is_an_error)
{
	struct loop_watch watch = {.fd = -1, .events = LOOP_READ, .ready = note_and_stop};
	ck_assert_int_ne(loop_watch_add(loop, &watch), 0);
	loop_watch_remove(&watch); /* never added: harmless */
}
END_TEST

static void free_victim_and_self(struct loop_watch *watch, unsigned events)
{
	(void)events;
	struct peer *p = container_of(watch, struct peer, watch);
	struct loop *of = watch->loop;
	peer_destroy(p->victim);
	peer_destroy(p);
	if (alive == 0)
		loop_stop(of);
}

/* Each frees another one of the same batch, then itself: whichever comes first, the other's event
 * must not be delivered into freed memory (the sanitizers watch). */
START_TEST(handlers_may_free_any_watch_of_the_batch)
{
	for (int i = 0; i < 50; i++) {
		struct peer *a = peer_create(LOOP_READ, free_victim_and_self);
		struct peer *b = peer_create(LOOP_READ, free_victim_and_self);
		a->victim = b;
		b->victim = a;
		ck_assert_int_eq(write(a->other, "x", 1), 1);
		ck_assert_int_eq(write(b->other, "x", 1), 1);
	}
	loop_run(loop, NULL);
	ck_assert_int_eq(alive, 0);
}
END_TEST

/* ---- mail -------------------------------------------------------------- */

enum { SENDERS = 8, LETTERS = 24000 / EFFORT_PART };

struct letter {
	struct mail mail;
	int sender, number;
};

static int last_number[SENDERS];
static int letters_read;

static void read_letter(struct mail *mail, void *owner)
{
	(void)owner;
	struct letter *letter = container_of(mail, struct letter, mail);
	ck_assert_int_eq(letter->number, last_number[letter->sender] + 1);
	last_number[letter->sender] = letter->number;
	free(letter);
	if (++letters_read == SENDERS * LETTERS)
		loop_stop(loop);
}

static void *send_letters(void *arg)
{
	for (int i = 1; i <= LETTERS; i++) {
		struct letter *letter = malloc(sizeof *letter);
		letter->mail.deliver = read_letter;
		letter->sender = *(int *)arg;
		letter->number = i;
		loop_post(loop, &letter->mail);
	}
	return NULL;
}

START_TEST(mail_of_many_threads_arrives_in_each_ones_order)
{
	pthread_t threads[SENDERS];
	int names[SENDERS];
	for (int i = 0; i < SENDERS; i++) {
		names[i] = i;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, send_letters, &names[i]), 0);
	}
	loop_run(loop, NULL);
	for (int i = 0; i < SENDERS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(letters_read, SENDERS * LETTERS);
}
END_TEST

static void *stop_often(void *arg)
{
	for (int i = 0; i < 1000; i++)
		loop_stop(arg);
	return NULL;
}

static int turns;

static void count_turn(void *owner)
{
	(void)owner;
	turns++;
}

START_TEST(stop_works_from_any_thread_and_before_the_run)
{
	loop_stop(loop);
	loop_run(loop, count_turn);
	ck_assert_int_eq(turns, 1);

	pthread_t threads[4];
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, stop_often, loop), 0);
	loop_run(loop, count_turn);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

START_TEST(destroy_delivers_what_is_left)
{
	struct loop *other;
	ck_assert_int_eq(loop_create(&other, NULL), 0);
	struct letter *letter = malloc(sizeof *letter);
	*letter = (struct letter){.mail.deliver = read_letter, .sender = 0, .number = 1};
	loop_post(other, &letter->mail);
	loop_destroy(&other);
	ck_assert_int_eq(letters_read, 1);
}
END_TEST

/* ---- timers ------------------------------------------------------------ */

struct alarm_clock {
	struct loop_timer timer;
	struct mono_ms armed_at, fired_at;
	int64_t delay;
	int order;
	struct alarm_clock *victim;
};

static int fired;

static void note_fire(struct loop_timer *timer)
{
	struct alarm_clock *a = container_of(timer, struct alarm_clock, timer);
	ck_assert(!loop_timer_armed(timer));
	a->fired_at = clock_mono();
	a->order = ++fired;
}

static void stop_on_fire(struct loop_timer *timer)
{
	note_fire(timer);
	loop_stop(loop);
}

START_TEST(timers_fire_in_order_and_never_early)
{
	static const int64_t delays[] = {300, 5, 0, 100, 260, 40, 20};
	enum { N = sizeof delays / sizeof delays[0] };
	static const int orders[N] = {7, 2, 1, 5, 6, 4, 3};
	struct alarm_clock clocks[N] = {0};
	for (int i = 0; i < N; i++) {
		clocks[i].timer.fire = delays[i] == 300 ? stop_on_fire : note_fire;
		clocks[i].armed_at = clock_mono();
		loop_timer_arm(loop, &clocks[i].timer, delays[i]);
	}
	loop_run(loop, NULL);
	for (int i = 0; i < N; i++) {
		ck_assert_int_eq(clocks[i].order, orders[i]);
		ck_assert_int_ge(mono_diff_ms(clocks[i].armed_at, clocks[i].fired_at), delays[i]);
	}
}
END_TEST

START_TEST(disarmed_is_silent_and_rearmed_fires_once)
{
	struct alarm_clock silent = {.timer.fire = note_fire}, moved = {.timer.fire = note_fire},
			   last = {.timer.fire = stop_on_fire};
	loop_timer_disarm(&silent.timer); /* never armed: harmless */
	loop_timer_arm(loop, &silent.timer, 10);
	loop_timer_arm(loop, &moved.timer, 10);
	loop_timer_arm(loop, &moved.timer, 50);
	loop_timer_arm(loop, &last.timer, 90);
	loop_timer_disarm(&silent.timer);
	loop_timer_disarm(&silent.timer);
	loop_run(loop, NULL);
	ck_assert_int_eq(silent.order, 0);
	ck_assert_int_eq(moved.order, 1);
	ck_assert_int_eq(last.order, 2);
}
END_TEST

static void free_both(struct loop_timer *timer)
{
	struct alarm_clock *a = container_of(timer, struct alarm_clock, timer);
	loop_timer_disarm(&a->victim->timer);
	free(a->victim);
	free(a);
	fired++;
	loop_stop(loop);
}

START_TEST(a_timer_may_free_another_that_is_due)
{
	struct alarm_clock *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
	a->timer.fire = b->timer.fire = free_both;
	a->victim = b;
	b->victim = a;
	loop_timer_arm(loop, &a->timer, 0);
	loop_timer_arm(loop, &b->timer, 0);
	loop_run(loop, NULL);
	ck_assert_int_eq(fired, 1);
}
END_TEST

static void again_at_once(struct loop_timer *timer)
{
	if (++fired == 100)
		loop_stop(loop);
	loop_timer_arm(loop, timer, 0);
}

START_TEST(a_timer_that_rearms_itself_lets_others_live)
{
	struct alarm_clock a = {.timer.fire = again_at_once};
	loop_timer_arm(loop, &a.timer, 0);
	loop_run(loop, count_turn);
	ck_assert_int_ge(turns, 100); /* one firing a turn */
	loop_timer_disarm(&a.timer);
}
END_TEST

/* The wheel alone, with a made-up clock: years pass in a moment. */
static struct mono_ms fake_now;

static void check_due(struct loop_timer *timer)
{
	ck_assert_int_le(timer->at.ms, fake_now.ms);
	fired++;
}

START_TEST(the_wheel_is_exact_at_every_distance)
{
	enum { N = 4000 };
	static struct timer_wheel wheel;
	static struct loop_timer timers[N];
	uint64_t random = 12345;
	fake_now = (struct mono_ms){1000000007};
	wheel_init(&wheel, fake_now);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < N; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			int64_t delay = (int64_t)((random >> 20) >> (random >> 59)); /* from ms to decades */
			timers[i] = (struct loop_timer){.at = mono_add_ms(fake_now, delay), .fire = check_due};
			wheel_add(&wheel, &timers[i]);
		}
		for (int i = 0; i < N; i += 5) {
			list_remove(&timers[i].link);
			timers[i].link.next = NULL;
		}
		fired = 0;
		int wait;
		while ((wait = wheel_wait_ms(&wheel, fake_now)) >= 0) {
			fake_now = mono_add_ms(fake_now, wait);
			wheel_advance(&wheel, fake_now);
			for (int i = 0; i < N; i += 97) /* whatever is overdue by more than a tick was forgotten */
				ck_assert(!loop_timer_armed(&timers[i]) || timers[i].at.ms + WHEEL_TICK_MS > fake_now.ms);
		}
		ck_assert_int_eq(fired, N - N / 5);
	}
}
END_TEST

START_TEST(many_armed_timers_cost_nothing_per_turn)
{
	enum { N = 100000 };
	static struct timer_wheel wheel;
	struct loop_timer *timers = calloc(N, sizeof *timers);
	fake_now = (struct mono_ms){0};
	wheel_init(&wheel, fake_now);
	for (int i = 0; i < N; i++) {
		timers[i] = (struct loop_timer){.at = {600000 + i}, .fire = check_due};
		wheel_add(&wheel, &timers[i]);
	}
	/* Each tick of the first 64 s: were it O(timers) these 16,000 turns would take minutes, beyond the test's timeout. */
	for (; fake_now.ms < 64000; fake_now.ms += WHEEL_TICK_MS)
		wheel_advance(&wheel, fake_now);
	ck_assert_int_eq(fired, 0);
	fake_now.ms = 600000 + N + WHEEL_TICK_MS;
	wheel_advance(&wheel, fake_now);
	ck_assert_int_eq(fired, N);
	free(timers);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("net/loop");
	TCase *tcase = tcase_create("loop");
	tcase_add_checked_fixture(tcase, start, end);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, tells_readable_writable_and_hangup);
	tcase_add_test(tcase, adding_a_bad_descriptor_is_an_error);
	tcase_add_test(tcase, handlers_may_free_any_watch_of_the_batch);
	tcase_add_test(tcase, mail_of_many_threads_arrives_in_each_ones_order);
	tcase_add_test(tcase, stop_works_from_any_thread_and_before_the_run);
	tcase_add_test(tcase, destroy_delivers_what_is_left);
	tcase_add_test(tcase, timers_fire_in_order_and_never_early);
	tcase_add_test(tcase, disarmed_is_silent_and_rearmed_fires_once);
	tcase_add_test(tcase, a_timer_may_free_another_that_is_due);
	tcase_add_test(tcase, a_timer_that_rearms_itself_lets_others_live);
	tcase_add_test(tcase, the_wheel_is_exact_at_every_distance);
	tcase_add_test(tcase, many_armed_timers_cost_nothing_per_turn);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
