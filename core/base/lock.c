#include "core/base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { HOLDER_BYTES = 256 };

/* "process 123 on node7, started 2026-11-24 13:49:27 UTC" */
static void describe_self(char text[HOLDER_BYTES])
{
    char host[HOLDER_BYTES / 2] = "?", since[32];
    time_t now = time(NULL);
    struct tm parts;

    gethostname(host, sizeof host - 1);
    gmtime_r(&now, &parts);
    strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S", &parts);
    snprintf(text, HOLDER_BYTES, "process %ld on %s, started %s UTC", (long)getpid(),
             host, since);
}

static void read_holder(int file, char holder[HOLDER_BYTES])
{
    ssize_t bytes = pread(file, holder, HOLDER_BYTES - 1, 0);

    holder[bytes > 0 ? bytes : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    if (!*holder)
        strcpy(holder, "another calq");
}

static int tell_holder(int file, const char *path, struct error *err)
{
    char holder[HOLDER_BYTES];

    read_holder(file, holder);
    return error_set(err, EXIT_MACHINE,
                     "%s is held by %s; wait for its end, or choose another `out`",
                     path, holder);
}

/* A group's name comes before its first process. */
static int write_holder(int file, const char *path, const char *group,
                        struct error *err)
{
    char self[HOLDER_BYTES], holder[2 * HOLDER_BYTES];
    int length;

    describe_self(self);
    length = snprintf(holder, sizeof holder, "%s%s%s\n", group ? group : "",
                      group ? ": " : "", self);
    if (ftruncate(file, 0) == 0 && pwrite(file, holder, (size_t)length, 0) == length)
        return 0;
    return error_set(err, EXIT_MACHINE, "cannot write %s: %s", path, strerror(errno));
}

/* ---- taking ------------------------------------------------------------------------------- */

enum taken { TAKEN, TAKEN_BY_OTHERS, TAKEN_WITHOUT_LOCKS, TAKEN_NOT };

enum { TRIES = 25, MILLISECONDS_BETWEEN = 20 };

/* Some file systems of clusters are mounted without. */
static bool means_no_locks(int number)
{
    return number == ENOSYS || number == EOPNOTSUPP || number == ENOLCK;
}

static enum taken take_once(int file, int how)
{
    int status;

    do
        status = flock(file, how);
    while (status < 0 && errno == EINTR);
    if (status == 0)
        return TAKEN;
    if (errno == EWOULDBLOCK)
        return TAKEN_BY_OTHERS;
    return means_no_locks(errno) ? TAKEN_WITHOUT_LOCKS : TAKEN_NOT;
}

/* A process that has just been killed, and one that only looks, let go soon. */
static void pause_a_little(void)
{
    nanosleep(&(struct timespec){.tv_nsec = MILLISECONDS_BETWEEN * 1000000L}, NULL);
}

static enum taken take_soon(int file)
{
    enum taken taken = take_once(file, LOCK_EX | LOCK_NB);

    for (int i = 0; taken == TAKEN_BY_OTHERS && i < TRIES; i++) {
        pause_a_little();
        taken = take_once(file, LOCK_EX | LOCK_NB);
    }
    return taken;
}

static int tell(enum taken taken, int file, const char *path, struct error *err)
{
    switch (taken) {
    case TAKEN:
        return 0;
    case TAKEN_WITHOUT_LOCKS:
        return 1;
    case TAKEN_BY_OTHERS:
        return tell_holder(file, path, err);
    case TAKEN_NOT:
        break;
    }
    return error_set(err, EXIT_MACHINE, "cannot lock %s: %s", path, strerror(errno));
}

static int open_lock(const char *path, struct error *err)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

    if (file < 0)
        error_set(err, EXIT_MACHINE, "cannot open %s: %s", path, strerror(errno));
    return file;
}

/* The lock is the open file, where it was taken. */
static int keep(int file, int status, int *lock)
{
    *lock = status < 0 ? -1 : file;
    if (status < 0)
        close(file);
    return status;
}

int lock_take(const char *path, int *lock, struct error *err)
{
    int file = open_lock(path, err), status;

    *lock = -1;
    if (file < 0)
        return -1;
    status = tell(take_soon(file), file, path, err);
    if (status >= 0 && write_holder(file, path, NULL, err) < 0)
        status = -1;
    return keep(file, status, lock);
}

int lock_wait(const char *path, int *lock, struct error *err)
{
    int file = open_lock(path, err);

    *lock = -1;
    if (file < 0)
        return -1;
    return keep(file, tell(take_once(file, LOCK_EX), file, path, err), lock);
}

int lock_file(int file, const char *path, struct error *err)
{
    enum taken taken = take_soon(file);

    if (taken == TAKEN_BY_OTHERS)
        return error_set(err, EXIT_MACHINE, "another calq works with %s", path);
    return tell(taken, file, path, err);
}

bool lock_is_held(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool is_held = file >= 0 && take_once(file, LOCK_SH | LOCK_NB) == TAKEN_BY_OTHERS;

    if (file >= 0)
        close(file);
    return is_held;
}

/* ---- groups ------------------------------------------------------------------------------- */

static bool holds_group(int file, const char *group)
{
    char holder[HOLDER_BYTES];
    size_t length = strlen(group);

    read_holder(file, holder);
    return strncmp(holder, group, length) == 0 && holder[length] == ':';
}

/* Who has the lock alone names the group in it, and shares it then. Changing to a shared lock lets go
 * for a moment, in which another may take it alone. */
static enum taken join_once(int file, const char *path, const char *group,
                            struct error *err)
{
    enum taken taken = take_once(file, LOCK_EX | LOCK_NB);

    if (taken == TAKEN && write_holder(file, path, group, err) < 0)
        return TAKEN_NOT;
    if (taken == TAKEN || taken == TAKEN_BY_OTHERS)
        taken = take_once(file, LOCK_SH | LOCK_NB);
    return taken;
}

int lock_join(const char *path, const char *group, int *lock, struct error *err)
{
    int file = open_lock(path, err), status;
    enum taken taken;

    *lock = -1;
    if (file < 0)
        return -1;
    taken = join_once(file, path, group, err);
    for (int i = 0; taken == TAKEN_BY_OTHERS && i < TRIES; i++) {
        pause_a_little();
        taken = join_once(file, path, group, err);
    }
    status = tell(taken, file, path, err);
    if (taken == TAKEN && !holds_group(file, group))
        status = tell_holder(file, path, err);
    return keep(file, status, lock);
}

void lock_release(int lock)
{
    if (lock >= 0)
        close(lock);
}
