#include "core/format/picture.h"

#include "core/base/memory.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
/* jpeglib.h wants <stdio.h> before. */
#include <jerror.h>
#include <jpeglib.h>

/* The library ends a process that it cannot serve, unless its handler jumps away. */
struct failure {
    struct jpeg_error_mgr manager; /* first: the library knows no more */
    jmp_buf back;
    char text[JMSG_LENGTH_MAX];
};

/* Progressive pictures are held whole. */
enum { PROGRESSIVE_PIXELS_MOST = 1 << 28 };

struct jpeg_picture {
    struct picture picture; /* first */
    struct jpeg_decompress_struct jpeg;
    struct failure failure;
    char *path; /* owned */
    FILE *file;
    JSAMPROW row;
    uint8_t *wide; /* [width, 4] of CMYK, or NULL */
    bool is_inverted;
};

static void fail(j_common_ptr jpeg)
{
    struct failure *failure = (struct failure *)jpeg->err;

    jpeg->err->format_message(jpeg, failure->text);
    longjmp(failure->back, 1);
}

/* Warnings that pixels are missing or made up are errors here; others are about what nobody needs. */
static void warn(j_common_ptr jpeg, int level)
{
    int code = jpeg->err->msg_code;

    if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER ||
                      code == JWRN_HUFF_BAD_CODE || code == JWRN_MUST_RESYNC ||
                      code == JWRN_NOT_SEQUENTIAL))
        fail(jpeg);
}

static int tell(const struct jpeg_picture *own, struct error *err)
{
    return error_set(err, EXIT_INPUT,
                     "%s is damaged: %s; copy it again, or take it out", own->path,
                     own->failure.text);
}

/* As Pillow does it: what ink leaves of what black leaves. */
__attribute__((noinline)) static void cmyk_to_rgb(const struct jpeg_picture *own,
                                                  uint8_t *rgb)
{
    const uint8_t *ink = own->wide;

    for (int x = 0; x < own->picture.width; x++, ink += 4, rgb += PICTURE_CHANNELS) {
        int flip = own->is_inverted ? 255 : 0, white = 255 - (ink[3] ^ flip);

        for (int i = 0; i < PICTURE_CHANNELS; i++) {
            int product = (ink[i] ^ flip) * white + 128;

            rgb[i] = (uint8_t)(white - ((product + (product >> 8)) >> 8));
        }
    }
}

/* What is needed after a jump lies in the struct: registers may be others then. */
static int read_row(struct picture *picture, uint8_t *rgb, struct error *err)
{
    struct jpeg_picture *own = (struct jpeg_picture *)picture;

    own->row = own->wide ? own->wide : rgb;
    if (setjmp(own->failure.back))
        return tell(own, err);
    jpeg_read_scanlines(&own->jpeg, &own->row, 1);
    if (own->wide)
        cmyk_to_rgb(own, rgb);
    return 0;
}

static void close_picture(struct picture *picture)
{
    struct jpeg_picture *own = (struct jpeg_picture *)picture;

    jpeg_destroy_decompress(&own->jpeg);
    fclose(own->file);
    free(own->wide);
    free(own->path);
    free(own);
}

static bool is_cmyk(const struct jpeg_decompress_struct *jpeg)
{
    return jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
}

static void begin(struct jpeg_picture *own)
{
    struct jpeg_decompress_struct *jpeg = &own->jpeg;

    jpeg_create_decompress(jpeg);
    jpeg_stdio_src(jpeg, own->file);
    jpeg_read_header(jpeg, TRUE);
    if (jpeg->progressive_mode &&
        (size_t)jpeg->image_width * jpeg->image_height > PROGRESSIVE_PIXELS_MOST)
        ERREXIT1(jpeg, JERR_IMAGE_TOO_BIG, PROGRESSIVE_PIXELS_MOST);
    jpeg->out_color_space = is_cmyk(jpeg) ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(jpeg);
    own->picture.width = (int)jpeg->output_width;
    own->picture.height = (int)jpeg->output_height;
    own->is_inverted = jpeg->saw_Adobe_marker;
    if (is_cmyk(jpeg))
        own->wide = memory_get((size_t)own->picture.width * 4);
}

struct picture *jpeg_picture_open(FILE *file, const char *path, struct error *err)
{
    struct jpeg_picture *own = memory_zeroed(1, sizeof *own);

    own->picture.row = read_row;
    own->picture.close = close_picture;
    own->path = memory_text(path);
    own->file = file;
    own->jpeg.err = jpeg_std_error(&own->failure.manager);
    own->failure.manager.error_exit = fail;
    own->failure.manager.emit_message = warn;
    if (setjmp(own->failure.back)) {
        tell(own, err);
        close_picture(&own->picture);
        return NULL;
    }
    begin(own);
    return &own->picture;
}
