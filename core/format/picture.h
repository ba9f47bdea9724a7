/* picture.h - a JPEG or PNG file, row by row: large ones need not fit into memory.
 *
 * Rows are what Pillow makes of the file with convert("RGB"): gray values three times, CMYK as products
 * with black, palettes looked up, alpha dropped.
 */
#ifndef CORE_FORMAT_PICTURE_H
#define CORE_FORMAT_PICTURE_H

#include "core/base/error.h"

#include <stdint.h>
#include <stdio.h>

enum { PICTURE_CHANNELS = 3, PICTURE_SIDE_MOST = 100000 };

struct picture {
    int width, height;
    /* Reads the next row, RGB [width, 3]. Fails with EXIT_INPUT; the sentence names the file. */
    int (*row)(struct picture *picture, uint8_t *rgb, struct error *err);
    void (*close)(struct picture *picture);
};

/* Opens a file by how it begins, whatever it is called. Fails with EXIT_INPUT: it is not there, is neither,
 * or is damaged. Close with picture_close(), which takes NULL. */
struct picture *picture_open(const char *path, struct error *err);
void picture_close(struct picture *picture);

/* For picture_open(): of a file that stands at its beginning; it is closed with the picture, or where
 * this fails. */
struct picture *jpeg_picture_open(FILE *file, const char *path, struct error *err);
struct picture *png_picture_open(FILE *file, const char *path, struct error *err);

#endif
