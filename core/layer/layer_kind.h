/* layer_kind.h - what is known of a kind of layer: one file a kind, one row a file.
 *
 * A new kind is a name in `enum layer_kind`, a file beside layer_add.c that ends in its
 * `const struct layer_kind`, and a row in layer_kind.c.
 */
#ifndef CORE_LAYER_LAYER_KIND_H
#define CORE_LAYER_LAYER_KIND_H

#include "core/layer/layer_run.h"

/* What a layer works on: its inputs as values, and room for its output as floats. */
struct layer_task {
    const struct layer_run *run;
    const struct layer *layer; /* run's */
    const struct value *const *inputs;
    int samples;
    const struct scratch *scratch;
    float *out; /* [samples, elements] */
};

const struct tensor *layer_task_input(const struct layer_task *task, int input);
const struct tensor *layer_task_output(const struct layer_task *task);
size_t layer_task_elements(const struct layer_task *task, const struct tensor *tensor);
/* An input as floats, perhaps in floats[0] of the scratch. */
const float *layer_task_floats(const struct layer_task *task, int input);

struct layer_kind_row {
    /* Computes `out` of floats, without the clamp. NULL: somebody else runs it (conv_run.h), or nobody. */
    void (*run)(const struct layer_task *task);
    /* Hands codes of the input on to the output, which has become one of codes. NULL: it cannot. */
    void (*pass)(const struct layer_task *task, struct value *output);
    /* From codes to codes, without floats between; returns whether it could. NULL: it never can. */
    bool (*join)(const struct layer_task *task, const struct quantizer *quantizer,
                 struct value *output);
    /* Whether no output is below zero, where the inputs are so or not; the clamp is looked at before. */
    bool (*is_nonnegative)(const struct layer *layer, bool inputs_are);
    /* Whether two layers with equal windows and clamps compute the same but for their constants. */
    bool (*same_shape)(const struct layer *ours, const struct layer *theirs);
    /* Which constants are others, as a noun; NULL: none are. `has_codes`: weights are compared
     * elsewhere, as codes. */
    const char *(*other_constants)(const struct network *network,
                                   const struct layer *ours, const struct layer *theirs,
                                   bool has_codes);
};

extern const struct layer_kind_row layer_conv, layer_affine, layer_add, layer_max_pool,
    layer_average_pool, layer_concat, layer_rearrange, layer_quantize;

const struct layer_kind_row *layer_kind_of(const struct layer *layer);

/* Answers of kinds that have nothing of their own. */
bool layer_kind_as_inputs(const struct layer *layer, bool inputs_are);
bool layer_kind_any_sign(const struct layer *layer, bool inputs_are);
bool layer_kind_one_shape(const struct layer *ours, const struct layer *theirs);
const char *layer_kind_no_constants(const struct network *network,
                                    const struct layer *ours,
                                    const struct layer *theirs, bool has_codes);

/* Whether both are NULL, or hold the same bits. */
bool layer_kind_same_floats(const float *a, const float *b, size_t count);

#endif
