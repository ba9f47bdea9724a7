/* layer_kind.h - what is known of a kind of layer: one file a kind, one row a file.
 *
 * The rows are declared here, where the graph can ask them, and defined in core/layer, where layers
 * run (core/layer/README.md tells how to add one). Nothing else asks which kind a layer is but who
 * rewrites, reads or writes that very kind.
 */
#ifndef CORE_NETWORK_LAYER_KIND_H
#define CORE_NETWORK_LAYER_KIND_H

#include "core/network/network.h"

/* What becomes of codes that a layer reads. */
enum layer_codes {
    CODES_END,      /* it computes on floats */
    CODES_PASS,     /* outputs are some of the inputs, or a constant */
    CODES_MAKE,     /* codes of the output are made of those of all inputs */
    CODES_MULTIPLY, /* they are multiplied with the codes of the layer's weights */
    CODES_MULTIPLY_INPUTS, /* those of the first input are multiplied with those of the second */
    CODES_RECUR, /* it computes on floats, and multiplies codes of its own output */
    LAYER_CODES_COUNT
};

struct conv_sums;
struct layer_run;
struct layer_task;
struct quantizer;
struct scratch_sizes;
struct value;

struct layer_kind_row {
    const char *name; /* short word for a listing */
    /* A closer word; NULL: there is none. */
    const char *(*variant)(const struct layer *layer);

    enum layer_codes codes;
    bool
        is_rounded_before; /* not behind, where that is the same: fewer bytes to read */
    /* What outputs that are no inputs are; NULL: there are none. */
    float (*fill)(const struct layer *layer);

    /* Whether no output is below zero, where the inputs are so or not; the clamp is looked at before. */
    bool (*is_nonnegative)(const struct layer *layer, bool inputs_are);
    /* Multiply-adds of one sample; `outputs` are the elements of the layer's output. */
    size_t (*macs)(const struct layer *layer, size_t outputs);

    /* Whether two layers with equal windows and clamps compute the same but for their constants. */
    bool (*same_shape)(const struct layer *ours, const struct layer *theirs);
    /* Which constants are others, as a noun, but for weights; NULL: none are. */
    const char *(*other_constants)(const struct network *network,
                                   const struct layer *ours,
                                   const struct layer *theirs);

    /* Computes task->out of floats, without the clamp. NULL: `make` always can. */
    void (*run)(const struct layer_task *task);
    /* Hands codes of the input on to the output, which has become one of codes. NULL: it cannot. */
    void (*pass)(const struct layer_task *task, struct value *output);
    /* Makes the output, as codes where `quantizer` is not NULL, without floats between; returns
     * whether it could. NULL: it never can. */
    bool (*make)(const struct layer_task *task, const struct quantizer *quantizer,
                 struct value *output);

    /* Of kinds that multiply codes: `make` in two (conv_integer.h); else NULL, as the next two. */
    void (*multiply)(const struct layer_task *task, const struct conv_sums *sums);
    void (*finish)(const struct layer_task *task, const struct conv_sums *sums,
                   const struct quantizer *quantizer, struct value *output);
    /* Floats of some of the output's rows, see conv_integer_finish_rows(). */
    void (*finish_rows)(const struct layer_task *task, const struct conv_sums *sums,
                        size_t first, size_t rows, struct value *output);
    /* What a batch norm of the layer saw, or would see of its products: [samples, pixels, channels] in the
     * scratch, or where it is. NULL: there never is one. */
    const float *(*batchnorm_input)(const struct layer_task *task);

    /* Of kinds that multiply codes with those of weights: holds the codes of split channels against the
     * channels, on `multiplied`, which is what is multiplied with them; see split_check.h. */
    int (*check_splits)(const struct layer_task *task, const struct value *multiplied,
                        struct error *err);

    /* What stays the same from block to block is made as run->own, and freed again; raises the
     * scratch to what is needed. NULL: there is nothing. */
    void (*prepare)(struct layer_run *run);
    void (*release)(struct layer_run *run);
    void (*need)(const struct layer_run *run, int samples, struct scratch_sizes *sizes);

    void (*clear)(struct layer *layer); /* frees its constants; NULL: it owns none */
};

#define LAYER_KIND_ROW(kind, row) extern const struct layer_kind_row layer_##row;
LAYER_KINDS(LAYER_KIND_ROW)
#undef LAYER_KIND_ROW

const struct layer_kind_row *layer_kind_of(const struct layer *layer);

/* Short word for a listing: conv, depthwise, affine, add ... */
const char *layer_kind_name(const struct layer *layer);

/* Multiply-adds of one sample; `outputs` are the elements of the layer's output. */
size_t layer_macs(const struct layer *layer, size_t outputs);

/* How many inputs of the layer, from the first on, its integer kernels multiply as codes: they are what a
 * placement rounds for its sake. */
int layer_multiplied_inputs(const struct layer *layer);

/* Whether the layer multiplies what is quantized: weights, or two inputs. */
bool layer_is_quantizable(const struct layer *layer);

/* Whether the layer only moves values or takes the largest of some, so that its outputs are values of its
 * inputs, but for the clamp and what it fills. */
bool layer_hands_on(const struct layer *layer);

/* Whether the layer multiplies codes with those of its weights; else weights are values it looks up. */
bool layer_multiplies(const struct layer *layer);

/* What outputs that are no inputs are; 0: there are none, or these are zero. */
float layer_fill(const struct layer *layer);

/* Whether rounding before the layer or behind it gives the same: its outputs are some of its inputs,
 * or zero. */
bool layer_passes_codes(const struct layer *layer);

/* Whether a convolution multiplies none of its channels behind the products, as a batch norm would that is not
 * folded. */
bool layer_is_unscaled(const struct layer *layer);

/* Whether it is its own output, step by step, that the layer multiplies: its rounding decides what there is
 * to round. */
bool layer_recurs(const struct layer *layer);

/* The tensor that the weights of a layer multiply, or that it looks up. */
int layer_multiplied(const struct layer *layer);

/* Whether the layer is a part of a node that steps through sequences: a recurrence, or what makes its input of
 * the node's. */
bool layer_is_of_recurrence(const struct network *network, const struct layer *layer);

/* Answers of many kinds. */
bool layer_kind_as_inputs(const struct layer *layer, bool inputs_are);
bool layer_kind_any_sign(const struct layer *layer, bool inputs_are);
bool layer_kind_no_sign(const struct layer *layer, bool inputs_are);
size_t layer_kind_no_macs(const struct layer *layer, size_t outputs);
bool layer_kind_one_shape(const struct layer *ours, const struct layer *theirs);
const char *layer_kind_no_constants(const struct network *network,
                                    const struct layer *ours,
                                    const struct layer *theirs);

/* Whether both are NULL, or hold the same bits. */
bool layer_kind_same_floats(const float *a, const float *b, size_t count);

#endif
