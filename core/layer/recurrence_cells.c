#include "core/layer/recurrence_cells.h"

#include "core/kernel/vector_clones.h"
#include "core/layer/float_curves.h"

#include <assert.h>

bool recurrence_resets_before(const struct recurrence *recurrence)
{
    return recurrence->cell == CELL_GRU && !recurrence->resets_after;
}

bool recurrence_goes_back(const struct recurrence *recurrence, int direction)
{
    return direction > 0 || recurrence->goes_back;
}

int recurrence_gates(const struct recurrence *recurrence)
{
    static const int gates[CELL_COUNT] = {
        [CELL_LSTM] = 4, [CELL_GRU] = 3, [CELL_RNN] = 1};

    return gates[recurrence->cell];
}

/* ---- elements ------------------------------------------------------------------------------- */

static inline float clipped(float x, float clip)
{
    float v = x > -clip ? x : -clip;

    return v < clip ? v : clip;
}

/* x = clipped(input + x) */
VECTOR_CLONES
static void add_input(const float *restrict input, size_t count, float clip,
                      float *restrict x)
{
    for (size_t i = 0; i < count; i++)
        x[i] = clipped(input[i] + x[i], clip);
}

/* x += factors * by */
VECTOR_CLONES
static void add_scaled(const float *restrict factors, const float *restrict by,
                       size_t count, float *restrict x)
{
    for (size_t i = 0; i < count; i++)
        x[i] += factors[i] * by[i];
}

VECTOR_CLONES
static void sigmoids(size_t count, float *x)
{
    for (size_t i = 0; i < count; i++)
        x[i] = float_logistic(x[i]);
}

VECTOR_CLONES
static void tangents(size_t count, float *x)
{
    for (size_t i = 0; i < count; i++)
        x[i] = float_tangent(x[i]);
}

/* ---- LSTM ----------------------------------------------------------------------------------- */

/* cell = f * cell + i * c */
VECTOR_CLONES
static void change_cell(const float *restrict i, const float *restrict f,
                        const float *restrict c, size_t count, float *restrict cell)
{
    for (size_t at = 0; at < count; at++)
        cell[at] = f[at] * cell[at] + i[at] * c[at];
}

/* hidden = o * tanh(cell) */
VECTOR_CLONES
static void show_cell(const float *restrict o, const float *restrict cell, size_t count,
                      float *restrict hidden)
{
    for (size_t at = 0; at < count; at++)
        hidden[at] = o[at] * float_tangent(cell[at]);
}

static void step_lstm(const struct recurrence_step *step)
{
    const struct recurrence *of = step->of;
    size_t count = (size_t)of->hidden;
    float *i = step->gates, *o = i + count, *f = o + count, *c = f + count;
    const float *input = step->input;
    const float *peepholes =
        of->peepholes ? of->peepholes + (size_t)step->direction * 3 * count : NULL;

    if (peepholes) {
        add_scaled(peepholes, step->cell, count, i);
        add_scaled(peepholes + 2 * count, step->cell, count, f);
    }
    add_input(input, count, of->clip, i);
    add_input(input + 2 * count, 2 * count, of->clip, f);
    sigmoids(count, i);
    sigmoids(count, f);
    tangents(count, c);
    change_cell(i, f, c, count, step->cell);
    if (peepholes)
        add_scaled(peepholes + count, step->cell, count, o);
    add_input(input + count, count, of->clip, o);
    sigmoids(count, o);
    show_cell(o, step->cell, count, step->hidden);
}

/* ---- GRU ------------------------------------------------------------------------------------ */

/* hidden = (1 - z) * h + z * hidden */
VECTOR_CLONES
static void mix(const float *restrict z, const float *restrict h, size_t count,
                float *restrict hidden)
{
    for (size_t i = 0; i < count; i++)
        hidden[i] = (1 - z[i]) * h[i] + z[i] * hidden[i];
}

VECTOR_CLONES
static void multiply(const float *restrict by, const float *restrict x, size_t count,
                     float *restrict y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = by[i] * x[i];
}

VECTOR_CLONES
static void multiply_in_place(const float *restrict by, size_t count, float *restrict x)
{
    for (size_t i = 0; i < count; i++)
        x[i] *= by[i];
}

/* z and r, which are the first two. */
static void find_gates(const struct recurrence_step *step)
{
    size_t count = (size_t)step->of->hidden;

    add_input(step->input, 2 * count, step->of->clip, step->gates);
    sigmoids(2 * count, step->gates);
}

void recurrence_reset(const struct recurrence_step *step, float *reset)
{
    size_t count = (size_t)step->of->hidden;

    assert(step->of->cell == CELL_GRU);
    find_gates(step);
    multiply(step->gates + count, step->hidden, count, reset);
}

static void step_gru(const struct recurrence_step *step)
{
    const struct recurrence *of = step->of;
    size_t count = (size_t)of->hidden;
    float *z = step->gates, *r = z + count, *h = r + count;

    if (of->resets_after) {
        find_gates(step);
        multiply_in_place(r, count, h);
    }
    add_input(step->input + 2 * count, count, of->clip, h);
    tangents(count, h);
    mix(z, h, count, step->hidden);
}

/* ---- RNN ------------------------------------------------------------------------------------ */

VECTOR_CLONES
static void rectify(const float *restrict x, size_t count, float *restrict y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] > 0 ? x[i] : 0;
}

VECTOR_CLONES
static void bend(const float *restrict x, size_t count, float *restrict y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = float_tangent(x[i]);
}

static void step_rnn(const struct recurrence_step *step)
{
    size_t count = (size_t)step->of->hidden;

    add_input(step->input, count, step->of->clip, step->gates);
    if (step->of->is_relu)
        rectify(step->gates, count, step->hidden);
    else
        bend(step->gates, count, step->hidden);
}

void recurrence_step(const struct recurrence_step *step)
{
    static void (*const steps[CELL_COUNT])(const struct recurrence_step *step) = {
        [CELL_LSTM] = step_lstm, [CELL_GRU] = step_gru, [CELL_RNN] = step_rnn};

    steps[step->of->cell](step);
}
