/* broken_hdf5.c - stands before HDF5 when it is preloaded, and ends as that may on a damaged file.
 *
 * BREAK_AT names a function, BREAK_SIGNAL the signal by which it ends; it does so for files whose path
 * contains "broken", and in H5Dread() for the dataset BREAK_DATASET. Without BREAK_SIGNAL, H5Dread() asks for
 * ever more memory, which it leaves alone, and fails when it gets none; it is content with 64 GiB. */
#include <dlfcn.h>
#include <hdf5.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Whether there is less memory than 64 GiB: all of it is taken, and given back. */
static bool memory_has_an_end(void)
{
    enum { PIECES = 1024, PIECE_BYTES = 64 << 20 };
    static void *pieces[PIECES];
    int count = 0;

    while (count < PIECES && (pieces[count] = malloc(PIECE_BYTES)))
        count++;
    for (int i = 0; i < count; i++)
        free(pieces[i]);
    return count < PIECES;
}

static void end_if_asked(const char *function, const char *path)
{
    const char *at = getenv("BREAK_AT"), *number = getenv("BREAK_SIGNAL");

    if (at && number && strcmp(at, function) == 0 && strstr(path, "broken"))
        raise(atoi(number));
}

hid_t H5Fopen(const char *path, unsigned flags, hid_t access)
{
    hid_t (*next)(const char *, unsigned, hid_t);

    end_if_asked("H5Fopen", path);
    *(void **)&next = dlsym(RTLD_NEXT, "H5Fopen");
    return next(path, flags, access);
}

herr_t H5Dread(hid_t dataset, hid_t type, hid_t to, hid_t from, hid_t plan,
               void *values)
{
    herr_t (*next)(hid_t, hid_t, hid_t, hid_t, hid_t, void *);
    const char *wanted = getenv("BREAK_DATASET");
    char path[4096] = "", name[256] = "";

    H5Fget_name(dataset, path, sizeof path);
    H5Iget_name(dataset, name, sizeof name);
    if (wanted && strcmp(wanted, name) == 0)
        end_if_asked("H5Dread", path);
    if (wanted && strcmp(wanted, name) == 0 && !getenv("BREAK_SIGNAL") &&
        strstr(path, "broken") && memory_has_an_end())
        return -1;
    *(void **)&next = dlsym(RTLD_NEXT, "H5Dread");
    return next(dataset, type, to, from, plan, values);
}
