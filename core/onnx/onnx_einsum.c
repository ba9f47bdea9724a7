/* Einsum, where it is a product of the matrices of two tensors, as in attention: bhid,bhjd->bhij. */
#include "core/onnx/onnx_operators.h"

#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_product.h"
#include "core/onnx/onnx_rows.h"

#include <ctype.h>
#include <string.h>

/* The letters of a tensor, one a dimension. */
struct term {
    char letters[ONNX_RANK_MAX + 1];
    int count;
};

enum { LEFT, RIGHT, OUTPUT, TERMS };

struct equation {
    char text[128]; /* without spaces */
    struct term terms[TERMS];
    char batch[ONNX_RANK_MAX + 1]; /* letters of all three, as the output has them */
    char row, depth,
        column; /* of left and output, of left and right, of right and output */
};

static int refuse(const struct onnx_node *node, const struct equation *equation,
                  const char *why, struct error *err)
{
    return onnx_node_error(
        node, err,
        "its equation \"%s\" %s; calq knows products of two matrices "
        "as bhid,bhjd->bhij and bhij,bhjd->bhid",
        equation->text, why);
}

/* ---- reading ---------------------------------------------------------------------------------- */

static int read_text(const struct onnx_node *node, struct equation *equation,
                     struct error *err)
{
    const Onnx__AttributeProto *attribute = onnx_attribute_find(node, "equation");
    size_t used = 0;

    if (!attribute || !attribute->has_s)
        return onnx_node_error(node, err, "its attribute equation must be a text");
    for (size_t i = 0; i < attribute->s.len; i++) {
        char letter = (char)attribute->s.data[i];

        if (letter == ' ')
            continue;
        if (used + 1 == sizeof equation->text)
            return refuse(node, equation, "is too long", err);
        equation->text[used++] = isprint((unsigned char)letter) ? letter : '?';
        equation->text[used] = '\0';
    }
    return 0;
}

/* Takes a term from the text, up to `end`; NULL: there is none. */
static const char *take_term(const char *text, const char *end, struct term *term)
{
    size_t length = *end ? (size_t)(strstr(text, end) - text) : strlen(text);

    term->count = 0;
    for (size_t i = 0; i < length; i++) {
        if (!isalpha((unsigned char)text[i]) || term->count == ONNX_RANK_MAX ||
            memchr(term->letters, text[i], (size_t)term->count))
            return NULL;
        term->letters[term->count++] = text[i];
    }
    term->letters[term->count] = '\0';
    return text + length + strlen(end);
}

static bool read_terms(struct equation *equation)
{
    const char *text = equation->text;

    if (!strchr(text, ',') || !strstr(text, "->"))
        return false;
    text = take_term(text, ",", &equation->terms[LEFT]);
    text = text && strstr(text, "->") ? take_term(text, "->", &equation->terms[RIGHT])
                                      : NULL;
    return text && take_term(text, "", &equation->terms[OUTPUT]);
}

static bool has(const struct equation *equation, int term, char letter)
{
    return strchr(equation->terms[term].letters, letter) != NULL;
}

/* Keeps the letter in its one place; false: another is there. */
static bool put(char *place, char letter)
{
    bool is_free = *place == '\0';

    *place = letter;
    return is_free;
}

/* What a letter of the left side, or of the right side alone, stands for. */
static bool sort_letter(struct equation *equation, char letter)
{
    bool left = has(equation, LEFT, letter), right = has(equation, RIGHT, letter);

    if (left && right && has(equation, OUTPUT, letter))
        return true; /* sorted in the order of the output */
    if (left && right)
        return put(&equation->depth, letter);
    if (!has(equation, OUTPUT, letter))
        return false;
    return put(left ? &equation->row : &equation->column, letter);
}

static bool sort_letters(struct equation *equation)
{
    const struct term *terms = equation->terms;
    size_t batch = 0;

    for (int i = 0; i < terms[LEFT].count; i++)
        if (!sort_letter(equation, terms[LEFT].letters[i]))
            return false;
    for (int i = 0; i < terms[RIGHT].count; i++)
        if (!has(equation, LEFT, terms[RIGHT].letters[i]) &&
            !sort_letter(equation, terms[RIGHT].letters[i]))
            return false;
    for (int i = 0; i < terms[OUTPUT].count; i++) {
        char letter = terms[OUTPUT].letters[i];

        if (has(equation, LEFT, letter) && has(equation, RIGHT, letter))
            equation->batch[batch++] = letter;
        else if (letter != equation->row && letter != equation->column)
            return false;
    }
    equation->batch[batch] = '\0';
    return equation->row && equation->depth && equation->column;
}

/* Samples are not multiplied with each other. */
static bool has_batch_first(const struct equation *equation)
{
    for (int term = 0; term < TERMS; term++)
        if (equation->terms[term].letters[0] != equation->batch[0])
            return false;
    return equation->batch[0] != '\0';
}

static int read_equation(const struct onnx_node *node, struct equation *equation,
                         struct error *err)
{
    *equation = (struct equation){.text = ""};
    if (read_text(node, equation, err) < 0)
        return -1;
    if (!read_terms(equation) || !sort_letters(equation))
        return refuse(node, equation, "is none of a product of two matrices", err);
    if (!has_batch_first(equation))
        return refuse(node, equation, "has not the batch first everywhere", err);
    return 0;
}

/* ---- the product ------------------------------------------------------------------------------ */

static int place_of(const char *letters, char letter)
{
    return (int)(strchr(letters, letter) - letters);
}

/* The order of a sample's dimensions, from those of `from` to those of `to`, both with the batch first. */
static void order_of(const char *from, const char *to, int order[ONNX_RANK_MAX])
{
    for (int i = 1; to[i]; i++)
        order[i - 1] = place_of(from, to[i]) - 1;
}

/* The batch's letters, and two more. */
static void spell(const struct equation *equation, char first, char second,
                  char letters[ONNX_RANK_MAX + 2])
{
    size_t count = strlen(equation->batch);

    memcpy(letters, equation->batch, count);
    letters[count] = first;
    letters[count + 1] = second;
    letters[count + 2] = '\0';
}

/* Dimensions of one letter are equally long: Einsum broadcasts none. */
static int check_dims(const struct onnx_node *node, const struct equation *equation,
                      const int tensors[2], struct error *err)
{
    const struct network *network = node->graph->network;

    for (int side = LEFT; side <= RIGHT; side++)
        if (network->tensors[tensors[side]].rank + 1 != equation->terms[side].count)
            return refuse(node, equation, "does not fit the dimensions of its inputs",
                          err);
    for (int i = 1; i < equation->terms[LEFT].count; i++) {
        char letter = equation->terms[LEFT].letters[i];
        const char *right = equation->terms[RIGHT].letters;

        if (has(equation, RIGHT, letter) &&
            network->tensors[tensors[LEFT]].dims[i - 1] !=
                network->tensors[tensors[RIGHT]].dims[place_of(right, letter) - 1])
            return refuse(node, equation, "has a letter with two lengths", err);
    }
    return 0;
}

static int give_side(const struct onnx_node *node, const struct equation *equation,
                     int side, const char *wanted, int *tensor, struct error *err)
{
    int order[ONNX_RANK_MAX];

    order_of(equation->terms[side].letters, wanted, order);
    return onnx_rows_give_ordered(node, tensor, order, err);
}

/* The last layer, which is the product. */
static void mark(const struct onnx_node *node)
{
    struct network *network = node->graph->network;

    network->layers[network->layer_count - 1].matmul.is_einsum = true;
}

static int read_einsum(const struct onnx_node *node, struct error *err)
{
    char wanted[TERMS][ONNX_RANK_MAX + 2];
    struct equation equation;
    int tensors[2], order[ONNX_RANK_MAX];
    const char *right = equation.terms[RIGHT].letters;
    bool is_turned;

    if (read_equation(node, &equation, err) < 0 ||
        onnx_node_tensor(node, LEFT, &tensors[LEFT], err) < 0 ||
        onnx_node_tensor(node, RIGHT, &tensors[RIGHT], err) < 0 ||
        check_dims(node, &equation, tensors, err) < 0)
        return -1;
    is_turned = place_of(right, equation.column) < place_of(right, equation.depth);
    spell(&equation, equation.row, equation.depth, wanted[LEFT]);
    spell(&equation, is_turned ? equation.column : equation.depth,
          is_turned ? equation.depth : equation.column, wanted[RIGHT]);
    spell(&equation, equation.row, equation.column, wanted[OUTPUT]);
    order_of(wanted[OUTPUT], equation.terms[OUTPUT].letters, order);
    if (give_side(node, &equation, LEFT, wanted[LEFT], &tensors[LEFT], err) < 0 ||
        give_side(node, &equation, RIGHT, wanted[RIGHT], &tensors[RIGHT], err) < 0 ||
        onnx_product_give_tensors(node, tensors, is_turned, err) < 0)
        return -1;
    mark(node);
    return onnx_rows_order_back(node, order, err);
}

const struct onnx_operator onnx_einsum = {"Einsum", 2, ONNX_ON_TENSORS, read_einsum,
                                          "equation"};
