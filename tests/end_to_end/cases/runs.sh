# shellcheck shell=bash disable=SC2154,SC2034,SC2016  # names of harness.sh; ${HERE} is for calq
# runs.sh - run directories beside each other: what differs and why, the best case within a size, and every
# configuration run again from what its run has kept.

export CALQ_KIT=${CALQ_KIT:-}
quick=("$small" --set targets=onnx --set 'bits=[W8A8, W4A4]' --set 'methods=[minmax, mmse]')

# ---- calq compare ----------------------------------------------------------------------------

runs_that_are_the_same_are_told() {
    calibrate "${quick[@]}"
    calibrate "$work/run/config.yaml" --set "out=$work/again" --set memory=0 --set kernel=scalar
    calq compare "$work/run" "$work/again"
    expect_code 0
    expect_in "$work/out" "glyphs-onnx-W4A4-mmse: the same to the last bit"
    expect_in "$work/out" "4 of 4 cases are the same to the last bit"
    [ ! -s "$work/log" ] || fail "there is something on stderr"
}
check 1 runs_that_are_the_same_are_told

runs_that_differ_are_told_with_the_reasons() {
    calibrate "${quick[@]}"
    calibrate "${quick[@]}" --set "out=$work/other" --set models.0.calibration.samples=20 \
        --set 'methods=[mmse, aciq]'
    calq compare "$work/run" "$work/other"
    expect_code 6
    expect_told "2 of 2 cases differ"
    expect_in "$work/out" "glyphs-onnx-W4A4-mmse: differs"
    grep -Eq '^    loss [0-9.]+, [0-9.]+; top1 [0-9.]+ %, [0-9.]+ %; evaluations 1, 1$' "$work/out" ||
        fail "losses and metrics are not told"
    grep -Eq '^    [0-9]+ of [0-9]+ steps differ, most that of (weights|activations) [^ ]+: [0-9.]+, [0-9.]+ \([-+][0-9.]+ %\)$' \
        "$work/out" || fail "steps are not told"
    expect_in "$work/out" "why: model.calibration.samples: "
    expect_in "$work/out" "glyphs-onnx-W8A8-minmax: done in $work/run only"
    expect_in "$work/out" "glyphs-onnx-W8A8-aciq: done in $work/other only"
}
check 1 runs_that_differ_are_told_with_the_reasons

other_files_are_a_reason() {
    calibrate "${quick[@]}"
    calibrate "${quick[@]}" --set "out=$work/other" \
        --set models.0.calibration.file=examples/glyphs/validation.h5 \
        --set models.0.validation.file=examples/glyphs/calibration.h5
    calq compare "$work/run" "$work/other"
    expect_code 6
    expect_in "$work/out" "why: calibration: content "
    expect_in "$work/out" "why: validation: content "
}
check 1 other_files_are_a_reason

two_cases_can_be_compared() {
    calibrate "${quick[@]}"
    calq compare "$work/run/cases/glyphs-onnx-W8A8-mmse" "$work/run/cases/glyphs-onnx-W8A8-minmax"
    expect_code 6
    expect_in "$work/out" "why: method.name: mmse, minmax"
    expect_told "1 of 1 cases differ"
}
check 1 two_cases_can_be_compared

# A result that was changed by nobody knows what.
a_difference_without_a_reason_is_told() {
    calibrate "${quick[@]}" --set bits=W8A8 --set methods=minmax
    cp -r "$work/run" "$work/other"
    sed -i '/"validation": {/,/}/ s/"top1": [0-9.]*/"top1": 0.125/' "$work"/other/cases/*/result.json
    calq compare "$work/run" "$work/other"
    expect_code 6
    expect_in "$work/out" "nothing that decides digits differs"
}
check 1 a_difference_without_a_reason_is_told

two_runs_are_needed() {
    calq compare "$work"
    expect_code 2
    expect_told "which two run directories? e.g. calq compare runs/glyphs runs/again"
    calibrate "${quick[@]}" --set methods=minmax
    calibrate "${quick[@]}" --set methods=mmse --set "out=$work/other"
    calq compare "$work/run" "$work/other"
    expect_code 2
    expect_told "no case is done in both $work/run and $work/other"
}
check 1 two_runs_are_needed

# ---- calq export --best ----------------------------------------------------------------------

# Of a case in the result.json the number behind a key of `cost`.
bytes_of() { awk -F'[:,]' '/"weight_bytes"/ { print $2 + 0 }' "$work/run/cases/$1/result.json"; } # CASE

the_best_case_within_a_size_is_exported() {
    local large small_one
    calibrate "${quick[@]}"
    large=$(bytes_of glyphs-onnx-W8A8-mmse) small_one=$(bytes_of glyphs-onnx-W4A4-mmse)
    [ "$small_one" -lt "$large" ] || fail "4 bits take $small_one bytes, 8 bits $large"
    calq export "$work/run" --best loss -o "$work/out.onnx"
    expect_code 0
    grep -Eq "^glyphs-onnx-W8A8-m(mse|inmax): .* $large bytes of weights; best by loss of 4 cases$" "$work/out" ||
        fail "the best is not told"
    calq export "$work/run" --best accuracy --under $((large - 1)) -o "$work/out.onnx"
    expect_code 0
    grep -Eq "^glyphs-onnx-W4A4-[a-z]*: .*; best by accuracy of 2 cases under $((large - 1)) bytes$" "$work/out" ||
        fail "the best under $((large - 1)) bytes is not told"
    calq verify "$work/out.onnx" --against "$work/run/cases/$(sed -n 's/: .*//p' "$work/out" | head -n 1)"
    expect_code 0
    calq export "$work/run" --best loss --under $((small_one - 1)) -o "$work/none.onnx"
    expect_code 2
    expect_told "no case takes at most $((small_one - 1)) bytes; the smallest, "
    [ ! -e "$work/none.onnx" ] || fail "there is a file"
}
check 1 the_best_case_within_a_size_is_exported

what_cannot_be_compared_is_told() {
    calibrate "${quick[@]}" --set 'targets=[paper, onnx]' --set bits=W8A8 --set methods=minmax
    calq export "$work/run" --best loss -o "$work/out.onnx"
    expect_code 2
    expect_told "the run has cases for the targets paper and onnx; say which with --target"
    calq export "$work/run" --best loss --target onnx -o "$work/out.onnx"
    expect_code 0
    calq export "$work/run" --best loss --target nncn -o "$work/out.onnx"
    expect_code 2
    expect_told "none of the 2 cases that are done in $work/run has that model and target"
    calq export "$work/run" --under 9KiB -o "$work/out.onnx"
    expect_code 2
    expect_told "--under, --model and --target go with --best"
}
check 1 what_cannot_be_compared_is_told

nothing_is_the_most_accurate_without_validation() {
    grep -v "^    validation:" "$small" >"$work/unjudged.yaml"
    calibrate "$work/unjudged.yaml" "${quick[@]:1}" --set bits=W8A8 --set methods=minmax
    calq export "$work/run" --best accuracy -o "$work/out.onnx"
    expect_code 2
    expect_told "no case has been validated"
}
check 1 nothing_is_the_most_accurate_without_validation

# ---- calq crate ------------------------------------------------------------------------------

a_run_is_packed_with_what_it_needs() {
    calibrate "${quick[@]}" --set bits=W8A8 --set methods=minmax
    calq crate "$work/run" -o "$work/crate" --data --license https://spdx.org/licenses/CC0-1.0 \
        --author 'A. N. Other'
    expect_code 0
    expect_files "$work/crate" <<END
./cases/glyphs-onnx-W8A8-minmax/result.json
./cases/glyphs-onnx-W8A8-minmax/state
./config.yaml
./inputs/glyphs-calibration.h5
./inputs/glyphs-validation.h5
./inputs/glyphs.onnx
./results.csv
./ro-crate-metadata.json
END
    expect_same examples/glyphs/glyphs.onnx "$work/crate/inputs/glyphs.onnx"
    expect_same "$work/run/config.yaml" "$work/crate/config.yaml"
    expect_in "$work/crate/ro-crate-metadata.json" '"@id": "https://w3id.org/ro/wfrun/workflow/0.5"'
    expect_in "$work/crate/ro-crate-metadata.json" '"name": "A. N. Other"'
    expect_in "$work/crate/ro-crate-metadata.json" '"alternateName": "examples/glyphs/validation.h5"'
    # What is packed can be looked at as the run itself, and run again.
    calq compare "$work/run" "$work/crate"
    expect_code 0
    calq crate "$work/run" -o "$work/crate"
    expect_code 2
    expect_told "$work/crate is there already; a crate is a folder of its own"
    calq crate "$work/run" -o "$work/small"
    expect_code 0
    [ ! -e "$work/small/inputs/glyphs-calibration.h5" ] || fail "samples are copied without --data"
}
check 1 a_run_is_packed_with_what_it_needs

# ---- calq run RUN/config.yaml ----------------------------------------------------------------

# The run begins, and is ended as soon as it has written its configuration, from which the next one begins.
begins() { # OUT CONFIG...
    local pid
    "$program" run "${@:2}" --set "out=$1" >"$work/begun" 2>&1 &
    pid=$!
    await $pid test -e "$1/config.yaml" || { cat "$work/begun" >"$work/log"; fail "$2: no configuration was written"; }
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
}

without_out() { sed '/^out:/d' "$1"; } # FILE

# Every setting comes back as it was, and so do the cases.
is_kept_whole() { # CONFIG
    ! grep -q 'CALQ_KIT' "$1" || [ -d "$CALQ_KIT/imagenet" ] || skip "CALQ_KIT has no networks"
    begins "$work/run" "$1"
    begins "$work/again" "$work/run/config.yaml"
    cmp -s <(without_out "$work/run/config.yaml") <(without_out "$work/again/config.yaml") || {
        diff "$work/run/config.yaml" "$work/again/config.yaml" | head -n 5 >&3
        fail "$1: what the second run keeps is another configuration"
    }
    cmp -s <("$program" status "$work/run" | grep -o "^  *[^ ]*-W[0-9][^ ]*") \
        <("$program" status "$work/again" | grep -o "^  *[^ ]*-W[0-9][^ ]*") || fail "$1: the cases are others"
}
for config in configs/*.yaml examples/*/*.yaml; do
    check 1 "$config is kept whole by its run" is_kept_whole "$config"
done

# Truly, with few samples and evaluations: all cases of the embedded network, one of a hundred of others.
gives_the_same_again() { # CONFIG ARGUMENTS...
    local few=(--set budget.evaluations=14 "${@:2}") models
    ! grep -q 'CALQ_KIT' "$1" || [ -d "$CALQ_KIT/imagenet" ] || skip "CALQ_KIT has no networks"
    begins "$work/begun.run" "$1"
    models=$(grep -c '^ *network:' "$work/begun.run/config.yaml")
    for ((model = 0; model < models; model++)); do
        few+=(--set "models.$model.calibration.samples=16" --set "models.$model.calibration.check=0"
            --set "models.$model.validation.samples=16")
    done
    calibrate "$1" "${few[@]}"
    calibrate "$work/run/config.yaml" --set "out=$work/again" "${part[@]}"
    calq compare "$work/run" "$work/again"
    expect_code 0
    expect_in "$work/out" "cases are the same to the last bit"
}
for config in configs/*.yaml; do
    if grep -q examples/glyphs/glyphs.onnx "$config"; then
        part=()
        check 1 "$config gives the same again" gives_the_same_again "$config" --set bits=W4A8
    else
        part=(--part 1/100)
        check 1 "$config gives the same again" gives_the_same_again "$config" "${part[@]}" --set overlap=allow
    fi
done
