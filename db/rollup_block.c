/* Blocks: buckets of a series as bytes. Pure; any thread.
 *
 * A block is a tag and one chunk (chunk.h: its checksum covers all) whose values are a header and then the
 * buckets' columns, one behind the other; a column that is the same in each bucket is one value. When all
 * minimums and maximums are decimals of few digits, as sensors give them, everything is counted in units of the
 * last digit, and a column holds how far it is from what the columns before it let expect: small integers, which
 * the codec likes best. */
#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "db/rollup.h"

enum { TAG_COLUMNS = 1 };

enum column { INDEX, COUNT, MIN, MAX, SUM, FIRST, LAST, INCREASE, COLUMNS, COLUMNS_GAUGE = FIRST };

/* The header's values. FLAGS: bits of the constant columns, COUNTER_FLAG, the unit of time in UNIT_SHIFT. */
enum { HEAD_FLAGS, HEAD_DIGITS, HEAD_INDEX, HEAD_COUNT, HEAD };
enum { COUNTER_FLAG = 1 << COLUMNS, UNIT_SHIFT = COLUMNS + 1 };

enum { PLAIN = -1, DIGITS_MAX = 9 }; /* digits behind the point; PLAIN: values as they are */

static const double power_of_ten[DIGITS_MAX + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

/* Buckets start at multiples of one of these. */
static const int64_t units_ms[] = {3600000, 300000, 1};
enum { UNITS = sizeof units_ms / sizeof units_ms[0] };

#define INTEGER_MAX (1LL << 53) /* up to which every integer is a double */

/* ---- encoding ---------------------------------------------------------- */

static bool is_exact(int64_t integer)
{
	return integer >= -INTEGER_MAX && integer <= INTEGER_MAX;
}

/* value in units of 1/power, if it is exactly that many. */
static bool count_units(double value, double power, int64_t *units_r)
{
	double units = value * power;
	if (!(fabs(units) < (double)(1LL << 50)) || (value == 0 && signbit(value)))
		return false;
	*units_r = llround(units);
	return (double)*units_r / power == value;
}

/* The same for what was added up from count numbers up to `largest`: but for what rounding made of it. */
static bool count_units_near(double value, double power, const struct bucket *b, int64_t *units_r)
{
	double units = value * power;
	if (!(fabs(units) < (double)INTEGER_MAX))
		return false;
	*units_r = llround(units);
	double largest = fmax(fabs(b->min), fabs(b->max));
	return fabs((double)*units_r / power - value) <= 5e-10 * fabs(value) + 1e-13 * (double)b->count * largest;
}

/* The bucket's columns as differences, in units of 1/power; false: there is no such. */
static bool find_row(const struct bucket *b, bool counter, double power, int64_t row_r[COLUMNS])
{
	int64_t min, max, sum, first, last, increase, least;
	if (!count_units(b->min, power, &min) || !count_units(b->max, power, &max) ||
	    !count_units_near(b->sum, power, b, &sum) || __builtin_mul_overflow((int64_t)b->count, min, &least) ||
	    __builtin_sub_overflow(sum, least, &row_r[SUM]) || !is_exact(row_r[SUM]))
		return false;
	row_r[MIN] = min;
	row_r[MAX] = max - min;
	if (!counter)
		return true;
	if (!count_units(b->first, power, &first) || !count_units(b->last, power, &last) ||
	    !count_units_near(b->increase, power, b, &increase))
		return false;
	row_r[FIRST] = first - min;
	row_r[LAST] = max - last;
	row_r[INCREASE] = increase - (last - first);
	return is_exact(row_r[INCREASE]);
}

/* The fewest digits behind the point that do for all buckets. */
static int find_digits(const struct bucket *buckets, size_t count, bool counter)
{
	int64_t row[COLUMNS];
	for (int digits = 0; digits <= DIGITS_MAX; digits++) {
		size_t i = 0;
		while (i < count && find_row(&buckets[i], counter, power_of_ten[digits], row))
			i++;
		if (i == count)
			return digits;
	}
	return PLAIN;
}

/* To 10 significant digits: what is behind them is noise, and costs. */
static double shorten(double value)
{
	char text[32];
	return str_format(text, sizeof text, "%.9e", value) ? value : strtod(text, NULL);
}

static void put_values(const struct bucket *b, bool counter, int digits, double *values_r)
{
	if (digits != PLAIN) {
		int64_t row[COLUMNS] = {0};
		find_row(b, counter, power_of_ten[digits], row);
		for (int c = MIN; c < COLUMNS; c++)
			values_r[c] = (double)row[c];
	} else {
		values_r[MIN] = b->min;
		values_r[MAX] = b->max;
		values_r[SUM] = shorten(b->sum);
		values_r[FIRST] = b->first;
		values_r[LAST] = b->last;
		values_r[INCREASE] = shorten(b->increase);
	}
	values_r[COUNT] = (double)b->count;
}

static unsigned find_unit(const struct bucket *buckets, size_t count)
{
	unsigned unit = 0;
	for (size_t i = 0; i < count; i++)
		while (buckets[i].at % units_ms[unit])
			unit++; /* the last divides all */
	return unit;
}

/* Appends a column to data: one value if all are the same. Bit by bit: of -0 and 0 neither stands for the other. */
static bool put_column(struct datum *data, size_t *n, const double (*values)[COLUMNS], size_t count, enum column column)
{
	bool constant = true;
	for (size_t i = 1; i < count && constant; i++)
		constant = memcmp(&values[i][column], &values[0][column], sizeof values[0][column]) == 0;
	for (size_t i = 0; i < (constant && count ? 1 : count); i++)
		data[(*n)++].value = values[i][column];
	return constant;
}

/* Lays header and columns into data. Returns how many values these are. */
static size_t lay_out(const struct bucket *buckets, size_t count, bool counter, double (*values)[COLUMNS], struct datum *data)
{
	int digits = find_digits(buckets, count, counter);
	unsigned unit = find_unit(buckets, count), flags = unit << UNIT_SHIFT | (counter ? COUNTER_FLAG : 0);
	int64_t index = count ? buckets[0].at / units_ms[unit] : 0;
	for (size_t i = 0; i < count; i++) {
		put_values(&buckets[i], counter, digits, values[i]);
		values[i][INDEX] = (double)(buckets[i].at / units_ms[unit] - index - (int64_t)i);
	}
	size_t n = HEAD;
	for (enum column c = 0; c < (counter ? COLUMNS : COLUMNS_GAUGE); c++)
		flags |= (unsigned)put_column(data, &n, (const double(*)[COLUMNS])values, count, c) << c;
	data[HEAD_FLAGS].value = flags;
	data[HEAD_DIGITS].value = digits;
	data[HEAD_INDEX].value = (double)index;
	data[HEAD_COUNT].value = (double)count;
	for (size_t i = 0; i < n; i++)
		data[i].at = (int64_t)i;
	return n;
}

int rollup_encode(const struct bucket *buckets, size_t count, bool counter, struct buf *out)
{
	static const uint8_t tag = TAG_COLUMNS;
	_Static_assert(HEAD + ROLLUP_BLOCK_MAX * COLUMNS <= CHUNK_MAX, "a block is one chunk");
	double(*values)[COLUMNS] = calloc(count + 1, sizeof *values);
	struct datum *data = calloc(HEAD + count * COLUMNS, sizeof *data);
	size_t before = out->len;
	int err = values && data ? buf_append(out, &tag, 1) : ERR_NOMEM;
	if (!err)
		err = chunk_encode(data, lay_out(buckets, count, counter, values, data), out);
	if (err)
		out->len = before;
	free(values);
	free(data);
	return err;
}

/* ---- decoding ---------------------------------------------------------- */

/* A block that is being read: where each column's values are. */
struct reading_block {
	const struct datum *column[COLUMNS];
	bool constant[COLUMNS];
	unsigned flags;
	int digits;
	int64_t index, unit_ms;
	size_t count;
};

static bool take_integer(double value, int64_t *integer_r)
{
	if (!(value >= -(double)INTEGER_MAX && value <= (double)INTEGER_MAX))
		return false;
	*integer_r = (int64_t)value;
	return (double)*integer_r == value;
}

/* Finds the columns among n values. */
static int read_header(const struct datum *data, size_t n, struct reading_block *r)
{
	int64_t head[HEAD];
	if (n < HEAD)
		return ERR_DAMAGED;
	for (size_t i = 0; i < HEAD; i++)
		if (!take_integer(data[i].value, &head[i]))
			return ERR_DAMAGED;
	if (head[HEAD_FLAGS] < 0 || head[HEAD_FLAGS] >> UNIT_SHIFT >= UNITS || head[HEAD_DIGITS] < PLAIN ||
	    head[HEAD_DIGITS] > DIGITS_MAX || head[HEAD_COUNT] < 0 || head[HEAD_COUNT] > ROLLUP_BLOCK_MAX)
		return ERR_DAMAGED;
	r->flags = (unsigned)head[HEAD_FLAGS];
	r->digits = (int)head[HEAD_DIGITS];
	r->index = head[HEAD_INDEX];
	r->unit_ms = units_ms[r->flags >> UNIT_SHIFT];
	r->count = (size_t)head[HEAD_COUNT];
	size_t used = HEAD;
	for (enum column c = 0; c < (r->flags & COUNTER_FLAG ? COLUMNS : COLUMNS_GAUGE) && r->count; c++) {
		r->constant[c] = r->flags >> c & 1;
		r->column[c] = data + used;
		used += r->constant[c] ? 1 : r->count;
		if (used > n)
			return ERR_DAMAGED;
	}
	return used == n ? 0 : ERR_DAMAGED;
}

static inline double value_of(const struct reading_block *r, enum column c, size_t i)
{
	return r->column[c][r->constant[c] ? 0 : i].value;
}

static bool take_counter_units(const struct reading_block *r, size_t i, int64_t min, int64_t max, struct bucket *b)
{
	double power = power_of_ten[r->digits];
	int64_t first, last, increase;
	if (!take_integer(value_of(r, FIRST, i), &first) || !take_integer(value_of(r, LAST, i), &last) ||
	    !take_integer(value_of(r, INCREASE, i), &increase))
		return false;
	first = min + first;
	last = max - last;
	b->first = (double)first / power;
	b->last = (double)last / power;
	b->increase = (double)(increase + (last - first)) / power;
	return true;
}

/* The reverse of find_row; no sum of a few numbers of INTEGER_MAX overflows. */
static bool take_units(const struct reading_block *r, size_t i, struct bucket *b)
{
	double power = power_of_ten[r->digits];
	int64_t min, range, sum, least;
	if (!take_integer(value_of(r, MIN, i), &min) || !take_integer(value_of(r, MAX, i), &range) ||
	    !take_integer(value_of(r, SUM, i), &sum) || __builtin_mul_overflow((int64_t)b->count, min, &least) ||
	    __builtin_add_overflow(sum, least, &sum))
		return false;
	b->min = (double)min / power;
	b->max = (double)(min + range) / power;
	b->sum = (double)sum / power;
	return !(r->flags & COUNTER_FLAG) || take_counter_units(r, i, min, min + range, b);
}

static void take_plain(const struct reading_block *r, size_t i, struct bucket *b)
{
	b->min = value_of(r, MIN, i);
	b->max = value_of(r, MAX, i);
	b->sum = value_of(r, SUM, i);
	if (!(r->flags & COUNTER_FLAG))
		return;
	b->first = value_of(r, FIRST, i);
	b->last = value_of(r, LAST, i);
	b->increase = value_of(r, INCREASE, i);
}

static bool take_bucket(const struct reading_block *r, size_t i, struct bucket *b)
{
	int64_t shift, count;
	*b = (struct bucket){0};
	if (!take_integer(value_of(r, INDEX, i), &shift) || !take_integer(value_of(r, COUNT, i), &count) || count < 1 ||
	    __builtin_mul_overflow(r->index + shift + (int64_t)i, r->unit_ms, &b->at) || b->at < HISTORY_FIRST_MS ||
	    b->at > HISTORY_LAST_MS)
		return false;
	b->count = (uint64_t)count;
	if (r->digits != PLAIN)
		return take_units(r, i, b);
	take_plain(r, i, b);
	return true;
}

int rollup_decode(struct span block, struct datum *scratch, struct bucket *buckets_r, size_t *count_r)
{
	struct reading_block r = {.count = 0};
	size_t n;
	*count_r = 0;
	if (!block.len)
		return ERR_DAMAGED;
	if (block.data[0] != TAG_COLUMNS)
		return ERR_NEWER;
	int err = chunk_decode(span_of(block.data + 1, block.len - 1), scratch, &n);
	if (!err)
		err = read_header(scratch, n, &r);
	if (err)
		return err;
	for (size_t i = 0; i < r.count; i++)
		if (!take_bucket(&r, i, &buckets_r[i]) || (i && buckets_r[i].at <= buckets_r[i - 1].at))
			return ERR_DAMAGED;
	*count_r = r.count;
	return 0;
}
