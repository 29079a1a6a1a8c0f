/* How one has arranged the own Home page: favourites, the order of the rooms and of their cards. What the reader may not see is left out,
 * on reading and on writing alike. Pool threads. */
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "db/homes.h"
#include "thread/thread.h"
#include "web/etag.h"
#include "web/live.h"
#include "web/problem.h"
#include "web/routes.h"
#include "web/sight.h"

/* The admin on the socket has no account. */
static bool is_person(const struct request *rq, struct response *rs)
{
	if (rq->identity.account)
		return true;
	problem(rs, 409, "The hub's socket belongs to no account, and has no home.");
	return false;
}

/* ---- answering --------------------------------------------------------------- */

static json_t *cards_json(const struct home_list *list, const struct sight *sight)
{
	json_t *cards = json_array();
	for (size_t i = 0; i < list->count; i++) {
		const struct home_card *card = &list->cards[i];
		if (!sight_sees(sight, card->device))
			continue;
		json_array_append_new(cards, card->entity[0] ? json_pack("{s:s, s:s}", "device", card->device, "entity", card->entity) :
							       json_pack("{s:s}", "device", card->device));
	}
	return cards;
}

static json_t *rooms_json(const struct home *home, const struct rooms *seen, const struct sight *sight)
{
	json_t *rooms = json_array();
	for (size_t i = 0; i < home->room_count; i++) {
		const struct home_list *room = &home->rooms[i];
		if (rooms_have(seen, room->room))
			json_array_append_new(rooms, json_pack("{s:s, s:o?}", "area", room->room, "cards", cards_json(room, sight)));
	}
	return rooms;
}

/* The home as it is answered. Returns 0, with *json_r the caller's, or an error of the store. */
static int read_home(const struct web_services *sv, const struct request *rq, json_t **json_r)
{
	struct home home = {0};
	struct sight sight;
	int err = sight_open(sv, rq, &sight);
	if (!err)
		err = store_home_get(sv->store, rq->identity.account, &home);
	if (!err) {
		*json_r = json_pack("{s:o?, s:o?}", "favourites", cards_json(&home.favourites, &sight), "rooms",
				    rooms_json(&home, &rq->identity.rooms, &sight));
		err = *json_r ? 0 : ERR_NOMEM;
	}
	home_finish(&home);
	sight_finish(&sight);
	return err;
}

static void answer(json_t *home, const char *tag, struct response *rs)
{
	response_json(rs, 200, home);
	etag_add(rs, tag);
}

void api_home_get(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	json_t *home;
	char tag[ETAG_SIZE];
	if (!is_person(rq, rs))
		return;
	int err = read_home(sv, rq, &home);
	if (err) {
		problem_from_err(rs, err, "home");
		return;
	}
	etag_make_json(json_incref(home), tag);
	answer(home, tag, rs);
}

/* ---- what comes in ------------------------------------------------------------- */

/* An id, or, where there may be none, nothing. */
static bool read_id(const json_t *card, const char *member, bool optional, char id_r[MODEL_ID_SIZE])
{
	const json_t *id = json_object_get(card, member);
	if (!id && optional)
		return true;
	struct span text = json_is_string(id) ? span_of(json_string_value(id), json_string_length(id)) : span_of(NULL, 0);
	return str_id_valid(text, MODEL_ID_MAX) && str_copy_span(id_r, MODEL_ID_SIZE, text) == 0;
}

/* Returns 0, ERR_INVALID or ERR_NOMEM. need_entity: the card must be of one. */
static int read_cards(const json_t *cards, bool need_entity, struct home_list *list)
{
	const json_t *item;
	size_t i;
	int err = json_is_array(cards) ? 0 : ERR_INVALID;
	json_array_foreach(cards, i, item) {
		struct home_card card = {0};
		if (!err && !(read_id(item, "device", false, card.device) && read_id(item, "entity", !need_entity, card.entity)))
			err = ERR_INVALID;
		if (!err)
			err = home_add_card(list, &card);
	}
	return err;
}

/* One room; what of it may not be seen is passed over. */
static int read_room(const json_t *item, const struct rooms *seen, struct home *home)
{
	const json_t *area = json_object_get(item, "area");
	const char *name = json_string_value(area);
	if (!name || json_string_length(area) >= MODEL_NAME_SIZE || !str_is_printable(name))
		return ERR_INVALID;
	struct home_list unseen = {0};
	int err = rooms_have(seen, name) ? home_add_room(home, name) : 0;
	struct home_list *room = rooms_have(seen, name) && !err ? &home->rooms[home->room_count - 1] : &unseen;
	if (!err)
		err = read_cards(json_object_get(item, "cards"), false, room);
	free(unseen.cards);
	return err;
}

static int read_rooms(const json_t *rooms, const struct rooms *seen, struct home *home)
{
	const json_t *item;
	size_t i;
	int err = json_is_array(rooms) ? 0 : ERR_INVALID;
	json_array_foreach(rooms, i, item)
		if (!err)
			err = read_room(item, seen, home);
	return err;
}

static void keep_seen(struct home_list *list, const struct sight *sight)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++)
		if (sight_sees(sight, list->cards[i].device))
			list->cards[kept++] = list->cards[i];
	list->count = kept;
}

/* Drops what whoever asks does not see: it must not read as if it were there. */
static int forget_unseen(const struct web_services *sv, const struct request *rq, struct home *home)
{
	struct sight sight;
	int err = sight_open(sv, rq, &sight);
	if (!err) {
		keep_seen(&home->favourites, &sight);
		for (size_t i = 0; i < home->room_count; i++)
			keep_seen(&home->rooms[i], &sight);
	}
	sight_finish(&sight);
	return err;
}

/* Reads the body; answers what is wrong with it. */
static bool read_wish(const struct web_services *sv, const struct request *rq, struct home *home, struct response *rs)
{
	const char *wrong = NULL;
	int err = read_cards(json_object_get(rq->body, "favourites"), true, &home->favourites);
	if (err == ERR_INVALID)
		wrong = "favourites";
	if (!err)
		err = read_rooms(json_object_get(rq->body, "rooms"), &rq->identity.rooms, home);
	if (err == ERR_INVALID && !wrong)
		wrong = "rooms";
	if (!err)
		err = forget_unseen(sv, rq, home);
	if (wrong)
		problem_field(rs, 422, wrong, "A home has a list of favourites, each with device and entity, and a list of rooms, each with area and cards.");
	else if (err)
		problem_from_err(rs, err, "home");
	return !err;
}

/* ---- keeping ---------------------------------------------------------------------- */

/* With the edits' lock. Returns 0 with the new home and its tag, or an error with the problem in rs. */
static int compare_and_put(const struct web_services *sv, const struct request *rq, const struct home *wish, json_t **home_r,
			   char tag_r[ETAG_SIZE], struct response *rs)
{
	json_t *now = NULL;
	int err = read_home(sv, rq, &now);
	etag_make_json(now, tag_r);
	if (!err && !etag_fits(rq, tag_r, rs))
		return ERR_STATE;
	if (!err)
		err = store_home_put(sv->store, rq->identity.account, wish, NULL);
	if (!err)
		err = read_home(sv, rq, home_r);
	if (err == ERR_EXISTS)
		problem_field(rs, 422, "rooms", "A room, or a card within one list, is named twice.");
	else if (err == ERR_TOO_LARGE)
		problem_coded(rs, 422, "home_full", "rooms", "These are more favourites, rooms or cards than can be kept.");
	else if (err)
		problem_from_err(rs, err, "account");
	else
		etag_make_json(json_incref(*home_r), tag_r);
	return err;
}

/* The person's pages hear of it; the one that asked knows the tag. */
static void tell(const struct web_services *sv, int64_t account, const char *tag)
{
	json_t *event = json_pack("{s:s}", "etag", tag);
	char *text = event ? json_dumps(event, JSON_COMPACT) : NULL;
	if (text)
		live_tell(sv->live, account, "home", text);
	free(text);
	json_decref(event);
}

void api_home_put(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct home wish = {0};
	json_t *home;
	char tag[ETAG_SIZE];
	if (!is_person(rq, rs))
		return;
	if (read_wish(sv, rq, &wish, rs)) {
		lock_take(sv->edits);
		int err = compare_and_put(sv, rq, &wish, &home, tag, rs);
		lock_release(sv->edits);
		if (!err) {
			answer(home, tag, rs);
			tell(sv, rq->identity.account, tag);
		}
	}
	home_finish(&wish);
}
