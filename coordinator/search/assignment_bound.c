#include "coordinator/search/assignment_bound.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>

static size_t place_of(const struct assignment_model *model, int group, int choice)
{
    return (size_t)group * (size_t)model->most + (size_t)choice;
}

static double *pair_at(const struct potentials *potentials, size_t left, size_t right)
{
    return &potentials->both[left * potentials->places + right];
}

/* Adds to a pair, which stands at two places. */
static void add_to_pair(const struct potentials *potentials, size_t left, size_t right,
                        double added)
{
    *pair_at(potentials, left, right) += added;
    *pair_at(potentials, right, left) = *pair_at(potentials, left, right);
}

void potentials_init(struct potentials *potentials,
                     const struct assignment_model *model, double price)
{
    size_t places = (size_t)model->groups * (size_t)model->most;

    *potentials = (struct potentials){
        .model = model,
        .places = places,
        .own = memory_zeroed(places, sizeof *potentials->own),
        .both = memory_zeroed(places * places, sizeof *potentials->both),
    };
    for (size_t place = 0; place < places; place++)
        potentials->own[place] =
            model->singles[place] + price * (double)model->costs[place];
    for (size_t left = 0; model->pairs && left < places; left++)
        for (size_t right =
                 left / (size_t)model->most * (size_t)model->most + (size_t)model->most;
             right < places; right++)
            add_to_pair(potentials, left, right, model->pairs[left * places + right]);
}

void potentials_clear(struct potentials *potentials)
{
    free(potentials->own);
    free(potentials->both);
    *potentials = (struct potentials){0};
}

/* Takes the least of each choice's pairs with another group out of the pairs. */
static void pull(const struct potentials *potentials, int group, int from)
{
    const struct assignment_model *model = potentials->model;

    for (int choice = 0; choice < model->choices[group]; choice++) {
        size_t place = place_of(model, group, choice), first = place_of(model, from, 0);
        double least = INFINITY;

        for (int other = 0; other < model->choices[from]; other++)
            least = fmin(least, *pair_at(potentials, place, first + (size_t)other));
        potentials->own[place] += least;
        for (int other = 0; other < model->choices[from]; other++)
            add_to_pair(potentials, place, first + (size_t)other, -least);
    }
}

/* Puts a part of a group's singles, by how much each is above the least, into its pairs with another. */
static void push(const struct potentials *potentials, int group, int to,
                 const double *parts)
{
    const struct assignment_model *model = potentials->model;

    for (int choice = 0; choice < model->choices[group]; choice++) {
        size_t place = place_of(model, group, choice), first = place_of(model, to, 0);

        potentials->own[place] -= parts[choice];
        for (int other = 0; other < model->choices[to]; other++)
            add_to_pair(potentials, place, first + (size_t)other, parts[choice]);
    }
}

/* A group takes from all and gives to those that come next: in equal parts, as many as it has
 * on the side with more. */
static void visit(const struct potentials *potentials, int group, bool forward,
                  double *parts)
{
    const struct assignment_model *model = potentials->model;
    int behind = model->groups - 1 - group;
    int sides = group > behind ? group : behind;

    for (int other = 0; other < model->groups; other++)
        if (other != group)
            pull(potentials, group, other);
    for (int choice = 0; choice < model->choices[group]; choice++)
        parts[choice] = potentials->own[place_of(model, group, choice)] / sides;
    for (int other = forward ? group + 1 : group - 1;
         other >= 0 && other < model->groups; other += forward ? 1 : -1)
        push(potentials, group, other, parts);
}

void potentials_tighten(struct potentials *potentials, int passes)
{
    int groups = potentials->model->groups;
    double *parts = memory_zeroed((size_t)potentials->model->most, sizeof *parts);

    if (groups < 2 || !potentials->model->pairs)
        passes = 0;
    for (int pass = 0; pass < passes; pass++) {
        for (int group = 0; group < groups; group++)
            visit(potentials, group, true, parts);
        for (int group = groups - 1; group >= 0; group--)
            visit(potentials, group, false, parts);
    }
    for (int group = 0; passes > 0 && group < groups; group++)
        for (int other = 0; other < groups; other++)
            if (other != group)
                pull(potentials, group, other);
    free(parts);
}

int potentials_least_choice(const struct potentials *potentials, int group)
{
    const struct assignment_model *model = potentials->model;
    int least = 0;

    for (int choice = 1; choice < model->choices[group]; choice++)
        if (potentials->own[place_of(model, group, choice)] <
            potentials->own[place_of(model, group, least)])
            least = choice;
    return least;
}

double potentials_least_pair(const struct potentials *potentials, int left, int right)
{
    const struct assignment_model *model = potentials->model;
    double least = INFINITY;

    for (int one = 0; one < model->choices[left]; one++)
        for (int other = 0; other < model->choices[right]; other++)
            least = fmin(least, *pair_at(potentials, place_of(model, left, one),
                                         place_of(model, right, other)));
    return least;
}

double potentials_bound(const struct potentials *potentials)
{
    const struct assignment_model *model = potentials->model;
    double bound = 0;

    for (int group = 0; group < model->groups; group++) {
        bound += potentials->own[place_of(model, group,
                                          potentials_least_choice(potentials, group))];
        for (int other = group + 1; other < model->groups; other++)
            bound += potentials_least_pair(potentials, group, other);
    }
    return bound;
}
