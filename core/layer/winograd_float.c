#include "core/layer/winograd_float.h"

#include "core/kernel/vector_clones.h"

#include <math.h>

enum {
    OUTPUTS = 4,             /* of a tile, along the columns */
    TAPS = 3,                /* of a window row */
    POSITIONS = 6,           /* products of a tile */
    WINDOW_ROWS = 16,        /* at most */
    WEIGHTS_MOST = 1 << 18,  /* transformed */
    BAND_FLOATS = 96 * 1024, /* what stays in the second cache beside the weights */
};

/* 16 channels; they may lie anywhere. */
typedef float lanes __attribute__((vector_size(PANEL * sizeof(float)),
                                   aligned(sizeof(float)), may_alias));
typedef int32_t masks __attribute__((vector_size(PANEL * sizeof(float))));

bool winograd_float_suits(const struct conv_plan *plan, const struct weights *weights,
                          const struct window *window)
{
    return weights->groups == 1 && window->kernel_width == TAPS &&
           window->stride_width == 1 && window->dilation_width == 1 &&
           plan->columns >= OUTPUTS && plan->group_channels % PANEL == 0 &&
           weights->outputs % PANEL == 0 && plan->runs <= WINDOW_ROWS &&
           winograd_float_packed_count(plan, weights->outputs) <= WEIGHTS_MOST;
}

/* ---- weights -------------------------------------------------------------------------------- */

/* Elements of a position's chain. */
static int chain_count(const struct conv_plan *plan)
{
    return plan->taps_high * plan->group_channels;
}

size_t winograd_float_packed_count(const struct conv_plan *plan, int outputs)
{
    return POSITIONS * conv_f32_packed_count(outputs, chain_count(plan));
}

/* u = G g, rounded once. */
static void transform_weights(const double g[TAPS], float u[POSITIONS])
{
    u[0] = (float)(g[0] / 4);
    u[1] = (float)(-(g[0] + g[1] + g[2]) / 6);
    u[2] = (float)(-(g[0] - g[1] + g[2]) / 6);
    u[3] = (float)((g[0] + 2 * g[1] + 4 * g[2]) / 24);
    u[4] = (float)((g[0] - 2 * g[1] + 4 * g[2]) / 24);
    u[5] = (float)g[2];
}

void winograd_float_pack(const struct conv_plan *plan, int outputs, int channel,
                         const float *weights, float *packed)
{
    int inputs = plan->group_channels, count = chain_count(plan);
    size_t each = conv_f32_packed_count(outputs, count);

    for (int k = 0; k < count; k++) {
        const float *first = weights + k / inputs * TAPS * inputs + k % inputs;
        const double g[TAPS] = {first[0], first[inputs], first[2 * inputs]};
        float u[POSITIONS];

        transform_weights(g, u);
        for (int i = 0; i < POSITIONS; i++)
            packed[(size_t)i * each + conv_f32_at(count, channel, k)] = u[i];
    }
}

/* ---- room: transformed rows, then sums; [positions, rows, tiles, channels] each ------------- */

static int tiles_of(const struct conv_plan *plan)
{
    return (plan->columns + OUTPUTS - 1) / OUTPUTS;
}

/* Input rows from one output row to the next. */
static int row_stride(const struct conv_plan *plan)
{
    return (int)(plan->windows.row / plane_row(&plan->plane));
}

/* Input rows under so many output rows. */
static int input_rows(const struct conv_plan *plan, int rows)
{
    int last = plan->run_offsets[plan->runs - 1] / (int)plane_row(&plan->plane);

    return (rows - 1) * row_stride(plan) + last + 1;
}

static size_t input_floats(const struct conv_plan *plan, int rows)
{
    return (size_t)(POSITIONS * input_rows(plan, rows) * tiles_of(plan)) *
           (size_t)plan->group_channels;
}

static size_t sum_floats(const struct conv_plan *plan, int outputs, int rows)
{
    return (size_t)(POSITIONS * rows * tiles_of(plan)) * (size_t)outputs;
}

int winograd_float_band(const struct conv_plan *plan, int outputs)
{
    int rows = 1;

    while (rows < plan->rows &&
           input_floats(plan, rows + 1) + sum_floats(plan, outputs, rows + 1) <=
               BAND_FLOATS)
        rows++;
    return rows;
}

size_t winograd_float_room(const struct conv_plan *plan, int outputs)
{
    int rows = winograd_float_band(plan, outputs);

    return input_floats(plan, rows) + sum_floats(plan, outputs, rows);
}

/* ---- products ------------------------------------------------------------------------------- */

/* v = B^T d of one row, [positions, ..., tiles, channels] with `apart` floats from a position to the
 * next. What lies right of the row counts as zero. */
VECTOR_CLONES
static void transform_row(const float *row, int width, int channels, int tiles,
                          size_t apart, float *to)
{
    for (int tile = 0; tile < tiles; tile++)
        for (int channel = 0; channel < channels; channel += PANEL, to += PANEL) {
            lanes d[POSITIONS];

            for (int i = 0; i < POSITIONS; i++) {
                int column = tile * OUTPUTS + i;

                d[i] = column < width
                           ? *(const lanes *)(row + column * channels + channel)
                           : (lanes){0};
            }
            lanes even = d[4] - 4 * d[2], odd = d[3] - 4 * d[1];
            lanes low = d[4] - d[2], high = 2 * (d[3] - d[1]);

            *(lanes *)to = 4 * d[0] - 5 * d[2] + d[4];
            *(lanes *)(to + apart) = even + odd;
            *(lanes *)(to + 2 * apart) = even - odd;
            *(lanes *)(to + 3 * apart) = low + high;
            *(lanes *)(to + 4 * apart) = low - high;
            *(lanes *)(to + 5 * apart) = 4 * d[1] - 5 * d[3] + d[5];
        }
}

/* The chains of one position. */
static void multiply(const struct conv_plan *plan, const struct kernel_set *kernels,
                     int outputs, const float *packed, const float *input, int rows,
                     float *sums)
{
    ptrdiff_t tiles = tiles_of(plan), row = tiles * plan->group_channels;
    int32_t offsets[WINDOW_ROWS];

    for (int run = 0; run < plan->runs; run++)
        offsets[run] =
            (int32_t)(plan->run_offsets[run] / plane_row(&plan->plane) * row);
    kernels->conv_f32(&(struct conv_f32){
        .input = input,
        .windows = {.row = row_stride(plan) * row, .column = plan->group_channels},
        .samples = 1,
        .rows = rows,
        .columns = (int)tiles,
        .run_offsets = offsets,
        .runs = plan->runs,
        .run_length = plan->group_channels,
        .weights = packed,
        .channels = outputs,
        .epilogue = {.low = -INFINITY,
                     .high = INFINITY,
                     .out_f32 = sums,
                     .out = {.row = tiles * outputs, .column = outputs}},
    });
}

void winograd_float_rows(const struct conv_plan *plan, const struct kernel_set *kernels,
                         int outputs, const float *packed, const float *input, int rows,
                         float *room)
{
    const struct plane *plane = &plan->plane;
    int width = plane->left + plane->width + plane->right;
    size_t apart = input_floats(plan, rows) / POSITIONS;
    size_t row_floats = (size_t)tiles_of(plan) * (size_t)plan->group_channels;
    size_t each = conv_f32_packed_count(outputs, chain_count(plan));
    float *sums = room + input_floats(plan, rows);

    for (int row = 0; row < input_rows(plan, rows); row++)
        transform_row(input + row * plane_row(plane), width, plan->group_channels,
                      tiles_of(plan), apart, room + (size_t)row * row_floats);
    for (size_t i = 0; i < POSITIONS; i++)
        multiply(plan, kernels, outputs, packed + i * each, room + i * apart, rows,
                 sums + i * (sum_floats(plan, outputs, rows) / POSITIONS));
}

/* ---- finishing ------------------------------------------------------------------------------ */

/* What a vector of channels is finished with. */
struct finish_lanes {
    lanes scale, shift, low, high;
};

/* y = A^T m of one tile's channels, finished; `there` of the outputs exist. */
static inline __attribute__((always_inline)) void
finish_tile(const float *m, size_t apart, const struct finish_lanes *finish, int there,
            int channels, const float *residual, float *out)
{
    lanes m0 = *(const lanes *)m, m1 = *(const lanes *)(m + apart);
    lanes m2 = *(const lanes *)(m + 2 * apart), m3 = *(const lanes *)(m + 3 * apart);
    lanes m4 = *(const lanes *)(m + 4 * apart), m5 = *(const lanes *)(m + 5 * apart);
    lanes sum = m1 + m2, difference = m1 - m2;
    lanes far_sum = m3 + m4, far_difference = m3 - m4;
    lanes y[OUTPUTS] = {m0 + sum + far_sum, difference + 2 * far_difference,
                        sum + 4 * far_sum, difference + 8 * far_difference + m5};

    for (int i = 0; i < there; i++) {
        lanes v = y[i] * finish->scale + finish->shift;
        masks keeps;

        if (residual)
            v += *(const lanes *)(residual + i * channels);
        keeps = v > finish->low; /* NaN becomes low */
        v = (lanes)(((masks)v & keeps) | ((masks)finish->low & ~keeps));
        keeps = v < finish->high;
        *(lanes *)(out + i * channels) =
            (lanes)(((masks)v & keeps) | ((masks)finish->high & ~keeps));
    }
}

VECTOR_CLONES
static void finish_row(const float *m, size_t apart, int columns, int channels,
                       const struct winograd_finish *finish, const float *residual,
                       float *out)
{
    for (int channel = 0; channel < channels; channel += PANEL) {
        const lanes none = {0};
        struct finish_lanes by = {none + 1, -none, none + finish->low,
                                  none + finish->high};

        if (finish->scale) {
            by.scale = *(const lanes *)(finish->scale + channel);
            by.shift = *(const lanes *)(finish->shift + channel);
        }
        for (int column = 0; column < columns; column += OUTPUTS) {
            const int at = column * channels + channel;
            const int left = columns - column;

            finish_tile(m + column / OUTPUTS * channels + channel, apart, &by,
                        left < OUTPUTS ? left : OUTPUTS, channels,
                        residual ? residual + at : NULL, out + at);
        }
    }
}

void winograd_float_finish(const struct conv_plan *plan, int outputs, int rows, int row,
                           const float *room, const struct winograd_finish *finish,
                           const float *residual, float *out)
{
    const float *sums = room + input_floats(plan, rows) +
                        (size_t)(row * tiles_of(plan)) * (size_t)outputs;

    finish_row(sums, sum_floats(plan, outputs, rows) / POSITIONS, plan->columns,
               outputs, finish, residual, out);
}
