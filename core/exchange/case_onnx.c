#include "core/exchange/case_onnx.h"

#include "core/base/version.h"
#include "core/network/onnx_write.h"

const char *case_correction_name(const struct finished_case *finished)
{
    return config_bias_correction_name(finished->result.is_bias_corrected
                                           ? finished->one->method->bias_correction
                                           : BIAS_CORRECTION_NONE);
}

bool case_is_for_integer_kernels(const struct calibration_case *one)
{
    return one->target == TARGET_ONNX && one->bits.weights != BITS_FLOAT &&
           one->bits.activations != BITS_FLOAT;
}

int case_onnx(const struct finished_case *finished, bool in_4_bits, bool is_exact,
              uint8_t **bytes, size_t *size, struct error *err)
{
    const struct calibration_case *one = finished->one;
    char bits[16];
    struct onnx_property properties[] = {
        {"calq.version", version()},
        {"calq.case", one->id},
        {"calq.target", config_target_name(one->target)},
        {"calq.bits", bits},
        {"calq.method", config_method_name(one->method->name)},
        {"calq.bias_correction", case_correction_name(finished)},
        {"calq.equalized", finished->result.is_equalized ? "true" : "false"},
        {CASE_ONNX_FORM, is_exact ? CASE_ONNX_EXACT : "qdq"},
        {"calq.float_network_hash", finished->network_hash},
        {"calq.identity", finished->result.identity},
    };

    config_bits_text(one->bits, bits);
    return onnx_write(
        &(struct onnx_calibrated){
            .network = finished->network,
            .placement = &finished->placement,
            .steps = finished->steps,
            .batchnorms = &finished->result.result.batchnorms,
            .rules = finished->rules,
            .has_other_constants = finished->result.is_equalized ||
                                   finished->result.result.bias_shifts.count > 0,
            .is_folded = one->model->batchnorm == BATCHNORM_FOLD,
            .in_4_bits = in_4_bits,
            .for_integer_kernels = case_is_for_integer_kernels(one) && !is_exact,
            .is_exact = is_exact,
            .properties = properties,
            .property_count = sizeof properties / sizeof *properties,
        },
        bytes, size, err);
}
