#include "tests/fuzz/reach.h"

int reach_span(const struct reach *reach)
{
    return reach->dilation * (reach->kernel - 1) + 1;
}

int reach_windows(const struct reach *reach, int size)
{
    return (size + reach->begin + reach->end - reach_span(reach)) / reach->stride + 1;
}

struct reach reach_draw(struct chance *chance, int size, bool keeps)
{
    struct reach reach = {.stride = 1, .dilation = 1};

    reach.kernel = chance_between(chance, 1, chance_is(chance, 10) ? 5 : 3);
    if (chance_is(chance, 15))
        reach.dilation = chance_between(chance, 2, 3);
    if (keeps) {
        reach.begin = (reach_span(&reach) - 1) / 2;
        reach.end = reach_span(&reach) - 1 - reach.begin;
        return reach;
    }
    if (chance_is(chance, 35))
        reach.stride = chance_between(chance, 2, 3);
    reach.begin = chance_between(chance, 0, reach_span(&reach) - 1);
    reach.end = chance_between(chance, 0, reach_span(&reach) - 1);
    while (reach_windows(&reach, size) < 1 ||
           size + reach.begin + reach.end < reach_span(&reach)) {
        reach.kernel = 1;
        reach.begin = reach.end = 0;
    }
    return reach;
}
