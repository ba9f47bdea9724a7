# shellcheck shell=bash disable=SC2154,SC2034,SC2016  # names of harness.sh; ${HERE} is for calq
# commands.sh - the command line: what it explains, and what it refuses.

says() { # TEXT ARGUMENTS...
    local text=$1
    calq "${@:2}"
    expect_code 0
    expect_in "$work/out" "$text"
    [ ! -s "$work/log" ] || fail "there is something on stderr"
}

check 1 "without a command calq says what it can do" says "calq run CONFIG"
check 1 "help lists the commands" says "calq inspect FILE" help
check 1 "--help is help" says "calq inspect FILE" --help
check 1 "help COMMAND explains its options" says "--dry-run" help run
check 1 "help results explains result.json" says "loss_sum: the sum of losses without any rounding" help results
check 1 "COMMAND --help is help COMMAND" says "--dry-run" run --help
check 1 "help settings lists the settings" \
    says "line_search: one of default, reference" help settings
check 1 "version names the kernels" says "scalar" version
check 1 "--version is version" says "scalar" --version

inspect_lists_layers_and_quantizable_tensors() {
    calq inspect examples/glyphs/glyphs.onnx
    expect_code 0
    expect_in "$work/out" "input input [N, 1, 24, 24], output logits [N, 47]: 47 classes"
    grep -Eq 'depthwise +12x12x24 +31104  W A  /block2/depthwise/conv/Conv' "$work/out" ||
        fail "the depthwise convolution is not listed as it should be"
    grep -Eq 'a sample +3541976' "$work/out" || fail "the multiply-adds of a sample are wrong"
    grep -Eq ' 1  weights +midrise +block1.first.conv.weight' "$work/out" ||
        fail "the first quantized weights are not listed as they should be"
    grep -Eq ' 0  activations +unsigned +/Relu_output_0' "$work/out" ||
        fail "the first quantized activation is not listed as it should be"
}
check 1 inspect_lists_layers_and_quantizable_tensors

inspect_lists_what_a_data_file_holds() {
    calq inspect examples/glyphs/calibration.h5
    expect_code 0
    expect_in "$work/out" "examples/glyphs/calibration.h5: an HDF5 file"
    grep -Eq '^/images +\[768, 1, 24, 24\] +8-bit unsigned integers +chunks \[64, 1, 24, 24\], gzip 9$' "$work/out" ||
        fail "the samples are not listed as they should be"
    grep -Eq '^/labels +\[768\] +32-bit signed integers .*values 0\.\.46$' "$work/out" ||
        fail "the labels are not listed as they should be"
    expect_in "$work/out" "    mean: 0.499563"
    head -c 3000 examples/glyphs/calibration.h5 >"$work/cut.h5"
    calq inspect "$work/cut.h5"
    expect_code 4
    expect_told "cannot open $work/cut.h5: it is damaged, cut short or being written"
}
check 1 inspect_lists_what_a_data_file_holds

a_crash_of_hdf5_while_it_lists_is_an_error() {
    cp examples/glyphs/calibration.h5 "$work/broken.h5"
    wrapper=(env "LD_PRELOAD=$tools/broken_hdf5.so" BREAK_AT=H5Dread BREAK_SIGNAL=11 BREAK_DATASET=/labels)
    calq inspect "$work/broken.h5"
    expect_code 4
    expect_told "broken.h5: HDF5 ended with signal 11 (Segmentation fault) while it listed what it holds"
}
check 1 a_crash_of_hdf5_while_it_lists_is_an_error

# Not those that it stores, and not what the logits are called inside.
inspect_tells_shapes_as_the_file_has_them() {
    calq inspect "$inputs/batch-of-one.onnx"
    expect_in "$work/out" "input x [1, 3, 8, 8], output y [N, 5]: 5 classes"
    calq inspect "$inputs/opset-26.onnx"
    expect_in "$work/out" "input input [N, 1, 24, 24], output y [N, 47]: 47 classes"
}
check 1 inspect_tells_shapes_as_the_file_has_them

inspect_lists_networks_with_one_output() {
    calq inspect "$inputs/one-output.onnx"
    expect_code 0
    expect_in "$work/out" "[N, 1]: 1 classes"
}
check 1 inspect_lists_networks_with_one_output

inspect_lists_what_cannot_be_quantized() {
    calq inspect "$inputs/pools.onnx"
    expect_code 0
    expect_in "$work/out" "max pool           6x6x1"
    expect_in "$work/out" "it has no layer with constant weights"
}
check 1 inspect_lists_what_cannot_be_quantized

# Kilobytes of memory at most, in $held.
holds() { # ARGUMENTS...
    wrapper=("$tools/peak" "$work/peak")
    calq "$@"
    held=$(cat "$work/peak")
}

# Opened in half as much memory again as the file has, and what any network takes.
expect_little_memory() { # FILE KILOBYTES-OF-ANY
    local size=$(($(wc -c <"$1") / 1024))
    [ $((2 * (held - $2))) -le $((3 * size)) ] ||
        fail "$held KB, of which $2 KB for any network, for a file of $size KB"
}

opening_takes_little_more_memory_than_the_weights() { # KIND
    local any
    holds inspect examples/glyphs/glyphs.onnx
    any=$held
    "$tools/make_large" "$work/large.onnx" 64 "$1" || fail "there is no file"
    holds inspect "$work/large.onnx"
    expect_code 0
    expect_little_memory "$work/large.onnx" "$any"
}
check 1 "opening takes little memory: rows of a Gemm" opening_takes_little_more_memory_than_the_weights gemm
check 1 "opening takes little memory: columns of a MatMul" opening_takes_little_more_memory_than_the_weights matmul
check 1 "opening takes little memory: a convolution" opening_takes_little_more_memory_than_the_weights conv
check 1 "opening takes little memory: float_data" opening_takes_little_more_memory_than_the_weights floats
check 1 "opening takes little memory: a Constant node" opening_takes_little_more_memory_than_the_weights constants
check 1 "opening takes little memory: behind a Transpose" opening_takes_little_more_memory_than_the_weights turned

# The data are missing, so that the run ends where the network is open.
a_run_opens_a_network_in_little_memory() {
    local any without=(--set models.0.calibration.file="$work/none.h5" --set "out=$work/run")
    holds run "$small" "${without[@]}"
    any=$held
    "$tools/make_large" "$work/large.onnx" 64 gemm || fail "there is no file"
    holds run "$small" "${without[@]}" --set "models.0.network=$work/large.onnx"
    expect_code 4
    expect_told none.h5
    expect_little_memory "$work/large.onnx" "$any"
}
check 1 a_run_opens_a_network_in_little_memory

refused() { # TEXT ARGUMENTS...
    local text=$1
    calq "${@:2}"
    expect_code 2
    expect_told "$text"
    [ ! -s "$work/out" ] || fail "there is something on stdout"
}

check 1 "an unknown command is a usage error" refused 'there is no command "calibrate"' calibrate
check 1 "help of an unknown command is a usage error" \
    refused 'no command "calibrate"' help calibrate
check 1 "inspect needs a file" refused "which file?" inspect
check 1 "run needs a configuration" refused "which configuration?" run
check 3 "run needs a configuration" refused "which configuration?" run
check 1 "run takes one configuration" refused "one configuration at a time" run a b
check 1 "an unknown option is a usage error" refused 'no option "--fast"' run --fast "$small"
check 3 "an unknown option is a usage error" refused 'no option "--fast"' run --fast "$small"

ranks_that_are_asked_for_different_things_end() {
    # shellcheck disable=SC2016  # for the shell that starts calq
    wrapper=(sh -c '[ "${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}" != 1 ] || set -- "$@" --fast; exec "$@"' sh)
    calq run "$small" --set "out=$work/run"
    expect_code 2
    expect_told 'no option "--fast"'
}
check 3 ranks_that_are_asked_for_different_things_end
check 1 "the nearest of an unknown option is told" \
    refused 'no option "--dryrun"; did you mean --dry-run? See `calq help run`' run --dryrun "$small"
check 1 "export has a table of options" \
    refused 'no option "--integer"; did you mean --integers?' export "$small" --integer
check 1 "export takes one case" refused "one case at a time, not a and b" export a b -o c
check 1 "export options need values" refused "-o needs a value; see \`calq help export\`" export a -o
check 1 "verify has a table of options" \
    refused 'no option "--againts"; did you mean --against?' verify "$small" --againts "$small"
check 1 "help of a command lists its options" says "--only PATTERN" help bench
check 1 "--ranks needs numbers" refused "--ranks needs at most 16 numbers" run "$small" --dry-run --ranks 8,
check 1 "--ranks needs --dry-run" refused "--ranks only goes with --dry-run" run "$small" --ranks 8
check 1 "--set needs a value" refused "--set needs KEY=VALUE" run "$small" --set
check 1 "--set needs a key" refused "--set needs KEY=VALUE" run "$small" --set block
