#include "coordinator/methods/dual.h"

#include "coordinator/methods/layerwise_methods.h"
#include "coordinator/methods/start.h"

static const struct config_field fields[] = {
    {"dual_above", KIND_REAL, CONFIG_AT(config_method_settings, second_above), "0.02",
     .range = {CONFIG_ABOVE_0, 1},
     .help = "weights whose quantization leaves a squared error of more than this part "
             "of their squares are the sum of two quantized tensors",
     .only = "dual"},
};

const struct config_section dual_section = CONFIG_FIELDS(fields);

static struct clip_rule
least_squared_error(const struct config_method_settings *settings)
{
    (void)settings;
    return (struct clip_rule){.kind = CLIP_LP, .number = 2};
}

const struct method dual_method = {
    .known = {"dual",
              "mmse; weights that lose too much are the sum of two quantized tensors",
              .is_exported = false},
    .evaluations = layerwise_evaluations,
    .start = start_is_layerwise,
    .rule = least_squared_error,
};
