/* tflite_layers.h - how each kind of layer is said in TensorFlow Lite. */
#ifndef CORE_EXPORT_TFLITE_LAYERS_H
#define CORE_EXPORT_TFLITE_LAYERS_H

#include "core/export/tflite_build.h"

struct tflite_layer_row {
    /* Whether the layer computes on codes, where its output holds some; NULL: on floats. */
    bool (*takes_codes)(const struct tflite_build *build, int index);
    /* What TensorFlow Lite has no operator for, as words behind "whose"; NULL: nothing. */
    const char *(*lacks)(const struct network *network, const struct layer *layer);
    void (*write)(const struct tflite_site *site);
};

/* NULL: there is no such operator. */
extern const struct tflite_layer_row *const tflite_layer_rows[LAYER_KIND_COUNT];

/* The rows of tflite_conv.c, tflite_pools.c and tflite_elements.c. */
extern const struct tflite_layer_row tflite_conv_row, tflite_max_pool_row,
    tflite_average_pool_row, tflite_affine_row, tflite_add_row, tflite_unary_row;

/* How a window lies on its input. */
struct tflite_padding {
    int padding;        /* TFLITE_SAME or TFLITE_VALID */
    bool is_written;    /* a PAD stands before: then VALID */
    int32_t pads[4][2]; /* what it adds before and behind each dimension */
};

struct tflite_padding tflite_padding_of(const struct window *window,
                                        const struct tensor *input,
                                        const struct tensor *output);

/* The input of a layer with the padding that is written, of zeros, or of the lowest values of all. */
int tflite_padded(const struct tflite_site *site, const struct tflite_padding *padding,
                  bool with_lowest);

#endif
