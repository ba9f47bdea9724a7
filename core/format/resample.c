#include "core/format/resample.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- sizes --------------------------------------------------------------------------------- */

/* Along one side: from so many pixels to so many, of which some are kept. */
struct axis {
    int from, to;
    int first, count; /* of those kept */
};

/* Python's round(): halves to even. */
static int middle(int whole, int part)
{
    return (int)rint((whole - part) / 2.0);
}

static void plan(const struct resample *how, int width, int height, struct axis *x,
                 struct axis *y)
{
    int shorter = width < height ? width : height;
    int longer = width < height ? height : width;
    int grown = (int)((long long)how->resize * longer / shorter);

    *x = (struct axis){width, width, 0, width};
    *y = (struct axis){height, height, 0, height};
    if (how->resize > 0) {
        x->to = x->count = width <= height ? how->resize : grown;
        y->to = y->count = width <= height ? grown : how->resize;
    }
    if (how->crop > 0) {
        x->first = middle(x->to, how->crop);
        y->first = middle(y->to, how->crop);
        x->count = y->count = how->crop;
    }
}

int resample_size(const struct resample *how, int width, int height,
                  struct resampled *size, struct error *err)
{
    struct axis x, y;

    plan(how, width, height, &x, &y);
    *size = (struct resampled){x.count, y.count, how->is_gray ? 1 : PICTURE_CHANNELS};
    if (x.count <= x.to && y.count <= y.to)
        return 0;
    return error_set(err, EXIT_INPUT,
                     "%d x %d pixels are fewer than the crop of %d x %d; choose a "
                     "smaller one, or resize",
                     x.to, y.to, how->crop, how->crop);
}

/* ---- weights ------------------------------------------------------------------------------- */

enum { WEIGHT_BITS = 32 - 8 - 2 };

/* Of each kept pixel: which of the pixels before it covers, and their weights. */
struct weights {
    int most;           /* of one */
    int *first, *count; /* [kept] */
    int32_t *values;    /* [kept, most] */
};

static double triangle(double x)
{
    return fabs(x) < 1 ? 1 - fabs(x) : 0;
}

static void weigh(const struct axis *axis, int at, struct weights *weights)
{
    double scale = (double)axis->from / axis->to, wide = fmax(scale, 1);
    double centre = (axis->first + at + 0.5) * scale, sum = 0;
    int first = (int)fmax(centre - wide + 0.5, 0);
    int end = (int)fmin(centre + wide + 0.5, axis->from);
    int32_t *values = weights->values + (size_t)at * (size_t)weights->most;

    weights->first[at] = first;
    weights->count[at] = end - first;
    for (int i = first; i < end; i++)
        sum += triangle((i - centre + 0.5) / wide);
    for (int i = first; i < end; i++)
        values[i - first] =
            (int32_t)(triangle((i - centre + 0.5) / wide) / sum * (1 << WEIGHT_BITS) +
                      0.5);
}

static void weights_init(struct weights *weights, const struct axis *axis)
{
    double wide = fmax((double)axis->from / axis->to, 1);
    size_t kept = (size_t)axis->count;

    weights->most = (int)ceil(wide) * 2 + 1;
    weights->first = memory_get(kept * sizeof *weights->first);
    weights->count = memory_get(kept * sizeof *weights->count);
    weights->values = memory_get(kept * (size_t)weights->most * sizeof(int32_t));
    for (int at = 0; at < axis->count; at++)
        weigh(axis, at, weights);
}

static void weights_clear(struct weights *weights)
{
    free(weights->first);
    free(weights->count);
    free(weights->values);
}

/* The mean of values that lie `step` apart. */
static uint8_t mean(const uint8_t *values, size_t step, const int32_t *weights,
                    int count)
{
    int32_t sum = 1 << (WEIGHT_BITS - 1);

    for (int i = 0; i < count; i++)
        sum += values[(size_t)i * step] * weights[i];
    sum >>= WEIGHT_BITS;
    return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

/* ---- pictures ------------------------------------------------------------------------------ */

/* In place: ITU-R 601-2, in 16 bits, as Pillow's convert("L"). */
static void make_gray(uint8_t *row, int width)
{
    for (int x = 0; x < width; x++) {
        const uint8_t *rgb = row + x * PICTURE_CHANNELS;

        row[x] =
            (uint8_t)((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16);
    }
}

struct work {
    struct axis x, y;
    struct weights of_x, of_y;
    int channels;
    uint8_t *row;  /* as it is read */
    uint8_t *rows; /* [rows that count, kept columns, channels] */
    int first_row; /* that counts */
};

static void work_init(struct work *work, const struct resample *how,
                      const struct picture *picture)
{
    size_t rows;
    int last;

    work->channels = how->is_gray ? 1 : PICTURE_CHANNELS;
    plan(how, picture->width, picture->height, &work->x, &work->y);
    weights_init(&work->of_x, &work->x);
    weights_init(&work->of_y, &work->y);
    last = work->y.count - 1;
    work->first_row = work->of_y.first[0];
    rows = (size_t)(work->of_y.first[last] + work->of_y.count[last] - work->first_row);
    work->row = memory_get((size_t)picture->width * PICTURE_CHANNELS);
    work->rows = memory_get(rows * (size_t)work->x.count * (size_t)work->channels);
}

static void work_clear(struct work *work)
{
    weights_clear(&work->of_x);
    weights_clear(&work->of_y);
    free(work->row);
    free(work->rows);
}

static void shrink_row(struct work *work, uint8_t *to)
{
    size_t channels = (size_t)work->channels;

    for (int at = 0; at < work->x.count; at++)
        for (size_t channel = 0; channel < channels; channel++)
            *to++ =
                mean(work->row + (size_t)work->of_x.first[at] * channels + channel,
                     channels, work->of_x.values + (size_t)at * (size_t)work->of_x.most,
                     work->of_x.count[at]);
}

/* Rows behind the last that counts are read too: only then it is known that the file is whole. */
static int read_rows(struct work *work, const struct resample *how,
                     struct picture *picture, struct error *err)
{
    int last = work->y.count - 1;
    int end = work->of_y.first[last] + work->of_y.count[last];
    size_t bytes = (size_t)work->x.count * (size_t)work->channels;

    for (int y = 0; y < picture->height; y++) {
        if (picture->row(picture, work->row, err) < 0)
            return -1;
        if (y < work->first_row || y >= end)
            continue;
        if (how->is_gray)
            make_gray(work->row, picture->width);
        shrink_row(work, work->rows + (size_t)(y - work->first_row) * bytes);
    }
    return 0;
}

static void shrink_columns(const struct work *work, uint8_t *planes)
{
    size_t channels = (size_t)work->channels;
    size_t step = (size_t)work->x.count * channels;

    for (size_t channel = 0; channel < channels; channel++)
        for (int y = 0; y < work->y.count; y++) {
            const uint8_t *from =
                work->rows + (size_t)(work->of_y.first[y] - work->first_row) * step +
                channel;
            const int32_t *weights =
                work->of_y.values + (size_t)y * (size_t)work->of_y.most;

            for (int x = 0; x < work->x.count; x++)
                *planes++ = mean(from + (size_t)x * channels, step, weights,
                                 work->of_y.count[y]);
        }
}

int resample_picture(const struct resample *how, struct picture *picture,
                     uint8_t *planes, struct error *err)
{
    struct work work;
    int status;

    work_init(&work, how, picture);
    status = read_rows(&work, how, picture, err);
    if (status == 0)
        shrink_columns(&work, planes);
    work_clear(&work);
    return status;
}
