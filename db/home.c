/* Homes of people. Readers on any thread; ops on the writer's. A home is kept as a list of lists, of which the first has the favourites. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "base/str.h"
#include "db/homes.h"
#include "db/store_private.h"

void home_finish(struct home *h)
{
	for (size_t i = 0; i < h->room_count; i++)
		free(h->rooms[i].cards);
	free(h->rooms);
	free(h->favourites.cards);
	*h = (struct home){0};
}

/* Room for one more, taken in powers of two: there may be a thousand. Returns items, moved perhaps, or NULL without memory. */
static void *grow(void *items, size_t count, size_t size)
{
	bool full = (count & (count - 1)) == 0;
	return full ? reallocarray(items, count ? 2 * count : 1, size) : items;
}

int home_add_room(struct home *h, const char *room)
{
	struct home_list *rooms = grow(h->rooms, h->room_count, sizeof *rooms);
	if (!rooms)
		return ERR_NOMEM;
	h->rooms = rooms;
	rooms[h->room_count] = (struct home_list){0};
	return str_copy(rooms[h->room_count++].room, sizeof rooms->room, room);
}

int home_add_card(struct home_list *list, const struct home_card *card)
{
	struct home_card *cards = grow(list->cards, list->count, sizeof *cards);
	if (!cards)
		return ERR_NOMEM;
	list->cards = cards;
	cards[list->count++] = *card;
	return 0;
}

/* ---- reading ------------------------------------------------------------- */

/* One row: a list with one of its cards, or none. *last: the place of the list that came before. */
static int take_row(struct query *q, struct home *h, int64_t *last)
{
	char room[MODEL_NAME_SIZE];
	struct home_card card = {0};
	int64_t place = query_take_int(q);
	bool favourite = query_take_bool(q);
	query_take_text(q, room, sizeof room);
	query_take_text(q, card.device, sizeof card.device);
	query_take_text(q, card.entity, sizeof card.entity);
	int err = q->err;
	if (!err && !favourite && place != *last)
		err = home_add_room(h, room);
	*last = place;
	if (err || !card.device[0])
		return err;
	return home_add_card(favourite ? &h->favourites : &h->rooms[h->room_count - 1], &card);
}

int store_home_get(struct store *s, int64_t account, struct home *h_r)
{
	struct reading r;
	int64_t last = -1;
	*h_r = (struct home){0};
	reading_begin(&r, s,
		      "SELECT l.place, room IS NULL, coalesce(room, ''), coalesce(device, ''), coalesce(entity, '') "
		      "FROM home_list l LEFT JOIN home_card c ON c.account = l.account AND c.list = l.place "
		      "WHERE l.account = ? ORDER BY l.place, c.place");
	query_put_int(&r.q, account);
	while (query_next(&r.q)) {
		int err = take_row(&r.q, h_r, &last);
		if (err && !r.q.err)
			r.q.err = err;
	}
	return reading_end(&r);
}

/* ---- writing ------------------------------------------------------------- */

/* One block, as the writer frees it. */
struct home_op {
	struct op op;
	int64_t account;
	size_t favourites, rooms;
	struct {
		char room[MODEL_NAME_SIZE];
		size_t count; /* of its cards */
	} lists[HOME_ROOMS_MAX];
	struct home_card cards[]; /* of the favourites, then of each room */
};

static int drop(int64_t account, struct conn *hub)
{
	struct query q;
	query_begin(&q, hub, "DELETE FROM home_list WHERE account = ?");
	query_put_int(&q, account);
	return query_run(&q);
}

/* room NULL: the favourites. */
static int put_list(int64_t account, size_t place, const char *room, struct conn *hub)
{
	struct query q;
	query_begin(&q, hub, "INSERT INTO home_list (account, place, room) VALUES (?, ?, ?)");
	query_put_int(&q, account);
	query_put_int(&q, (int64_t)place);
	query_put_text(&q, room);
	return query_run(&q);
}

static int put_cards(int64_t account, size_t list, const struct home_card *cards, size_t count, struct conn *hub)
{
	int err = 0;
	for (size_t i = 0; i < count && !err; i++) {
		struct query q;
		query_begin(&q, hub,
			    "INSERT INTO home_card (account, list, place, device, entity) SELECT ?, ?, ?, id, ? FROM device WHERE id = ?");
		query_put_int(&q, account);
		query_put_int(&q, (int64_t)list);
		query_put_int(&q, (int64_t)i);
		query_put_text(&q, cards[i].entity);
		query_put_text(&q, cards[i].device);
		err = query_run(&q);
	}
	return err;
}

static int apply_put(struct op *op, struct write *write)
{
	const struct home_op *put = container_of(op, struct home_op, op);
	const struct home_card *cards = put->cards + put->favourites;
	int err = drop(put->account, write->hub);
	if (!err)
		err = put_list(put->account, 0, NULL, write->hub);
	if (!err)
		err = put_cards(put->account, 0, put->cards, put->favourites, write->hub);
	for (size_t i = 0; i < put->rooms && !err; i++) {
		err = put_list(put->account, i + 1, put->lists[i].room, write->hub);
		if (!err)
			err = put_cards(put->account, i + 1, cards, put->lists[i].count, write->hub);
		cards += put->lists[i].count;
	}
	return err;
}

static size_t count_cards(const struct home *h)
{
	size_t count = 0;
	for (size_t i = 0; i < h->room_count; i++)
		count += h->rooms[i].count;
	return count;
}

static struct home_card *copy_cards(struct home_card *to, const struct home_list *from)
{
	if (from->count)
		memcpy(to, from->cards, from->count * sizeof *to);
	return to + from->count;
}

int store_home_put(struct store *s, int64_t account, const struct home *h, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_put};
	size_t cards = count_cards(h);
	if (h->favourites.count > HOME_FAVOURITES_MAX || h->room_count > HOME_ROOMS_MAX || cards > HOME_CARDS_MAX)
		return ERR_TOO_LARGE;
	struct home_op *put = op_create(&kind, sizeof *put + (h->favourites.count + cards) * sizeof put->cards[0]);
	if (!put)
		return ERR_NOMEM;
	put->account = account;
	put->favourites = h->favourites.count;
	put->rooms = h->room_count;
	struct home_card *at = copy_cards(put->cards, &h->favourites);
	for (size_t i = 0; i < h->room_count; i++) {
		memcpy(put->lists[i].room, h->rooms[i].room, sizeof put->lists[i].room);
		put->lists[i].count = h->rooms[i].count;
		at = copy_cards(at, &h->rooms[i]);
	}
	return writer_submit(s->writer, &put->op, done);
}
