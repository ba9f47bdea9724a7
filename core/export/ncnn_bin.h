/* ncnn_bin.h - where the weights of layers stand in the .bin of a network of ncnn.
 *
 * The file has no index: weights follow each other in the order of layers, of a layer first those with
 * a tag before them, then bare floats, each filled up to 4 bytes. How many there are a layer's settings say.
 *
 * Source: ncnn's documentation, "param and model file structure" and "operation param weight table".
 */
#ifndef CORE_EXPORT_NCNN_BIN_H
#define CORE_EXPORT_NCNN_BIN_H

#include "core/export/ncnn_param.h"

#include <stddef.h>
#include <stdint.h>

enum ncnn_tag {
    NCNN_FLOATS = 0,
    NCNN_HALVES = 0x01306B47,
    NCNN_INT8 = 0x000D4B38,
};

/* Of a layer; counts of 0: it has none. */
struct ncnn_weights {
    uint32_t tag;
    size_t at;                  /* byte of the first tagged weight */
    size_t count;               /* that are tagged */
    size_t bare_at, bare_count; /* the floats behind */
};

struct ncnn_bin {
    char *path;
    uint8_t *bytes; /* [size] owned */
    size_t size;
    struct ncnn_weights *of_layers; /* [param->count] owned */
};

/* Reads a file and finds the weights of the layers of `param`.
 *
 *   bin  out; clear with ncnn_bin_clear() whether or not this fails
 *
 * Fails with EXIT_INPUT where the file is not of that .param, or has weights of layers that are not known
 * here. */
int ncnn_bin_read(struct ncnn_bin *bin, const char *path,
                  const struct ncnn_param *param, struct error *err);
void ncnn_bin_clear(struct ncnn_bin *bin);

/* The tagged weights of a layer, and the floats behind, to be freed by the caller. */
float *ncnn_bin_tagged(const struct ncnn_bin *bin, int layer);
float *ncnn_bin_bare(const struct ncnn_bin *bin, int layer);

/* Writes weights as the file has them, with the tag and what fills up. */
void ncnn_write_int8(const int8_t *codes, size_t count, FILE *file);
void ncnn_write_floats(const float *values, size_t count, FILE *file);
void ncnn_write_halves(const float *values, size_t count, FILE *file);
void ncnn_write_bare(const float *values, size_t count, FILE *file);

#endif
