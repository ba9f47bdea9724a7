#include "coordinator/search/assignment.h"

#include "coordinator/search/assignment_bound.h"
#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- a model's numbers ---------------------------------------------------------------------- */

static size_t place_of(const struct assignment_model *model, int group, int choice)
{
    return (size_t)group * (size_t)model->most + (size_t)choice;
}

static double pair_of(const struct assignment_model *model, size_t left, size_t right)
{
    size_t places = (size_t)model->groups * (size_t)model->most;

    if (!model->pairs)
        return 0;
    return left < right ? model->pairs[left * places + right]
                        : model->pairs[right * places + left];
}

double assignment_loss(const struct assignment_model *model, const int *choices)
{
    double loss = 0;

    for (int group = 0; group < model->groups; group++) {
        size_t place = place_of(model, group, choices[group]);

        loss += model->singles[place];
        for (int other = group + 1; other < model->groups; other++)
            loss += pair_of(model, place, place_of(model, other, choices[other]));
    }
    return loss;
}

int64_t assignment_cost(const struct assignment_model *model, const int *choices)
{
    int64_t cost = 0;

    for (int group = 0; group < model->groups; group++)
        cost += model->costs[place_of(model, group, choices[group])];
    return cost;
}

/* The cheapest choice of a group, or the dearest. */
static int64_t extreme_cost(const struct assignment_model *model, int group,
                            bool largest)
{
    int64_t extreme = model->costs[place_of(model, group, 0)];

    for (int choice = 1; choice < model->choices[group]; choice++) {
        int64_t cost = model->costs[place_of(model, group, choice)];

        if (largest ? cost > extreme : cost < extreme)
            extreme = cost;
    }
    return extreme;
}

static int64_t extreme_cost_of_all(const struct assignment_model *model, bool largest)
{
    int64_t cost = 0;

    for (int group = 0; group < model->groups; group++)
        cost += extreme_cost(model, group, largest);
    return cost;
}

int64_t assignment_least_cost(const struct assignment_model *model)
{
    return extreme_cost_of_all(model, false);
}

int64_t assignment_largest_cost(const struct assignment_model *model)
{
    return extreme_cost_of_all(model, true);
}

/* How large the numbers of a loss are: rounding of sums is a small part of it. */
static double magnitude(const struct assignment_model *model)
{
    double sum = 0;

    for (int group = 0; group < model->groups; group++)
        for (int choice = 0; choice < model->choices[group]; choice++)
            sum = fmax(sum, fabs(model->singles[place_of(model, group, choice)]));
    return sum * model->groups;
}

/* ---- the search ----------------------------------------------------------------------------- */

struct solver {
    const struct assignment_model *model;
    struct potentials potentials;
    int64_t budget;
    double price;      /* of a unit of cost, in loss */
    int *order;        /* [groups] in which they are fixed; owned */
    int64_t *cheapest; /* [groups + 1] of those from a depth on; owned */
    double *rest;      /* [groups + 1] least pairs among those; owned */
    double *fields;    /* [groups + 1, places] singles beside what is fixed; owned */
    int *chosen;       /* [groups] owned */
    struct assignment *best;
    bool has_best;
    double slack; /* what is lower by less is not lower */
    long max_nodes;
};

static void keep_if_lower(struct solver *solver, const int *choices)
{
    const struct assignment_model *model = solver->model;
    double loss = assignment_loss(model, choices);

    if (solver->has_best && loss >= solver->best->loss - solver->slack)
        return;
    solver->has_best = true;
    solver->best->loss = loss;
    solver->best->cost = assignment_cost(model, choices);
    memcpy(solver->best->choices, choices, (size_t)model->groups * sizeof *choices);
}

/* ---- better neighbours ---------------------------------------------------------------------- */

/* What an assignment would lose with one choice in place of another: its single and its pairs. */
static double field_of(const struct assignment_model *model, const int *choices,
                       int group, int choice)
{
    size_t place = place_of(model, group, choice);
    double field = model->singles[place];

    for (int other = 0; other < model->groups; other++)
        if (other != group)
            field += pair_of(model, place, place_of(model, other, choices[other]));
    return field;
}

static double pair_change(const struct assignment_model *model, const int *choices,
                          int left, int to_left, int right, int to_right)
{
    size_t from[] = {place_of(model, left, choices[left]),
                     place_of(model, right, choices[right])};
    size_t to[] = {place_of(model, left, to_left), place_of(model, right, to_right)};

    return pair_of(model, to[0], to[1]) - pair_of(model, from[0], to[1]) -
           pair_of(model, to[0], from[1]) + pair_of(model, from[0], from[1]);
}

/* Two groups, and what they change to; one of them may stay. */
struct move {
    int left, to_left, right, to_right;
    double gain;
};

static void consider(const struct solver *solver, const int *choices,
                     const double *changes, struct move move, struct move *best)
{
    const struct assignment_model *model = solver->model;
    size_t left = place_of(model, move.left, move.to_left);
    size_t right = place_of(model, move.right, move.to_right);
    int64_t cost = solver->best->cost + model->costs[left] + model->costs[right] -
                   model->costs[place_of(model, move.left, choices[move.left])] -
                   model->costs[place_of(model, move.right, choices[move.right])];

    if (cost > solver->budget)
        return;
    move.gain =
        -changes[left] - changes[right] -
        pair_change(model, choices, move.left, move.to_left, move.right, move.to_right);
    if (move.gain > best->gain)
        *best = move;
}

static struct move best_move(const struct solver *solver, const double *changes)
{
    const struct assignment_model *model = solver->model;
    const int *choices = solver->best->choices;
    struct move best = {.gain = solver->slack};

    for (int left = 0; left < model->groups; left++)
        for (int right = left + 1; right < model->groups; right++)
            for (int one = 0; one < model->choices[left]; one++)
                for (int other = 0; other < model->choices[right]; other++)
                    consider(solver, choices, changes,
                             (struct move){left, one, right, other, 0}, &best);
    return best;
}

/* Changes one or two groups at a time, while the loss falls. */
static void improve(struct solver *solver)
{
    const struct assignment_model *model = solver->model;
    double *changes = memory_zeroed(solver->potentials.places, sizeof *changes);
    int *trial = memory_get((size_t)model->groups * sizeof *trial);
    double before;

    do {
        const int *choices = solver->best->choices;
        struct move move;

        before = solver->best->loss;
        for (int group = 0; group < model->groups; group++)
            for (int choice = 0; choice < model->choices[group]; choice++)
                changes[place_of(model, group, choice)] =
                    field_of(model, choices, group, choice) -
                    field_of(model, choices, group, choices[group]);
        move = best_move(solver, changes);
        if (!(move.gain > solver->slack))
            break;
        memcpy(trial, choices, (size_t)model->groups * sizeof *trial);
        trial[move.left] = move.to_left;
        trial[move.right] = move.to_right;
        keep_if_lower(solver, trial);
    } while (solver->best->loss < before);
    free(trial);
    free(changes);
}

/* ---- branches ------------------------------------------------------------------------------- */

static double *fields_at(const struct solver *solver, int depth)
{
    return solver->fields + (size_t)depth * solver->potentials.places;
}

/* Whether a choice leaves enough for the cheapest of the others, which `others` cost. */
static bool fits(const struct solver *solver, int64_t others, size_t place)
{
    return others + solver->model->costs[place] <= solver->budget;
}

/* The least field of the choices that fit; infinite: none does. */
static double least_field(const struct solver *solver, const double *fields, int group,
                          int64_t others)
{
    double least = INFINITY;

    for (int choice = 0; choice < solver->model->choices[group]; choice++) {
        size_t place = place_of(solver->model, group, choice);

        if (fits(solver, others, place))
            least = fmin(least, fields[place]);
    }
    return least;
}

/* No assignment with what is fixed, which has this value and this cost, loses less. */
static double bound_at(const struct solver *solver, int depth, double fixed,
                       int64_t cost)
{
    const struct assignment_model *model = solver->model;
    const double *fields = fields_at(solver, depth);
    double bound = fixed + solver->rest[depth] - solver->price * (double)solver->budget;

    for (int at = depth; at < model->groups; at++) {
        int group = solver->order[at];
        int64_t others =
            cost + solver->cheapest[depth] - extreme_cost(model, group, false);

        bound += least_field(solver, fields, group, others);
    }
    return bound;
}

static void fix(struct solver *solver, int depth, size_t place)
{
    const struct potentials *potentials = &solver->potentials;
    const double *row = potentials->both + place * potentials->places;
    const double *from = fields_at(solver, depth);
    double *to = fields_at(solver, depth + 1);

    for (size_t other = 0; other < potentials->places; other++)
        to[other] = from[other] + row[other];
}

static bool is_cut(const struct solver *solver)
{
    return solver->max_nodes > 0 && solver->best->nodes >= solver->max_nodes;
}

/* The choice of the group with the least field above one that was tried; -1: there is none. */
static int next_choice(const struct assignment_model *model, const double *fields,
                       int group, const bool *tried)
{
    int next = -1;

    for (int choice = 0; choice < model->choices[group]; choice++)
        if (!tried[choice] && (next < 0 || fields[place_of(model, group, choice)] <
                                               fields[place_of(model, group, next)]))
            next = choice;
    return next;
}

static bool is_hopeless(const struct solver *solver, int depth, double fixed,
                        int64_t cost)
{
    double bound = bound_at(solver, depth, fixed, cost);

    return isinf(bound) ||
           (solver->has_best && bound >= solver->best->loss - solver->slack);
}

static void branch(struct solver *solver, int depth, double fixed, int64_t cost)
{
    const struct assignment_model *model = solver->model;
    int group = depth < model->groups ? solver->order[depth] : -1;
    const double *fields = fields_at(solver, depth);
    bool tried[ASSIGNMENT_CHOICES_MOST] = {false};

    solver->best->nodes++;
    if (group < 0) {
        keep_if_lower(solver, solver->chosen);
        return;
    }
    for (int i = 0; i < model->choices[group] && !is_cut(solver); i++) {
        int choice = next_choice(model, fields, group, tried);
        size_t place = place_of(model, group, choice);

        tried[choice] = true;
        if (!fits(solver, cost + solver->cheapest[depth + 1], place))
            continue;
        solver->chosen[group] = choice;
        fix(solver, depth, place);
        if (!is_hopeless(solver, depth + 1, fixed + fields[place],
                         cost + model->costs[place]))
            branch(solver, depth + 1, fixed + fields[place],
                   cost + model->costs[place]);
    }
}

/* ---- the price of cost ---------------------------------------------------------------------- */

enum { PASSES_OF_PRICE = 6, PASSES = 60, DOUBLINGS = 200, HALVINGS = 40 };

/* What the least singles cost at a price. */
static int64_t cost_at_price(const struct assignment_model *model, double price)
{
    struct potentials potentials;
    int64_t cost = 0;

    potentials_init(&potentials, model, price);
    potentials_tighten(&potentials, PASSES_OF_PRICE);
    for (int group = 0; group < model->groups; group++)
        cost += model->costs[place_of(model, group,
                                      potentials_least_choice(&potentials, group))];
    potentials_clear(&potentials);
    return cost;
}

/* About the lowest price at which the budget is kept. */
static double price_of(const struct assignment_model *model, int64_t budget)
{
    double low = 0, high = (magnitude(model) + 1e-30) * 1e-9;

    if (cost_at_price(model, 0) <= budget)
        return 0;
    for (int i = 0; i < DOUBLINGS && cost_at_price(model, high) > budget; i++) {
        low = high;
        high *= 2;
    }
    for (int i = 0; i < HALVINGS && high - low > 1e-4 * high; i++) {
        double middle = (low + high) / 2;

        if (cost_at_price(model, middle) > budget)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static double spread(const struct potentials *potentials, int group)
{
    const struct assignment_model *model = potentials->model;
    double least =
        potentials
            ->own[place_of(model, group, potentials_least_choice(potentials, group))];
    double largest = least;

    for (int choice = 0; choice < model->choices[group]; choice++)
        largest = fmax(largest, potentials->own[place_of(model, group, choice)]);
    return largest - least;
}

/* Those first that make the largest difference. */
static void order_groups(struct solver *solver)
{
    int groups = solver->model->groups;

    for (int group = 0; group < groups; group++) {
        int at = group;

        for (; at > 0 && spread(&solver->potentials, solver->order[at - 1]) <
                             spread(&solver->potentials, group);
             at--)
            solver->order[at] = solver->order[at - 1];
        solver->order[at] = group;
    }
    for (int depth = groups - 1; depth >= 0; depth--) {
        int group = solver->order[depth];

        solver->cheapest[depth] =
            solver->cheapest[depth + 1] + extreme_cost(solver->model, group, false);
        solver->rest[depth] = solver->rest[depth + 1];
        for (int at = depth + 1; at < groups; at++)
            solver->rest[depth] +=
                potentials_least_pair(&solver->potentials, group, solver->order[at]);
    }
}

static void begin(struct solver *solver)
{
    size_t groups = (size_t)solver->model->groups;

    solver->price = price_of(solver->model, solver->budget);
    potentials_init(&solver->potentials, solver->model, solver->price);
    potentials_tighten(&solver->potentials, PASSES);
    solver->order = memory_zeroed(groups, sizeof *solver->order);
    solver->chosen = memory_zeroed(groups, sizeof *solver->chosen);
    solver->cheapest = memory_zeroed(groups + 1, sizeof *solver->cheapest);
    solver->rest = memory_zeroed(groups + 1, sizeof *solver->rest);
    solver->fields =
        memory_get((groups + 1) * solver->potentials.places * sizeof *solver->fields);
    memcpy(solver->fields, solver->potentials.own,
           solver->potentials.places * sizeof *solver->fields);
    order_groups(solver);
}

static void end(struct solver *solver)
{
    potentials_clear(&solver->potentials);
    free(solver->order);
    free(solver->chosen);
    free(solver->cheapest);
    free(solver->rest);
    free(solver->fields);
}

/* What the search begins with: the cheapest choices, made better. */
static void begin_with_cheapest(struct solver *solver)
{
    const struct assignment_model *model = solver->model;

    for (int group = 0; group < model->groups; group++) {
        int64_t cheapest = extreme_cost(model, group, false);
        int choice = 0;

        while (model->costs[place_of(model, group, choice)] > cheapest)
            choice++;
        solver->chosen[group] = choice;
    }
    keep_if_lower(solver, solver->chosen);
    improve(solver);
}

bool assignment_solve(const struct assignment_model *model, int64_t budget,
                      long max_nodes, struct assignment *found)
{
    struct solver solver = {.model = model,
                            .budget = budget,
                            .best = found,
                            .max_nodes = max_nodes,
                            .slack = 1e-12 * magnitude(model)};
    double bound;

    if (assignment_least_cost(model) > budget)
        return false;
    found->nodes = 0;
    begin(&solver);
    begin_with_cheapest(&solver);
    bound = bound_at(&solver, 0, 0, 0);
    branch(&solver, 0, 0, 0);
    found->is_proven = !is_cut(&solver);
    found->bound = found->is_proven ? found->loss : fmin(bound, found->loss);
    end(&solver);
    return true;
}

bool assignment_solve_for_loss(const struct assignment_model *model, double loss,
                               long max_nodes, struct assignment *found)
{
    int64_t low = assignment_least_cost(model) - 1;
    int64_t high = assignment_largest_cost(model);

    assignment_solve(model, high, max_nodes, found);
    if (found->loss > loss)
        return false;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;

        if (assignment_solve(model, middle, max_nodes, found) && found->loss <= loss)
            high = found->cost;
        else
            low = middle;
    }
    return assignment_solve(model, high, max_nodes, found);
}

int assignment_front(const struct assignment_model *model, int count, long max_nodes,
                     struct assignment *front)
{
    int64_t least = assignment_least_cost(model);
    int64_t range = assignment_largest_cost(model) - least;
    int found = 0;

    for (int i = 0; i < count; i++) {
        int64_t budget = count > 1 ? least + range * i / (count - 1) : least + range;
        struct assignment next = {
            .choices = memory_get((size_t)model->groups * sizeof *next.choices)};

        assignment_solve(model, budget, max_nodes, &next);
        if (found == 0 || next.loss < front[found - 1].loss)
            front[found++] = next;
        else
            free(next.choices);
    }
    return found;
}
