/* A PostgreSQL server of a test's own; see postgres.h. */
#include "postgres.h"

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_TRIES = 600, TRY_MS = 50 };

static bool find_programs(struct postgres *p)
{
	glob_t found;
	if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found))
		return false;
	const char *newest = found.gl_pathv[found.gl_pathc - 1];
	int len = (int)(strlen(newest) - strlen("/initdb"));
	bool fits = snprintf(p->bin, sizeof p->bin, "%.*s", len, newest) < (int)sizeof p->bin;
	globfree(&found);
	return fits;
}

/* The server refuses to run as root. */
static bool find_user(struct postgres *p)
{
	p->uid = getuid();
	p->gid = getgid();
	if (p->uid != 0)
		return true;
	const struct passwd *user = getpwnam("postgres");
	if (!user)
		user = getpwnam("nobody");
	if (!user)
		return false;
	p->uid = user->pw_uid;
	p->gid = user->pw_gid;
	return true;
}

/* Starts a program of PostgreSQL's as its user, with its words in dir/log. */
static pid_t spawn(const struct postgres *p, const char *name, const char *const argv[])
{
	pid_t parent = getpid(), pid = fork();
	if (pid != 0)
		return pid;
	char path[256];
	snprintf(path, sizeof path, "%s/log", p->dir);
	int log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
	if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
		_exit(126);
	if (getuid() == 0 && (setgroups(0, NULL) || setgid(p->gid) || setuid(p->uid)))
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGQUIT);
	if (getppid() != parent || chdir(p->dir))
		_exit(126);
	snprintf(path, sizeof path, "%s/%s", p->bin, name);
	execv(path, (char *const *)argv);
	_exit(127);
}

static bool run(const struct postgres *p, const char *name, const char *const argv[])
{
	int status;
	pid_t pid = spawn(p, name, argv);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool postgres_sql(struct postgres *p, const char *sql)
{
	const char *const argv[] = {"psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", p->conninfo, "-c", sql, NULL};
	return run(p, "psql", argv);
}

bool postgres_start(struct postgres *p)
{
	const char *const argv[] = {"postgres", "-D", "data", "-k", p->dir, "-c", "listen_addresses=", "-c", "fsync=off", NULL};
	const char *const ready[] = {"pg_isready", "-q", "-h", p->dir, NULL};
	p->pid = spawn(p, "postgres", argv);
	for (int i = 0; i < START_TRIES && p->pid > 0; i++) {
		if (run(p, "pg_isready", ready))
			return true;
		if (waitpid(p->pid, NULL, WNOHANG) == p->pid)
			break;
		nanosleep(&(struct timespec){0, TRY_MS * 1000000L}, NULL);
	}
	postgres_stop(p);
	return false;
}

void postgres_stop(struct postgres *p)
{
	if (p->pid > 0) {
		kill(p->pid, SIGINT);
		waitpid(p->pid, NULL, 0);
	}
	p->pid = 0;
}

bool postgres_create(struct postgres *p, char reason_r[160])
{
	const char *const initdb[] = {"initdb", "-D", "data", "-U", "tomte", "-A", "trust", "-E", "UTF8", "--no-locale", "-N", NULL};
	*p = (struct postgres){0};
	snprintf(reason_r, 160, "Debian's package postgresql is not installed");
	if (!find_programs(p))
		return false;
	snprintf(reason_r, 160, "there is no user to run a PostgreSQL server as");
	if (!find_user(p))
		return false;
	snprintf(p->dir, sizeof p->dir, "/tmp/tomte-postgres-XXXXXX");
	if (!mkdtemp(p->dir) || chown(p->dir, p->uid, p->gid)) {
		snprintf(reason_r, 160, "no temporary directory can be made for PostgreSQL");
		return false;
	}
	snprintf(p->conninfo, sizeof p->conninfo, "host=%s user=tomte dbname=postgres", p->dir);
	if (run(p, "initdb", initdb) && postgres_start(p))
		return true;
	snprintf(reason_r, 160, "the PostgreSQL server does not start, see %s/log", p->dir);
	return false;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void postgres_destroy(struct postgres *p)
{
	postgres_stop(p);
	if (p->dir[0])
		nftw(p->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	*p = (struct postgres){0};
}
