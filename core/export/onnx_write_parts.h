/* onnx_write_parts.h - the parts of onnx_write() that are files of their own. */
#ifndef CORE_EXPORT_ONNX_WRITE_PARTS_H
#define CORE_EXPORT_ONNX_WRITE_PARTS_H

#include "core/export/coded_weights.h"
#include "core/export/onnx_carriers.h"
#include "core/export/onnx_edit.h"
#include "core/export/onnx_write.h"

/* A layer that has weights, in the file. */
struct place {
    struct onnx_edit *edit;
    const struct layer *layer;
    const float *shift;    /* [out_channels] of the layer, or rounded; borrowed */
    Onnx__NodeProto *node; /* borrowed from the model */
    int weights_input;     /* of the node */
    int directions; /* of LSTM, GRU and RNN, whose weights are [directions, out, in]; else 0 */
    bool is_conv;       /* or ConvTranspose; else Gemm, MatMul or Gather */
    bool is_transposed; /* weights are [in, out] */
    bool
        hides_from_kernels; /* weights of which ONNX Runtime makes kernels that do not run */
    Onnx__NodeProto *last; /* gives what the layer gives: the node, or one behind it */
};

struct place onnx_place_of(struct onnx_edit *edit, const struct layer *layer);

enum { PLACE_DIMS_MOST = 5 };

/* The dimensions of the weights in the file, but for so many outputs of a group; returns how many. */
size_t onnx_place_dims(const struct place *place, int64_t outputs,
                       int64_t dims[PLACE_DIMS_MOST]);

/* The node reads these weights behind DequantizeLinear. */
void onnx_place_weights(const struct place *place, const struct coded_weights *weights);

/* The node reads these integers as floats, behind Cast: of two dequantized inputs ONNX Runtime (1.30)
 * makes a product of integers, which saturates on some CPUs. */
void onnx_place_integers(const struct place *place,
                         const struct coded_weights *weights);

/* The node reads these floats [out_channels, kernel_height, kernel_width, in_channels/groups]; `suffix` is for
 * their name. */
void onnx_place_floats(const struct place *place, const float *values,
                       const char *suffix);

/* Whether the quantized weights of a layer are written as floats: its input is not rounded. A runtime would
 * dequantize them in every run, or round their input, too. */
bool onnx_is_plain(const struct onnx_calibrated *calibrated, const struct layer *layer);

/* The node reads the values of these weights, corrections included. */
void onnx_place_plain_weights(const struct place *place,
                              const struct coded_weights *weights);

/* The node reads `bias` ("": none) and no other. */
void onnx_place_bias(const struct place *place, const char *bias);

/* The nodes go whose scale and shift the layer contains; those between that move what it gives stay. */
void onnx_place_take_scales(const struct place *place);

/* The whole shift becomes the layer's bias. */
void onnx_place_shift(struct place *place);

/* Makes the layer's output what an operator of two makes of that and `other`. */
void onnx_place_put_behind(struct place *place, const char *op, const char *other);

/* Scale and shift of the layer come behind it, and it has no bias any more. */
void onnx_place_scale_and_shift(struct place *place);

/* The dimensions of a constant for each channel of what the layer gives; returns how many. */
size_t onnx_place_channel_dims(const struct place *place, int64_t dims[4]);

/* Adds the sums of the windows of each group of the input; returns their name. */
char *onnx_place_window_sums(const struct place *place);

/* How the weights of a layer become codes. */
struct weight_rules onnx_weight_rules(const struct onnx_calibrated *calibrated,
                                      const struct layer *layer);

/* Whether the case rounds a layer as integer kernels do it. */
bool onnx_rounds_like_kernel(const struct onnx_calibrated *calibrated,
                             const struct layer *layer);

/* The quantizer of an item under the step of the case. */
struct quantizer onnx_quantizer_of(const struct onnx_calibrated *calibrated, int item);

/* The integers for codes of an item. */
struct container onnx_container_of(const struct onnx_calibrated *calibrated, int item);

/* Rounds the tensor `name` to codes of an item behind node `after`; all nodes of the file read
 * what comes out, whose name is returned and the caller's.
 *
 *   is_in_steps  the values have been divided by the step, as an exact layer does it */
char *onnx_write_activation(struct onnx_edit *edit,
                            const struct onnx_calibrated *calibrated, int item,
                            const char *name, int after, bool is_in_steps);

/* Rounds `from`, which is what `values` were before nodes moved them, once more behind node `after`: codes of the
 * same tensor. `values` are dequantized codes; what comes out is named and the caller's. */
char *onnx_write_moved(struct onnx_edit *edit, const char *from, int after,
                       const char *values);

/* Makes a mean over height and width a pool where codes are on both sides; `values` are those of
 * its output. */
void onnx_write_mean(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                     int index, const char *values);

/* Makes the weights of a layer integers under `quantizer`, with what belongs to them. */
void onnx_write_layer(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                      const struct layer *layer, const struct quantizer *quantizer);

/* The same of a layer that looks up rows. */
void onnx_write_table(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                      const struct layer *layer, const struct quantizer *quantizer);

/* Writes the weights of a layer that is a part of an LSTM, a GRU or an RNN, and the bias where it is
 * another. */
void onnx_write_recurrent(struct onnx_edit *edit,
                          const struct onnx_calibrated *calibrated, int index);

/* Rounds the last states of recurrences, where they are an output beside all states and no carrier, as those. */
void onnx_write_last_states(struct onnx_edit *edit,
                            const struct onnx_calibrated *calibrated,
                            const struct onnx_carriers *carriers);

/* Writes a layer for an integer kernel; false, and nothing is written: it can be none, or the file
 * is not for them.
 *
 *   weights  become folded, see coded_weights_fold() */
bool onnx_write_kernel(const struct onnx_calibrated *calibrated, struct place *place,
                       struct coded_weights *weights);

/* Writes what is not that of the file of a convolution whose weights stay in float. */
void onnx_write_float_layer(struct onnx_edit *edit,
                            const struct onnx_calibrated *calibrated,
                            const struct layer *layer);

/* Whether --exact writes layer `index` as the evaluator runs it: weights, input and residual are
 * codes, sums are below 2^24, and no node of the file moves them before the layer's end.
 *
 *   edit       of the file before anything is written
 *   quantizer  of its weights */
bool onnx_is_exact(const struct onnx_edit *edit,
                   const struct onnx_calibrated *calibrated, int index,
                   const struct quantizer *quantizer);

/* Whether nodes of the file move what the layer's node gives before the layer's end. */
bool onnx_is_moved(const struct onnx_edit *edit, const struct network *network,
                   const struct layer *layer);

/* Writes such a layer.
 *
 *   quantizer  of its weights
 *   output     of its output, which then is in units of the step, ready to be rounded; NULL: it
 *              is not quantized
 *   values     [placement->count] names of what tensors are dequantized to, so far */
void onnx_write_exact_layer(struct onnx_edit *edit,
                            const struct onnx_calibrated *calibrated, int index,
                            const struct quantizer *quantizer,
                            const struct quantizer *output, char *const *values);

/* Whether shifts of convolutions are not those of the file: biases were corrected, or weights equalised. */
bool onnx_has_other_shifts(const struct onnx_calibrated *calibrated);

/* Gives all batch norms the statistics that are in force, and the scales and shifts. */
void onnx_write_batchnorms(struct onnx_edit *edit,
                           const struct onnx_calibrated *calibrated);

/* Whether a convolution has a batch norm, no other scale or shift behind it, and there are constants with which
 * it gives those of the layer to the last bit. */
bool onnx_batchnorm_fits(const struct onnx_calibrated *calibrated,
                         const struct layer *layer);

#endif
