#include "tests/operators/trial.h"

#include "core/base/memory.h"

#include <stdarg.h>
#include <stdlib.h>

enum { OPSET_MAX = 26, SAMPLES_MOST = 4, ELEMENTS_MOST = 400 };

int trial_between(struct trial *trial, int low, int high)
{
    return chance_between(&trial->chance, low, high);
}

bool trial_is(struct trial *trial, int percent)
{
    return chance_is(&trial->chance, percent);
}

double trial_real(struct trial *trial, double low, double high)
{
    return low + (high - low) * trial_between(trial, 0, 4096) / 4096;
}

void trial_make(struct trial *trial, const struct operator_trial *row, uint64_t seed)
{
    *trial = (struct trial){.chance = chance_of(seed)};
    trial->opset = trial_between(trial, row->since, OPSET_MAX);
    trial->batch = trial_between(trial, 1, SAMPLES_MOST);
    trial->is_fixed = trial_is(trial, 25);
    trial->writer = open_memstream(&trial->text, &trial->text_bytes);
    trial_say(trial, "opset %d\n", trial->opset);
    row->make(trial);
    trial_say(trial, "\nnode Flatten y -> flat\noutput flat\n");
    fclose(trial->writer);
}

void trial_clear(struct trial *trial)
{
    for (int i = 0; i < trial->input_count; i++)
        free(trial->inputs[i].values);
    free(trial->text);
}

void trial_say(struct trial *trial, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(trial->writer, format, arguments);
    va_end(arguments);
}

void trial_say_list(struct trial *trial, const char *name, const int *values, int count)
{
    trial_say(trial, " %s=", name);
    for (int i = 0; i < count; i++)
        trial_say(trial, "%d,", values[i]);
}

void trial_say_twice(struct trial *trial, const char *value)
{
    trial_say(trial, "\nfloats two - = 2\nnode Mul %s two -> y", value);
}

void trial_say_with_axes(struct trial *trial, const char *operator, int input_since,
                         const int *axes, int count)
{
    if (trial->opset >= input_since) {
        trial_integers(trial, "axes", axes, count);
        trial_say(trial, "node %s x axes -> y", operator);
    } else {
        trial_say(trial, "node %s x -> y", operator);
        trial_say_list(trial, "axes", axes, count);
    }
}

/* ---- shapes ---- */

struct trial_shape trial_shape(struct trial *trial, int rank_low, int rank_high)
{
    struct trial_shape shape = {.rank = trial_between(trial, rank_low, rank_high)};
    int room = ELEMENTS_MOST;

    shape.dims[0] = trial->batch;
    for (int i = 1; i < shape.rank; i++) {
        int most = room < 9 ? room : 9;

        shape.dims[i] = trial_between(trial, 1, most);
        room /= shape.dims[i];
    }
    return shape;
}

struct trial_shape trial_dims(int rank, const int *dims)
{
    struct trial_shape shape = {.rank = rank};

    for (int i = 0; i < rank; i++)
        shape.dims[i] = dims[i];
    return shape;
}

size_t trial_count(const struct trial_shape *shape)
{
    size_t count = 1;

    for (int i = 0; i < shape->rank; i++)
        count *= (size_t)shape->dims[i];
    return count;
}

/* "2,3", or "-" of a scalar. */
static void say_dims(struct trial *trial, const struct trial_shape *shape)
{
    if (shape->rank == 0)
        trial_say(trial, "-");
    for (int i = 0; i < shape->rank; i++)
        trial_say(trial, "%s%d", i ? "," : "", shape->dims[i]);
}

/* ---- inputs ---- */

static struct trial_input *add_input(struct trial *trial, const char *name,
                                     const char *type, const struct trial_shape *shape,
                                     int batch_axis)
{
    struct trial_input *input = &trial->inputs[trial->input_count++];

    *input = (struct trial_input){
        .type = type,
        .shape = *shape,
        .batch_axis = batch_axis,
        .values = memory_get(trial_count(shape) * sizeof *input->values)};
    snprintf(input->name, sizeof input->name, "%s", name);
    trial_say(trial, "input %s ", name);
    for (int i = 0; i < shape->rank; i++)
        if (i == batch_axis && !trial->is_fixed)
            trial_say(trial, "%sN", i ? "," : "");
        else
            trial_say(trial, "%s%d", i ? "," : "", shape->dims[i]);
    trial_say(trial, " %s\n", type);
    return input;
}

static void fill_normal(struct trial *trial, struct trial_input *input)
{
    for (size_t i = 0; i < trial_count(&input->shape); i++)
        input->values[i] = (float)chance_normal(&trial->chance);
}

void trial_input(struct trial *trial, const char *name, const struct trial_shape *shape)
{
    fill_normal(trial, add_input(trial, name, "float", shape, 0));
}

void trial_input_batch_at(struct trial *trial, const char *name,
                          const struct trial_shape *shape, int batch_axis)
{
    fill_normal(trial, add_input(trial, name, "float", shape, batch_axis));
}

void trial_input_in(struct trial *trial, const char *name,
                    const struct trial_shape *shape, double low, double high)
{
    struct trial_input *input = add_input(trial, name, "float", shape, 0);

    for (size_t i = 0; i < trial_count(shape); i++)
        input->values[i] = (float)trial_real(trial, low, high);
}

void trial_input_integers(struct trial *trial, const char *name, const char *type,
                          const struct trial_shape *shape, int low, int high)
{
    struct trial_input *input = add_input(trial, name, type, shape, 0);

    for (size_t i = 0; i < trial_count(shape); i++)
        input->values[i] = trial_between(trial, low, high);
}

/* ---- constants ---- */

void trial_floats(struct trial *trial, const char *name,
                  const struct trial_shape *shape)
{
    trial_say(trial, "floats %s ", name);
    say_dims(trial, shape);
    trial_say(trial, " =");
    for (size_t i = 0; i < trial_count(shape); i++)
        trial_say(trial, " %.7g", chance_normal(&trial->chance));
    trial_say(trial, "\n");
}

void trial_floats_in(struct trial *trial, const char *name,
                     const struct trial_shape *shape, double low, double high)
{
    trial_say(trial, "floats %s ", name);
    say_dims(trial, shape);
    trial_say(trial, " =");
    for (size_t i = 0; i < trial_count(shape); i++)
        trial_say(trial, " %.7g", trial_real(trial, low, high));
    trial_say(trial, "\n");
}

void trial_integers(struct trial *trial, const char *name, const int *values, int count)
{
    trial_say(trial, "integers %s %d =", name, count);
    for (int i = 0; i < count; i++)
        trial_say(trial, " %d", values[i]);
    trial_say(trial, "\n");
}

void trial_integer(struct trial *trial, const char *name, int value)
{
    trial_say(trial, "integers %s - = %d\n", name, value);
}
