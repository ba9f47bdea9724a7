/* found.h - what result.json says of a case: steps, statistics, shifts, losses. */
#ifndef TESTS_FUZZ_FOUND_H
#define TESTS_FUZZ_FOUND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct found {
    json_t *json;
    char *state; /* the text of the file beside it; owned */
};

struct found_step {
    bool is_weight;
    const char *grid;
    int bits;
    int zero; /* of an asymmetric grid */
    double step;
    double *channel_steps; /* or NULL; owned */
    size_t channel_count;
};

void found_read(struct found *found, const char *path);
void found_clear(struct found *found);

/* The step of a tensor; false: it is not quantized, or its step is zero. */
bool found_step_of(const struct found *found, const char *tensor, bool is_weight,
                   struct found_step *step);

/* Numbers of a layer: list "batchnorms", field "mean_hex"; NULL: there are none; owned by the caller. */
double *found_numbers(const struct found *found, const char *list, const char *layer,
                      const char *field, size_t *count);

/* "result"/"calibration"/"loss": what there is, or NaN. */
double found_number(const struct found *found, const char *one, const char *two,
                    const char *three);

/* The codes [count] of weights that were chosen by data, as calq stores them; NULL: each is the nearest one; owned
 * by the caller. */
double *found_codes(const struct found *found, const char *tensor, size_t count);

/* A word of the identity, as "method.bias_correction"; "" where it is not there. */
const char *found_setting(const struct found *found, const char *key);

/* Whether the file has layers as ONNX Runtime's integer kernels have them: shifts that these would round are
 * rounded. */
bool found_has_kernels(const struct found *found);

/* Whether a setting keeps the states of an LSTM, a GRU or an RNN in float: the node is two layers, of which the first,
 * what it makes of its input, may be kept alone, as the first layer of a network. */
bool found_keeps_states(const struct found *found, const char *node);

bool found_treatment(const struct found *found, const char *name);

/* What a tensor of weights has more than before. */
struct found_more {
    int channels_added;
    int factor; /* by which a second tensor is finer; 1: there is none */
};
struct found_more found_more(const struct found *found, const char *tensor,
                             double step);

#endif
