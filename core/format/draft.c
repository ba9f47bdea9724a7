#include "core/format/draft.h"

#include <errno.h>
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
        if (mkdir(part, 0777) < 0 && !(errno == EEXIST && is_folder(part)))
            return error_set(err, EXIT_MACHINE, "cannot create the folder %s: %s", part,
                             strerror(errno));
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

FILE *draft_open(const char *path, struct error *err)
{
    char draft[PATH_MAX];
    FILE *file;

    if (draft_path(path, draft, err) < 0)
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
    if (status != 0)
        unlink(draft);
    return status;
}
