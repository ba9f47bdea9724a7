#include "core/export/tflite_file.h"

#include "core/base/memory.h"
#include "core/export/flat_buffer.h"

#include <stdlib.h>
#include <string.h>

static const char identifier[] = "TFL3";

enum { SCHEMA_VERSION = 3, DATA_ALIGNMENT = 16 };

/* Numbers of fields, table by table. */
enum {
    MODEL_VERSION,
    MODEL_OPERATOR_CODES,
    MODEL_GRAPHS,
    MODEL_DESCRIPTION,
    MODEL_BUFFERS
};
enum { CODE_OLD = 0, CODE_VERSION = 2, CODE_NUMBER = 3 };
enum { GRAPH_TENSORS, GRAPH_INPUTS, GRAPH_OUTPUTS, GRAPH_OPERATORS, GRAPH_NAME };
enum {
    TENSOR_SHAPE,
    TENSOR_TYPE,
    TENSOR_BUFFER,
    TENSOR_NAME,
    TENSOR_QUANTIZATION,
    TENSOR_HAS_RANK = 8
};
enum { QUANTIZATION_SCALE = 2, QUANTIZATION_ZERO = 3, QUANTIZATION_AXIS = 6 };
enum {
    OPERATOR_CODE,
    OPERATOR_INPUTS,
    OPERATOR_OUTPUTS,
    OPERATOR_OPTIONS_TYPE,
    OPERATOR_OPTIONS
};
enum { BUFFER_DATA = 0 };

/* ---- operators ---------------------------------------------------------------------------- */

/* What is known of an operator: numbers in the schema, the least version whose kernels take what calq writes, the kinds
 * of the fields of its options: b a byte, i an integer of 32 bits, f a float. */
static const struct operator_row {
    const char *name;
    int number, version;
    int options; /* number of the options' table; 0: there are none */
    const char *fields;
} rows[TFLITE_OPERATOR_COUNT] = {
    [TFLITE_ADD] = {"ADD", 0, 2, 11, "b"},
    [TFLITE_AVERAGE_POOL] = {"AVERAGE_POOL_2D", 1, 2, 5, "biiiib"},
    [TFLITE_CONCAT] = {"CONCATENATION", 2, 2, 10, "ib"},
    [TFLITE_CONV] = {"CONV_2D", 3, 3, 1, "biibii"},
    [TFLITE_DEPTHWISE_CONV] = {"DEPTHWISE_CONV_2D", 4, 3, 2, "biiibii"},
    [TFLITE_DEQUANTIZE] = {"DEQUANTIZE", 6, 2, 0, ""},
    [TFLITE_FULLY_CONNECTED] = {"FULLY_CONNECTED", 9, 5, 8, "bbb"},
    [TFLITE_GATHER] = {"GATHER", 36, 2, 23, "i"},
    [TFLITE_HARD_SWISH] = {"HARD_SWISH", 117, 1, 0, ""},
    [TFLITE_LEAKY_RELU] = {"LEAKY_RELU", 98, 1, 75, "f"},
    [TFLITE_LOGISTIC] = {"LOGISTIC", 14, 1, 0, ""},
    [TFLITE_MAX_POOL] = {"MAX_POOL_2D", 17, 2, 5, "biiiib"},
    [TFLITE_MAXIMUM] = {"MAXIMUM", 55, 1, 0, ""},
    [TFLITE_MEAN] = {"MEAN", 40, 2, 27, "b"},
    [TFLITE_MINIMUM] = {"MINIMUM", 57, 1, 0, ""},
    [TFLITE_MUL] = {"MUL", 18, 1, 21, "b"},
    [TFLITE_PAD] = {"PAD", 34, 2, 22, ""},
    [TFLITE_PAD_WITH] = {"PADV2", 60, 2, 43, ""},
    [TFLITE_QUANTIZE] = {"QUANTIZE", 114, 1, 0, ""},
    [TFLITE_RESHAPE] = {"RESHAPE", 22, 1, 0, ""},
    [TFLITE_SOFTMAX] = {"SOFTMAX", 25, 1, 9, "f"},
    [TFLITE_STRIDED_SLICE] = {"STRIDED_SLICE", 45, 2, 32, "iiiii"},
    [TFLITE_TANH] = {"TANH", 28, 1, 0, ""},
    [TFLITE_TRANSPOSE] = {"TRANSPOSE", 39, 2, 26, ""},
};

const char *tflite_operator_name(enum tflite_operator_kind kind)
{
    return rows[kind].name;
}

int tflite_option_count(enum tflite_operator_kind kind)
{
    return (int)strlen(rows[kind].fields);
}

static struct flat_field option_field(enum tflite_operator_kind kind, int index,
                                      int32_t value)
{
    return (struct flat_field){
        index, rows[kind].fields[index] == 'b' ? FLAT_BYTE : FLAT_WORD, value};
}

/* ---- a model in memory -------------------------------------------------------------------- */

int tflite_add_tensor(struct tflite_model *model, const char *name,
                      enum tflite_type type, int rank, const int32_t *dims)
{
    int number = model->tensor_count++;
    struct tflite_tensor *tensor;

    model->tensors = memory_resize(model->tensors, (size_t)model->tensor_count *
                                                       sizeof *model->tensors);
    tensor = &model->tensors[number];
    *tensor =
        (struct tflite_tensor){.name = memory_text(name), .type = type, .rank = rank};
    for (int i = 0; i < rank; i++)
        tensor->dims[i] = dims[i];
    return number;
}

struct tflite_operator *tflite_add_operator(struct tflite_model *model,
                                            enum tflite_operator_kind kind,
                                            const int32_t *inputs, int input_count,
                                            int32_t output)
{
    struct tflite_operator *added;

    model->operators = memory_resize(model->operators, (size_t)++model->operator_count *
                                                           sizeof *model->operators);
    added = &model->operators[model->operator_count - 1];
    *added = (struct tflite_operator){
        .kind = kind,
        .inputs = memory_copy(inputs, (size_t)input_count * sizeof *inputs),
        .input_count = input_count,
        .output = output,
    };
    return added;
}

void tflite_model_clear(struct tflite_model *model)
{
    for (int i = 0; i < model->tensor_count; i++) {
        free(model->tensors[i].name);
        free(model->tensors[i].scales);
        free(model->tensors[i].data);
    }
    for (int i = 0; i < model->operator_count; i++)
        free(model->operators[i].inputs);
    free(model->description);
    free(model->tensors);
    free(model->operators);
    free(model->inputs);
    *model = (struct tflite_model){0};
}

/* ---- writing ------------------------------------------------------------------------------ */

static size_t element(size_t first, int index)
{
    return first + sizeof(uint32_t) * (size_t)index;
}

static void write_words(struct flat_writer *writer, const struct flat_field *at,
                        const int32_t *words, int count)
{
    flat_vector(writer, (size_t)at->value, words, (size_t)count, sizeof *words,
                sizeof *words);
}

/* Every kind of operator is one code, whether or not it is used. */
static void write_codes(struct flat_writer *writer, size_t at)
{
    enum { OLD_NUMBERS_END = 127 };
    size_t first = flat_references(writer, at, TFLITE_OPERATOR_COUNT);

    for (int kind = 0; kind < TFLITE_OPERATOR_COUNT; kind++) {
        int number = rows[kind].number;
        struct flat_field fields[] = {
            {CODE_OLD, FLAT_BYTE, number < OLD_NUMBERS_END ? number : OLD_NUMBERS_END},
            {CODE_VERSION, FLAT_WORD, rows[kind].version},
            {CODE_NUMBER, FLAT_WORD, number}};

        flat_table(writer, element(first, kind), fields, 3);
    }
}

static void write_quantization(struct flat_writer *writer, size_t at,
                               const struct tflite_tensor *tensor)
{
    size_t count = (size_t)tensor->scale_count;
    int64_t *zeros = memory_get(count * sizeof *zeros);
    struct flat_field fields[] = {{QUANTIZATION_SCALE, FLAT_REFERENCE, 0},
                                  {QUANTIZATION_ZERO, FLAT_REFERENCE, 0},
                                  {QUANTIZATION_AXIS, FLAT_WORD, tensor->axis}};

    for (size_t i = 0; i < count; i++)
        zeros[i] = tensor->zero;
    flat_table(writer, at, fields, 3);
    flat_vector(writer, (size_t)fields[0].value, tensor->scales, count, sizeof(float),
                sizeof(float));
    flat_vector(writer, (size_t)fields[1].value, zeros, count, sizeof *zeros,
                sizeof *zeros);
    free(zeros);
}

/* Buffer 0 is empty, and that of all that is computed. */
static void write_tensors(struct flat_writer *writer, size_t at,
                          const struct tflite_model *model)
{
    size_t first = flat_references(writer, at, (size_t)model->tensor_count);
    int buffer = 0;

    for (int i = 0; i < model->tensor_count; i++) {
        const struct tflite_tensor *tensor = &model->tensors[i];
        struct flat_field fields[] = {
            {TENSOR_SHAPE, FLAT_REFERENCE, 0},
            {TENSOR_TYPE, FLAT_BYTE, (int64_t)tensor->type},
            {TENSOR_BUFFER, FLAT_WORD, tensor->data ? ++buffer : 0},
            {TENSOR_NAME, FLAT_REFERENCE, 0},
            {TENSOR_HAS_RANK, FLAT_BYTE, 1},
        };
        struct flat_field quantized[] = {fields[0],
                                         fields[1],
                                         fields[2],
                                         fields[3],
                                         {TENSOR_QUANTIZATION, FLAT_REFERENCE, 0},
                                         fields[4]};
        bool has_scales = tensor->scale_count > 0;
        struct flat_field *all = has_scales ? quantized : fields;

        flat_table(writer, element(first, i), all, has_scales ? 6 : 5);
        write_words(writer, &all[0], tensor->dims, tensor->rank);
        flat_string(writer, (size_t)all[3].value, tensor->name);
        if (has_scales)
            write_quantization(writer, (size_t)all[4].value, tensor);
    }
}

static void write_options(struct flat_writer *writer, size_t at,
                          const struct tflite_operator *one)
{
    struct flat_field fields[TFLITE_OPTIONS_MAX];
    int count = tflite_option_count(one->kind);

    for (int i = 0; i < count; i++)
        fields[i] = option_field(one->kind, i, one->options[i]);
    flat_table(writer, at, fields, count);
}

static void write_operators(struct flat_writer *writer, size_t at,
                            const struct tflite_model *model)
{
    size_t first = flat_references(writer, at, (size_t)model->operator_count);

    for (int i = 0; i < model->operator_count; i++) {
        const struct tflite_operator *one = &model->operators[i];
        int options = rows[one->kind].options;
        struct flat_field fields[] = {{OPERATOR_CODE, FLAT_WORD, (int64_t)one->kind},
                                      {OPERATOR_INPUTS, FLAT_REFERENCE, 0},
                                      {OPERATOR_OUTPUTS, FLAT_REFERENCE, 0},
                                      {OPERATOR_OPTIONS_TYPE, FLAT_BYTE, options},
                                      {OPERATOR_OPTIONS, FLAT_REFERENCE, 0}};

        flat_table(writer, element(first, i), fields, options > 0 ? 5 : 3);
        write_words(writer, &fields[1], one->inputs, one->input_count);
        write_words(writer, &fields[2], &one->output, 1);
        if (options > 0)
            write_options(writer, (size_t)fields[4].value, one);
    }
}

static void write_graph(struct flat_writer *writer, size_t at,
                        const struct tflite_model *model)
{
    struct flat_field fields[] = {{GRAPH_TENSORS, FLAT_REFERENCE, 0},
                                  {GRAPH_INPUTS, FLAT_REFERENCE, 0},
                                  {GRAPH_OUTPUTS, FLAT_REFERENCE, 0},
                                  {GRAPH_OPERATORS, FLAT_REFERENCE, 0},
                                  {GRAPH_NAME, FLAT_REFERENCE, 0}};
    size_t first = flat_references(writer, at, 1);

    flat_table(writer, first, fields, 5);
    write_tensors(writer, (size_t)fields[0].value, model);
    write_words(writer, &fields[1], model->inputs, model->input_count);
    write_words(writer, &fields[2], &model->output, 1);
    write_operators(writer, (size_t)fields[3].value, model);
    flat_string(writer, (size_t)fields[4].value, "main");
}

static void write_buffers(struct flat_writer *writer, size_t at,
                          const struct tflite_model *model)
{
    size_t count = 1, next = 1, first;

    for (int i = 0; i < model->tensor_count; i++)
        count += model->tensors[i].data != NULL;
    first = flat_references(writer, at, count);
    flat_table(writer, first, NULL, 0);
    for (int i = 0; i < model->tensor_count; i++) {
        const struct tflite_tensor *tensor = &model->tensors[i];
        struct flat_field data = {BUFFER_DATA, FLAT_REFERENCE, 0};

        if (!tensor->data)
            continue;
        flat_table(writer, element(first, (int)next++), &data, 1);
        flat_vector(writer, (size_t)data.value, tensor->data, tensor->bytes, 1,
                    DATA_ALIGNMENT);
    }
}

uint8_t *tflite_file_write(const struct tflite_model *model, size_t *size)
{
    struct flat_writer writer = {0};
    size_t root = flat_begin(&writer, identifier);
    struct flat_field fields[] = {{MODEL_VERSION, FLAT_WORD, SCHEMA_VERSION},
                                  {MODEL_OPERATOR_CODES, FLAT_REFERENCE, 0},
                                  {MODEL_GRAPHS, FLAT_REFERENCE, 0},
                                  {MODEL_DESCRIPTION, FLAT_REFERENCE, 0},
                                  {MODEL_BUFFERS, FLAT_REFERENCE, 0}};

    flat_table(&writer, root, fields, 5);
    write_codes(&writer, (size_t)fields[1].value);
    write_graph(&writer, (size_t)fields[2].value, model);
    flat_string(&writer, (size_t)fields[3].value, model->description);
    write_buffers(&writer, (size_t)fields[4].value, model);
    *size = writer.size;
    return writer.bytes;
}

/* ---- reading ------------------------------------------------------------------------------ */

struct reading {
    struct flat_reader flat;
    const char *path; /* borrowed */
    size_t buffers;   /* first of the model's */
    size_t buffer_count;
    enum tflite_operator_kind *kinds; /* [code_count] owned */
    size_t code_count;
    struct error *err;
};

static int refuse(const struct reading *reading, const char *what)
{
    return error_set(reading->err, EXIT_INPUT,
                     "%s %s; calq reads such files where it has written them: export "
                     "the case again",
                     reading->path, what);
}

static int64_t number(struct reading *reading, size_t table, int id, int kind)
{
    const struct flat_field field = {id, kind, 0};

    return flat_number(&reading->flat, table, &field);
}

/* A copy of a vector, to be freed by the caller; NULL: there is none. */
static void *read_copy(struct reading *reading, size_t table, int id, size_t bytes,
                       size_t *count)
{
    size_t first = flat_read_vector(&reading->flat, table, id, bytes, count);

    return first > 0 ? memory_copy(reading->flat.bytes + first, *count * bytes) : NULL;
}

static char *read_text(struct reading *reading, size_t table, int id)
{
    size_t count, first = flat_read_vector(&reading->flat, table, id, 1, &count);
    char *text = memory_zeroed(count + 1, 1);

    if (first > 0)
        memcpy(text, reading->flat.bytes + first, count);
    return text;
}

bool tflite_file_is(const uint8_t *bytes, size_t size)
{
    const struct flat_reader reader = {.bytes = bytes, .size = size};

    return flat_has_identifier(&reader, identifier);
}

static int kind_of(int64_t number)
{
    for (int kind = 0; kind < TFLITE_OPERATOR_COUNT; kind++)
        if (rows[kind].number == number)
            return kind;
    return -1;
}

static int read_codes(struct reading *reading, size_t root)
{
    struct flat_reader *flat = &reading->flat;
    size_t first = flat_read_vector(flat, root, MODEL_OPERATOR_CODES, sizeof(uint32_t),
                                    &reading->code_count);

    reading->kinds = memory_get(reading->code_count * sizeof *reading->kinds);
    for (size_t i = 0; i < reading->code_count; i++) {
        size_t code = flat_read_element(flat, first, i);
        int kind = kind_of(number(reading, code, CODE_NUMBER, FLAT_WORD));

        if (kind < 0)
            return refuse(reading, "has an operator that calq does not write");
        reading->kinds[i] = (enum tflite_operator_kind)kind;
    }
    return 0;
}

static int read_quantization(struct reading *reading, size_t table,
                             struct tflite_tensor *tensor)
{
    size_t scales, zeros;
    int64_t *zero = read_copy(reading, table, QUANTIZATION_ZERO, sizeof *zero, &zeros);
    bool differ = false;

    tensor->scales =
        read_copy(reading, table, QUANTIZATION_SCALE, sizeof(float), &scales);
    tensor->scale_count = (int)scales;
    tensor->axis = (int)number(reading, table, QUANTIZATION_AXIS, FLAT_WORD);
    tensor->zero = zeros > 0 ? zero[0] : 0;
    for (size_t i = 1; i < zeros; i++)
        differ = differ || zero[i] != zero[0];
    free(zero);
    return differ || zeros != scales
               ? refuse(reading, "has a tensor with several zero points")
               : 0;
}

static int read_data(struct reading *reading, size_t table,
                     struct tflite_tensor *tensor)
{
    size_t buffer = (size_t)number(reading, table, TENSOR_BUFFER, FLAT_WORD);

    if (buffer >= reading->buffer_count)
        return refuse(reading, "has a tensor whose buffer is not there");
    if (buffer > 0)
        tensor->data = read_copy(
            reading, flat_read_element(&reading->flat, reading->buffers, buffer),
            BUFFER_DATA, 1, &tensor->bytes);
    return 0;
}

static int read_tensor(struct reading *reading, size_t table,
                       struct tflite_model *model)
{
    int64_t type = number(reading, table, TENSOR_TYPE, FLAT_BYTE);
    size_t rank, quantization;
    int32_t *dims = read_copy(reading, table, TENSOR_SHAPE, sizeof *dims, &rank);
    char *name = read_text(reading, table, TENSOR_NAME);
    bool is_ours =
        (type == TFLITE_FLOAT32 || type == TFLITE_INT32 || type == TFLITE_INT8) &&
        rank <= TFLITE_RANK_MAX;
    int tensor = is_ours ? tflite_add_tensor(model, name, (enum tflite_type)type,
                                             (int)rank, dims)
                         : -1;

    free(dims);
    free(name);
    if (!is_ours)
        return refuse(reading, "has a tensor of a type that calq does not write");
    quantization = flat_read_table(&reading->flat, table, TENSOR_QUANTIZATION);
    if (quantization > 0 &&
        read_quantization(reading, quantization, &model->tensors[tensor]) < 0)
        return -1;
    return read_data(reading, table, &model->tensors[tensor]);
}

static int read_operator(struct reading *reading, size_t table,
                         struct tflite_model *model)
{
    size_t code = (size_t)number(reading, table, OPERATOR_CODE, FLAT_WORD);
    size_t options = flat_read_table(&reading->flat, table, OPERATOR_OPTIONS);
    size_t inputs, outputs, first, of_output;
    struct tflite_operator *added;
    int32_t *output =
        read_copy(reading, table, OPERATOR_OUTPUTS, sizeof *output, &outputs);

    of_output = output && outputs == 1 ? (size_t)output[0] : SIZE_MAX;
    free(output);
    first = flat_read_vector(&reading->flat, table, OPERATOR_INPUTS, sizeof(int32_t),
                             &inputs);
    if (code >= reading->code_count || of_output >= (size_t)model->tensor_count)
        return refuse(reading, "has an operator that calq does not write");
    added =
        tflite_add_operator(model, reading->kinds[code], NULL, 0, (int32_t)of_output);
    free(added->inputs);
    added->inputs =
        memory_copy(reading->flat.bytes + first, inputs * sizeof *added->inputs);
    added->input_count = (int)inputs;
    for (int i = 0; options > 0 && i < tflite_option_count(added->kind); i++) {
        struct flat_field field = option_field(added->kind, i, 0);

        added->options[i] = (int32_t)flat_number(&reading->flat, options, &field);
    }
    return 0;
}

static int read_each(struct reading *reading, size_t graph, int id,
                     int (*read_one)(struct reading *reading, size_t table,
                                     struct tflite_model *model),
                     struct tflite_model *model)
{
    size_t count,
        first = flat_read_vector(&reading->flat, graph, id, sizeof(uint32_t), &count);

    for (size_t i = 0; i < count && !reading->flat.is_broken; i++)
        if (read_one(reading, flat_read_element(&reading->flat, first, i), model) < 0)
            return -1;
    return 0;
}

static int read_graph(struct reading *reading, size_t graph, struct tflite_model *model)
{
    size_t inputs, outputs;
    int32_t *output;

    if (read_each(reading, graph, GRAPH_TENSORS, read_tensor, model) < 0 ||
        read_each(reading, graph, GRAPH_OPERATORS, read_operator, model) < 0)
        return -1;
    model->inputs =
        read_copy(reading, graph, GRAPH_INPUTS, sizeof *model->inputs, &inputs);
    model->input_count = (int)inputs;
    output = read_copy(reading, graph, GRAPH_OUTPUTS, sizeof *output, &outputs);
    model->output = output && outputs == 1 ? output[0] : -1;
    free(output);
    return outputs == 1 ? 0 : refuse(reading, "has several outputs, or none");
}

static int read_model(struct reading *reading, struct tflite_model *model)
{
    struct flat_reader *flat = &reading->flat;
    size_t root = flat_root(flat), graphs, first;

    if (read_codes(reading, root) < 0)
        return -1;
    reading->buffers = flat_read_vector(flat, root, MODEL_BUFFERS, sizeof(uint32_t),
                                        &reading->buffer_count);
    first = flat_read_vector(flat, root, MODEL_GRAPHS, sizeof(uint32_t), &graphs);
    model->description = read_text(reading, root, MODEL_DESCRIPTION);
    if (graphs != 1)
        return refuse(reading, "has several graphs, or none");
    return read_graph(reading, flat_read_element(flat, first, 0), model);
}

int tflite_file_read(const char *path, const uint8_t *bytes, size_t size,
                     struct tflite_model *model, struct error *err)
{
    struct reading reading = {
        .flat = {.bytes = bytes, .size = size}, .path = path, .err = err};
    int status;

    *model = (struct tflite_model){0};
    if (!tflite_file_is(bytes, size))
        return refuse(&reading, "is no file of TensorFlow Lite");
    status = read_model(&reading, model);
    if (status == 0 && reading.flat.is_broken)
        status = refuse(&reading, "is damaged: something lies beyond its end");
    free(reading.kinds);
    return status;
}
