/* LSTM, GRU and RNN: what steps through sequences. */
#include "tests/fuzz/sketch.h"

#include <stdio.h>

enum { STATES_MOST = 6, VALUES_MOST = 3 * 2 * 4 * STATES_MOST };

/* One node, while it is drawn. */
struct recurrent {
    const char *op;
    int gates, directions, hidden;
    bool goes_back, is_layout_1;
    int first; /* the constant that all first states are made of; 0: there are none */
};

static struct recurrent draw_node(struct sketch *sketch)
{
    static const char *const names[] = {"LSTM", "LSTM", "GRU", "GRU", "RNN"};
    static const int gates[] = {4, 4, 3, 3, 1};
    struct chance *chance = &sketch->chance;
    int which = chance_between(chance, 0, 4);

    return (struct recurrent){
        .op = names[which],
        .gates = gates[which],
        .directions = chance_is(chance, 35) ? 2 : 1,
        .hidden = chance_between(chance, 1, STATES_MOST),
        .goes_back = chance_is(chance, 30),
        .is_layout_1 = sketch->opset >= 14 && chance_is(chance, 5),
    };
}

/* Some numbers around zero. */
static int numbers(struct sketch *sketch, const char *dims, int count, double size)
{
    double values[VALUES_MOST];

    for (int i = 0; i < count; i++)
        values[i] = size * chance_normal(&sketch->chance);
    return sketch_floats(sketch, dims, values, count);
}

/* The batch and what stands behind it change places. */
static struct place turned(struct sketch *sketch, struct place from)
{
    struct place to = sketch_like(sketch, from);

    to.is_turned = !from.is_turned;
    sketch_say(sketch, "node Transpose t%d -> t%d perm=1,0,2", from.tensor, to.tensor);
    sketch_name(sketch);
    return to;
}

/* States before the first step, the same for all samples, however many there are: [directions, N, hidden]. */
static int first_states(struct sketch *sketch, const struct recurrent *as,
                        struct place from)
{
    struct chance *chance = &sketch->chance;
    int axis = as->is_layout_1 ? 0 : 1, states;
    int shape = ++sketch->tensors, samples = ++sketch->tensors, all = ++sketch->tensors;
    int at = sketch_integers(sketch, &axis, 1);
    int directions = sketch_integers(sketch, &as->directions, 1);
    int hidden = sketch_integers(sketch, &as->hidden, 1);
    char dims[32];

    snprintf(dims, sizeof dims, as->is_layout_1 ? "1,%d,%d" : "%d,1,%d", as->directions,
             as->hidden);
    states = numbers(sketch, dims, as->directions * as->hidden,
                     chance_is(chance, 30) ? 0 : .5);
    sketch_say(sketch, "node Shape t%d -> t%d", from.tensor, shape);
    sketch_name(sketch);
    sketch_say(sketch, "node Gather t%d c%d -> t%d axis=0", shape, at, samples);
    sketch_name(sketch);
    if (as->is_layout_1)
        sketch_say(sketch, "node Concat t%d c%d c%d -> t%d axis=0", samples, directions,
                   hidden, all);
    else
        sketch_say(sketch, "node Concat c%d t%d c%d -> t%d axis=0", directions, samples,
                   hidden, all);
    sketch_name(sketch);
    sketch_say(sketch, "node Expand c%d t%d -> t%d", states, all, ++sketch->tensors);
    sketch_name(sketch);
    return sketch->tensors;
}

/* " . h c p": what may be left out; a point stands for what is, where others follow. */
static void say_optional(struct sketch *sketch, const struct recurrent *as, int first,
                         int cell, int peepholes)
{
    int last = peepholes ? 3 : cell ? 2 : first ? 1 : 0;
    const int given[] = {0, first, as->gates == 4 ? cell : 0, peepholes};

    for (int i = 0; last > 0 && i <= last; i++)
        if (given[i] == 0)
            sketch_say(sketch, " .");
        else
            sketch_say(sketch, " %c%d", i == 3 ? 'c' : 't', given[i]);
}

static void say_activations(struct sketch *sketch, const struct recurrent *as)
{
    struct chance *chance = &sketch->chance;
    const char *each = as->gates == 4   ? "Sigmoid,Tanh,Tanh,"
                       : as->gates == 3 ? "Sigmoid,Tanh,"
                                        : "Tanh,";

    if (as->gates == 1 && chance_is(chance, 50))
        each = "Relu,";
    else if (!chance_is(chance, 20))
        return;
    sketch_say(sketch, " activations=");
    for (int i = 0; i < as->directions; i++)
        sketch_say(sketch, "%s", each);
}

static void say_attributes(struct sketch *sketch, const struct recurrent *as)
{
    struct chance *chance = &sketch->chance;

    sketch_say(sketch, " hidden_size=%d", as->hidden);
    if (as->directions == 2)
        sketch_say(sketch, " direction=bidirectional");
    else if (as->goes_back || chance_is(chance, 20))
        sketch_say(sketch, " direction=%s", as->goes_back ? "reverse" : "forward");
    if (as->is_layout_1)
        sketch_say(sketch, " layout=1");
    if (as->gates == 3 && chance_is(chance, 60))
        sketch_say(sketch, " linear_before_reset=%d", chance_is(chance, 85));
    if (chance_is(chance, 20))
        sketch_say(sketch, " clip=%.3f", .2 + chance_between(chance, 0, 100) / 50.);
    say_activations(sketch, as);
}

/* The node; `all` and `last` are its outputs, 0: left out. */
static void say_node(struct sketch *sketch, const struct recurrent *as,
                     struct place from, int all, int last)
{
    struct chance *chance = &sketch->chance;
    int features = from.dims[2], rows = as->gates * as->hidden,
        outputs = as->directions * rows;
    int weights, recurrent, bias = 0, first = 0, cell = 0, peepholes = 0;
    char dims[32];

    snprintf(dims, sizeof dims, "%d,%d,%d", as->directions, rows, features);
    weights = sketch_weights(sketch, dims, outputs * features, features);
    snprintf(dims, sizeof dims, "%d,%d,%d", as->directions, rows, as->hidden);
    recurrent = sketch_weights(sketch, dims, outputs * as->hidden, as->hidden);
    snprintf(dims, sizeof dims, "%d,%d", as->directions, 2 * rows);
    if (chance_is(chance, 80))
        bias = numbers(sketch, dims, 2 * outputs, .3);
    if (sketch->opset >= 8 && chance_is(chance, 30)) {
        first = first_states(sketch, as, from);
        cell = as->gates == 4 ? first_states(sketch, as, from) : 0;
    }
    snprintf(dims, sizeof dims, "%d,%d", as->directions, 3 * as->hidden);
    if (as->gates == 4 && chance_is(chance, 25))
        peepholes = numbers(sketch, dims, as->directions * 3 * as->hidden, .5);
    sketch_say(sketch, "node %s t%d c%d c%d", as->op, from.tensor, weights, recurrent);
    if (bias)
        sketch_say(sketch, " c%d", bias);
    else if (first || cell || peepholes)
        sketch_say(sketch, " .");
    say_optional(sketch, as, first, cell, peepholes);
    if (all)
        sketch_say(sketch, " -> t%d", all);
    else
        sketch_say(sketch, " -> .");
    if (last)
        sketch_say(sketch, " t%d", last);
    say_attributes(sketch, as);
    sketch_name(sketch);
}

/* Y [steps, directions, N, hidden] or [N, steps, directions, hidden] as [steps, N, features] or [N, ...]. */
static struct place rows_of_all(struct sketch *sketch, const struct recurrent *as,
                                struct place from)
{
    struct place to = sketch_like(sketch, from);
    int wanted[] = {0, 0, as->directions * as->hidden}, constant;
    int now = from.tensor, one = 1;

    to.rank = 3;
    to.dims[2] = wanted[2];
    if (!as->is_layout_1 && as->directions == 1 && sketch->opset < 13 &&
        chance_is(&sketch->chance, 60)) {
        sketch_say(sketch, "node Squeeze t%d -> t%d axes=1,", now, to.tensor);
        sketch_name(sketch);
        return to;
    }
    if (!as->is_layout_1 && as->directions == 1 && sketch->opset >= 13 &&
        chance_is(&sketch->chance, 60)) {
        constant = sketch_integers(sketch, &one, 1);
        sketch_say(sketch, "node Squeeze t%d c%d -> t%d", now, constant, to.tensor);
        sketch_name(sketch);
        return to;
    }
    if (!as->is_layout_1) {
        sketch_say(sketch, "node Transpose t%d -> t%d perm=0,2,1,3", now,
                   ++sketch->tensors);
        sketch_name(sketch);
        now = sketch->tensors;
    }
    constant = sketch_integers(sketch, wanted, 3);
    sketch_say(sketch, "node Reshape t%d c%d -> t%d", now, constant, to.tensor);
    sketch_name(sketch);
    return to;
}

/* Y_h [directions, N, hidden] or [N, directions, hidden] as [N, features]. */
static struct place row_of_last(struct sketch *sketch, const struct recurrent *as,
                                int last)
{
    struct place to = {.rank = 2, .dims = {0, as->directions * as->hidden}};
    int wanted[] = {0, to.dims[1]}, constant;

    if (!as->is_layout_1) {
        sketch_say(sketch, "node Transpose t%d -> t%d perm=1,0,2", last,
                   sketch->tensors + 1);
        sketch_name(sketch);
        last = ++sketch->tensors;
    }
    constant = sketch_integers(sketch, wanted, 2);
    to.tensor = ++sketch->tensors;
    sketch_say(sketch, "node Reshape t%d c%d -> t%d", last, constant, to.tensor);
    sketch_name(sketch);
    return to;
}

/* All states, then the last ones: [N, (steps + 1) * features]. */
static struct place both(struct sketch *sketch, struct place all, struct place last)
{
    struct place flat = sketch_flatten(sketch, all), to = sketch_like(sketch, last);

    to.dims[1] = flat.dims[1] + last.dims[1];
    sketch_say(sketch, "node Concat t%d t%d -> t%d axis=1", flat.tensor, last.tensor,
               to.tensor);
    sketch_name(sketch);
    return to;
}

/* As layers of these are stacked. */
static struct place once_more(struct sketch *sketch, struct place from)
{
    struct recurrent as = draw_node(sketch);
    struct place to = sketch_like(sketch, from);

    as.is_layout_1 = false;
    say_node(sketch, &as, from, to.tensor, 0);
    return rows_of_all(sketch, &as, to);
}

struct place sketch_recurrent(struct sketch *sketch, struct place from)
{
    struct chance *chance = &sketch->chance;
    const struct recurrent as = draw_node(sketch);
    struct place x = as.is_layout_1 ? from : turned(sketch, from), states, end;
    int kind = chance_between(chance, 0, 9);
    int all = kind < 8 ? ++sketch->tensors : 0,
        last = kind >= 6 ? ++sketch->tensors : 0;

    say_node(sketch, &as, x, all, last);
    if (last)
        end = row_of_last(sketch, &as, last);
    if (!all)
        return end;
    states = x;
    states.tensor = all;
    states = rows_of_all(sketch, &as, states);
    if (states.is_turned && chance_is(chance, 30))
        states = once_more(sketch, states);
    if (states.is_turned)
        states = turned(sketch, states);
    return last ? both(sketch, states, end) : states;
}
