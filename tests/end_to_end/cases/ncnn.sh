# shellcheck shell=bash disable=SC2154,SC2034,SC2016  # names of harness.sh; ${CALQ_KIT} is for calq
# ncnn.sh - pairs of ncnn: those of converters become those that ncnn runs in integers.

export CALQ_KIT=${CALQ_KIT:-}
to_ncnn=$here/ncnn.yaml

on_kit() { # NETWORK DATA SETTINGS
    [ -e "$CALQ_KIT/$1" ] || skip "CALQ_KIT has no $1"
    calibrate "$to_ncnn" --set "models=[{name: net, network: $CALQ_KIT/$1,
        calibration: {file: $CALQ_KIT/$2, samples: 4},
        inputs: {input: /images}, labels: /labels$3}]" "${@:4}"
}

# What a converter makes of the case's network, on which ncnnoptimize was run.
converted() { # STYLE
    "$tools/ncnn_files" write "$work"/run/cases/* "$1" "$work/net.param" "$work/net.bin" \
        2>"$work/problem.txt" || fail "$(cat "$work/problem.txt")"
}

to_pair() { # OPTIONS
    calq export "$work"/run/cases/* --to ncnn --param "$work/net.param" --bin "$work/net.bin" \
        -o "$work/pair" "$@"
}

compared() { # TALLY
    "$tools/ncnn_files" compare "$work"/run/cases/* "$work/pair/net-int8.param" \
        "$work/pair/net-int8.bin" >"$work/tally" 2>&1 || fail "$(cat "$work/tally")"
    expect_in "$work/tally" "$1"
}

pairs_are_the_case() { # TALLY
    local style
    for style in pnnx onnx2ncnn; do
        converted $style
        to_pair
        expect_code 0
        compared "$1: the same"
        [ "$(grep -c _param_0 "$work/pair/net.table")" -eq "${1%% *}" ] ||
            fail "the table has another count of layers"
        rm -r "$work/pair"
    done
}

codes_scales_and_biases_are_those_of_the_case() {
    calibrate "$to_ncnn"
    pairs_are_the_case "10 layers in integers, 5 give integers, 2 in float, 66008 codes"
}
check 1 codes_scales_and_biases_are_those_of_the_case

corrected='methods=[{name: minmax, bias_correction: empirical, bias_correction_accept: always}]'
corrected_biases_are_written() {
    calibrate "$to_ncnn" --set "$corrected"
    pairs_are_the_case "10 layers in integers, 5 give integers, 2 in float, 66008 codes"
}
check 1 corrected_biases_are_written

codes_of_another_rounding_are_written() {
    calibrate "$to_ncnn" --set 'methods=[{name: minmax, rounding: {name: gram, accept: always}}]'
    pairs_are_the_case "10 layers in integers, 5 give integers, 2 in float, 66008 codes"
    expect_in "$work/out" "other codes in 10 layers: run the pair"
}
check 1 codes_of_another_rounding_are_written

# pnnx writes halves, of which ncnn2int8 makes other codes now and then.
codes_that_no_table_gives_are_told() {
    calibrate "$to_ncnn"
    converted pnnx
    to_pair
    expect_in "$work/out" "other codes"
    converted onnx2ncnn
    to_pair
    expect_not_in "$work/out" "other codes"
}
check 1 codes_that_no_table_gives_are_told

codes_of_6_bits_are_told() {
    calibrate "$to_ncnn" --set methods=mmse \
        --set 'models.0.overrides=[{match: "/block1/second*", bits: W6A8}]'
    converted onnx2ncnn
    to_pair
    expect_in "$work/out" "other codes in 1 layers: run the pair"
}
check 1 "codes of 6 bits that no table gives are told" codes_of_6_bits_are_told

check 1 "pairs of ResNet-20" eval 'on_kit cifar10/resnet20.onnx cifar10/calib.h5 ", keep_float: []"
    pairs_are_the_case "20 layers in integers, 9 give integers, 0 in float, 268336 codes"'
check 1 "pairs of MobileNetV1, its biases corrected" eval 'on_kit imagenet/mobilenetv1_025.onnx \
    imagenet/calib.h5 ", mean: 0.5, std: 0.5, keep_float: []" --set "$corrected"
    pairs_are_the_case "28 layers in integers, 26 give integers, 0 in float, 463600 codes"'
check 1 "pairs of SqueezeNet" eval 'on_kit imagenet/squeezenet11.onnx imagenet/calib.h5 ""
    pairs_are_the_case "24 layers in integers, 8 give integers, 2 in float, 717824 codes"'

floats_may_have_16_bits() {
    local whole half
    calibrate "$to_ncnn"
    converted onnx2ncnn
    to_pair
    expect_code 0
    whole=$(stat -c %s "$work/pair/net-int8.bin")
    to_pair --fp16
    expect_code 0
    half=$(stat -c %s "$work/pair/net-int8.bin")
    compared "10 layers in integers"
    [ "$half" -lt "$whole" ] || fail "$half bytes are not fewer than $whole"
}
check 1 floats_may_have_16_bits

# Names say nothing: those of pnnx are numbers, here they are turned round.
layers_are_known_by_their_weights() {
    calibrate "$to_ncnn"
    converted pnnx
    sed -i -E 's/ (conv[a-z]*|fc)_([0-9]+) / \1_9\2 /' "$work/net.param"
    to_pair
    expect_code 0
    compared "10 layers in integers"
}
check 1 layers_are_known_by_their_weights

refused() { # CODE SENTENCE; what was converted was changed
    to_pair
    expect_code "$1"
    expect_told "$2"
    [ -z "$(find "$work/pair" -type f 2>/dev/null)" ] || fail "there are files"
}
no_pair_of() { # SENTENCE SCRIPT of sed for the .param
    calibrate "$to_ncnn"
    converted pnnx
    sed -i -E "$2" "$work/net.param"
    refused 4 "$1"
}
check 1 "a batch norm that is not folded is refused" no_pair_of "layer bn_0 (BatchNorm) is not folded" \
    '2s/^[0-9]+/24/; 0,/^(Convolution +)([^ ]+)( +1 1 t0) t1 /s//\1\2\3 t1_bare /; /t1_bare/a BatchNorm bn_0 1 1 t1_bare t1 0=24'
check 1 "two layers of one name are refused" no_pair_of "has two layers of the name same" \
    's/ (conv[a-z]*)_[0-9]+ / same /'
check 1 "a name that ncnn2int8 takes for a scale is refused" no_pair_of \
    'the name of layer a_param_1 has "_param_" in it' '0,/ conv[a-z]*_[0-9]+ /s// a_param_1 /'
check 1 "a layer that ncnn2int8 quantizes as it likes is refused" no_pair_of \
    'is of the type Gemm, which ncnn2int8 quantizes' 's/^Pooling/Gemm/'
check 1 "integers are not quantized again" no_pair_of "is quantized already" \
    '0,/ 5=1 /s// 5=1 8=2 /'
check 1 "a layer of another size is refused by its name" no_pair_of \
    "layer /block1/first/conv/Conv (24 outputs" 's/ 3=[12] 13=[12] / 3=3 13=3 /'
check 1 "a file that is no .param is refused" no_pair_of "is no .param of ncnn" 's/7767517/7767518/'
check 1 "fewer layers than are said are refused" no_pair_of "ends behind" '$d'

other_weights_are_refused() {
    calibrate "$to_ncnn" --set 'models.0.keep_float=[]'
    converted onnx2ncnn
    # The second weight of the first layer.
    printf '\x00\x00\x80\x3f' | dd of="$work/net.bin" bs=1 seek=8 conv=notrunc status=none
    refused 4 "has its size, but other weights"
}
check 1 other_weights_are_refused

another_bin_is_refused() { # SENTENCE COMMAND...
    calibrate "$to_ncnn"
    converted pnnx
    "${@:2}"
    refused 4 "$1"
}
shorten() { truncate -s -4 "$work/net.bin"; }
lengthen() { truncate -s +4 "$work/net.bin"; }
garble() { printf '\x01\x02\x03\x04' | dd of="$work/net.bin" bs=1 conv=notrunc status=none; }
check 1 "a .bin that is too short is refused" another_bin_is_refused "ends before the weights of layer" shorten
check 1 "a .bin that is too long is refused" another_bin_is_refused \
    "4 bytes behind the weights of the layers" lengthen
check 1 "weights without a mark are refused" another_bin_is_refused "stands no mark of float" garble

the_pair_is_asked_for() {
    calibrate "$to_ncnn"
    calq export "$work"/run/cases/* --to ncnn -o "$work/pair"
    expect_code 2
    expect_told "--param net.param --bin net.bin"
}
check 1 the_pair_is_asked_for

what_ncnn_cannot_hold_is_refused() { # SENTENCE SETTINGS...
    calibrate "$to_ncnn"
    converted pnnx
    rm -r "$work/run"
    calibrate "$to_ncnn" "${@:2}"
    refused 4 "$1"
}
check 1 "equalised weights are refused" what_ncnn_cannot_hold_is_refused \
    "was found with equalised weights" --set 'methods=[{name: minmax, equalize: true}]'
check 1 "corrected weights are refused" what_ncnn_cannot_hold_is_refused \
    "are corrected by output channel" \
    --set 'methods=[{name: minmax, bias_correction: mean, bias_correction_accept: always}]'
check 1 "codes of another target are refused" what_ncnn_cannot_hold_is_refused \
    'search with `targets: ncnn`' --set targets=onnx --set models.0.batchnorm=fold

an_onnx_file_cannot_say_it() {
    calibrate "$to_ncnn"
    calq export "$work"/run/cases/* -o "$work/net.onnx"
    expect_code 4
    expect_told "export it with --to ncnn"
}
check 1 an_onnx_file_cannot_say_it
