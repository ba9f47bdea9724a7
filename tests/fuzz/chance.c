#include "tests/fuzz/chance.h"

#include <math.h>

struct chance chance_of(uint64_t seed)
{
    return (struct chance){seed * 0x9e3779b97f4a7c15u + 0x632be59bd9b4e019u};
}

/* Splitmix. */
static uint64_t draw(struct chance *chance)
{
    uint64_t z = chance->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

int chance_between(struct chance *chance, int low, int high)
{
    return low + (int)(draw(chance) % (uint64_t)(high - low + 1));
}

bool chance_is(struct chance *chance, int percent)
{
    return chance_between(chance, 0, 99) < percent;
}

double chance_normal(struct chance *chance)
{
    double sum = -6;

    for (int i = 0; i < 12; i++)
        sum += ldexp((double)(draw(chance) >> 11), -53);
    return sum;
}

const char *chance_word(struct chance *chance, const char *const *words)
{
    int count = 0;

    while (words[count])
        count++;
    return words[chance_between(chance, 0, count - 1)];
}
