/* Pages and assets in memory: a path is looked up in a map, never in the file
 * system, so there is nothing to climb out of. Read once at start, immutable
 * after, any thread. */
#include "web/pages.h"

#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "base/log.h"
#include "web/gzip.h"
#include "web/shell.h"

enum { PATH_SIZE = 1024, DEPTH_MAX = 6 };

struct file {
	struct map_node node;
	char *path; /* owned: "/static/app.js"; NULL: in no map */
	struct page page;
	struct page versioned; /* the same under "/static/<version>/app.js" */
	struct buf plain, gzip, brotli;
};

struct pages {
	struct map files; /* file.node, by path */
	size_t bytes;
	char version[SHELL_VERSION_SIZE];
	struct file index, worker; /* what the hub makes of index.html and sw.js */
};

static const struct {
	const char *extension, *type;
} types[] = {
	{".html", "text/html; charset=utf-8"},
	{".js", "text/javascript; charset=utf-8"},
	{".mjs", "text/javascript; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},
	{".json", "application/json"},
	{".webmanifest", "application/manifest+json"},
	{".svg", "image/svg+xml"},
	{".png", "image/png"},
	{".webp", "image/webp"},
	{".ico", "image/x-icon"},
	{".woff2", "font/woff2"},
	{".txt", "text/plain; charset=utf-8"},
};

static const char static_path[] = "/static/";

/* The client-side routes; "{}" stands for one segment. */
static const char *const page_paths[] = {"/", "/setup", "/login", "/devices/{}", "/add", "/add/{}", "/alerts", "/charts", "/more", "/scenes", "/settings", "/settings/{}",
					 "/explorer", "/explorer/{}", "/trust", "/problems/{}"};

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);
	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static const char *type_of(const char *path)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (ends_with(path, types[i].extension))
			return types[i].type;
	return "application/octet-stream";
}

static void file_finish(struct file *file)
{
	free(file->path);
	buf_finish(&file->plain);
	buf_finish(&file->gzip);
	buf_finish(&file->brotli);
}

static void file_destroy(struct file *file)
{
	file_finish(file);
	free(file);
}

/* Vendored files may be kept for ever when their names carry a version, as in
 * "uplot-1.6.31.js"; under another name an upgrade would never be seen. */
static bool is_versioned(const char *path)
{
	static const char vendor[] = "/static/vendor/";
	return strncmp(path, vendor, strlen(vendor)) == 0 && strpbrk(path + strlen(vendor), "0123456789");
}

/* The file with this path, made when it is new; NULL without memory. */
static struct file *file_of(struct pages *pages, const char *path)
{
	struct map_node *node = map_get(&pages->files, span_str(path));
	if (node)
		return container_of(node, struct file, node);
	struct file *file = calloc(1, sizeof *file);
	if (!file)
		return NULL;
	file->path = strdup(path);
	if (!file->path || map_put(&pages->files, &file->node, span_str(file->path))) {
		file_destroy(file);
		return NULL;
	}
	file->page.content_type = type_of(path);
	file->page.immutable = is_versioned(path);
	return file;
}

static void make_body(struct page_body *body, const struct buf *content)
{
	uint8_t hash[16];
	char hex[2 * sizeof hash + 1];
	crypto_generichash(hash, sizeof hash, content->data, content->len, NULL, 0);
	str_to_hex(hex, hash, sizeof hash);
	str_format(body->etag, sizeof body->etag, "\"%s\"", hex);
	body->bytes = buf_span(content);
}

static int load_file(struct pages *pages, const char *name, const char *url)
{
	char path[PATH_SIZE];
	str_copy(path, sizeof path, url);
	const bool gzip = ends_with(path, ".gz"), brotli = ends_with(path, ".br");
	if (gzip || brotli)
		path[strlen(path) - strlen(".gz")] = 0;
	if (!map_get(&pages->files, span_str(path)) && pages->files.count >= PAGES_FILES_MAX)
		return ERR_TOO_LARGE;
	struct file *file = file_of(pages, path);
	if (!file)
		return ERR_NOMEM;
	struct buf *content = gzip ? &file->gzip : brotli ? &file->brotli : &file->plain;
	int err = buf_read_file(content, name, PAGES_BYTES_MAX - pages->bytes);
	if (err)
		return err;
	pages->bytes += content->len;
	make_body(gzip ? &file->page.gzip : brotli ? &file->page.brotli : &file->page.plain, content);
	file->versioned = file->page;
	file->versioned.immutable = true;
	return 0;
}

static int load_dir(struct pages *pages, const char *name, const char *url, int depth);

static int load_entry(struct pages *pages, const char *dir, const char *dir_url, const char *entry, int depth)
{
	char name[PATH_SIZE], url[PATH_SIZE];
	if (entry[0] == '.')
		return 0;
	if (str_format(name, sizeof name, "%s/%s", dir, entry) || str_format(url, sizeof url, "%s/%s", dir_url, entry))
		return ERR_TOO_LARGE;
	struct stat st;
	if (stat(name, &st))
		return err_from_errno(errno);
	if (S_ISDIR(st.st_mode))
		return load_dir(pages, name, url, depth + 1);
	return S_ISREG(st.st_mode) ? load_file(pages, name, url) : 0;
}

static int load_dir(struct pages *pages, const char *name, const char *url, int depth)
{
	if (depth > DEPTH_MAX)
		return ERR_TOO_LARGE;
	DIR *dir = opendir(name);
	if (!dir)
		return err_from_errno(errno);
	int err = 0;
	for (const struct dirent *entry = readdir(dir); entry && !err; entry = readdir(dir))
		err = load_entry(pages, name, url, entry->d_name, depth);
	closedir(dir);
	return err;
}

static const struct file *find_file(const struct pages *pages, const char *path)
{
	struct map_node *node = map_get(&pages->files, span_str(path));
	const struct file *file = node ? container_of(node, struct file, node) : NULL;
	return file && file->page.plain.bytes.len ? file : NULL;
}

/* The hash of all names and contents, in whatever order the directory gave them. */
static void set_version(struct pages *pages)
{
	uint8_t sum[(SHELL_VERSION_SIZE - 1) / 2] = {0}, hash[crypto_generichash_BYTES];
	for (struct map_node *node = map_next(&pages->files, NULL); node; node = map_next(&pages->files, node)) {
		const struct file *file = container_of(node, struct file, node);
		crypto_generichash_state state;
		crypto_generichash_init(&state, NULL, 0, sizeof hash);
		crypto_generichash_update(&state, (const uint8_t *)file->path, strlen(file->path) + 1);
		crypto_generichash_update(&state, file->plain.data, file->plain.len);
		crypto_generichash_final(&state, hash, sizeof hash);
		for (size_t i = 0; i < sizeof sum; i++)
			sum[i] ^= hash[i];
	}
	str_to_hex(pages->version, sum, sizeof sum);
}

static int append_element(struct buf *list, const char *text)
{
	return buf_printf(list, "%s\"%s\"", list->len ? "," : "", text);
}

/* What a page may need while the hub is away: all but the catalogues, of which each reader needs one, and pictures of
 * the home screen. Names that a JSON string cannot hold as they are do not occur. */
static int list_files(const struct pages *pages, struct buf *list)
{
	static const char *const kinds[] = {".js", ".css", ".svg"};
	int err = 0;
	for (struct map_node *node = map_next(&pages->files, NULL); node && !err; node = map_next(&pages->files, node)) {
		const char *path = container_of(node, struct file, node)->path + strlen(static_path);
		bool wanted = false;
		for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
			wanted = wanted || ends_with(path, kinds[i]);
		if (wanted && strcmp(path, "sw.js") != 0 && strncmp(path, "js/text.", strlen("js/text.")) != 0 && !strpbrk(path, "\"\\"))
			err = append_element(list, path);
	}
	/* text.js is no catalogue */
	return err || !find_file(pages, "/static/js/text.js") ? err : append_element(list, "js/text.js");
}

static int make_worker(struct pages *pages)
{
	const struct file *script = find_file(pages, "/static/sw.js");
	struct buf files = {0}, paths = {0};
	if (!script)
		return 0;
	int err = list_files(pages, &files);
	for (size_t i = 0; i < sizeof page_paths / sizeof page_paths[0] && !err; i++)
		err = append_element(&paths, page_paths[i]);
	if (!err)
		err = shell_worker(&pages->worker.plain, buf_span(&script->plain), pages->version, buf_span(&files), buf_span(&paths));
	buf_finish(&files);
	buf_finish(&paths);
	return err;
}

/* Completes what the hub has made itself. */
static int finish_made(struct file *file, const char *content_type)
{
	int err = gzip_append(&file->gzip, buf_span(&file->plain), GZIP_SMALL);
	if (err)
		return err;
	file->page.content_type = content_type;
	make_body(&file->page.plain, &file->plain);
	make_body(&file->page.gzip, &file->gzip);
	return 0;
}

static int make_shell(struct pages *pages)
{
	set_version(pages);
	int err = shell_stamp(&pages->index.plain, buf_span(&find_file(pages, "/static/index.html")->plain), pages->version);
	if (!err)
		err = finish_made(&pages->index, type_of("index.html"));
	if (!err)
		err = make_worker(pages);
	return err || !pages->worker.plain.len ? err : finish_made(&pages->worker, type_of("sw.js"));
}

int pages_create(const char *dir, struct pages **pages_r, char message_r[256])
{
	struct pages *pages = calloc(1, sizeof *pages);
	if (!pages)
		return ERR_NOMEM;
	int err = load_dir(pages, dir, "/static", 0);
	if (!err && !find_file(pages, "/static/index.html")) {
		str_format(message_r, 256, "%s holds no index.html: is [hub] web_dir right?", dir);
		pages_destroy(&pages);
		return ERR_NOT_FOUND;
	}
	if (!err)
		err = make_shell(pages);
	if (err) {
		str_format(message_r, 256, "cannot load the pages from %s: %s", dir, err_text(err));
		pages_destroy(&pages);
		return err;
	}
	log_debug("web", "%zu files, %zu bytes of pages, version %s", pages->files.count, pages->bytes, pages->version);
	*pages_r = pages;
	return 0;
}

const char *pages_version(const struct pages *pages)
{
	return pages->version;
}

void pages_destroy(struct pages **pages)
{
	if (!*pages)
		return;
	struct map_node *node = map_next(&(*pages)->files, NULL);
	while (node) {
		struct map_node *next = map_next(&(*pages)->files, node);
		struct file *file = container_of(node, struct file, node);
		map_remove(&(*pages)->files, node);
		file_destroy(file);
		node = next;
	}
	map_finish(&(*pages)->files);
	file_finish(&(*pages)->index);
	file_finish(&(*pages)->worker);
	free(*pages);
	*pages = NULL;
}

static bool is_page(const char *path)
{
	for (size_t i = 0; i < sizeof page_paths / sizeof page_paths[0]; i++) {
		const char *pattern = page_paths[i];
		size_t fixed = strcspn(pattern, "{");
		if (strncmp(pattern, path, fixed) != 0)
			continue;
		if (pattern[fixed] ? path[fixed] && !strchr(path + fixed, '/') : path[fixed] == 0)
			return true;
	}
	return false;
}

const struct page *pages_find(const struct pages *pages, const char *path)
{
	if (is_page(path))
		return &pages->index.page;
	if (strcmp(path, "/sw.js") == 0)
		return pages->worker.plain.len ? &pages->worker.page : NULL;
	const struct file *file = find_file(pages, path);
	if (file)
		return &file->page;
	const size_t fixed = strlen(static_path), len = strlen(pages->version);
	if (strncmp(path, static_path, fixed) != 0 || strncmp(path + fixed, pages->version, len) != 0 || path[fixed + len] != '/')
		return NULL;
	char plain[PATH_SIZE];
	if (str_format(plain, sizeof plain, "%s%s", static_path, path + fixed + len + 1))
		return NULL;
	file = find_file(pages, plain);
	return file ? &file->versioned : NULL;
}
