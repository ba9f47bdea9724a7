#include "core/format/lock.h"

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

static int tell_holder(int file, const char *path, struct error *err)
{
    char holder[HOLDER_BYTES] = "";
    ssize_t bytes = pread(file, holder, sizeof holder - 1, 0);

    holder[bytes > 0 ? bytes : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    return error_set(err, EXIT_MACHINE,
                     "%s is held by %s; wait for its end, or choose another `out`",
                     path, *holder ? holder : "another calq");
}

static int write_holder(int file)
{
    char holder[HOLDER_BYTES];
    int length;

    describe_self(holder);
    length = (int)strlen(holder);
    holder[length++] = '\n';
    return ftruncate(file, 0) == 0 && pwrite(file, holder, (size_t)length, 0) == length
               ? 0
               : -1;
}

/* Some file systems of clusters are mounted without. */
static bool means_no_locks(int number)
{
    return number == ENOSYS || number == EOPNOTSUPP || number == ENOLCK;
}

int lock_take(const char *path, int *lock, struct error *err)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666), status = 0;

    *lock = -1;
    if (file < 0)
        return error_set(err, EXIT_MACHINE, "cannot open %s: %s", path,
                         strerror(errno));
    if (flock(file, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EWOULDBLOCK)
            status = tell_holder(file, path, err);
        else if (means_no_locks(errno))
            status = 1;
        else
            status = error_set(err, EXIT_MACHINE, "cannot lock %s: %s", path,
                               strerror(errno));
    }
    if (status >= 0 && write_holder(file) < 0)
        status =
            error_set(err, EXIT_MACHINE, "cannot write %s: %s", path, strerror(errno));
    if (status < 0)
        close(file);
    else
        *lock = file;
    return status;
}

void lock_release(int lock)
{
    if (lock >= 0)
        close(lock);
}
