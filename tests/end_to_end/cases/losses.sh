# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# losses.sh - networks with one output, and metrics, from files to results.

one_output=("$small" --set "models.0.network=$inputs/one-output.onnx" --set targets=onnx
    --set "models.0.calibration={file: $inputs/no-and-yes.h5, samples: 0..19}"
    --set "models.0.validation={file: $inputs/no-and-yes.h5, samples: 20..31}")
yes_or_no=("${one_output[@]}" --set models.0.loss=binary_cross_entropy --set bits=W4A4
    --set 'models.0.keep_float=[]')

a_loss_of_several_outputs_is_refused_with_those_of_one() {
    calq run --set "out=$work/run" "${one_output[@]}"
    expect_code 3
    expect_told "say \`loss: mse_to_float, binary_cross_entropy or mean_squared_error\`"
}
check 1 a_loss_of_several_outputs_is_refused_with_those_of_one
check 3 a_loss_of_several_outputs_is_refused_with_those_of_one

a_loss_of_one_output_is_refused_for_several() {
    calq run --set "out=$work/run" "$small" --set models.0.loss=binary_cross_entropy
    expect_code 3
    expect_told "say \`loss: cross_entropy, kl_to_float, mse_to_float or mean_squared_error\`"
}
check 1 a_loss_of_one_output_is_refused_for_several

labels_that_are_neither_no_nor_yes_are_refused() {
    calq run --set "out=$work/run" "${yes_or_no[@]}" \
        --set "models.0.calibration={file: $inputs/same-in-float.h5, samples: 0..19}"
    expect_code 4
    expect_told "but the network has the classes 0..1"
}
check 1 labels_that_are_neither_no_nor_yes_are_refused

one_output_is_calibrated_by_its_labels() {
    local case=$work/run/cases/glyphs-onnx-W4A4-lapq
    calibrate "${yes_or_no[@]}"
    expect_in "$work/out" "calibration loss: binary_cross_entropy; validation loss: binary_cross_entropy"
    expect_in "$case/result.json" '"loss": "binary_cross_entropy"'
    expect_in "$case/result.json" '"labelled": 12'
    expect_not_in "$case/result.json" "accuracies are not told"
    grep -q '^glyphs-onnx-W4A4-lapq .* %' "$work/out" || fail "no accuracy is told"
    calq export "$case" -o "$work/exported.onnx"
    calq verify "$work/exported.onnx" --against "$case"
    expect_code 0
}
check 1 one_output_is_calibrated_by_its_labels

# A result that was found without the float network's outputs is validated again.
a_distance_from_the_float_network_is_reported() {
    local case=$work/run/cases/glyphs-onnx-W4A4-mmse/result.json
    local few=("$small" --set targets=onnx --set bits=W4A4 --set 'methods=[minmax, mmse]')
    calibrate "${few[@]}"
    expect_in "$case" '"mae_to_float_sum": null'
    digits "$work/run" | grep -v 'mae_to_float\|agreement' >"$work/before"
    calibrate "${few[@]}" --set models.0.metric=mae_to_float
    expect_in "$case" '"mae_to_float": 0.'
    digits "$work/run" | grep -v 'mae_to_float\|agreement' >"$work/after"
    expect_same "$work/before" "$work/after"
    grep -q ',mae_to_float,0,0\.[0-9]*,0\.[0-9]*,' "$work/run/results.csv" || fail "results.csv lacks it"
    expect_not_in "$work/out" " %"
    expect_in "$case" '"agreement": 0.'
    cp "$case" "$work/with_agreement"
    calibrate "${few[@]}" --set models.0.metric=agreement
    expect_same "$work/with_agreement" "$case"
    grep -q ',agreement,1,0\.[0-9]*,0\.[0-9]*,' "$work/run/results.csv" || fail "results.csv lacks agreement"
}
check 1 a_distance_from_the_float_network_is_reported
check 3 a_distance_from_the_float_network_is_reported

for ranks_here in 1 3; do
    check $ranks_here "one output gives the same digits" same one_output "${yes_or_no[@]}"
done
