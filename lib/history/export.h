/* Walking through history a block at a time, so that nothing but one block is in memory and no
 * reader of the store stays open while a slow client takes what it asked for. */
#ifndef HISTORY_EXPORT_H
#define HISTORY_EXPORT_H

#include "history/format.h"

struct history_export;

struct export_query {
	enum history_format format;
	int64_t series;             /* 0: all */
	char device[MODEL_ID_SIZE]; /* "": of all devices and topics */
	int64_t from_ms, to_ms;     /* [from, to) */
	/* Which of those are wanted; NULL: all. Asked while the export is created. */
	bool (*wants)(void *ctx, const struct history_series *series);
	void *wants_ctx;
};

/* Begins. source is copied. Series that appear later are not in it. Returns 0, ERR_NOT_FOUND (no such series, or none of the device),
 * ERR_NOMEM or an error of the source. */
int history_export_create(const struct history_source *source, const struct export_query *q,
			  struct history_export **export_r);
void history_export_destroy(struct history_export **export);

/* Appends about `about` bytes more (less than a few KB over it); nothing at the end. What was written in the meantime
 * behind the place reached is in it. A series that was erased in the meantime just ends. One thread at a time; may block on the disk.
 * Returns 0, ERR_NOMEM or an error of the source. */
int history_export_produce(struct history_export *export, size_t about, struct buf *out);

#endif
