/* Einsum of two tensors: a sum over what the result has no letter for. */
#include "tests/fuzz/operators.h"

#include <math.h>
#include <string.h>

enum { LETTERS = 128 };

/* "abc,cd->abd": the letters of both and of the result. */
struct equation {
    char of[3][ARRAY_RANK_MAX + 1];
    int64_t sizes[LETTERS];
    char summed[ARRAY_RANK_MAX + 1];
};

static void read_letters(const struct node *node, struct equation *equation)
{
    const Onnx__AttributeProto *attribute = node_attribute(node, "equation");
    int part = 0, count = 0;

    memset(equation, 0, sizeof *equation);
    for (size_t i = 0; attribute && i < attribute->s.len; i++) {
        char letter = (char)attribute->s.data[i];

        if (letter == ',' || letter == '>') {
            part++;
            count = 0;
        } else if (letter >= 'a' && letter <= 'z') {
            if (part > 2 || count == ARRAY_RANK_MAX)
                give_up("an equation of more than two", node->name);
            equation->of[part][count++] = letter;
        }
    }
}

static void find_sizes(struct equation *equation, const struct array *const *inputs)
{
    int count = 0;

    for (int part = 0; part < 2; part++)
        for (int i = 0; equation->of[part][i]; i++) {
            char letter = equation->of[part][i];

            equation->sizes[(int)letter] = inputs[part]->dims[i];
            if (!strchr(equation->of[2], letter) && !strchr(equation->summed, letter))
                equation->summed[count++] = letter;
        }
}

/* Gives letters the parts of an index. */
static void spread(const struct equation *equation, const char *letters, size_t index,
                   int64_t at[LETTERS])
{
    for (int i = (int)strlen(letters) - 1; i >= 0; i--) {
        size_t size = (size_t)equation->sizes[(int)letters[i]];

        at[(int)letters[i]] = (int64_t)(index % size);
        index /= size;
    }
}

static size_t place_of(const struct equation *equation, const char *letters,
                       const int64_t at[LETTERS])
{
    size_t place = 0;

    for (int i = 0; letters[i]; i++)
        place = place * (size_t)equation->sizes[(int)letters[i]] +
                (size_t)at[(int)letters[i]];
    return place;
}

static size_t count_of(const struct equation *equation, const char *letters)
{
    size_t count = 1;

    for (int i = 0; letters[i]; i++)
        count *= (size_t)equation->sizes[(int)letters[i]];
    return count;
}

static void add_up(const struct trial *trial, const struct equation *equation,
                   const struct array *const *inputs, struct array *result,
                   size_t index)
{
    size_t terms = count_of(equation, equation->summed);
    double sum = 0, magnitude = 0, error = 0;
    int64_t at[LETTERS] = {0};

    spread(equation, equation->of[2], index, at);
    for (size_t term = 0; term < terms; term++) {
        size_t a, b;

        spread(equation, equation->summed, term, at);
        a = place_of(equation, equation->of[0], at);
        b = place_of(equation, equation->of[1], at);
        sum += inputs[0]->values[a] * inputs[1]->values[b];
        magnitude += fabs(inputs[0]->values[a] * inputs[1]->values[b]);
        error +=
            fabs(inputs[0]->values[a]) * inputs[1]->errors[b] +
            inputs[0]->errors[a] * (fabs(inputs[1]->values[b]) + inputs[1]->errors[b]);
    }
    result->values[index] = sum;
    result->errors[index] = error + trial->unit * (double)(terms + 1) * magnitude;
}

struct array *op_einsum(struct trial *trial, const struct node *node,
                        const struct array *const *inputs)
{
    struct equation equation;
    int64_t dims[ARRAY_RANK_MAX];
    struct array *result;

    read_letters(node, &equation);
    find_sizes(&equation, inputs);
    for (int i = 0; equation.of[2][i]; i++)
        dims[i] = equation.sizes[(int)equation.of[2][i]];
    result = array_create(inputs[0]->type, (int)strlen(equation.of[2]), dims);
    for (size_t i = 0; i < result->count; i++)
        add_up(trial, &equation, inputs, result, i);
    result->unit = inputs[0]->step * inputs[1]->step;
    return result;
}
