/* layer_embedding.c - rows of a table, by their numbers; negative ones count from the end. */
#include "core/base/memory.h"
#include "core/layer/layer_run.h"
#include "core/layer/weight_codes.h"
#include "core/layer/weight_ratios.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows ----------------------------------------------------------------------------------- */

/* A table at work. */
struct lookup {
    const struct weights *table; /* borrowed */
    struct weight_rules rules;
    int16_t *codes; /* [inputs] of a row; owned */
    float *values;  /* likewise */
    float *steps;   /* of a row; owned */
};

/* Steps of a row. */
static size_t steps_of_row(const struct lookup *lookup)
{
    struct step_layout layout = weight_codes_layout(lookup->table, &lookup->rules);

    return step_layout_of_row(&layout);
}

/* A row as weights of one output, and its rules. */
static struct weights row_of(const struct lookup *lookup, size_t row)
{
    const struct weights *table = lookup->table;

    return (struct weights){
        .values = table->values + row * (size_t)table->inputs,
        .groups = 1,
        .outputs = 1,
        .inputs = table->inputs,
        .window = 1,
        .steps = table->steps ? table->steps + row * steps_of_row(lookup) : NULL,
        .block = table->block,
    };
}

/* The values of a row that a file or a candidate rounds; those of other rows say nothing of them. */
static const float *rounded_row(const struct lookup *lookup,
                                const struct quantizer *quantizer, size_t row)
{
    const struct weights of = row_of(lookup, row);
    const struct step_layout layout = weight_codes_layout(&of, &lookup->rules);
    struct weight_rules rules = lookup->rules;
    struct weight_codes meaning;
    float none;

    rules.ratios = rules.ratios ? rules.ratios + row * steps_of_row(lookup) : NULL;
    meaning = weight_codes_find(&of, &rules, quantizer, lookup->codes);
    weight_codes_values(&meaning, &of, &rules, quantizer, lookup->codes, lookup->steps,
                        &none);
    for (size_t i = 0; i < (size_t)of.inputs; i++)
        lookup->values[i] = lookup->steps[step_layout_at(&layout, i)] *
                            ((float)lookup->codes[i] + meaning.centre);
    return lookup->values;
}

static const float *values_of(const struct lookup *lookup,
                              const struct quantizer *quantizer, int32_t number)
{
    const struct weights *table = lookup->table;
    int64_t row = number < 0 ? (int64_t)number + table->outputs : number;

    assert(row >= 0 && row < table->outputs); /* who reads samples refuses others */
    return quantizer ? rounded_row(lookup, quantizer, (size_t)row)
                     : table->values + (size_t)row * (size_t)table->inputs;
}

/* ---- places --------------------------------------------------------------------------------- */

/* Where a number stands, as it is stored, and where its row goes. */
struct place {
    size_t from, to, stride;
};

/* Of number `i` as ONNX orders them: [C, H, W] is stored [H, W, C], numbers [A, B] have rows
 * [A, B, D], which are stored [B, D, A]. */
static struct place place_of(const struct tensor *numbers, size_t i, size_t columns)
{
    size_t area = (size_t)numbers->height * (size_t)numbers->width;
    struct place place = {i, i * columns, 1};

    if (numbers->rank == 3)
        place.from = i % area * (size_t)numbers->channels + i / area;
    if (numbers->rank == 2) {
        size_t a = (size_t)numbers->dims[0], b = (size_t)numbers->dims[1];

        place = (struct place){i, i % b * columns * a + i / b, a};
    }
    return place;
}

static void look_up(const struct layer_task *task, const int32_t *numbers, float *y)
{
    const struct lookup *lookup = task->run->own;
    const struct tensor *input = layer_task_input(task, 0);
    size_t columns = (size_t)lookup->table->inputs;

    for (size_t i = 0; i < input->count; i++) {
        struct place place = place_of(input, i, columns);
        const float *row = values_of(lookup, task->weights[0], numbers[place.from]);

        if (place.stride == 1)
            memcpy(y + place.to, row, columns * sizeof *y);
        for (size_t column = 0; place.stride > 1 && column < columns; column++)
            y[place.to + column * place.stride] = row[column];
    }
}

static void run_embedding(const struct layer_task *task)
{
    size_t numbers = layer_task_input(task, 0)->count;
    size_t values = layer_task_output(task)->count;
    const int32_t *first = task->inputs[0]->data;

    assert(!value_is_codes(task->inputs[0]));
    for (size_t sample = 0; sample < (size_t)task->samples; sample++)
        look_up(task, first + sample * numbers, task->out + sample * values);
}

/* ---- what stays ----------------------------------------------------------------------------- */

static void prepare(struct layer_run *run)
{
    const struct layer_setting *setting = run->setting;
    const struct placement *placement = setting->placement;
    int item = placement_of_weights(placement,
                                    (int)(run->layer - setting->network->layers), 0);
    struct lookup *lookup = memory_get(sizeof *lookup);
    size_t columns = (size_t)run->layer->weights->inputs;

    *lookup = (struct lookup){
        .table = run->layer->weights,
        .rules = placement_weight_rules(item < 0 ? NULL : &placement->items[item],
                                        &setting->rules),
        .codes = memory_get(columns * sizeof *lookup->codes),
        .values = memory_get(columns * sizeof *lookup->values),
    };
    lookup->steps = memory_get(steps_of_row(lookup) * sizeof *lookup->steps);
    run->own = lookup;
}

static void release(struct layer_run *run)
{
    struct lookup *lookup = run->own;

    free(lookup->codes);
    free(lookup->values);
    free(lookup->steps);
    free(lookup);
}

const struct layer_kind_row layer_embedding = {
    .name = "embedding",
    .codes = CODES_END,
    .is_nonnegative = layer_kind_any_sign, /* whatever its table is */
    .macs = layer_kind_no_macs,
    .same_shape = layer_kind_one_shape,
    .other_constants = layer_kind_no_constants, /* its table is weights */
    .run = run_embedding,
    .prepare = prepare,
    .release = release,
};
