# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# weights.sh - a step for each channel of weights, and what is done to weights before they are
# quantized or afterwards, give the same digits wherever they are worked out.

weights=$here/weights.yaml
corrections=$here/corrections.yaml
way="steps of channels and corrections"

check 1 "$way give their digits" same weights "$weights"
check 3 "$way give the same digits" same weights "$weights"
check 5 "$way give the same digits without memory" same weights "$weights" --set memory=0

what="corrections of weights and biases"
check 1 "$what give their digits" same corrections "$corrections"
check 3 "$what give the same digits" same corrections "$corrections"
check 5 "$what give the same digits without memory" \
    same corrections "$corrections" --set memory=0

with_kernel() {
    needs_kernels "$1"
    same weights_kernels "$weights" --set "kernel=$1" --set bits=W4A4 --set budget.evaluations=10
}
corrections_with_kernel() {
    needs_kernels "$1"
    same corrections_kernels "$corrections" --set "kernel=$1" --set targets=onnx \
        --set budget.evaluations=20
}
for kernel in avx512vnni avx2 scalar; do
    check 1 "the digits of $way are the same with the kernels $kernel" with_kernel $kernel
    check 1 "the digits of $what are the same with the kernels $kernel" \
        corrections_with_kernel $kernel
done

# Each output channel of a layer's weights has its step in the result; a tensor of one step has none.
steps_are_told() {
    calibrate "$weights" --set bits=W4A4 --set targets=onnx \
        --set 'methods=[minmax, {name: minmax, weight_steps: per_channel}]'
    expect_in "$work/run/cases/glyphs-onnx-W4A4-minmax-2/result.json" \
        '"channel_steps_hex": "0x1.'
    expect_not_in "$work/run/cases/glyphs-onnx-W4A4-minmax/result.json" \
        '"channel_steps_hex": "0x1.'
}
check 1 steps_are_told

# What is tried is told, whether it was kept or not; what is always kept is not judged.
treatments_are_told() {
    local result=$work/run/cases/glyphs-onnx-W3A4
    calibrate "$corrections" --set targets=onnx
    expect_in "$result-minmax/result.json" '"equalized": true'
    expect_in "$result-minmax/result.json" '"bias_shifts": null'
    expect_not_in "$result-minmax/result.json" "does not lower the loss"
    expect_in "$result-lapq/result.json" '"bias_corrected": true'
    expect_in "$result-lapq/result.json" '"shift_hex": "'
    grep -q -e '"equalized": true' -e "equalising weights does not lower the loss" \
        "$result-mmse-2/result.json" || fail "nothing is told of equalisation"
    grep -q -e '"bias_corrected": true' -e "the bias of weights does not lower the loss" \
        "$result-mmse-2/result.json" || fail "nothing is told of bias correction"
}
check 1 treatments_are_told

corrections_that_raise_the_loss_are_left_out_or_told() {
    local result=$work/run/cases/glyphs-paper-W4A4
    calibrate "$small" --set targets=paper --set bits=W4A4 --set 'methods=[
        {name: mmse, bias_correction: empirical},
        {name: mmse, bias_correction: empirical, bias_correction_accept: always},
        {name: mmse, reestimate_batchnorm: after, reestimate_accept: always}]'
    expect_in "$work/out" "note: measuring biases before the search does not lower the loss (0.2"
    expect_in "$work/out" "note: measuring biases before the search: the loss rose from 0.2"
    expect_in "$work/out" "note: measuring the batch norms again after the search: the loss rose from 0.2"
    expect_in "$result-mmse/result.json" '"bias_corrected": false'
    expect_in "$result-mmse-2/result.json" '"bias_corrected": true'
    expect_in "$result-mmse-2/result.json" "the loss rose from 0.2"
    expect_in "$result-mmse-3/result.json" "the loss rose from 0.2"
}
check 1 corrections_that_raise_the_loss_are_left_out_or_told

# A budget that the starts of all trials do not fit into is refused.
starts_count() {
    calq run "$corrections" --set "out=$work/run" --set targets=onnx \
        --set 'methods=[{name: lapq, p_count: 3, equalize: if_loss_drops}]' \
        --set budget.evaluations=7
    expect_code 3
    expect_in "$work/log" "take 8"
}
check 1 starts_count

# Midrise has no code of zero, so a step of 1 would make halves of all weights.
a_layer_of_zeros_stays_zero() {
    calibrate "$small" --set "models.0.network=$inputs/zero-layer.onnx" --set bits=W8A8 \
        --set 'models.0.keep_float=[]' --set 'models.0.inputs={x: /images}' \
        --set models.0.loss=mse_to_float --set 'methods=[minmax]'
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "loss") wanted = i }
        NR > 1 { cases++; if ($wanted > 1e-3) print }
        END { if (cases != 2) print cases " cases" }' "$work/run/results.csv" >"$work/bad"
    [ ! -s "$work/bad" ] || fail "$(cat "$work/bad")"
    expect_in "$work/out" "tensor zero is zero everywhere"
}
check 1 a_layer_of_zeros_stays_zero

# Each tensor is looked at in the way of its own rule, also where all are looked at at once.
a_tensor_of_16_bits_leaves_the_steps_of_others() {
    local method
    for method in mmse kld; do
        calibrate "$small" --set targets=paper --set bits=W4A4 --set "methods=[{name: $method, layerwise: independent}]"
        grep -A 12 '"tensor": "/' "$work/run/cases/glyphs-paper-W4A4-$method/result.json" | grep step_hex >"$work/plain"
        calibrate "$small" --set targets=paper --set bits=W4A4 --set "methods=[{name: $method, layerwise: independent}]" \
            --set 'models.0.overrides=[{match: first, bits: W8A16}]' --set "out=$work/wide"
        grep -A 12 '"tensor": "/' "$work/wide/cases/glyphs-paper-W4A4-$method/result.json" | grep step_hex >"$work/beside"
        [ -s "$work/plain" ] || fail "no steps are told"
        expect_same "$work/plain" "$work/beside"
        rm -rf "$work/run" "$work/wide"
    done
}
check 1 a_tensor_of_16_bits_leaves_the_steps_of_others
