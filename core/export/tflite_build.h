/* tflite_build.h - adds tensors and operators of a network's layers to a model of TensorFlow Lite. */
#ifndef CORE_EXPORT_TFLITE_BUILD_H
#define CORE_EXPORT_TFLITE_BUILD_H

#include "core/export/tflite_write.h"

struct tflite_build {
    const struct tflite_calibrated *calibrated; /* borrowed */
    const int *held;                            /* [tensors] early_codes(); borrowed */
    struct tflite_model *model;                 /* borrowed */
    int *codes, *floats; /* [tensors] the model's tensor of them, or -1; owned */
};

/* A layer that is being written. */
struct tflite_site {
    struct tflite_build *build;
    const struct layer *layer;
    int index;     /* of the layer */
    bool in_codes; /* its output is int8; else float */
};

const struct tensor *tflite_input(const struct tflite_site *site, int input);
const struct tensor *tflite_output(const struct tflite_site *site);

/* The dimensions of a tensor in the file; returns how many. */
int tflite_dims(const struct tensor *tensor, int32_t *dims);

/* The model's tensor with the codes, or the floats, of a tensor of the network; made of the other where it has to be. */
int tflite_codes_of(struct tflite_build *build, int tensor);
int tflite_floats_of(struct tflite_build *build, int tensor);

/* The codes of a tensor as those of another item. */
int tflite_codes_as(struct tflite_build *build, int tensor, int item);

/* An input of a layer, as codes or floats, whichever its output is. */
int tflite_read(const struct tflite_site *site, int input);

/* A tensor without a name of its own, [rank] dims, that is of codes of `like`'s item, or of floats, as the site's
 * output. */
int tflite_between(const struct tflite_site *site, int like, int rank,
                   const int32_t *dims);

/* The layer's output, of codes or floats. */
int tflite_result(const struct tflite_site *site);

/* Constants; values are copied. */
int tflite_add_words(struct tflite_build *build, int rank, const int32_t *dims,
                     const int32_t *values);
int tflite_add_floats(struct tflite_build *build, int rank, const int32_t *dims,
                      const float *values);

/* Makes a tensor of one element a constant: of floats `value`, of codes the lowest or the highest that there is, by its
 * sign. */
void tflite_put_end(struct tflite_build *build, int number, float value);

/* Adds an operator of one or two inputs. */
struct tflite_operator *tflite_one(struct tflite_build *build,
                                   enum tflite_operator_kind kind, int input,
                                   int output);
struct tflite_operator *tflite_two(struct tflite_build *build,
                                   enum tflite_operator_kind kind, int left, int right,
                                   int output);

/* `output` = `input` with the dimensions of the output. */
void tflite_reshape(struct tflite_build *build, int input, int output);

/* The layer's clamp as what an operator does to its outputs; TFLITE_NONE where it does nothing, or has other ends. */
enum tflite_activation tflite_activation_of(const struct layer *layer);

/* Clamps the floats of `from` as the layer does, into its output. */
void tflite_clamp(const struct tflite_site *site, int from);

/* Whether the layer's clamp is open, or one that operators have. */
bool tflite_can_clamp(const struct layer *layer);

#endif
