# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# bench.sh - the benchmarks: that they run and say what they should; how fast is nobody's business here.

one_layer=(bench --only "16>16*" --rounds 1)

kernels_are_timed_beside_the_peak_of_the_core() {
    calq "${one_layer[@]}"
    expect_code 0
    expect_in "$work/out" "medians of 1 rounds"
    grep -Eq '^16>16 3x3 @32 b16 +[0-9]+ ' "$work/out" || fail "the layer is not listed"
}
check 1 kernels_are_timed_beside_the_peak_of_the_core

every_kernel_set_that_runs_here_is_timed() {
    local set
    for set in $("$program" version | sed -n 's/^kernels://p' | sed 's/ [a-z0-9]* (not on this machine)//g'); do
        calq bench --kernel "$set" --bits W4A8 --target paper --only "depthwise*@7" --rounds 1
        expect_code 0
        expect_in "$work/out" "kernels $set, W4A8 midrise"
    done
}
check 1 every_kernel_set_that_runs_here_is_timed

a_network_is_timed_layer_by_layer() {
    calq bench network examples/glyphs/glyphs.onnx --rounds 1 --block 2 --bits W4A4
    expect_code 0
    expect_in "$work/out" "W4A4 onnx, blocks of 2"
    grep -Eq 'everything +[0-9.]+ images/s' "$work/out" || fail "there is no rate"
    grep -Eq 'first float layers kept +[0-9.]+ images/s' "$work/out" || fail "there is no rate"
    grep -Eq 'first float layers kept: [0-9]+ of [0-9]+ layers run, each time with a new step' "$work/out" ||
        fail "it is not told what ran"
    grep -Eq 'depthwise +12x12x24 +[0-9.]+ +[0-9.]+% .*/block2/depthwise/conv/Conv' "$work/out" ||
        fail "a layer is not listed"
}
check 1 a_network_is_timed_layer_by_layer

layers_that_stay_in_float_are_chosen() {
    calq bench network examples/glyphs/glyphs.onnx --rounds 1 --block 2 --keep-float none
    expect_code 0
    grep -Eq 'first float layers kept: ([0-9]+) of \1 layers run' "$work/out" ||
        fail "a layer was kept"
}
check 1 layers_that_stay_in_float_are_chosen

a_network_without_integer_layers_is_timed_too() {
    calq bench network examples/glyphs/glyphs.onnx --rounds 1 --block 2 --bits W4A32
    expect_code 0
    expect_in "$work/out" "everything"
}
check 1 a_network_without_integer_layers_is_timed_too

beside_onnx_runtime() { # NETWORK NAME
    [ -d tests/peers/node_modules/onnxruntime-node ] || skip "ONNX Runtime is not installed"
    [ "$(dirname "$program")" -ef build ] || skip "ONNX Runtime stands beside build/calq only"
    calq bench network "$1" --rounds 1 --block 4
    expect_code 0
    grep -Eq "^  ONNX Runtime [0-9.]+ $2 +[0-9.]+ images/s" "$work/out" || fail "there is no rate of $2"
}
check 1 "weights that several layers share are timed in ONNX Runtime, too" \
    beside_onnx_runtime "$inputs/shared.onnx" int8
check 1 "a file made for batches of one is timed in these" \
    beside_onnx_runtime "$inputs/batch-of-one.onnx" "int8 in batches of 1"
check 1 "a network of tokens is timed in ONNX Runtime, too" \
    beside_onnx_runtime "$inputs/recurrent.onnx" int8

# A copy of calq with a peer of ours beside it.
with_peer() { # SCRIPT
    mkdir -p "$work/bin/tests/peers"
    cp "$program" "$work/bin/calq"
    printf '#!/bin/bash\n%s\n' "$1" >"$work/bin/tests/peers/onednn"
    chmod +x "$work/bin/tests/peers/onednn"
    program=$work/bin/calq
}

a_peer_is_timed_in_the_same_rounds() {
    with_peer 'while read -r what _; do
        if [ "$what" = round ]; then echo 0.001; else echo "ready slow but sure"; fi; done'
    calq "${one_layer[@]}"
    expect_code 0
    # 75.5 million operations in a millisecond
    grep -Eq '  75 +[0-9.]+x +75 +[0-9.]+x  slow but sure$' "$work/out" || fail "the peer is not listed"
}
check 1 a_peer_is_timed_in_the_same_rounds

a_peer_that_fails_is_told() {
    with_peer 'read -r line; echo "error I know no $line"'
    calq "${one_layer[@]}"
    expect_code 8
    expect_told "onednn: I know no conv 16 32 32 16 16 3 1 1 1"
}
check 1 a_peer_that_fails_is_told

a_peer_that_ends_is_told() {
    with_peer 'exit 0'
    calq "${one_layer[@]}"
    expect_code 8
    expect_told "ended without an answer"
}
check 1 a_peer_that_ends_is_told

a_peer_that_talks_nonsense_is_told() {
    with_peer 'read -r line; echo ready; read -r line; echo hello'
    calq "${one_layer[@]}"
    expect_code 8
    expect_told 'answered "ready", not "ready NAME"'
}
check 1 a_peer_that_talks_nonsense_is_told

refused_bench() { # TEXT ARGUMENTS...
    local text=$1
    calq bench "${@:2}"
    expect_code 2
    expect_told "$text"
    [ ! -s "$work/out" ] || fail "there is something on stdout"
}
check 1 "bench network needs a model" refused_bench "which model?" network
check 1 "bench refuses unknown options" refused_bench 'no option "--fast"' --fast yes
check 1 "bench refuses lists with nothing between commas" refused_bench "first,last" \
    network examples/glyphs/glyphs.onnx --keep-float first,,last
check 1 "bench options need values" refused_bench "--rounds needs a value" --rounds
check 1 "bench refuses rounds that are no number" refused_bench "from 1 to 99" --rounds many
check 1 "bench refuses bits that there are not" refused_bench "W9A8" --bits W9A8
check 1 "bench of kernels takes integers" refused_bench "W2A2 to W8A8" --bits W4A32
check 1 "bench refuses unknown targets" refused_bench "paper or onnx" --target phone
check 1 "bench refuses unknown kernels" refused_bench '"mmx" is unknown' --kernel mmx
check 1 "bench refuses other words" refused_bench '"resnet.onnx" is not understood' resnet.onnx

a_pattern_that_fits_no_layer_is_refused() {
    calq bench --only nothing
    expect_code 2
    expect_told 'no layer is called "nothing"'
}
check 1 a_pattern_that_fits_no_layer_is_refused

a_model_that_is_not_there_is_told() {
    calq bench network nothing.onnx
    expect_code 4
    expect_told nothing.onnx
}
check 1 a_model_that_is_not_there_is_told
