/* Homes: how each person has arranged the own Home page. Part of the facade (store.h says who may call what, and how writes are
 * answered); hub.db. A home goes with its account, and what it says of a device with that. */
#ifndef DB_HOMES_H
#define DB_HOMES_H

#include "db/store.h"

/* What the body of a request has room for, and more than a hand arranges. */
enum { HOME_FAVOURITES_MAX = 100, HOME_ROOMS_MAX = 200, HOME_CARDS_MAX = 1000 /* in all rooms */ };

struct home_card {
	char device[MODEL_ID_SIZE], entity[MODEL_ID_SIZE]; /* entity "": the one card of all that the device measures */
};

/* Cards in their order. */
struct home_list {
	char room[MODEL_NAME_SIZE]; /* "": what is in none. Of the favourites: no meaning */
	struct home_card *cards;
	size_t count;
};

struct home {
	struct home_list favourites;
	struct home_list *rooms; /* in their order */
	size_t room_count;
};

/* Frees lists and cards; zeroed is fine. */
void home_finish(struct home *h);

/* Appends to what is there; both copy. Return 0 or ERR_NOMEM. */
int home_add_room(struct home *h, const char *room);
int home_add_card(struct home_list *list, const struct home_card *card);

/* The account's home, an empty one when it has arranged nothing. home_finish it, also after an error. Reader. */
int store_home_get(struct store *s, int64_t account, struct home *h_r);

/* Replaces the account's home. Cards of devices that do not exist are left out; whether a device has the entity is not asked: it may be
 * about to tell. Writer. ERR_NOT_FOUND: no such account; ERR_EXISTS: a room, or in one list a card, is named twice; ERR_TOO_LARGE: more
 * than the bounds above. */
int store_home_put(struct store *s, int64_t account, const struct home *h, const struct store_done *done);

#endif
