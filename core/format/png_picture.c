#include "core/format/picture.h"

#include "core/base/memory.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* Interlaced pictures are held whole. */
enum { TEXT_BYTES = 200, INTERLACED_PIXELS_MOST = 1 << 28 };

struct png_picture {
    struct picture picture; /* first */
    png_structp png;
    png_infop info;
    char *path; /* owned */
    FILE *file;
    uint8_t *whole; /* [height, width, 3] of an interlaced picture, or NULL */
    int next;       /* row of it */
    char text[TEXT_BYTES];
};

static void fail(png_structp png, png_const_charp text)
{
    struct png_picture *own = png_get_error_ptr(png);

    snprintf(own->text, sizeof own->text, "%s", text);
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static int tell(const struct png_picture *own, struct error *err)
{
    return error_set(err, EXIT_INPUT,
                     "%s is damaged: %s; copy it again, or take it out", own->path,
                     own->text);
}

static int read_row(struct picture *picture, uint8_t *rgb, struct error *err)
{
    struct png_picture *own = (struct png_picture *)picture;
    size_t bytes = (size_t)picture->width * PICTURE_CHANNELS;

    if (own->whole) {
        memcpy(rgb, own->whole + (size_t)own->next++ * bytes, bytes);
        return 0;
    }
    if (setjmp(png_jmpbuf(own->png)))
        return tell(own, err);
    png_read_row(own->png, rgb, NULL);
    return 0;
}

static void close_picture(struct picture *picture)
{
    struct png_picture *own = (struct png_picture *)picture;

    png_destroy_read_struct(&own->png, &own->info, NULL);
    fclose(own->file);
    free(own->whole);
    free(own->path);
    free(own);
}

/* All kinds of pixels as RGB of 8 bits. */
static void choose_pixels(struct png_picture *own)
{
    int colours = png_get_color_type(own->png, own->info);

    if (colours == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(own->png);
    if (!(colours & PNG_COLOR_MASK_COLOR)) {
        png_set_expand_gray_1_2_4_to_8(own->png);
        png_set_gray_to_rgb(own->png);
    }
    png_set_strip_16(own->png);
    png_set_strip_alpha(own->png);
}

static void read_whole(struct png_picture *own)
{
    size_t bytes = (size_t)own->picture.width * PICTURE_CHANNELS;
    int passes = png_set_interlace_handling(own->png);

    png_read_update_info(own->png, own->info);
    if (passes == 1)
        return;
    if (bytes / PICTURE_CHANNELS * (size_t)own->picture.height > INTERLACED_PIXELS_MOST)
        png_error(own->png, "it is interlaced and too large for that");
    own->whole = memory_zeroed((size_t)own->picture.height, bytes);
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < own->picture.height; y++)
            png_read_row(own->png, own->whole + (size_t)y * bytes, NULL);
}

static void begin(struct png_picture *own)
{
    png_init_io(own->png, own->file);
    png_set_user_limits(own->png, PICTURE_SIDE_MOST, PICTURE_SIDE_MOST);
    png_read_info(own->png, own->info);
    own->picture.width = (int)png_get_image_width(own->png, own->info);
    own->picture.height = (int)png_get_image_height(own->png, own->info);
    choose_pixels(own);
    read_whole(own);
}

struct picture *png_picture_open(FILE *file, const char *path, struct error *err)
{
    struct png_picture *own = memory_zeroed(1, sizeof *own);

    own->picture.row = read_row;
    own->picture.close = close_picture;
    own->path = memory_text(path);
    own->file = file;
    strcpy(own->text, "libpng cannot begin");
    own->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, own, fail, ignore);
    own->info = own->png ? png_create_info_struct(own->png) : NULL;
    if (!own->info || setjmp(png_jmpbuf(own->png))) {
        tell(own, err);
        close_picture(&own->picture);
        return NULL;
    }
    begin(own);
    return &own->picture;
}
