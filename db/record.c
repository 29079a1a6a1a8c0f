/* Records: the framing of the journal's payloads, and the records of history. Pure; any thread. Knows neither
 * the journal nor the head. */
#include "db/record.h"

#include <string.h>

#include "base/err.h"
#include "db/record_private.h"
#include "db/varint.h"

/* ---- framing ----------------------------------------------------------- */

enum { HEAD_MAX = 1 + VARINT_MAX };

/* Leaves room for the head of a record at the end of out; the body is appended next. */
static int begin_record(struct buf *out, size_t *start_r)
{
	*start_r = out->len;
	int err = buf_reserve(out, HEAD_MAX);
	if (!err)
		out->len += HEAD_MAX;
	return err;
}

/* Writes the head and moves the body up to it, or, on an error, takes all back. Returns err. */
static int end_record(struct buf *out, size_t start, uint8_t type, int err)
{
	if (err) {
		out->len = start;
		return err;
	}
	size_t body = start + HEAD_MAX, len = out->len - body;
	uint8_t *head = out->data + start;
	*head = type;
	uint8_t *end = varint_put(head + 1, len);
	memmove(end, out->data + body, len);
	out->len = (size_t)(end - out->data) + len;
	return 0;
}

/* ---- samples ----------------------------------------------------------- */

/* A body: the count, then of each sample
 *   varint zigzag(series - series before) * 8 + form
 *   varint zigzag(at - at before)
 *   value: form 0..6: varint zigzag(value * 10^form); form 7: its 8 bytes */
enum {
	FORM_BITS = 7,
	FORM_SHIFT = 3,
	SAMPLE_MAX = 3 * VARINT_MAX, /* bytes of a sample */
	SAMPLE_MIN = 3,
};

static const double power_of_ten[FORM_BITS] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};

/* The form in which the value is exactly its digits, and these; FORM_BITS when there is none that is shorter than the bits. */
static unsigned choose_form(double value, int64_t *digits_r)
{
	static const double limit = 1LL << 47; /* seven bytes */
	for (unsigned form = 0; form < FORM_BITS; form++) {
		double scaled = value * power_of_ten[form];
		if (!(scaled > -limit && scaled < limit)) /* NaN too */
			break;
		int64_t digits = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
		if (bits_of((double)digits / power_of_ten[form]) == bits_of(value)) {
			*digits_r = digits;
			return form;
		}
	}
	return FORM_BITS;
}

/* The difference, also of forged numbers; adding it back gives a again. */
static int64_t difference(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t sum(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* Ids are below 2^60, so that the form fits beside a difference of two. */
static bool ids_fit(const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (samples[i].series < 0 || samples[i].series >= 1LL << 60)
			return false;
	return true;
}

static uint8_t *put_sample(uint8_t *p, const struct sample *sample, int64_t series_before, int64_t at_before)
{
	int64_t digits = 0;
	unsigned form = choose_form(sample->value, &digits);
	p = varint_put(p, zigzag(difference(sample->series, series_before)) << FORM_SHIFT | form);
	p = varint_put(p, zigzag(difference(sample->at.ms, at_before)));
	if (form < FORM_BITS)
		return varint_put(p, zigzag(digits));
	bits_put(p, sample->value);
	return p + 8;
}

int record_append_samples(struct buf *out, const struct sample *samples, size_t count)
{
	if (!ids_fit(samples, count))
		return ERR_INVALID;
	size_t start;
	int err = begin_record(out, &start);
	if (!err)
		err = count > (SIZE_MAX - VARINT_MAX) / SAMPLE_MAX ? ERR_NOMEM : buf_reserve(out, VARINT_MAX + count * SAMPLE_MAX);
	if (err)
		return end_record(out, start, RECORD_SAMPLES, err);
	uint8_t *p = varint_put(out->data + out->len, count);
	int64_t series = 0, at = 0;
	for (size_t i = 0; i < count; i++) {
		p = put_sample(p, &samples[i], series, at);
		series = samples[i].series;
		at = samples[i].at.ms;
	}
	out->len = (size_t)(p - out->data);
	return end_record(out, start, RECORD_SAMPLES, 0);
}

static int take_value(struct span *left, unsigned form, double *value_r)
{
	if (form < FORM_BITS) {
		uint64_t digits;
		if (varint_take(left, &digits))
			return ERR_DAMAGED;
		*value_r = (double)unzigzag(digits) / power_of_ten[form];
		return 0;
	}
	if (left->len < 8)
		return ERR_DAMAGED;
	*value_r = bits_take(left->data);
	*left = span_of(left->data + 8, left->len - 8);
	return 0;
}

static int take_sample(struct record_samples *s, struct sample *sample_r)
{
	uint64_t head, at;
	if (varint_take(&s->left, &head) || varint_take(&s->left, &at) ||
	    take_value(&s->left, (unsigned)(head & FORM_BITS), &sample_r->value))
		return ERR_DAMAGED;
	s->series = sum(s->series, unzigzag(head >> FORM_SHIFT));
	s->at = sum(s->at, unzigzag(at));
	sample_r->series = s->series;
	sample_r->at.ms = s->at;
	return 0;
}

int record_take_samples(struct record_samples *s, struct sample *samples_r, size_t max, size_t *count_r)
{
	*count_r = 0;
	for (; s->count > 0 && *count_r < max; s->count--, ++*count_r)
		if (take_sample(s, &samples_r[*count_r]))
			return ERR_DAMAGED;
	return s->count == 0 && s->left.len > 0 ? ERR_DAMAGED : 0;
}

/* The count is believed only as far as the bytes reach. */
static int open_samples(struct span body, struct record_samples *s)
{
	*s = (struct record_samples){.left = body};
	if (varint_take(&s->left, &s->count) || s->count > s->left.len / SAMPLE_MIN)
		return ERR_DAMAGED;
	return 0;
}

/* ---- series and words -------------------------------------------------- */

static void fields_of_series(struct fields *f, struct series *s)
{
	uint64_t kind = s->kind, preset = s->recorder.preset;
	int64_t raw_days = s->raw_days, rollup_years = s->rollup_years;
	field_int(f, &s->id);
	field_text(f, s->device, sizeof s->device);
	field_text(f, s->entity, sizeof s->entity);
	field_text(f, s->topic, sizeof s->topic);
	field_text(f, s->path, sizeof s->path);
	field_text(f, s->unit, sizeof s->unit);
	field_text(f, s->device_class, sizeof s->device_class);
	field_uint(f, &kind, SERIES_TEXT);
	field_uint(f, &preset, RECORD_NOTHING);
	field_int(f, &s->recorder.interval_ms);
	field_bits(f, &s->recorder.deadband);
	field_int(f, &raw_days);
	field_int(f, &rollup_years);
	field_int(f, &s->resolution_ms);
	if (raw_days != (int32_t)raw_days || rollup_years != (int32_t)rollup_years)
		fields_refuse(f);
	s->kind = (enum series_kind)kind;
	s->recorder.preset = (enum recorder_preset)preset;
	s->raw_days = (int32_t)raw_days;
	s->rollup_years = (int32_t)rollup_years;
}

static void fields_of_word(struct fields *f, struct record_word *word)
{
	field_int(f, &word->series);
	field_int(f, &word->code);
	field_span(f, &word->text);
}

/* The fields of a record whose type is set. */
static void fields_of_record(struct fields *f, struct record *r)
{
	switch (r->type) {
	case RECORD_SERIES:
		return fields_of_series(f, &r->series);
	case RECORD_SERIES_FORGET:
		return field_int(f, &r->forget);
	case RECORD_WORD:
		return fields_of_word(f, &r->word);
	case RECORD_PERSIST:
		return fields_of_persist(f, &r->persist);
	case RECORD_SAMPLES:
	case RECORD_UNKNOWN:
		break;
	}
}

static int append_record(struct buf *out, struct record *r)
{
	size_t start;
	struct fields f = {.out = out};
	f.err = begin_record(out, &start);
	if (!f.err)
		fields_of_record(&f, r);
	return end_record(out, start, r->type == RECORD_PERSIST ? (uint8_t)r->persist.type : (uint8_t)r->type, f.err);
}

int record_append_series(struct buf *out, const struct series *series)
{
	struct record r = {.type = RECORD_SERIES, .series = *series};
	return append_record(out, &r);
}

int record_append_series_forget(struct buf *out, int64_t id)
{
	struct record r = {.type = RECORD_SERIES_FORGET, .forget = id};
	return append_record(out, &r);
}

int record_append_word(struct buf *out, int64_t series, int64_t code, struct span text)
{
	struct record r = {.type = RECORD_WORD, .word = {series, code, text}};
	return append_record(out, &r);
}

int record_append_persist(struct buf *out, const struct persist_change *change)
{
	struct record r = {.type = RECORD_PERSIST, .persist = *change};
	return append_record(out, &r);
}

/* ---- reading ----------------------------------------------------------- */

void record_reader_init(struct record_reader *r, struct span payload)
{
	r->left = payload;
}

static enum record_type type_of(uint8_t raw)
{
	if (raw >= PERSIST_RETAINED_SET && raw <= PERSIST_COMMAND_END)
		return RECORD_PERSIST;
	return raw <= RECORD_WORD ? (enum record_type)raw : RECORD_UNKNOWN;
}

static int decode(struct record *record)
{
	if (record->type == RECORD_UNKNOWN)
		return 0;
	if (record->type == RECORD_SAMPLES)
		return open_samples(record->body, &record->samples);
	if (record->type == RECORD_PERSIST)
		record->persist.type = (enum persist_type)record->raw_type;
	struct fields f = {.left = record->body};
	fields_of_record(&f, record);
	return f.err || f.left.len > 0 ? ERR_DAMAGED : 0;
}

int record_next(struct record_reader *r, struct record *record_r)
{
	if (r->left.len == 0)
		return ERR_NOT_FOUND;
	struct span left = span_of(r->left.data + 1, r->left.len - 1);
	uint64_t len;
	memset(record_r, 0, sizeof *record_r);
	record_r->raw_type = r->left.data[0];
	record_r->type = type_of(record_r->raw_type);
	if (varint_take(&left, &len) || len > left.len)
		return ERR_DAMAGED;
	record_r->body = span_of(left.data, (size_t)len);
	int err = decode(record_r);
	if (!err)
		r->left = span_of(left.data + len, left.len - (size_t)len);
	return err;
}
