/* layer.h - one operation of a network: its kind, its shape, its constants.
 *
 * All activations are NHWC, one sample after the other. A tensor of rank 3 without the batch
 * (ONNX [C, H, W]) is stored [H, W, C]; every other rank is stored as ONNX writes it, the last
 * dimension being the channels.
 */
#ifndef CORE_NETWORK_LAYER_H
#define CORE_NETWORK_LAYER_H

#include "core/network/elementwise.h"
#include "core/quant/step_ratios.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All kinds, and the name of each one's row (layer_kind.h), which ends core/layer/layer_<name>.c. */
/* clang-format off */
#define LAYER_KINDS(KIND) \
    KIND(CONV, conv)       /* convolution and fully connected (a 1x1 convolution) */ \
    KIND(AFFINE, affine)   /* per channel: scale * x + shift; also a bare ReLU or Clip */ \
    KIND(ADD, add)         /* inputs of equal shape, summed */ \
    KIND(UNARY, unary)     /* an operation of each element by itself */ \
    KIND(BINARY, binary)   /* an operation of two operands, of which one may repeat */ \
    KIND(MAX_POOL, max_pool) \
    KIND(AVERAGE_POOL, average_pool) \
    KIND(CONCAT, concat)   /* along the channels */ \
    KIND(MATMUL, matmul)   /* products of matrices that are both computed, as ONNX's MatMul */ \
    KIND(EMBEDDING, embedding) /* rows of its one weight tensor, by their numbers */ \
    KIND(REARRANGE, rearrange) /* every output element is one of the input, or a constant */ \
    KIND(CONSTANT, constant) /* the same for every sample */ \
    KIND(INTERPOLATE, interpolate) /* means of two neighbours along one dimension */ \
    KIND(SOFTMAX, softmax) /* and its logarithm */ \
    KIND(RECURRENCE, recurrence) /* what is recurrent of an LSTM, a GRU or an RNN */ \
    KIND(REDUCTION, reduction) /* an element for each row: its sum, mean, maximum ... */ \
    KIND(NORM, norm)         /* rows less their mean, divided by their size: layer norms ... */ \
    KIND(RESPONSE_NORM, response_norm) /* elements divided by a power of their neighbours' squares */ \
    KIND(QUANTIZE, quantize) /* rounds to codes; there until the file's codes are taken (qdq.h) */
/* clang-format on */

enum layer_kind {
#define LAYER_KIND_NAME(kind, row) LAYER_##kind,
    LAYER_KINDS(LAYER_KIND_NAME)
#undef LAYER_KIND_NAME
        LAYER_KIND_COUNT
};

/* The window that slides over height and width, for convolutions and pools. Output height =
 * floor((height + pad_top + pad_bottom - dilation_height*(kernel_height-1) - 1) /
 * stride_height) + 1: ceil_mode and auto_pad are already turned into pads. */
struct window {
    int kernel_height, kernel_width;
    int stride_height, stride_width;
    int dilation_height, dilation_width;
    int pad_top, pad_left, pad_bottom, pad_right;
};

/* A weight tensor of a layer. Each output is a sum over `inputs` channels at `window` places; the
 * outputs and the channels fall into `groups`, one beside the other. Of a table that is looked up the
 * outputs are the rows, the inputs its columns. */
struct weights {
    char *name;    /* ONNX name; owned */
    float *values; /* [outputs, window, inputs]; owned */
    int groups;
    int outputs; /* of all groups */
    int inputs;  /* of one group */
    int window;
    /* How the file has the values: [outputs, inputs / slices, window ...], a window of `axes` dimensions. Of
     * three, the first has `slices` places, which are inputs here: [slices, inputs / slices]. */
    int axes;   /* 0: a matrix */
    int slices; /* 0: one */
    /* The file has [groups, inputs / slices, outputs of a group, window ...], the window back to front. */
    bool is_turned;
    /* Of weights that the file holds as codes: what two codes are apart, and what it adds to each
     * weight of an output. */
    float *steps; /* [weights_layout(., block)] or NULL: the file holds floats; owned */
    int block;    /* inputs that share one of the steps; 0: a whole output does */
    float *corrections; /* [outputs] or NULL: nothing; owned */
};

/* Its one weight tensor has the window [kernel_height, kernel_width]. */
struct conv {
    float *scale; /* [outputs] y = scale*conv + shift: batch norm and bias; owned */
    float *shift; /* [outputs]; owned */
    bool has_residual; /* the last input is added to y before the clamp */
    int scaled_by; /* number of the last ONNX node that was merged into scale and shift; -1:
                      none */
    float *bare_shift;       /* [outputs] shift without its bias shift (bias_shift.h);
                          NULL: it has none; owned */
    uint64_t bias_signature; /* of the bias shift; 0: it has none */
};

struct affine {
    float *scale; /* [channels] or NULL: one; owned */
    float *shift; /* [channels] or NULL: zero; owned */
};

struct average_pool {
    /* Divide by the number of elements that are no padding, or by all of the window. Elements
     * added to the pads by ceil_mode (see `extra_*`) never count. */
    bool count_padding;
    int extra_bottom,
        extra_right; /* the part of pad_bottom, pad_right due to ceil_mode */
};

struct rearrange {
    int32_t *
        from; /* [output elements of a sample] index into the input sample, -1: fill; owned */
    float fill; /* what -1 stands for */
};

/* An element along the dimension: low_weight * x[low] + high_weight * x[high]. */
struct interpolation {
    int32_t low, high;
    float low_weight, high_weight; /* in [0, 1], together one */
};

/* [outer, from, inner] of a stored sample becomes [outer, to, inner]. */
struct interpolate {
    size_t outer, inner;
    int from, to;
    struct interpolation *places; /* [to] owned */
};

struct constant {
    float *values; /* [count] a sample of the output, as it is stored; owned */
    size_t count;
};

/* Where the matrices of a tensor lie: all counts are of elements of a stored sample. */
struct matrices {
    int row, column; /* from one to the next */
    int apart
        [TENSOR_RANK_MAX]; /* likewise the matrices of each dimension; 0: one serves all */
};

/* Matrices [rows, depth] of the first input times [depth, columns] of the second. */
struct matmul {
    int rows, depth, columns;
    int rank;                  /* dimensions before those of the matrices */
    int dims[TENSOR_RANK_MAX]; /* [rank] of the output */
    struct matrices left, right, output;
    bool is_einsum; /* so the file says it */
};

/* Sums of so many products of two codes of 8 bits without a sign fit into 32 bits. */
enum { MATMUL_DEPTH_MOST = INT32_MAX / (UINT8_MAX * UINT8_MAX) };

enum { ROW_DIMS_MAX = 7 };

/* Dimensions of rows and of their elements: so many, which are `stride` elements apart. */
struct row_dim {
    size_t count, stride;
};

/* A stored sample as rows of elements that are computed with together (rows.h). */
struct rows {
    struct row_dim along[ROW_DIMS_MAX], between[ROW_DIMS_MAX]; /* slowest first */
    int along_count, between_count;                            /* at least one */
};

enum reduction_operation {
    REDUCTION_MEAN,
    REDUCTION_SUM,
    REDUCTION_MAX,
    REDUCTION_MIN,
    REDUCTION_PRODUCT,
    REDUCTION_MAGNITUDES,  /* sum of |x|: L1 */
    REDUCTION_NORM,        /* root of the sum of squares: L2 */
    REDUCTION_SQUARES,     /* sum of squares */
    REDUCTION_LOG,         /* logarithm of the sum */
    REDUCTION_LOG_SUM_EXP, /* logarithm of the sum of exp(x) */
    REDUCTION_OPERATION_COUNT
};

struct reduction {
    enum reduction_operation operation;
    struct rows rows; /* counted as the output is stored */
};

/* What rows are divided by. */
enum norm_size {
    NORM_DEVIATION, /* root of the mean of squares, less the mean before: layer norms */
    NORM_ROOT_MEAN_SQUARE, /* without the mean */
    NORM_LENGTH,           /* root of the sum of squares: L2 */
    NORM_MAGNITUDES,       /* sum of |x|: L1 */
    NORM_SIZE_COUNT
};

/* Element e of row r is multiplied and shifted by values number r * per_row + e / run % count. */
struct norm {
    struct rows rows;
    enum norm_size size;
    float epsilon;        /* added below the root */
    float *scale, *shift; /* [value_count] or NULL: one and zero; owned */
    size_t value_count;
    size_t per_row, run, count; /* run at least 1 */
};

/* x / (bias + alpha / size * sum of x^2)^beta, over `size` neighbours along a row. */
struct response_norm {
    struct rows rows;
    float alpha, beta, bias;
    int size;
};

struct softmax {
    struct rows rows;
    int axis; /* in the file, with the batch; -1: it is over several that are longer than one */
    bool is_log;
};

enum recurrence_cell { CELL_LSTM, CELL_GRU, CELL_RNN, CELL_COUNT };

/* Steps through the rows of its input [steps, directions, gates, hidden], which are what the gates
 * get of the network's values; gates in the order of ONNX: i, o, f, c of an LSTM, z, r, h of a GRU.
 * Its one weight tensor, of a group for each direction, gives the gates what they get of the hidden
 * state before; the output is [steps, directions, hidden]. */
struct recurrence {
    enum recurrence_cell cell;
    int directions; /* 1, or 2: the second goes from the last row to the first */
    int hidden;
    bool goes_back;    /* the first direction does so, too */
    bool resets_after; /* of a GRU: r multiplies the product, not the state before */
    bool is_relu;      /* of an RNN: in place of tanh */
    float clip;        /* of what the gates get, in magnitude; INFINITY: none */
    float *bias; /* [directions, gates, hidden] added to products, or NULL; owned */
    float *peepholes; /* [directions, 3, hidden] of i, o and f, or NULL; owned */
    /* States before the first step, [directions, hidden], or NULL: zero; owned. */
    float *first_hidden, *first_cell;
};

/* Codes that a file rounds a tensor to: value = step * code. */
struct file_codes {
    float step;          /* 0: it does not */
    int lowest, highest; /* code */
    bool is_int8;        /* the type of the integers; no matter to the values */
};

bool file_codes_are_equal(const struct file_codes *a, const struct file_codes *b);

struct batchnorm;

struct layer {
    enum layer_kind kind;
    char *name;  /* ONNX node name; owned */
    char *op;    /* ONNX operator of that node; NULL: there is none; owned */
    int node;    /* number of the node in the ONNX file; -1: none */
    int *inputs; /* [input_count] tensor indices; owned */
    int input_count;
    int output;              /* tensor index */
    struct window window;    /* LAYER_CONV and the pools */
    struct weights *weights; /* [weight_count]; owned */
    int weight_count;
    union {
        struct conv conv;
        struct affine affine;
        struct unary unary;
        struct binary binary;
        struct average_pool average_pool;
        struct rearrange rearrange;
        struct constant constant;
        struct interpolate interpolate;
        struct matmul matmul;
        struct softmax softmax;
        struct recurrence recurrence;
        struct reduction reduction;
        struct norm norm;
        struct response_norm response_norm;
        struct file_codes codes;
    };
    struct batchnorm *batchnorm; /* of a convolution or affine layer: what its scale and
                                    shift contain, or NULL; owned */
    float low, high; /* the output is clamped to [low, high]: ReLU is [0, inf] */
};

/* Number of output rows or columns of a window over `size` input rows or columns. */
int window_output_height(const struct window *window, int height);
int window_output_width(const struct window *window, int width);

/* A window of one element, stride and dilation one, no padding. */
struct window window_of_one(void);

/* Whether a tensor is an input of the layer. */
bool layer_reads(const struct layer *layer, int tensor);

/* True where the clamp does nothing. */
bool layer_is_unclamped(const struct layer *layer);

/* Gives a layer one weight tensor more, which it owns from now on. */
void layer_add_weights(struct layer *layer, struct weights weights);

/* Weights of one output: what one output element sums over. */
size_t weights_per_output(const struct weights *weights);
size_t weights_count(const struct weights *weights);

/* Which of the weights share a step: those of an output, or `block` neighbouring input channels at one
 * place of the window; 0: a whole output. */
struct step_layout weights_layout(const struct weights *weights, int block);

/* Input channels of all groups. */
int weights_inputs(const struct weights *weights);

/* Frees what the layer owns. */
void layer_clear(struct layer *layer);

#endif
