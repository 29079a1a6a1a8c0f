/* An intrusive doubly linked list. The head and every member's link are of the
 * same type; a declaration names the member: `struct list sessions; // session.link`.
 * No allocation, no locking. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *prev, *next;
};

/* The struct of the given type that holds pointer as its member. */
#define container_of(pointer, type, member) \
	((type *)(void *)((char *)(pointer) - offsetof(type, member)))

/* Walks the list; the current element may be removed inside the loop. */
#define list_each(pos, head, type, member) \
	for (type *pos = container_of((head)->next, type, member), \
		  *pos##_next = container_of(pos->member.next, type, member); \
	     &pos->member != (head); \
	     pos = pos##_next, pos##_next = container_of(pos->member.next, type, member))

/* Makes an empty head, or an unlinked link. */
static inline void list_init(struct list *l)
{
	l->prev = l->next = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

/* Puts link behind the last element of head. */
static inline void list_append(struct list *head, struct list *link)
{
	link->prev = head->prev;
	link->next = head;
	head->prev->next = link;
	head->prev = link;
}

/* Unlinks; a link that is in no list (list_init) stays so. */
static inline void list_remove(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

#endif
