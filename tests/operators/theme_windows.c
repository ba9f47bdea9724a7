/* theme_windows.c - windows over an image, and what is made of all of it. */
#include "tests/operators/themes.h"

struct drawn_window {
    int axes; /* of the image */
    int kernel[3], strides[3], dilations[3], pads[6];
    bool has_strides, has_dilations, has_pads;
    const char *auto_pad; /* or NULL */
};

static int reach(const struct drawn_window *window, int axis)
{
    return (window->kernel[axis] - 1) * window->dilations[axis] + 1;
}

/* A window over an image with that many axes; `pads_most` of its reach less one. */
static struct drawn_window draw_window(struct trial *trial, int axes)
{
    static const char *const auto_pads[] = {"SAME_UPPER", "SAME_LOWER", "VALID",
                                            "NOTSET", NULL};
    struct drawn_window window = {.axes = axes,
                                  .has_strides = trial_is(trial, 60),
                                  .has_dilations = trial_is(trial, 40),
                                  .has_pads = trial_is(trial, 50)};

    for (int i = 0; i < axes; i++) {
        window.kernel[i] = trial_between(trial, 1, 4);
        window.strides[i] = window.has_strides ? trial_between(trial, 1, 3) : 1;
        window.dilations[i] = window.has_dilations ? trial_between(trial, 1, 2) : 1;
    }
    for (int i = 0; i < 2 * axes && window.has_pads; i++)
        window.pads[i] = trial_between(trial, 0, window.kernel[i % axes] - 1);
    if (!window.has_pads && trial_is(trial, 40))
        window.auto_pad = chance_word(&trial->chance, auto_pads);
    return window;
}

/* [N, channels, ...] into which the window fits. */
static struct trial_shape draw_image(struct trial *trial,
                                     const struct drawn_window *window, int channels)
{
    struct trial_shape shape = {.rank = 2 + window->axes,
                                .dims = {trial->batch, channels}};

    for (int i = 0; i < window->axes; i++)
        shape.dims[2 + i] =
            reach(window, i) + trial_between(trial, 0, window->axes == 3 ? 3 : 6);
    return shape;
}

static void say_window(struct trial *trial, const struct drawn_window *window)
{
    if (window->has_strides)
        trial_say_list(trial, "strides", window->strides, window->axes);
    if (window->has_dilations)
        trial_say_list(trial, "dilations", window->dilations, window->axes);
    if (window->has_pads)
        trial_say_list(trial, "pads", window->pads, 2 * window->axes);
    if (window->auto_pad)
        trial_say(trial, " auto_pad=%s", window->auto_pad);
}

static int draw_axes(struct trial *trial)
{
    return trial_is(trial, 50) ? 2 : trial_is(trial, 60) ? 1 : 3;
}

/* ---- convolutions ---- */

/* [outputs, channels of a group, ...]; groups may be one, some, or one a channel. */
static struct trial_shape draw_weights(struct trial *trial,
                                       const struct drawn_window *window, int *groups)
{
    struct trial_shape weights = {.rank = 2 + window->axes};

    *groups = trial_is(trial, 60) ? 1 : trial_between(trial, 2, 4);
    weights.dims[0] = *groups * trial_between(trial, 1, 4);
    weights.dims[1] =
        *groups > 1 && trial_is(trial, 50) ? 1 : trial_between(trial, 1, 5);
    for (int i = 0; i < window->axes; i++)
        weights.dims[2 + i] = window->kernel[i];
    return weights;
}

static void make_conv(struct trial *trial)
{
    struct drawn_window window = draw_window(trial, draw_axes(trial));
    struct trial_shape weights, image;
    bool has_bias = trial_is(trial, 60);
    int groups;

    weights = draw_weights(trial, &window, &groups);
    image = draw_image(trial, &window, groups * weights.dims[1]);
    trial_input(trial, "x", &image);
    trial_floats(trial, "w", &weights);
    if (has_bias) {
        struct trial_shape bias = trial_dims(1, weights.dims);

        trial_floats(trial, "bias", &bias);
    }
    trial_say(trial, "node Conv x w %s -> y", has_bias ? "bias" : "");
    if (groups > 1 || trial_is(trial, 30))
        trial_say(trial, " group=%d", groups);
    if (trial_is(trial, 50))
        trial_say_list(trial, "kernel_shape", window.kernel, window.axes);
    say_window(trial, &window);
}

/* A shape that is asked for, of what the products and output_padding make, or a little less. */
static void say_output(struct trial *trial, const struct drawn_window *window,
                       const struct trial_shape *image)
{
    int padding[3] = {0}, shape[3];
    bool has_shape = trial_is(trial, 30);

    for (int i = 0; i < window->axes; i++) {
        int most = window->strides[i] > window->dilations[i] ? window->strides[i]
                                                             : window->dilations[i];
        int all;

        padding[i] = trial_between(trial, 0, most - 1);
        all = (image->dims[2 + i] - 1) * window->strides[i] + padding[i] +
              reach(window, i);
        shape[i] = trial_between(trial, all > 3 ? all - 2 : 1, all);
    }
    if (trial_is(trial, 40))
        trial_say_list(trial, "output_padding", padding, window->axes);
    if (has_shape)
        trial_say_list(trial, "output_shape", shape, window->axes);
}

static void make_conv_transpose(struct trial *trial)
{
    struct drawn_window window = draw_window(trial, draw_axes(trial));
    struct trial_shape weights, image, bias;
    bool has_bias = trial_is(trial, 60);
    int groups, outputs;

    weights = draw_weights(trial, &window, &groups);
    outputs = weights.dims[1] * groups;
    image = draw_image(trial, &window, weights.dims[0]);
    bias = trial_dims(1, &outputs);
    trial_input(trial, "x", &image);
    trial_floats(trial, "w", &weights);
    if (has_bias)
        trial_floats(trial, "bias", &bias);
    trial_say(trial, "node ConvTranspose x w %s -> y", has_bias ? "bias" : "");
    if (groups > 1 || trial_is(trial, 30))
        trial_say(trial, " group=%d", groups);
    if (trial_is(trial, 50))
        trial_say_list(trial, "kernel_shape", window.kernel, window.axes);
    say_window(trial, &window);
    say_output(trial, &window, &image);
}

/* ---- pools ---- */

/* Windows of pools are dilated from opset `dilated_since` on, and have a ceil_mode from 10 on. */
static void make_pool(struct trial *trial, const char *operator, int dilated_since)
{
    struct drawn_window window = draw_window(trial, draw_axes(trial));
    struct trial_shape image;

    if (trial->opset < dilated_since)
        window.has_dilations = false;
    for (int i = 0; i < window.axes && !window.has_dilations; i++)
        window.dilations[i] = 1;
    image = draw_image(trial, &window, trial_between(trial, 1, 6));
    trial_input(trial, "x", &image);
    trial_say(trial, "node %s x -> y", operator);
    trial_say_list(trial, "kernel_shape", window.kernel, window.axes);
    say_window(trial, &window);
    if (trial->opset >= 10 && trial_is(trial, 40))
        trial_say(trial, " ceil_mode=1");
}

static void make_max_pool(struct trial *trial)
{
    make_pool(trial, "MaxPool", 10);
    if (trial->opset >= 8 && trial_is(trial, 20))
        trial_say(trial, " storage_order=0");
}

static void make_average_pool(struct trial *trial)
{
    make_pool(trial, "AveragePool", 19);
    if (trial_is(trial, 50))
        trial_say(trial, " count_include_pad=%d", trial_between(trial, 0, 1));
}

static void make_global(struct trial *trial, const char *operator)
{
    struct trial_shape shape = trial_shape(trial, 3, 5);

    trial_input(trial, "x", &shape);
    trial_say(trial, "node %s x -> y", operator);
}

static void make_global_average_pool(struct trial *trial)
{
    make_global(trial, "GlobalAveragePool");
}

static void make_global_max_pool(struct trial *trial)
{
    make_global(trial, "GlobalMaxPool");
}

const struct operator_trial windows_trials[] = {
    {"AveragePool", 7, make_average_pool},
    {"Conv", 7, make_conv},
    {"ConvTranspose", 7, make_conv_transpose},
    {"GlobalAveragePool", 7, make_global_average_pool},
    {"GlobalMaxPool", 7, make_global_max_pool},
    {"MaxPool", 7, make_max_pool},
    {NULL, 0, NULL}};
