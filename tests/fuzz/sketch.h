/* sketch.h - a random network as text for onnx_builder, and what is known of its tensors. */
#ifndef TESTS_FUZZ_SKETCH_H
#define TESTS_FUZZ_SKETCH_H

#include "tests/fuzz/chance.h"

#include <stdbool.h>
#include <stddef.h>

enum { SKETCH_ELEMENTS_MOST = 1024 };

/* A tensor of the network: [N, C, H, W], [N, T, F] or [N, F], or numbers [N, ...]. */
struct place {
    int tensor; /* "t<number>" */
    int rank;   /* with the batch */
    int dims[5];
    bool is_turned; /* [T, N, F] in the file; `dims` are as if the batch were first */
};

struct sketch {
    struct chance chance;
    char *text; /* owned */
    size_t used, room;
    int opset;
    int tensors, constants, nodes;
    struct place input;
    bool has_channels_last; /* the input is [N, H, W, C] */
    int vocabulary;         /* the input is numbers of so many rows; 0: floats */
    int classes;
};

/* Adds text. */
void sketch_say(struct sketch *sketch, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A new tensor of the shape of another. */
struct place sketch_like(struct sketch *sketch, struct place from);

/* Constants; each gives its number, called "c<number>". */
int sketch_floats(struct sketch *sketch, const char *dims, const double *values,
                  int count);
int sketch_float(struct sketch *sketch, double value);
int sketch_integers(struct sketch *sketch, const int *values, int count);

/* The same numbers [count] as a constant, sometimes one that nodes of the file work out. */
int sketch_disguised(struct sketch *sketch, int constant, int count);

/* Random weights, count of them in runs of `run` for each output channel; some channels are zero, faint
 * or large. */
int sketch_weights(struct sketch *sketch, const char *dims, int count, int run);

/* The end of a node line: its name. */
void sketch_name(struct sketch *sketch);

/* Draws a network from [N, ...] to logits; its text is for the caller to free. */
void sketch_draw(struct sketch *sketch, uint64_t seed);

/* Blocks (sketch_blocks.c): layers from a tensor to another. Some need height and width. */
struct place sketch_image_block(struct sketch *sketch, struct place from);
struct place sketch_flat_block(struct sketch *sketch, struct place from);
struct place sketch_sequence_block(struct sketch *sketch, struct place from);
struct place sketch_flatten(struct sketch *sketch, struct place from);

/* Layers (sketch_layers.c). */
struct place sketch_conv(struct sketch *sketch, struct place from, bool keeps_shape);
struct place sketch_conv_transpose(struct sketch *sketch, struct place from);
struct place sketch_product(struct sketch *sketch, struct place from, int outputs);
struct place sketch_norm(struct sketch *sketch, struct place from);
struct place sketch_affine(struct sketch *sketch, struct place from);
struct place sketch_clamp(struct sketch *sketch, struct place from);
struct place sketch_scaled(struct sketch *sketch, struct place from);

/* Products of two tensors (sketch_attention.c): of a sequence, of an image. */
struct place sketch_attention(struct sketch *sketch, struct place from);
struct place sketch_gram(struct sketch *sketch, struct place from);

/* LSTM, GRU and RNN (sketch_recurrent.c): of a sequence. */
struct place sketch_recurrent(struct sketch *sketch, struct place from);

/* Gates and curves (sketch_gates.c). */
struct place sketch_gate(struct sketch *sketch, struct place from);

/* Pools (sketch_pools.c). */
struct place sketch_pool(struct sketch *sketch, struct place from);

/* Rows (sketch_rows.c): of the same shape; an element for each. */
struct place sketch_rows(struct sketch *sketch, struct place from);
struct place sketch_reduction(struct sketch *sketch, struct place from);

/* Numbers as the input, and what they are looked up to (sketch_tables.c). */
struct place sketch_numbers(struct sketch *sketch);
struct place sketch_embedding(struct sketch *sketch, struct place from);

/* Moves (sketch_moves.c). */
struct place sketch_move(struct sketch *sketch, struct place from);
struct place sketch_reshape(struct sketch *sketch, struct place from, int rank,
                            const int *dims);

#endif
