#include "core/base/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
    struct stat found;

    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/* Syncs the folder that a path lies in, so that a new name in it lasts. Some file systems cannot. */
static int sync_folder_of(const char *path, struct error *err)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    int file, status;

    snprintf(folder, sizeof folder, "%.*s", (int)length, path);
    file = open(length > 0 ? folder
                : slash    ? "/"
                           : ".",
                O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return errno == EACCES ? 0 /* it may be written, but not read */
                               : error_set(err, EXIT_MACHINE, "cannot open %s: %s",
                                           folder, strerror(errno));
    status = fsync(file) == 0 || errno == EINVAL || errno == EROFS
                 ? 0
                 : error_set(err, EXIT_MACHINE, "cannot sync the folder of %s: %s",
                             path, strerror(errno));
    close(file);
    return status;
}

static int make_one_folder(const char *path, struct error *err)
{
    if (mkdir(path, 0777) == 0)
        return sync_folder_of(path, err);
    if (errno == EEXIST && is_folder(path))
        return 0;
    return error_set(err, EXIT_MACHINE, "cannot create the folder %s: %s%s", path,
                     strerror(errno),
                     errno == EEXIST ? "; it is a file; name another folder"
                                     : "; name a folder that you may write to");
}

int draft_make_folder(const char *path, struct error *err)
{
    char part[PATH_MAX];

    if (strlen(path) >= sizeof part)
        return error_set(err, EXIT_MACHINE, "the path %s is too long", path);
    strcpy(part, path);
    for (char *at = part + 1;; at++) {
        char end = *at;

        if (end != '/' && end != '\0')
            continue;
        *at = '\0';
        if (make_one_folder(part, err) < 0)
            return -1;
        if (end == '\0')
            return 0;
        *at = end;
    }
}

static int draft_path(const char *path, char draft[PATH_MAX], struct error *err)
{
    if (snprintf(draft, PATH_MAX, "%s.draft", path) >= PATH_MAX)
        return error_set(err, EXIT_MACHINE, "the path %s is too long", path);
    return 0;
}

int draft_check(const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];

    if (is_folder(path))
        return error_set(err, EXIT_MACHINE,
                         "cannot write %s: it is a folder; name a file", path);
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 0, path);
    if (*folder && access(folder, F_OK) < 0)
        return error_set(err, EXIT_MACHINE,
                         "cannot write %s: there is no folder %s; make it first", path,
                         folder);
    return 0;
}

FILE *draft_open(const char *path, struct error *err)
{
    char draft[PATH_MAX];
    FILE *file;

    if (draft_check(path, err) < 0 || draft_path(path, draft, err) < 0)
        return NULL;
    file = fopen(draft, "w");
    if (!file)
        error_set(err, EXIT_MACHINE, "cannot write %s: %s", draft, strerror(errno));
    return file;
}

int draft_close(FILE *file, const char *path, int status, struct error *err)
{
    char draft[PATH_MAX];

    draft_path(path, draft, err);
    if (status == 0 && (fflush(file) != 0 || fsync(fileno(file)) < 0))
        status =
            error_set(err, EXIT_MACHINE, "cannot write %s: %s", draft, strerror(errno));
    if (fclose(file) != 0 && status == 0)
        status =
            error_set(err, EXIT_MACHINE, "cannot write %s: %s", draft, strerror(errno));
    if (status == 0 && rename(draft, path) < 0)
        status = error_set(err, EXIT_MACHINE, "cannot rename %s: %s", draft,
                           strerror(errno));
    if (status != 0) {
        unlink(draft);
        return status;
    }
    return sync_folder_of(path, err);
}
