/* The facts and what follows from them. */
#include "power_story.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void power_fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("broker power: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	_Exit(1);
}

static void apply_message(struct model *m, const struct fact *f)
{
	struct story_message *message = &m->messages[f->cell][f->value];
	struct story_way *way = f->id && f->id <= STORY_WINDOW ? &m->ways[f->cell][f->id - 1] : NULL;
	switch (f->kind) {
	case FACT_PUBLISH:
		message->asked = true;
		m->published[f->cell] = f->value > m->published[f->cell] ? f->value : m->published[f->cell];
		*way = (struct story_way){f->value, WAY_SENT};
		break;
	case FACT_TAKEN:
		message->taken = true;
		way->way = f->cell == PEER_QOS2 ? WAY_TAKEN : WAY_FREE;
		break;
	case FACT_RELEASE:
		way->way = WAY_RELEASED;
		break;
	case FACT_OVER:
		message->over = true;
		way->way = WAY_FREE;
		break;
	case FACT_GOT:
		message->got = true;
		message->got_id = f->id;
		break;
	case FACT_THANKED:
		message->thanked = true;
		break;
	default:
		message->let_go = true;
	}
}

static void apply(struct model *m, const struct fact *f)
{
	if (f->kind != FACT_ASK && f->kind != FACT_ANSWER) {
		apply_message(m, f);
		return;
	}
	struct story_cell *cell = &m->cells[f->cell];
	if (f->kind == FACT_ANSWER) {
		if (f->value > cell->answered)
			cell->answered = f->value;
		return;
	}
	if (cell->asked + 1 >= STORY_OPS)
		power_fail("a cell has too many operations");
	cell->values[++cell->asked] = f->value;
}

void story_init(struct story *story, struct power_log *log)
{
	*story = (struct story){.log = log};
}

void story_finish(struct story *story)
{
	free(story->facts);
	*story = (struct story){0};
}

void story_tell(struct story *story, const struct fact *fact)
{
	if (story->count == story->cap) {
		story->cap = story->cap ? story->cap * 2 : 1024;
		story->facts = realloc(story->facts, story->cap * sizeof *story->facts);
		if (!story->facts)
			power_fail("no memory");
	}
	story->facts[story->count++] = *fact;
	apply(&story->now, fact);
	power_log_mark(story->log, story->count);
}

static void on_mark(void *ctx, uint64_t mark)
{
	*(uint64_t *)ctx = mark;
}

void story_until(const struct story *story, size_t cut, struct model *model_r)
{
	uint64_t facts = 0;
	power_log_marks(story->log, cut, on_mark, &facts);
	memset(model_r, 0, sizeof *model_r);
	for (uint64_t i = 0; i < facts; i++)
		apply(model_r, &story->facts[i]);
}
