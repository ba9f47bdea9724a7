#include "core/network/conv_plan.h"

#include "core/base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* One run a window row where the row is contiguous, else one run a tap. */
static void plan_runs(struct conv_plan *plan, const struct layer *layer)
{
    const struct window *window = &layer->window;
    bool rows = layer->conv.groups == 1 && window->dilation_width == 1;
    int across = rows ? 1 : window->kernel_width;

    plan->runs = window->kernel_height * across;
    plan->run_length = plan->group_channels * (rows ? window->kernel_width : 1);
    plan->window_count = plan->runs * plan->run_length;
    plan->run_offsets = memory_get((size_t)plan->runs * sizeof *plan->run_offsets);
    for (int y = 0; y < window->kernel_height; y++)
        for (int x = 0; x < across; x++)
            plan->run_offsets[y * across + x] =
                (y * window->dilation_height * plan->plane_width +
                 x * window->dilation_width) *
                plan->channels;
}

static void plan_taps(struct conv_plan *plan, const struct window *window)
{
    plan->taps = window->kernel_height * window->kernel_width;
    plan->tap_offsets = memory_get((size_t)plan->taps * sizeof *plan->tap_offsets);
    for (int tap = 0; tap < plan->taps; tap++)
        plan->tap_offsets[tap] =
            tap / window->kernel_width * window->dilation_height * plan->plane_width +
            tap % window->kernel_width * window->dilation_width;
}

static void plan_pixels(struct conv_plan *plan, const struct window *window, int rows,
                        int columns)
{
    plan->pixels = rows * columns;
    plan->pixel_offsets =
        memory_get((size_t)plan->pixels * sizeof *plan->pixel_offsets);
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++)
            plan->pixel_offsets[y * columns + x] =
                (y * window->stride_height * plan->plane_width +
                 x * window->stride_width) *
                plan->channels;
}

void conv_plan_init(struct conv_plan *plan, const struct network *network,
                    const struct layer *layer)
{
    const struct tensor *input = &network->tensors[layer->inputs[0]];
    const struct window *window = &layer->window;

    assert(input->channels == layer->conv.in_channels);
    *plan = (struct conv_plan){
        .pads = window->pad_top || window->pad_left || window->pad_bottom ||
                window->pad_right,
        .channels = input->channels,
        .height = input->height,
        .width = input->width,
        .pad_top = window->pad_top,
        .pad_left = window->pad_left,
        .plane_height = input->height + window->pad_top + window->pad_bottom,
        .plane_width = input->width + window->pad_left + window->pad_right,
        .group_channels = layer->conv.in_channels / layer->conv.groups,
    };
    plan->plane_count =
        (size_t)plan->plane_height * (size_t)plan->plane_width * (size_t)plan->channels;
    plan_runs(plan, layer);
    plan_taps(plan, window);
    plan_pixels(plan, window, window_output_height(window, input->height),
                window_output_width(window, input->width));
}

void conv_plan_clear(struct conv_plan *plan)
{
    free(plan->run_offsets);
    free(plan->tap_offsets);
    free(plan->pixel_offsets);
    *plan = (struct conv_plan){0};
}

void conv_plan_pad(const struct conv_plan *plan, const void *input, int samples,
                   size_t element_bytes, int padding, void *planes)
{
    size_t row_bytes = (size_t)plan->width * (size_t)plan->channels * element_bytes;
    size_t plane_row =
        (size_t)plan->plane_width * (size_t)plan->channels * element_bytes;
    size_t left = (size_t)plan->pad_left * (size_t)plan->channels * element_bytes;
    size_t plane_bytes = plan->plane_count * element_bytes;
    const unsigned char *from = input;

    memset(planes, padding, (size_t)samples * plane_bytes);
    for (int sample = 0; sample < samples; sample++) {
        unsigned char *to = (unsigned char *)planes + (size_t)sample * plane_bytes +
                            (size_t)plan->pad_top * plane_row + left;

        for (int y = 0; y < plan->height; y++, from += row_bytes, to += plane_row)
            memcpy(to, from, row_bytes);
    }
}

/* Sums over the channels of a group, pixel after pixel of a plane. */
static void sum_channels(const struct conv_plan *plan, const uint8_t *plane,
                         int32_t *sums)
{
    size_t pixels = (size_t)plan->plane_height * (size_t)plan->plane_width;

    for (size_t pixel = 0; pixel < pixels; pixel++, plane += plan->channels) {
        int32_t sum = 0;

        for (int channel = 0; channel < plan->group_channels; channel++)
            sum += plane[channel];
        sums[pixel] = sum;
    }
}

void conv_plan_window_sums(const struct conv_plan *plan, const uint8_t *planes,
                           int samples, int group, int32_t *plane_sums,
                           int32_t *window_sums)
{
    for (int sample = 0; sample < samples; sample++) {
        sum_channels(plan,
                     planes + (size_t)sample * plan->plane_count +
                         (size_t)(group * plan->group_channels),
                     plane_sums);
        for (int pixel = 0; pixel < plan->pixels; pixel++) {
            const int32_t *window =
                plane_sums + plan->pixel_offsets[pixel] / plan->channels;
            int32_t sum = 0;

            for (int tap = 0; tap < plan->taps; tap++)
                sum += window[plan->tap_offsets[tap]];
            *window_sums++ = sum;
        }
    }
}

void conv_plan_gather(const struct conv_plan *plan, const float *planes, int group,
                      size_t first_row, size_t row_count, float *rows)
{
    size_t pixels = (size_t)plan->pixels;
    size_t run_bytes = (size_t)plan->run_length * sizeof *rows;

    for (size_t row = first_row; row < first_row + row_count; row++) {
        const float *window = planes + row / pixels * plan->plane_count +
                              plan->pixel_offsets[row % pixels] +
                              (size_t)(group * plan->group_channels);

        for (int run = 0; run < plan->runs; run++, rows += plan->run_length)
            memcpy(rows, window + plan->run_offsets[run], run_bytes);
    }
}
