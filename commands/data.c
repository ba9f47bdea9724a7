#include "commands/command.h"

#include "commands/data_show.h"
#include "core/base/clock.h"
#include "core/base/interrupt.h"
#include "core/format/config_value.h"
#include "core/pack/pack.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct options {
    struct pack pack;
    bool is_imagenet;
    int samples;
    long long seed;
};

/* ---- values of options ---------------------------------------------------------------------- */

static int read_whole(const char *name, const char *text, double low, double high,
                      long long *value, struct error *err)
{
    const struct config_interval range = {low, high};

    if (config_value_whole(text, range, value, err) == 0)
        return 0;
    err->code = EXIT_USAGE;
    return error_prefix(err, "%s", name);
}

static int read_int(const char *name, const char *text, double low, double high,
                    void *place, struct error *err)
{
    long long value;

    if (read_whole(name, text, low, high, &value, err) < 0)
        return -1;
    *(int *)place = (int)value;
    return 0;
}

static int read_side(const char *name, const char *text, void *place, struct error *err)
{
    return read_int(name, text, 1, 16384, place, err);
}

static int read_gzip(const char *name, const char *text, void *place, struct error *err)
{
    return read_int(name, text, 0, 9, place, err);
}

static int read_samples(const char *name, const char *text, void *place,
                        struct error *err)
{
    return read_int(name, text, 1, 2e9, place, err);
}

static int read_seed(const char *name, const char *text, void *place, struct error *err)
{
    return read_whole(name, text, 0, 9007199254740991, place, err);
}

static int read_pad(const char *name, const char *text, void *place, struct error *err)
{
    struct pack *pack = place;

    pack->has_pad = true;
    return read_int(name, text, INT32_MIN, INT32_MAX, &pack->pad, err);
}

/* "0.485,0.456,0.406" */
static int read_numbers(const char *name, const char *text, void *place,
                        struct error *err)
{
    const struct config_interval any = {-1e30, 1e30};
    struct hdf5_numbers *numbers = place;

    for (numbers->count = 0;; text++) {
        size_t length = strcspn(text, ",");
        char word[64];

        snprintf(word, sizeof word, "%.*s", (int)length, text);
        if (numbers->count == HDF5_NUMBERS_MAX || length >= sizeof word ||
            config_value_real(word, any, &numbers->values[numbers->count], err) < 0)
            return error_set(err, EXIT_USAGE,
                             "%s takes a number, or one a channel, at most %d, e.g. "
                             "0.485,0.456,0.406",
                             name, HDF5_NUMBERS_MAX);
        numbers->count++;
        text += length;
        if (!*text)
            return 0;
    }
}

static const struct option rows[] = {
    {"-o", "FILE", offsetof(struct options, pack.out), "pack: the HDF5 file to be made",
     NULL, NULL},
    {"--labels", "FILE", offsetof(struct options, pack.labels),
     "pack: labels in the order of the samples, .npy or a number a line; of pictures "
     "in "
     "a folder: in the order of names",
     NULL, NULL},
    {"--imagenet", NULL, offsetof(struct options, is_imagenet),
     "pack: as torchvision's classifiers want pictures: --resize 256 --crop 224 --mean "
     "0.485,0.456,0.406 --std 0.229,0.224,0.225",
     NULL, NULL},
    {"--resize", "SIDE", offsetof(struct options, pack.how.resize),
     "pack: the shorter side of pictures becomes that", NULL, read_side},
    {"--crop", "SIDE", offsetof(struct options, pack.how.crop),
     "pack: the square in the middle of pictures is kept", NULL, read_side},
    {"--gray", NULL, offsetof(struct options, pack.how.is_gray),
     "pack: pictures get one channel", NULL, NULL},
    {"--mean", "N,N...", offsetof(struct options, pack.mean),
     "pack: attribute of the samples, x = (stored / 255 - mean) / std", NULL,
     read_numbers},
    {"--std", "N,N...", offsetof(struct options, pack.std), "pack: the same", NULL,
     read_numbers},
    {"--samples", "N", offsetof(struct options, samples),
     "pack: at most so many pictures or lines", NULL, read_samples},
    {"--seed", "N", offsetof(struct options, seed),
     "pack: of the order of pictures in folders (0)", NULL, read_seed},
    {"--pad", "ID", offsetof(struct options, pack),
     "pack: what stands behind short lines of token ids", NULL, read_pad},
    {"--dataset", "NAME", offsetof(struct options, pack.dataset),
     "pack: what the samples are called (/x; of .npz what they are called there)", NULL,
     NULL},
    {"--labels-dataset", "NAME", offsetof(struct options, pack.labels_dataset),
     "pack: what the labels are called (/y)", NULL, NULL},
    {"--gzip", "LEVEL", offsetof(struct options, pack.gzip),
     "pack: compress, 1 to 9 (0)", NULL, read_gzip},
};

static const struct option_table data_options = {"data", "file",
                                                 offsetof(struct options, pack.source),
                                                 rows, sizeof rows / sizeof *rows};

/* ---- packing ------------------------------------------------------------------------------- */

static void prefer_imagenet(struct pack *pack)
{
    static const struct hdf5_numbers mean = {3, {0.485, 0.456, 0.406}};
    static const struct hdf5_numbers std = {3, {0.229, 0.224, 0.225}};

    pack->how.resize = pack->how.resize ? pack->how.resize : 256;
    pack->how.crop = pack->how.crop ? pack->how.crop : 224;
    pack->mean = pack->mean.count ? pack->mean : mean;
    pack->std = pack->std.count ? pack->std : std;
}

static int check_pack(const struct options *options, struct error *err)
{
    if (!options->pack.source)
        return error_set(
            err, EXIT_USAGE,
            "pack what? e.g. calq data pack pictures/ --imagenet -o data.h5");
    if (!options->pack.out)
        return error_set(err, EXIT_USAGE, "-o FILE says where to, e.g. -o data.h5");
    return 0;
}

/* Resizing what somebody has cropped already takes its edges, and some points of accuracy. */
static void tell_cropped(const struct resample *how, const struct packed *packed)
{
    if (packed->cropped == packed->samples && how->resize > how->crop)
        printf(
            "note: all pictures are %d x %d already, and lose their edges by --resize "
            "%d; with --resize %d they stay as they are\n",
            how->crop, how->crop, how->resize, how->crop);
}

static void tell_packed(const struct pack *pack, const struct packed *packed,
                        double seconds)
{
    printf("%s: %zu sample%s in %zu dataset%s", pack->out, packed->samples,
           packed->samples == 1 ? "" : "s", packed->datasets,
           packed->datasets == 1 ? "" : "s");
    if (packed->classes > 0)
        printf(", labels up to %ld", packed->classes - 1);
    printf("; %.1f s, %.0f samples a second\n", seconds,
           (double)packed->samples / fmax(seconds, 1e-3));
    tell_cropped(&pack->how, packed);
}

static int pack_data(struct options *options, struct error *err)
{
    struct progress progress;
    struct packed packed;
    double begin = clock_seconds();

    if (check_pack(options, err) < 0)
        return -1;
    progress_init(&progress, stderr);
    interrupt_catch();
    if (options->is_imagenet)
        prefer_imagenet(&options->pack);
    options->pack.progress = &progress;
    options->pack.samples = (size_t)options->samples;
    options->pack.seed = (uint64_t)options->seed;
    if (pack_samples(&options->pack, &packed, err) < 0)
        return -1;
    tell_packed(&options->pack, &packed, clock_seconds() - begin);
    return 0;
}

/* ---- the command --------------------------------------------------------------------------- */

static int show_or_pack(int count, char **arguments, struct error *err)
{
    struct options options = {0};
    bool shows = count > 0 && strcmp(arguments[0], "show") == 0;
    bool packs = count > 0 && strcmp(arguments[0], "pack") == 0;

    if (!shows && !packs)
        return error_set(err, EXIT_USAGE,
                         "data show FILE, or data pack SOURCE -o FILE; see `calq help "
                         "data`");
    if (option_read_all(&data_options, count - 1, arguments + 1, &options, err) < 0)
        return -1;
    if (packs)
        return pack_data(&options, err);
    if (!options.pack.source)
        return error_set(err, EXIT_USAGE, "which file? e.g. calq data show data.h5");
    return data_show(options.pack.source, err);
}

static int data(int count, char **arguments, struct error *err)
{
    return show_or_pack(count, arguments, err) == 0 ? EXIT_DONE : (int)err->code;
}

const struct command data_command = {
    "data",
    "show FILE | pack SOURCE",
    "tell what a data file holds and how it can be used, or make one",
    &data_options,
    "SOURCE is one of\n"
    "\n"
    "  a folder    of pictures, *.jpg, *.jpeg, *.png: of its subfolders, which are "
    "the\n"
    "              classes in the order of their names; put in an order of chance, so "
    "that\n"
    "              samples held out are of all classes\n"
    "  a .txt      list of pictures, a path a line and perhaps a label behind it\n"
    "  .npy, .npz  arrays of NumPy, [N, ...]; of .npz each is a dataset\n"
    "  a .csv      of token ids, a sample a line\n"
    "\n"
    "Pictures are resized and cropped as torchvision does it with Pillow's pictures: "
    "the same\n"
    "bits. Samples are written in chunks of about a mebibyte, one after the other: any "
    "number\n"
    "of them takes little memory.\n",
    data};
