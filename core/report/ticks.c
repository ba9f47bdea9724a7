#include "core/report/ticks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The 1, 2 or 5 times a power of ten that is next to a distance, or a little above it. */
static double nice_distance(double distance)
{
    double power = pow(10, floor(log10(distance)));
    double digits = distance / power;

    return power * (digits <= 1 ? 1 : digits <= 2 ? 2 : digits <= 5 ? 5 : 10);
}

static struct ticks linear(double low, double high, int about)
{
    double distance = nice_distance((high - low) / about);
    double first = ceil(low / distance - 1e-9);
    struct ticks ticks = {.decimals = (int)fmax(0, ceil(-log10(distance) - 1e-9))};

    for (double i = first;
         i * distance <= high + distance * 1e-9 && ticks.count < TICKS_MOST; i++)
        ticks.at[ticks.count++] = i == 0 ? 0 : i * distance;
    if (ticks.decimals > 5 || fabs(high) >= 1e6)
        ticks.decimals = -1;
    return ticks;
}

/* Of each power of ten so many of 1, 2 and 5; with one of each, every `every`th power. */
static struct ticks logarithmic(double low, double high, int digits, int every)
{
    static const double of_power[][3] = {{1}, {1, 3}, {1, 2, 5}};
    struct ticks ticks = {.decimals = -1};

    for (int power = (int)floor(log10(low)); power <= (int)ceil(log10(high)); power++)
        for (int i = 0; i < digits && ticks.count < TICKS_MOST; i++) {
            double tick = of_power[digits - 1][i] * pow(10, power);

            if (power % every == 0 && tick >= low * (1 - 1e-9) &&
                tick <= high * (1 + 1e-9))
                ticks.at[ticks.count++] = tick;
        }
    return ticks;
}

struct ticks ticks_of(double low, double high, bool is_log, int about)
{
    double decades = is_log ? log10(high / low) : 0;

    if (!is_log || decades < 0.5)
        return linear(low, high, about);
    if (decades * 3 <= about + 2)
        return logarithmic(low, high, 3, 1);
    if (decades * 2 <= about + 2)
        return logarithmic(low, high, 2, 1);
    return logarithmic(low, high, 1, (int)ceil(decades / about));
}

/* "1e-07" and "2e+06" as "1e-7" and "2e6". */
static void shorten_exponent(char *text)
{
    char *from = strchr(text, 'e'), *to = from;

    if (!from)
        return;
    to++;
    from++;
    if (*from == '-')
        *to++ = '-';
    from += strspn(from, "+-0");
    memmove(to, from, strlen(from) + 1);
}

const char *ticks_text(const struct ticks *ticks, double value,
                       char text[TICK_TEXT_BYTES])
{
    bool is_handy = fabs(value) >= 1e-3 && fabs(value) < 1e6;

    if (ticks->decimals >= 0)
        snprintf(text, TICK_TEXT_BYTES, "%.*f", ticks->decimals, value);
    else
        snprintf(text, TICK_TEXT_BYTES, "%.*g", is_handy ? 6 : 3, value);
    shorten_exponent(text);
    return text;
}

void ticks_round_range(double *low, double *high, bool is_log)
{
    double distance;

    if (is_log) {
        double room = fmax(pow(*high / *low, 0.04), 1.05);

        *low /= room;
        *high *= room;
        return;
    }
    if (!(*high > *low)) {
        double room = fmax(fabs(*high), 1) * 0.1;

        *low -= room;
        *high += room;
    }
    distance = nice_distance((*high - *low) / 5);
    *low = floor(*low / distance + 1e-9) * distance;
    *high = ceil(*high / distance - 1e-9) * distance;
}
