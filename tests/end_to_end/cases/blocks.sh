# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# blocks.sh - a step for each block of weights: the same digits wherever they are worked out, told, exported,
# and computed by another runtime.

blocks=$here/blocks.yaml

check 1 "blocks give their digits" same blocks "$blocks"
check 3 "blocks give the same digits" same blocks "$blocks"
check 5 "blocks give the same digits without memory" same blocks "$blocks" --set memory=0

blocks_with_kernel() {
    needs_kernels "$1"
    same blocks_kernels "$blocks" --set "kernel=$1" --set bits=W4A8 --set budget.evaluations=10
}
for kernel in avx512vnni avx2 scalar; do
    check 1 "the digits of blocks are the same with the kernels $kernel" \
        blocks_with_kernel $kernel
done

# 24 input channels are two blocks of 16 at each of 9 places; 16 output channels of one are none.
steps_of_blocks_are_told() {
    calibrate "$blocks" --set bits=W4A8 --set 'methods=[{name: minmax, weight_steps: per_block, block_size: 16}]'
    awk '/"tensor": "block1.second.conv.weight"/ { here = 1 }
        here && /"channel_steps_hex"/ { print NF - 1; exit }' \
        "$work/run/cases/glyphs-onnx-W4A8-minmax/result.json" >"$work/count"
    [ "$(cat "$work/count")" = $((24 * 9 * 2)) ] || fail "$(cat "$work/count") steps are told"
}
check 1 steps_of_blocks_are_told

blocks_are_refused() { # SENTENCE ARGUMENTS...
    calq run "$blocks" --set "out=$work/run" "${@:2}"
    expect_code 3
    expect_in "$work/log" "\`weight_steps: per_block\` does not go with $1"
}
blocks_are_refused_with_what_knows_none() {
    local method="name: mmse, weight_steps: per_block"
    blocks_are_refused "target: paper" --set targets=paper
    blocks_are_refused "target: ncnn" --set targets=ncnn
    blocks_are_refused "target: tflite" --set targets=tflite
    blocks_are_refused "outlier_splitting" --set "methods=[{$method, outlier_splitting: 0.1}]"
    blocks_are_refused "bias_correction: mean" --set "methods=[{$method, bias_correction: mean}]"
    blocks_are_refused "bias_correction: mean" --set 'methods=[{name: mmse, bias_correction: mean}]' \
        --set 'models.0.overrides=[{match: "/block1/second*", weight_steps: per_block}]'
}
check 1 blocks_are_refused_with_what_knows_none
