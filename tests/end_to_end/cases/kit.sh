# shellcheck shell=bash disable=SC2154,SC2034,SC2016  # names of harness.sh; ${HERE} is for calq
# kit.sh - real networks and real data, where CALQ_KIT names a folder that has them.

export CALQ_KIT=${CALQ_KIT:-}
kit=$here/kit.yaml
one_case=(--set bits=W4A4 --set targets=onnx --set methods=minmax)

needs() { # FILE...
    local file
    for file in "$@"; do
        [ -e "$CALQ_KIT/$file" ] || skip "CALQ_KIT has no $file"
    done
}

inspected() { # NETWORK MULTIPLY_ADDS
    needs "$1"
    calq inspect "$CALQ_KIT/$1"
    expect_code 0
    grep -Eq "a sample +$2\$" "$work/out" || fail "it has other multiply-adds than $2"
}

same_on_kit() { # NAME ARGUMENTS...
    needs cifar10/{resnet20.onnx,calib.h5,test.h5} imagenet/{mobilenetv1_025.onnx,calib.h5}
    same "$@"
}

check 1 "inspect reads ResNet-8" inspected cifar10/resnet8.onnx 12501632
check 1 "inspect reads ResNet-20" inspected cifar10/resnet20.onnx 40551040
check 1 "inspect reads ResNet-44" inspected cifar10/resnet44.onnx 97174144
check 1 "inspect reads MobileNetV1" inspected imagenet/mobilenetv1_025.onnx 41030272
check 1 "inspect reads SqueezeNet" inspected imagenet/squeezenet11.onnx 349151936

check 1 "ResNet-20 and MobileNet give their digits" same_on_kit kit "$kit"
check 3 "ResNet-20 and MobileNet give the same digits" same_on_kit kit "$kit"
with_avx2() {
    needs_kernels avx2
    same_on_kit kit "$kit" --set kernel=avx2
}
check 1 "ResNet-20 and MobileNet give the same digits with the kernels avx2" with_avx2
check 1 "one case of each gives its digits" same_on_kit kit_case "$kit" "${one_case[@]}"
check 1 "one case of each gives the same digits with the kernels scalar" \
    same_on_kit kit_case "$kit" "${one_case[@]}" --set kernel=scalar

# Accuracies of a line of the reference's table without rounded outputs, in per cent.
reference_accuracy() { # METHOD BITS
    awk -F, -v method="$1" -v bits="$2" \
        '$1 == method && $2 == "nooutq" && $3 == bits {print $7}' "$CALQ_GOLDEN/ocs_resnet20.csv"
}
is_near() { # CASE METHOD
    local ours reference
    reference=$(reference_accuracy "$2" 4)
    ours=$(awk -F, -v id="$1" '$1 == id {print 100 * $16}' "$work/run/results.csv")
    awk -v a="$ours" -v b="$reference" 'BEGIN {exit !(a != "" && b != "" && (a - b) ^ 2 < 0.4 ^ 2)}' ||
        fail "$1: $ours %, the reference has $reference %"
}
splits_equal_the_reference() {
    needs cifar10/{resnet20.onnx,calib.h5,test.h5}
    [ -e "${CALQ_GOLDEN:-}/ocs_resnet20.csv" ] || skip "CALQ_GOLDEN has no ocs_resnet20.csv"
    limit=300
    calibrate configs/ocs-table.yaml --set bits=W4A8 --set 'methods=[
        {name: minmax, layerwise: independent, outlier_splitting: 0.02},
        {name: kld, variant: ocs, layerwise: independent, activation_rule: minmax,
         outlier_splitting: {ratio: 0.01, clip_sees: original}}]'
    is_near resnet20-ocs-W4A8-minmax "OCS r=0.02"
    is_near resnet20-ocs-W4A8-kld "OCS r=0.01 + best clip(KL)"
}
check 1 "split ResNet-20 is as good as the reference's" splits_equal_the_reference

# ---- a language model ---------------------------------------------------------------------------

# The losses of the float network and of a case, of the validation samples, from perplexities.
losses_of_text() {
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR == 2 { printf "%.4f %.4f\n", log($at["float_validation"]), log($at["validation"]) }' \
        "$work/run/results.csv"
}
attention_of_a_language_model_is_quantized() {
    local losses
    needs transformer/{stories260k.onnx,calib.h5,test.h5}
    calibrate configs/transformer.yaml --set bits=W8A8 --set models.0.calibration.samples=8 \
        --set 'methods=[{name: mmse, weight_steps: per_channel}]'
    losses=$(losses_of_text)
    [ "${losses% *}" = 1.3807 ] || fail "the float network has the losses $losses"
    awk -v loss="${losses#* }" 'BEGIN { exit !(loss > 1.37 && loss < 1.3807 + 0.02) }' ||
        fail "the losses are $losses"
}
check 1 attention_of_a_language_model_is_quantized
