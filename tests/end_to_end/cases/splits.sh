# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# splits.sh - channels that are split and weights of two tensors give the same digits wherever they are
# worked out, and what they cost is told.

splits=$here/splits.yaml
way="split channels and second tensors"

check 1 "$way give their digits" same splits "$splits"
check 2 "$way give the same digits" same splits "$splits"
check 3 "$way give the same digits without memory" same splits "$splits" --set memory=0
check 5 "$way give the same digits" same splits "$splits"

splits_with_kernel() {
    needs_kernels "$1"
    same splits_kernels "$splits" --set "kernel=$1" --set bits=W8A4 --set budget.evaluations=5
}
for kernel in avx512vnni avx2 scalar; do
    check 1 "the digits of $way are the same with the kernels $kernel" splits_with_kernel $kernel
done

# 9 layers of 8 to 32 input channels gain at least one each; the depthwise layer stays as it is.
overhead_is_told() {
    local result=$work/run/cases/glyphs-ocs-W4A8
    calibrate "$splits" --set targets=ocs --set bits=W4A8
    expect_in "$work/out" "input channels to 9 layers; "
    expect_in "$work/out" "a second tensor of weights is added to 9 layers; "
    expect_in "$work/out" " activations; "
    expect_in "$work/out" "are split by calibrated maxima (static), and evaluated in floats"
    expect_in "$work/out" "by what they hold in each block of samples (oracle)"
    expect_in "$work/out" "layers in groups stay as they are: 1"
    expect_in "$work/out" "check of splits"
    expect_in "$result-minmax/result.json" '"layers_left_out_for_groups": 1'
    expect_in "$result-minmax/result.json" '"second_step_hex": null'
    expect_not_in "$result-minmax/result.json" '"channels_added": 0'
    expect_in "$result-dual/result.json" '"second_step_hex": "0x1.'
}
check 1 overhead_is_told

nothing_is_told_of_what_was_not_asked_for() {
    calibrate "$splits" --set targets=ocs --set bits=W4A8 --set methods=minmax
    expect_in "$work/run/cases/glyphs-ocs-W4A8-minmax/result.json" '"overhead": null'
    expect_not_in "$work/out" "check of splits"
}
check 1 nothing_is_told_of_what_was_not_asked_for

# Folded codes are exported and read back; what has no place in a file is not.
refuse_to_export() { # CASE WHAT
    calq export "$work/run/cases/$1" -o "$work/refused.onnx"
    expect_code 3
    expect_told "was found with $2, which is not exported"
}
splits_are_exported_where_they_can_be() {
    local split=$work/run/cases/glyphs-onnx-W4A8-mmse
    calibrate "$splits" --set targets=onnx --set bits=W4A8 \
        --set 'methods=[{name: mmse, outlier_splitting: 0.1}, dual, {name: minmax, activation_splitting: 0.1}]'
    calq export "$split" -o "$work/split.onnx"
    expect_code 0
    calq verify "$work/split.onnx" --against "$split"
    expect_code 0
    refuse_to_export glyphs-onnx-W4A8-dual "the method dual"
    refuse_to_export glyphs-onnx-W4A8-minmax activation_splitting
}
check 1 splits_are_exported_where_they_can_be

# Channels of activations are split again where a case goes on from its journal.
splits_go_on() {
    calibrate "$splits" --set targets=ocs --set bits=W4A8
    digits "$work/run" >"$work/first"
    rm "$work"/run/cases/*/result.json
    calibrate "$splits" --set targets=ocs --set bits=W4A8
    expect_in "$work/log" "goes on from"
    digits "$work/run" >"$work/second"
    expect_same "$work/first" "$work/second"
}
check 1 "split channels give the same digits from the journal" splits_go_on
check 2 "split channels give the same digits from the journal" splits_go_on
