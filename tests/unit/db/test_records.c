/* Records of hub.db: devices, keys, accounts, sessions, alerts, audit, settings. Every
 * field that goes in comes out. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "support.h"

static struct device_record make_device(const char *id)
{
	struct device_record d = {.name = "Köket", .area = "kitchen", .model = "T1", .manufacturer = "tomte",
				  .sw_version = "0.1", .revoked = true, .online = false, .lost = true,
				  .enrolled_at = {1111}, .last_seen_at = {2222}};
	ck_assert_int_eq(str_copy(d.id, sizeof d.id, id), 0);
	memset(d.identity, 0x11, sizeof d.identity);
	memset(d.token_hash, 0x22, sizeof d.token_hash);
	d.scram.iterations = 4096;
	memset(d.scram.salt, 0x33, sizeof d.scram.salt);
	memset(d.scram.stored_key, 0x44, sizeof d.scram.stored_key);
	memset(d.scram.server_key, 0x55, sizeof d.scram.server_key);
	return d;
}

static void assert_device(const struct device_record *a, const struct device_record *b)
{
	ck_assert_str_eq(a->id, b->id);
	ck_assert_str_eq(a->name, b->name);
	ck_assert_str_eq(a->area, b->area);
	ck_assert_str_eq(a->model, b->model);
	ck_assert_str_eq(a->manufacturer, b->manufacturer);
	ck_assert_str_eq(a->sw_version, b->sw_version);
	ck_assert_mem_eq(a->identity, b->identity, 32);
	ck_assert_mem_eq(a->token_hash, b->token_hash, 32);
	ck_assert_mem_eq(&a->scram, &b->scram, sizeof a->scram);
	ck_assert_int_eq(a->revoked, b->revoked);
	ck_assert_int_eq(a->online, b->online);
	ck_assert_int_eq(a->lost, b->lost);
	ck_assert_int_eq(a->enrolled_at.ms, b->enrolled_at.ms);
	ck_assert_int_eq(a->last_seen_at.ms, b->last_seen_at.ms);
	ck_assert_pstr_eq(a->discovery, b->discovery);
}

static void assert_stored(struct store *s, const struct device_record *expected)
{
	struct device_record got;
	ck_assert_int_eq(store_device_get(s, expected->id, &got), 0);
	assert_device(&got, expected);
	device_record_finish(&got);
	ck_assert_ptr_null(got.discovery);
}

START_TEST(device_is_put)
{
	struct store *s = test_open();
	char discovery[] = "{\"name\":\"lamp\"}";
	struct device_record d = make_device("lamp");
	ck_assert_int_eq(store_device_put(s, &d, NULL), 0);
	assert_stored(s, &d);
	d.discovery = discovery;
	d.online = true;
	d.lost = d.revoked = false;
	ck_assert_int_eq(store_device_put(s, &d, NULL), 0);
	assert_stored(s, &d);
	struct device_record without = d;
	without.discovery = NULL; /* leaves what there is */
	ck_assert_int_eq(store_device_put(s, &without, NULL), 0);
	assert_stored(s, &d);
	struct device_record none = make_device("");
	ck_assert_int_eq(store_device_put(s, &none, NULL), ERR_INVALID);
	ck_assert_int_eq(store_device_get(s, "nobody", &none), ERR_NOT_FOUND);
	ck_assert_ptr_null(none.discovery);
	store_close(&s);
}
END_TEST

START_TEST(a_new_token_brings_its_own_verifier_or_none)
{
	struct store *s = test_open();
	struct device_record d = make_device("lamp");
	ck_assert_int_eq(store_device_put(s, &d, NULL), 0);
	d.scram.iterations = 10000;
	memset(d.scram.salt, 1, sizeof d.scram.salt);
	memset(d.scram.stored_key, 2, sizeof d.scram.stored_key);
	memset(d.scram.server_key, 3, sizeof d.scram.server_key);
	ck_assert_int_eq(store_device_put(s, &d, NULL), 0);
	assert_stored(s, &d);
	d.scram = (struct scram_verifier){0};
	ck_assert_int_eq(store_device_put(s, &d, NULL), 0);
	assert_stored(s, &d);
	ck_assert_int_eq(test_sql_int("hub.db", BASE_HUB, "SELECT count(*) FROM device_scram"), 0);
	store_close(&s);
}
END_TEST

static void append_id(void *ctx, const struct device_record *d)
{
	ck_assert_int_eq(buf_printf(ctx, "%s:%s ", d->id, d->discovery ? d->discovery : "-"), 0);
}

START_TEST(devices_are_listed)
{
	struct store *s = test_open();
	struct device_record b = make_device("b"), a = make_device("a");
	char discovery[] = "{}";
	b.discovery = discovery;
	ck_assert_int_eq(store_device_put(s, &b, NULL), 0);
	ck_assert_int_eq(store_device_put(s, &a, NULL), 0);
	struct buf list = {0};
	ck_assert_int_eq(store_device_each(s, append_id, &list), 0);
	ck_assert_str_eq(buf_cstr(&list), "a:- b:{} ");
	buf_finish(&list);
	store_close(&s);
}
END_TEST

START_TEST(device_is_changed_in_part)
{
	struct store *s = test_open();
	struct device_record d = make_device("lamp");
	ck_assert_int_eq(store_device_put(s, &d, NULL), 0);
	bool yes = true, no = false;
	struct wall_ms seen = {3333};
	ck_assert_int_eq(store_device_change(s, "lamp", &(struct device_change){.online = &yes, .last_seen_at = &seen}, NULL), 0);
	d.online = true;
	d.last_seen_at = seen;
	assert_stored(s, &d);
	char *discovery = malloc(50001); /* longer than a page */
	memset(discovery, 'x', 50000);
	discovery[50000] = 0;
	struct device_change texts = {.name = "Hallen", .area = "", .model = "T2", .manufacturer = "tomten", .sw_version = "0.2",
				      .discovery = discovery, .lost = &no, .revoked = &no};
	ck_assert_int_eq(store_device_change(s, "lamp", &texts, NULL), 0);
	struct device_record want = {.name = "Hallen", .model = "T2", .manufacturer = "tomten", .sw_version = "0.2",
				     .online = true, .enrolled_at = {1111}, .last_seen_at = {3333}, .discovery = discovery};
	ck_assert_int_eq(str_copy(want.id, sizeof want.id, "lamp"), 0);
	memcpy(want.identity, d.identity, 32);
	memcpy(want.token_hash, d.token_hash, 32);
	want.scram = d.scram;
	assert_stored(s, &want);
	ck_assert_int_eq(store_device_change(s, "lamp", &(struct device_change){0}, NULL), 0);
	assert_stored(s, &want);
	ck_assert_int_eq(store_device_change(s, "lamp", &(struct device_change){.sw_version = discovery}, NULL), ERR_TOO_LARGE);
	ck_assert_int_eq(store_device_change(s, "nobody", &texts, NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(store_device_change(s, discovery, &texts, NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(test_sql_int("hub.db", BASE_HUB, "SELECT count(*) FROM device_discovery"), 1);
	free(discovery);
	store_close(&s);
}
END_TEST

/* ---- keys -------------------------------------------------------------- */

static struct key_record make_key(uint8_t first)
{
	struct key_record k = {.state = KEY_NEW, .created_at = {100 + first}, .expires_at = {5000}, .note = "for the hall",
			       .area = "hall", .needs_approval = true, .approved = false};
	memset(k.kid, first, sizeof k.kid);
	memset(k.psk, 0x5a, sizeof k.psk);
	return k;
}

static void assert_key(struct store *s, const struct key_record *want)
{
	struct key_record got;
	ck_assert_int_eq(store_key_get(s, want->kid, &got), 0);
	ck_assert_mem_eq(got.kid, want->kid, sizeof got.kid);
	ck_assert_mem_eq(got.psk, want->psk, sizeof got.psk);
	ck_assert_int_eq(got.state, want->state);
	ck_assert_int_eq(got.created_at.ms, want->created_at.ms);
	ck_assert_int_eq(got.expires_at.ms, want->expires_at.ms);
	ck_assert_str_eq(got.note, want->note);
	ck_assert_str_eq(got.area, want->area);
	ck_assert_int_eq(got.needs_approval, want->needs_approval);
	ck_assert_int_eq(got.approved, want->approved);
	ck_assert_mem_eq(got.device_identity, want->device_identity, 32);
	ck_assert_str_eq(got.device_id, want->device_id);
}

static void append_kid(void *ctx, const struct key_record *k)
{
	ck_assert_int_eq(buf_printf(ctx, "%d ", k->kid[0]), 0);
}

START_TEST(keys_live_and_die)
{
	struct store *s = test_open();
	struct key_record k = make_key(7), other = make_key(3);
	ck_assert_int_eq(store_key_get(s, k.kid, &k), ERR_NOT_FOUND);
	ck_assert_int_eq(store_key_put(s, &k, NULL), 0);
	ck_assert_int_eq(store_key_put(s, &other, NULL), 0);
	assert_key(s, &k);
	struct buf list = {0};
	ck_assert_int_eq(store_key_each(s, append_kid, &list), 0);
	ck_assert_str_eq(buf_cstr(&list), "3 7 ");
	buf_finish(&list);

	k.state = KEY_BOUND;
	ck_assert_int_eq(store_key_put(s, &k, NULL), ERR_INVALID); /* it would keep the secret */
	memset(k.psk, 0, sizeof k.psk);
	k.approved = true;
	ck_assert_int_eq(store_key_put(s, &k, NULL), 0);
	assert_key(s, &k);
	assert_key(s, &other);
	store_close(&s);
}
END_TEST

START_TEST(claim_is_one_transaction)
{
	struct store *s = test_open();
	struct key_record k = make_key(7);
	ck_assert_int_eq(store_key_put(s, &k, NULL), 0);
	struct key_record claimed = k;
	claimed.state = KEY_CLAIMED;
	memset(claimed.device_identity, 0x33, 32);
	ck_assert_int_eq(str_copy(claimed.device_id, sizeof claimed.device_id, "lamp"), 0);
	struct device_record nameless = make_device("");
	ck_assert_int_eq(store_key_claim(s, &claimed, &nameless, false, NULL), ERR_INVALID);
	assert_key(s, &k); /* nothing of it happened */
	struct device_record d = make_device("lamp");
	char discovery[] = "{}";
	d.discovery = discovery;
	ck_assert_int_eq(store_key_claim(s, &claimed, &d, false, NULL), 0);
	assert_key(s, &claimed);
	assert_stored(s, &d);
	store_close(&s);
}
END_TEST

/* Between the look at a device and the claim of it by an ordinary code the owner may have decided otherwise. */
START_TEST(a_claim_undoes_nothing)
{
	struct store *s = test_open();
	struct key_record k = make_key(7), place = make_key(8);
	struct device_record seen = make_device("lamp"), now = seen, gone;
	seen.discovery = now.discovery = NULL;
	now.revoked = seen.revoked = false;
	ck_assert_int_eq(store_device_put(s, &seen, NULL), 0);
	ck_assert_int_eq(store_key_put(s, &k, NULL), 0);
	const struct device_change moved = {.name = "Elsewhere", .area = "Attic"};
	ck_assert_int_eq(store_device_change(s, "lamp", &moved, NULL), 0);
	ck_assert_int_eq(str_copy(seen.model, sizeof seen.model, "Mark II"), 0);
	memset(seen.token_hash, 0x77, sizeof seen.token_hash);
	ck_assert_int_eq(store_key_claim(s, &k, &seen, true, NULL), 0);
	ck_assert_int_eq(store_device_get(s, "lamp", &now), 0);
	ck_assert_str_eq(now.name, "Elsewhere");
	ck_assert_str_eq(now.area, "Attic");
	ck_assert_str_eq(now.model, "Mark II");
	ck_assert_mem_eq(now.token_hash, seen.token_hash, sizeof now.token_hash);
	device_record_finish(&now);
	now.discovery = NULL;

	memset(now.identity, 0x44, sizeof now.identity); /* other hardware has taken its place */
	ck_assert_int_eq(store_device_put(s, &now, NULL), 0);
	struct key_record claimed = k;
	claimed.state = KEY_CLAIMED;
	memset(seen.token_hash, 0x55, sizeof seen.token_hash);
	ck_assert_int_eq(store_key_claim(s, &claimed, &seen, true, NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(store_key_claim(s, &claimed, &seen, false, NULL), ERR_NOT_FOUND); /* nor by its id alone */
	ck_assert_int_eq(store_device_disown(s, "lamp", NULL), 0);
	ck_assert_int_eq(store_key_claim(s, &claimed, &seen, true, NULL), ERR_NOT_FOUND);
	assert_key(s, &k);
	ck_assert_int_eq(store_device_erase(s, "lamp", NULL), 0);
	ck_assert_int_eq(store_key_claim(s, &claimed, &seen, true, NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(store_device_get(s, "lamp", &gone), ERR_NOT_FOUND);

	ck_assert_int_eq(str_copy(place.replaces, sizeof place.replaces, "lamp"), 0);
	ck_assert_int_eq(store_key_put(s, &place, NULL), ERR_NOT_FOUND); /* nor does a code for its place outlive it */
	ck_assert_int_eq(store_key_get(s, place.kid, &place), ERR_NOT_FOUND);
	store_close(&s);
}
END_TEST

/* ---- accounts, sessions, tokens ---------------------------------------- */

static void append_account(void *ctx, const struct account *a)
{
	ck_assert_int_eq(buf_printf(ctx, "%s=%d ", a->name, a->role), 0);
}

/* Anna, the owner, and Bo, who looks. */
static void two_people(struct store *s, int64_t *anna_r, int64_t *bo_r)
{
	struct account a = {.name = "Anna", .password = "$argon2id$a", .role = ROLE_OWNER, .created_at = {5}};
	struct account b = {.name = "Bo", .password = "$argon2id$b", .role = ROLE_VIEWER};
	ck_assert_int_eq(store_account_add(s, &a, true, anna_r), 0);
	ck_assert_int_gt(*anna_r, 0);
	ck_assert_int_eq(store_account_add(s, &b, true, bo_r), ERR_STATE);
	ck_assert_int_eq(store_account_add(s, &b, false, bo_r), 0);
	ck_assert_int_ne(*anna_r, *bo_r);
}

START_TEST(accounts)
{
	struct store *s = test_open();
	int64_t count, anna, bo;
	struct account got;
	ck_assert_int_eq(store_account_count(s, &count), 0);
	ck_assert_int_eq(count, 0);
	two_people(s, &anna, &bo);
	struct account twin = {.name = "aNNA", .password = "x"}, nameless = {.password = "x"}, numbered = {.id = 9, .name = "x"};
	ck_assert_int_eq(store_account_add(s, &twin, false, NULL), ERR_EXISTS);
	ck_assert_int_eq(store_account_add(s, &nameless, false, NULL), ERR_INVALID);
	ck_assert_int_eq(store_account_add(s, &numbered, false, NULL), ERR_INVALID);
	ck_assert_int_eq(store_account_count(s, &count), 0);
	ck_assert_int_eq(count, 2);

	ck_assert_int_eq(store_account_by_name(s, "ANNA", &got), 0);
	ck_assert_int_eq(got.id, anna);
	ck_assert_str_eq(got.name, "Anna");
	ck_assert_str_eq(got.password, "$argon2id$a");
	ck_assert_int_eq(got.role, ROLE_OWNER);
	ck_assert(got.rooms.all && !got.must_change);
	ck_assert_int_eq(got.created_at.ms, 5);
	ck_assert_int_eq(store_account_by_name(s, "Ann", &got), ERR_NOT_FOUND);
	ck_assert_int_eq(store_account_by_id(s, bo, &got), 0);
	ck_assert_str_eq(got.name, "Bo");
	ck_assert_int_eq(store_account_by_id(s, 99, &got), ERR_NOT_FOUND);
	struct buf list = {0};
	ck_assert_int_eq(store_account_each(s, append_account, &list), 0);
	ck_assert_str_eq(buf_cstr(&list), "Anna=2 Bo=0 ");
	buf_finish(&list);
	store_close(&s);
}
END_TEST

START_TEST(accounts_change_in_the_parts_that_are_named)
{
	static const enum role guest = ROLE_GUEST, adult = ROLE_ADULT;
	static const bool yes = true;
	struct store *s = test_open();
	int64_t anna, bo;
	struct account got;
	two_people(s, &anna, &bo);
	struct rooms rooms = {0};
	ck_assert_int_eq(rooms_add(&rooms, span_str("Kitchen")), 0);
	ck_assert_int_eq(rooms_add(&rooms, span_str("Hall")), 0);
	ck_assert_int_eq(store_account_change(s, bo, &(struct account_change){.role = &guest, .rooms = &rooms}), 0);
	ck_assert_int_eq(store_account_by_id(s, bo, &got), 0);
	ck_assert_int_eq(got.role, ROLE_GUEST);
	ck_assert_str_eq(got.password, "$argon2id$b");
	ck_assert(rooms_have(&got.rooms, "Kitchen") && rooms_have(&got.rooms, "Hall") && !rooms_have(&got.rooms, "Cellar"));
	ck_assert_int_eq(store_account_change(s, bo, &(struct account_change){.password = "$argon2id$c", .must_change = &yes}), 0);
	ck_assert_int_eq(store_account_change(s, bo, &(struct account_change){.name = "Bosse"}), 0);
	ck_assert_int_eq(store_account_by_name(s, "bosse", &got), 0);
	ck_assert_str_eq(got.password, "$argon2id$c");
	ck_assert(got.must_change && rooms_have(&got.rooms, "Kitchen"));
	rooms = (struct rooms){0};
	ck_assert_int_eq(store_account_change(s, bo, &(struct account_change){.role = &adult, .rooms = &rooms}), 0);
	ck_assert_int_eq(store_account_by_id(s, bo, &got), 0);
	ck_assert(got.rooms.all && got.rooms.names[0] == 0);

	char longest[65];
	memset(longest, 'x', sizeof longest);
	longest[64] = 0;
	ck_assert_int_eq(store_account_change(s, bo, &(struct account_change){.name = "anna"}), ERR_EXISTS);
	ck_assert_int_eq(store_account_change(s, bo, &(struct account_change){.name = ""}), ERR_INVALID);
	ck_assert_int_eq(store_account_change(s, bo, &(struct account_change){.name = longest}), ERR_TOO_LARGE);
	ck_assert_int_eq(store_account_change(s, 99, &(struct account_change){.name = "x"}), ERR_NOT_FOUND);
	store_close(&s);
}
END_TEST

START_TEST(an_owner_always_remains)
{
	static const enum role viewer = ROLE_VIEWER, owner = ROLE_OWNER;
	struct store *s = test_open();
	int64_t anna, bo;
	struct account got;
	two_people(s, &anna, &bo);
	ck_assert_int_eq(store_account_change(s, anna, &(struct account_change){.name = "Eva", .role = &viewer}), ERR_STATE);
	ck_assert_int_eq(store_account_remove(s, anna), ERR_STATE);
	ck_assert_int_eq(store_account_by_id(s, anna, &got), 0);
	ck_assert_int_eq(got.role, ROLE_OWNER);
	ck_assert_str_eq(got.name, "Anna");
	ck_assert_int_eq(store_account_change(s, bo, &(struct account_change){.role = &owner}), 0);
	ck_assert_int_eq(store_account_change(s, anna, &(struct account_change){.role = &viewer}), 0);
	ck_assert_int_eq(store_account_remove(s, anna), 0);
	ck_assert_int_eq(store_account_remove(s, anna), ERR_NOT_FOUND);
	ck_assert_int_eq(store_account_remove(s, bo), ERR_STATE);
	store_close(&s);
}
END_TEST

static struct web_session make_session(uint8_t hash, int64_t account, int64_t used_at)
{
	struct web_session w = {.account = account, .created_at = {10}, .used_at = {used_at}, .agent = "Firefox", .address = "fd00::1"};
	memset(w.token_hash, hash, sizeof w.token_hash);
	return w;
}

static bool has_session(struct store *s, uint8_t hash)
{
	struct web_session like = make_session(hash, 0, 0), w;
	int err = store_session_get(s, like.token_hash, &w);
	ck_assert(err == 0 || err == ERR_NOT_FOUND);
	return !err;
}

START_TEST(web_sessions)
{
	struct store *s = test_open();
	int64_t anna, bo;
	two_people(s, &anna, &bo);
	struct web_session w = make_session(1, anna, 100), got;
	ck_assert_int_eq(store_session_put(s, &w, NULL), 0);
	w.used_at.ms = 150;
	ck_assert_int_eq(store_session_put(s, &w, NULL), 0);
	ck_assert_int_eq(store_session_get(s, w.token_hash, &got), 0);
	ck_assert_mem_eq(got.token_hash, w.token_hash, 32);
	ck_assert_int_eq(got.account, anna);
	ck_assert_int_eq(got.created_at.ms, 10);
	ck_assert_int_eq(got.used_at.ms, 150);
	ck_assert_str_eq(got.agent, "Firefox");
	ck_assert_str_eq(got.address, "fd00::1");
	struct web_session nobodys = make_session(9, 99, 1);
	ck_assert_int_eq(store_session_put(s, &nobodys, NULL), ERR_NOT_FOUND);

	for (uint8_t i = 2; i <= 5; i++) {
		struct web_session more = make_session(i, i == 5 ? bo : anna, i * 100);
		ck_assert_int_eq(store_session_put(s, &more, NULL), 0);
	}
	struct web_session third = make_session(3, 0, 0);
	ck_assert_int_eq(store_session_remove(s, make_session(4, 0, 0).token_hash, NULL), 0);
	ck_assert_int_eq(store_session_remove(s, make_session(4, 0, 0).token_hash, NULL), 0);
	ck_assert(!has_session(s, 4) && has_session(s, 3));
	ck_assert_int_eq(store_session_purge(s, 0, NULL, (struct wall_ms){200}, NULL), 0);
	ck_assert(!has_session(s, 1) && has_session(s, 2));
	ck_assert_int_eq(store_session_purge(s, anna, third.token_hash, (struct wall_ms){0}, NULL), 0);
	ck_assert(!has_session(s, 2) && has_session(s, 3) && has_session(s, 5));
	ck_assert_int_eq(store_session_purge(s, anna, NULL, (struct wall_ms){0}, NULL), 0);
	ck_assert(!has_session(s, 3) && has_session(s, 5));
	store_close(&s);
}
END_TEST

static void append_session(void *ctx, const struct web_session *w)
{
	ck_assert_int_eq(buf_printf(ctx, "%d %lld %s, ", w->token_hash[0], (long long)w->used_at.ms, w->address), 0);
}

START_TEST(sessions_are_listed_and_touched)
{
	struct store *s = test_open();
	int64_t anna, bo;
	two_people(s, &anna, &bo);
	for (uint8_t i = 1; i <= 3; i++) {
		struct web_session w = make_session(i, i == 2 ? bo : anna, i * 100);
		ck_assert_int_eq(store_session_put(s, &w, NULL), 0);
	}
	struct web_session used = make_session(1, 0, 900);
	memcpy(used.address, "10.0.0.9", 9);
	ck_assert_int_eq(store_session_touch(s, &used, NULL), 0);
	struct web_session over = make_session(7, anna, 900);
	ck_assert_int_eq(store_session_touch(s, &over, NULL), 0);
	ck_assert(!has_session(s, 7));
	struct buf list = {0};
	ck_assert_int_eq(store_session_each(s, anna, append_session, &list), 0);
	ck_assert_str_eq(buf_cstr(&list), "1 900 10.0.0.9, 3 300 fd00::1, ");
	buf_finish(&list);
	ck_assert_int_eq(store_account_remove(s, bo), 0);
	ck_assert(!has_session(s, 2) && has_session(s, 1));
	store_close(&s);
}
END_TEST

static struct api_token make_token(uint8_t hash, int64_t account)
{
	struct api_token t = {.account = account, .name = "kiosk", .scope = TOKEN_CONTROL, .created_at = {7}, .expires_at = {9}};
	memset(t.token_hash, hash, sizeof t.token_hash);
	return t;
}

static void append_token(void *ctx, const struct api_token *t)
{
	ck_assert_int_eq(buf_printf(ctx, "%d ", t->token_hash[0]), 0);
}

static void assert_tokens(struct store *s, int64_t account, const char *wanted)
{
	struct buf list = {0};
	ck_assert_int_eq(buf_append_str(&list, "> "), 0);
	ck_assert_int_eq(store_token_each(s, account, append_token, &list), 0);
	ck_assert_str_eq(buf_cstr(&list), wanted);
	buf_finish(&list);
}

START_TEST(tokens)
{
	struct store *s = test_open();
	int64_t anna, bo, first, second;
	two_people(s, &anna, &bo);
	struct api_token t = make_token(1, anna), other = make_token(2, bo), got;
	ck_assert_int_eq(store_token_add(s, &t, &first), 0);
	ck_assert_int_eq(store_token_add(s, &other, &second), 0);
	ck_assert_int_eq(store_token_add(s, &t, NULL), ERR_EXISTS);
	struct api_token nobodys = make_token(3, 99), nameless = make_token(3, anna), numbered = make_token(3, anna);
	nameless.name[0] = 0;
	numbered.id = 1;
	ck_assert_int_eq(store_token_add(s, &nobodys, NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(store_token_add(s, &nameless, NULL), ERR_INVALID);
	ck_assert_int_eq(store_token_add(s, &numbered, NULL), ERR_INVALID);

	ck_assert_int_eq(store_token_get(s, t.token_hash, &got), 0);
	ck_assert_int_eq(got.id, first);
	ck_assert_int_eq(got.account, anna);
	ck_assert_str_eq(got.name, "kiosk");
	ck_assert_int_eq(got.scope, TOKEN_CONTROL);
	ck_assert_int_eq(got.created_at.ms, 7);
	ck_assert_int_eq(got.used_at.ms, 0);
	ck_assert_int_eq(got.expires_at.ms, 9);
	ck_assert_int_eq(store_token_touch(s, first, (struct wall_ms){8}, NULL), 0);
	ck_assert_int_eq(store_token_touch(s, 99, (struct wall_ms){8}, NULL), 0);
	ck_assert_int_eq(store_token_by_id(s, first, &got), 0);
	ck_assert_int_eq(got.used_at.ms, 8);
	ck_assert_int_eq(store_token_get(s, nobodys.token_hash, &got), ERR_NOT_FOUND);
	assert_tokens(s, 0, "> 1 2 ");
	assert_tokens(s, bo, "> 2 ");
	ck_assert_int_eq(store_token_remove(s, first), 0);
	ck_assert_int_eq(store_token_remove(s, first), ERR_NOT_FOUND);
	ck_assert_int_eq(store_account_remove(s, bo), 0);
	assert_tokens(s, 0, "> ");
	store_close(&s);
}
END_TEST

START_TEST(tokens_of_an_account_are_bounded)
{
	struct store *s = test_open();
	int64_t anna, bo;
	two_people(s, &anna, &bo);
	for (uint8_t i = 0; i < TOKENS_MAX; i++) {
		struct api_token t = make_token(i, anna);
		ck_assert_int_eq(store_token_add(s, &t, NULL), 0);
	}
	struct api_token more = make_token(200, anna), others = make_token(201, bo);
	ck_assert_int_eq(store_token_add(s, &more, NULL), ERR_FULL);
	ck_assert_int_eq(store_token_add(s, &others, NULL), 0);
	ck_assert_int_eq(store_token_purge(s, anna), 0);
	assert_tokens(s, 0, "> 201 ");
	ck_assert_int_eq(store_token_add(s, &more, NULL), 0);
	store_close(&s);
}
END_TEST

/* ---- alerts, audit, settings ------------------------------------------- */

static void append_alert(void *ctx, const struct alert *a)
{
	ck_assert_int_eq(buf_printf(ctx, "%d:%s:%s:%s:%d:%d ", (int)a->id, a->device, a->kind, a->text, (int)a->opened_at.ms,
				    (int)a->closed_at.ms), 0);
}

static void assert_alerts(struct store *s, int64_t before, size_t limit, const char *want)
{
	struct buf list = {0};
	ck_assert_int_eq(store_alert_each(s, before, limit, append_alert, &list), 0);
	ck_assert_str_eq(buf_cstr(&list), want);
	buf_finish(&list);
}

START_TEST(alerts)
{
	struct store *s = test_open();
	int64_t last;
	ck_assert_int_eq(store_alert_last_id(s, &last), 0);
	ck_assert_int_eq(last, 0);
	for (int i = 1; i <= 3; i++) {
		struct alert a = {.id = i, .device = "lamp", .kind = "offline", .text = "gone", .opened_at = {i}};
		ck_assert_int_eq(store_alert_put(s, &a, NULL), 0);
	}
	struct alert closed = {.id = 2, .device = "lamp", .kind = "offline", .text = "back", .opened_at = {2}, .closed_at = {9}};
	ck_assert_int_eq(store_alert_put(s, &closed, NULL), 0);
	assert_alerts(s, 0, 50, "3:lamp:offline:gone:3:0 2:lamp:offline:back:2:9 1:lamp:offline:gone:1:0 ");
	assert_alerts(s, 0, 1, "3:lamp:offline:gone:3:0 ");
	assert_alerts(s, 2, 50, "1:lamp:offline:gone:1:0 ");
	struct buf open = {0};
	ck_assert_int_eq(store_alert_open_each(s, append_alert, &open), 0);
	ck_assert_str_eq(buf_cstr(&open), "1:lamp:offline:gone:1:0 3:lamp:offline:gone:3:0 ");
	buf_finish(&open);
	ck_assert_int_eq(store_alert_last_id(s, &last), 0);
	ck_assert_int_eq(last, 3);
	closed.id = 0;
	ck_assert_int_eq(store_alert_put(s, &closed, NULL), ERR_INVALID);
	struct device_record d = make_device("lamp");
	ck_assert_int_eq(store_device_put(s, &d, NULL), 0);
	ck_assert_int_eq(store_device_erase(s, "lamp", NULL), 0);
	assert_alerts(s, 0, 50, "");
	ck_assert_int_eq(store_alert_last_id(s, &last), 0);
	ck_assert_int_eq(last, 3); /* ids are not given twice */
	store_close(&s);
}
END_TEST

START_TEST(audit_is_cut_and_kept_short)
{
	struct store *s = test_open();
	char long_who[300];
	memset(long_who, 'a', 126);
	ck_assert_int_eq(str_copy(long_who + 126, 100, "ö and more"), 0); /* ö would be cut in two */
	ck_assert_int_eq(store_audit(s, long_who, "login", "", NULL), 0);
	ck_assert_int_eq(test_sql_int("hub.db", BASE_HUB, "SELECT length(who) FROM audit WHERE event = 'login' AND at > 0"), 126);
	test_sql("hub.db", BASE_HUB, "UPDATE sqlite_sequence SET seq = 100000 WHERE name = 'audit'");
	ck_assert_int_eq(store_audit(s, "anna", "logout", "", NULL), 0);
	ck_assert_int_eq(test_sql_int("hub.db", BASE_HUB, "SELECT count(*) FROM audit"), 1);
	store_close(&s);
}
END_TEST

START_TEST(settings)
{
	struct store *s = test_open();
	struct buf value = {0};
	ck_assert_int_eq(store_setting_get(s, "hub", &value), ERR_NOT_FOUND);
	ck_assert_int_eq(store_setting_put(s, "hub", span_of("a\0b", 3), NULL), 0);
	ck_assert_int_eq(store_setting_get(s, "hub", &value), 0);
	ck_assert(span_equal(buf_span(&value), span_of("a\0b", 3)));
	buf_finish(&value);
	ck_assert_int_eq(store_setting_put(s, "hub", span_of(NULL, 0), NULL), 0);
	ck_assert_int_eq(store_setting_get(s, "hub", &value), 0);
	ck_assert_uint_eq(value.len, 0);
	static uint8_t large[65537];
	ck_assert_int_eq(store_setting_put(s, "hub", span_of(large, 65537), NULL), ERR_TOO_LARGE);
	ck_assert_int_eq(store_setting_put(s, "hub", span_of(large, 65536), NULL), 0);
	ck_assert_int_eq(store_setting_get(s, "hub", &value), 0);
	ck_assert_uint_eq(value.len, 65536);
	buf_finish(&value);
	store_close(&s);
}
END_TEST

/* One op of a group fails, its neighbours do not notice. */
static void keep_result(void *ctx, int err)
{
	*(int *)ctx = err;
}

START_TEST(failing_op_costs_only_itself)
{
	struct store *s = test_open();
	struct device_record good = make_device("good"), bad = make_device(""), more = make_device("more");
	int results[3] = {1, 1, 1};
	ck_assert_int_eq(store_device_put(s, &good, &(struct store_done){.fn = keep_result, .ctx = &results[0]}), 0);
	ck_assert_int_eq(store_device_put(s, &bad, &(struct store_done){.fn = keep_result, .ctx = &results[1]}), 0);
	ck_assert_int_eq(store_device_put(s, &more, &(struct store_done){.fn = keep_result, .ctx = &results[2]}), 0);
	ck_assert_int_eq(store_setting_put(s, "behind", span_str("them"), NULL), 0);
	ck_assert_int_eq(results[0], 0);
	ck_assert_int_eq(results[1], ERR_INVALID);
	ck_assert_int_eq(results[2], 0);
	assert_stored(s, &good);
	assert_stored(s, &more);
	store_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, device_is_put);
	tcase_add_test(tc, a_new_token_brings_its_own_verifier_or_none);
	tcase_add_test(tc, devices_are_listed);
	tcase_add_test(tc, device_is_changed_in_part);
	tcase_add_test(tc, keys_live_and_die);
	tcase_add_test(tc, claim_is_one_transaction);
	tcase_add_test(tc, a_claim_undoes_nothing);
	tcase_add_test(tc, accounts);
	tcase_add_test(tc, accounts_change_in_the_parts_that_are_named);
	tcase_add_test(tc, an_owner_always_remains);
	tcase_add_test(tc, web_sessions);
	tcase_add_test(tc, sessions_are_listed_and_touched);
	tcase_add_test(tc, tokens);
	tcase_add_test(tc, tokens_of_an_account_are_bounded);
	tcase_add_test(tc, alerts);
	tcase_add_test(tc, audit_is_cut_and_kept_short);
	tcase_add_test(tc, settings);
	tcase_add_test(tc, failing_op_costs_only_itself);
}

int main(void)
{
	return test_run("records", add);
}
