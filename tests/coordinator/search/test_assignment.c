#include "coordinator/search/assignment.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "coordinator/search/assignment_bound.h"
#include "core/base/clock.h"
#include "core/base/random.h"

enum { GROUPS_MOST = 60, MOST = 5, PLACES_MOST = GROUPS_MOST * MOST };

/* A model whose numbers are drawn. */
struct drawn {
    int choices[GROUPS_MOST];
    double singles[PLACES_MOST], *pairs; /* owned */
    int64_t costs[PLACES_MOST];
    struct assignment_model model;
};

/* More bits cost more and lose less; pairs have any sign. `coupling` is how large they are. */
static void draw(struct drawn *drawn, int groups, int most, double coupling,
                 uint64_t seed)
{
    struct random_stream stream = {seed};
    size_t places = (size_t)groups * (size_t)most;

    drawn->pairs = calloc(places * places, sizeof *drawn->pairs);
    for (int group = 0; group < groups; group++) {
        double size = 1 + floor(40 * random_fraction(&stream));
        double hurts = random_fraction(&stream);

        drawn->choices[group] = most - (seed % 3 == 0 && group % 4 == 3);
        for (int choice = 0; choice < most; choice++) {
            size_t place = (size_t)group * (size_t)most + (size_t)choice;

            drawn->costs[place] = (int64_t)(size * (choice + 2));
            drawn->singles[place] = hurts * pow(4, -choice) * random_fraction(&stream);
        }
    }
    for (size_t left = 0; left < places; left++)
        for (size_t right = 0; right < places; right++)
            drawn->pairs[left * places + right] =
                coupling * (random_fraction(&stream) - 0.4) *
                sqrt(drawn->singles[left] * drawn->singles[right]);
    drawn->model = (struct assignment_model){
        groups, most, drawn->choices, drawn->singles, drawn->pairs, drawn->costs};
}

/* The next choices in the order of numbers; false: there are no more. */
static bool count_up(const struct assignment_model *model, int *choices)
{
    for (int group = 0; group < model->groups; group++) {
        if (++choices[group] < model->choices[group])
            return true;
        choices[group] = 0;
    }
    return false;
}

static double least_of_all(const struct assignment_model *model, int64_t budget)
{
    int choices[GROUPS_MOST] = {0};
    double least = INFINITY;

    do {
        if (assignment_cost(model, choices) <= budget)
            least = fmin(least, assignment_loss(model, choices));
    } while (count_up(model, choices));
    return least;
}

static int64_t budget_at(const struct assignment_model *model, double part)
{
    int64_t least = assignment_least_cost(model);

    return least + (int64_t)(part * (double)(assignment_largest_cost(model) - least));
}

static void it_is_the_least_of_all_that_there_are(void **state)
{
    static const double couplings[] = {0, 0.3, 1, 4};

    (void)state;
    for (uint64_t seed = 0; seed < 120; seed++) {
        struct drawn drawn;
        int choices[GROUPS_MOST];
        struct assignment found = {.choices = choices};

        draw(&drawn, 1 + (int)(seed % 7), 2 + (int)(seed % 3), couplings[seed % 4],
             seed);
        for (double part = 0; part <= 1; part += 0.125) {
            int64_t budget = budget_at(&drawn.model, part);
            double least = least_of_all(&drawn.model, budget);

            assert_true(assignment_solve(&drawn.model, budget, 0, &found));
            assert_true(found.is_proven);
            assert_true(found.cost <= budget);
            assert_true(found.cost == assignment_cost(&drawn.model, choices));
            assert_true(found.loss == assignment_loss(&drawn.model, choices));
            if (fabs(found.loss - least) > 1e-10)
                fail_msg("seed %d, part %g: %.17g, least %.17g", (int)seed, part,
                         found.loss, least);
        }
        free(drawn.pairs);
    }
}

static void without_pairs_it_is_that_of_dynamic_programming(void **state)
{
    enum { BUDGET_MOST = 20000 };
    static double least[BUDGET_MOST + 1], next[BUDGET_MOST + 1];

    (void)state;
    for (uint64_t seed = 1; seed < 20; seed++) {
        struct drawn drawn;
        int choices[GROUPS_MOST];
        struct assignment found = {.choices = choices};
        int64_t budget;

        draw(&drawn, 50, 4, 0, seed);
        free(drawn.pairs);
        drawn.model.pairs = NULL;
        budget = budget_at(&drawn.model, 0.05 * (double)seed);
        assert_true(budget <= BUDGET_MOST);
        memset(least, 0, sizeof least);
        for (int group = 0; group < drawn.model.groups; group++) {
            for (int64_t left = 0; left <= budget; left++) {
                next[left] = INFINITY;
                for (int choice = 0; choice < drawn.choices[group]; choice++)
                    if (drawn.costs[4 * group + choice] <= left)
                        next[left] = fmin(
                            next[left], least[left - drawn.costs[4 * group + choice]] +
                                            drawn.singles[4 * group + choice]);
            }
            memcpy(least, next, sizeof least);
        }
        assert_true(assignment_solve(&drawn.model, budget, 0, &found));
        assert_true(fabs(found.loss - least[budget]) < 1e-10);
    }
}

static void networks_of_usual_size_are_solved_to_the_end(void **state)
{
    static const struct {
        int groups, most;
        double coupling;
    } sizes[] = {{18, 4, 0.3}, {18, 4, 1}, {28, 5, 0.2}, {54, 5, 0.05}};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (double part = 0.1; part < 1; part += 0.2) {
            struct drawn drawn;
            int choices[GROUPS_MOST];
            struct assignment found = {.choices = choices};
            double began = clock_cpu_seconds();

            draw(&drawn, sizes[i].groups, sizes[i].most, sizes[i].coupling, 7 + i);
            assert_true(assignment_solve(&drawn.model, budget_at(&drawn.model, part),
                                         3000000, &found));
            print_message("%d groups of %d, pairs of %g, %.1f of the range: %ld nodes, "
                          "%.2f s\n",
                          sizes[i].groups, sizes[i].most, sizes[i].coupling, part,
                          found.nodes, clock_cpu_seconds() - began);
            assert_true(found.is_proven);
            free(drawn.pairs);
        }
}

static void what_is_cut_short_says_how_far_off_it_may_be(void **state)
{
    struct drawn drawn;
    int whole[GROUPS_MOST], cut[GROUPS_MOST];
    struct assignment proven = {.choices = whole}, found = {.choices = cut};

    (void)state;
    draw(&drawn, 18, 4, 4, 3);
    assert_true(
        assignment_solve(&drawn.model, budget_at(&drawn.model, 0.4), 3, &found));
    assert_true(
        assignment_solve(&drawn.model, budget_at(&drawn.model, 0.4), 0, &proven));
    assert_false(found.is_proven);
    assert_true(proven.is_proven);
    assert_true(found.bound <= proven.loss && proven.loss <= found.loss);
    free(drawn.pairs);
}

static void a_budget_below_the_cheapest_has_none(void **state)
{
    struct drawn drawn;
    int choices[GROUPS_MOST];
    struct assignment found = {.choices = choices, .loss = 17};

    (void)state;
    draw(&drawn, 5, 4, 1, 11);
    assert_false(assignment_solve(&drawn.model, assignment_least_cost(&drawn.model) - 1,
                                  0, &found));
    assert_true(found.loss == 17);
    assert_true(
        assignment_solve(&drawn.model, assignment_least_cost(&drawn.model), 0, &found));
    assert_true(found.cost == assignment_least_cost(&drawn.model));
    free(drawn.pairs);
}

static void a_loss_is_met_at_the_least_cost(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct drawn drawn;
        int choices[GROUPS_MOST], all[GROUPS_MOST] = {0};
        struct assignment found = {.choices = choices};
        int64_t least = INT64_MAX;
        double limit;

        draw(&drawn, 6, 3, 1, seed);
        limit = least_of_all(&drawn.model, INT64_MAX) + 0.1;
        do {
            if (assignment_loss(&drawn.model, all) <= limit &&
                assignment_cost(&drawn.model, all) < least)
                least = assignment_cost(&drawn.model, all);
        } while (count_up(&drawn.model, all));
        assert_true(assignment_solve_for_loss(&drawn.model, limit, 0, &found));
        assert_true(found.loss <= limit && found.cost == least);
        assert_false(assignment_solve_for_loss(&drawn.model, limit - 0.2, 0, &found));
        free(drawn.pairs);
    }
}

static void the_front_rises_in_cost_and_falls_in_loss(void **state)
{
    enum { COUNT = 33 };
    struct drawn drawn;
    struct assignment front[COUNT];
    int found;

    (void)state;
    draw(&drawn, 12, 4, 1, 5);
    found = assignment_front(&drawn.model, COUNT, 0, front);
    assert_true(found > COUNT / 2);
    assert_true(front[0].cost == assignment_least_cost(&drawn.model));
    for (int i = 0; i < found; i++) {
        assert_true(front[i].is_proven);
        if (i > 0)
            assert_true(front[i].cost > front[i - 1].cost &&
                        front[i].loss < front[i - 1].loss);
        free(front[i].choices);
    }
    free(drawn.pairs);
}

static void neighbours_are_the_best_that_differ_in_one_group_or_two(void **state)
{
    enum { COUNT = 7 };

    (void)state;
    for (uint64_t seed = 1; seed < 20; seed++) {
        struct drawn drawn;
        int from[GROUPS_MOST] = {0}, near[COUNT * 5], all[GROUPS_MOST] = {0};
        int64_t budget;
        int found, better = 0;
        double last = -INFINITY;

        draw(&drawn, 5, 3, 1, seed);
        budget = budget_at(&drawn.model, 0.6);
        found = assignment_near(&drawn.model, budget, from, COUNT, near);
        assert_int_equal(found, COUNT);
        for (int i = 0; i < found; i++) {
            double loss = assignment_loss(&drawn.model, near + i * 5);

            assert_true(loss >= last);
            assert_true(assignment_cost(&drawn.model, near + i * 5) <= budget);
            last = loss;
        }
        do {
            int differ = 0;

            for (int group = 0; group < 5; group++)
                differ += all[group] != from[group];
            better += differ >= 1 && differ <= 2 &&
                      assignment_cost(&drawn.model, all) <= budget &&
                      assignment_loss(&drawn.model, all) < last;
        } while (count_up(&drawn.model, all));
        assert_true(better < COUNT);
        free(drawn.pairs);
    }
}

static void the_greedy_way_lowers_what_loses_least(void **state)
{
    static const int choices[] = {2, 2, 2};
    static const double singles[] = {5, 0, 1, 0, 3, 0};
    static const int64_t costs[] = {1, 2, 1, 2, 1, 2};
    const struct assignment_model model = {3, 2, choices, singles, NULL, costs};
    int found[3];

    (void)state;
    assert_true(assignment_greedy(&model, 6, found));
    assert_true(found[0] == 1 && found[1] == 1 && found[2] == 1);
    assert_true(assignment_greedy(&model, 4, found));
    assert_true(found[0] == 1 && found[1] == 0 && found[2] == 0);
    assert_false(assignment_greedy(&model, 2, found));
}

/* Of what is moved between singles and pairs no assignment notices, and each pass raises the bound. */
static void tightening_changes_no_loss(void **state)
{
    struct drawn drawn;
    struct potentials potentials;
    int choices[GROUPS_MOST] = {0};
    double bound;

    (void)state;
    draw(&drawn, 5, 3, 4, 21);
    potentials_init(&potentials, &drawn.model, 0);
    bound = potentials_bound(&potentials);
    for (int pass = 0; pass < 5; pass++) {
        potentials_tighten(&potentials, 1);
        assert_true(potentials_bound(&potentials) >= bound - 1e-12);
        bound = potentials_bound(&potentials);
    }
    do {
        double loss = 0;

        for (int group = 0; group < 5; group++) {
            size_t place = (size_t)(3 * group + choices[group]);

            loss += potentials.own[place];
            for (int other = group + 1; other < 5; other++)
                loss += potentials.both[place * potentials.places +
                                        (size_t)(3 * other + choices[other])];
        }
        assert_true(fabs(loss - assignment_loss(&drawn.model, choices)) < 1e-12);
    } while (count_up(&drawn.model, choices));
    potentials_clear(&potentials);
    free(drawn.pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_least_of_all_that_there_are),
        cmocka_unit_test(without_pairs_it_is_that_of_dynamic_programming),
        cmocka_unit_test(networks_of_usual_size_are_solved_to_the_end),
        cmocka_unit_test(what_is_cut_short_says_how_far_off_it_may_be),
        cmocka_unit_test(a_budget_below_the_cheapest_has_none),
        cmocka_unit_test(a_loss_is_met_at_the_least_cost),
        cmocka_unit_test(the_front_rises_in_cost_and_falls_in_loss),
        cmocka_unit_test(tightening_changes_no_loss),
        cmocka_unit_test(neighbours_are_the_best_that_differ_in_one_group_or_two),
        cmocka_unit_test(the_greedy_way_lowers_what_loses_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
