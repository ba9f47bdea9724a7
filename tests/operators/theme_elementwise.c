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
    {"BatchNormalization", 7, make_batch_normalization},
    {"Clip", 7, make_clip},
    {"Dropout", 7, make_dropout},
    {"Elu", 7, make_elu},
    {"HardSigmoid", 7, make_hard_sigmoid},
    {"HardSwish", 14, make_hard_swish},
    {"Identity", 7, make_identity},
    {"LeakyRelu", 7, make_leaky_relu},
    {"Relu", 7, make_relu},
    {"Sigmoid", 7, make_sigmoid},
    {"Softplus", 7, make_softplus},
    {"Tanh", 7, make_tanh},
    {NULL, 0, NULL}};
