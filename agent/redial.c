/* The order of the attempts. A hub's address list has dead ones (another network,
 * IPv6 without a route, a bridge of containers): they must not make a device that knows a good
 * address wait when its hub restarts. */
#include "redial.h"

enum { QUICK_MS = 250, LONGEST_MS = 60000 };

int64_t redial_backoff_ms(unsigned rounds, double part)
{
	int64_t bound = LONGEST_MS;
	if (rounds <= 1)
		bound = QUICK_MS;
	else if (rounds - 2 < 6)
		bound = INT64_C(1000) << (rounds - 2);
	return (int64_t)((double)(bound < LONGEST_MS ? bound : LONGEST_MS) * part);
}

void redial_init(struct redial *r, size_t count)
{
	*r = (struct redial){.count = count, .proven = count};
}

void redial_succeeded(struct redial *r)
{
	r->proven = r->other = r->next;
}

void redial_lasted(struct redial *r)
{
	r->rounds = 0;
}

int64_t redial_failed(struct redial *r, bool was_online, double part)
{
	bool new_round;
	if (r->proven == r->count) {
		r->next = (r->next + 1) % r->count;
		new_round = r->next == 0;
	} else {
		new_round = was_online || r->next != r->proven || r->count == 1;
		if (!new_round) {
			do
				r->other = (r->other + 1) % r->count;
			while (r->other == r->proven);
		}
		r->next = new_round ? r->proven : r->other;
	}
	if (new_round && r->rounds < 100) /* the longest wait is reached long before */
		r->rounds++;
	return redial_backoff_ms(new_round ? r->rounds : 1, part);
}
