/* theme_movements.c - what moves values of computed tensors further: parts, repetitions, the batch. */
#include "tests/operators/themes.h"

/* ---- parts ---- */

/* Outputs a, b, c ... of which all, or the first, are needed. */
static void say_parts(struct trial *trial, int count)
{
    for (int i = 0; i < count; i++)
        trial_say(trial, " %c", 'a' + i);
}

/* Parts of equal size, or of any: an attribute before opset 13, an input since. */
static void make_split(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 5);
    int axis = trial_between(trial, 1, shape.rank - 1);
    int count = trial_between(trial, 1, 3), sizes[3], sum = 0;
    bool is_equal = trial_is(trial, 40);

    for (int i = 0; i < count; i++) {
        sizes[i] = is_equal && i ? sizes[0] : trial_between(trial, 1, 3);
        sum += sizes[i];
    }
    shape.dims[axis] = sum;
    trial_input(trial, "x", &shape);
    if (!is_equal && trial->opset >= 13)
        trial_integers(trial, "sizes", sizes, count);
    trial_say(trial, "node Split x%s ->",
              !is_equal && trial->opset >= 13 ? " sizes" : "");
    say_parts(trial, count);
    trial_say(trial, " axis=%d", trial_is(trial, 30) ? axis - shape.rank : axis);
    if (!is_equal && trial->opset < 13)
        trial_say_list(trial, "split", sizes, count);
    if (is_equal && trial->opset >= 18)
        trial_say(trial, " num_outputs=%d", count);
    if (trial_is(trial, 30)) {
        trial_say(trial, "\nnode Identity %c -> y", 'a' + count - 1);
        return;
    }
    trial_say(trial, "\nnode Concat");
    for (int i = count - 1; i >= 0; i--)
        trial_say(trial, " %c", 'a' + i);
    trial_say(trial, " -> y axis=%d", axis);
}

/* One index, a list of them, or a table, along any axis but the batch. */
static void make_gather(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 4), table;
    int axis = trial_between(trial, 1, shape.rank - 1), size = shape.dims[axis];
    int indices[6], count = trial_between(trial, 1, 6);
    int low = trial->opset >= 11 ? -size : 0;

    for (int i = 0; i < count; i++)
        indices[i] = trial_between(trial, low, size - 1);
    trial_input(trial, "x", &shape);
    table = trial_dims(1, &count);
    if (trial_is(trial, 30))
        trial_integer(trial, "i", indices[0]);
    else
        trial_integers(trial, "i", indices, table.dims[0]);
    trial_say(trial, "node Gather x i -> y axis=%d",
              trial_is(trial, 30) ? axis - shape.rank : axis);
}

/* ---- repetitions ---- */

static void make_expand(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 4);
    int wanted[TRIAL_RANK_MAX], first = trial_between(trial, 1, shape.rank - 1);

    for (int i = 1; i < shape.rank; i++) {
        wanted[i] = trial_is(trial, 30) ? 1 : shape.dims[i];
        if (trial_is(trial, 50)) {
            shape.dims[i] = 1;
            wanted[i] = trial_between(trial, 1, 4);
        }
    }
    trial_input(trial, "x", &shape);
    trial_integers(trial, "dims", wanted + first, shape.rank - first);
    trial_say(trial, "node Expand x dims -> y");
}

static void make_tile(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 2, 4);
    int repeats[TRIAL_RANK_MAX] = {1};

    for (int i = 1; i < shape.rank; i++)
        repeats[i] = trial_between(trial, 1, 3);
    trial_input(trial, "x", &shape);
    trial_integers(trial, "repeats", repeats, shape.rank);
    trial_say(trial, "node Tile x repeats -> y");
}

/* A border that is a mirror image, the edge, or the other end. */
static void make_pad(struct trial *trial)
{
    static const char *const modes[] = {"reflect", "edge", "wrap"};
    struct trial_shape shape = trial_shape(trial, 3, 4);
    int pads[2 * TRIAL_RANK_MAX] = {0};
    int mode = trial_between(trial, 0, trial->opset >= 19 ? 2 : 1);

    for (int i = 1; i < shape.rank; i++)
        for (int end = 0; end < 2; end++) {
            int most = mode == 0 ? shape.dims[i] - 1 : shape.dims[i];

            pads[i + end * shape.rank] = trial_between(trial, 0, most > 3 ? 3 : most);
        }
    trial_input(trial, "x", &shape);
    if (trial->opset >= 11)
        trial_integers(trial, "pads", pads, 2 * shape.rank);
    trial_say(trial, "node Pad x%s -> y mode=%s", trial->opset >= 11 ? " pads" : "",
              modes[mode]);
    if (trial->opset < 11)
        trial_say_list(trial, "pads", pads, 2 * shape.rank);
}

/* A constant in front of the tokens of each sample. */
static void make_token(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 3, 3), token;

    token = trial_dims(3, (int[]){1, 1, shape.dims[2]});
    trial_input(trial, "x", &shape);
    trial_floats(trial, "token", &token);
    trial_integers(trial, "first", (int[]){0}, 1);
    trial_integers(trial, "rest", (int[]){1, shape.dims[2]}, 2);
    trial_say(trial, "node Shape x -> dims\nnode Gather dims first -> n\n"
                     "node Concat n rest -> wanted axis=0\n"
                     "node Expand token wanted -> tokens\n"
                     "node Concat tokens x -> y axis=1");
}

/* ---- blocks and sizes of images ---- */

static void make_depth_to_space(struct trial *trial)
{
    int block = trial_between(trial, 1, 3);
    int dims[] = {trial->batch, block * block * trial_between(trial, 1, 3),
                  trial_between(trial, 1, 3), trial_between(trial, 1, 3)};
    struct trial_shape shape = trial_dims(4, dims);

    trial_input(trial, "x", &shape);
    trial_say(trial, "node DepthToSpace x -> y blocksize=%d%s", block,
              trial->opset >= 11 && trial_is(trial, 50) ? " mode=CRD" : "");
}

static void make_space_to_depth(struct trial *trial)
{
    int block = trial_between(trial, 1, 3);
    int dims[] = {trial->batch, trial_between(trial, 1, 3),
                  block * trial_between(trial, 1, 3),
                  block * trial_between(trial, 1, 3)};
    struct trial_shape shape = trial_dims(4, dims);

    trial_input(trial, "x", &shape);
    trial_say(trial, "node SpaceToDepth x -> y blocksize=%d", block);
}

/* Some scales that computers hold exactly, others not. */
static float draw_scale(struct trial *trial)
{
    static const float scales[] = {1, 2, 3, 1.5f, .5f, 1.3f, .75f, 2.4f};

    return scales[trial_between(trial, 0, 7)];
}

static void say_scales(struct trial *trial, int size, bool is_up)
{
    trial_say(trial, "floats scales 4 = 1 1");
    for (int i = 0; i < 2; i++) {
        float scale = draw_scale(trial);

        if (scale * (float)size < 1 || (is_up && scale < 1))
            scale = 2;
        trial_say(trial, " %.6f", (double)scale);
    }
    trial_say(trial, "\n");
}

/* The regions, which no mode asks for here: left out since opset 13, empty before. */
static const char *say_regions(struct trial *trial)
{
    if (trial->opset >= 13)
        return ".";
    trial_say(trial, "floats regions 0\n");
    return "regions";
}

static const char *draw_mode(struct trial *trial)
{
    return trial_is(trial, 50)   ? " mode=linear"
           : trial_is(trial, 50) ? " mode=nearest"
                                 : "";
}

static void say_coordinates(struct trial *trial)
{
    static const char *const modes[] = {"half_pixel", "pytorch_half_pixel",
                                        "align_corners", "asymmetric",
                                        "half_pixel_symmetric"};
    static const char *const nearest[] = {"round_prefer_floor", "round_prefer_ceil",
                                          "floor", "ceil"};
    int last = trial->opset >= 19 ? 4 : 3;

    if (trial_is(trial, 80))
        trial_say(trial, " coordinate_transformation_mode=%s",
                  modes[trial_between(trial, 0, last)]);
    if (trial_is(trial, 60))
        trial_say(trial, " nearest_mode=%s", nearest[trial_between(trial, 0, 3)]);
}

/* Before opset 11 scales are the second input, since then the third, and sizes the fourth. */
static void make_resize(struct trial *trial)
{
    int dims[] = {trial->batch, trial_between(trial, 1, 4), trial_between(trial, 2, 6),
                  trial_between(trial, 2, 6)};
    struct trial_shape shape = trial_dims(4, dims);
    bool has_sizes = trial->opset >= 18 && trial_is(trial, 50);

    trial_input(trial, "x", &shape);
    if (has_sizes)
        trial_integers(trial, "sizes",
                       (int[]){trial_between(trial, 1, 9), trial_between(trial, 1, 9)},
                       2);
    else
        say_scales(trial, 2, trial->opset < 11);
    if (trial->opset < 11) {
        trial_say(trial, "node Resize x scales -> y%s", draw_mode(trial));
        return;
    }
    if (has_sizes)
        trial_say(trial, "node Resize x . . sizes -> y axes=2,3%s", draw_mode(trial));
    else
        trial_say(trial, "node Resize x %s scales -> y%s", say_regions(trial),
                  draw_mode(trial));
    say_coordinates(trial);
}

/* Only opsets before 10 have it. */
static void make_upsample(struct trial *trial)
{
    int dims[] = {trial->batch, trial_between(trial, 1, 4), trial_between(trial, 2, 6),
                  trial_between(trial, 2, 6)};
    struct trial_shape shape = trial_dims(4, dims);

    trial_input(trial, "x", &shape);
    if (trial->opset > 9) {
        say_scales(trial, 2, true);
        trial_say(trial, "node Resize x %s scales -> y%s",
                  trial->opset < 11 ? "" : say_regions(trial), draw_mode(trial));
        return;
    }
    say_scales(trial, 2, true);
    trial_say(trial, "node Upsample x scales -> y%s", draw_mode(trial));
}

/* ---- the batch ---- */

/* Steps in front of the batch, and back. */
static void make_steps(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 3, 3), weights;

    weights = trial_dims(2, (int[]){shape.dims[2], 3});
    if (trial_is(trial, 50)) {
        trial_input(trial, "x", &shape);
        trial_say(trial, "node Transpose x -> s perm=1,0,2\n");
    } else {
        int batch = shape.dims[0];

        shape.dims[0] = shape.dims[1] > 1 ? shape.dims[1] : 2;
        shape.dims[1] = batch;
        trial->is_fixed = false;
        trial_input_batch_at(trial, "s", &shape, 1);
    }
    trial_floats(trial, "w", &weights);
    trial_say(trial,
              "node MatMul s w -> m\nnode Relu m -> r\n"
              "node Transpose r -> y perm=1,%s",
              trial_is(trial, 50) ? "0,2" : "2,0\nnode Transpose y -> z perm=0,2,1");
}

/* Rows are folded with the batch, multiplied, and unfolded. */
static void make_rows(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 3, 4);
    int rank = shape.rank, width = shape.dims[rank - 1], dims[TRIAL_RANK_MAX];
    struct trial_shape weights = trial_dims(2, (int[]){width, 4});

    trial_input(trial, "x", &shape);
    trial_floats(trial, "w", &weights);
    trial_integers(trial, "rows", (int[]){-1, width}, 2);
    for (int i = 0; i < rank; i++)
        dims[i] = i == 0 ? -1 : i == rank - 1 ? 4 : shape.dims[i];
    trial_integers(trial, "back", dims, rank);
    trial_say(trial,
              "node Reshape x rows -> f\nnode %s f w -> g\nnode Relu g -> r\n"
              "node Reshape r back -> y",
              trial->opset >= 11 && trial_is(trial, 50) ? "Gemm" : "MatMul");
}

/* Windows of an image are folded with the batch, as Swin does, and come back. */
static void make_windows(struct trial *trial)
{
    int rows = trial_between(trial, 1, 3), columns = trial_between(trial, 1, 3);
    int width = trial_between(trial, 1, 4), window = trial_between(trial, 1, 3);
    int dims[] = {trial->batch, rows * window, columns * window, width};
    struct trial_shape shape = trial_dims(4, dims);

    trial_input(trial, "x", &shape);
    trial_integers(trial, "apart", (int[]){-1, rows, window, columns, window, width},
                   6);
    trial_integers(trial, "folded", (int[]){-1, window * window, width}, 3);
    trial_integers(trial, "back", (int[]){-1, rows, columns, window, window, width}, 6);
    trial_integers(trial, "whole", (int[]){-1, dims[1], dims[2], width}, 4);
    trial_say(trial, "node Reshape x apart -> a\n"
                     "node Transpose a -> t perm=0,1,3,2,4,5\n"
                     "node Reshape t folded -> f\n"
                     "node Transpose f -> u perm=0,2,1\nnode MatMul f u -> m\n"
                     "node MatMul m f -> o\nnode Reshape o back -> b\n"
                     "node Transpose b -> c perm=0,1,3,2,4,5\n"
                     "node Reshape c whole -> y");
}

/* Heads are folded with a batch behind the steps, as attention of torch does. */
static void make_heads(struct trial *trial)
{
    struct trial_shape shape = trial_shape(trial, 3, 3);
    int heads = trial_between(trial, 1, 3), steps = shape.dims[1];
    int width = trial_between(trial, 1, 4);

    shape.dims[2] = heads * width;
    trial_input(trial, "x", &shape);
    trial_integers(trial, "apart", (int[]){steps, -1, width}, 3);
    trial_integers(trial, "back", (int[]){steps, -1, heads * width}, 3);
    trial_say(trial, "node Transpose x -> s perm=1,0,2\nnode Reshape s apart -> a\n"
                     "node Transpose a -> h perm=1,0,2\nnode Transpose h -> t "
                     "perm=0,2,1\nnode MatMul h t -> m\nnode Softmax m -> p axis=2\n"
                     "node MatMul p h -> o\nnode Transpose o -> q perm=1,0,2\n"
                     "node Reshape q back -> b\nnode Transpose b -> y perm=1,0,2");
}

const struct operator_trial movements_trials[] = {
    {"DepthToSpace", 7, make_depth_to_space},
    {"SpaceToDepth", 7, make_space_to_depth},
    {"Resize", 10, make_resize},
    {"Upsample", 9, make_upsample},
    {"Split", 7, make_split},
    {"Gather-tensor", 7, make_gather},
    {"Expand-tensor", 8, make_expand},
    {"Tile", 7, make_tile},
    {"Pad-mode", 7, make_pad},
    {"Concat-token", 8, make_token},
    {"Transpose-steps", 7, make_steps},
    {"Reshape-rows", 7, make_rows},
    {"Reshape-windows", 7, make_windows},
    {"Reshape-heads", 7, make_heads},
    {NULL, 0, NULL}};
