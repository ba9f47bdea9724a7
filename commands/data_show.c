#include "commands/data_show.h"

#include "core/base/memory.h"
#include "core/format/hdf5_reader.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- labels -------------------------------------------------------------------------------- */

enum { CLASSES_MOST = 100000, ROWS_AT_ONCE = 4096, BARS = 20, BAR_CHARACTERS = 40 };

struct histogram {
    size_t *counts; /* [CLASSES_MOST] owned */
    size_t negative, large;
    long long classes; /* the largest and 1 */
};

static int count_labels(struct hdf5_reader *reader, const struct hdf5_dataset *about,
                        struct histogram *histogram, struct error *err)
{
    size_t all = (size_t)about->sizes[0];

    for (size_t first = 0; first < all; first += ROWS_AT_ONCE) {
        size_t count = all - first < ROWS_AT_ONCE ? all - first : ROWS_AT_ONCE;
        void *rows;

        if (hdf5_reader_rows(reader, about, first, count, HDF5_AS_LONG_LONGS, &rows,
                             err) < 0)
            return -1;
        for (size_t i = 0; i < count; i++) {
            long long label = ((long long *)rows)[i];

            histogram->negative += label < 0;
            histogram->large += label >= CLASSES_MOST;
            if (label < 0 || label >= CLASSES_MOST)
                continue;
            histogram->counts[label]++;
            if (label >= histogram->classes)
                histogram->classes = label + 1;
        }
    }
    return 0;
}

static void print_bar(const char *name, size_t count, size_t most)
{
    size_t length = most > 0 ? (count * BAR_CHARACTERS + most - 1) / most : 0;

    printf("    %-16s %9zu ", name, count);
    for (size_t i = 0; i < length; i++)
        putchar('#');
    putchar('\n');
}

/* Neighbouring classes share a bar where there are many. */
static void print_bars(const struct histogram *histogram)
{
    long long wide = (histogram->classes + BARS - 1) / BARS;
    size_t most = 0, sums[BARS] = {0};

    for (long long label = 0; label < histogram->classes; label++) {
        sums[label / wide] += histogram->counts[label];
        if (sums[label / wide] > most)
            most = sums[label / wide];
    }
    for (long long bar = 0; bar * wide < histogram->classes; bar++) {
        long long last = (bar + 1) * wide - 1;
        char name[64];

        last = last < histogram->classes ? last : histogram->classes - 1;
        if (wide == 1)
            snprintf(name, sizeof name, "%lld", bar);
        else
            snprintf(name, sizeof name, "%lld..%lld", bar * wide, last);
        print_bar(name, sums[bar], most);
    }
    if (histogram->negative > 0)
        print_bar("below 0", histogram->negative, most);
}

static void print_labels(const char *name, const struct histogram *histogram)
{
    size_t least = SIZE_MAX, most = 0, absent = 0;

    for (long long label = 0; label < histogram->classes; label++) {
        size_t count = histogram->counts[label];

        least = count < least ? count : least;
        most = count > most ? count : most;
        absent += count == 0;
    }
    printf("\n%s as labels: %lld classes, %zu to %zu samples each", name,
           histogram->classes, least, most);
    if (absent > 0)
        printf("; %zu classes have none", absent);
    printf("\n");
    print_bars(histogram);
    printf("    use: labels: %s%s\n", name,
           histogram->negative > 0 ? "     # and ignore: those below 0" : "");
}

static int show_labels(struct hdf5_reader *reader, const struct hdf5_dataset *about,
                       struct error *err)
{
    struct histogram histogram = {
        .counts = memory_zeroed(CLASSES_MOST, sizeof *histogram.counts)};
    int status = count_labels(reader, about, &histogram, err);

    if (status == 0 && histogram.classes > 0 && histogram.large == 0)
        print_labels(about->name, &histogram);
    else if (status == 0)
        printf("\n%s: whole numbers, none of them from 0 to %d, as classes are; as "
               "`groups` they can be used\n",
               about->name, CLASSES_MOST - 1);
    free(histogram.counts);
    return status;
}

/* ---- samples ------------------------------------------------------------------------------- */

static int show_normalisation(struct hdf5_reader *reader,
                              const struct hdf5_dataset *about, struct error *err)
{
    struct hdf5_numbers own, of_file;

    if (hdf5_reader_attribute(reader, about, "mean", &own, err) < 0 ||
        hdf5_reader_attribute(reader, NULL, "mean", &of_file, err) < 0)
        return -1;
    if (own.count > 0 || of_file.count > 0)
        printf("    normalised by the attributes in the file\n");
    else
        printf("    no attribute says how they are normalised: %s, unless the settings "
               "mean and std say otherwise\n",
               about->kind == HDF5_INTEGERS ? "stored / 255" : "as they are");
    return 0;
}

static bool is_u8(const struct hdf5_dataset *about)
{
    return about->kind == HDF5_INTEGERS && about->bytes == 1 && !about->is_signed;
}

static bool is_float(const struct hdf5_dataset *about)
{
    return about->kind == HDF5_FLOATS && (about->bytes == 4 || about->bytes == 8);
}

static int show_samples(struct hdf5_reader *reader, const struct hdf5_dataset *about,
                        struct error *err)
{
    char shape[HDF5_SHAPE_TEXT_BYTES];

    printf(
        "\n%s as samples: %llu, %s\n    use: inputs: {INPUT: %s}, where INPUT is the "
        "network's name of its input\n",
        about->name, about->sizes[0], hdf5_shape_text(about, shape), about->name);
    if (about->kind == HDF5_INTEGERS && !is_u8(about)) {
        printf("    integers, for inputs that are token ids or indices, or labels at "
               "each place\n");
        return 0;
    }
    return show_normalisation(reader, about, err);
}

/* ---- datasets ------------------------------------------------------------------------------ */

static int show_dataset(struct hdf5_reader *reader, const char *name, struct error *err)
{
    struct hdf5_dataset about;
    char text[HDF5_KIND_TEXT_BYTES];

    if (hdf5_reader_find(reader, name, &about, err) < 0)
        return -1;
    if (about.rank < 1 || about.sizes[0] == 0 || hdf5_dataset_row(&about) == 0)
        printf("\n%s cannot be used: calq needs [N, ...], and N at least 1\n", name);
    else if (about.kind == HDF5_INTEGERS && hdf5_dataset_row(&about) == 1)
        return show_labels(reader, &about, err);
    else if (about.kind == HDF5_INTEGERS || is_float(&about))
        return show_samples(reader, &about, err);
    else
        printf(
            "\n%s cannot be used: it holds %s; calq reads integers, and floats of 32 "
            "or 64 bits\n",
            name, hdf5_kind_text(&about, text));
    return 0;
}

/* So many datasets can be open. */
enum { DATASETS_SHOWN = 16 };

static int show_datasets(const char *path, const char *listed, struct error *err)
{
    char *names = memory_text(listed), *place = NULL;
    int status = 0, count = 0;

    for (char *name = strtok_r(names, "\n", &place); status == 0 && name;
         name = strtok_r(NULL, "\n", &place)) {
        struct hdf5_reader *reader;

        if (++count > DATASETS_SHOWN) {
            printf("\nOf further datasets only what stands above is told.\n");
            break;
        }
        reader = hdf5_reader_open(path, err);
        status = reader ? show_dataset(reader, name, err) : -1;
        hdf5_reader_close(reader);
    }
    free(names);
    return status;
}

int data_show(const char *path, struct error *err)
{
    struct hdf5_reader *reader;
    const char *text;
    int status = -1;

    hdf5_reader_stand_apart();
    reader = hdf5_reader_open(path, err);
    if (reader)
        status = hdf5_reader_list(reader, &text, err);
    if (status == 0) {
        fputs(text, stdout);
        status = hdf5_reader_names(reader, &text, err);
    }
    if (status == 0)
        status = show_datasets(path, text, err);
    hdf5_reader_close(reader);
    return status;
}
