/* picture_list.h - the pictures of a folder, or of a list, and their classes. */
#ifndef CORE_PACK_PICTURE_LIST_H
#define CORE_PACK_PICTURE_LIST_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct picture_list {
    char **paths;    /* [count] owned, and each */
    int64_t *labels; /* [count] owned; -1: none */
    size_t count;
    bool has_labels;
};

/* The files *.jpg, *.jpeg and *.png of a folder: of its subfolders, which are classes in the order of their names, as
 * torchvision's ImageFolder has them; or, where there are none there, its own, without labels. In the order of names.
 * Fails with EXIT_INPUT. */
int picture_list_of_folder(struct picture_list *list, const char *folder,
                           struct error *err);

/* Of a text: a path a line, from the text's folder on, and behind it a label in all lines or in none. */
int picture_list_of_text(struct picture_list *list, const char *path,
                         struct error *err);

/* Puts them in an order that only the seed decides: Fisher and Yates. */
void picture_list_shuffle(struct picture_list *list, uint64_t seed);

void picture_list_clear(struct picture_list *list);

#endif
