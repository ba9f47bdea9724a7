#include "core/pack/picture_list.h"

#include "core/base/memory.h"
#include "core/base/random.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void add(struct picture_list *list, char *path, int64_t label)
{
    if ((list->count & (list->count - 1)) == 0) { /* a power of two is full */
        size_t room = list->count > 0 ? 2 * list->count : 1;

        list->paths = memory_resize(list->paths, room * sizeof *list->paths);
        list->labels = memory_resize(list->labels, room * sizeof *list->labels);
    }
    list->paths[list->count] = path;
    list->labels[list->count++] = label;
}

static char *join(const char *folder, const char *name)
{
    char *path = memory_get(strlen(folder) + strlen(name) + 2);

    sprintf(path, "%s/%s", folder, name);
    return path;
}

/* ---- folders ------------------------------------------------------------------------------- */

static int in_order(const struct dirent **left, const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name);
}

static int is_picture(const struct dirent *file)
{
    const char *dot = strrchr(file->d_name, '.');

    return dot && dot != file->d_name &&
           (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0 ||
            strcasecmp(dot, ".png") == 0);
}

static int is_seen(const struct dirent *file)
{
    return file->d_name[0] != '.';
}

static bool is_folder(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static int add_folder(struct picture_list *list, const char *folder, int64_t label,
                      struct error *err)
{
    struct dirent **files;
    int count = scandir(folder, &files, is_picture, in_order);

    if (count < 0)
        return error_set(err, EXIT_INPUT, "cannot read the folder %s: %s", folder,
                         strerror(errno));
    for (int i = 0; i < count; i++) {
        add(list, join(folder, files[i]->d_name), label);
        free(files[i]);
    }
    free(files);
    return 0;
}

/* Classes are counted whether or not there are pictures in them. */
static int add_classes(struct picture_list *list, const char *folder, int64_t *classes,
                       struct error *err)
{
    struct dirent **files;
    int count = scandir(folder, &files, is_seen, in_order), status = 0;

    if (count < 0)
        return error_set(err, EXIT_INPUT, "cannot read the folder %s: %s", folder,
                         strerror(errno));
    for (int i = 0; i < count; i++) {
        char *path = join(folder, files[i]->d_name);

        if (status == 0 && is_folder(path))
            status = add_folder(list, path, (*classes)++, err);
        free(path);
        free(files[i]);
    }
    free(files);
    return status;
}

int picture_list_of_folder(struct picture_list *list, const char *folder,
                           struct error *err)
{
    int64_t classes = 0;

    *list = (struct picture_list){0};
    if (add_classes(list, folder, &classes, err) < 0)
        return -1;
    list->has_labels = list->count > 0;
    if (list->count == 0 && add_folder(list, folder, -1, err) < 0)
        return -1;
    if (list->count > 0)
        return 0;
    return error_set(
        err, EXIT_INPUT,
        "%s holds no pictures: *.jpg, *.jpeg or *.png, or folders of them, "
        "one a class",
        folder);
}

/* ---- texts --------------------------------------------------------------------------------- */

/* Cuts a label off the end of a line; false: there is none. */
static bool cut_label(char *line, int64_t *label)
{
    char *word = line + strlen(line), *end;

    while (word > line && !strchr(" \t,", word[-1]))
        word--;
    *label = strtoll(word, &end, 10);
    if (word == line || end == word || *end != '\0')
        return false;
    while (word > line && strchr(" \t,", word[-1]))
        word--;
    *word = '\0';
    return word > line;
}

static int add_line(struct picture_list *list, const char *folder, char *line,
                    const char *path, size_t number, struct error *err)
{
    int64_t label = -1;
    bool has_label = cut_label(line, &label);

    if (list->count > 0 && has_label != list->has_labels)
        return error_set(err, EXIT_INPUT,
                         "%s, line %zu: it has %s label, the lines before have %s; all "
                         "need one or none",
                         path, number, has_label ? "a" : "no",
                         list->has_labels ? "one" : "none");
    list->has_labels = has_label;
    add(list, *line == '/' ? memory_text(line) : join(folder, line),
        has_label ? label : -1);
    return 0;
}

static int add_lines(struct picture_list *list, FILE *file, const char *path,
                     struct error *err)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? memory_text(path) : memory_text("."), *line = NULL;
    size_t room = 0, number = 0;
    int status = 0;

    if (slash)
        folder[slash - path] = '\0';
    while (status == 0 && getline(&line, &room, file) >= 0) {
        line[strcspn(line, "\r\n")] = '\0';
        number++;
        if (*line)
            status = add_line(list, folder, line, path, number, err);
    }
    free(line);
    free(folder);
    return status;
}

int picture_list_of_text(struct picture_list *list, const char *path, struct error *err)
{
    FILE *file = fopen(path, "re");
    int status;

    *list = (struct picture_list){0};
    if (!file)
        return error_set(err, EXIT_INPUT, "cannot open %s: %s", path, strerror(errno));
    status = add_lines(list, file, path, err);
    fclose(file);
    if (status == 0 && list->count == 0)
        status = error_set(err, EXIT_INPUT,
                           "%s names no pictures: a path a line is needed, and perhaps "
                           "a label",
                           path);
    return status;
}

/* ---- order --------------------------------------------------------------------------------- */

void picture_list_shuffle(struct picture_list *list, uint64_t seed)
{
    struct random_stream stream = {seed};

    for (size_t left = list->count; left > 1; left--) {
        size_t chosen = (size_t)(random_fraction(&stream) * (double)left);
        char *path = list->paths[chosen];
        int64_t label = list->labels[chosen];

        list->paths[chosen] = list->paths[left - 1];
        list->labels[chosen] = list->labels[left - 1];
        list->paths[left - 1] = path;
        list->labels[left - 1] = label;
    }
}

void picture_list_clear(struct picture_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->paths[i]);
    free(list->paths);
    free(list->labels);
    *list = (struct picture_list){0};
}
