#include "tests/support/measured.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>

void measured_together(struct evaluator *evaluator, const struct network *network,
                       const struct placement *placement,
                       const struct measure *measures, int count,
                       const struct choice *choices, void *const *answers)
{
    struct measure_room all = measures_room(network, placement, measures, count);
    int64_t *sums = memory_zeroed(all.sums + 1, sizeof *sums), *sum = sums;
    double *maxima = memory_get((all.maxima + 1) * sizeof *maxima), *maximum = maxima;

    for (size_t i = 0; i < all.maxima; i++)
        maxima[i] = -INFINITY;
    evaluator_measure(evaluator, measures, count, choices, sums, maxima);
    for (int i = 0; i < count; i++) {
        const struct measured of = {network, placement, &measures[i]};
        const struct measure_row *row = measure_row(measures[i].kind);
        struct measure_room room = row->room(&of);

        row->tell(&of, sum, maximum, answers[i]);
        sum += room.sums;
        maximum += room.maxima;
    }
    free(sums);
    free(maxima);
}

void measured_alone(struct evaluator *evaluator, const struct network *network,
                    const struct placement *placement, struct measure measure,
                    const struct choice *choices, void *answer)
{
    measured_together(evaluator, network, placement, &measure, 1, choices, &answer);
}
