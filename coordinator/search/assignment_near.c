#include "coordinator/search/assignment.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t place_of(const struct assignment_model *model, int group, int choice)
{
    return (size_t)group * (size_t)model->most + (size_t)choice;
}

/* ---- the least sensitive first -------------------------------------------------------------- */

/* The group that loses least by its next lower choice; -1: there is none. */
static int least_sensitive(const struct assignment_model *model, const int *choices)
{
    double least = INFINITY;
    int found = -1;

    for (int group = 0; group < model->groups; group++) {
        size_t place = place_of(model, group, choices[group]);
        double rise;

        if (choices[group] == 0)
            continue;
        rise = model->singles[place - 1] - model->singles[place];
        if (found < 0 || rise < least) {
            least = rise;
            found = group;
        }
    }
    return found;
}

bool assignment_greedy(const struct assignment_model *model, int64_t budget,
                       int *choices)
{
    for (int group = 0; group < model->groups; group++)
        choices[group] = model->choices[group] - 1;
    while (assignment_cost(model, choices) > budget) {
        int group = least_sensitive(model, choices);

        if (group < 0)
            return false;
        choices[group]--;
    }
    return true;
}

/* ---- neighbours ----------------------------------------------------------------------------- */

struct neighbour {
    double loss;
    int order; /* in which they were found */
    int left, to_left, right, to_right;
};

static int compare(const void *one, const void *other)
{
    const struct neighbour *a = one, *b = other;

    if (a->loss != b->loss)
        return a->loss < b->loss ? -1 : 1;
    return a->order - b->order;
}

struct walk {
    const struct assignment_model *model;
    int64_t budget;
    const int *from;
    int *now; /* [groups] scratch; owned */
    struct neighbour *found;
    int count;
};

static void look_at(struct walk *walk, struct neighbour next)
{
    int *now = walk->now;

    memcpy(now, walk->from, (size_t)walk->model->groups * sizeof *now);
    now[next.left] = next.to_left;
    now[next.right] = next.to_right;
    if (assignment_cost(walk->model, now) > walk->budget)
        return;
    next.loss = assignment_loss(walk->model, now);
    next.order = walk->count;
    walk->found[walk->count++] = next;
}

static void change_one(struct walk *walk, int group)
{
    for (int choice = 0; choice < walk->model->choices[group]; choice++)
        if (choice != walk->from[group])
            look_at(walk, (struct neighbour){0, 0, group, choice, group, choice});
}

static void change_two(struct walk *walk, int left, int right)
{
    for (int one = 0; one < walk->model->choices[left]; one++)
        for (int other = 0; other < walk->model->choices[right]; other++)
            if (one != walk->from[left] && other != walk->from[right])
                look_at(walk, (struct neighbour){0, 0, left, one, right, other});
}

int assignment_near(const struct assignment_model *model, int64_t budget,
                    const int *choices, int count, int *near)
{
    size_t groups = (size_t)model->groups, places = groups * (size_t)model->most;
    struct walk walk = {
        .model = model,
        .budget = budget,
        .from = choices,
        .now = memory_get(groups * sizeof *walk.now),
        .found = memory_get(places * places * sizeof *walk.found),
    };

    for (int left = 0; left < model->groups; left++) {
        change_one(&walk, left);
        for (int right = left + 1; right < model->groups; right++)
            change_two(&walk, left, right);
    }
    qsort(walk.found, (size_t)walk.count, sizeof *walk.found, compare);
    if (count > walk.count)
        count = walk.count;
    for (int i = 0; i < count; i++) {
        int *to = near + (size_t)i * groups;

        memcpy(to, choices, groups * sizeof *to);
        to[walk.found[i].left] = walk.found[i].to_left;
        to[walk.found[i].right] = walk.found[i].to_right;
    }
    free(walk.found);
    free(walk.now);
    return count;
}
