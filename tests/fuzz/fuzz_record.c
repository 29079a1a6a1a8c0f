/* A frame's payload: what decodes must encode and decode to the same again, and nothing is read outside of it. */
#include <stdlib.h>

#include "base/err.h"
#include "db/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool truth)
{
	if (!truth)
		abort();
}

/* Encodes the record anew; whether there was anything to encode. Samples that are damaged are left out. */
static bool encode(struct record *record, struct buf *out)
{
	switch (record->type) {
	case RECORD_SAMPLES: {
		struct sample samples[64];
		size_t count;
		int err;
		do {
			err = record_take_samples(&record->samples, samples, 64, &count);
			check(count <= 64);
			err = err ? err : record_append_samples(out, samples, count);
			check(!err || err == ERR_DAMAGED || err == ERR_INVALID);
		} while (!err && count > 0);
		return out->len > 0;
	}
	case RECORD_SERIES:
		check(!record_append_series(out, &record->series));
		return true;
	case RECORD_SERIES_FORGET:
		check(!record_append_series_forget(out, record->forget));
		return true;
	case RECORD_WORD:
		check(!record_append_word(out, record->word.series, record->word.code, record->word.text));
		return true;
	case RECORD_PERSIST:
		check(!record_append_persist(out, &record->persist));
		return true;
	case RECORD_UNKNOWN:
		break;
	}
	return false;
}

/* Our own encoding decodes, and encodes to the same bytes. */
static void check_again(struct span encoded)
{
	struct record_reader reader;
	struct record record;
	int err;
	record_reader_init(&reader, encoded);
	while ((err = record_next(&reader, &record)) == 0) {
		struct buf again = {0};
		struct span rest = reader.left;
		size_t head = encoded.len - rest.len;
		bool samples = record.type == RECORD_SAMPLES;
		check(encode(&record, &again));
		/* of samples the walk appends an empty record at the end */
		check(again.len >= head && (samples || again.len == head));
		check(memcmp(again.data, encoded.data, head) == 0);
		encoded = rest;
		buf_finish(&again);
	}
	check(err == ERR_NOT_FOUND);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record_reader reader;
	struct record record;
	int err;
	record_reader_init(&reader, span_of(data, size));
	while ((err = record_next(&reader, &record)) == 0) {
		struct buf out = {0};
		if (encode(&record, &out))
			check_again(buf_span(&out));
		buf_finish(&out);
	}
	check(err == ERR_NOT_FOUND || err == ERR_DAMAGED);
	return 0;
}
