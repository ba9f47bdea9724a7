/* Comparisons, and choices by them. Conditions that are computed are floats, 1 and 0. */
#include "core/onnx/onnx_operators.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_binary.h"
#include "core/onnx/onnx_broadcast.h"
#include "core/onnx/onnx_mask.h"
#include "core/onnx/onnx_truth.h"

#include <math.h>
#include <string.h>

/* Which of two numbers is larger: below zero, zero, above zero. The batch size is larger than what is not
 * above zero, and unknown beside all others. False where that is unknown. */
static bool order(const struct onnx_constant *a, size_t i,
                  const struct onnx_constant *b, size_t j, int *result)
{
    if (!a->is_integer) {
        *result = (a->reals[i] > b->reals[j]) - (a->reals[i] < b->reals[j]);
        return true;
    }
    *result = (a->integers[i] > b->integers[j]) - (a->integers[i] < b->integers[j]);
    if (onnx_batch_factor(a->integers[i]) > 0) {
        *result = a->integers[i] == b->integers[j] ? 0 : 1;
        return *result == 0 ||
               (onnx_batch_factor(b->integers[j]) == 0 && b->integers[j] <= 0);
    }
    if (onnx_batch_factor(b->integers[j]) > 0) {
        *result = -1;
        return a->integers[i] <= 0;
    }
    return true;
}

/* What a comparison says where the left operand is smaller, equal and larger; the operation of computed ones,
 * perhaps of the right operand and the left one. */
static const struct comparison {
    const char *op;
    bool smaller, equal, larger;
    enum binary_operation operation;
    bool is_turned;
} comparisons[] = {
    {"Equal", false, true, false, BINARY_EQUAL, false},
    {"Greater", false, false, true, BINARY_LESS, true},
    {"GreaterOrEqual", false, true, true, BINARY_LESS_OR_EQUAL, true},
    {"Less", true, false, false, BINARY_LESS, false},
    {"LessOrEqual", true, true, false, BINARY_LESS_OR_EQUAL, false},
};

static const struct comparison *comparison_of(const struct onnx_node *node)
{
    const struct comparison *comparison = comparisons;

    while (strcmp(comparison->op, node->proto->op_type) != 0)
        comparison++; /* each row below that says read_comparison has one */
    return comparison;
}

/* ---- of computed values ---- */

static int read_sources(const struct onnx_node *node, struct onnx_source sources[2],
                        struct error *err)
{
    return onnx_node_source(node, 0, &sources[0], err) < 0 ||
                   onnx_node_source(node, 1, &sources[1], err) < 0
               ? -1
               : 0;
}

/* A constant of bool as the floats that computed conditions are. */
static int as_floats(const struct onnx_node *node, struct onnx_source *source,
                     struct error *err)
{
    if (!source->constant || !source->constant->is_integer)
        return 0;
    if (onnx_node_unfold(node, source->constant->count, err) < 0)
        return -1;
    source->constant = onnx_node_as_reals(node, source->constant);
    return 0;
}

static int give_computed(const struct onnx_node *node, enum binary_operation operation,
                         struct onnx_source *left, struct onnx_source *right,
                         struct error *err)
{
    return as_floats(node, left, err) < 0 || as_floats(node, right, err) < 0 ||
                   !onnx_binary_give(node, operation, left, right, err)
               ? -1
               : 0;
}

/* ---- of constants ---- */

struct pair {
    const struct onnx_constant *operands[2];
    struct onnx_constant *result;
};

/* The node's two constants and, of their shape together, its result. */
static int read_pair(const struct onnx_node *node, bool gives_integers,
                     struct pair *pair, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES], other_text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_shape shape;

    for (int i = 0; i < 2; i++)
        if (onnx_node_constant(node, i, &pair->operands[i], err) < 0)
            return -1;
    if (pair->operands[0]->is_integer != pair->operands[1]->is_integer ||
        !onnx_broadcast_shape(&pair->operands[0]->shape, &pair->operands[1]->shape,
                              &shape))
        return onnx_node_error(node, err, "constants %s and %s do not fit each other",
                               onnx_shape_text(&pair->operands[0]->shape, text),
                               onnx_shape_text(&pair->operands[1]->shape, other_text));
    pair->result = onnx_node_give_constant(
        node, gives_integers || pair->operands[0]->is_integer, &shape, err);
    return pair->result ? 0 : -1;
}

/* Which element of an operand meets element i of the result. */
static size_t met(const struct pair *pair, int operand, size_t i)
{
    return onnx_broadcast_source(&pair->result->shape, &pair->operands[operand]->shape,
                                 i);
}

static int compare_constants(const struct onnx_node *node,
                             const struct comparison *comparison, struct error *err)
{
    struct pair pair;

    if (read_pair(node, true, &pair, err) < 0)
        return -1;
    for (size_t i = 0; i < pair.result->count; i++) {
        size_t left = met(&pair, 0, i), right = met(&pair, 1, i);
        int order_of_both;

        if (!order(pair.operands[0], left, pair.operands[1], right, &order_of_both))
            return onnx_node_error(node, err, "it depends on the batch size");
        pair.result->integers[i] = order_of_both < 0   ? comparison->smaller
                                   : order_of_both > 0 ? comparison->larger
                                                       : comparison->equal;
    }
    return 0;
}

static int check_condition(const struct onnx_node *node,
                           const struct onnx_constant *condition, struct error *err)
{
    return condition->is_integer
               ? 0
               : onnx_node_error(node, err, "its condition \"%s\" must be of bool",
                                 condition->name);
}

static int read_comparison(const struct onnx_node *node, struct error *err)
{
    const struct comparison *comparison = comparison_of(node);
    struct onnx_source sources[2];

    if (read_sources(node, sources, err) < 0)
        return -1;
    return sources[0].constant && sources[1].constant
               ? compare_constants(node, comparison, err)
               : give_computed(node, comparison->operation,
                               &sources[comparison->is_turned],
                               &sources[!comparison->is_turned], err);
}

/* And, Or, Xor: what the result is where none, one and both are true. */
static int combine_constants(const struct onnx_node *node, const bool results[3],
                             struct error *err)
{
    struct pair pair;

    if (read_pair(node, true, &pair, err) < 0 ||
        check_condition(node, pair.operands[0], err) < 0)
        return -1;
    for (size_t i = 0; i < pair.result->count; i++) {
        bool left = pair.operands[0]->integers[met(&pair, 0, i)] != 0;
        bool right = pair.operands[1]->integers[met(&pair, 1, i)] != 0;

        pair.result->integers[i] = results[left + right];
    }
    return 0;
}

static int read_logic(const struct onnx_node *node, enum binary_operation operation,
                      const bool results[3], struct error *err)
{
    struct onnx_source sources[2];

    if (read_sources(node, sources, err) < 0)
        return -1;
    return sources[0].constant && sources[1].constant
               ? combine_constants(node, results, err)
               : give_computed(node, operation, &sources[0], &sources[1], err);
}

static int read_and(const struct onnx_node *node, struct error *err)
{
    return read_logic(node, BINARY_MUL, (const bool[]){false, false, true}, err);
}

static int read_or(const struct onnx_node *node, struct error *err)
{
    return read_logic(node, BINARY_MAX, (const bool[]){false, true, true}, err);
}

static int read_xor(const struct onnx_node *node, struct error *err)
{
    return read_logic(node, BINARY_UNEQUAL, (const bool[]){false, true, false}, err);
}

static int negate_constant(const struct onnx_node *node,
                           const struct onnx_constant *condition, struct error *err)
{
    struct onnx_constant *result;

    if (check_condition(node, condition, err) < 0)
        return -1;
    result = onnx_node_give_constant(node, true, &condition->shape, err);
    if (!result)
        return -1;
    for (size_t i = 0; i < result->count; i++)
        result->integers[i] = !condition->integers[i];
    return 0;
}

static int read_not(const struct onnx_node *node, struct error *err)
{
    struct onnx_source source;

    if (onnx_node_source(node, 0, &source, err) < 0)
        return -1;
    return source.constant ? negate_constant(node, source.constant, err)
                           : onnx_truth_give(node, &source, false, err);
}

/* The remainder has the sign of the divisor, or with fmod of what is divided, as C's has. */
static bool remainder_of(int64_t a, int64_t b, bool is_as_c, int64_t *result)
{
    if (b == 0 || onnx_batch_factor(a) > 0 || onnx_batch_factor(b) > 0)
        return false;
    *result = b == -1 ? 0 : a % b;
    if (!is_as_c && *result != 0 && (*result < 0) != (b < 0))
        *result += b;
    return true;
}

static int read_mod(const struct onnx_node *node, struct error *err)
{
    struct pair pair;
    int64_t is_as_c;

    if (onnx_attribute_integer(node, "fmod", 0, &is_as_c, err) < 0 ||
        read_pair(node, false, &pair, err) < 0)
        return -1;
    for (size_t i = 0; i < pair.result->count; i++) {
        size_t left = met(&pair, 0, i), right = met(&pair, 1, i);

        if (!pair.result->is_integer)
            pair.result->reals[i] =
                fmodf(pair.operands[0]->reals[left], pair.operands[1]->reals[right]);
        else if (!remainder_of(pair.operands[0]->integers[left],
                               pair.operands[1]->integers[right], is_as_c != 0,
                               &pair.result->integers[i]))
            return onnx_node_error(node, err,
                                   "it divides by zero, or depends on the batch size");
    }
    return 0;
}

/* ---- choices ---- */

enum { CONDITION, WHERE_TRUE, WHERE_FALSE, WHERE_INPUTS };

static int misfit(const struct onnx_node *node, struct error *err)
{
    return onnx_node_error(node, err, "its inputs do not fit each other");
}

static int choose_constants(const struct onnx_node *node,
                            const struct onnx_constant *condition,
                            const struct onnx_constant *const choices[2],
                            struct error *err)
{
    struct onnx_shape both, shape;
    struct onnx_constant *result;

    if (choices[0]->is_integer != choices[1]->is_integer ||
        !onnx_broadcast_shape(&choices[0]->shape, &choices[1]->shape, &both) ||
        !onnx_broadcast_shape(&both, &condition->shape, &shape))
        return misfit(node, err);
    result = onnx_node_give_constant(node, choices[0]->is_integer, &shape, err);
    if (!result)
        return -1;
    for (size_t i = 0; i < result->count; i++) {
        bool is_true =
            condition->integers[onnx_broadcast_source(&shape, &condition->shape, i)] !=
            0;
        const struct onnx_constant *from = choices[is_true ? 0 : 1];

        onnx_constant_copy(result, i, from,
                           onnx_broadcast_source(&shape, &from->shape, i));
    }
    return 0;
}

/* What fills a tensor where the condition is not `keeps`: a constant that is NaN where it is. */
static struct onnx_constant *fill_of(const struct onnx_node *node,
                                     const struct onnx_constant *condition, bool keeps,
                                     const struct onnx_constant *filling,
                                     struct error *err)
{
    struct onnx_constant *fill;
    struct onnx_shape shape;
    size_t count;

    if (!onnx_broadcast_shape(&condition->shape, &filling->shape, &shape) ||
        !onnx_shape_count(&shape, &count)) {
        misfit(node, err);
        return NULL;
    }
    if (onnx_node_unfold(node, count, err) < 0)
        return NULL;
    fill = onnx_graph_keep(node->graph,
                           onnx_constant_create(filling->name, false, &shape));
    for (size_t i = 0; i < fill->count; i++) {
        size_t at = onnx_broadcast_source(&shape, &condition->shape, i);
        size_t from = onnx_broadcast_source(&shape, &filling->shape, i);

        fill->reals[i] =
            (condition->integers[at] != 0) == keeps ? NAN : filling->reals[from];
    }
    return fill;
}

/* Gives a tensor where the condition is `keeps`, elsewhere a constant. */
static int give_filled(const struct onnx_node *node,
                       const struct onnx_constant *condition, bool keeps,
                       const struct onnx_source *tensor,
                       const struct onnx_constant *filling, struct error *err)
{
    struct onnx_source fill = {.tensor = -1};

    if (onnx_mask_check(node, filling, err) < 0)
        return -1;
    fill.constant = fill_of(node, condition, keeps, filling, err);
    if (!fill.constant)
        return -1;
    fill.shape = fill.constant->shape;
    return onnx_binary_give(node, BINARY_FILL, tensor, &fill, err) ? 0 : -1;
}

static int check_choices(const struct onnx_node *node,
                         const struct onnx_source choices[2], struct error *err)
{
    for (int i = 0; i < 2; i++)
        if (choices[i].constant && onnx_mask_check(node, choices[i].constant, err) < 0)
            return -1;
    return 0;
}

/* Keeps the first choice where the condition is true, and fills the rest with the second one. */
static int give_choice(const struct onnx_node *node, struct onnx_source *condition,
                       struct onnx_source choices[2], struct error *err)
{
    struct onnx_source kept;

    if (check_choices(node, choices, err) < 0 ||
        give_computed(node, BINARY_KEEP, &choices[0], condition, err) < 0 ||
        onnx_node_take_back(node, &kept, err) < 0)
        return -1;
    return onnx_binary_give(node, BINARY_FILL, &choices[1], &kept, err) ? 0 : -1;
}

static int choose_by_constant(const struct onnx_node *node,
                              struct onnx_source *condition_of_node,
                              struct onnx_source choices[2], struct error *err)
{
    const struct onnx_constant *condition = condition_of_node->constant;

    if (check_condition(node, condition, err) < 0)
        return -1;
    if (choices[0].constant && choices[1].constant)
        return choose_constants(node, condition,
                                (const struct onnx_constant *const[]){
                                    choices[0].constant, choices[1].constant},
                                err);
    if (choices[1].constant)
        return give_filled(node, condition, true, &choices[0], choices[1].constant,
                           err);
    if (choices[0].constant)
        return give_filled(node, condition, false, &choices[1], choices[0].constant,
                           err);
    return give_choice(node, condition_of_node, choices, err);
}

static int read_where(const struct onnx_node *node, struct error *err)
{
    struct onnx_source condition, choices[2];

    if (onnx_node_source(node, CONDITION, &condition, err) < 0 ||
        onnx_node_source(node, WHERE_TRUE, &choices[0], err) < 0 ||
        onnx_node_source(node, WHERE_FALSE, &choices[1], err) < 0)
        return -1;
    return condition.constant ? choose_by_constant(node, &condition, choices, err)
                              : give_choice(node, &condition, choices, err);
}

/* ---- branches ---- */

/* Whoever reads the file begins again, with one branch or both in the place of the node. */
static int read_if(const struct onnx_node *node, struct error *err)
{
    const struct onnx_constant *condition;
    struct onnx_value *value;

    if (onnx_node_value(node, CONDITION, &value, err) < 0 ||
        onnx_graph_constant(node->graph, value, &condition, err) < 0)
        return -1;
    if (condition && condition->count != 1)
        return onnx_node_error(node, err, "its condition \"%s\" is not one value",
                               condition->name);
    if (condition && check_condition(node, condition, err) < 0)
        return -1;
    node->graph->branching = node->proto;
    node->graph->branch = !condition                    ? DECIDED_BOTH
                          : condition->integers[0] != 0 ? DECIDED_THEN
                                                        : DECIDED_ELSE;
    return 0;
}

const struct onnx_operator onnx_and = {"And", 2, ONNX_ON_ELEMENTS, read_and, NULL};
const struct onnx_operator onnx_equal = {"Equal", 2, ONNX_ON_ELEMENTS, read_comparison,
                                         NULL};
const struct onnx_operator onnx_greater = {"Greater", 2, ONNX_ON_ELEMENTS,
                                           read_comparison, NULL};
const struct onnx_operator onnx_greater_or_equal = {
    "GreaterOrEqual", 2, ONNX_ON_ELEMENTS, read_comparison, NULL};
const struct onnx_operator onnx_if = {"If", 1, ONNX_ON_TENSORS, read_if,
                                      "else_branch then_branch"};
const struct onnx_operator onnx_less = {"Less", 2, ONNX_ON_ELEMENTS, read_comparison,
                                        NULL};
const struct onnx_operator onnx_less_or_equal = {"LessOrEqual", 2, ONNX_ON_ELEMENTS,
                                                 read_comparison, NULL};
const struct onnx_operator onnx_mod = {"Mod", 2, ONNX_ON_CONSTANTS, read_mod, "fmod"};
const struct onnx_operator onnx_not = {"Not", 1, ONNX_ON_ELEMENTS, read_not, NULL};
const struct onnx_operator onnx_or = {"Or", 2, ONNX_ON_ELEMENTS, read_or, NULL};
const struct onnx_operator onnx_where = {"Where", 3, ONNX_ON_ELEMENTS, read_where,
                                         NULL};
const struct onnx_operator onnx_xor = {"Xor", 2, ONNX_ON_ELEMENTS, read_xor, NULL};
