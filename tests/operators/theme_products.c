/* theme_products.c - products of matrices, and the codes that their sides may be. */
#include "tests/operators/themes.h"

#include <string.h>

static void make_gemm(struct trial *trial)
{
    int inner = trial_between(trial, 1, 20), outer = trial_between(trial, 1, 20);
    bool transposes = trial_is(trial, 60), has_bias = trial_is(trial, 70);
    int biases[] = {trial_is(trial, 30) ? 1 : outer};
    struct trial_shape x = trial_dims(2, (int[]){trial->batch, inner});
    struct trial_shape w = transposes ? trial_dims(2, (int[]){outer, inner})
                                      : trial_dims(2, (int[]){inner, outer});
    struct trial_shape bias = trial_dims(trial_is(trial, 20) ? 0 : 1, biases);

    trial_input(trial, "x", &x);
    trial_floats(trial, "w", &w);
    if (has_bias || trial->opset < 11)
        trial_floats(trial, "bias", &bias);
    trial_say(trial, "node Gemm x w %s -> y",
              has_bias || trial->opset < 11 ? "bias" : "");
    if (transposes)
        trial_say(trial, " transB=1");
    if (trial_is(trial, 30))
        trial_say(trial, " alpha=%.6f", trial_real(trial, -2, 2));
    if (trial_is(trial, 30))
        trial_say(trial, " beta=%.6f", trial_real(trial, -2, 2));
}

/* [N, ..., K] by constant weights [K, M]. */
static void make_matmul(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);
    struct trial_shape weights =
        trial_dims(2, (int[]){shape.dims[shape.rank - 1], trial_between(trial, 1, 12)});

    trial_input(trial, "x", &shape);
    trial_floats(trial, "w", &weights);
    trial_say(trial, "node MatMul x w -> y");
}

/* A constant matrix by [N, ..., K, M]. */
static void make_matmul_left(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 3, 5);
    struct trial_shape weights =
        trial_dims(2, (int[]){trial_between(trial, 1, 12), shape.dims[shape.rank - 2]});

    trial_input(trial, "x", &shape);
    trial_floats(trial, "w", &weights);
    trial_say(trial, "node MatMul w x -> y");
}

/* Shapes of two sides that fit; dimensions before the last two may be one on either side. */
static void draw_sides(struct trial *trial, struct trial_shape sides[2])
{
    int last, inner = trial_between(trial, 1, 9);

    sides[0] = trial_shape(trial, 3, 6);
    last = sides[0].rank - 1;
    sides[0].dims[last] = inner;
    sides[1] = sides[0];
    sides[1].dims[last - 1] = inner;
    sides[1].dims[last] = trial_between(trial, 1, 9);
    for (int i = 1; i < last - 1; i++)
        if (trial_is(trial, 25))
            sides[trial_is(trial, 50)].dims[i] = 1;
}

static void make_matmul_tensors(struct trial *trial)
{
    struct trial_shape sides[2];

    draw_sides(trial, sides);
    trial_input(trial, "a", &sides[0]);
    trial_input(trial, "b", &sides[1]);
    trial_say(trial, "node MatMul a b -> y");
}

/* Letters of both sides and of the output in random order, the batch first. */
static void shuffle(struct trial *trial, char *letters, int count)
{
    for (int i = count - 1; i > 1; i--) {
        int other = trial_between(trial, 1, i);
        char letter = letters[i];

        letters[i] = letters[other];
        letters[other] = letter;
    }
}

static struct trial_shape shape_of(const char *letters, int batch, const int sizes[26])
{
    struct trial_shape shape = {.rank = 0};

    for (int i = 0; letters[i]; i++)
        shape.dims[shape.rank++] = i == 0 ? batch : sizes[letters[i] - 'a'];
    return shape;
}

static void make_einsum(struct trial *trial)
{
    int heads = trial_between(trial, 0, 2), sizes[26];
    char sides[3][8] = {"b", "b", "b"};
    static const char *const last[] = {"id", "dj", "ij"};

    for (int i = 0; i < 26; i++)
        sizes[i] = trial_between(trial, 1, 7);
    for (int i = 0; i < 3; i++) {
        struct trial_shape shape;
        int used = 1 + heads;

        memcpy(sides[i] + 1, "gh", (size_t)heads);
        memcpy(sides[i] + used, last[i], 3);
        shuffle(trial, sides[i], used + 2);
        shape = shape_of(sides[i], trial->batch, sizes);
        if (i < 2)
            trial_input(trial, i == 0 ? "p" : "q", &shape);
    }
    trial_say(trial, "node Einsum p q -> y equation=%s,%s->%s", sides[0], sides[1],
              sides[2]);
}

/* ---- codes ---- */

/* Codes of weights with a step for all, or from opset 13 on for each output. */
static void make_dequantize_linear(struct trial *trial)
{
    int inner = trial_between(trial, 1, 12), outer = trial_between(trial, 1, 12);
    bool has_steps = trial->opset >= 13 && trial_is(trial, 50);
    struct trial_shape x = trial_dims(2, (int[]){trial->batch, inner});
    struct trial_shape steps = trial_dims(has_steps ? 1 : 0, &outer);

    trial_input(trial, "x", &x);
    trial_say(trial, "int8 codes %d,%d =", inner, outer);
    for (int i = 0; i < inner * outer; i++)
        trial_say(trial, " %d", trial_between(trial, -128, 127));
    trial_say(trial, "\n");
    trial_floats_in(trial, "steps", &steps, .01, .5);
    trial_say(trial, "node DequantizeLinear codes steps -> w%s\n",
              has_steps ? " axis=1" : "");
    trial_say(trial, "node MatMul x w -> y");
}

const struct operator_trial products_trials[] = {
    {"DequantizeLinear", 10, make_dequantize_linear},
    {"Einsum", 12, make_einsum},
    {"Gemm", 7, make_gemm},
    {"MatMul", 7, make_matmul},
    {"MatMul-left", 7, make_matmul_left},
    {"MatMul-tensors", 7, make_matmul_tensors},
    {NULL, 0, NULL}};
