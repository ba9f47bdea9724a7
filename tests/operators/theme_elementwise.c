/* theme_elementwise.c - one value in, one value out. */
#include "tests/operators/themes.h"

/* x of any shape, and the node from x to y as far as its operator. */
static void begin(struct trial *trial, const char *operator)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);

    trial_input_in(trial, "x", &shape, -8, 8);
    trial_say(trial, "node %s x -> y", operator);
}

/* Or the attribute is left out. */
static void maybe_say_real(struct trial *trial, const char *name, double low,
                           double high)
{
    if (trial_is(trial, 70))
        trial_say(trial, " %s=%.6f", name, trial_real(trial, low, high));
}

static void make_relu(struct trial *trial)
{
    begin(trial, "Relu");
}
static void make_sigmoid(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);

    trial_input_in(trial, "x", &shape, -8, 8);
    trial_say(trial, "node Sigmoid x -> sigmoid");
    trial_say_twice(trial, "sigmoid");
}
static void make_tanh(struct trial *trial)
{
    begin(trial, "Tanh");
}
static void make_softplus(struct trial *trial)
{
    begin(trial, "Softplus");
}
static void make_hard_swish(struct trial *trial)
{
    begin(trial, "HardSwish");
}
static void make_identity(struct trial *trial)
{
    begin(trial, "Identity");
}

static void make_elu(struct trial *trial)
{
    begin(trial, "Elu");
    maybe_say_real(trial, "alpha", 0, 2);
}

static void make_leaky_relu(struct trial *trial)
{
    begin(trial, "LeakyRelu");
    maybe_say_real(trial, "alpha", 0, 2);
}

static void make_hard_sigmoid(struct trial *trial)
{
    begin(trial, "HardSigmoid");
    maybe_say_real(trial, "alpha", 0, 1);
    maybe_say_real(trial, "beta", -1, 1);
}

/* x in [low, high], and the node from x to y. */
static void begin_in(struct trial *trial, const char *operator, double low, double high)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);

    trial_input_in(trial, "x", &shape, low, high);
    trial_say(trial, "node %s x -> y", operator);
}

static void make_abs(struct trial *trial)
{
    begin(trial, "Abs");
}
static void make_ceil(struct trial *trial)
{
    begin(trial, "Ceil");
}
static void make_cos(struct trial *trial)
{
    begin(trial, "Cos");
}
static void make_erf(struct trial *trial)
{
    begin(trial, "Erf");
}
static void make_exp(struct trial *trial)
{
    begin(trial, "Exp");
}
static void make_floor(struct trial *trial)
{
    begin(trial, "Floor");
}
static void make_log(struct trial *trial)
{
    begin_in(trial, "Log", .001, 20);
}
static void make_mish(struct trial *trial)
{
    begin(trial, "Mish");
}
static void make_neg(struct trial *trial)
{
    begin(trial, "Neg");
}
static void make_reciprocal(struct trial *trial)
{
    begin_in(trial, "Reciprocal", .1, 8);
}
static void make_round(struct trial *trial)
{
    begin(trial, "Round");
}
static void make_sign(struct trial *trial)
{
    begin(trial, "Sign");
}
static void make_sin(struct trial *trial)
{
    begin(trial, "Sin");
}
static void make_softsign(struct trial *trial)
{
    begin(trial, "Softsign");
}
static void make_sqrt(struct trial *trial)
{
    begin_in(trial, "Sqrt", 0, 8);
}

static void make_celu(struct trial *trial)
{
    begin(trial, "Celu");
    maybe_say_real(trial, "alpha", .1, 2);
}

static void make_selu(struct trial *trial)
{
    begin(trial, "Selu");
    maybe_say_real(trial, "alpha", 0, 2);
    maybe_say_real(trial, "gamma", 0, 2);
}

static void make_thresholded_relu(struct trial *trial)
{
    begin(trial, "ThresholdedRelu");
    maybe_say_real(trial, "alpha", -2, 2);
}

/* ONNX Runtime finds it in no newer opset. */
static void make_swish(struct trial *trial)
{
    trial_say(trial, "opset 24\n");
    begin(trial, "Swish");
    maybe_say_real(trial, "alpha", -1, 2);
}

static void make_gelu(struct trial *trial)
{
    begin(trial, "Gelu");
    if (trial_is(trial, 70))
        trial_say(trial, " approximate=%s", trial_is(trial, 50) ? "tanh" : "none");
}

/* Slopes: one, or one for each of what is left of the dimensions. */
static void make_prelu(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5), slopes;
    int dropped = trial_between(trial, 1, shape.rank);

    trial_input_in(trial, "x", &shape, -8, 8);
    slopes = trial_dims(shape.rank - dropped, shape.dims + dropped);
    for (int i = 0; i < slopes.rank; i++)
        slopes.dims[i] = trial_is(trial, 40) ? 1 : slopes.dims[i];
    trial_floats_in(trial, "slope", &slopes, -1, 1);
    trial_say(trial, "node PRelu x slope -> y");
}

/* Bounds are attributes before opset 11, and inputs that may be left out from there on. */
static void make_clip(struct trial *trial)
{
    struct trial_shape scalar = {.rank = 0}, shape = trial_shape(trial, 2, 5);
    bool has_low = trial_is(trial, 70), has_high = trial_is(trial, 70);

    trial_input_in(trial, "x", &shape, -8, 8);
    if (trial->opset < 11) {
        trial_say(trial, "node Clip x -> y");
        if (has_low)
            trial_say(trial, " min=%.6f", trial_real(trial, -4, 0));
        if (has_high)
            trial_say(trial, " max=%.6f", trial_real(trial, 0, 4));
        return;
    }
    trial_floats_in(trial, "low", &scalar, -4, 0);
    trial_floats_in(trial, "high", &scalar, 0, 4);
    trial_say(trial, "node Clip x %s %s -> y", has_low ? "low" : ".",
              has_high ? "high" : ".");
}

/* Before opset 14 it may have names of outputs that only training makes. */
static void make_batch_normalization(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);
    struct trial_shape channels = trial_dims(1, &shape.dims[1]);

    trial_input(trial, "x", &shape);
    trial_floats(trial, "scale", &channels);
    trial_floats(trial, "shift", &channels);
    trial_floats(trial, "mean", &channels);
    trial_floats_in(trial, "variance", &channels, .25, 4);
    trial_say(trial, "node BatchNormalization x scale shift mean variance -> y");
    maybe_say_real(trial, "epsilon", .00001, .1);
    maybe_say_real(trial, "momentum", 0, 1);
}

/* Nothing, when no training is done; its ratio is an attribute before opset 12. */
static void make_dropout(struct trial *trial)
{
    begin(trial, "Dropout");
    if (trial->opset < 12)
        maybe_say_real(trial, "ratio", 0, 1);
}

const struct operator_trial elementwise_trials[] = {
    {"Abs", 7, make_abs},
    {"BatchNormalization", 7, make_batch_normalization},
    {"Ceil", 7, make_ceil},
    {"Celu", 12, make_celu},
    {"Clip", 7, make_clip},
    {"Cos", 7, make_cos},
    {"Dropout", 7, make_dropout},
    {"Elu", 7, make_elu},
    {"Erf", 9, make_erf},
    {"Exp", 7, make_exp},
    {"Floor", 7, make_floor},
    {"Gelu", 20, make_gelu},
    {"HardSigmoid", 7, make_hard_sigmoid},
    {"HardSwish", 14, make_hard_swish},
    {"Identity", 7, make_identity},
    {"LeakyRelu", 7, make_leaky_relu},
    {"Log", 7, make_log},
    {"Mish", 18, make_mish},
    {"Neg", 7, make_neg},
    {"PRelu", 7, make_prelu},
    {"Reciprocal", 7, make_reciprocal},
    {"Relu", 7, make_relu},
    {"Round", 11, make_round},
    {"Selu", 7, make_selu},
    {"Sigmoid", 7, make_sigmoid},
    {"Sign", 9, make_sign},
    {"Sin", 7, make_sin},
    {"Softplus", 7, make_softplus},
    {"Softsign", 7, make_softsign},
    {"Sqrt", 7, make_sqrt},
    {"Swish", 24, make_swish},
    {"Tanh", 7, make_tanh},
    {"ThresholdedRelu", 10, make_thresholded_relu},
    {NULL, 0, NULL}};
