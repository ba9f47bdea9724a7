# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# weights.sh - a step for each channel of weights, and what is done to weights before they are
# quantized or afterwards, give the same digits wherever they are worked out.

weights=$here/weights.yaml
way="steps of channels and corrections"

check 1 "$way give their digits" same weights "$weights"
check 3 "$way give the same digits" same weights "$weights"
check 5 "$way give the same digits without memory" same weights "$weights" --set memory=0

with_kernel() {
    needs_kernels "$1"
    same weights_kernels "$weights" --set "kernel=$1" --set bits=W4A4 --set budget.evaluations=10
}
for kernel in avx512vnni avx2 scalar; do
    check 1 "the digits of $way are the same with the kernels $kernel" with_kernel $kernel
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
