#include "core/base/file_hint.h"

#include "core/base/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files that are not there --------------------------------------------------------------- */

/* The folder that a path is in, and what stands behind that. */
static const char *split(const char *path, char folder[PATH_MAX])
{
    const char *slash = strrchr(path, '/');

    snprintf(folder, PATH_MAX, "%.*s", slash ? (int)(slash - path) : 1,
             slash ? path : ".");
    if (slash == path)
        strcpy(folder, "/");
    return slash ? slash + 1 : path;
}

/* The name in a folder that is nearest to a misspelt one; false: none is near. */
static bool find_nearest(const char *folder, const char *name,
                         char nearest[NAME_MAX + 1])
{
    enum { SLIPS_MOST = 2, SHORTEST = 4 };
    size_t least = SLIPS_MOST + 1;
    DIR *entries = strlen(name) < SHORTEST ? NULL : opendir(folder);
    const struct dirent *entry;

    while (entries && (entry = readdir(entries))) {
        size_t distance = text_distance(name, entry->d_name);

        if (distance >= least || !text_is_printable(entry->d_name))
            continue;
        least = distance;
        snprintf(nearest, NAME_MAX + 1, "%s", entry->d_name);
    }
    if (entries)
        closedir(entries);
    return least <= SLIPS_MOST;
}

const char *file_hint_missing(const char *path, char hint[FILE_HINT_BYTES])
{
    char folder[PATH_MAX], nearest[NAME_MAX + 1];
    const char *name = split(path, folder);

    *hint = '\0';
    if (access(path, F_OK) == 0)
        return hint;
    if (strstr(path, "://"))
        snprintf(hint, FILE_HINT_BYTES,
                 "; calq fetches nothing: save the file first, and name its path");
    else if (find_nearest(folder, name, nearest))
        snprintf(hint, FILE_HINT_BYTES, "; did you mean %.*s%s?", (int)(name - path),
                 path, nearest);
    else if (*path != '/')
        snprintf(hint, FILE_HINT_BYTES,
                 "; paths are taken from the folder in which calq is started");
    return hint;
}

int file_hint_refuse_to_open(const char *path, int code, struct error *err)
{
    char hint[FILE_HINT_BYTES];
    int why = errno;

    return error_set(err, code, "cannot open %s: %s%s", path, strerror(why),
                     file_hint_missing(path, hint));
}

/* ---- files of another kind ------------------------------------------------------------------ */

enum { FIRST_BYTES = 64 };

#define PACKS "`calq data pack` makes a data file of "

static const struct kind {
    const char *magic;
    const char *what, *advice;
} kinds[] = {
    {"\x89HDF\r\n", "an HDF5 file", "`calq data show` tells what it holds"},
    {"\x93NUMPY", "a NumPy array", PACKS "it"},
    {"\xff\xd8\xff", "a JPEG picture", PACKS "a folder of pictures"},
    {"\x89PNG", "a PNG picture", PACKS "a folder of pictures"},
    {"PK\x03\x04", "a zip archive, as PyTorch and NumPy write them",
     "networks are written by torch.onnx.export, and " PACKS "arrays (.npz)"},
};

static const struct kind folder_kind = {NULL, "a folder", PACKS "the pictures in it"},
                         onnx_kind = {NULL, "an ONNX network",
                                      "`calq inspect` lists its layers"},
                         text_kind = {NULL, "a text", NULL};

/* Field 1, ir_version, which comes first, is a small number; then another field of ONNX begins. */
static bool is_onnx(const unsigned char *bytes, size_t count)
{
    return count > 2 && bytes[0] == 0x08 && bytes[1] < 32 && (bytes[2] & 7) < 3;
}

static bool is_text(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isprint(bytes[i]) && !isspace(bytes[i]))
            return false;
    return count > 0;
}

static const struct kind *kind_of_bytes(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t length = strlen(kinds[i].magic);

        if (count >= length && memcmp(bytes, kinds[i].magic, length) == 0)
            return &kinds[i];
    }
    if (is_onnx(bytes, count))
        return &onnx_kind;
    return is_text(bytes, count) ? &text_kind : NULL;
}

/* NULL: not known. A pipe is not waited for. */
static const struct kind *kind_of(const char *path)
{
    unsigned char bytes[FIRST_BYTES];
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat about;
    ssize_t count = 0;
    bool is_folder = false;

    if (file < 0)
        return NULL;
    if (fstat(file, &about) == 0) {
        is_folder = S_ISDIR(about.st_mode);
        count = S_ISREG(about.st_mode) ? read(file, bytes, sizeof bytes) : 0;
    }
    close(file);
    if (is_folder)
        return &folder_kind;
    return count > 0 ? kind_of_bytes(bytes, (size_t)count) : NULL;
}

const char *file_hint_kind(const char *path, char hint[FILE_HINT_BYTES])
{
    const struct kind *kind = kind_of(path);

    *hint = '\0';
    if (kind)
        snprintf(hint, FILE_HINT_BYTES, "; it is %s%s%s", kind->what,
                 kind->advice ? ": " : "", kind->advice ? kind->advice : "");
    return hint;
}
