#include "core/export/tflite_compare.h"

#include <inttypes.h>
#include <string.h>

/* ---- tensors ------------------------------------------------------------------------------ */

struct comparison {
    const char *path;
    const struct tflite_model *ours;
    struct error *err;
};

static int tell(const struct comparison *of, const struct tflite_tensor *tensor,
                const char *what)
{
    return error_set(of->err, EXIT_VERIFY_MISMATCH,
                     "%s is not what the case gives: tensor \"%s\" has %s; export the "
                     "case again",
                     of->path, tensor->name, what);
}

static bool have_same_shape(const struct tflite_tensor *a,
                            const struct tflite_tensor *b)
{
    return a->type == b->type && a->rank == b->rank &&
           memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) == 0;
}

static size_t other_scales(const struct tflite_tensor *a, const struct tflite_tensor *b)
{
    size_t count = 0;

    for (int i = 0; i < a->scale_count; i++)
        count += memcmp(&a->scales[i], &b->scales[i], sizeof *a->scales) != 0;
    return count;
}

static size_t element_bytes(const struct tflite_tensor *tensor)
{
    return tensor->type == TFLITE_INT8 ? sizeof(int8_t) : sizeof(int32_t);
}

static size_t other_elements(const struct tflite_tensor *a,
                             const struct tflite_tensor *b)
{
    size_t each = element_bytes(a), count = 0;

    for (size_t at = 0; a->data && at < a->bytes; at += each)
        count += memcmp(a->data + at, b->data + at, each) != 0;
    return count;
}

static int compare_counts(const struct comparison *of, const struct tflite_tensor *ours,
                          const struct tflite_tensor *theirs)
{
    size_t scales = other_scales(ours, theirs), elements = other_elements(ours, theirs);

    if (scales == 0 && elements == 0)
        return 0;
    return error_set(
        of->err, EXIT_VERIFY_MISMATCH,
        "%s is not what the case gives: tensor \"%s\" has %zu other scales of "
        "%d, and %zu other elements of %zu; export the case again",
        of->path, ours->name, scales, ours->scale_count, elements,
        ours->bytes / element_bytes(ours));
}

static int compare_tensors(const struct comparison *of,
                           const struct tflite_tensor *ours,
                           const struct tflite_tensor *theirs)
{
    if (strcmp(ours->name, theirs->name) != 0)
        return tell(of, ours, "another name");
    if (!have_same_shape(ours, theirs))
        return tell(of, ours, "another type or other dimensions");
    if (ours->scale_count != theirs->scale_count || ours->axis != theirs->axis)
        return tell(of, ours, "scales along something else");
    if (ours->zero != theirs->zero)
        return tell(of, ours, "another zero point");
    if (ours->bytes != theirs->bytes || !ours->data != !theirs->data)
        return tell(of, ours, "another number of elements");
    return compare_counts(of, ours, theirs);
}

/* ---- operators ---------------------------------------------------------------------------- */

static bool are_same(const struct tflite_operator *a, const struct tflite_operator *b)
{
    return a->kind == b->kind && a->output == b->output &&
           a->input_count == b->input_count &&
           memcmp(a->inputs, b->inputs, (size_t)a->input_count * sizeof *a->inputs) ==
               0 &&
           memcmp(a->options, b->options, sizeof a->options) == 0;
}

static int compare_operators(const struct comparison *of,
                             const struct tflite_operator *ours,
                             const struct tflite_operator *theirs)
{
    if (are_same(ours, theirs))
        return 0;
    return error_set(
        of->err, EXIT_VERIFY_MISMATCH,
        "%s is not what the case gives: the operator that makes \"%s\", %s, "
        "has other inputs, options or is another; export the case again",
        of->path, of->ours->tensors[ours->output].name,
        tflite_operator_name(ours->kind));
}

/* ---- all ---------------------------------------------------------------------------------- */

static bool have_same_ends(const struct tflite_model *a, const struct tflite_model *b)
{
    return a->output == b->output && a->input_count == b->input_count &&
           memcmp(a->inputs, b->inputs, (size_t)a->input_count * sizeof *a->inputs) ==
               0;
}

static int compare_counts_of_all(const struct comparison *of,
                                 const struct tflite_model *theirs)
{
    const struct tflite_model *ours = of->ours;

    if (ours->tensor_count == theirs->tensor_count &&
        ours->operator_count == theirs->operator_count && have_same_ends(ours, theirs))
        return 0;
    return error_set(
        of->err, EXIT_VERIFY_MISMATCH,
        "%s is not what the case gives: it has %d operators and %d tensors, "
        "the case %d and %d, or has other inputs and outputs; export the "
        "case again",
        of->path, theirs->operator_count, theirs->tensor_count, ours->operator_count,
        ours->tensor_count);
}

int tflite_compare(const char *path, const struct tflite_model *ours,
                   const struct tflite_model *theirs, struct error *err)
{
    const struct comparison of = {path, ours, err};

    if (compare_counts_of_all(&of, theirs) < 0)
        return -1;
    for (int i = 0; i < ours->tensor_count; i++)
        if (compare_tensors(&of, &ours->tensors[i], &theirs->tensors[i]) < 0)
            return -1;
    for (int i = 0; i < ours->operator_count; i++)
        if (compare_operators(&of, &ours->operators[i], &theirs->operators[i]) < 0)
            return -1;
    return 0;
}

size_t tflite_integers(const struct tflite_model *model)
{
    size_t count = 0;

    for (int i = 0; i < model->tensor_count; i++) {
        const struct tflite_tensor *tensor = &model->tensors[i];

        if (tensor->data && tensor->scale_count > 0)
            count += tensor->bytes / element_bytes(tensor);
    }
    return count;
}
