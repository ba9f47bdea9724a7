#include "core/quant/value_parts.h"

#include "core/base/memory.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

/* A part while parts are being made. */
struct part {
    size_t channel;
    float scale, shift;
    float magnitude;
};

/* Of several the last. */
static size_t largest(const struct part *parts, size_t count)
{
    size_t largest = 0;

    for (size_t i = 1; i < count; i++)
        if (parts[i].magnitude >= parts[largest].magnitude)
            largest = i;
    return largest;
}

static void split(struct part *part, struct part *other)
{
    *other = *part = (struct part){part->channel, part->scale / 2, part->shift / 2,
                                   part->magnitude / 2};
    part->shift -= 0.25f;
    other->shift += 0.25f;
}

/* Puts parts in the order of their channels. */
static void put_in_order(struct value_parts *parts, const struct part *made)
{
    size_t count = parts->first[parts->channels], at = 0;

    for (size_t channel = 0; channel < parts->channels; channel++) {
        parts->first[channel] = at;
        for (size_t i = 0; i < count; i++)
            if (made[i].channel == channel) {
                parts->scale[at] = made[i].scale;
                parts->shift[at++] = made[i].shift;
            }
    }
}

void value_parts_init(struct value_parts *parts, const float *maxima, size_t channels,
                      size_t added)
{
    size_t count = channels + added;
    struct part *made = memory_get(count * sizeof *made);

    assert(channels > 0);
    *parts = (struct value_parts){
        .channels = channels,
        .first = memory_get((channels + 1) * sizeof *parts->first),
        .scale = memory_get(count * sizeof *parts->scale),
        .shift = memory_get(count * sizeof *parts->shift),
    };
    for (size_t i = 0; i < channels; i++)
        made[i] = (struct part){i, 1, 0, maxima[i]};
    for (size_t i = channels; i < count; i++)
        split(&made[largest(made, i)], &made[i]);
    parts->first[channels] = count;
    parts->most = made[largest(made, count)].magnitude;
    put_in_order(parts, made);
    free(made);
}

void value_parts_clear(struct value_parts *parts)
{
    free(parts->first);
    free(parts->scale);
    free(parts->shift);
    *parts = (struct value_parts){0};
}

/* The codes of a split channel's parts together. */
static int code_sum(const struct value_parts *parts, const struct quantizer *quantizer,
                    size_t channel, float value)
{
    float steps = value / quantizer->step;
    int sum = 0;

    if (value == 0)
        return 0;
    for (size_t i = parts->first[channel]; i < parts->first[channel + 1]; i++) {
        float part = (parts->scale[i] * steps + parts->shift[i]) * quantizer->step;

        sum += quantizer_code(quantizer, part);
    }
    return sum;
}

static bool is_split(const struct value_parts *parts, size_t channel)
{
    return parts->first[channel + 1] > parts->first[channel] + 1;
}

/* All values as if no channel were split, which most are not; then those that are. */
static void round_some(const struct value_parts *parts,
                       const struct quantizer *quantizer, size_t count, uint8_t *stored,
                       float *values)
{
    size_t channels = parts->channels;
    int lowest = quantizer_lowest(quantizer);

    quantizer_stored_codes(quantizer, values, count * channels, stored);
    for (size_t channel = 0; channel < channels; channel++) {
        bool split = is_split(parts, channel);

        for (size_t at = channel; at < count * channels; at += channels) {
            int code = split ? code_sum(parts, quantizer, channel, values[at])
                             : stored[at] + lowest;

            values[at] = quantizer->step * (float)code;
        }
    }
}

void value_parts_round(const struct value_parts *parts,
                       const struct quantizer *quantizer, float *values, size_t count)
{
    enum { AT_ONCE = 64 };
    uint8_t *stored = memory_get(AT_ONCE * parts->channels);

    assert(grid_centre(quantizer->grid) == 0);
    for (size_t done = 0; done < count; done += AT_ONCE) {
        size_t some = count - done < AT_ONCE ? count - done : AT_ONCE;

        round_some(parts, quantizer, some, stored, values + done * parts->channels);
    }
    free(stored);
}
