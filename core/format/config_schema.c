#include "core/format/config_schema.h"

#include <float.h>
#include <string.h>

#define COUNT CONFIG_COUNT
#define WORDS CONFIG_WORDS
#define WORDS_OF_ROWS(rows)                                                            \
    {                                                                                  \
        rows, COUNT(rows), sizeof *(rows), true, false                                 \
    }
#define AT CONFIG_AT
#define NEEDS(member, word, text)                                                      \
    {                                                                                  \
        text, AT(config_method_settings, member), word                                 \
    }

static const char *const batchnorms[] = {
    [BATCHNORM_EPILOGUE] = "epilogue", [BATCHNORM_FOLD] = "fold"};
static const char *const activations[] = {[ACTIVATIONS_BY_TARGET] = "by_target",
                                          [ACTIVATIONS_INPUTS] = "inputs",
                                          [ACTIVATIONS_ALL] = "all"};
static const char *const activation_grids[] = {
    [ACTIVATION_GRID_BY_TARGET] = "by_target",
    [ACTIVATION_GRID_SYMMETRIC] = "symmetric",
    [ACTIVATION_GRID_ASYMMETRIC] = "asymmetric"};
static const char *const quantize_outputs[] = {
    [QUANTIZE_OUTPUT_NO] = "false", [QUANTIZE_OUTPUT_YES] = "true"};
static const char *const targets[] = {
    [TARGET_PAPER] = "paper",       [TARGET_ONNX] = "onnx",
    [TARGET_TENSORRT] = "tensorrt", [TARGET_OCS] = "ocs",
    [TARGET_OPENVINO] = "openvino", [TARGET_NCNN] = "ncnn",
    [TARGET_TFLITE] = "tflite"};
static const char *const bias_corrections[] = {
    [BIAS_CORRECTION_NONE] = "none",
    [BIAS_CORRECTION_MEAN] = "mean",
    [BIAS_CORRECTION_MEAN_AND_VARIANCE] = "mean_and_variance",
    [BIAS_CORRECTION_EMPIRICAL] = "empirical"};
static const char *const accepts[] = {
    [ACCEPT_ALWAYS] = "always", [ACCEPT_IF_LOSS_DROPS] = "if_loss_drops"};
static const char *const roundings[] = {
    [ROUNDING_NEAREST] = "nearest", [ROUNDING_GRAM] = "gram"};
static const char *const affines[] = {
    [AFFINE_STRICT] = "strict", [AFFINE_LAYER] = "layer"};
static const char *const gram_steps[] = {
    [GRAM_STEPS_KEPT] = "kept", [GRAM_STEPS_SCANNED] = "scanned"};
static const char *const roundings_when[] = {
    [ROUNDING_AFTER] = "after", [ROUNDING_BEFORE] = "before", [ROUNDING_BOTH] = "both"};
static const char *const rounding_accepts[] = {[ROUNDING_ALWAYS] = "always",
                                               [ROUNDING_IF_LOSS_DROPS] =
                                                   "if_loss_drops",
                                               [ROUNDING_BY_LAYER] = "by_layer"};
static const char *const equalizes[] = {[EQUALIZE_NO] = "false",
                                        [EQUALIZE_YES] = "true",
                                        [EQUALIZE_IF_LOSS_DROPS] = "if_loss_drops"};
static const char *const weight_steps[] = {[WEIGHT_STEPS_PER_TENSOR] = "per_tensor",
                                           [WEIGHT_STEPS_PER_CHANNEL] = "per_channel",
                                           [WEIGHT_STEPS_PER_BLOCK] = "per_block"};
static const char *const reestimates[] = {[REESTIMATE_NONE] = "none",
                                          [REESTIMATE_BEFORE] = "before",
                                          [REESTIMATE_AFTER] = "after",
                                          [REESTIMATE_BOTH] = "both"};
static const char *const layerwises[] = {
    [LAYERWISE_SEQUENTIAL] = "sequential", [LAYERWISE_INDEPENDENT] = "independent"};
static const char *const halves[] = {
    [HALVES_QUANTIZATION_AWARE] = "quantization_aware", [HALVES_PLAIN] = "plain"};
static const char *const split_channels[] = {
    [SPLIT_CHANNELS_STATIC] = "static", [SPLIT_CHANNELS_ORACLE] = "oracle"};
static const char *const clip_sees[] = {
    [CLIP_SEES_SPLIT] = "split", [CLIP_SEES_ORIGINAL] = "original"};
static const char *const overlaps[] = {
    [OVERLAP_REFUSE] = "refuse", [OVERLAP_ALLOW] = "allow"};

static bool same_word(const void *left, const void *right)
{
    return *(const int *)left == *(const int *)right;
}

static bool same_bits(const void *left, const void *right)
{
    return memcmp(left, right, sizeof(struct config_bits)) == 0;
}

static bool same_model_name(const void *left, const void *right)
{
    const struct config_model *a = left, *b = right;

    return a->name && b->name && strcmp(a->name, b->name) == 0;
}

/* Settings not given have their defaults, and all that was not filled is zero. Another name makes
 * no other method. */
static bool same_method(const void *left, const void *right)
{
    return memcmp(left, right, offsetof(struct config_method_settings, as)) == 0;
}

static bool same_analysis_title(const void *left, const void *right)
{
    const struct config_analysis_settings *a = left, *b = right;

    return a->analysis && b->analysis &&
           strcmp(config_analysis_title(a), config_analysis_title(b)) == 0;
}

/* ---- the settings: key, kind, place, range, default, help ---- */

static const struct config_field calibration_fields[] = {
    {"file", KIND_PATH, AT(config_data, file), NULL,
     .help = "HDF5 file with labelled samples", .required = "file: train.h5",
     .never_changes_digits = true},
    {"samples", KIND_RANGE, AT(config_data, samples), "at most 512",
     .help = "which of them are used: the last `check` of these judge, the others are "
             "searched with"},
    {"check", KIND_INT, AT(config_data, check), "0", .range = {0, 1e9},
     .help = "how many of `samples`, the last, the search does not see: what each "
             "sweep found "
             "is judged by them"},
};

static const struct config_field validation_fields[] = {
    {"file", KIND_PATH, AT(config_data, file), NULL,
     .help = "HDF5 file with labelled samples", .required = "file: test.h5",
     .never_changes_digits = true},
    {"samples", KIND_RANGE, AT(config_data, samples), "all",
     .help = "which of them the metric is measured on"},
};

static const struct config_section calibration = {
    "calibration", true, false, calibration_fields, COUNT(calibration_fields), NULL};
static const struct config_section validation = {
    "validation", true, false, validation_fields, COUNT(validation_fields), NULL};

/* The rows of the struct config_constants that is `member` of a struct, or all of it. */
#define CONSTANTS(type, member)                                                        \
    {"scale",                                                                          \
     KIND_REAL,                                                                        \
     AT(type, member scale),                                                           \
     NULL,                                                                             \
     .range = {CONFIG_ABOVE_0, FLT_MAX},                                               \
     .help = "of a network with one input: x = (stored * scale - mean) / std; "        \
             "default: the data's attribute scale, else 1/255 for 8-bit samples and "  \
             "1 for floats"},                                                          \
        {"mean",                                                                       \
         KIND_REAL,                                                                    \
         AT(type, member mean),                                                        \
         NULL,                                                                         \
         .range = {-FLT_MAX, FLT_MAX},                                                 \
         .help = "one a channel or one for all; default: the data's attribute mean, "  \
                 "else 0",                                                             \
         .list = {1, CONFIG_CHANNELS_MAX, sizeof(double),                              \
                  AT(type, member mean_count)}},                                       \
    {                                                                                  \
        "std", KIND_REAL, AT(type, member std), NULL,                                  \
            .range = {CONFIG_ABOVE_0, FLT_MAX},                                        \
            .help =                                                                    \
                "one a channel or one for all; default: the data's attribute std, "    \
                "else 1",                                                              \
            .list = {                                                                  \
                1,                                                                     \
                CONFIG_CHANNELS_MAX,                                                   \
                sizeof(double),                                                        \
                AT(type, member std_count)                                             \
            }                                                                          \
    }

static const struct config_field input_fields[] = {
    {"data", KIND_TEXT, AT(config_input, data), NULL, .help = "dataset",
     .required = "data: /images"},
    CONSTANTS(config_input, constants.),
};

const struct config_section config_schema_input = {
    "an input", true, true, input_fields, COUNT(input_fields), NULL};

static const char *const no_yes[] = {"false", "true"};

static const struct config_field override_fields[] = {
    {"match", KIND_TEXT, AT(override, match), NULL,
     .help = "as in keep_float; where it fits no layer, names of tensors",
     .required = "match: layer4.*"},
    {"bits", KIND_SOME_BITS, AT(override, bits), NULL,
     .help = "of the layers' weights, and of the activations that they multiply; or of "
             "these tensors; they quantize layers that keep_float has"},
    {"keep_float", KIND_WORD_OR_NOT, AT(override, keeps_float), NULL,
     .help = "whether the layers are not quantized", .words = WORDS(no_yes)},
    {"weight_steps", KIND_WORD_OR_NOT, AT(override, weight_steps), NULL,
     .help = "as of a method", .words = WORDS(weight_steps)},
};

static const struct config_section override = {
    "an entry of overrides", true, false, override_fields,
    COUNT(override_fields),  NULL};

static const struct config_field model_fields[] = {
    {"name", KIND_NAME, AT(config_model, name), NULL,
     .help = "what results call the model", .required = "name: net",
     .never_changes_digits = true},
    {"network", KIND_PATH, AT(config_model, network), NULL, .help = "ONNX file",
     .required = "network: net.onnx", .never_changes_digits = true},
    {"loss", KIND_WORD, AT(config_model, loss), "cross_entropy",
     .help = "what is minimised, over the calibration samples",
     .words = WORDS_OF_ROWS(loss_table)},
    {"metric", KIND_WORD, AT(config_model, metric), "top1",
     .help = "what is reported, over the validation samples",
     .words = WORDS_OF_ROWS(metric_table), .never_changes_digits = true},
    {"batchnorm", KIND_WORD, AT(config_model, batchnorm), "epilogue",
     .help = "batch norm after the integer product, or folded into the weights",
     .words = WORDS(batchnorms)},
    {"keep_float", KIND_TEXT, AT(config_model, keep_float), "[first, last]",
     .help = "layers that are not quantized: first, last, names of layers or tensors, "
             "patterns such as layer4.*, or op:Gemm, all of an ONNX operator",
     .list = {0, CONFIG_LIST_MAX, sizeof(char *), AT(config_model, keep_float_count)}},
    {"overrides", KIND_SECTION, AT(config_model, overrides), NULL,
     .help = "what single layers or tensors have instead of what the case has, behind "
             "keep_float; a later entry wins; default: none",
     .section = &override,
     .list = {0, CONFIG_LIST_MAX, sizeof(struct override),
              AT(config_model, override_count)}},
    {"activations", KIND_WORD, AT(config_model, activations), "by_target",
     .help = "which activations are quantized: the inputs of quantized layers; or all "
             "that a "
             "runtime needs to compute in integers throughout: also what quantized "
             "layers give, "
             "and what sums and average pools between them read; by_target: all for "
             "the target "
             "onnx with 8 bits, else inputs",
     .words = WORDS(activations)},
    {"activation_grid", KIND_WORD, AT(config_model, activation_grid), "by_target",
     .help = "of activations that can be negative: symmetric, or asymmetric, a step "
             "and a "
             "zero-point, for the targets onnx, openvino and tflite (others stay "
             "symmetric); "
             "by_target: asymmetric for openvino and tflite, else symmetric",
     .words = WORDS(activation_grids)},
    {"quantize_output", KIND_WORD, AT(config_model, quantize_output), "false",
     .help = "whether the network's output is quantized, too, with 8 bits, so that a "
             "runtime "
             "makes an integer kernel of the last layer (which keep_float has to leave "
             "out)",
     .words = WORDS(quantize_outputs)},
    {"calibration", KIND_SECTION, AT(config_model, calibration), NULL,
     .help = "the samples that steps are searched with",
     .required = "calibration: {file: train.h5, samples: 500}",
     .section = &calibration},
    {"validation", KIND_SECTION, AT(config_model, validation), NULL,
     .help = "the samples that results are judged by; without it there is no metric",
     .section = &validation},
    {"inputs", KIND_INPUTS, AT(config_model, inputs), "/x",
     .help =
         "dataset with the samples; for several inputs, or by name, {network input: "
         "dataset, ...}, where {data: dataset, scale: ..., mean: ..., std: ...} may "
         "stand for a dataset"},
    {"outputs", KIND_TEXT, AT(config_model, outputs), NULL,
     .help =
         "which of the network's outputs, by its name; what others need alone is not "
         "computed; default: the only one"},
    {"shape", KIND_TEXT, AT(config_model, shape), NULL,
     .help = "sizes of dimensions that the file leaves open, {name: size, ...}; one "
             "without "
             "a name is called by its input and its number, counted from 0, as in x.2; "
             "default: none is open but the batch",
     .list = {0, CONFIG_LIST_MAX, sizeof(char *), AT(config_model, shape_count),
              .is_mapping = true}},
    {"labels", KIND_TEXT, AT(config_model, labels), "/y",
     .help =
         "dataset with the labels; calibration data may lack it where the loss needs "
         "none"},
    CONSTANTS(config_model, constants.),
    {"groups", KIND_TEXT, AT(config_model, groups), NULL,
     .help =
         "dataset with a whole number a validation sample: those with the same one "
         "belong together, e.g. what a user is offered, and come one after the other, "
         "the right one first; all groups are of equal size; default: there are none"},
    {"k", KIND_INT, AT(config_model, k), NULL, .range = {1, 1e6},
     .help =
         "of hit_rate and ndcg: how many places of a group are looked at; default: 10",
     .list = {0, 1, sizeof(int), AT(config_model, k_count)}},
    {"ignore", KIND_INT, AT(config_model, ignore), NULL,
     .range = {INT32_MIN, INT32_MAX},
     .help =
         "labels that say that a prediction does not count, e.g. 255 at the borders of "
         "objects, or -100 behind the end of a text; default: all count",
     .list = {0, CONFIG_LIST_MAX, sizeof(int), AT(config_model, ignore_count)}},
};

const struct config_section config_schema_model = {
    "a model", false, false, model_fields, COUNT(model_fields), NULL};

static const struct config_field splitting_fields[] = {
    {"ratio", KIND_REAL, AT(config_splitting, ratio), "0", .range = {0, 0.9},
     .help =
         "each layer gains so many input channels for each that it has, rounded up; "
         "0: none"},
    {"halves", KIND_WORD, AT(config_splitting, halves), "quantization_aware",
     .help = "half a step apart, so that rounding both gives what rounding the whole "
             "gives; or plain halves",
     .words = WORDS(halves)},
    {"clip_sees", KIND_WORD, AT(config_splitting, clip_sees), "split",
     .help = "whether the clip rule looks at split weights or at the original ones; in "
             "the paper's code the former without a clip (minmax), the latter with any",
     .words = WORDS(clip_sees)},
};

static const struct config_section splitting = {
    "outlier_splitting", true, true, splitting_fields, COUNT(splitting_fields), NULL};

static const struct config_field activation_splitting_fields[] = {
    {"ratio", KIND_REAL, AT(config_activation_splitting, ratio), "0", .range = {0, 0.9},
     .help = "each quantized activation gains so many channels for each that it has, "
             "rounded up; 0: none"},
    {"channels", KIND_WORD, AT(config_activation_splitting, channels), "static",
     .help = "those with the largest values on calibration samples; or, oracle, in "
             "each block of samples the largest there, which nothing could run",
     .words = WORDS(split_channels)},
};

static const struct config_section activation_splitting = {
    "activation_splitting",
    true,
    true,
    activation_splitting_fields,
    COUNT(activation_splitting_fields),
    NULL};

#define ROUNDS_BY_GRAM                                                                 \
    {                                                                                  \
        "name: gram", AT(config_rounding, name), ROUNDING_GRAM                         \
    }

static const struct config_field rounding_fields[] = {
    {"name", KIND_WORD, AT(config_rounding, name), "nearest",
     .help = "each weight to the nearest code; or, gram, weights of convolutions and "
             "products by what they do to what the layer sees, layer after layer "
             "behind the search, with biases that follow",
     .words = WORDS(roundings)},
    {"affine", KIND_WORD, AT(config_rounding, affine), "strict",
     .help = "gram changes no scale, or also that of the batch norm behind a layer, "
             "output by output",
     .words = WORDS(affines), .needs = ROUNDS_BY_GRAM},
    {"steps", KIND_WORD, AT(config_rounding, steps), "kept",
     .help = "steps of weights stay as the method found them; or gram tries others, "
             "from half to "
             "1.4 times as large: one for a tensor, or with `affine: layer` or "
             "`weight_steps: "
             "per_channel` one for each output",
     .words = WORDS(gram_steps), .needs = ROUNDS_BY_GRAM},
    {"when", KIND_WORD, AT(config_rounding, when), "after",
     .help = "behind the search, before it, so that it goes on with the codes, or both",
     .words = WORDS(roundings_when), .needs = ROUNDS_BY_GRAM},
    {"accept", KIND_WORD, AT(config_rounding, accept), "if_loss_drops",
     .help = "whether the loss (on the held-out samples; without any: on all) has to "
             "drop for codes of gram to be kept: of all layers together, or, by_layer, "
             "of each layer on top of those before it",
     .words = WORDS(rounding_accepts), .needs = ROUNDS_BY_GRAM},
};

static const struct config_section rounding = {
    "rounding", true, true, rounding_fields, COUNT(rounding_fields), NULL};

static const struct config_field method_fields[] = {
    {"layerwise", KIND_WORD, AT(config_method_settings, layerwise), "sequential",
     .help = "activations seen behind quantized layers, or behind float ones",
     .words = WORDS(layerwises)},
    {"weight_steps", KIND_WORD, AT(config_method_settings, weight_steps), "per_tensor",
     .help =
         "one step for all weights of a layer, or one for each output channel, or one "
         "for each block of neighbouring input channels of an output, of which the "
         "search moves all by one factor; target ncnn has one for each channel in any "
         "case",
     .words = WORDS(weight_steps)},
    {"block_size", KIND_INT, AT(config_method_settings, block_size), "32",
     .range = {2, 1024},
     .help = "input channels that share a step with `weight_steps: per_block`, the "
             "last ones "
             "perhaps fewer; weights with fewer in all have a step for each output "
             "channel; "
             "runtimes have fast kernels for 16, 32, 64 and 128"},
    {"bias_correction", KIND_WORD, AT(config_method_settings, bias_correction), "none",
     .help =
         "give quantized weights the mean of the float ones, or mean and variance, "
         "by output channel; or, empirical, give each layer's outputs the mean that "
         "they have in the float network",
     .words = WORDS(bias_corrections)},
    {"bias_correction_accept", KIND_WORD,
     AT(config_method_settings, bias_correction_accept), "if_loss_drops",
     .help = "whether the loss (on the held-out samples; without any: on all) has to "
             "drop for a bias correction to be kept",
     .words = WORDS(accepts)},
    {"equalize", KIND_WORD, AT(config_method_settings, equalize), "false",
     .help =
         "make the weights of neighbouring layers alike by channel, where a ReLU or "
         "nothing is between them; always, or where the loss drops",
     .words = WORDS(equalizes)},
    {"reestimate_batchnorm", KIND_WORD,
     AT(config_method_settings, reestimate_batchnorm), "none",
     .help = "measure the means and variances of batch norms again in the quantized "
             "network, before the search, after it, or both",
     .words = WORDS(reestimates)},
    {"reestimate_accept", KIND_WORD, AT(config_method_settings, reestimate_accept),
     "if_loss_drops",
     .help = "whether the loss (on the held-out samples; without any: on all) has to "
             "drop for batch norms measured again to be kept",
     .words = WORDS(accepts)},
    {"rounding", KIND_SECTION, AT(config_method_settings, rounding), "{}",
     .help = "how weights become codes; {name: gram, affine: layer} or just gram",
     .section = &rounding,
     .needs = NEEDS(bias_correction, BIAS_CORRECTION_NONE, "bias_correction: none")},
    {"outlier_splitting", KIND_SECTION, AT(config_method_settings, splitting), "{}",
     .help = "input channels with the largest weights become several channels with "
             "parts of them, in layers without groups; {ratio: 0.02} or just 0.02",
     .section = &splitting},
    {"activation_splitting", KIND_SECTION,
     AT(config_method_settings, activation_splitting), "{}",
     .help =
         "an experiment, in floats: channels of activations with the largest values "
         "become several with parts of them",
     .section = &activation_splitting,
     .needs = NEEDS(equalize, EQUALIZE_NO, "equalize: false")},
};

const struct config_section config_schema_method = CONFIG_FIELDS(method_fields);

static const struct config_field title_fields[] = {
    {"as", KIND_NAME, AT(config_method_settings, as), NULL,
     .help = "what results call the method; default: its name",
     .never_changes_digits = true},
};

const struct config_section config_schema_method_title = CONFIG_FIELDS(title_fields);

static const struct config_field budget_fields[] = {
    {"evaluations", KIND_LONG, AT(config, max_evaluations), "0", .range = {0, 1e12},
     .help = "at most so many losses in one case; 0: no limit"},
    {"seconds", KIND_REAL, AT(config, max_seconds), "0", .range = {0, 1e9},
     .help = "after so many a case's search ends with the best it has found, which "
             "another run need not repeat to the last digit; 0: no limit"},
    {"run_seconds", KIND_REAL, AT(config, run_seconds), "0", .range = {0, 1e9},
     .help =
         "after so many the whole run stops with exit code 75, and goes on when it is "
         "started again; 0: no limit"},
};

static const struct config_field exclude_fields[] = {
    {"case", KIND_TEXT, AT(config_exclude, case_id), NULL,
     .help = "pattern of the names that cases have in results"},
    {"model", KIND_TEXT, AT(config_exclude, model), NULL,
     .help = "pattern of a model's name"},
    {"target", KIND_TEXT, AT(config_exclude, target), NULL,
     .help = "pattern of a target"},
    {"bits", KIND_TEXT, AT(config_exclude, bits), NULL,
     .help = "pattern of bits, e.g. W4A32 or W2*"},
    {"method", KIND_TEXT, AT(config_exclude, method), NULL,
     .help = "pattern of a method's name"},
};

static const struct config_section exclude = {
    "an entry of exclude", true, false, exclude_fields, COUNT(exclude_fields), NULL};

static const struct config_section budget = {
    "budget", true, false, budget_fields, COUNT(budget_fields), NULL};

static const struct config_field config_fields[] = {
    {"name", KIND_NAME, AT(config, name), NULL, .help = "of the run",
     .required = "name: my-network", .never_changes_digits = true},
    {"out", KIND_PATH, AT(config, out), NULL,
     .help = "folder for the results; default: runs/<name>",
     .never_changes_digits = true},
    {"seed", KIND_U64, AT(config, seed), "0", .range = {0, 9007199254740991},
     .help = "of everything that is drawn at random"},
    {"block", KIND_INT, AT(config, block), "8", .range = {1, 4096},
     .help = "samples evaluated together; part of the result's identity"},
    {"ranks_per_case", KIND_INT_OR_ALL, AT(config, ranks_per_case), "all",
     .range = {1, 1e9},
     .help = "ranks that are a team and work together on one case; the others work on "
             "other cases at the same time",
     .never_changes_digits = true},
    {"memory", KIND_SIZE, AT(config, memory_bytes), "2GiB",
     .help = "per rank, for activations that the next candidate shares; weights are "
             "kept under their "
             "last eight steps beside; never changes a digit",
     .never_changes_digits = true},
    {"kernel", KIND_TEXT, AT(config, kernel), "auto",
     .help = "the instruction set of the inner loops; never changes a digit",
     .never_changes_digits = true},
    {"overlap", KIND_WORD, AT(config, overlap), "refuse",
     .help = "what to do when calibration and validation share samples",
     .words = WORDS(overlaps), .never_changes_digits = true},
    {"models", KIND_SECTION, AT(config, models), NULL,
     .help = "networks and their data; `defaults: {...}` beside it holds settings that "
             "all models have which do not say them",
     .required =
         "models: [{name: net, network: net.onnx, calibration: {file: train.h5}}]",
     .section = &config_schema_model,
     .list = {1, CONFIG_LIST_MAX, sizeof(struct config_model), AT(config, model_count),
              same_model_name, "has the same name as"},
     .never_changes_digits = true},
    {"targets", KIND_WORD, AT(config, targets), "[paper]",
     .help = "what results will run on: which grids and rounding the search uses",
     .words = WORDS(targets),
     .list = {1, CONFIG_LIST_MAX, sizeof(enum config_target), AT(config, target_count),
              same_word, "is the same as"},
     .never_changes_digits = true},
    {"bits", KIND_BITS, AT(config, bits), NULL,
     .help = "W4A8: 4-bit weights, 8-bit activations; each 2..8, or 32 for float; "
             "activations also 16",
     .required = "bits: [W8A8, W4A4]",
     .list = {1, CONFIG_LIST_MAX, sizeof(struct config_bits), AT(config, bits_count),
              same_bits, "is the same as"},
     .never_changes_digits = true},
    {"methods", KIND_METHOD, AT(config, methods), NULL,
     .help = "ways to find steps: a word such as minmax, or a mapping with settings",
     .required = "methods: [minmax, mmse]",
     .list = {1, CONFIG_LIST_MAX, sizeof(struct config_method_settings),
              AT(config, method_count), same_method, "is the same as"},
     .never_changes_digits = true},
    {"exclude", KIND_SECTION, AT(config, exclude), "[]",
     .help = "cases to leave out: those that fit all the patterns of an entry",
     .section = &exclude,
     .list = {0, CONFIG_LIST_MAX, sizeof(struct config_exclude),
              AT(config, exclude_count)},
     .never_changes_digits = true},
    {"analyses", KIND_ANALYSIS, AT(config, analyses), "[]",
     .help = "what `calq analyze` looks at in each case: a word such as pscan, or a "
             "mapping with settings",
     .list = {0, CONFIG_LIST_MAX, sizeof(struct config_analysis_settings),
              AT(config, analysis_count), same_analysis_title,
              "has the same name, which `as` changes, as"},
     .never_changes_digits = true},
    {"budget", KIND_SECTION, 0, "{}", .help = "when to stop", .section = &budget,
     .never_changes_digits = true},
    {"stuck_after", KIND_INT, AT(config, stuck_after), "600", .range = {0, 1e9},
     .help = "a rank that nothing is heard of for so many seconds, which are more than "
             "one block takes, is named, and the run ends with exit code 8; 0: never",
     .never_changes_digits = true},
};

const struct config_section config_schema = {
    "the configuration", false, false, config_fields, COUNT(config_fields), NULL};

const char *config_target_name(enum config_target target)
{
    return targets[target];
}

const char *config_bias_correction_name(enum config_bias_correction correction)
{
    return bias_corrections[correction];
}
