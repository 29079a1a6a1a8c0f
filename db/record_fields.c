/* Fields of records: numbers, texts and blobs, written or read by the same call. Pure; any thread. Knows
 * no record. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/record_private.h"
#include "db/varint.h"

void fields_refuse(struct fields *f)
{
	if (!f->err)
		f->err = f->out ? ERR_INVALID : ERR_DAMAGED;
}

static void write_raw(struct fields *f, const void *data, size_t len)
{
	f->err = len ? buf_append(f->out, data, len) : 0;
}

/* Takes len bytes; NULL when there are fewer. */
static const uint8_t *read_raw(struct fields *f, size_t len)
{
	if (len > f->left.len) {
		fields_refuse(f);
		return NULL;
	}
	const uint8_t *data = f->left.data;
	f->left = span_of(data + len, f->left.len - len);
	return data;
}

void field_uint(struct fields *f, uint64_t *v, uint64_t max)
{
	if (f->err)
		return;
	if (f->out) {
		uint8_t bytes[VARINT_MAX];
		write_raw(f, bytes, (size_t)(varint_put(bytes, *v) - bytes));
	} else if (varint_take(&f->left, v)) {
		fields_refuse(f);
	}
	if (*v > max)
		fields_refuse(f);
}

void field_u8(struct fields *f, uint8_t *v, uint8_t max)
{
	uint64_t wide = *v;
	field_uint(f, &wide, max);
	*v = (uint8_t)wide;
}

void field_u16(struct fields *f, uint16_t *v)
{
	uint64_t wide = *v;
	field_uint(f, &wide, UINT16_MAX);
	*v = (uint16_t)wide;
}

void field_u32(struct fields *f, uint32_t *v)
{
	uint64_t wide = *v;
	field_uint(f, &wide, UINT32_MAX);
	*v = (uint32_t)wide;
}

void field_bool(struct fields *f, bool *v)
{
	uint64_t wide = *v;
	field_uint(f, &wide, 1);
	*v = wide != 0;
}

void field_int(struct fields *f, int64_t *v)
{
	uint64_t wide = zigzag(*v);
	field_uint(f, &wide, UINT64_MAX);
	*v = unzigzag(wide);
}

void field_time(struct fields *f, struct wall_ms *v)
{
	field_int(f, &v->ms);
}

void field_bits(struct fields *f, double *v)
{
	if (f->err)
		return;
	uint8_t bytes[8];
	if (f->out) {
		bits_put(bytes, *v);
		write_raw(f, bytes, sizeof bytes);
		return;
	}
	const uint8_t *data = read_raw(f, sizeof bytes);
	if (data)
		*v = bits_take(data);
}

void field_span(struct fields *f, struct span *v)
{
	uint64_t len = v->len;
	field_uint(f, &len, SIZE_MAX);
	if (f->err)
		return;
	if (f->out) {
		write_raw(f, v->data, v->len);
		return;
	}
	const uint8_t *data = read_raw(f, (size_t)len);
	if (data)
		*v = span_of(data, (size_t)len);
}

void field_text(struct fields *f, char *v, size_t size)
{
	struct span text = f->out ? span_of(v, strnlen(v, size - 1)) : (struct span){0};
	field_span(f, &text);
	if (!f->err && !f->out && str_copy_span(v, size, text))
		fields_refuse(f);
}
