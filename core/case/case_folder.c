#include "core/case/case_folder.h"

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/format/config_errors.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the nearest of many ------------------------------------------------------------------ */

enum { SHOWN_MOST = 5 };

struct near_name {
    const char *name; /* borrowed */
    size_t distance;
    int place; /* where it was */
};

static int by_distance(const void *left, const void *right)
{
    const struct near_name *a = left, *b = right;

    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

/* Sorts names [count] by how far they are from what was written. */
static void sort_by_distance(struct near_name *names, int count, const char *written)
{
    for (int i = 0; i < count; i++) {
        names[i].distance = text_distance(written, names[i].name);
        names[i].place = i;
    }
    qsort(names, (size_t)count, sizeof *names, by_distance);
}

/* "a, b, c", as many as are shown and fit. */
static void list_names(const struct near_name *names, int count, char *text,
                       size_t bytes)
{
    size_t used = 0;

    *text = '\0';
    for (int i = 0; i < count && i < SHOWN_MOST; i++) {
        if (used + strlen(names[i].name) + sizeof ", " > bytes)
            return;
        used += (size_t)snprintf(text + used, bytes - used, "%s%s", i ? ", " : "",
                                 names[i].name);
    }
}

/* ---- paths -------------------------------------------------------------------------------- */

static bool has_inside(const char *folder, const char *name)
{
    char path[PATH_MAX + 2 * NAME_MAX];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

/* Folders of other programs may have a config.yaml, too. */
static bool is_run(const char *folder)
{
    return has_inside(folder, "config.yaml") && has_inside(folder, "cases");
}

/* Cuts the last part off; false: there is none left to cut. */
static bool cut_last_part(char *path)
{
    char *slash = strrchr(path, '/');

    if (!slash || slash == path)
        return false;
    *slash = '\0';
    return true;
}

/* The path without slashes at its end. */
static void copy_path(const char *from, char to[PATH_MAX])
{
    size_t length = strnlen(from, PATH_MAX - 1);

    while (length > 1 && from[length - 1] == '/')
        length--;
    memcpy(to, from, length);
    to[length] = '\0';
}

/* Splits a path where it ceases to exist. Gives what does not exist, "" where all of it does.
 *
 *   there  out: the folder that exists, "." for the present one */
static const char *split_at_what_exists(const char *path, char there[PATH_MAX])
{
    const char *missing = path;

    copy_path(path, there);
    while (access(there, F_OK) != 0)
        if (!cut_last_part(there)) {
            strcpy(there, *path == '/' ? "/" : ".");
            return path + strspn(path, "/");
        }
    missing += strlen(there);
    return missing + strspn(missing, "/");
}

/* The absolute path, also of what does not exist. */
static void make_absolute(const char *path, char absolute[PATH_MAX])
{
    char there[PATH_MAX], joined[2 * PATH_MAX];
    const char *missing = split_at_what_exists(path, there);
    char *real = realpath(there, NULL);

    snprintf(joined, sizeof joined, "%s/%s", real ? real : there, missing);
    copy_path(joined, absolute);
    free(real);
}

/* ---- what is meant ------------------------------------------------------------------------ */

/* The folder itself or the nearest above it that is a run directory. */
static bool find_run(const char *absolute, char run[PATH_MAX])
{
    memcpy(run, absolute, PATH_MAX);
    if (has_inside(run, "config.yaml")) /* it may have begun just now */
        return true;
    while (cut_last_part(run))
        if (is_run(run))
            return true;
    return false;
}

/* In the part of a path that lies within a run directory: /cases/<id>/..., or /<id>. */
static void find_id(const char *inside, char id[NAME_MAX + 1])
{
    static const char cases[] = "/cases";
    size_t length = sizeof cases - 1;

    if (strncmp(inside, cases, length) == 0 && strchr("/", inside[length]))
        inside += length;
    inside += *inside == '/';
    snprintf(id, NAME_MAX + 1, "%.*s", (int)strcspn(inside, "/"), inside);
}

int case_folder_find(const char *path, struct case_folder *folder, struct error *err)
{
    char absolute[PATH_MAX], hint[CASE_FOLDER_HINT_BYTES];
    bool exists = access(path, F_OK) == 0;

    make_absolute(path, absolute);
    if (find_run(absolute, folder->run)) {
        find_id(absolute + strlen(folder->run), folder->id);
        return 0;
    }
    case_folder_hint(path, hint);
    return error_set(
        err, EXIT_USAGE,
        "%s%.1000s%s; a case is the folder <run directory>/cases/<case>, as `calq "
        "status` lists them%s",
        exists ? "" : "cannot open ", path,
        exists ? " is no folder of a case" : ": No such file or directory", hint);
}

int case_folder_refuse(const struct case_folder *folder, const struct cases *cases,
                       struct error *err)
{
    size_t room = (size_t)cases->count + 1;
    struct near_name *names = memory_get(room * sizeof *names);
    char list[SHOWN_MOST * (CASE_ID_BYTES + 2)], quoted[CONFIG_QUOTED_BYTES];
    char which[CONFIG_QUOTED_BYTES] = "it has";

    for (int i = 0; i < cases->count; i++)
        names[i].name = cases->list[i].id;
    if (*folder->id)
        sort_by_distance(names, cases->count, folder->id);
    list_names(names, cases->count, list, sizeof list);
    free(names);
    if (cases->count > SHOWN_MOST)
        snprintf(which, sizeof which,
                 *folder->id ? "of its %d the nearest are" : "some of its %d are",
                 cases->count);
    if (*folder->id == '\0')
        return error_set(err, EXIT_USAGE,
                         "%.1000s is a run directory, not a case; %s: %s", folder->run,
                         which, list);
    return error_set(err, EXIT_USAGE, "%.1000s/cases has no case %s; %s: %s",
                     folder->run, config_quoted(folder->id, quoted), which, list);
}

/* ---- neighbours --------------------------------------------------------------------------- */

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The run directories of a folder, by name; entries and list are owned by the caller. */
static int find_runs(const char *folder, struct dirent ***runs)
{
    char path[PATH_MAX + NAME_MAX + 2];
    struct dirent **entries;
    int count = scandir(folder, &entries, is_visible, alphasort), kept = 0;

    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (is_run(path))
            entries[kept++] = entries[i];
        else
            free(entries[i]);
    }
    *runs = count < 0 ? NULL : entries;
    return kept;
}

static void hint_at_neighbours(const char *folder, const char *written,
                               char hint[CASE_FOLDER_HINT_BYTES])
{
    char list[CASE_FOLDER_HINT_BYTES / 2];
    struct dirent **runs;
    int count = find_runs(folder, &runs);
    struct near_name *names = memory_get(((size_t)count + 1) * sizeof *names);

    for (int i = 0; i < count; i++)
        names[i].name = runs[i]->d_name;
    sort_by_distance(names, count, written);
    list_names(names, count, list, sizeof list);
    if (count > 0)
        snprintf(hint, CASE_FOLDER_HINT_BYTES, "; run directories in %.512s: %s",
                 folder, list);
    for (int i = 0; i < count; i++)
        free(runs[i]);
    free(runs);
    free(names);
}

void case_folder_hint(const char *path, char hint[CASE_FOLDER_HINT_BYTES])
{
    char there[PATH_MAX], absolute[PATH_MAX], run[PATH_MAX], written[NAME_MAX + 1];
    const char *missing = split_at_what_exists(path, there);

    *hint = '\0';
    make_absolute(path, absolute);
    if (find_run(absolute, run)) {
        if (strcmp(absolute, run) != 0)
            snprintf(hint, CASE_FOLDER_HINT_BYTES, "; the run directory is %.1000s",
                     run);
        return;
    }
    snprintf(written, sizeof written, "%.*s", (int)strcspn(missing, "/"), missing);
    hint_at_neighbours(there, written, hint);
}
