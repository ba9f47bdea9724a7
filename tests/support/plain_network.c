#include "tests/support/plain_network.h"

#include "core/base/memory.h"
#include "tests/support/exact_elementwise.h"
#include "tests/support/plain_recurrence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One layer at work. */
struct work {
    const struct layer *layer;
    const struct tensor *in, *out; /* the first input and the output */
    float *const *inputs;          /* [input_count] */
    float *result;
};

static size_t stored(const struct tensor *tensor, size_t written)
{
    size_t area = (size_t)tensor->height * (size_t)tensor->width;

    if (tensor->rank != 3)
        return written;
    return written % area * (size_t)tensor->channels + written / area;
}

/* The input element under window position (i, j) of output (y, x), or NULL: padding. */
static const float *under_window(const struct work *work, int y, int x, int i, int j)
{
    const struct window *window = &work->layer->window;
    int row = y * window->stride_height - window->pad_top + i * window->dilation_height;
    int column =
        x * window->stride_width - window->pad_left + j * window->dilation_width;

    if (row < 0 || row >= work->in->height || column < 0 || column >= work->in->width)
        return NULL;
    return work->inputs[0] + ((size_t)row * (size_t)work->in->width + (size_t)column) *
                                 (size_t)work->in->channels;
}

static float conv_at(const struct work *work, int y, int x, int channel)
{
    const struct conv *conv = &work->layer->conv;
    const struct weights *tensor = work->layer->weights;
    const struct window *window = &work->layer->window;
    int depth = tensor->inputs;
    int first = channel / (tensor->outputs / tensor->groups) * depth;
    const float *weights =
        tensor->values + (size_t)channel * weights_per_output(tensor);
    double sum = 0;

    for (int i = 0; i < window->kernel_height; i++)
        for (int j = 0; j < window->kernel_width; j++, weights += depth) {
            const float *pixel = under_window(work, y, x, i, j);

            for (int c = 0; pixel && c < depth; c++)
                sum += (double)pixel[first + c] * (double)weights[c];
        }
    return (float)(sum * (double)conv->scale[channel] + (double)conv->shift[channel]);
}

static float max_at(const struct work *work, int y, int x, int channel)
{
    const struct window *window = &work->layer->window;
    float best = -INFINITY;

    for (int i = 0; i < window->kernel_height; i++)
        for (int j = 0; j < window->kernel_width; j++) {
            const float *pixel = under_window(work, y, x, i, j);

            if (pixel && pixel[channel] > best)
                best = pixel[channel];
        }
    return best;
}

/* True where window position (i, j) is input or padding the file asked for. */
static bool is_counted(const struct work *work, int y, int x, int i, int j)
{
    const struct window *window = &work->layer->window;
    const struct average_pool *pool = &work->layer->average_pool;
    int row = y * window->stride_height + i * window->dilation_height;
    int column = x * window->stride_width + j * window->dilation_width;
    int rows =
        window->pad_top + work->in->height + window->pad_bottom - pool->extra_bottom;
    int columns =
        window->pad_left + work->in->width + window->pad_right - pool->extra_right;

    return row < rows && column < columns;
}

static float average_at(const struct work *work, int y, int x, int channel)
{
    const struct window *window = &work->layer->window;
    double sum = 0;
    int count = 0;

    for (int i = 0; i < window->kernel_height; i++)
        for (int j = 0; j < window->kernel_width; j++) {
            const float *pixel = under_window(work, y, x, i, j);

            sum += pixel ? (double)pixel[channel] : 0;
            if (pixel || (work->layer->average_pool.count_padding &&
                          is_counted(work, y, x, i, j)))
                count++;
        }
    return (float)(sum / count);
}

typedef float at_fn(const struct work *work, int y, int x, int channel);

static void run_window(const struct work *work, at_fn *at)
{
    const struct tensor *out = work->out;
    float *result = work->result;

    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++)
            for (int channel = 0; channel < out->channels; channel++)
                *result++ = at(work, y, x, channel);
}

static void run_affine(const struct work *work)
{
    const struct affine *affine = &work->layer->affine;
    size_t channels = (size_t)work->out->channels;

    for (size_t i = 0; i < work->out->count; i++) {
        float scale = affine->scale ? affine->scale[i % channels] : 1.f;
        float shift = affine->shift ? affine->shift[i % channels] : 0.f;

        work->result[i] = scale * work->inputs[0][i] + shift;
    }
}

static void run_unary(const struct work *work)
{
    for (size_t i = 0; i < work->out->count; i++)
        work->result[i] = (float)exact_unary(&work->layer->unary, work->inputs[0][i]);
}

/* Index of element `index` of dimensions. */
static size_t placed(const struct row_dim *dims, int count, size_t index)
{
    size_t place = 0;

    while (count-- > 0) {
        place += index % dims[count].count * dims[count].stride;
        index /= dims[count].count;
    }
    return place;
}

static size_t elements(const struct row_dim *dims, int count)
{
    return count == 0 ? 1 : dims[0].count * elements(dims + 1, count - 1);
}

static void run_softmax(const struct work *work)
{
    const struct rows *rows = &work->layer->softmax.rows;
    size_t length = elements(rows->along, rows->along_count);

    for (size_t i = 0; i < work->out->count; i++) {
        size_t first = placed(rows->between, rows->between_count, i / length);
        size_t own = first + placed(rows->along, rows->along_count, i % length);
        double sum = 0;

        for (size_t j = 0; j < length; j++)
            sum +=
                exp(work->inputs[0][first + placed(rows->along, rows->along_count, j)] -
                    work->inputs[0][own]);
        work->result[own] = (float)(work->layer->softmax.is_log ? -log(sum) : 1 / sum);
    }
}

/* One after the other, in double. */
static double reduced(enum reduction_operation operation, const double *x,
                      size_t length)
{
    double sum = 0, squares = 0, magnitudes = 0, exponentials = 0, product = 1;
    double most = x[0], least = x[0];

    for (size_t i = 0; i < length; i++) {
        sum += x[i];
        squares += x[i] * x[i];
        magnitudes += fabs(x[i]);
        exponentials += exp(x[i]);
        product *= x[i];
        most = fmax(most, x[i]);
        least = fmin(least, x[i]);
    }
    const double results[REDUCTION_OPERATION_COUNT] = {
        [REDUCTION_MEAN] = sum / (double)length,
        [REDUCTION_SUM] = sum,
        [REDUCTION_MAX] = most,
        [REDUCTION_MIN] = least,
        [REDUCTION_PRODUCT] = product,
        [REDUCTION_MAGNITUDES] = magnitudes,
        [REDUCTION_NORM] = sqrt(squares),
        [REDUCTION_SQUARES] = squares,
        [REDUCTION_LOG] = log(sum),
        [REDUCTION_LOG_SUM_EXP] = log(exponentials),
    };

    return results[operation];
}

static void run_reduction(const struct work *work)
{
    const struct rows *rows = &work->layer->reduction.rows;
    size_t length = elements(rows->along, rows->along_count);
    double *x = memory_get(length * sizeof *x);

    for (size_t row = 0; row < work->out->count; row++) {
        size_t first = placed(rows->between, rows->between_count, row);

        for (size_t i = 0; i < length; i++)
            x[i] = work->inputs[0][first + placed(rows->along, rows->along_count, i)];
        work->result[row] = (float)reduced(work->layer->reduction.operation, x, length);
    }
    free(x);
}

/* Where element `index` of all elements is, row after row. */
static size_t place_in_rows(const struct rows *rows, size_t index)
{
    size_t length = elements(rows->along, rows->along_count);

    return placed(rows->between, rows->between_count, index / length) +
           placed(rows->along, rows->along_count, index % length);
}

static double norm_size(const struct norm *norm, const double *x, size_t length)
{
    double sum = 0, magnitudes = 0;

    for (size_t i = 0; i < length; i++) {
        sum += x[i] * x[i];
        magnitudes += fabs(x[i]);
    }
    if (norm->size == NORM_MAGNITUDES)
        return magnitudes;
    return sqrt(sum / (norm->size == NORM_LENGTH ? 1 : (double)length) +
                (double)norm->epsilon);
}

static void run_norm(const struct work *work)
{
    const struct norm *norm = &work->layer->norm;
    size_t length = elements(norm->rows.along, norm->rows.along_count);
    double *x = memory_get(length * sizeof *x);

    for (size_t first = 0; first < work->out->count; first += length) {
        double mean = 0, size;

        for (size_t i = 0; i < length; i++) {
            x[i] = work->inputs[0][place_in_rows(&norm->rows, first + i)];
            mean += x[i] / (double)length;
        }
        for (size_t i = 0; i < length && norm->size == NORM_DEVIATION; i++)
            x[i] -= mean;
        size = norm_size(norm, x, length);
        for (size_t i = 0; i < length; i++) {
            size_t at = first / length * norm->per_row + i / norm->run % norm->count;
            double scale = norm->scale ? norm->scale[at] : 1;

            work->result[place_in_rows(&norm->rows, first + i)] =
                (float)(x[i] / size * scale + (norm->shift ? norm->shift[at] : 0));
        }
    }
    free(x);
}

static void run_response_norm(const struct work *work)
{
    const struct response_norm *norm = &work->layer->response_norm;
    size_t length = elements(norm->rows.along, norm->rows.along_count);

    for (size_t index = 0; index < work->out->count; index++) {
        long at = (long)(index % length);
        size_t own = place_in_rows(&norm->rows, index);
        double sum = 0;

        for (long i = at - (norm->size - 1) / 2; i <= at + norm->size / 2; i++)
            if (i >= 0 && i < (long)length) {
                double x = work->inputs[0][place_in_rows(
                    &norm->rows, index - index % length + (size_t)i)];

                sum += x * x;
            }
        work->result[own] =
            (float)(work->inputs[0][own] /
                    pow(norm->bias + norm->alpha / norm->size * sum, norm->beta));
    }
}

static void run_add(const struct work *work)
{
    for (size_t i = 0; i < work->out->count; i++)
        for (int input = 0; input < work->layer->input_count; input++)
            work->result[i] += work->inputs[input][i];
}

/* The element of an operand that is seen by element i of the output. */
static float operand_at(const struct work *work, int operand, size_t i)
{
    const struct binary *binary = &work->layer->binary;
    int input = work->layer->input_count == 2 ? operand : 0;
    size_t from = 0;

    for (int dim = binary->rank - 1; dim >= 0; dim--) {
        size_t size = (size_t)binary->dims[dim];

        from += i % size * (size_t)binary->strides[operand][dim];
        i /= size;
    }
    return binary->constant && binary->constant_at == operand
               ? binary->constant[from]
               : work->inputs[input][from];
}

static void run_binary(const struct work *work)
{
    for (size_t i = 0; i < work->out->count; i++)
        work->result[i] =
            (float)exact_binary(work->layer->binary.operation, operand_at(work, 0, i),
                                operand_at(work, 1, i));
}

static void run_concat(const struct network *network, const struct work *work)
{
    size_t pixels = (size_t)work->out->height * (size_t)work->out->width;
    float *result = work->result;

    for (size_t pixel = 0; pixel < pixels; pixel++)
        for (int input = 0; input < work->layer->input_count; input++) {
            size_t channels =
                (size_t)network->tensors[work->layer->inputs[input]].channels;

            memcpy(result, work->inputs[input] + pixel * channels,
                   channels * sizeof *result);
            result += channels;
        }
}

static void run_rearrange(const struct work *work)
{
    const struct rearrange *rearrange = &work->layer->rearrange;

    for (size_t i = 0; i < work->out->count; i++)
        work->result[i] = rearrange->from[i] < 0 ? rearrange->fill
                                                 : work->inputs[0][rearrange->from[i]];
}

/* Where a matrix's element lies in a stored sample. */
static size_t element_at(const struct matmul *matmul, const struct matrices *matrices,
                         int product, int row, int column)
{
    int at = row * matrices->row + column * matrices->column;

    for (int i = matmul->rank - 1; i >= 0; i--) {
        at += product % matmul->dims[i] * matrices->apart[i];
        product /= matmul->dims[i];
    }
    return (size_t)at;
}

static void run_matmul(const struct work *work)
{
    const struct matmul *matmul = &work->layer->matmul;
    int outputs = (int)work->out->count;

    for (int i = 0; i < outputs; i++) {
        int column = i % matmul->columns, row = i / matmul->columns % matmul->rows;
        int product = i / matmul->columns / matmul->rows;
        double sum = 0;

        for (int k = 0; k < matmul->depth; k++)
            sum +=
                (double)work
                    ->inputs[0][element_at(matmul, &matmul->left, product, row, k)] *
                (double)work
                    ->inputs[1][element_at(matmul, &matmul->right, product, k, column)];
        work->result[element_at(matmul, &matmul->output, product, row, column)] =
            (float)sum;
    }
}

/* Numbers are floats here; each output element asks which number it is of. */
static void run_embedding(const struct work *work)
{
    const struct weights *table = work->layer->weights;
    size_t columns = (size_t)table->inputs;

    for (size_t i = 0; i < work->out->count; i++) {
        long row = (long)work->inputs[0][stored(work->in, i / columns)];

        row += row < 0 ? table->outputs : 0;
        work->result[stored(work->out, i)] =
            table->values[(size_t)row * columns + i % columns];
    }
}

static void run_recurrence(const struct work *work)
{
    double *states = memory_get(work->out->count * sizeof *states);

    plain_recurrence_run(work->layer, work->inputs[0], work->out->width, NULL, NULL,
                         states);
    for (size_t i = 0; i < work->out->count; i++)
        work->result[i] = (float)states[i];
    free(states);
}

static void run_interpolate(const struct work *work)
{
    const struct interpolate *own = &work->layer->interpolate;

    for (size_t i = 0; i < work->out->count; i++) {
        size_t inside = i % own->inner, at = i / own->inner % (size_t)own->to;
        size_t from = i / own->inner / (size_t)own->to * (size_t)own->from;
        const struct interpolation *of = &own->places[at];
        const float *x = work->inputs[0] + inside;

        work->result[i] = of->low_weight * x[(from + (size_t)of->low) * own->inner] +
                          of->high_weight * x[(from + (size_t)of->high) * own->inner];
    }
}

static void run_kind(const struct network *network, const struct work *work)
{
    switch (work->layer->kind) {
    case LAYER_CONV:
        run_window(work, conv_at);
        break;
    case LAYER_MAX_POOL:
        run_window(work, max_at);
        break;
    case LAYER_AVERAGE_POOL:
        run_window(work, average_at);
        break;
    case LAYER_AFFINE:
        run_affine(work);
        break;
    case LAYER_ADD:
        run_add(work);
        break;
    case LAYER_BINARY:
        run_binary(work);
        break;
    case LAYER_UNARY:
        run_unary(work);
        break;
    case LAYER_EMBEDDING:
        run_embedding(work);
        break;
    case LAYER_INTERPOLATE:
        run_interpolate(work);
        break;
    case LAYER_CONSTANT:
        memcpy(work->result, work->layer->constant.values,
               work->out->count * sizeof *work->result);
        break;
    case LAYER_SOFTMAX:
        run_softmax(work);
        break;
    case LAYER_REDUCTION:
        run_reduction(work);
        break;
    case LAYER_NORM:
        run_norm(work);
        break;
    case LAYER_RESPONSE_NORM:
        run_response_norm(work);
        break;
    case LAYER_CONCAT:
        run_concat(network, work);
        break;
    case LAYER_MATMUL:
        run_matmul(work);
        break;
    case LAYER_RECURRENCE:
        run_recurrence(work);
        break;
    default:
        run_rearrange(work);
    }
}

static void run_layer(const struct network *network, const struct layer *layer,
                      float **values)
{
    const struct tensor *out = &network->tensors[layer->output];
    float **inputs = memory_zeroed((size_t)layer->input_count, sizeof *inputs);
    struct work work = {.layer = layer,
                        .in = &network->tensors[layer->inputs[0]],
                        .out = out,
                        .inputs = inputs,
                        .result = memory_zeroed(out->count, sizeof(float))};

    for (int i = 0; i < layer->input_count; i++)
        inputs[i] = values[layer->inputs[i]];
    run_kind(network, &work);
    for (size_t i = 0; i < out->count; i++) {
        if (layer->kind == LAYER_CONV && layer->conv.has_residual)
            work.result[i] += inputs[layer->input_count - 1][i];
        work.result[i] = isnan(work.result[i])
                             ? work.result[i]
                             : fminf(fmaxf(work.result[i], layer->low), layer->high);
    }
    values[layer->output] = work.result;
    free(inputs);
}

float **plain_network_run_changed(const struct network *network, const float *input,
                                  plain_network_change_fn change, void *context)
{
    float **values = memory_zeroed((size_t)network->tensor_count, sizeof *values);
    const struct tensor *tensor = network_input(network, 0);
    float *first = memory_zeroed(tensor->count, sizeof *first);

    for (size_t i = 0; i < tensor->count; i++)
        first[stored(tensor, i)] = input[i];
    values[network->inputs[0]] = first;
    change(context, network->inputs[0], first);
    for (int layer = 0; layer < network->layer_count; layer++) {
        int output = network->layers[layer].output;

        run_layer(network, &network->layers[layer], values);
        change(context, output, values[output]);
    }
    return values;
}

static void leave(void *context, int tensor, float *values)
{
    (void)context;
    (void)tensor;
    (void)values;
}

float **plain_network_run(const struct network *network, const float *input)
{
    return plain_network_run_changed(network, input, leave, NULL);
}

void plain_network_free(const struct network *network, float **values)
{
    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        free(values[tensor]);
    free(values);
}

float plain_network_at(const struct network *network, float *const *values, int tensor,
                       size_t written)
{
    return values[tensor][stored(&network->tensors[tensor], written)];
}
