/* The table of pre-shared keys. Any thread, as it never changes. Must not know where the text came from. */
#include "net/psk.h"

#include <gnutls/gnutls.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"

struct psk_entry {
	struct map_node node; /* psk_table.by_identity */
	char identity[PSK_MAX_IDENTITY + 1];
	size_t len;
	uint8_t key[PSK_MAX_KEY_BYTES];
};

struct psk_table {
	struct map by_identity; /* psk_entry.node */
};

static int digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* What is wrong with the line, or NULL. */
static const char *parse_line(struct span line, struct psk_entry *entry)
{
	const uint8_t *colon = memrchr(line.data, ':', line.len);
	if (!colon || colon == line.data)
		return "must be identity:key";
	if (str_copy_span(entry->identity, sizeof entry->identity, span_of(line.data, (size_t)(colon - line.data))))
		return "has an identity that is too long";
	struct span key = span_of(colon + 1, line.len - (size_t)(colon + 1 - line.data));
	if (key.len % 2 || key.len / 2 < PSK_MIN_KEY_BYTES || key.len / 2 > PSK_MAX_KEY_BYTES)
		return "needs a key of 32 to 128 hexadecimal digits";
	for (size_t i = 0; i < key.len; i += 2) {
		int high = digit(key.data[i]), low = digit(key.data[i + 1]);
		if (high < 0 || low < 0)
			return "needs a key of hexadecimal digits";
		entry->key[entry->len++] = (uint8_t)(high << 4 | low);
	}
	return NULL;
}

static void entry_free(struct psk_entry *entry)
{
	gnutls_memset(entry, 0, sizeof *entry);
	free(entry);
}

static int add_line(struct psk_table *table, struct span line, unsigned number, char message_r[256])
{
	struct psk_entry *entry = calloc(1, sizeof *entry);
	if (!entry)
		return ERR_NOMEM;
	const char *wrong = parse_line(line, entry);
	int err = wrong ? ERR_MALFORMED : map_put(&table->by_identity, &entry->node, span_str(entry->identity));
	if (!err)
		return 0;
	entry_free(entry);
	if (err == ERR_EXISTS)
		wrong = "has an identity that stands above already";
	if (wrong)
		str_format(message_r, 256, "line %u of the pre-shared keys %s", number, wrong);
	return err;
}

int psk_table_parse(struct span text, struct psk_table **table_r, char message_r[256])
{
	struct psk_table *table = calloc(1, sizeof *table);
	if (!table)
		return ERR_NOMEM;
	int err = 0;
	for (unsigned number = 1; text.len && !err; number++) {
		const uint8_t *end = memchr(text.data, '\n', text.len);
		size_t len = end ? (size_t)(end - text.data) : text.len, taken = end ? len + 1 : len;
		struct span line = span_of(text.data, len);
		text = span_of(text.data + taken, text.len - taken);
		if (line.len && line.data[line.len - 1] == '\r')
			line.len--;
		if (line.len && line.data[0] != '#')
			err = add_line(table, line, number, message_r);
	}
	if (err)
		psk_table_destroy(&table);
	*table_r = table;
	return err;
}

struct span psk_table_find(const struct psk_table *table, const char *identity)
{
	struct map_node *node = map_get(&table->by_identity, span_str(identity));
	if (!node)
		return (struct span){0};
	const struct psk_entry *entry = container_of(node, struct psk_entry, node);
	return span_of(entry->key, entry->len);
}

void psk_table_destroy(struct psk_table **table)
{
	if (!*table)
		return;
	struct map_node *next;
	for (struct map_node *node = map_next(&(*table)->by_identity, NULL); node; node = next) {
		next = map_next(&(*table)->by_identity, node);
		map_remove(&(*table)->by_identity, node);
		entry_free(container_of(node, struct psk_entry, node));
	}
	map_finish(&(*table)->by_identity);
	free(*table);
	*table = NULL;
}
