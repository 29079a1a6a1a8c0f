/* Parameters of the query, judged by the table that also describes them. Any thread. */
#include "web/parameters.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "web/operation.h"
#include "web/problem.h"

enum { SENTENCE_SIZE = 512 };

/* Appends as far as there is room. */
static void add(char sentence[SENTENCE_SIZE], const char *text, size_t len)
{
	size_t used = strlen(sentence);
	(void)str_format(sentence + used, SENTENCE_SIZE - used, "%.*s", (int)len, text);
}

/* "csv, jsonl or influx" of "csv|jsonl|influx". */
static void add_words(char sentence[SENTENCE_SIZE], const char *words)
{
	for (bool first = true; *words; first = false) {
		size_t len = strcspn(words, "|");
		bool last = words[len] == 0;
		if (!first)
			add(sentence, last ? " or " : ", ", SENTENCE_SIZE);
		add(sentence, words, len);
		words += len + !last;
	}
}

static bool is_word(const char *words, const char *text)
{
	size_t text_len = strlen(text);
	while (*words) {
		size_t len = strcspn(words, "|");
		if (len == text_len && strncmp(words, text, len) == 0)
			return true;
		words += len + (words[len] == '|');
	}
	return false;
}

static bool is_int(const struct field *v, const char *text)
{
	int64_t number;
	bool bounded = v->min || v->max;
	return str_to_int(text, bounded ? v->min : INT64_MIN, bounded ? v->max : INT64_MAX, &number) == 0;
}

static bool is_text(const struct field *v, struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] == 0x7f)
			return false;
	return str_utf8_valid(text) && text.len >= (size_t)v->min && (!v->max || text.len <= (size_t)v->max);
}

static bool fits(const struct field *v, const char *text)
{
	double number;
	switch (v->type) {
	case FIELD_INT: return is_int(v, text);
	case FIELD_TIME: return is_int(v, text) || (v->of && strcmp(v->of, text) == 0);
	case FIELD_NUMBER: return str_to_double(span_str(text), &number) == 0;
	case FIELD_BOOL: return is_word("true|false", text);
	case FIELD_CHOICE: return is_word(v->of, text);
	case FIELD_ID: return str_id_valid(span_str(text), MODEL_ID_MAX);
	default: return is_text(v, span_str(text));
	}
}

static void explain(const struct field *v, char sentence_r[SENTENCE_SIZE])
{
	static const char *const kinds[] = {
		[FIELD_ID] = "an id: letters, digits, _ and -", [FIELD_NUMBER] = "a number", [FIELD_BOOL] = "true or false",
		[FIELD_TIME] = "milliseconds since 1970", [FIELD_TEXT] = "printable text"};
	str_format(sentence_r, SENTENCE_SIZE, "%s is ", v->name);
	if (v->type == FIELD_CHOICE) {
		add_words(sentence_r, v->of);
	} else if (v->type == FIELD_INT) {
		size_t used = strlen(sentence_r);
		str_format(sentence_r + used, SENTENCE_SIZE - used, "a whole number from %lld to %lld", (long long)v->min, (long long)v->max);
	} else {
		add(sentence_r, kinds[v->type], SENTENCE_SIZE);
		if (v->type == FIELD_TIME && v->of) {
			add(sentence_r, ", or ", SENTENCE_SIZE);
			add(sentence_r, v->of, SENTENCE_SIZE);
		}
	}
	add(sentence_r, ".", 1);
}

/* "There is no parameter "x" here, only limit and cursor." */
static void explain_unknown(const struct request *rq, const struct operation *operation, char sentence_r[SENTENCE_SIZE])
{
	char names[SENTENCE_SIZE] = "";
	for (size_t i = 0; i < operation->parameter_count; i++) {
		const struct field *v = &operation->parameters[i];
		if (operation_in_path(rq->route, v))
			continue;
		if (names[0])
			add(names, "|", 1);
		add(names, v->name, SENTENCE_SIZE);
	}
	str_format(sentence_r, SENTENCE_SIZE, "There is no such parameter here. This address takes ");
	if (names[0])
		add_words(sentence_r, names);
	else
		add(sentence_r, "none", SENTENCE_SIZE);
	add(sentence_r, ".", 1);
}

static bool given_before(const struct request *rq, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(rq->query[k].name, rq->query[i].name) == 0)
			return true;
	return false;
}

bool parameters_fit(const struct request *rq, struct response *rs)
{
	const struct operation *operation = operation_of(rq->route);
	char sentence[SENTENCE_SIZE];
	if (!operation || strncmp(rq->route->path, "/api/", strlen("/api/")) != 0)
		return true;
	for (size_t i = 0; i < rq->query_count; i++) {
		const struct query_pair *pair = &rq->query[i];
		const struct field *v = operation_parameter(operation, pair->name);
		if (!v || operation_in_path(rq->route, v))
			explain_unknown(rq, operation, sentence);
		else if (given_before(rq, i))
			str_format(sentence, sizeof sentence, "%s can be given once.", v->name);
		else if (!fits(v, pair->value))
			explain(v, sentence);
		else
			continue;
		problem_field(rs, 422, str_id_valid(span_str(pair->name), sizeof pair->name) ? pair->name : NULL, sentence);
		return false;
	}
	if (rq->query_odd) {
		problem(rs, 422, "There are too many parameters in this address, or one is too long.");
		return false;
	}
	return true;
}
