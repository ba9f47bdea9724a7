/* What a state's rows do to a network and its placement. */
#include "core/network/state.h"

#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/network/batchnorm.h"
#include "core/network/bias_shift.h"
#include "core/quant/packed_codes.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* What rows are put in force on. */
struct target {
    struct network *network;
    struct placement *placement;
};

static struct layer *layer_of(const struct target *target, int subject)
{
    return subject < target->network->layer_count ? &target->network->layers[subject]
                                                  : NULL;
}

static float *floats_of(const struct state_row *row)
{
    float *floats = memory_get(row->count * sizeof *floats);

    for (size_t i = 0; i < row->count; i++)
        floats[i] = (float)row->numbers[i];
    return floats;
}

/* ---- how many numbers a row has; NONE: there can be no such row --------------------------- */

static const size_t NONE = (size_t)-1;

static size_t count_of_network(const struct target *target, int subject)
{
    (void)target;
    return subject == 0 ? 0 : NONE;
}

static size_t count_of_conv(const struct target *target, int subject)
{
    const struct layer *layer = layer_of(target, subject);

    return layer && layer->kind == LAYER_CONV ? (size_t)layer->weights->outputs : NONE;
}

static struct quantized_tensor *item_of(const struct target *target, int subject)
{
    return subject < target->placement->count ? &target->placement->items[subject]
                                              : NULL;
}

static size_t count_of_steps(const struct target *target, int subject)
{
    const struct quantized_tensor *item = item_of(target, subject);
    struct step_layout layout;

    if (!item || !item->is_weight)
        return NONE;
    layout = placement_layout(target->network, item);
    return step_layout_count(&layout);
}

static size_t count_of_codes(const struct target *target, int subject)
{
    const struct quantized_tensor *item = item_of(target, subject);

    return item && item->is_weight ? packed_codes_count(weights_count(
                                         placement_weights(target->network, item)))
                                   : NONE;
}

static size_t count_of_codes_of_bits(const struct target *target, int subject)
{
    size_t count = count_of_codes(target, subject / GIVEN_CODES);
    const struct quantized_tensor *item = item_of(target, subject / GIVEN_CODES);

    if (count == NONE || target->network->layers[item->index].kind != LAYER_CONV ||
        subject % GIVEN_CODES == 0)
        return NONE;
    return count + (size_t)placement_weights(target->network, item)->outputs + 1;
}

static size_t count_of_split(const struct target *target, int subject)
{
    const struct quantized_tensor *item = item_of(target, subject);

    return item && item->split.added > 0
               ? (size_t)target->network->tensors[item->index].channels + 1
               : NONE;
}

static size_t count_of_batchnorm(const struct target *target, int subject)
{
    const struct layer *layer = layer_of(target, subject);

    return layer && layer->batchnorm ? 2 * (size_t)layer->batchnorm->channels : NONE;
}

static size_t count_of_nothing(const struct target *target, int subject)
{
    (void)target;
    (void)subject;
    return NONE;
}

/* ---- putting in force --------------------------------------------------------------------- */

static void put_nothing(const struct target *target, const struct state_row *row)
{
    (void)target;
    (void)row;
}

/* In place where there are ratios already: evaluators hold on to them. */
static void put_ratios(const struct target *target, const struct state_row *row)
{
    struct quantized_tensor *weights = item_of(target, row->subject);

    if (!weights->ratios)
        weights->ratios = memory_get(row->count * sizeof *weights->ratios);
    for (size_t i = 0; i < row->count; i++)
        weights->ratios[i] = (float)row->numbers[i];
}

static void put_split(const struct target *target, const struct state_row *row)
{
    float *maxima = floats_of(row);

    activation_split_calibrate(&item_of(target, row->subject)->split, maxima,
                               row->count - 1);
    free(maxima);
}

/* In place, too. The ratios that go with codes are in force before; the signature stands for both. */
static void put_codes_of(const struct target *target, struct quantized_tensor *item,
                         const double *numbers, struct given_codes *given)
{
    const struct weights *weights = placement_weights(target->network, item);
    size_t count = weights_count(weights);
    size_t steps = placement_step_count(target->network, item);
    uint64_t ratios = 0;

    if (!given->codes)
        given->codes = memory_get(count);
    packed_codes_unpack(numbers, count, given->codes);
    if (item->ratios)
        ratios = hash_bytes(item->ratios, steps * sizeof *item->ratios, 5);
    given->signature = hash_bytes(given->codes, count, 3 ^ ratios) | 1; /* never 0 */
}

static void put_codes(const struct target *target, const struct state_row *row)
{
    struct quantized_tensor *item = item_of(target, row->subject);

    put_codes_of(target, item, row->numbers, item->given);
}

static void put_codes_of_bits(const struct target *target, const struct state_row *row)
{
    struct quantized_tensor *item = item_of(target, row->subject / GIVEN_CODES);
    struct given_codes *given = &item->given[row->subject % GIVEN_CODES];
    size_t outputs = (size_t)placement_weights(target->network, item)->outputs;
    const double *shifts = row->numbers + row->count - outputs - 1;

    put_codes_of(target, item, row->numbers, given);
    if (!given->shifts)
        given->shifts = memory_get(outputs * sizeof *given->shifts);
    for (size_t i = 0; i < outputs; i++)
        given->shifts[i] = (float)shifts[i];
    given->signature ^=
        hash_bytes(given->shifts, outputs * sizeof *given->shifts, 5) & ~(uint64_t)1;
}

static void put_statistics(const struct target *target, const struct state_row *row)
{
    float *statistics = floats_of(row);

    batchnorm_put(layer_of(target, row->subject), statistics,
                  statistics + row->count / 2);
    free(statistics);
}

static void put_bias_shift(const struct target *target, const struct state_row *row)
{
    float *shifts = floats_of(row);

    bias_shift_put(layer_of(target, row->subject), shifts);
    free(shifts);
}

static const struct state_rule {
    size_t (*count)(const struct target *target, int subject);
    void (*put)(const struct target *target, const struct state_row *row);
} rules[] = {
    [STATE_EQUALIZED] = {count_of_network, put_nothing},
    [STATE_MEAN_CORRECTED] = {count_of_network, put_nothing},
    [STATE_VARIANCE_CORRECTED] = {count_of_network, put_nothing},
    [STATE_RATIOS] = {count_of_steps, put_ratios},
    [STATE_SPLIT] = {count_of_split, put_split},
    [STATE_CODE_RATIOS] = {count_of_steps, put_ratios},
    [STATE_CODES] = {count_of_codes, put_codes},
    [STATE_CODES_OF_BITS] = {count_of_codes_of_bits, put_codes_of_bits},
    [STATE_STATISTICS] = {count_of_batchnorm, put_statistics},
    [STATE_BIAS_SHIFT] = {count_of_conv, put_bias_shift},
    [STATE_MEAN_OUTPUTS] = {count_of_nothing, put_nothing},
};
_Static_assert(sizeof rules / sizeof *rules == STATE_KIND_COUNT,
               "each kind has a rule");

/* ---- all rows ----------------------------------------------------------------------------- */

static bool is_of_codes(const struct target *target, const struct state_row *row,
                        size_t i)
{
    if (row->kind == STATE_CODES_OF_BITS)
        return i < count_of_codes(target, row->subject / GIVEN_CODES);
    return row->kind == STATE_CODES;
}

/* Whether a number can be what it stands for: a float, and what is divided by is above 0. */
static bool number_fits(const struct target *target, const struct state_row *row,
                        size_t i)
{
    float number = (float)row->numbers[i];
    bool is_variance = row->kind == STATE_STATISTICS && 2 * i >= row->count;

    if (is_of_codes(target, row, i))
        return packed_codes_fit(row->numbers[i]);
    if ((double)number != row->numbers[i])
        return false;
    if (is_variance)
        return number + layer_of(target, row->subject)->batchnorm->epsilon > 0;
    return (row->kind != STATE_RATIOS && row->kind != STATE_CODE_RATIOS) ||
           (isnormal(number) && number > 0);
}

static bool row_fits(const struct target *target, const struct state_row *row)
{
    if (rules[row->kind].count(target, row->subject) != row->count)
        return false;
    for (size_t i = 0; i < row->count; i++)
        if (!number_fits(target, row, i))
            return false;
    return true;
}

int state_check(const struct state *state, const struct network *network,
                const struct placement *placement, struct error *err)
{
    const struct target target = {(struct network *)network,
                                  (struct placement *)placement};

    for (size_t i = 0; i < state->count; i++)
        if (!row_fits(&target, &state->rows[i]))
            return error_set(err, EXIT_INPUT,
                             "row %zu of the state is none of this network", i + 1);
    return 0;
}

static void given_codes_clear(struct given_codes *given)
{
    free(given->codes);
    free(given->shifts);
    *given = (struct given_codes){0};
}

/* Nothing is left of what the state has no row of. */
static void drop_others(const struct state *state, struct placement *placement)
{
    for (int i = 0; i < placement->count; i++) {
        struct quantized_tensor *item = &placement->items[i];

        for (int bits = 0; item->is_weight && bits < GIVEN_CODES; bits++)
            if (!state_numbers(state, bits == 0 ? STATE_CODES : STATE_CODES_OF_BITS,
                               bits == 0 ? i : GIVEN_CODES * i + bits))
                given_codes_clear(&item->given[bits]);
        if (item->is_weight && !state_numbers(state, STATE_RATIOS, i)) {
            free(item->ratios);
            item->ratios = NULL;
        }
        if (!item->is_weight && !state_numbers(state, STATE_SPLIT, i))
            activation_split_clear(&item->split);
    }
}

void state_put(const struct state *state, struct network *network,
               struct placement *placement)
{
    const struct target target = {network, placement};

    state_restore(network);
    drop_others(state, placement);
    for (size_t i = 0; i < state->count; i++) {
        assert(row_fits(&target, &state->rows[i]));
        rules[state->rows[i].kind].put(&target, &state->rows[i]);
    }
}

void state_restore(struct network *network)
{
    for (int layer = 0; layer < network->layer_count; layer++) {
        bias_shift_remove(&network->layers[layer]);
        if (network->layers[layer].batchnorm)
            batchnorm_restore(&network->layers[layer]);
    }
}
