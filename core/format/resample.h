/* resample.h - a picture made smaller or larger, and its middle, as torchvision does it of Pillow's pictures:
 * Resize (bilinear, antialiased), CenterCrop.
 *
 * Source: Pillow's Resample.c: along rows first, then along columns, each rounded to 8 bits; a pixel is the
 * mean of what a triangle covers, whose weights are whole multiples of 2^-22. The bits are the same.
 */
#ifndef CORE_FORMAT_RESAMPLE_H
#define CORE_FORMAT_RESAMPLE_H

#include "core/base/error.h"
#include "core/format/picture.h"

#include <stdbool.h>

struct resample {
    int resize;   /* the shorter side becomes that; 0: the picture keeps its size */
    int crop;     /* side of the square in the middle that is kept; 0: all is kept */
    bool is_gray; /* one channel: the luma of ITU-R 601-2, before all else */
};

struct resampled {
    int width, height, channels;
};

/* What a picture becomes. Fails with EXIT_INPUT where it is smaller than the crop. */
int resample_size(const struct resample *how, int width, int height,
                  struct resampled *size, struct error *err);

/* Reads a picture and writes what it becomes, planes [channels, height, width]. */
int resample_picture(const struct resample *how, struct picture *picture,
                     uint8_t *planes, struct error *err);

#endif
