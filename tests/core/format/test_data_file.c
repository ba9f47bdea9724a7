#include "core/format/data_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "tests/support/hdf5_builder.h"
#include "tests/support/scratch.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Five samples of two channels, 2 high and 3 wide. */
enum { SAMPLES = 5, CHANNELS = 2, HEIGHT = 2, WIDTH = 3, CLASSES = 4 };
enum { PLANE = HEIGHT * WIDTH, SIZE = CHANNELS * PLANE };

static const size_t sizes[4] = {SAMPLES, CHANNELS, HEIGHT, WIDTH};
static const double labels[SAMPLES] = {0, 3, 1, 2, 0};

/* The input of the network that reads them, and another. */
static struct tensor input_of(int rank, const int *dims)
{
    struct tensor input = {.rank = rank,
                           .height = 1,
                           .width = 1,
                           .count = 1,
                           .least = INT32_MIN,
                           .most = INT32_MAX};

    for (int i = 0; i < rank; i++) {
        input.dims[i] = dims[i];
        input.count *= (size_t)dims[i];
    }
    input.channels = rank > 0 ? dims[rank == 3 ? 0 : rank - 1] : 1;
    if (rank == 3) {
        input.height = dims[1];
        input.width = dims[2];
    } else if (rank == 2) {
        input.width = dims[0];
    }
    return input;
}

static struct tensor image;
static struct config_constants constants;
static struct data_input input;
static struct data_labels with;
static struct config_data data;
static struct error err;

/* Stored values: all different in u8. */
static double stored(size_t sample, size_t channel, size_t pixel)
{
    return (double)(sample * SIZE + channel * PLANE + pixel);
}

static void fill_samples(double values[SAMPLES * SIZE])
{
    for (size_t i = 0; i < SAMPLES * SIZE; i++)
        values[i] = (double)i;
}

/* Starts a test: the usual file, and a configuration that reads all of it as it is. */
static void prepare(enum hdf5_type type)
{
    double values[SAMPLES * SIZE];

    image = input_of(3, (int[]){CHANNELS, HEIGHT, WIDTH});
    fill_samples(values);
    hdf5_builder_samples(scratch_file, type, sizes, values, labels);
    constants = (struct config_constants){.scale = 1};
    input = (struct data_input){&image, "/x", &constants};
    with =
        (struct data_labels){.dataset = "/y", .are_needed = true, .classes = CLASSES};
    data = (struct config_data){.file = scratch_file, .samples = {0, SIZE_MAX, false}};
}

static struct data_file *try_to_open(void)
{
    return data_file_open(data.file, &input, 1, &with, data.samples, &err);
}

static struct data_file *open_file(void)
{
    struct data_file *file = try_to_open();

    if (!file)
        fail_msg("%s", err.text);
    return file;
}

/* Opening fails with this sentence, where %s is the file. */
static void assert_refused(const char *sentence)
{
    char expected[1024];

    snprintf(expected, sizeof expected, sentence, scratch_file);
    err = (struct error){0};
    assert_null(try_to_open());
    assert_string_equal(err.text, expected);
    assert_int_equal(err.code, EXIT_INPUT);
}

/* Reads samples to those of the outputs that are not NULL. */
static int read_samples(struct data_file *file, size_t first, size_t count,
                        float *values, int32_t *classes, uint64_t *hashes)
{
    struct sample_arrays arrays;
    int status;

    data_file_make_arrays(file, count, &arrays);
    status = data_file_read(file, first, count, &arrays, &err);
    if (status == 0 && values)
        memcpy(values, arrays.values[0], count * image.count * sizeof *values);
    if (status == 0 && classes)
        memcpy(classes, arrays.labels, count * sizeof *classes);
    if (status == 0 && hashes)
        status = data_file_hash(file, first, count, hashes, &err);
    sample_arrays_clear(&arrays);
    return status;
}

/* ---- what is read ---- */

static void samples_come_as_height_width_channels(void **state)
{
    static const enum hdf5_type types[] = {HDF5_U8, HDF5_F32, HDF5_F64,
                                           HDF5_F32_BIG_ENDIAN};

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        float values[SAMPLES * SIZE];
        int32_t classes[SAMPLES];
        struct data_file *file;

        prepare(types[i]);
        file = open_file();
        assert_int_equal(data_file_count(file), SAMPLES);
        assert_int_equal(read_samples(file, 0, SAMPLES, values, classes, NULL), 0);
        for (size_t sample = 0; sample < SAMPLES; sample++) {
            assert_true(classes[sample] == (int32_t)labels[sample]);
            for (size_t pixel = 0; pixel < PLANE; pixel++)
                for (size_t channel = 0; channel < CHANNELS; channel++)
                    assert_true(values[sample * SIZE + pixel * CHANNELS + channel] ==
                                (float)stored(sample, channel, pixel));
        }
        data_file_close(file);
    }
}

static void a_selection_begins_where_it_should(void **state)
{
    float values[2 * SIZE];
    int32_t classes[2];
    struct data_file *file;

    (void)state;
    prepare(HDF5_U8);
    data.samples = (struct sample_range){1, 3, false};
    file = open_file();
    assert_int_equal(data_file_count(file), 3);
    assert_int_equal(data_file_first(file), 1);
    assert_int_equal(read_samples(file, 1, 2, values, classes, NULL), 0);
    assert_true(values[0] == (float)stored(2, 0, 0) &&
                values[SIZE] == (float)stored(3, 0, 0));
    assert_true(classes[0] == 1 && classes[1] == 2);
    assert_int_equal(read_samples(file, 3, 0, values, classes, NULL), 0);
    data_file_close(file);
}

static void large_reads_go_in_pieces(void **state)
{
    enum { MANY = 20, WIDE = 256 * 1024 }; /* a sample takes 1 MiB */
    static const size_t wide[2] = {MANY, WIDE};
    double *values = memory_zeroed(MANY * WIDE, sizeof *values);
    float *read = memory_get(MANY * WIDE * sizeof *read);
    struct data_file *file;

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        values[i * WIDE] = values[i * WIDE + WIDE - 1] = (double)i;
    prepare(HDF5_U8);
    hdf5_builder_add(scratch_file, "/wide", HDF5_U8, 2, wide, values, 3);
    hdf5_builder_add(scratch_file, "/many", HDF5_I32, 1, wide, (double[MANY]){0}, 0);
    input.dataset = "/wide";
    with.dataset = "/many";
    image = input_of(3, (int[]){1, 512, 512});
    with.classes = 1;
    file = try_to_open();
    assert_non_null(file);
    assert_int_equal(read_samples(file, 0, MANY, read, NULL, NULL), 0);
    for (size_t i = 0; i < MANY; i++)
        assert_true(read[i * WIDE] == (float)i && read[i * WIDE + 1] == 0 &&
                    read[i * WIDE + WIDE - 1] == (float)i);
    data_file_close(file);
    free(values);
    free(read);
}

static void shapes_with_the_right_product_are_read(void **state)
{
    static const struct {
        int rank;
        size_t sizes[4];
        int input_rank, dims[4];
    } cases[] = {
        {2, {SAMPLES, SIZE}, 3, {CHANNELS, HEIGHT, WIDTH}},
        {2, {SAMPLES, SIZE}, 1, {SIZE}},
        {3, {SAMPLES, 4, 3}, 3, {1, 4, 3}},
        {4, {SAMPLES, 1, 4, 3}, 3, {1, 4, 3}},
        {4, {SAMPLES, CHANNELS, HEIGHT, WIDTH}, 1, {SIZE}},
        {3, {SAMPLES, 4, 3}, 2, {4, 3}},
        {2, {SAMPLES, SIZE}, 2, {4, 3}},
        {4, {SAMPLES, 2, 2, 3}, 4, {1, 2, 2, 3}},
    };
    double values[SAMPLES * SIZE];

    (void)state;
    fill_samples(values);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct data_file *file;
        float sample[SIZE];

        prepare(HDF5_U8);
        hdf5_builder_add(scratch_file, "/other", HDF5_U8, cases[i].rank, cases[i].sizes,
                         values, 0);
        input.dataset = "/other";
        image = input_of(cases[i].input_rank, cases[i].dims);
        file = try_to_open();
        assert_non_null(file);
        assert_int_equal(read_samples(file, 1, 1, sample, NULL, NULL), 0);
        assert_true(sample[0] == SIZE && sample[SIZE - 1] == 2 * SIZE - 1);
        data_file_close(file);
    }
}

/* [T, F] is no image: steps of features are stored as they are written. */
static void rows_of_features_stay_as_they_are_written(void **state)
{
    const int dims[] = {4, 3};
    double values[SAMPLES * SIZE];

    (void)state;
    fill_samples(values);
    for (int is_flat = 0; is_flat <= 1; is_flat++) {
        float sample[SIZE];
        struct data_file *file;

        prepare(HDF5_U8);
        hdf5_builder_add(
            scratch_file, "/rows", HDF5_U8, is_flat ? 2 : 3,
            is_flat ? (size_t[]){SAMPLES, SIZE} : (size_t[]){SAMPLES, 4, 3}, values, 2);
        input.dataset = "/rows";
        image = input_of(2, dims);
        file = open_file();
        assert_int_equal(read_samples(file, 1, 1, sample, NULL, NULL), 0);
        for (int i = 0; i < SIZE; i++)
            assert_true(sample[i] == (float)(SIZE + i));
        data_file_close(file);
    }
    assert_true(image.count == SIZE);
}

/* An input [H, W, C] has its colours last, an input [C, H, W] first. */
static void means_go_along_the_colours(void **state)
{
    static const int inputs[][3] = {{2, 2, 3}, {3, 2, 2}};
    static const double means[] = {100, 200, 300};
    double values[SAMPLES * SIZE];

    (void)state;
    fill_samples(values);
    for (int i = 0; i < 2; i++) {
        const int *dims = inputs[i];
        float sample[SIZE];
        struct data_file *file;

        prepare(HDF5_U8);
        hdf5_builder_add(
            scratch_file, "/colours", HDF5_U8, 4,
            (size_t[]){SAMPLES, (size_t)dims[0], (size_t)dims[1], (size_t)dims[2]},
            values, 0);
        hdf5_builder_attribute(scratch_file, "/colours", "mean", means, 3);
        input.dataset = "/colours";
        image = input_of(3, dims);
        file = open_file();
        assert_int_equal(read_samples(file, 0, 1, sample, NULL, NULL), 0);
        for (int j = 0; j < SIZE; j++) {
            int colour = i == 0 ? j % 3 : j / 4;
            int at = j % 4 * dims[0] + j / 4;

            assert_true(sample[i == 0 ? j % (2 * 3) * 2 + j / (2 * 3) : at] ==
                        (float)j - (float)means[colour]);
        }
        data_file_close(file);
    }
}

static void labels_of_any_integer_type_are_read(void **state)
{
    static const enum hdf5_type types[] = {HDF5_U8, HDF5_U16, HDF5_I32, HDF5_I64,
                                           HDF5_U64};
    static const size_t column[2] = {SAMPLES, 1};

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++)
        for (int rank = 1; rank <= 2; rank++) {
            int32_t classes[SAMPLES];
            struct data_file *file;

            prepare(HDF5_U8);
            hdf5_builder_add(scratch_file, "/other", types[i], rank, column, labels, 0);
            with.dataset = "/other";
            file = open_file();
            assert_int_equal(read_samples(file, 0, SAMPLES, NULL, classes, NULL), 0);
            for (size_t sample = 0; sample < SAMPLES; sample++)
                assert_true(classes[sample] == (int32_t)labels[sample]);
            data_file_close(file);
        }
}

static void equal_samples_have_equal_hashes(void **state)
{
    static const double twins[SAMPLES * SIZE] = {
        [0] = 7, [2 * SIZE] = 7, [3 * SIZE] = 7, [3 * SIZE + 1] = 1};
    static const double negative_zero[SAMPLES * SIZE] = {[0] = 7, [1] = -0.0};
    uint64_t hashes[SAMPLES], others[SAMPLES];
    struct data_file *file;

    (void)state;
    prepare(HDF5_U8);
    hdf5_builder_add(scratch_file, "/u8", HDF5_U8, 4, sizes, twins, 2);
    hdf5_builder_add(scratch_file, "/f32", HDF5_F32, 4, sizes, negative_zero, 0);
    input.dataset = "/u8";
    file = open_file();
    assert_int_equal(read_samples(file, 0, SAMPLES, NULL, NULL, hashes), 0);
    data_file_close(file);
    assert_true(hashes[0] == hashes[2] && hashes[1] == hashes[4]);
    assert_true(hashes[0] != hashes[1] && hashes[2] != hashes[3]);

    input.dataset = "/f32";
    constants.scale = 0.5; /* hashes are of what is stored */
    file = open_file();
    assert_int_equal(read_samples(file, 0, SAMPLES, NULL, NULL, others), 0);
    data_file_close(file);
    assert_true(others[0] == hashes[0] && others[1] == hashes[1]);
}

/* ---- several inputs, labels of any shape, groups ---- */

static struct tensor ids;
static struct data_input both[2]; /* images, and three ids a sample */

/* The usual file with ids [5, 3] of int32 as well, ten apart. */
static void prepare_both(void)
{
    double values[SAMPLES * 3];

    prepare(HDF5_U8);
    for (int i = 0; i < SAMPLES * 3; i++)
        values[i] = 10 * i - 20;
    hdf5_builder_add(scratch_file, "/ids", HDF5_I64, 2, (size_t[]){SAMPLES, 3}, values,
                     0);
    ids = input_of(1, (int[]){3});
    ids.element = ELEMENT_INT32;
    both[0] = input;
    both[1] = (struct data_input){&ids, "/ids", &constants};
}

static struct data_file *try_to_open_both(void)
{
    return data_file_open(data.file, both, 2, &with, data.samples, &err);
}

static struct data_file *open_both(void)
{
    struct data_file *file = try_to_open_both();

    if (!file)
        fail_msg("%s", err.text);
    return file;
}

static void assert_both_refused(const char *sentence)
{
    char expected[1024];

    snprintf(expected, sizeof expected, sentence, scratch_file);
    assert_null(try_to_open_both());
    assert_string_equal(err.text, expected);
    assert_int_equal(err.code, EXIT_INPUT);
}

static void each_input_has_its_rank_and_type(void **state)
{
    struct sample_arrays arrays;
    struct data_file *file;

    (void)state;
    prepare_both();
    file = open_both();
    data_file_make_arrays(file, SAMPLES, &arrays);
    /* The second call goes behind what the first has read. */
    assert_int_equal(data_file_read(file, 1, 1, &arrays, &err), 0);
    assert_int_equal(data_file_read(file, 3, 2, &arrays, &err), 0);
    assert_int_equal(arrays.count, 3);
    for (size_t i = 0; i < 3; i++) {
        size_t sample = (size_t[]){1, 3, 4}[i];
        const float *pixels = (const float *)arrays.values[0] + i * SIZE;
        const int32_t *three = (const int32_t *)arrays.values[1] + i * 3;

        assert_true(pixels[1] == (float)stored(sample, 1, 0));
        for (int j = 0; j < 3; j++)
            assert_int_equal(three[j], 10 * (3 * (int)sample + j) - 20);
        assert_int_equal(((int32_t *)arrays.labels)[i], (int)labels[sample]);
    }
    assert_null(arrays.values[2]);
    assert_null(arrays.groups);
    sample_arrays_clear(&arrays);
    data_file_close(file);
}

static void a_hash_covers_all_inputs(void **state)
{
    static const double twins[SAMPLES * SIZE] = {0};
    const double numbers[SAMPLES * 3] = {[1] = 1, [4] = 1, [6] = 1};
    uint64_t hashes[SAMPLES], of_images[SAMPLES];
    struct data_file *file;

    (void)state;
    prepare_both();
    hdf5_builder_add(scratch_file, "/same", HDF5_U8, 4, sizes, twins, 0);
    hdf5_builder_add(scratch_file, "/numbers", HDF5_U8, 2, (size_t[]){SAMPLES, 3},
                     numbers, 0);
    both[0].dataset = input.dataset = "/same";
    both[1].dataset = "/numbers";
    file = open_both();
    assert_int_equal(data_file_hash(file, 0, SAMPLES, hashes, &err), 0);
    data_file_close(file);
    file = open_file();
    assert_int_equal(data_file_hash(file, 0, SAMPLES, of_images, &err), 0);
    data_file_close(file);
    assert_true(of_images[0] == of_images[2] && of_images[0] == of_images[4]);
    assert_true(hashes[0] == hashes[1] && hashes[3] == hashes[4]);
    assert_true(hashes[0] != hashes[2] && hashes[2] != hashes[3]);
}

static void datasets_of_several_inputs_that_do_not_fit_are_named(void **state)
{
    static const double zeros[6 * 3];
    const double large[SAMPLES * 3] = {[7] = 4e9};
    struct data_file *file;

    (void)state;
    prepare_both();
    hdf5_builder_add(scratch_file, "/six", HDF5_I32, 2, (size_t[]){6, 3}, zeros, 0);
    hdf5_builder_add(scratch_file, "/reals", HDF5_F32, 2, (size_t[]){SAMPLES, 3}, zeros,
                     0);
    hdf5_builder_add(scratch_file, "/large", HDF5_I64, 2, (size_t[]){SAMPLES, 3}, large,
                     0);
    both[1].dataset = "/six";
    assert_both_refused("%s: /x holds 5 samples but /six holds 6 samples");
    both[1].dataset = "/reals";
    assert_both_refused(
        "%s: /reals holds 32-bit floats; the network's input takes integers");
    both[1].dataset = "/users";
    assert_both_refused(
        "%s has no dataset /users; datasets in the file: /ids, /large, "
        "/reals, /six, /x, /y; name one of them in `inputs`, `labels` or `groups`");
    both[1].dataset = "/large";
    input = both[1];
    image = ids;
    file = open_file();
    assert_int_equal(read_samples(file, 0, SAMPLES, NULL, NULL, NULL), -1);
    data_file_close(file);
    assert_non_null(
        strstr(err.text, ": sample 2 of /large holds 4000000000, and 32 bits do not"));
}

/* What is looked up has as many rows as there are numbers, and as many counted from the end. */
static void a_number_beyond_the_vocabulary_is_named(void **state)
{
    static const struct {
        int at, number;
    } wrong[] = {{0, 60}, {7, 61}, {14, -61}, {8, 1 << 30}};
    double numbers[SAMPLES * 3];

    (void)state;
    for (size_t i = 0; i <= sizeof wrong / sizeof *wrong; i++) {
        bool is_wrong = i < sizeof wrong / sizeof *wrong;
        struct data_file *file;
        char sentence[256];

        prepare_both();
        ids.least = -60;
        ids.most = 59;
        ids.name = (char *)"user";
        for (int j = 0; j < SAMPLES * 3; j++)
            numbers[j] = j % 2 ? 59 : -60;
        if (is_wrong)
            numbers[wrong[i].at] = wrong[i].number;
        hdf5_builder_add(scratch_file, "/users", HDF5_I64, 2, (size_t[]){SAMPLES, 3},
                         numbers, 0);
        input = both[1];
        input.dataset = "/users";
        image = ids;
        file = open_file();
        assert_int_equal(read_samples(file, 0, SAMPLES, NULL, NULL, NULL),
                         is_wrong ? -1 : 0);
        data_file_close(file);
        if (!is_wrong)
            continue;
        snprintf(sentence, sizeof sentence,
                 ": sample %d of /users holds %d, but the vocabulary of the network's "
                 "input \"user\" is 0..59 (or -60..-1, counted from its end)",
                 wrong[i].at / 3, wrong[i].number);
        assert_non_null(strstr(err.text, sentence));
        assert_int_equal(err.code, EXIT_INPUT);
    }
}

static void labels_may_be_numbers_of_any_shape(void **state)
{
    double numbers[SAMPLES * 4];

    (void)state;
    for (int i = 0; i < SAMPLES * 4; i++)
        numbers[i] = i - 7;
    for (int is_float = 0; is_float <= 1; is_float++) {
        struct sample_arrays arrays;
        struct data_file *file;

        prepare(HDF5_U8);
        hdf5_builder_add(scratch_file, "/boxes", is_float ? HDF5_F64 : HDF5_I32, 3,
                         (size_t[]){SAMPLES, 2, 2}, numbers, 0);
        with.dataset = "/boxes";
        assert_refused(is_float
                           ? "%s: /boxes holds 64-bit floats; labels must be integers"
                           : "%s: /boxes is [5, 2, 2]; labels must be [N] or [N, 1]");
        with.classes = 0;
        file = open_file();
        data_file_make_arrays(file, 2, &arrays);
        assert_int_equal(data_file_read(file, 3, 2, &arrays, &err), 0);
        assert_int_equal(arrays.labels_per_sample, 4);
        assert_int_equal(arrays.label_element,
                         is_float ? ELEMENT_FLOAT : ELEMENT_INT32);
        for (int i = 0; i < 2 * 4; i++)
            assert_true((is_float ? (double)((float *)arrays.labels)[i]
                                  : ((int32_t *)arrays.labels)[i]) == 3 * 4 + i - 7);
        sample_arrays_clear(&arrays);
        data_file_close(file);
    }
}

/* A file with a number for each of six samples, two of which are one image. */
static void prepare_groups(const double *users)
{
    double values[6 * 2] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

    prepare(HDF5_U8);
    hdf5_builder_add(scratch_file, "/pairs", HDF5_U8, 2, (size_t[]){6, 2}, values, 0);
    hdf5_builder_add(scratch_file, "/six", HDF5_I32, 1, (size_t[]){6}, values, 0);
    hdf5_builder_add(scratch_file, "/user", HDF5_I32, 1, (size_t[]){6}, users, 0);
    image = input_of(1, (int[]){2});
    input.dataset = "/pairs";
    with = (struct data_labels){.groups = "/user"};
}

static void groups_come_with_their_samples(void **state)
{
    static const double users[] = {7, 7, -1, -1, 2000000000, 2000000000};
    struct sample_arrays arrays;
    struct data_file *file;

    (void)state;
    prepare_groups(users);
    file = open_file();
    assert_int_equal(data_file_group(file), 2);
    assert_int_equal(data_file_unit(file, 1), 2);
    assert_int_equal(data_file_unit(file, 4), 4);
    assert_int_equal(data_file_unit(file, 5), 10);
    data_file_make_arrays(file, 3, &arrays);
    assert_int_equal(data_file_read(file, 2, 3, &arrays, &err), 0);
    for (int i = 0; i < 3; i++)
        assert_true(sample_arrays_samples(&arrays).groups[i] == users[2 + i]);
    sample_arrays_clear(&arrays);
    data_file_close(file);
    data.samples = (struct sample_range){2, 4, false};
    file = open_file();
    assert_int_equal(data_file_group(file), 2);
    data_file_close(file);
    with.groups = "/pairs";
    assert_refused("%s: /pairs is [6, 2]; groups must be [N] or [N, 1]");
    with.groups = "/x";
    assert_refused("%s: /x is [5, 2, 2, 3]; groups must be [N] or [N, 1]");
    with.groups = "/y";
    assert_refused("%s: /pairs holds 6 samples but /y holds 5 groups");
    with.groups = NULL;
    file = open_file();
    assert_int_equal(data_file_group(file), 0);
    assert_int_equal(data_file_unit(file, 5), 5);
    data_file_close(file);
}

static void groups_that_are_not_whole_are_told(void **state)
{
    static const double uneven[] = {7, 7, -1, 3, 3, 3}, torn[] = {7, 7, 3, 3, 7, 7},
                        whole[] = {1, 1, 2, 2, 3, 3};

    (void)state;
    prepare_groups(uneven);
    assert_refused(
        "%s: the group -1 of /user, from sample 2 on, has 1 samples, and the "
        "first group has 2; groups must be of equal size, and whole");
    prepare_groups(torn);
    assert_refused("%s: the samples of group 7 of /user do not lie together");
    prepare_groups(whole);
    data.samples = (struct sample_range){0, 5, false};
    assert_refused("%s: the group 3 of /user, from sample 4 on, has 1 samples, and the "
                   "first group has 2; groups must be of equal size, and whole");
}

/* ---- labels of places ---- */

static struct tensor logits;

/* Labels of the usual file for an output of these dims. */
static void prepare_labels(int rank, const int *dims, int stored,
                           const size_t *stored_dims, const double *values)
{
    prepare(HDF5_U8);
    hdf5_builder_add(scratch_file, "/places", HDF5_I32, stored, stored_dims, values, 0);
    logits = input_of(rank, dims);
    logits.name = (char *)"logits";
    with.dataset = "/places";
    with.output = &logits;
}

static void a_place_has_a_label_of_its_own(void **state)
{
    static const int ignored[] = {-100, 255};
    double values[SAMPLES * 6];

    (void)state;
    for (int i = 0; i < SAMPLES * 6; i++)
        values[i] = i % 7 == 6 ? 255 : i % 7 == 5 ? -100 : i % CLASSES;
    for (int is_image = 0; is_image <= 1; is_image++) {
        struct sample_arrays arrays;
        struct data_file *file;

        if (is_image)
            prepare_labels(3, (int[]){CLASSES, 2, 3}, 3, (size_t[]){SAMPLES, 2, 3},
                           values);
        else
            prepare_labels(2, (int[]){6, CLASSES}, 2, (size_t[]){SAMPLES, 6}, values);
        with.ignored = ignored;
        with.ignored_count = 2;
        file = open_file();
        assert_int_equal(data_file_places(file), 6);
        data_file_make_arrays(file, 2, &arrays);
        assert_int_equal(data_file_read(file, 3, 2, &arrays, &err), 0);
        assert_int_equal(arrays.labels_per_sample, 6);
        for (int i = 0; i < 2 * 6; i++) {
            double label = values[3 * 6 + i];

            assert_int_equal(((int32_t *)arrays.labels)[i],
                             label == 255 || label == -100 ? IGNORED_LABEL
                                                           : (int)label);
        }
        sample_arrays_clear(&arrays);
        data_file_close(file);
    }
}

static void labels_of_another_shape_are_told(void **state)
{
    static const double values[SAMPLES * 6];

    (void)state;
    prepare_labels(2, (int[]){6, CLASSES}, 2, (size_t[]){SAMPLES, 3}, values);
    assert_refused(
        "%s: /places is [5, 3], but the network's output \"logits\" is [6, 4] a "
        "sample; labels must be [N, 6], a class at each place");
    prepare_labels(3, (int[]){CLASSES, 2, 3}, 3, (size_t[]){SAMPLES, 3, 2}, values);
    assert_refused(
        "%s: /places is [5, 3, 2], but the network's output \"logits\" is [4, 2, "
        "3] a sample; labels must be [N, 2, 3], a class at each place");
    with.classes = 0;
    assert_refused(
        "%s: /places is [5, 3, 2], but the network's output \"logits\" is [4, 2, "
        "3] a sample; labels must be [N, 4, 2, 3], a number for each value");
}

static void a_mask_that_hides_all_is_told(void **state)
{
    static const int ignored[] = {2, 3};
    double values[SAMPLES * 6];

    (void)state;
    for (int i = 0; i < SAMPLES * 6; i++)
        values[i] = i < 4 * 6 ? 2 + i % 2 : 1;
    prepare_labels(2, (int[]){6, CLASSES}, 2, (size_t[]){SAMPLES, 6}, values);
    with.ignored = ignored;
    with.ignored_count = 2;
    data_file_close(open_file());
    data.samples = (struct sample_range){0, 4, false};
    assert_refused(
        "%s: all labels of the selected samples (/places) are ignored (2), so "
        "nothing is left to score; see `ignore`");
}

/* In the order of the network's tensors, from integers as from floats. */
static void numbers_lie_as_outputs_do(void **state)
{
    struct sample_arrays arrays;
    struct data_file *file;
    double values[SAMPLES * 12];

    (void)state;
    for (int i = 0; i < SAMPLES * 12; i++)
        values[i] = i - 30;
    prepare_labels(3, (int[]){3, 2, 2}, 4, (size_t[]){SAMPLES, 3, 2, 2}, values);
    with.classes = 0;
    file = open_file();
    data_file_make_arrays(file, 1, &arrays);
    assert_int_equal(data_file_read(file, 2, 1, &arrays, &err), 0);
    assert_int_equal(arrays.label_element, ELEMENT_FLOAT);
    for (int channel = 0; channel < 3; channel++)
        for (int at = 0; at < 4; at++)
            assert_true((double)((float *)arrays.labels)[at * 3 + channel] ==
                        values[2 * 12 + channel * 4 + at]);
    sample_arrays_clear(&arrays);
    data_file_close(file);
}

/* ---- normalisation ---- */

static float first_value(size_t channel)
{
    struct data_file *file = open_file();
    float values[SIZE];

    assert_int_equal(read_samples(file, 1, 1, values, NULL, NULL), 0);
    data_file_close(file);
    return values[channel];
}

static void normalisation_comes_from_the_nearest_place(void **state)
{
    const float value = (float)stored(1, 1, 0);

    (void)state;
    prepare(HDF5_U8);
    constants.scale = NAN;
    assert_true(first_value(1) == value / 255.0f);
    hdf5_builder_attribute(scratch_file, "/", "scale", (double[]){0.5}, 1);
    hdf5_builder_attribute(scratch_file, "/", "mean", (double[]){1, 2}, 2);
    hdf5_builder_attribute(scratch_file, "/", "std", (double[]){4}, 1);
    assert_true(first_value(1) == (value * 0.5f - 2) / 4);
    hdf5_builder_attribute(scratch_file, "/x", "mean", (double[]){0, 6}, 2);
    assert_true(first_value(1) == (value * 0.5f - 6) / 4);
    constants.scale = 0.25;
    constants.mean[0] = 3;
    constants.mean_count = 1;
    constants.std[1] = 8;
    constants.std_count = 2;
    constants.std[0] = 1;
    assert_true(first_value(1) == (value * 0.25f - 3) / 8);
    assert_true(first_value(0) == (float)stored(1, 0, 0) * 0.25f - 3);
}

static void the_normalisation_is_told(void **state)
{
    const struct normalisation *normalisation;
    struct data_file *file;

    (void)state;
    prepare(HDF5_F32);
    constants.scale = NAN;
    file = open_file();
    normalisation = data_file_normalisation(file, 0);
    assert_true(normalisation->scale == 1 && normalisation->channels == 1);
    assert_true(normalisation->mean[0] == 0 && normalisation->std[0] == 1);
    data_file_close(file);
    hdf5_builder_attribute(scratch_file, "/x", "mean", (double[]){0.5, 0.25}, 2);
    file = open_file();
    normalisation = data_file_normalisation(file, 0);
    assert_true(normalisation->channels == 2 && normalisation->mean[1] == 0.25f &&
                normalisation->std[1] == 1);
    data_file_close(file);
}

static void a_rounded_255th_divides_by_255(void **state)
{
    static const double scales[] = {0.003921569, 0.00392156862745098, 1.0 / 255};
    size_t differs = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(scales); i++) {
        prepare(HDF5_U8);
        constants.scale = scales[i];
        for (size_t channel = 0; channel < CHANNELS; channel++) {
            float value = (float)stored(1, channel, 0);

            assert_true(first_value(channel) == value / 255.0f);
            differs += value / 255.0f != value * (float)scales[i];
        }
    }
    assert_true(differs > 0); /* so the division is worth a test */
}

static void wrong_constants_are_named(void **state)
{
    static const struct {
        const char *object, *name;
        double values[20];
        size_t count;
        const char *sentence;
    } cases[] = {
        {"/x", "std", {1, 0}, 2, "%s: std of /x is 0; it must be a positive number"},
        {"/",
         "std",
         {-1},
         1,
         "%s: std of the file is -1; it must be a positive number"},
        {"/x", "mean", {NAN}, 1, "%s: mean of /x is nan; it must be a finite number"},
        {"/x",
         "scale",
         {1e-60},
         1,
         "%s: scale of /x is 1e-60; it must be a positive number"},
        {"/x",
         "mean",
         {1, 2, 3, 4},
         4,
         "%s: mean of /x holds 4 values, but 1 or 2 are needed"},
        {"/x", "scale", {1, 2}, 2, "%s: scale of /x holds 2 values, but 1 is needed"},
        {"/",
         "mean",
         {0},
         20,
         "%s: attribute mean of the file holds 20 values; 1..16 are read"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        prepare(HDF5_U8);
        constants.scale = NAN;
        hdf5_builder_attribute(scratch_file, cases[i].object, cases[i].name,
                               cases[i].values, cases[i].count);
        assert_refused(cases[i].sentence);
    }
    prepare(HDF5_U8);
    hdf5_builder_text_attribute(scratch_file, "/x", "mean", "imagenet");
    assert_refused("%s: attribute mean of /x is not a number");
    prepare(HDF5_U8);
    constants.mean_count = 4;
    assert_refused(
        "%s: mean of the configuration holds 4 values, but 1 or 2 are needed");
}

/* ---- what is refused ---- */

static void files_that_are_no_hdf5_files_are_named(void **state)
{
    FILE *file;

    (void)state;
    prepare(HDF5_U8);
    unlink(scratch_file);
    assert_refused("cannot open %s: No such file or directory");
    data.file = scratch_folder;
    assert_null(try_to_open());
    assert_non_null(strstr(err.text, "is not an HDF5 file"));
    file = fopen(scratch_file, "w");
    fputs("x,y\n1,2\n", file);
    fclose(file);
    data.file = scratch_file;
    assert_refused("%s is not an HDF5 file; it is a text");
    prepare(HDF5_U8);
    assert_int_equal(truncate(scratch_file, 200), 0);
    assert_refused("cannot open %s: it is damaged, cut short or being written");
}

static void datasets_that_do_not_fit_are_named(void **state)
{
    static const struct {
        const char *samples, *labels, *sentence;
    } cases[] = {
        {"/images", "/y",
         "%s has no dataset /images; datasets in the file: /floats, /i32, /nine, "
         "/scalar, "
         "/table, /x, /y; name one of them in `inputs`, `labels` or `groups`"},
        {"/x", "/labels",
         "%s has no dataset /labels; datasets in the file: /floats, /i32, /nine, "
         "/scalar, "
         "/table, /x, /y; name one of them in `inputs`, `labels` or `groups`"},
        {"/", "/y",
         "%s: / is a group, not a dataset; datasets in the file: /floats, /i32, "
         "/nine, "
         "/scalar, "
         "/table, /x, /y; name one of them in `inputs`, `labels` or `groups`"},
        {"/i32", "/y",
         "%s: /i32 holds 32-bit signed integers; samples must be 8-bit unsigned "
         "integers, "
         "32-bit floats or 64-bit floats"},
        {"/table", "/y",
         "%s: /table is [5, 3], but the network takes samples of [2, 2, 3], so [N, 2, "
         "2, 3] or "
         "[N, 12] is needed"},
        {"/scalar", "/y",
         "%s: /scalar is of another rank, but the network takes samples of [2, 2, 3], "
         "so [N, 2, "
         "2, 3] or [N, 12] is needed"},
        {"/x", "/floats", "%s: /floats holds 64-bit floats; labels must be integers"},
        {"/x", "/i32", "%s: /i32 is [5, 3]; labels must be [N] or [N, 1]"},
        {"/x", "/nine", "%s: /x holds 5 samples but /nine holds 9 labels"},
    };
    static const double zeros[15];

    (void)state;
    prepare(HDF5_U8);
    hdf5_builder_add(scratch_file, "/i32", HDF5_I32, 2, (size_t[]){SAMPLES, 3}, zeros,
                     0);
    hdf5_builder_add(scratch_file, "/table", HDF5_U8, 2, (size_t[]){SAMPLES, 3}, zeros,
                     0);
    hdf5_builder_add(scratch_file, "/scalar", HDF5_U8, 0, NULL, zeros, 0);
    hdf5_builder_add(scratch_file, "/floats", HDF5_F64, 1, sizes, zeros, 0);
    hdf5_builder_add(scratch_file, "/nine", HDF5_I32, 1, (size_t[]){9}, zeros, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        input.dataset = cases[i].samples;
        with.dataset = cases[i].labels;
        assert_refused(cases[i].sentence);
    }
}

/* As many digits as the sizes of a dataset of seven dimensions have. */
static void the_longest_shape_is_told_whole(void **state)
{
    const size_t size = 1000000007, many = 4000000000000000037;

    (void)state;
    prepare(HDF5_U8);
    hdf5_builder_add_unwritten(scratch_file, "/huge", 7,
                               (size_t[]){many, many, many, many, many, many, size});
    input.dataset = "/huge";
    assert_refused(
        "%s: /huge is [4000000000000000037, 4000000000000000037, 4000000000000000037, "
        "4000000000000000037, 4000000000000000037, 4000000000000000037, 1000000007], "
        "but the network takes samples of [2, 2, 3], so [N, 2, 2, 3] or [N, 12] is "
        "needed");
}

static void samples_stored_in_another_order_are_refused(void **state)
{
    static const double zeros[SAMPLES * SIZE];

    (void)state;
    prepare(HDF5_U8);
    hdf5_builder_add(scratch_file, "/nhwc", HDF5_U8, 4,
                     (size_t[]){SAMPLES, HEIGHT, WIDTH, CHANNELS}, zeros, 0);
    input.dataset = "/nhwc";
    assert_refused(
        "%s: /nhwc is [5, 2, 3, 2], but the network takes samples of [2, 2, 3], so "
        "[N, 2, 2, 3] or [N, 12] is needed");
}

static void labels_may_be_missing_where_none_are_needed(void **state)
{
    int32_t found[SAMPLES];
    struct data_file *file;

    (void)state;
    prepare(HDF5_U8);
    with.dataset = "/answers";
    assert_refused("%s has no dataset /answers; datasets in the file: /x, /y; name one "
                   "of them in `inputs`, `labels` or `groups`");
    with.are_needed = false;
    file = try_to_open();
    assert_non_null(file);
    assert_int_equal(read_samples(file, 0, SAMPLES, NULL, found, NULL), 0);
    for (int i = 0; i < SAMPLES; i++)
        assert_int_equal(found[i], NO_LABEL);
    data_file_close(file);
    with.dataset = "/y";
    with.are_needed = false;
    file = try_to_open();
    assert_int_equal(read_samples(file, 0, SAMPLES, NULL, found, NULL), 0);
    for (int i = 0; i < SAMPLES; i++)
        assert_int_equal(found[i], (int)labels[i]);
    data_file_close(file);
}

static void a_range_beyond_the_file_is_refused(void **state)
{
    (void)state;
    prepare(HDF5_U8);
    data.samples = (struct sample_range){0, 6, false};
    assert_refused("samples 0..5 are selected, but %s holds only 5 samples (/x)");
    data.samples = (struct sample_range){4, 2, false};
    assert_refused("samples 4..5 are selected, but %s holds only 5 samples (/x)");
    data.samples = (struct sample_range){5, SIZE_MAX, false};
    assert_refused("samples 5..5 are selected, but %s holds only 5 samples (/x)");
    data.samples = (struct sample_range){3, SIZE_MAX - 1, false};
    assert_null(try_to_open());
    data.samples = (struct sample_range){0, 0, false};
    assert_refused("no samples of %s are selected");
}

static void fewer_samples_will_do_where_that_is_said(void **state)
{
    static const struct {
        size_t most, count;
    } cases[] = {{512, SAMPLES}, {SAMPLES, SAMPLES}, {3, 3}};

    (void)state;
    prepare(HDF5_U8);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct data_file *file;

        data.samples = (struct sample_range){0, cases[i].most, true};
        file = open_file();
        assert_int_equal(data_file_count(file), cases[i].count);
        data_file_close(file);
    }
}

static void an_empty_file_is_refused(void **state)
{
    static const size_t none[4] = {0, CHANNELS, HEIGHT, WIDTH};

    (void)state;
    prepare(HDF5_U8);
    hdf5_builder_samples(scratch_file, HDF5_U8, none, labels, labels);
    assert_refused("%s: /x holds no samples");
}

static void a_label_beyond_the_classes_is_named(void **state)
{
    static const double low[SAMPLES] = {0, 0, 0, -1, 0},
                        high[SAMPLES] = {0, 0, 4, 0, 0};

    (void)state;
    prepare(HDF5_U8);
    hdf5_builder_add(scratch_file, "/low", HDF5_I32, 1, sizes, low, 0);
    hdf5_builder_add(scratch_file, "/high", HDF5_U8, 1, sizes, high, 0);
    with.dataset = "/low";
    assert_refused(
        "%s: sample 3 has the label -1 (/low), but the network has the classes 0..3");
    with.dataset = "/high";
    assert_refused(
        "%s: sample 2 has the label 4 (/high), but the network has the classes 0..3");
    data.samples =
        (struct sample_range){3, 2, false}; /* only what is selected counts */
    data_file_close(open_file());
}

static void a_value_that_is_not_finite_is_named(void **state)
{
    static const struct {
        double value;
        enum hdf5_type type;
        const char *sentence;
    } cases[] = {{NAN, HDF5_F32, "%s: sample 3 of /bad holds a NaN"},
                 {INFINITY, HDF5_F32, "%s: sample 3 of /bad holds an infinite value"},
                 {1e300, HDF5_F64, "%s: sample 3 of /bad holds an infinite value"}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        double values[SAMPLES * SIZE] = {0};
        float read[SAMPLES * SIZE];
        struct data_file *file;
        char expected[256];

        values[3 * SIZE + 5] = cases[i].value;
        prepare(HDF5_U8);
        hdf5_builder_add(scratch_file, "/bad", cases[i].type, 4, sizes, values, 0);
        input.dataset = "/bad";
        file = open_file();
        assert_int_equal(read_samples(file, 0, 3, read, NULL, NULL), 0);
        assert_int_equal(read_samples(file, 2, 3, read, NULL, NULL), -1);
        snprintf(expected, sizeof expected, cases[i].sentence, scratch_file);
        assert_string_equal(err.text, expected);
        assert_int_equal(err.code, EXIT_INPUT);
        data_file_close(file);
    }
}

/* Overwrites the compressed bytes of every chunk; the zlib header 78 01 shows where. */
static void damage_chunks(void)
{
    static unsigned char content[1 << 20];
    FILE *file = fopen(scratch_file, "r+b");
    size_t bytes = fread(content, 1, sizeof content, file);

    for (size_t i = 0; i + 8 < bytes; i++)
        if (content[i] == 0x78 && content[i + 1] == 0x01)
            memset(content + i + 2, 0xFF, 6);
    rewind(file);
    assert_int_equal(fwrite(content, 1, bytes, file), bytes);
    fclose(file);
}

static void a_damaged_chunk_is_an_error(void **state)
{
    double values[SAMPLES * SIZE];
    float read[SAMPLES * SIZE];
    struct data_file *file;
    char expected[256];

    (void)state;
    fill_samples(values);
    prepare(HDF5_U8);
    hdf5_builder_add(scratch_file, "/packed", HDF5_U8, 4, sizes, values, 2);
    damage_chunks();
    input.dataset = "/packed";
    file = open_file();
    assert_int_equal(read_samples(file, 1, 3, read, NULL, NULL), -1);
    snprintf(
        expected, sizeof expected,
        "%s: cannot read 1..3 of /packed; the file is damaged, or compressed in a way "
        "that this HDF5 library does not know",
        scratch_file);
    assert_string_equal(err.text, expected);
    assert_int_equal(err.code, EXIT_INPUT);
    data_file_close(file);
}

/* Names can be listed still. */
static void a_dataset_of_a_newer_format_is_told_from_a_missing_one(void **state)
{
    char begin[256];

    (void)state;
    prepare(HDF5_U8);
    hdf5_builder_make_newer(scratch_file, input.dataset);
    err = (struct error){0};
    assert_null(try_to_open());
    snprintf(begin, sizeof begin, "%s has %s, but HDF5 ", scratch_file, input.dataset);
    assert_memory_equal(err.text, begin, strlen(begin));
    assert_non_null(strstr(err.text, "its format is newer, or it is damaged; write it "
                                     "again for older libraries, with `h5repack"));
    assert_int_equal(err.code, EXIT_INPUT);
}

/* ---- the kit ---- */

static const char *from_environment(const char *name, const char *fallback)
{
    const char *value = getenv(name);

    return value && *value ? value : fallback;
}

static void images_of_the_kit_equal_the_reference(void **state)
{
    enum {
        IMAGES = 4,
        COLOURS = 3,
        PIXELS = 32 * 32,
        VALUES = IMAGES * COLOURS * PIXELS
    };
    static float values[VALUES], reference[VALUES];
    char images[512], golden[512];
    struct data_file *file;

    (void)state;
    snprintf(images, sizeof images, "%s/cifar10/test.h5",
             from_environment("CALQ_KIT", "../shared/kit"));
    snprintf(golden, sizeof golden, "%s/golden_forward.h5",
             from_environment("CALQ_GOLDEN", "../shared/golden"));
    if (access(images, R_OK) != 0 || access(golden, R_OK) != 0)
        skip();
    prepare(HDF5_U8);
    input.dataset = "/images";
    with.dataset = "/labels";
    constants.scale = NAN;
    data = (struct config_data){.file = images, .samples = {0, IMAGES, false}};
    image = input_of(3, (int[]){COLOURS, 32, 32});
    with.classes = 10;
    file = try_to_open();
    if (!file)
        fail_msg("%s", err.text);
    assert_int_equal(read_samples(file, 0, IMAGES, values, NULL, NULL), 0);
    data_file_close(file);
    assert_int_equal(hdf5_builder_read(golden, "/input_normalised", reference, VALUES),
                     VALUES);
    for (size_t i = 0; i < IMAGES; i++)
        for (size_t colour = 0; colour < COLOURS; colour++)
            for (size_t pixel = 0; pixel < PIXELS; pixel++)
                assert_true(values[(i * PIXELS + pixel) * COLOURS + colour] ==
                            reference[(i * COLOURS + colour) * PIXELS + pixel]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_come_as_height_width_channels),
        cmocka_unit_test(a_selection_begins_where_it_should),
        cmocka_unit_test(large_reads_go_in_pieces),
        cmocka_unit_test(shapes_with_the_right_product_are_read),
        cmocka_unit_test(rows_of_features_stay_as_they_are_written),
        cmocka_unit_test(means_go_along_the_colours),
        cmocka_unit_test(labels_of_any_integer_type_are_read),
        cmocka_unit_test(equal_samples_have_equal_hashes),
        cmocka_unit_test(each_input_has_its_rank_and_type),
        cmocka_unit_test(a_hash_covers_all_inputs),
        cmocka_unit_test(datasets_of_several_inputs_that_do_not_fit_are_named),
        cmocka_unit_test(a_number_beyond_the_vocabulary_is_named),
        cmocka_unit_test(labels_may_be_numbers_of_any_shape),
        cmocka_unit_test(groups_come_with_their_samples),
        cmocka_unit_test(groups_that_are_not_whole_are_told),
        cmocka_unit_test(a_place_has_a_label_of_its_own),
        cmocka_unit_test(labels_of_another_shape_are_told),
        cmocka_unit_test(a_mask_that_hides_all_is_told),
        cmocka_unit_test(numbers_lie_as_outputs_do),
        cmocka_unit_test(normalisation_comes_from_the_nearest_place),
        cmocka_unit_test(the_normalisation_is_told),
        cmocka_unit_test(a_rounded_255th_divides_by_255),
        cmocka_unit_test(wrong_constants_are_named),
        cmocka_unit_test(files_that_are_no_hdf5_files_are_named),
        cmocka_unit_test(datasets_that_do_not_fit_are_named),
        cmocka_unit_test(the_longest_shape_is_told_whole),
        cmocka_unit_test(samples_stored_in_another_order_are_refused),
        cmocka_unit_test(labels_may_be_missing_where_none_are_needed),
        cmocka_unit_test(a_range_beyond_the_file_is_refused),
        cmocka_unit_test(fewer_samples_will_do_where_that_is_said),
        cmocka_unit_test(an_empty_file_is_refused),
        cmocka_unit_test(a_label_beyond_the_classes_is_named),
        cmocka_unit_test(a_value_that_is_not_finite_is_named),
        cmocka_unit_test(a_damaged_chunk_is_an_error),
        cmocka_unit_test(a_dataset_of_a_newer_format_is_told_from_a_missing_one),
        cmocka_unit_test(images_of_the_kit_equal_the_reference),
    };

    return cmocka_run_group_tests_name("data_file", tests, scratch_make,
                                       scratch_remove);
}
