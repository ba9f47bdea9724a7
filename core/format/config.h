/* config.h - what a run shall do, read from a YAML file.
 *
 * One table with a row a setting (config_schema.c) gives the parser, the range checks,
 * the defaults, `calq help settings` and the resolved configuration that is stored
 * with the results.
 */
#ifndef CORE_FORMAT_CONFIG_H
#define CORE_FORMAT_CONFIG_H

#include "core/base/error.h"
#include "core/evaluate/loss.h"
#include "core/evaluate/metric.h"
#include "core/network/network.h"
#include "core/network/tensor_rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CONFIG_LIST_MAX = 64, CONFIG_CHANNELS_MAX = 16 };

enum config_batchnorm { BATCHNORM_EPILOGUE, BATCHNORM_FOLD };
enum config_activations { ACTIVATIONS_BY_TARGET, ACTIVATIONS_INPUTS, ACTIVATIONS_ALL };
enum config_activation_grid {
    ACTIVATION_GRID_BY_TARGET,
    ACTIVATION_GRID_SYMMETRIC,
    ACTIVATION_GRID_ASYMMETRIC
};
enum config_quantize_output { QUANTIZE_OUTPUT_NO, QUANTIZE_OUTPUT_YES };
enum config_target {
    TARGET_PAPER,
    TARGET_ONNX,
    TARGET_TENSORRT,
    TARGET_OCS,
    TARGET_OPENVINO,
    TARGET_NCNN,
    TARGET_TFLITE
};
enum config_activation_rule { ACTIVATION_RULE_SAME, ACTIVATION_RULE_MINMAX };
enum config_bias_correction {
    BIAS_CORRECTION_NONE,
    BIAS_CORRECTION_MEAN,
    BIAS_CORRECTION_MEAN_AND_VARIANCE,
    BIAS_CORRECTION_EMPIRICAL
};
enum config_accept { ACCEPT_ALWAYS, ACCEPT_IF_LOSS_DROPS };
enum config_rounding_accept {
    ROUNDING_ALWAYS,
    ROUNDING_IF_LOSS_DROPS,
    ROUNDING_BY_LAYER
};
enum config_rounding_name { ROUNDING_NEAREST, ROUNDING_GRAM };
enum config_affine { AFFINE_STRICT, AFFINE_LAYER };
enum config_gram_steps { GRAM_STEPS_KEPT, GRAM_STEPS_SCANNED };
enum config_rounding_when { ROUNDING_AFTER, ROUNDING_BEFORE, ROUNDING_BOTH };
enum config_equalize { EQUALIZE_NO, EQUALIZE_YES, EQUALIZE_IF_LOSS_DROPS };
enum config_reestimate {
    REESTIMATE_NONE,
    REESTIMATE_BEFORE, /* the search */
    REESTIMATE_AFTER,
    REESTIMATE_BOTH
};
enum config_layerwise { LAYERWISE_SEQUENTIAL, LAYERWISE_INDEPENDENT };
enum config_halves { HALVES_QUANTIZATION_AWARE, HALVES_PLAIN };
enum config_split_channels { SPLIT_CHANNELS_STATIC, SPLIT_CHANNELS_ORACLE };
enum config_clip_sees { CLIP_SEES_SPLIT, CLIP_SEES_ORIGINAL };
enum config_overlap { OVERLAP_REFUSE, OVERLAP_ALLOW };

/* Samples of a data set: [first, first + count). `samples: 512` is the first 512,
 * `samples: at most 512` these or as many as there are, `samples: 1000..9888` includes both
 * ends, `samples: all` is everything. */
struct sample_range {
    size_t first;
    size_t count; /* SIZE_MAX: to the end of the file */
    bool at_most; /* fewer will do */
};

struct config_data {
    char *file; /* owned, ${NAME} replaced from the environment */
    struct sample_range samples;
    int check; /* of calibration: how many of them, the last, are held out to judge by */
};

/* x = (stored * scale - mean) / std. Counts 0 and a NaN scale: from the attributes
 * of the dataset or of the file; without attributes scale is 1/255 for u8 and 1 for
 * f32, mean 0, std 1. One value serves all channels. */
struct config_constants {
    double scale;
    double mean[CONFIG_CHANNELS_MAX];
    int mean_count;
    double std[CONFIG_CHANNELS_MAX];
    int std_count;
};

/* An input of the network, and what it reads. */
struct config_input {
    char *data; /* dataset with its samples */
    struct config_constants constants;
    char *name; /* NULL: the only input, whatever it is called */
};

struct config_inputs {
    struct config_input list[NETWORK_INPUTS_MAX];
    int count; /* at least one */
};

enum { CONFIG_K = 10 };

struct config_model {
    char *name;
    char *network; /* path */
    enum loss loss;
    enum metric metric;
    enum config_batchnorm batchnorm;
    enum config_activations activations;
    enum config_activation_grid activation_grid;
    enum config_quantize_output quantize_output;
    char *keep_float[CONFIG_LIST_MAX]; /* see tensor_rules.h, as the next */
    int keep_float_count;
    struct override overrides[CONFIG_LIST_MAX];
    int override_count;
    struct config_data calibration;
    struct config_data validation; /* file NULL: no validation */
    struct config_inputs inputs;   /* default: one, of /x */
    char *outputs; /* which of the network's outputs; NULL: the only one */
    char *shape
        [CONFIG_LIST_MAX]; /* "name=size" of dimensions that the file leaves open */
    int shape_count;
    char *labels; /* dataset with the labels; default /y */
    char *groups; /* dataset that says which samples belong together; NULL */
    int ignore[CONFIG_LIST_MAX]; /* labels that do not count */
    int ignore_count;
    int k[1], k_count; /* of metrics of groups; none: CONFIG_K */
    struct config_constants
        constants; /* of the only input, where it has none of its own */
};

struct config_bits {
    int weights;     /* 2..8 or 32: float */
    int activations; /* 2..8, 16 or 32 */
};

/* Outlier channel splitting. */
struct config_splitting {
    double ratio; /* input channels that each layer gains; 0: none */
    enum config_halves halves;
    enum config_clip_sees clip_sees; /* the weights after splitting in plain halves, or
                                        before */
};

/* The same of activations. */
struct config_activation_splitting {
    double ratio; /* channels that each quantized activation gains; 0: none */
    enum config_split_channels channels;
};

/* How weights become codes. */
struct config_rounding {
    enum config_rounding_name name;
    enum config_affine affine;
    enum config_gram_steps steps;
    enum config_rounding_when when;
    enum config_rounding_accept accept;
};

/* A method as far as results and exports must know it; its row in coordinator/methods/ begins so. */
struct config_method {
    const char *name, *help;   /* in a configuration */
    bool is_exported;          /* the result can be written for runtimes */
    bool has_ratios_of_minmax; /* steps of channels clip nothing, else err the least */
};

enum { CONFIG_OWN_BYTES = 160 };

struct config_method_settings {
    const struct config_method *method; /* borrowed */
    enum config_layerwise layerwise;
    enum weight_steps weight_steps;
    int block_size; /* inputs that share a step of WEIGHT_STEPS_PER_BLOCK */
    enum config_bias_correction bias_correction;
    enum config_accept bias_correction_accept;
    enum config_equalize equalize;
    enum config_reestimate reestimate_batchnorm;
    enum config_accept reestimate_accept;
    struct config_rounding rounding;
    struct config_splitting splitting;
    struct config_activation_splitting activation_splitting;
    enum config_activation_rule activation_rule; /* of methods that clip activations */
    double second_above; /* relative squared error of weights; 0: no second tensors */
    _Alignas(
        double) char own[CONFIG_OWN_BYTES]; /* what the method's file has put here */
    char *as; /* what results call it; NULL: the method's name; the last member */
};

/* Patterns of fnmatch; NULL: whatever it is. A case that fits all of them is left out. */
struct config_exclude {
    char *case_id;
    char *model, *target, *bits, *method;
};

/* An analysis as far as configurations must know it; its row in coordinator/analyze/ begins so. */
struct config_analysis {
    const char *name, *help; /* in a configuration */
};

enum { CONFIG_TENSORS = 2 };

struct config_analysis_settings {
    const struct config_analysis *analysis; /* borrowed */
    char *cases;                            /* pattern of fnmatch; NULL: all of them */
    char *tensors[CONFIG_TENSORS];          /* of analyses that look at some */
    int tensor_count;
    _Alignas(double) char own[CONFIG_OWN_BYTES]; /* what its file has put here */
    char *as; /* what its files are called; NULL: the analysis's name */
};

struct config_section;

/* The settings of an entry of a list whose first is a name: each name has its own. Borrowed. */
struct config_named {
    const struct config_section *methods, *analyses;
};

struct config {
    char *path;                       /* where it was read */
    const struct config_named *named; /* borrowed */
    char *name;
    char *out; /* run directory; default runs/<name> */
    uint64_t seed;
    int block;           /* samples evaluated together */
    int ranks_per_case;  /* 0: all */
    size_t memory_bytes; /* per rank, for stored activations: `2GiB`, `512MiB`, `0` */
    char *kernel;        /* auto or the name of a kernel set */
    enum config_overlap overlap;
    long max_evaluations; /* budget.evaluations, a case; 0: no limit */
    double max_seconds;   /* budget.seconds, a case; 0: no limit */
    double run_seconds;   /* budget.run_seconds, the whole run; 0: no limit */
    int stuck_after;      /* seconds until a silent rank is given up; 0: never */
    struct config_model models[CONFIG_LIST_MAX];
    int model_count;
    enum config_target targets[CONFIG_LIST_MAX];
    int target_count;
    struct config_bits bits[CONFIG_LIST_MAX];
    int bits_count;
    struct config_method_settings methods[CONFIG_LIST_MAX];
    int method_count;
    struct config_exclude exclude[CONFIG_LIST_MAX];
    int exclude_count;
    struct config_analysis_settings analyses[CONFIG_LIST_MAX];
    int analysis_count;
};

/* Reads and checks a configuration.
 *
 *   path       YAML file, at most 1 MiB, at most 32 levels deep
 *   overrides  [override_count] "a.b=c" as on the command line: `block=16`,
 *              `models.0.calibration.samples=64`; the value is YAML; they replace or
 *              add
 *   named      the settings of methods and analyses: named_settings of coordinator/;
 *              borrowed
 *   config     out; clear with config_clear() whether or not this fails
 *
 * Strict: fails with EXIT_CONFIG and *every* error of the file, one a line, each with
 * path:line:column, and for an unknown key or word the nearest known one. An
 * environment variable that is not set, a duplicate key, an alias without an anchor, a
 * number out of range are errors.
 *
 * Anchors, aliases and merge keys are those of YAML, in the file and in each override;
 * keys of the file that begin with "x-" hold parts for them and are not settings. Nothing
 * of that is left in `config`: it is the same as if all had been written out. */
int config_read(const char *path, const char *const *overrides, int override_count,
                const struct config_named *named, struct config *config,
                struct error *err);
void config_clear(struct config *config);

/* Writes the resolved configuration, every setting with its value, as YAML that
 * config_read() accepts and that gives the same configuration. */
int config_write(const struct config *config, FILE *file, struct error *err);

/* Writes the settings, their types, ranges, defaults and help, for people. */
void config_help(const struct config_named *named, FILE *file);

/* How far down a group's right sample may rank. */
int config_k(const struct config_model *model);

/* Whether any constant is configured. */
bool config_has_constants(const struct config_constants *constants);

/* The words of the configuration, e.g. "W4A4" (into text), "paper". */
void config_bits_text(struct config_bits bits, char text[16]);
/* What results call it. */
const char *config_method_title(const struct config_method_settings *method);
const char *config_analysis_title(const struct config_analysis_settings *analysis);
const char *config_target_name(enum config_target target);
const char *config_bias_correction_name(enum config_bias_correction correction);

#endif
