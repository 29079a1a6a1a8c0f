/* The mailbox: many posters, one owner, order per poster, and no lost wake-up. */
#include "thread/mailbox.h"

#include <check.h>
#include <poll.h>
#include <stdlib.h>

#include "base/list.h"
#include "thread/thread.h"

enum { POSTERS = 4, MAILS = 20000 };

struct letter {
	struct mail mail;
	int poster, number;
};

struct owner {
	int next[POSTERS]; /* the number expected of each poster */
	int count;
};

struct poster {
	struct mailbox *box;
	struct letter *letters; /* borrowed, MAILS of them */
};

static void deliver(struct mail *mail, void *arg)
{
	struct letter *letter = container_of(mail, struct letter, mail);
	struct owner *owner = arg;
	ck_assert_int_eq(letter->number, owner->next[letter->poster]);
	owner->next[letter->poster]++;
	owner->count++;
}

static void *post_all(void *arg)
{
	struct poster *poster = arg;
	for (int i = 0; i < MAILS; i++)
		mailbox_post(poster->box, &poster->letters[i].mail);
	return NULL;
}

/* says: whether the owner says when it is awake. */
static void keep_the_order(bool says)
{
	struct mailbox box;
	ck_assert_int_eq(mailbox_init(&box), 0);
	struct letter *letters = calloc(POSTERS * MAILS, sizeof *letters);
	struct poster posters[POSTERS];
	pthread_t threads[POSTERS];
	for (int p = 0; p < POSTERS; p++) {
		posters[p] = (struct poster){&box, letters + p * MAILS};
		for (int i = 0; i < MAILS; i++)
			letters[p * MAILS + i] = (struct letter){{.deliver = deliver}, p, i};
		ck_assert_int_eq(thread_start(&threads[p], "poster", post_all, &posters[p]), 0);
	}
	struct owner owner = {.count = 0};
	/* sleeps for each round: a lost wake-up would hang here and time the test out */
	while (owner.count < POSTERS * MAILS) {
		struct pollfd waiting = {.fd = box.event_fd, .events = POLLIN};
		if (!says || mailbox_sleep(&box))
			ck_assert_int_eq(poll(&waiting, 1, -1), 1);
		if (says)
			mailbox_wake(&box);
		mailbox_deliver(&box, &owner);
	}
	for (int p = 0; p < POSTERS; p++)
		pthread_join(threads[p], NULL);
	mailbox_deliver(&box, &owner);
	ck_assert_int_eq(owner.count, POSTERS * MAILS);
	mailbox_finish(&box);
	free(letters);
}

START_TEST(keeps_the_order_of_each_poster)
{
	keep_the_order(false);
}
END_TEST

START_TEST(keeps_the_order_while_awake)
{
	keep_the_order(true);
}
END_TEST

START_TEST(wakes_only_when_empty)
{
	struct mailbox box;
	ck_assert_int_eq(mailbox_init(&box), 0);
	struct owner owner = {.count = 0};
	ck_assert(!mailbox_deliver(&box, &owner));
	struct letter first = {{.deliver = deliver}, 0, 0}, second = {{.deliver = deliver}, 0, 1};
	struct pollfd waiting = {.fd = box.event_fd, .events = POLLIN};
	ck_assert_int_eq(poll(&waiting, 1, 0), 0);
	mailbox_post(&box, &first.mail);
	mailbox_post(&box, &second.mail);
	ck_assert_int_eq(poll(&waiting, 1, 0), 1);
	ck_assert(mailbox_deliver(&box, &owner));
	ck_assert_int_eq(owner.count, 2);
	ck_assert_int_eq(poll(&waiting, 1, 0), 0);
	ck_assert(!mailbox_deliver(&box, &owner));
	mailbox_finish(&box);
}
END_TEST

/* One that is awake looks by itself, and is woken again once it has said that it sleeps. */
START_TEST(wakes_nobody_who_is_awake)
{
	struct mailbox box;
	ck_assert_int_eq(mailbox_init(&box), 0);
	struct owner owner = {.count = 0};
	struct letter letters[] = {{{.deliver = deliver}, 0, 0}, {{.deliver = deliver}, 0, 1}, {{.deliver = deliver}, 0, 2}};
	struct pollfd waiting = {.fd = box.event_fd, .events = POLLIN};
	mailbox_wake(&box);
	mailbox_post(&box, &letters[0].mail);
	ck_assert_int_eq(poll(&waiting, 1, 0), 0);
	ck_assert(!mailbox_sleep(&box)); /* there is mail: it may not */
	ck_assert(mailbox_take(&box, &owner));
	ck_assert(mailbox_sleep(&box));
	mailbox_post(&box, &letters[1].mail);
	ck_assert_int_eq(poll(&waiting, 1, 0), 1);
	mailbox_wake(&box);
	ck_assert(mailbox_deliver(&box, &owner));
	mailbox_post(&box, &letters[2].mail);
	ck_assert_int_eq(poll(&waiting, 1, 0), 0);
	ck_assert(mailbox_take(&box, &owner));
	ck_assert_int_eq(owner.count, 3);
	mailbox_finish(&box);
}
END_TEST

struct echo {
	struct mail mail;
	struct mailbox *box;
	int left;
};

static void post_again(struct mail *mail, void *owner)
{
	struct echo *echo = container_of(mail, struct echo, mail);
	++*(int *)owner;
	if (echo->left-- > 0)
		mailbox_post(echo->box, mail);
}

/* Mail posted while delivering waits for the next round: no loop can starve. */
START_TEST(mail_posted_in_delivery_waits)
{
	struct mailbox box;
	ck_assert_int_eq(mailbox_init(&box), 0);
	struct echo echo = {{.deliver = post_again}, &box, 2};
	int count = 0;
	mailbox_post(&box, &echo.mail);
	for (int round = 1; round <= 3; round++) {
		ck_assert(mailbox_deliver(&box, &count));
		ck_assert_int_eq(count, round);
	}
	ck_assert(!mailbox_deliver(&box, &count));
	mailbox_finish(&box);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("thread/mailbox");
	TCase *tcase = tcase_create("mailbox");
	tcase_add_test(tcase, keeps_the_order_of_each_poster);
	tcase_add_test(tcase, keeps_the_order_while_awake);
	tcase_add_test(tcase, wakes_only_when_empty);
	tcase_add_test(tcase, wakes_nobody_who_is_awake);
	tcase_add_test(tcase, mail_posted_in_delivery_waits);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
