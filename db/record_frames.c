/* Frames of records, and the shortest row of them that leads to the same tables. */
#include "db/record_frames.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "db/record.h"

enum { HEAD_BYTES = sizeof(uint64_t) + sizeof(uint32_t) };

int record_frames_begin(struct buf *frames, uint64_t seq, uint32_t len)
{
	int err = buf_reserve(frames, HEAD_BYTES + len);
	if (err)
		return err;
	buf_append(frames, &seq, sizeof seq);
	buf_append(frames, &len, sizeof len);
	return 0;
}

int record_frames_take(struct span *frames, uint64_t *seq_r, struct span *records_r)
{
	uint32_t len;
	if (frames->len == 0)
		return ERR_NOT_FOUND;
	memcpy(seq_r, frames->data, sizeof *seq_r);
	memcpy(&len, frames->data + sizeof *seq_r, sizeof len);
	*records_r = span_of(frames->data + HEAD_BYTES, len);
	*frames = span_of(records_r->data + len, frames->len - HEAD_BYTES - len);
	return 0;
}

/* ---- condensing -------------------------------------------------------- */

enum { OVERTAKEN = 0 }; /* no record is at the very front: a frame's head is */

/* Where in the frames each record is, in their order. */
struct places {
	uint32_t *at; /* owned */
	size_t count, cap;
};

static int add_place(struct places *places, size_t at)
{
	if (places->count == places->cap) {
		size_t cap = places->cap ? places->cap * 2 : 1024;
		uint32_t *more = realloc(places->at, cap * sizeof *more);
		if (!more)
			return ERR_NOMEM;
		places->at = more;
		places->cap = cap;
	}
	places->at[places->count++] = (uint32_t)at;
	return 0;
}

static int find_places(const struct buf *frames, struct places *places)
{
	struct span left = buf_span(frames), records;
	uint64_t seq;
	int err = frames->len > UINT32_MAX ? ERR_TOO_LARGE : 0;
	while (!err && record_frames_take(&left, &seq, &records) == 0) {
		struct record_reader reader;
		struct record record;
		record_reader_init(&reader, records);
		while (!err) {
			const uint8_t *at = reader.left.data;
			err = record_next(&reader, &record);
			if (!err)
				err = add_place(places, (size_t)(at - frames->data));
		}
		err = err == ERR_NOT_FOUND ? 0 : err;
	}
	return err;
}

/* What later changes are about: a map for each sort of thing, as keys of two sorts may look alike. */
struct subjects {
	struct map maps[PERSIST_COMMAND_END - PERSIST_RETAINED_SET + 1];
	struct map_node *nodes; /* owned */
	size_t used;
};

/* From the last change to the first: one whose subject has been met is overtaken. */
static int mark_overtaken(const struct buf *frames, struct places *places, struct subjects *subjects)
{
	subjects->nodes = malloc(places->count * sizeof *subjects->nodes);
	if (!subjects->nodes)
		return ERR_NOMEM;
	int err = 0;
	for (size_t i = places->count; i-- && !err;) {
		struct record_reader reader;
		struct record record;
		enum persist_type sort;
		struct span subject;
		record_reader_init(&reader, span_of(frames->data + places->at[i], frames->len - places->at[i]));
		if (record_next(&reader, &record) || !record_persist_subject(&record, &sort, &subject))
			continue;
		err = map_put(&subjects->maps[sort - PERSIST_RETAINED_SET], &subjects->nodes[subjects->used], subject);
		if (err == ERR_EXISTS)
			places->at[i] = OVERTAKEN;
		else
			subjects->used++;
		err = err == ERR_EXISTS ? 0 : err;
	}
	return err;
}

static void finish_subjects(struct subjects *subjects)
{
	for (size_t i = 0; i < sizeof subjects->maps / sizeof *subjects->maps; i++)
		map_finish(&subjects->maps[i]);
	free(subjects->nodes);
}

/* Moves what is left to the front. */
static void squeeze(struct buf *frames, const struct places *places)
{
	struct span left = buf_span(frames), records;
	uint8_t *to = frames->data;
	const uint32_t *place = places->at;
	uint64_t seq;
	while (record_frames_take(&left, &seq, &records) == 0) {
		uint8_t *head = to;
		struct record_reader reader;
		struct record record;
		to += HEAD_BYTES;
		record_reader_init(&reader, records);
		for (const uint8_t *at = records.data; record_next(&reader, &record) == 0; at = reader.left.data) {
			size_t len = (size_t)(reader.left.data - at);
			if (*place++ != OVERTAKEN) {
				memmove(to, at, len);
				to += len;
			}
		}
		uint32_t len = (uint32_t)(to - head) - HEAD_BYTES;
		memcpy(head, &seq, sizeof seq);
		memcpy(head + sizeof seq, &len, sizeof len);
	}
	frames->len = (size_t)(to - frames->data);
}

int record_frames_condense(struct buf *frames)
{
	struct places places = {0};
	struct subjects subjects = {0};
	int err = find_places(frames, &places);
	if (!err && places.count)
		err = mark_overtaken(frames, &places, &subjects);
	finish_subjects(&subjects); /* before what its keys are borrowed from moves */
	if (!err)
		squeeze(frames, &places);
	free(places.at);
	return err;
}
