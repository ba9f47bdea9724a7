/* pack.h - makes an HDF5 file of samples from what people have: arrays, token ids, pictures.
 *
 * Samples are read, written and forgotten one after the other, so that any number of them takes little memory.
 */
#ifndef CORE_PACK_PACK_H
#define CORE_PACK_PACK_H

#include "core/base/progress.h"
#include "core/format/hdf5_file.h"
#include "core/format/resample.h"

#include <stdbool.h>
#include <stdint.h>

struct pack {
    const char *source, *out;      /* all texts are borrowed */
    const char *dataset;           /* NULL: /x */
    const char *labels;            /* a file with a label for each sample; or NULL */
    const char *labels_dataset;    /* NULL: /y */
    struct resample how;           /* of pictures */
    struct hdf5_numbers mean, std; /* attributes of the samples; count 0: none */
    size_t samples;                /* of pictures and lines: at most so many; 0: all */
    uint64_t seed;                 /* of the order of pictures in folders */
    bool has_pad;
    int pad;  /* token behind short lines */
    int gzip; /* 0..9 */
    struct progress *progress;
};

struct packed {
    size_t samples, datasets;
    size_t cropped; /* pictures that have the size of the crop already */
    long classes;   /* the largest label and one; 0: there are no labels */
};

/* By what the source is: a folder or a .txt list of pictures, .npy, .npz, .csv of token ids. Fails with EXIT_INPUT,
 * EXIT_MACHINE, or EXIT_STOPPED where a signal came (interrupt.h); then there is no file. */
int pack_samples(const struct pack *pack, struct packed *packed, struct error *err);

#endif
