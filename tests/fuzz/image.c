#include "tests/fuzz/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/dev/shm/calq-fuzz-XXXXXX", path[128];

static void give_up(const char *what)
{
    perror(what);
    abort();
}

static void remove_all(void)
{
    unlink(path);
    rmdir(folder);
}

static void make_folder(const char *name)
{
    if (!mkdtemp(folder))
        give_up(folder);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    atexit(remove_all);
}

const char *image_path(const char *name, const uint8_t *bytes, size_t size)
{
    int file;

    if (!*path)
        make_folder(name);
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size || close(file) < 0)
        give_up(path);
    return path;
}

const char *image_folder(void)
{
    return folder;
}
