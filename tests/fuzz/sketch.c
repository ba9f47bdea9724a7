#include "tests/fuzz/sketch.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void sketch_say(struct sketch *sketch, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (sketch->used + (size_t)length + 1 > sketch->room) {
        sketch->room = 2 * (sketch->used + (size_t)length + 1);
        sketch->text = memory_resize(sketch->text, sketch->room);
    }
    va_start(arguments, format);
    vsnprintf(sketch->text + sketch->used, (size_t)length + 1, format, arguments);
    va_end(arguments);
    sketch->used += (size_t)length;
}

struct place sketch_like(struct sketch *sketch, struct place from)
{
    from.tensor = ++sketch->tensors;
    return from;
}

int sketch_floats(struct sketch *sketch, const char *dims, const double *values,
                  int count)
{
    sketch_say(sketch, "floats c%d %s =", ++sketch->constants, dims);
    for (int i = 0; i < count; i++)
        sketch_say(sketch, " %.9g", values[i]);
    sketch_say(sketch, "\n");
    return sketch->constants;
}

int sketch_float(struct sketch *sketch, double value)
{
    return sketch_floats(sketch, "-", &value, 1);
}

int sketch_integers(struct sketch *sketch, const int *values, int count)
{
    sketch_say(sketch, "integers c%d %d =", ++sketch->constants, count);
    for (int i = 0; i < count; i++)
        sketch_say(sketch, " %d", values[i]);
    sketch_say(sketch, "\n");
    return sketch->constants;
}

static int sketch_whole(struct sketch *sketch, int value)
{
    sketch_say(sketch, "integers c%d - = %d\n", ++sketch->constants, value);
    return sketch->constants;
}

int sketch_disguised(struct sketch *sketch, int constant, int count)
{
    int one, two, three, result;

    if (!chance_is(&sketch->chance, 8))
        return constant;
    switch (chance_between(&sketch->chance, sketch->opset < 8,
                           sketch->opset < 11 ? 1 : 3)) {
    case 0:
        one = sketch_integers(sketch, &count, 1);
        result = ++sketch->constants;
        sketch_say(sketch, "node Expand c%d c%d -> c%d", constant, one, result);
        break;
    case 1:
        result = ++sketch->constants;
        sketch_say(sketch, "node Cast c%d -> c%d to=1", constant, result);
        break;
    case 2:
        one = sketch_whole(sketch, 0);
        two = sketch_whole(sketch, count);
        three = sketch_whole(sketch, 1);
        sketch_say(sketch, "node Range c%d c%d c%d -> c%d", one, two, three,
                   sketch->constants + 1);
        one = ++sketch->constants;
        sketch_name(sketch);
        result = ++sketch->constants;
        sketch_say(sketch, "node Gather c%d c%d -> c%d axis=0", constant, one, result);
        break;
    default:
        one = sketch_integers(sketch, &(int){1}, 1);
        two = ++sketch->constants;
        sketch_say(sketch, "node ConstantOfShape c%d -> c%d", one, two);
        sketch_name(sketch);
        result = ++sketch->constants;
        sketch_say(sketch, "node Add c%d c%d -> c%d", constant, two, result);
        break;
    }
    sketch_name(sketch);
    return result;
}

/* What all weights of a channel are multiplied by. */
static double size_of_channel(struct chance *chance)
{
    if (chance_is(chance, 94))
        return exp2(chance_between(chance, -2, 2));
    switch (chance_between(chance, 0, 3)) {
    case 0:
        return 0;
    case 1:
        return 1e-12;
    case 2:
        return 1e-4;
    default:
        return 50;
    }
}

int sketch_weights(struct sketch *sketch, const char *dims, int count, int run)
{
    struct chance *chance = &sketch->chance;
    double *weights = memory_get((size_t)count * sizeof *weights);
    double all = chance_is(chance, 2) ? 0 : chance_is(chance, 4) ? 1e3 : 1;
    double size = 1;
    int constant;

    for (int i = 0; i < count; i++) {
        if (i % run == 0)
            size = all * size_of_channel(chance) / sqrt(run);
        weights[i] = size * chance_normal(chance);
    }
    if (chance_is(chance, 10))
        weights[chance_between(chance, 0, count - 1)] *= 30;
    constant = sketch_floats(sketch, dims, weights, count);
    free(weights);
    return constant;
}

void sketch_name(struct sketch *sketch)
{
    sketch_say(sketch, " name=n%d\n", ++sketch->nodes);
}

static int draw_opset(struct chance *chance)
{
    return chance_is(chance, 50) ? 13 + 4 * chance_between(chance, 0, 1)
                                 : chance_between(chance, 7, 26);
}

static struct place draw_input(struct sketch *sketch)
{
    struct chance *chance = &sketch->chance;
    struct place input = {.rank = 4};
    int kind = chance_between(chance, 0, 9);

    input.dims[1] = chance_between(chance, 1, 5);
    input.dims[2] = chance_between(chance, 3, 10);
    input.dims[3] = chance_between(chance, 3, 10);
    if (kind == 0) {
        input.rank = 2;
        input.dims[1] = chance_between(chance, 2, 40);
    } else if (kind == 1) {
        input.rank = 3;
        input.dims[1] = chance_between(chance, 2, 7);
        input.dims[2] = chance_between(chance, 2, 12);
    }
    input.tensor = sketch->tensors;
    sketch->has_channels_last = kind == 2;
    if (kind == 2) {
        input.dims[3] = chance_between(chance, 1, 5);
        input.dims[1] = chance_between(chance, 3, 10);
    }
    /* Some networks take one sample at a time. */
    sketch_say(sketch, "input t0 %s", chance_is(chance, 12) ? "1" : "N");
    for (int i = 1; i < input.rank; i++)
        sketch_say(sketch, ",%d", input.dims[i]);
    sketch_say(sketch, "\n");
    return input;
}

/* As converters from other frameworks begin: [N, H, W, C] becomes [N, C, H, W]. */
static struct place channels_first(struct sketch *sketch, struct place from)
{
    struct place to = sketch_like(sketch, from);

    to.dims[1] = from.dims[3];
    to.dims[2] = from.dims[1];
    to.dims[3] = from.dims[2];
    sketch_say(sketch, "node Transpose t%d -> t%d perm=0,3,1,2", from.tensor,
               to.tensor);
    sketch_name(sketch);
    return to;
}

void sketch_draw(struct sketch *sketch, uint64_t seed)
{
    static const char *const softmaxes[] = {"Softmax", "LogSoftmax", NULL};
    struct chance *chance = &sketch->chance;
    struct place now, logits;

    *sketch = (struct sketch){.chance = chance_of(seed)};
    sketch->opset = draw_opset(chance);
    sketch_say(sketch, "opset %d\n", sketch->opset);
    sketch->input = now =
        chance_is(chance, 15) ? sketch_numbers(sketch) : draw_input(sketch);
    if (sketch->vocabulary > 0)
        now = sketch_embedding(sketch, now);
    if (sketch->has_channels_last)
        now = channels_first(sketch, now);
    for (int left = chance_between(chance, 1, 6); left > 0; left--) {
        if (now.rank == 4)
            now = sketch_image_block(sketch, now);
        else if (now.rank == 3)
            now = sketch_sequence_block(sketch, now);
        else
            now = sketch_flat_block(sketch, now);
    }
    now = sketch_flatten(sketch, now);
    sketch->classes = chance_between(chance, 2, 8);
    logits = sketch_product(sketch, now, sketch->classes);
    if (chance_is(chance, 15)) {
        sketch_say(sketch, "node %s t%d -> t%d axis=%d", chance_word(chance, softmaxes),
                   logits.tensor, sketch->tensors + 1, chance_is(chance, 50) ? 1 : -1);
        sketch_name(sketch);
        logits.tensor = ++sketch->tensors;
    }
    sketch_say(sketch, "output t%d\n", logits.tensor);
}
