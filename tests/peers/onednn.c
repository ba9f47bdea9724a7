/* onednn.c - oneDNN as a peer in the kernel benchmark: times one layer on request.
 *
 * Reads requests from stdin, one a line, and answers each with one line on stdout:
 *
 *   conv SAMPLES HEIGHT WIDTH IN OUT KERNEL STRIDE PAD GROUPS    ready IMPLEMENTATION
 *   matmul ROWS DEPTH COLUMNS                                    ready IMPLEMENTATION
 *   round R     executes what is ready R times      CPU seconds of one execution
 *   quit        ends, as the end of the input does
 *
 * What cannot be done is answered with `error SENTENCE`, and the next request is read.
 *
 * Both layers turn u8 codes and s8 weights into u8 codes, in one pass; for channel c:
 *
 *   output = round(relu(scale[c] * (sum of products + bias[c])))     cut at 255
 *
 *   conv     input [samples, height, width, in], output [samples, rows, columns, out]
 *   matmul   input [rows, depth], output [rows, columns]
 *
 * oneDNN has several implementations of a layer, and the one that it chooses is not
 * always its fastest. So each is timed, and the fastest becomes ready; with the argument
 * `own` the one of oneDNN's own choice does. Its weights are in the order that it
 * prefers; reordering them is not timed.
 *
 * The sums are exact where the processor has VNNI. Elsewhere oneDNN adds two products
 * in 16 bits, which saturate with such weights: it is then timed at an easier task. */
#include <dnnl.h>
#include <dnnl_debug.h>
#include <math.h>
#include <omp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if DNNL_VERSION_MAJOR != 2
#error "this peer is written for oneDNN 2.x: 3.x has other calls for scales and layers"
#endif

enum {
    MOST_ARGUMENTS = 9,
    LARGEST_NUMBER = 1000000000,
    LARGEST_TENSOR = 1 << 28, /* elements */
    TRIALS = 5                /* the fastest one counts */
};
static const double trial_seconds = 0.002;

enum conv_argument { SAMPLES, HEIGHT, WIDTH, IN, OUT, KERNEL, STRIDE, PAD, GROUPS };
enum matmul_argument { ROWS, DEPTH, COLUMNS };

/* The next line on stdout; from a function that fails, the sentence that says why. */
struct answer {
    char text[400];
};

/* A layer as the request describes it. */
struct layer {
    dnnl_memory_desc_t input, weights, bias, output; /* dense, slowest index first */
    dnnl_memory_desc_t free_weights; /* the same weights, in any order */
    long depth;                      /* products in one sum */
    long channels;                   /* output channels, or columns */
};

struct tensors {
    dnnl_memory_t input, weights, bias, output; /* owned; NULL: not there */
};

struct implementation {
    char name[80];
    dnnl_primitive_t primitive; /* owned */
    dnnl_memory_t weights;      /* owned; in the order that it prefers */
    double seconds;             /* CPU time of one execution */
};

struct peer {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    struct tensors tensors;        /* of the layer that is ready */
    struct implementation fastest; /* without a primitive: nothing is ready */
    bool takes_first;              /* what oneDNN chooses, not the fastest */
    bool finished;
};

/* Always returns -1, so that a failing function can end with it. */
static int refuse(struct answer *answer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int refuse(struct answer *answer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(answer->text, sizeof answer->text, format, arguments);
    va_end(arguments);
    return -1;
}

/* 0 when oneDNN did it, else -1 and the sentence. */
static int done(dnnl_status_t status, const char *deed, struct answer *answer)
{
    if (status == dnnl_success)
        return 0;
    return refuse(answer, "oneDNN could not %s: %s", deed, dnnl_status2str(status));
}

static int describe(dnnl_memory_desc_t *tensor, int rank, const dnnl_dims_t dims,
                    dnnl_data_type_t type, dnnl_format_tag_t order,
                    struct answer *answer)
{
    double elements = 1;
    int i;

    for (i = 0; i < rank; i++)
        elements *= (double)dims[i];
    if (elements > LARGEST_TENSOR)
        return refuse(answer,
                      "a tensor of %g elements is too large; expected at most %d",
                      elements, LARGEST_TENSOR);
    return done(dnnl_memory_desc_init_by_tag(tensor, rank, dims, type, order),
                "describe a tensor", answer);
}

static void *data(dnnl_memory_t memory)
{
    void *data = NULL;

    dnnl_memory_get_data_handle(memory, &data);
    return data;
}

static void fill_input(uint8_t *codes, size_t count, unsigned short *seed)
{
    size_t i;

    for (i = 0; i < count; i++)
        codes[i] = (uint8_t)(nrand48(seed) % 256);
}

static void fill_weights(int8_t *weights, size_t count, unsigned short *seed)
{
    size_t i;

    for (i = 0; i < count; i++)
        weights[i] = (int8_t)(nrand48(seed) % 255 - 127);
}

static void fill_bias(float *bias, size_t count, unsigned short *seed)
{
    size_t i;

    for (i = 0; i < count; i++)
        bias[i] = (float)(nrand48(seed) % 20001 - 10000);
}

static void tensors_clear(struct tensors *tensors)
{
    dnnl_memory_destroy(tensors->input);
    dnnl_memory_destroy(tensors->weights);
    dnnl_memory_destroy(tensors->bias);
    dnnl_memory_destroy(tensors->output);
    *tensors = (struct tensors){0};
}

static int allocate(dnnl_memory_t *memory, const dnnl_memory_desc_t *tensor,
                    dnnl_engine_t engine, struct answer *answer)
{
    return done(dnnl_memory_create(memory, tensor, engine, DNNL_MEMORY_ALLOCATE),
                "allocate a tensor", answer);
}

static int tensors_init(struct tensors *tensors, const struct layer *layer,
                        dnnl_engine_t engine, struct answer *answer)
{
    unsigned short seed[3] = {1, 2, 3};

    if (allocate(&tensors->input, &layer->input, engine, answer) < 0 ||
        allocate(&tensors->weights, &layer->weights, engine, answer) < 0 ||
        allocate(&tensors->bias, &layer->bias, engine, answer) < 0 ||
        allocate(&tensors->output, &layer->output, engine, answer) < 0)
        return -1;
    fill_input(data(tensors->input), dnnl_memory_desc_get_size(&layer->input), seed);
    fill_weights(data(tensors->weights), dnnl_memory_desc_get_size(&layer->weights),
                 seed);
    fill_bias(data(tensors->bias), (size_t)layer->channels, seed);
    return 0;
}

/* Scales that bring typical sums to codes of about 60, so that few saturate: the root
 * mean square of the codes is about 147, that of the weights about 73. */
static int set_scales(dnnl_primitive_attr_t attributes, const struct layer *layer,
                      struct answer *answer)
{
    enum { CHANNELS_ARE_DIMENSION_1 = 1 << 1 };
    double typical_sum = 147. * 73. * sqrt((double)layer->depth);
    float *scales = malloc((size_t)layer->channels * sizeof *scales);
    int status;
    long i;

    if (!scales)
        return refuse(answer, "there is no memory for %ld scales", layer->channels);
    for (i = 0; i < layer->channels; i++)
        scales[i] = (float)(60 / typical_sum * (0.75 + 0.0625 * (double)(i % 8)));
    status = done(dnnl_primitive_attr_set_output_scales(
                      attributes, layer->channels, CHANNELS_ARE_DIMENSION_1, scales),
                  "take the scales", answer);
    free(scales);
    return status;
}

static int append_relu(dnnl_primitive_attr_t attributes, struct answer *answer)
{
    dnnl_post_ops_t operations = NULL;
    int status = -1;

    if (done(dnnl_post_ops_create(&operations), "list operations", answer) == 0 &&
        done(dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_relu, 0, 0),
             "list a relu", answer) == 0 &&
        done(dnnl_primitive_attr_set_post_ops(attributes, operations), "append a relu",
             answer) == 0)
        status = 0;
    dnnl_post_ops_destroy(operations);
    return status;
}

static int attributes_create(dnnl_primitive_attr_t *attributes,
                             const struct layer *layer, struct answer *answer)
{
    if (done(dnnl_primitive_attr_create(attributes), "create attributes", answer) < 0 ||
        set_scales(*attributes, layer, answer) < 0 ||
        append_relu(*attributes, answer) < 0)
        return -1;
    return 0;
}

static double clock_seconds(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int execute(const struct peer *peer, const struct implementation *implementation,
                   struct answer *answer)
{
    const dnnl_exec_arg_t arguments[] = {
        {DNNL_ARG_SRC, peer->tensors.input},
        {DNNL_ARG_WEIGHTS, implementation->weights},
        {DNNL_ARG_BIAS, peer->tensors.bias},
        {DNNL_ARG_DST, peer->tensors.output},
    };

    return done(dnnl_primitive_execute(implementation->primitive, peer->stream,
                                       sizeof arguments / sizeof *arguments, arguments),
                "execute the layer", answer);
}

/* CPU seconds of one of `count` executions. Threads beside this one would compute
 * unseen by its clock, but not by that of the process: they are an error. */
static int time_executions(const struct peer *peer,
                           const struct implementation *implementation, long count,
                           double *seconds, struct answer *answer)
{
    double process = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
    double thread = clock_seconds(CLOCK_THREAD_CPUTIME_ID);
    long i;

    for (i = 0; i < count; i++)
        if (execute(peer, implementation, answer) < 0)
            return -1;
    if (done(dnnl_stream_wait(peer->stream), "finish the executions", answer) < 0)
        return -1;
    thread = clock_seconds(CLOCK_THREAD_CPUTIME_ID) - thread;
    process = clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - process;
    if (process > 1.1 * thread + 0.001)
        return refuse(answer,
                      "oneDNN took %g s on this thread but %g s on all; expected one "
                      "thread to compute",
                      thread, process);
    *seconds = thread / (double)count;
    return 0;
}

/* The first execution warms up; the second tells how many make a trial. */
static int time_implementation(const struct peer *peer,
                               struct implementation *implementation,
                               struct answer *answer)
{
    double seconds;
    long count;
    int i;

    if (execute(peer, implementation, answer) < 0 ||
        time_executions(peer, implementation, 1, &implementation->seconds, answer) < 0)
        return -1;
    count = 1 + (long)(trial_seconds / fmax(implementation->seconds, 1e-7));
    for (i = 0; i < TRIALS; i++) {
        if (time_executions(peer, implementation, count, &seconds, answer) < 0)
            return -1;
        implementation->seconds = fmin(implementation->seconds, seconds);
    }
    return 0;
}

static void implementation_clear(struct implementation *implementation)
{
    dnnl_primitive_destroy(implementation->primitive);
    dnnl_memory_destroy(implementation->weights);
    *implementation = (struct implementation){0};
}

static int reorder(dnnl_memory_t from, dnnl_memory_t to, const struct peer *peer,
                   struct answer *answer)
{
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    const dnnl_memory_desc_t *source = NULL, *target = NULL;
    dnnl_primitive_desc_t description = NULL;
    dnnl_primitive_t primitive = NULL;
    int status = -1;

    dnnl_memory_get_memory_desc(from, &source);
    dnnl_memory_get_memory_desc(to, &target);
    if (done(dnnl_reorder_primitive_desc_create(&description, source, peer->engine,
                                                target, peer->engine, NULL),
             "reorder the weights", answer) == 0 &&
        done(dnnl_primitive_create(&primitive, description), "reorder the weights",
             answer) == 0 &&
        done(dnnl_primitive_execute(primitive, peer->stream, 2, arguments),
             "reorder the weights", answer) == 0 &&
        done(dnnl_stream_wait(peer->stream), "reorder the weights", answer) == 0)
        status = 0;
    dnnl_primitive_destroy(primitive);
    dnnl_primitive_desc_destroy(description);
    return status;
}

static int implementation_init(struct implementation *implementation,
                               const_dnnl_primitive_desc_t description,
                               const struct peer *peer, struct answer *answer)
{
    const dnnl_memory_desc_t *weights =
        dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0);

    if (done(dnnl_primitive_create(&implementation->primitive, description),
             "create the layer", answer) < 0 ||
        allocate(&implementation->weights, weights, peer->engine, answer) < 0)
        return -1;
    return reorder(peer->tensors.weights, implementation->weights, peer, answer);
}

/* Takes over `tried`: it becomes the fastest one or is released. */
static void keep_the_faster(struct peer *peer, struct implementation *tried)
{
    struct implementation slower = *tried;

    if (!peer->fastest.primitive || tried->seconds < peer->fastest.seconds) {
        slower = peer->fastest;
        peer->fastest = *tried;
    }
    implementation_clear(&slower);
}

/* The last of each list: plain loops, which take seconds. */
static bool is_reference(const char *name)
{
    return strncmp(name, "ref", strlen("ref")) == 0;
}

static int try_implementation(struct peer *peer,
                              const_dnnl_primitive_desc_t description,
                              struct answer *answer)
{
    struct implementation tried = {0};
    const char *name = "unnamed";

    dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, &name);
    if (peer->fastest.primitive && is_reference(name))
        return 0;
    snprintf(tried.name, sizeof tried.name, "%s", name);
    if (implementation_init(&tried, description, peer, answer) < 0 ||
        time_implementation(peer, &tried, answer) < 0) {
        implementation_clear(&tried);
        return -1;
    }
    keep_the_faster(peer, &tried);
    return 0;
}

static int find_fastest(struct peer *peer, const_dnnl_op_desc_t operation,
                        const_dnnl_primitive_attr_t attributes, struct answer *answer)
{
    dnnl_primitive_desc_iterator_t iterator = NULL;
    dnnl_primitive_desc_t description;
    int status;

    if (done(dnnl_primitive_desc_iterator_create(&iterator, operation, attributes,
                                                 peer->engine, NULL),
             "find an implementation of the layer", answer) < 0)
        return -1;
    do {
        description = dnnl_primitive_desc_iterator_fetch(iterator);
        status = try_implementation(peer, description, answer);
        dnnl_primitive_desc_destroy(description);
    } while (status == 0 && !peer->takes_first &&
             dnnl_primitive_desc_iterator_next(iterator) == dnnl_success);
    dnnl_primitive_desc_iterator_destroy(iterator);
    return status;
}

static void forget_layer(struct peer *peer)
{
    implementation_clear(&peer->fastest);
    tensors_clear(&peer->tensors);
}

static int prepare(struct peer *peer, const struct layer *layer,
                   const_dnnl_op_desc_t operation, struct answer *answer)
{
    dnnl_primitive_attr_t attributes = NULL;
    int status = -1;

    if (tensors_init(&peer->tensors, layer, peer->engine, answer) == 0 &&
        attributes_create(&attributes, layer, answer) == 0)
        status = find_fastest(peer, operation, attributes, answer);
    dnnl_primitive_attr_destroy(attributes);
    if (status < 0)
        forget_layer(peer);
    else
        snprintf(answer->text, sizeof answer->text, "ready %s", peer->fastest.name);
    return status;
}

static int check_conv(const long *conv, struct answer *answer)
{
    if (conv[IN] % conv[GROUPS] || conv[OUT] % conv[GROUPS])
        return refuse(answer,
                      "%ld groups do not divide %ld input and %ld output channels; "
                      "expected a divisor of both",
                      conv[GROUPS], conv[IN], conv[OUT]);
    if (conv[KERNEL] > conv[HEIGHT] + 2 * conv[PAD] ||
        conv[KERNEL] > conv[WIDTH] + 2 * conv[PAD])
        return refuse(answer,
                      "a kernel of %ld is larger than the padded input of %ld x %ld; "
                      "expected one that fits",
                      conv[KERNEL], conv[HEIGHT] + 2 * conv[PAD],
                      conv[WIDTH] + 2 * conv[PAD]);
    return 0;
}

/* Groups are one more dimension of the weights, and the first. */
static int describe_conv_weights(struct layer *layer, const long *conv,
                                 struct answer *answer)
{
    long groups = conv[GROUPS];
    const dnnl_dims_t grouped = {groups, conv[OUT] / groups, conv[IN] / groups,
                                 conv[KERNEL], conv[KERNEL]};
    const dnnl_dim_t *dims = groups > 1 ? grouped : grouped + 1;
    dnnl_format_tag_t order = groups > 1 ? dnnl_goihw : dnnl_oihw;
    int rank = groups > 1 ? 5 : 4;

    if (describe(&layer->weights, rank, dims, dnnl_s8, order, answer) < 0 ||
        describe(&layer->free_weights, rank, dims, dnnl_s8, dnnl_format_tag_any,
                 answer) < 0)
        return -1;
    return 0;
}

static long outputs_along(long size, const long *conv)
{
    return (size + 2 * conv[PAD] - conv[KERNEL]) / conv[STRIDE] + 1;
}

static int describe_conv(struct layer *layer, const long *conv, struct answer *answer)
{
    const dnnl_dims_t input = {conv[SAMPLES], conv[IN], conv[HEIGHT], conv[WIDTH]};
    const dnnl_dims_t bias = {conv[OUT]};
    const dnnl_dims_t output = {conv[SAMPLES], conv[OUT],
                                outputs_along(conv[HEIGHT], conv),
                                outputs_along(conv[WIDTH], conv)};

    if (describe(&layer->input, 4, input, dnnl_u8, dnnl_nhwc, answer) < 0 ||
        describe_conv_weights(layer, conv, answer) < 0 ||
        describe(&layer->bias, 1, bias, dnnl_f32, dnnl_a, answer) < 0 ||
        describe(&layer->output, 4, output, dnnl_u8, dnnl_nhwc, answer) < 0)
        return -1;
    layer->depth = conv[KERNEL] * conv[KERNEL] * (conv[IN] / conv[GROUPS]);
    layer->channels = conv[OUT];
    return 0;
}

/* Direct convolution only: no Winograd of oneDNN 2.6 takes such a layer to its end, and
 * dnnl_convolution_auto finds nothing else that is faster. */
static int prepare_conv(struct peer *peer, const long *conv, struct answer *answer)
{
    const dnnl_dims_t strides = {conv[STRIDE], conv[STRIDE]};
    const dnnl_dims_t padding = {conv[PAD], conv[PAD]};
    dnnl_convolution_desc_t operation;
    struct layer layer;

    forget_layer(peer);
    if (check_conv(conv, answer) < 0 || describe_conv(&layer, conv, answer) < 0 ||
        done(dnnl_convolution_forward_desc_init(
                 &operation, dnnl_forward_inference, dnnl_convolution_direct,
                 &layer.input, &layer.free_weights, &layer.bias, &layer.output, strides,
                 padding, padding),
             "describe the convolution", answer) < 0)
        return -1;
    return prepare(peer, &layer, &operation, answer);
}

static int describe_matmul(struct layer *layer, const long *matmul,
                           struct answer *answer)
{
    const dnnl_dims_t input = {matmul[ROWS], matmul[DEPTH]};
    const dnnl_dims_t weights = {matmul[DEPTH], matmul[COLUMNS]};
    const dnnl_dims_t bias = {1, matmul[COLUMNS]};
    const dnnl_dims_t output = {matmul[ROWS], matmul[COLUMNS]};

    if (describe(&layer->input, 2, input, dnnl_u8, dnnl_ab, answer) < 0 ||
        describe(&layer->weights, 2, weights, dnnl_s8, dnnl_ab, answer) < 0 ||
        describe(&layer->free_weights, 2, weights, dnnl_s8, dnnl_format_tag_any,
                 answer) < 0 ||
        describe(&layer->bias, 2, bias, dnnl_f32, dnnl_ab, answer) < 0 ||
        describe(&layer->output, 2, output, dnnl_u8, dnnl_ab, answer) < 0)
        return -1;
    layer->depth = matmul[DEPTH];
    layer->channels = matmul[COLUMNS];
    return 0;
}

static int prepare_matmul(struct peer *peer, const long *matmul, struct answer *answer)
{
    dnnl_matmul_desc_t operation;
    struct layer layer;

    forget_layer(peer);
    if (describe_matmul(&layer, matmul, answer) < 0 ||
        done(dnnl_matmul_desc_init(&operation, &layer.input, &layer.free_weights,
                                   &layer.bias, &layer.output),
             "describe the matmul", answer) < 0)
        return -1;
    return prepare(peer, &layer, &operation, answer);
}

static int time_round(struct peer *peer, const long *round, struct answer *answer)
{
    double seconds;

    if (!peer->fastest.primitive)
        return refuse(answer,
                      "no layer is ready; expected conv or matmul before round");
    if (time_executions(peer, &peer->fastest, round[0], &seconds, answer) < 0)
        return -1;
    snprintf(answer->text, sizeof answer->text, "%.9g", seconds);
    return 0;
}

static int finish(struct peer *peer, const long *nothing, struct answer *answer)
{
    (void)nothing;
    (void)answer;
    peer->finished = true;
    return 0;
}

static const struct request {
    const char *name, *arguments;
    int count;         /* of arguments */
    unsigned may_be_0; /* one bit an argument */
    int (*meet)(struct peer *peer, const long *arguments, struct answer *answer);
} requests[] = {
    {"conv", " SAMPLES HEIGHT WIDTH IN OUT KERNEL STRIDE PAD GROUPS", 9, 1u << PAD,
     prepare_conv},
    {"matmul", " ROWS DEPTH COLUMNS", 3, 0, prepare_matmul},
    {"round", " R", 1, 0, time_round},
    {"quit", "", 0, 0, finish},
};

static const struct request *find_request(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof requests / sizeof *requests; i++)
        if (strcmp(name, requests[i].name) == 0)
            return &requests[i];
    return NULL;
}

static bool number_read(const char *word, long smallest, long *number)
{
    char *end;

    *number = strtol(word, &end, 10);
    return end > word && !*end && *number >= smallest && *number <= LARGEST_NUMBER;
}

/* The arguments are what strtok_r finds after the name of the request. */
static int read_arguments(const struct request *request, char **rest, long *arguments,
                          struct answer *answer)
{
    const char *word;
    int count = 0;

    while ((word = strtok_r(NULL, " \t\r\n", rest))) {
        long smallest = request->may_be_0 >> count & 1 ? 0 : 1;

        if (count == request->count)
            return refuse(answer, "'%.40s' is too much; expected %s%s", word,
                          request->name, request->arguments);
        if (!number_read(word, smallest, &arguments[count]))
            return refuse(
                answer, "'%.40s' is no whole number from %ld to %d; expected %s%s",
                word, smallest, LARGEST_NUMBER, request->name, request->arguments);
        count++;
    }
    if (count < request->count)
        return refuse(answer, "%d of %d numbers are there; expected %s%s", count,
                      request->count, request->name, request->arguments);
    return 0;
}

static int meet(struct peer *peer, char *line, struct answer *answer)
{
    char *rest = NULL;
    const char *name = strtok_r(line, " \t\r\n", &rest);
    const struct request *request = name ? find_request(name) : NULL;
    long arguments[MOST_ARGUMENTS];

    if (!name)
        return refuse(answer,
                      "the line is empty; expected conv, matmul, round or quit");
    if (!request)
        return refuse(answer,
                      "'%.40s' is no request; expected conv, matmul, round or quit",
                      name);
    if (read_arguments(request, &rest, arguments, answer) < 0)
        return -1;
    return request->meet(peer, arguments, answer);
}

/* Without oneDNN's cache of primitives: that of 2.6 confuses the implementations of a
 * layer when their list is gone through again. */
static int peer_init(struct peer *peer, struct answer *answer)
{
    if (done(dnnl_set_primitive_cache_capacity(0), "do without a cache", answer) < 0 ||
        done(dnnl_engine_create(&peer->engine, dnnl_cpu, 0), "create an engine",
             answer) < 0 ||
        done(dnnl_stream_create(&peer->stream, peer->engine, dnnl_stream_default_flags),
             "create a stream", answer) < 0)
        return -1;
    return 0;
}

static void peer_clear(struct peer *peer)
{
    forget_layer(peer);
    dnnl_stream_destroy(peer->stream);
    dnnl_engine_destroy(peer->engine);
}

static void converse(struct peer *peer)
{
    char *line = NULL;
    size_t line_bytes = 0;

    while (!peer->finished && getline(&line, &line_bytes, stdin) >= 0) {
        struct answer answer = {""};

        if (meet(peer, line, &answer) < 0)
            printf("error %s\n", answer.text);
        else if (*answer.text)
            puts(answer.text);
        fflush(stdout);
    }
    free(line);
}

int main(int count, char **arguments)
{
    struct peer peer = {.takes_first = count > 1 && strcmp(arguments[1], "own") == 0};
    struct answer answer;
    int status;

    /* oneDNN computes on as many threads as OpenMP grants its caller. The environment
     * would be too late here, since OpenMP reads it before main; so this asks OpenMP's
     * library, the one that oneDNN loads too: -lgomp is enough, -fopenmp not needed.
     * time_executions checks that it worked. */
    omp_set_num_threads(1);
    status = peer_init(&peer, &answer);
    if (status == 0)
        converse(&peer);
    else
        printf("error %s\n", answer.text);
    peer_clear(&peer);
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
