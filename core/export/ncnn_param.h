/* ncnn_param.h - the layers of a network of ncnn: its .param, a line of text a layer.
 *
 *   7767517
 *   [layers] [blobs]
 *   [type] [name] [inputs] [outputs] [input blobs] [output blobs] [key=value ...]
 *
 * Source: ncnn's documentation, "param and model file structure" and "operation param weight table".
 */
#ifndef CORE_EXPORT_NCNN_PARAM_H
#define CORE_EXPORT_NCNN_PARAM_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stdio.h>

/* Words of the file; all borrowed from struct ncnn_param. */
struct ncnn_layer {
    const char *type, *name;
    const char *const *inputs, *const *outputs; /* names of blobs */
    int input_count, output_count;
    const char *const *settings; /* [setting_count] "key=value" */
    int setting_count;
};

struct ncnn_param {
    char *path, *text;         /* owned */
    const char **words;        /* of `text`; owned */
    struct ncnn_layer *layers; /* [count] owned */
    int count, blobs;
};

/* Reads a file.
 *
 *   param  out; clear with ncnn_param_clear() whether or not this fails
 *
 * Fails with EXIT_INPUT where it is no such file, or two layers have one name, which ncnn cannot load. */
int ncnn_param_read(struct ncnn_param *param, const char *path, struct error *err);
void ncnn_param_clear(struct ncnn_param *param);

/* A whole number that a layer has under a key, or `otherwise`. */
int ncnn_layer_setting(const struct ncnn_layer *layer, int key, int otherwise);

bool ncnn_layer_is(const struct ncnn_layer *layer, const char *type);

/* The layer that reads a blob, or -1: ncnn has one reader a blob, of several it makes a Split. */
int ncnn_param_reader(const struct ncnn_param *param, const char *blob);

/* Writes the lines before the first layer, and one of a layer, whose settings of these keys are others. */
struct ncnn_setting {
    int key, value;
};
void ncnn_param_write_head(const struct ncnn_param *param, FILE *file);
void ncnn_layer_write(const struct ncnn_layer *layer,
                      const struct ncnn_setting *changed, int count, FILE *file);

#endif
