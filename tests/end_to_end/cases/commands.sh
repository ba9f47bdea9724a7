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
check 1 "help lists the commands" says "calq inspect MODEL" help
check 1 "--help is help" says "calq inspect MODEL" --help
check 1 "help COMMAND explains its options" says "--dry-run" help run
check 1 "COMMAND --help is help COMMAND" says "--dry-run" run --help
# "0 done, 1 ...", as a sentence has them.
exit_codes_of_help() {
    sed -nE 's/^ +([0-9]+)  (.*)/\1 \2/p' "$work/out" | paste -sd, | sed 's/,\([0-9]\)/, \1/g'
}

help_and_readme_tell_the_same_exit_codes() {
    local codes
    calq help
    codes=$(exit_codes_of_help)
    [[ $codes = "0 done, 1 "*", 6 "*", 75 "* ]] || fail "help does not list all codes: $codes"
    tr -s '\n ' ' ' <README.md | grep -qF "the exit code says what kind: $codes." ||
        fail "README.md has other exit codes than: $codes"
}
check 1 help_and_readme_tell_the_same_exit_codes

check 1 "help settings lists the settings" \
    says "line_search: one of default, reference" help settings
check 1 "version names the kernels" says "scalar" version
the_core_type_that_the_user_chose_for_openblas_stays() {
    OPENBLAS_CORETYPE=Haswell calq version
    expect_in "$work/out" "Haswell"
}
check 1 the_core_type_that_the_user_chose_for_openblas_stays

float_products_use_avx512_where_the_kernels_do() {
    grep -q avx512f /proc/cpuinfo || skip "this CPU has no AVX-512"
    (unset OPENBLAS_CORETYPE && calq version)
    grep -Eq 'float products: .*(SkylakeX|Cooperlake|SapphireRapids|Zen4|Zen5)' "$work/out" ||
        fail "OpenBLAS runs without AVX-512"
}
check 1 float_products_use_avx512_where_the_kernels_do

check 1 "--version is version" says "OpenBLAS" --version

inspect_lists_layers_and_quantizable_tensors() {
    calq inspect examples/glyphs/glyphs.onnx
    expect_code 0
    expect_in "$work/out" "input input 24x24x1, output logits of 47 classes"
    grep -Eq 'depthwise +12x12x24 +31104  W A  /block2/depthwise/conv/Conv' "$work/out" ||
        fail "the depthwise convolution is not listed as it should be"
    grep -Eq 'a sample +3541976' "$work/out" || fail "the multiply-adds of a sample are wrong"
    grep -Eq ' 1  weights +midrise +block1.first.conv.weight' "$work/out" ||
        fail "the first quantized weights are not listed as they should be"
    grep -Eq ' 0  activations +unsigned +/Relu_output_0' "$work/out" ||
        fail "the first quantized activation is not listed as it should be"
}
check 1 inspect_lists_layers_and_quantizable_tensors

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
check 1 "inspect needs a model" refused "which model?" inspect
check 1 "run needs a configuration" refused "which configuration?" run
check 3 "run needs a configuration" refused "which configuration?" run
check 1 "run takes one configuration" refused "one configuration at a time" run a b
check 1 "an unknown option is a usage error" refused 'no option "--fast"' run --fast "$small"
check 3 "an unknown option is a usage error" refused 'no option "--fast"' run --fast "$small"
check 1 "--set needs a value" refused "--set needs KEY=VALUE" run "$small" --set
check 1 "--set needs a key" refused "--set needs KEY=VALUE" run "$small" --set block
