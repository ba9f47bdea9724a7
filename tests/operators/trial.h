/* trial.h - a small network around one operator, drawn from a seed: its text and its inputs.
 *
 * What is drawn becomes text in the words of tests/support/onnx_builder.h. The network ends in a value
 * y of any shape, which becomes [N, values].
 */
#ifndef TESTS_OPERATORS_TRIAL_H
#define TESTS_OPERATORS_TRIAL_H

#include "tests/fuzz/chance.h"

#include <stddef.h>
#include <stdio.h>

enum { TRIAL_RANK_MAX = 6, TRIAL_INPUTS_MAX = 8, TRIAL_NAME_BYTES = 32 };

/* The first dimension of what is computed is the batch. */
struct trial_shape {
    int rank;
    int dims[TRIAL_RANK_MAX];
};

/* An input of the network, all samples of it. */
struct trial_input {
    char name[TRIAL_NAME_BYTES];
    const char *type; /* float, int32, int64 */
    struct trial_shape shape;
    int batch_axis;
    double *values; /* as ONNX orders them; owned */
};

struct trial {
    struct chance chance;
    int opset;
    int batch;     /* samples */
    bool is_fixed; /* the file says how many */
    struct trial_input inputs[TRIAL_INPUTS_MAX];
    int input_count;
    char *text; /* the network; owned */
    size_t text_bytes;
    FILE *writer; /* to the text */
};

/* A row of a theme: the operator, or a pattern of several, e.g. "Gelu-erf". */
struct operator_trial {
    const char *name;
    int since; /* the first opset that has it, at least 7 */
    void (*make)(struct trial *trial);
};

/* Draws the network; clear it afterwards. The same seed draws the same. */
void trial_make(struct trial *trial, const struct operator_trial *row, uint64_t seed);
void trial_clear(struct trial *trial);

/* A whole number in [low, high]; true in `percent` of a hundred. */
int trial_between(struct trial *trial, int low, int high);
bool trial_is(struct trial *trial, int percent);

/* A real number in [low, high], with few digits. */
double trial_real(struct trial *trial, double low, double high);

/* A shape of that many dimensions, the batch counted, and at most some hundred elements a sample. */
struct trial_shape trial_shape(struct trial *trial, int rank_low, int rank_high);

/* The shape of those dimensions, and its elements. */
struct trial_shape trial_dims(int rank, const int *dims);
size_t trial_count(const struct trial_shape *shape);

/* Inputs of the network: roughly normal, uniform in [low, high], whole numbers of a type. */
void trial_input(struct trial *trial, const char *name,
                 const struct trial_shape *shape);
void trial_input_in(struct trial *trial, const char *name,
                    const struct trial_shape *shape, double low, double high);
void trial_input_integers(struct trial *trial, const char *name, const char *type,
                          const struct trial_shape *shape, int low, int high);

/* An input whose batch is another dimension than the first. */
void trial_input_batch_at(struct trial *trial, const char *name,
                          const struct trial_shape *shape, int batch_axis);

/* Constants of floats: roughly normal, uniform in [low, high]. */
void trial_floats(struct trial *trial, const char *name,
                  const struct trial_shape *shape);
void trial_floats_in(struct trial *trial, const char *name,
                     const struct trial_shape *shape, double low, double high);

/* A constant list of int64; a scalar. */
void trial_integers(struct trial *trial, const char *name, const int *values,
                    int count);
void trial_integer(struct trial *trial, const char *name, int value);

/* A line of the text, or a part of one. */
void trial_say(struct trial *trial, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* " name=1,2,3", with a comma behind a single number. */
void trial_say_list(struct trial *trial, const char *name, const int *values,
                    int count);

/* y is twice a value: what calq leaves out at the end of a network, a Sigmoid or a Softmax, is none. */
void trial_say_twice(struct trial *trial, const char *value);

/* Axes, as an attribute before opset `input_since` and as an input `axes` from there on; says the node
 * "OPERATOR x [axes] -> y" without an end of line. */
void trial_say_with_axes(struct trial *trial, const char *operator, int input_since,
                         const int *axes, int count);

#endif
