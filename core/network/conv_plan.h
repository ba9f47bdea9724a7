/* conv_plan.h - where a convolution finds its input: the geometry, worked out once. */
#ifndef CORE_NETWORK_CONV_PLAN_H
#define CORE_NETWORK_CONV_PLAN_H

#include "core/network/network.h"

/* Each output pixel's window is a set of runs of consecutive elements in an NHWC plane whose
 * padding is materialised. All offsets are in elements. */
struct conv_plan {
    bool pads;         /* the input must be copied into a padded plane first */
    int channels;      /* of the plane */
    int height, width; /* of the input */
    int pad_top, pad_left;
    int plane_height, plane_width;
    size_t plane_count;     /* elements of a plane */
    int pixels;             /* output pixels */
    int32_t *pixel_offsets; /* [pixels] elements of the plane; owned */
    int runs;
    int32_t *run_offsets; /* [runs] of group 0; owned */
    int run_length;       /* elements */
    int taps;
    int32_t *tap_offsets; /* [taps] of the window, in plane pixels; owned */
    int group_channels;   /* input channels of a group */
    int window_count;     /* runs * run_length: weights of one output channel */
};

void conv_plan_init(struct conv_plan *plan, const struct network *network,
                    const struct layer *layer);
void conv_plan_clear(struct conv_plan *plan);

/* Copies planes into padded planes.
 *
 *   input    [samples, height, width, channels] of `element_bytes` bytes each
 *   padding  the byte that fills the padding (a stored code; 0 for float zero)
 *   planes   [samples, plane_height, plane_width, channels] out
 */
void conv_plan_pad(const struct conv_plan *plan, const void *input, int samples,
                   size_t element_bytes, int padding, void *planes);

/* Sums of the input codes under each window, over all channels of the group `group`.
 *
 *   planes       [samples, plane_height, plane_width, channels]
 *   plane_sums   [plane_height, plane_width] scratch: sums over the channels
 *   window_sums  [samples, pixels] out
 */
void conv_plan_window_sums(const struct conv_plan *plan, const uint8_t *planes,
                           int samples, int group, int32_t *plane_sums,
                           int32_t *window_sums);

/* The rows that a float product needs: row r is the window of output pixel first_row + r,
 * counted over all samples.
 *
 *   rows  [row_count, window_count] out
 */
void conv_plan_gather(const struct conv_plan *plan, const float *planes, int group,
                      size_t first_row, size_t row_count, float *rows);

#endif
