/* The broker's records in memory, on their way from the journal to broker.db: frames, one behind the other, each the
 * number that it has in the journal and the records that were committed with it. Pure; any thread. */
#ifndef DB_RECORD_FRAMES_H
#define DB_RECORD_FRAMES_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* Makes room for records of so many bytes in a frame of this number behind the others: they are to be appended to
 * frames next, and do not fail. Returns 0, or ERR_NOMEM and frames is as before. */
int record_frames_begin(struct buf *frames, uint64_t seq, uint32_t len);

/* Takes the first frame off frames. Records are borrowed from it. Returns 0 or ERR_NOT_FOUND: there is none. */
int record_frames_take(struct span *frames, uint64_t *seq_r, struct span *records_r);

/* Takes out each change that a later one overtakes, as a state that was told a hundred times is one row in the end, and a
 * message that came and was acknowledged is none. Applying the frames leads to the same tables; all frames stay,
 * though some may be empty. Returns 0; ERR_NOMEM or ERR_DAMAGED (a frame that cannot be read): then frames is as before. */
int record_frames_condense(struct buf *frames);

#endif
