#include "core/format/picture.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { MARK_BYTES = 8 };

static const struct kind {
    const char *mark;
    size_t bytes;
    struct picture *(*open)(FILE *file, const char *path, struct error *err);
} kinds[] = {{"\xff\xd8\xff", 3, jpeg_picture_open},
             {"\x89PNG\r\n\x1a\n", MARK_BYTES, png_picture_open}};

static struct picture *check_sides(struct picture *picture, const char *path,
                                   struct error *err)
{
    if (!picture ||
        (picture->width > 0 && picture->height > 0 &&
         picture->width <= PICTURE_SIDE_MOST && picture->height <= PICTURE_SIDE_MOST))
        return picture;
    error_set(err, EXIT_INPUT, "%s: %d x %d pixels; sides of 1..%d are read", path,
              picture->width, picture->height, PICTURE_SIDE_MOST);
    picture_close(picture);
    return NULL;
}

struct picture *picture_open(const char *path, struct error *err)
{
    FILE *file = fopen(path, "rbe");
    char mark[MARK_BYTES];
    size_t bytes;

    if (!file) {
        error_set(err, EXIT_INPUT,
                  "cannot open %s: %s; a list names pictures from its own folder on, "
                  "and behind each perhaps a label, a whole number",
                  path, strerror(errno));
        return NULL;
    }
    bytes = fread(mark, 1, sizeof mark, file);
    rewind(file);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (bytes >= kinds[i].bytes && memcmp(mark, kinds[i].mark, kinds[i].bytes) == 0)
            return check_sides(kinds[i].open(file, path, err), path, err);
    fclose(file);
    error_set(err, EXIT_INPUT,
              "%s is neither a JPEG nor a PNG file; remove it, or name the "
              "others in a list",
              path);
    return NULL;
}

void picture_close(struct picture *picture)
{
    if (picture)
        picture->close(picture);
}
