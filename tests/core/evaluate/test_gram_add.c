#include "core/evaluate/gram_add.h"

#include "core/base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint32_t seed;

static uint32_t draw(uint32_t count)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % count;
}

/* x [inputs, positions] as numbers, and as rows of bytes. */
struct trial {
    int inputs, outputs, parts, most;
    size_t positions;
    int *numbers;
    uint8_t *bytes;
    int16_t *t;
};

static void fill(struct trial *trial)
{
    size_t stride = gram_stride(trial->positions);
    size_t of_part = (size_t)trial->inputs * stride;

    memset(trial->bytes, 0xa5, (size_t)trial->parts * of_part + INPUT_SLACK);
    for (int input = 0; input < trial->inputs; input++)
        for (size_t p = 0; p < trial->positions; p++) {
            size_t at = (size_t)input * stride + p;
            int number = trial->parts == 2 ? (int)draw(1 << 16)
                                           : (int)draw((uint32_t)trial->most + 1);

            if (draw(7) == 0) /* the ends */
                number = trial->parts == 2 ? UINT16_MAX : trial->most;
            trial->numbers[(size_t)input * trial->positions + p] = number;
            trial->bytes[at] = (uint8_t)(trial->parts == 2 ? number >> 8 : number);
            if (trial->parts == 2)
                trial->bytes[at + of_part] = (uint8_t)number;
        }
    for (size_t i = 0; i < (size_t)trial->outputs * trial->positions; i++)
        trial->t[i] =
            (int16_t)(draw(5) == 0 ? INT16_MIN : (int)draw(65536) + INT16_MIN);
}

static struct trial make_trial(int inputs, int outputs, int parts, int most,
                               size_t positions)
{
    struct trial trial = {inputs,    outputs, parts, parts == 2 ? UINT8_MAX : most,
                          positions, NULL,    NULL,  NULL};
    size_t rows = (size_t)(parts * inputs);

    seed = (uint32_t)(inputs * 1000 + outputs * 10 + parts);
    trial.numbers = memory_get((size_t)inputs * positions * sizeof *trial.numbers);
    trial.bytes = memory_aligned(rows * gram_stride(positions) + INPUT_SLACK);
    trial.t = memory_get((size_t)outputs * positions * sizeof *trial.t);
    fill(&trial);
    return trial;
}

static void free_trial(struct trial *trial)
{
    free(trial->numbers);
    free(trial->bytes);
    free(trial->t);
}

/* The moments by their definition. */
static void add_plainly(const struct trial *trial, const struct gram *gram)
{
    const int *x = trial->numbers;

    *gram->positions += (int64_t)trial->positions;
    for (size_t p = 0; p < trial->positions; p++) {
        for (int i = 0; i < trial->inputs; i++) {
            int64_t a = x[(size_t)i * trial->positions + p];

            gram->x[i] += a;
            for (int j = i; j < trial->inputs; j++)
                gram->xx[gram_row(trial->inputs, i) + (size_t)j] +=
                    a * x[(size_t)j * trial->positions + p];
            for (int o = 0; o < trial->outputs; o++)
                gram->tx[o * trial->inputs + i] +=
                    a * trial->t[(size_t)o * trial->positions + p];
        }
        for (int o = 0; o < trial->outputs; o++)
            gram->t[o] += trial->t[(size_t)o * trial->positions + p];
    }
}

static void check(const struct kernel_set *set, const struct trial *trial)
{
    size_t count = gram_count(trial->inputs, trial->outputs);
    int64_t *wanted = memory_zeroed(count, sizeof *wanted);
    int64_t *found = memory_zeroed(count, sizeof *found);
    const struct gram gram = gram_at(found, trial->inputs, trial->outputs);
    const struct gram plain = gram_at(wanted, trial->inputs, trial->outputs);

    for (int twice = 0; twice < 2; twice++) { /* sums are added to */
        add_plainly(trial, &plain);
        gram_add(set, &gram,
                 &(struct gram_rows){trial->bytes, trial->parts, trial->most, trial->t,
                                     trial->positions});
    }
    for (size_t i = 0; i < count; i++)
        if (found[i] != wanted[i])
            fail_msg("%s, %d inputs, %d outputs, %d parts, most %d, %zu positions: "
                     "number %zu is %lld, not %lld",
                     set->name, trial->inputs, trial->outputs, trial->parts,
                     trial->most, trial->positions, i, (long long)found[i],
                     (long long)wanted[i]);
    free(wanted);
    free(found);
}

static const struct {
    int inputs, outputs, parts, most;
    size_t positions;
} trials[] = {
    {1, 1, 1, 255, 1},    {9, 1, 1, 255, 64},    {9, 1, 2, 0, 63},
    {16, 3, 1, 15, 100},  {27, 8, 2, 0, 40},     {63, 5, 1, 127, 31},
    {64, 32, 1, 128, 32}, {65, 33, 1, 255, 129}, {144, 16, 1, 3, 257},
    {70, 40, 2, 0, 90},   {130, 64, 1, 0, 20},   {5, 2, 1, 255, GRAM_POSITIONS_MOST},
    {3, 2, 2, 0, 65000},
};

static void every_set_gives_the_moments_as_they_are_defined(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        struct trial trial =
            make_trial(trials[i].inputs, trials[i].outputs, trials[i].parts,
                       trials[i].most, trials[i].positions);

        for (const struct kernel_set *set = kernel_sets; set->name; set++)
            if (set->runs_here())
                check(set, &trial);
        free_trial(&trial);
    }
}

/* No sum of 32 bits overflows where all is as large as it can be. */
static void the_largest_numbers_fit(void **state)
{
    struct trial trial = make_trial(4, 2, 1, 255, GRAM_POSITIONS_MOST);

    (void)state;
    memset(trial.bytes, 255, 4 * gram_stride(trial.positions));
    for (size_t i = 0; i < 4 * trial.positions; i++)
        trial.numbers[i] = 255;
    for (size_t i = 0; i < 2 * trial.positions; i++)
        trial.t[i] = INT16_MIN;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        if (set->runs_here())
            check(set, &trial);
    free_trial(&trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_gives_the_moments_as_they_are_defined),
        cmocka_unit_test(the_largest_numbers_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
