# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# inputs.sh - networks with several inputs: calibrated alike on any number of ranks, exported, verified.

several=$here/inputs.yaml
its_data=(--set "models.0.network=$inputs/inputs.onnx"
    --set "models.0.calibration.file=$inputs/inputs.h5"
    --set "models.0.validation.file=$inputs/inputs.h5")

check 1 "a network with three inputs gives its digits" same inputs "$several" "${its_data[@]}"
for ranks_now in 2 3; do
    check "$ranks_now" "three inputs give the same digits" same inputs "$several" "${its_data[@]}"
done
check 1 "three inputs give the same digits without memory" \
    same inputs "$several" "${its_data[@]}" --set memory=0

# Quantized inputs come first among the tensors, each with a range of its own.
every_input_is_quantized() {
    calibrate "$several" "${its_data[@]}" --set bits=W4A4 --set methods=minmax --set targets=onnx \
        --set models.0.activations=all
    for input in image other; do
        grep -A9 "\"tensor\": \"$input\"" "$work"/run/cases/*/result.json |
            grep step_hex >"$work/$input"
        [ -s "$work/$input" ] || fail "the input $input has no step"
    done
    ! cmp -s "$work/image" "$work/other" || fail "two inputs have the step of one"
    grep -F "samples " "$work/out" "$work/log" | grep -qF "samples /side as side [6]" ||
        fail "nothing says what the input side reads"
}
check 1 every_input_is_quantized

exported_and_verified() { # ARGUMENTS of calq run
    local case
    calibrate "$several" "${its_data[@]}" "$@"
    for case in "$work"/run/cases/*; do
        comes_back "$case"
    done
}
check 1 "a network with three inputs is exported and verified" exported_and_verified
check 1 "three inputs in integers throughout are exported and verified" \
    exported_and_verified --set models.0.activations=all --set targets=onnx

inspect_lists_all_inputs() {
    calq inspect "$inputs/inputs.onnx"
    expect_code 0
    expect_in "$work/out" "input image [N, 1, 24, 24], input side [N, 6], input other [N, 1, 24, 24], output y"
}
check 1 inspect_lists_all_inputs

wrong_inputs_are_told() { # INPUTS TEXT
    calq run "$several" "${its_data[@]}" --set "out=$work/run" --set "models.0.inputs=$1"
    expect_code 3
    expect_in "$work/log" "$2"
}
lists='its inputs are "image", "side", "other"'
check 1 "an input without a dataset is told" \
    wrong_inputs_are_told "{image: /images, side: /side}" "names no dataset for \"other\""
check 1 "an input that the network lacks is told" \
    wrong_inputs_are_told "{image: /images, side: /side, others: /x}" "has no input \"others\"; $lists"
check 1 "one dataset for three inputs is told" wrong_inputs_are_told /images "$lists"
