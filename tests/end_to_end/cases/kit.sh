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
