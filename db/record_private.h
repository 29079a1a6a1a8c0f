/* Fields of records, for the files that say which fields a record has. One walk over the fields both writes
 * and reads them, so that the two cannot disagree. */
#ifndef DB_RECORD_PRIVATE_H
#define DB_RECORD_PRIVATE_H

#include "base/buf.h"
#include "base/span.h"
#include "model/persist.h"

/* A walk in progress. Errors stick: after the first one nothing more is written or read. */
struct fields {
	struct buf *out;  /* writing: borrowed; NULL: reading */
	struct span left; /* reading */
	int err;          /* ERR_NOMEM, ERR_INVALID (writing), ERR_DAMAGED (reading) */
};

/* Ends the walk with the error of a value out of range. */
void fields_refuse(struct fields *f);

/* Each writes *v, or reads into *v. */
void field_uint(struct fields *f, uint64_t *v, uint64_t max);
void field_u8(struct fields *f, uint8_t *v, uint8_t max);
void field_u16(struct fields *f, uint16_t *v);
void field_u32(struct fields *f, uint32_t *v);
void field_bool(struct fields *f, bool *v);
void field_int(struct fields *f, int64_t *v);
void field_time(struct fields *f, struct wall_ms *v);
void field_bits(struct fields *f, double *v); /* 8 bytes, little-endian */
void field_span(struct fields *f, struct span *v);
void field_text(struct fields *f, char *v, size_t size); /* a terminated text in its room of size bytes */

/* All fields of a change; its type is set. */
void fields_of_persist(struct fields *f, struct persist_change *change);

#endif
