/* The dictionaries of text series: words get codes, and samples hold codes. Any thread,
 * under the lock "store-head". Codes are never given twice within a series. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/head_private.h"
#include "db/shelf.h"

void entry_finish_words(struct entry *e)
{
	for (size_t i = 0; i < e->word_count; i++) {
		free(e->by_code[i]->text);
		free(e->by_code[i]);
	}
	free(e->by_code);
	map_finish(&e->words);
	e->by_code = NULL;
	e->word_count = e->word_cap = 0;
}

/* The place of the code in by_code, or of the next higher one. */
static size_t place_of(const struct entry *e, int64_t code)
{
	size_t low = 0, high = e->word_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (e->by_code[middle]->code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct word *word_of(const struct entry *e, int64_t code)
{
	size_t place = place_of(e, code);
	return place < e->word_count && e->by_code[place]->code == code ? e->by_code[place] : NULL;
}

static struct word *make_word(int64_t code, struct span text)
{
	struct word *word = calloc(1, sizeof *word);
	char *copy = word ? malloc(text.len + 1) : NULL;
	if (!copy) {
		free(word);
		return NULL;
	}
	if (text.len)
		memcpy(copy, text.data, text.len);
	copy[text.len] = 0;
	*word = (struct word){.code = code, .text = copy};
	return word;
}

static int insert(struct entry *e, int64_t code, struct span text)
{
	if (e->word_count == e->word_cap) {
		size_t cap = e->word_cap ? 2 * e->word_cap : 8;
		struct word **by_code = realloc(e->by_code, cap * sizeof *by_code);
		if (!by_code)
			return ERR_NOMEM;
		e->by_code = by_code;
		e->word_cap = cap;
	}
	struct word *word = make_word(code, text);
	if (!word)
		return ERR_NOMEM;
	int err = map_put(&e->words, &word->by_text, span_str(word->text));
	if (err) {
		free(word->text);
		free(word);
		return err;
	}
	size_t place = place_of(e, code);
	memmove(&e->by_code[place + 1], &e->by_code[place], (e->word_count - place) * sizeof *e->by_code);
	e->by_code[place] = word;
	e->word_count++;
	if (code > e->last_code)
		e->last_code = code;
	return 0;
}

static void remove_word(struct entry *e, int64_t code)
{
	size_t place = place_of(e, code);
	if (place == e->word_count || e->by_code[place]->code != code)
		return;
	struct word *word = e->by_code[place];
	map_remove(&e->words, &word->by_text);
	free(word->text);
	free(word);
	e->word_count--;
	memmove(&e->by_code[place], &e->by_code[place + 1], (e->word_count - place) * sizeof *e->by_code);
}

int head_word_code(struct head *h, int64_t series, struct span text, int64_t *code_r, bool *new_r)
{
	*new_r = false;
	if (text.len > STORE_WORD_MAX || memchr(text.len ? (const void *)text.data : "", 0, text.len))
		return ERR_TOO_LARGE;
	if (series < 1 || series > SERIES_ID_MAX)
		return ERR_INVALID;
	lock_take(&h->lock);
	struct entry *e = head_announce(h, series);
	int err = e ? 0 : ERR_NOMEM;
	const struct map_node *node = e ? map_get(&e->words, text) : NULL;
	if (node) {
		*code_r = container_of(node, struct word, by_text)->code;
	} else if (!err && e->word_count >= STORE_WORDS_MAX) {
		err = ERR_FULL;
	} else if (!err) {
		*code_r = e->last_code + 1;
		*new_r = true;
		err = insert(e, *code_r, text);
	}
	lock_release(&h->lock);
	return err;
}

/* What the files say replaces what is there under that code or text. */
int head_put_word(struct head *h, const struct shelf_word *word, bool from_shelf)
{
	struct span text = span_str(word->text);
	if (text.len > STORE_WORD_MAX)
		return ERR_TOO_LARGE;
	lock_take(&h->lock);
	struct entry *e = head_entry(h, word->series);
	int err = e ? 0 : ERR_NOT_FOUND;
	if (!err) {
		const struct map_node *node = map_get(&e->words, text);
		if (node)
			remove_word(e, container_of(node, struct word, by_text)->code);
		remove_word(e, word->code);
		err = insert(e, word->code, text);
	}
	if (!err && from_shelf)
		e->by_code[place_of(e, word->code)]->state = WORD_SEALED;
	lock_release(&h->lock);
	return err;
}

int head_frozen_word(struct head *h, int64_t series, int64_t after, int64_t *code_r, char *text_r)
{
	lock_take(&h->lock);
	struct entry *e = head_entry(h, series);
	size_t place = e ? place_of(e, after + 1) : 0;
	while (e && place < e->word_count && e->by_code[place]->state == WORD_SEALED)
		place++;
	bool found = e && place < e->word_count;
	if (found) {
		struct word *word = e->by_code[place];
		word->state = WORD_SEALING;
		*code_r = word->code;
		memcpy(text_r, word->text, strlen(word->text) + 1);
	}
	lock_release(&h->lock);
	return found ? 0 : ERR_NOT_FOUND;
}

int head_early_word(struct head *h, int64_t series, int64_t after, int64_t *code_r, char *text_r)
{
	lock_take(&h->lock);
	const struct entry *e = head_announced(h, series);
	size_t place = e ? place_of(e, after + 1) : 0;
	bool found = e && !e->name && place < e->word_count;
	if (found) {
		const struct word *word = e->by_code[place];
		*code_r = word->code;
		memcpy(text_r, word->text, strlen(word->text) + 1);
	}
	lock_release(&h->lock);
	return found ? 0 : ERR_NOT_FOUND;
}

void entry_words_sealed(struct entry *e)
{
	for (size_t i = 0; i < e->word_count; i++) {
		if (e->by_code[i]->state == WORD_SEALING)
			e->by_code[i]->state = WORD_SEALED;
	}
}

/* A double that is no integer, or too large for one, must not be converted. */
bool head_is_code(double value, int64_t *code_r)
{
	static const double most = 9007199254740992.0; /* up to here a double holds every integer */
	bool code = value >= 1 && value <= most && value == (double)(int64_t)value;
	*code_r = code ? (int64_t)value : 0;
	return code;
}

int head_word_text(struct head *h, int64_t series, int64_t code, char *text_r)
{
	lock_take(&h->lock);
	const struct entry *e = head_announced(h, series);
	const struct word *word = e ? word_of(e, code) : NULL;
	if (word)
		memcpy(text_r, word->text, strlen(word->text) + 1);
	lock_release(&h->lock);
	return word ? 0 : ERR_NOT_FOUND;
}

void head_remove_words(struct head *h, int64_t series, const int64_t *codes, size_t count)
{
	lock_take(&h->lock);
	struct entry *e = head_announced(h, series);
	for (size_t i = 0; e && i < count; i++)
		remove_word(e, codes[i]);
	lock_release(&h->lock);
}
