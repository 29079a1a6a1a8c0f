/* For tests of dialects: hears messages as the house does, keeps the fragments of each device, and shows what the entities
 * make of reports and wishes. Payloads of JSON are told in single quotes. Failures end the test. */
#ifndef SUPPORT_DIALECT_EAR_H
#define SUPPORT_DIALECT_EAR_H

#include "device/discovery.h"
#include "dialect/dialect.h"

void ear_open(const struct dialect *dialect);
void ear_close(void);

/* A message on a topic that one of the dialect's filters matches (else the test fails). Returns what split has returned. */
int ear_hear(const char *topic, const char *payload);
/* The same with the bytes of a file below tests/unit/hub/dialect/corpus. */
int ear_hear_file(const char *topic, const char *file);
/* Hears each line of such a file, a topic, a space and the payload as it is, which is how mosquitto_sub -v prints messages;
 * the first that fails ends the test. */
void ear_hear_lines(const char *file);

/* What split said was wrong with the last message. */
const char *ear_message(void);
/* The names of the devices that have a fragment, in order, with a comma between. */
const char *ear_devices(void);
/* What has been asked since the last call: "topic payload" with ", " between, with single quotes for double ones. */
const char *ear_asked(void);

/* Translates what is known of the device and reads it; the description is the ear's until the next call. NULL when too little is
 * known (ERR_AGAIN). */
const struct description *ear_describe(const char *native);
/* The translation of the device that was described last, compact, with sorted keys and single quotes. */
const char *ear_json(void);

/* Of the entity of the device described last: the state behind a message, as JSON in single quotes, or the error's text. All
 * of the entity's channels on that topic hear it. */
const char *ear_after(const char *entity, const char *topic, const char *payload);
/* What is published for a wish: "topic payload" with ", " between; or why not. */
const char *ear_wish(const char *entity, const char *wish);

#endif
