/* tflite_file.h - a network in the words of TensorFlow Lite (LiteRT), as it stands in a .tflite file.
 *
 * Source: the public schema of TensorFlow Lite, version 3 (TFL3): numbers of operators, types and fields.
 */
#ifndef CORE_EXPORT_TFLITE_FILE_H
#define CORE_EXPORT_TFLITE_FILE_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TFLITE_RANK_MAX = 8, TFLITE_OPTIONS_MAX = 7 };

enum tflite_type { TFLITE_FLOAT32 = 0, TFLITE_INT32 = 2, TFLITE_INT8 = 9 };

enum { TFLITE_SAME = 0, TFLITE_VALID = 1 };

enum tflite_activation {
    TFLITE_NONE = 0,
    TFLITE_RELU = 1,
    TFLITE_RELU_N1_TO_1 = 2,
    TFLITE_RELU6 = 3
};

/* value = scale * (integer - zero) */
struct tflite_tensor {
    char *name; /* owned */
    enum tflite_type type;
    int rank;
    int32_t dims[TFLITE_RANK_MAX]; /* with the batch */
    float *scales;   /* [scale_count] one, or one for each place along `axis`; owned */
    int scale_count; /* 0: no integers that stand for floats */
    int axis;
    int64_t zero;
    uint8_t *data; /* [bytes] of a constant; NULL: it is computed; owned */
    size_t bytes;
};

/* Rows of tflite_operators in tflite_file.c. */
enum tflite_operator_kind {
    TFLITE_ADD,
    TFLITE_AVERAGE_POOL,
    TFLITE_CONCAT,
    TFLITE_CONV,
    TFLITE_DEPTHWISE_CONV,
    TFLITE_DEQUANTIZE,
    TFLITE_FULLY_CONNECTED,
    TFLITE_GATHER,
    TFLITE_HARD_SWISH,
    TFLITE_LEAKY_RELU,
    TFLITE_LOGISTIC,
    TFLITE_MAX_POOL,
    TFLITE_MAXIMUM,
    TFLITE_MEAN,
    TFLITE_MINIMUM,
    TFLITE_MUL,
    TFLITE_PAD,
    TFLITE_PAD_WITH,
    TFLITE_QUANTIZE,
    TFLITE_RESHAPE,
    TFLITE_SOFTMAX,
    TFLITE_STRIDED_SLICE,
    TFLITE_TANH,
    TFLITE_TRANSPOSE,
    TFLITE_OPERATOR_COUNT
};

struct tflite_operator {
    enum tflite_operator_kind kind;
    int32_t *inputs; /* [input_count] tensors; owned */
    int input_count;
    int32_t output;
    /* As the schema orders them; of a float its bits. */
    int32_t options[TFLITE_OPTIONS_MAX];
};

struct tflite_model {
    char *description;             /* owned */
    struct tflite_tensor *tensors; /* [tensor_count] owned */
    int tensor_count;
    struct tflite_operator *operators; /* [operator_count] in execution order; owned */
    int operator_count;
    int32_t *inputs; /* [input_count] tensors; owned */
    int input_count;
    int32_t output;
};

void tflite_model_clear(struct tflite_model *model);

/* Adds a tensor of zeros and empty, whose name is copied; returns its number. The same of an operator, whose inputs
 * are copied. */
int tflite_add_tensor(struct tflite_model *model, const char *name,
                      enum tflite_type type, int rank, const int32_t *dims);
struct tflite_operator *tflite_add_operator(struct tflite_model *model,
                                            enum tflite_operator_kind kind,
                                            const int32_t *inputs, int input_count,
                                            int32_t output);

/* The name of an operator in the schema. */
const char *tflite_operator_name(enum tflite_operator_kind kind);

/* How many options it has. */
int tflite_option_count(enum tflite_operator_kind kind);

/* The file: bytes [size], to be freed by the caller. */
uint8_t *tflite_file_write(const struct tflite_model *model, size_t *size);

/* Whether the bytes say that they are such a file. */
bool tflite_file_is(const uint8_t *bytes, size_t size);

/* Reads what tflite_file_write() wrote.
 *
 *   path   for messages
 *   model  out; clear with tflite_model_clear() whether or not this fails
 *
 * Fails with EXIT_INPUT where the file is none, is damaged, or holds what calq does not write: another operator or
 * type, several graphs or outputs. */
int tflite_file_read(const char *path, const uint8_t *bytes, size_t size,
                     struct tflite_model *model, struct error *err);

#endif
