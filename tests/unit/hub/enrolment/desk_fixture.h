/* A desk over a real store in a directory of its own, with a clock that stands
 * still until told, ears for its events, and devices that speak T1 to it. */
#ifndef TESTS_DESK_FIXTURE_H
#define TESTS_DESK_FIXTURE_H

#include <jansson.h>
#include <stdatomic.h>

#include "db/store.h"
#include "enrol/t1.h"
#include "enrolment/enrolment.h"
#include "support/scratch.h"
#include "thread/thread.h"

struct desk_fixture {
	struct scratch dir;
	struct store *store;
	struct enrolment *desk;
	struct enrol_port port;
	_Atomic int64_t mono, wall; /* the time, ms */
	struct lock lock;           /* guards the events */
	char key_event[256];        /* the last one's JSON */
	size_t key_events;
	char enrolled[MODEL_ID_SIZE]; /* the last one */
	size_t enrolments;
	bool replaced;                /* of the last one */
	char moved[MODEL_ID_SIZE];    /* likewise; "": none */
	char order[320];              /* the last code that was sent to a device */
	char ordered[MODEL_ID_SIZE];  /* to whom */
	int order_err;                /* what sending one comes to */
	void (*meanwhile)(struct desk_fixture *f); /* what happens while the next one is sent; NULL: nothing */
	char alert[256];
	size_t alerts;
};

void fixture_create(struct desk_fixture *f);
void fixture_destroy(struct desk_fixture *f);

/* Ends the desk and the store and starts both again on the same directory. */
void fixture_restart(struct desk_fixture *f);

/* Lets time pass, on both clocks. */
void fixture_pass(struct desk_fixture *f, int64_t ms);

/* Waits until all writes so far are on the disk and their callbacks done. */
void fixture_settle(struct desk_fixture *f);

/* How many files of the state directory hold these bytes. */
size_t fixture_count_files_with(struct desk_fixture *f, struct span bytes);

/* A code as its owner sees it. */
struct code {
	char text[ENROL_CODE_SIZE];
	char kid[2 * ENROL_KID_BYTES + 1];
	uint8_t key[ENROL_KEY_BYTES], psk[ENROL_PSK_BYTES];
};

/* Makes a key; ttl_s 0: the default. */
void code_make(struct desk_fixture *f, int64_t ttl_s, const char *note, struct code *code_r);

/* The key's row in port.keys, owned by the caller; NULL when it is not listed. */
json_t *code_row(struct desk_fixture *f, const struct code *code);

/* Asserts its state there. */
void code_assert_state(struct desk_fixture *f, const struct code *code, const char *state);

struct device {
	uint8_t seed[T1_SEED_BYTES];
	struct t1_device t1;
	const char *meta, *address;
	uint8_t m1[T1_M1_BYTES];
	struct buf m2, m4;
	uint8_t m3[T1_M3_BASE_BYTES + T1_MAX_META_BYTES];
	size_t m3_len;
	char id[MODEL_ID_SIZE], token[65]; /* from M4 */
};

/* A device with a new identity at an address of its own. */
void device_init(struct device *d, const char *meta);
void device_finish(struct device *d);

/* M1 -> M2 and makes M3. Returns the desk's answer; asserts that M2 is good. */
int device_begin(struct desk_fixture *f, struct device *d, const struct code *code);

/* M3 -> M4. Returns the desk's answer; asserts that M4 is good, and takes id and token. */
int device_end(struct desk_fixture *f, struct device *d);

/* Both, a second after whatever came before. */
int device_join(struct desk_fixture *f, struct device *d, const struct code *code);

/* The body of the last M4, owned by the caller. */
json_t *device_body(struct device *d);

/* Asserts that the store has the device with this token. */
void device_assert_stored(struct desk_fixture *f, const struct device *d);

#endif
