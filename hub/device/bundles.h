/* Groups and scenes in memory, as the house's thread owns them. */
#ifndef DEVICE_BUNDLES_H
#define DEVICE_BUNDLES_H

#include "base/list.h"
#include "db/bundles.h"
#include "device/house_private.h"

struct bundle {
	struct list link; /* in bundles.items, in order of id */
	struct bundle_record record; /* owned */
};

struct bundles {
	struct list items; /* bundle.link */
	int64_t last_id;   /* ever given */
};

/* Reads them from the store. Returns 0, ERR_NOMEM or the store's error; *bundles_r is NULL then. */
int bundles_create(struct store *store, struct bundles **bundles_r);
/* NULL inside is fine. */
void bundles_destroy(struct bundles **bundles);

/* The one of this kind with the id, or NULL. */
struct bundle *bundles_get(const struct bundles *bundles, enum bundle_kind kind, int64_t id);

/* Whether a record may be put: 0, ERR_EXISTS (another of its kind has its name) or ERR_FULL (it would be one too many). */
int bundles_admit(const struct bundles *bundles, const struct bundle_record *record);

/* Fills to->members with copies. Returns 0, or ERR_NOMEM: bundle_record_finish it all the same. */
int bundle_copy_members(const struct bundle_record *from, struct bundle_record *to);

/* Adds the record, or puts it in the place of the one with its id. Its members are taken. Returns 0 or ERR_NOMEM (nothing is taken). */
int bundles_put(struct bundles *bundles, struct bundle_record *record);
void bundle_destroy(struct bundle *bundle);

/* Whether one of its members is the device's. */
bool bundle_names(const struct bundle *bundle, const char *device);
/* Takes a device's entities out of it. */
void bundle_forget(struct bundle *bundle, const char *device);

/* Whether somebody sees all of its devices. rooms NULL: everything. What has no member is for those who see the whole house. */
bool bundle_seen(const struct house *h, const struct bundle *bundle, const struct rooms *rooms);

/* The entity of a member, or NULL when there is none (any more). */
struct device_entity *bundle_entity(const struct house *h, const struct bundle_member *member);

/* Appends the group or scene object of model/ports.h. */
void bundle_json(struct json_out *o, const struct house *h, const struct bundle *bundle);

/* bundle_wish.c: what somebody wants a group or scene to be. */

struct bundle_fault {
	const char *field; /* static */
	char detail[384];  /* a sentence for people */
};

/* Reads {"name":text,"members":[{"device","entity","value"}]} into a record of which only the kind is set. What is absent stays empty; whole: nothing
 * may be. The caller's bundle_record_finish also after an error. Returns 0, ERR_NOMEM, or ERR_INVALID with the fault. Any thread. */
int bundle_wish_read(struct span json, bool whole, struct bundle_record *record_r, struct bundle_fault *fault_r);

/* Looks whether the members can be commanded so, and gives those of a scene that have no value the one that they have now. now: the one
 * that is changed, whose members may stay though their entities are gone; NULL: a new one.
 * Returns 0, ERR_NOMEM, or ERR_INVALID with the fault. On the house's thread. */
int bundle_wish_settle(const struct house *h, struct bundle_record *record, const struct bundle_record *now, struct bundle_fault *fault_r);

#endif
