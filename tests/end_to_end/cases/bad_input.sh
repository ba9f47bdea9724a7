# shellcheck shell=bash disable=SC2154,SC2034,SC2016  # names of harness.sh; ${HERE} is for calq
# bad_input.sh - what is wrong is told once, in a sentence, with the exit code of its kind, and no
# rank is left waiting.

# A run ends with CODE, tells SENTENCE, and leaves no result.
refused() { # CODE SENTENCE ARGUMENTS...
    calq run --set "out=$work/run" "${@:3}"
    expect_code "$1"
    expect_told "$2"
    leaves_no_result
}

leaves_no_result() {
    [ -z "$(find "$work/run" -name 'result*' 2>/dev/null)" ] || fail "there are results"
    [ -z "$(find "$work/run" -name '*.draft' 2>/dev/null)" ] || fail "there is a draft"
}

refuses_alone() { # FACT CODE SENTENCE ARGUMENTS...
    check 1 "$1" refused "${@:2}"
}

refuses() { # the same on several ranks too
    refuses_alone "$@"
    check 3 "$1" refused "${@:2}"
}

with_network() { network=("$small" --set "models.0.network=$1"); }
with_data() { data=("$small" --set "models.0.calibration={file: $1, samples: all}"); }

# ---- the configuration ----------------------------------------------------------------------

# Writes small.yaml changed by a sed script to $inputs/NAME.
changed() { # NAME SCRIPT
    sed "$2" "$small" >"$inputs/$1"
}

refuses "a missing configuration is named" 3 \
    "cannot open no/such.yaml: No such file or directory" no/such.yaml

changed unknown_key.yaml 's/^block:/blok:/'
refuses "an unknown key is told with its line and the nearest key" 3 \
    'unknown_key.yaml:4:1: unknown key "blok"; did you mean block?' "$inputs/unknown_key.yaml"

changed bits.yaml 's/^bits:.*/bits: W9A4/'
refuses "bits: W9A4 is told with its line and what bits can be" 3 \
    'bits.yaml:13:7: bits: "W9A4" is not a bit setting' "$inputs/bits.yaml"

changed many.yaml 's/^block:/blok:/; s/^bits:.*/bits: W9A4/; s/p_count: 4/p_count: 2/'
all_errors_of_a_configuration_are_told_at_once() {
    refused 3 'many.yaml:4:1: unknown key "blok"' "$inputs/many.yaml"
    expect_in "$work/log" 'many.yaml:13:7: bits: "W9A4"'
    expect_in "$work/log" 'many.yaml:17:27: p_count:'
}
check 1 all_errors_of_a_configuration_are_told_at_once
check 3 all_errors_of_a_configuration_are_told_at_once

refuses_alone "an unknown key in --set is told with the nearest key" 3 \
    '--set blok=16: unknown key "blok"; did you mean block?' "$small" --set blok=16
refuses_alone "an environment variable that is not set is named" 3 \
    'the environment variable CALQ_NO_SUCH is not set' "$small" \
    --set 'models.0.network=${CALQ_NO_SUCH}/a.onnx'
refuses_alone "a kernel that does not exist is named" 3 'kernel: "neon" is unknown' \
    "$small" --set kernel=neon
refuses_alone "a pattern of keep_float that fits nothing is named" 3 \
    'keep_float: "layer4.*" fits no layer with weights' "$small" --set 'models.0.keep_float=layer4.*'
refuses_alone "a network of which nothing is left to quantize is refused" 3 \
    "nothing of examples/glyphs/glyphs.onnx is left to quantize: keep_float keeps all" "$small" \
    --set 'models.0.keep_float="*"'

# ---- the network ----------------------------------------------------------------------------

with_network no/such.onnx
refuses "a missing model is named" 4 \
    "no/such.onnx: cannot open: No such file or directory" "${network[@]}"
with_network "$inputs/truncated.onnx"
refuses "a truncated model is refused" 4 \
    "truncated.onnx: the file is damaged: a field is cut off" "${network[@]}"
with_network "$inputs/empty.onnx"
refuses_alone "an empty model is refused" 4 "empty.onnx: the file is empty" "${network[@]}"
with_network "$inputs/nested.onnx"
refuses "a model nested 4,000 deep is refused" 4 \
    "nested.onnx: messages are nested more than 64 deep" "${network[@]}"
with_network "$inputs/unsupported.onnx"
an_unsupported_operator_is_told_with_its_node_and_file() {
    refused 4 "operators which calq cannot run: Hardmax (1)" "${network[@]}"
    expect_told '; the first Hardmax is node "the_odd_one"'
}
check 1 an_unsupported_operator_is_told_with_its_node_and_file
check 3 an_unsupported_operator_is_told_with_its_node_and_file
with_network "$small"
refuses_alone "a model that is no ONNX file is refused" 4 \
    "small.yaml: the file is damaged" "${network[@]}"

a_model_cut_anywhere_is_refused() {
    local model=examples/glyphs/glyphs.onnx size at
    size=$(wc -c <$model)
    for at in 1 2 7 30 100 1000 5000 20000 $((size / 3)) $((size - 1000)) $((size - 1)); do
        head -c "$at" $model >"$work/cut.onnx"
        calq inspect "$work/cut.onnx"
        [ "$code" -eq 4 ] || fail "cut at byte $at: the exit code is $code, not 4"
        expect_told "cut.onnx: "
    done
}
check 1 a_model_cut_anywhere_is_refused

# ---- the data -------------------------------------------------------------------------------

with_data no/such.h5
refuses "a missing data file is named" 4 \
    "cannot open no/such.h5: No such file or directory" "${data[@]}"
refuses "a missing validation file is named" 4 \
    "cannot open no/such.h5: No such file or directory" \
    "$small" --set models.0.validation.file=no/such.h5
with_data "$small"
refuses_alone "data that is no HDF5 file is refused" 4 "small.yaml is not an HDF5 file" "${data[@]}"
with_data "$inputs/too-few-labels.h5"
refuses "labels and images of different length are refused" 4 \
    "/images holds 32 samples but /labels holds 31 labels" "${data[@]}"
refuses "labels of another shape are refused" 4 \
    "/images is [768, 1, 24, 24]; labels must be [N] or [N, 1]" "$small" --set models.0.labels=/images
with_data "$inputs/label-out-of-range.h5"
refuses "a label out of range is told with its sample" 4 \
    "sample 20 has the label 47 (/labels), but the network has the classes 0..46" "${data[@]}"
with_data "$inputs/nan.h5"
refuses "a NaN in the data is told with its sample" 4 \
    "nan.h5: sample 20 of /images holds a NaN" "${data[@]}"
check 3 "the rank that meets the NaN tells it" refused 4 "rank 2 on " "${data[@]}"
refuses "a NaN in the validation data is told with its sample" 4 \
    "nan.h5: sample 20 of /images holds a NaN" \
    "$small" --set "models.0.validation={file: $inputs/nan.h5, samples: all}"
refuses_alone "more samples than there are are refused" 4 \
    "samples 0..768 are selected, but examples/glyphs/calibration.h5 holds only 768" \
    "$small" --set models.0.calibration.samples=769
samples_left_out_are_as_many_as_there_are() {
    local sentence="calibration uses all 32 samples of $inputs/same-in-float.h5, which has fewer than 512"
    local few=("$small" --set bits=W4A4 --set methods=minmax --set targets=paper
        --set "models.0.calibration={file: $inputs/same-in-float.h5}"
        --set "models.0.validation={file: examples/glyphs/validation.h5, samples: 16}")
    calq run --dry-run "${few[@]}"
    expect_code 0
    expect_in "$work/out" "note: model glyphs: $sentence"
    calibrate "${few[@]}"
    expect_in "$work/log" "model glyphs: $sentence"
    expect_in "$work/out" "note: $sentence"
    expect_in "$work/run/cases/glyphs-paper-W4A4-minmax/result.json" "$sentence"
    calibrate "${few[@]}" # what is written can be read again
    calq run --set "out=$work/other" "${few[@]}" --set models.0.calibration.samples=512
    expect_code 4
    expect_told "samples 0..511 are selected, but $inputs/same-in-float.h5 holds only 32"
}
check 1 samples_left_out_are_as_many_as_there_are
check 2 samples_left_out_are_as_many_as_there_are

refuses_alone "a missing dataset is told with those that are there" 4 \
    "has no dataset /targets; datasets in the file: /images, /labels" \
    "$small" --set models.0.labels=/targets

# HDF5 ends by a signal while it works on a file; a library that is preloaded does so in its place.
breaks_hdf5() { # FUNCTION SIGNAL ITS_NAME WHAT_IT_DID
    local rank
    cp examples/glyphs/calibration.h5 "$work/broken.h5"
    mkdir "$work/ranks"
    wrapper=("$here/tell_rank" "$work/ranks" env "LD_PRELOAD=$tools/broken_hdf5.so"
        "BREAK_AT=$1" "BREAK_SIGNAL=$2" "BREAK_DATASET=/images")
    refused 4 "broken.h5: HDF5 ended with signal $2 ($3" "$small" \
        --set "models.0.calibration={file: $work/broken.h5, samples: 44}"
    expect_told "$4; the file is damaged"
    # The launcher may kill the shell around a rank before that has told; one has told.
    [ -n "$(cat "$work"/ranks/code.*)" ] || fail "no rank has told how it ended"
    for rank in "$work"/ranks/code.*; do
        [ ! -s "$rank" ] || [ "$(cat "$rank")" = 4 ] || fail "$(basename "$rank") is $(cat "$rank")"
    done
}
for ranks in 1 2 3; do
    check $ranks "HDF5 that crashes while it opens a file is an error" \
        breaks_hdf5 H5Fopen 11 "Segmentation fault) while it" "opened it"
    check $ranks "HDF5 that crashes while it reads is an error" \
        breaks_hdf5 H5Dread 11 "Segmentation fault) while it read 0.." "of /images"
done
check 1 "HDF5 that aborts is an error" breaks_hdf5 H5Dread 6 "Aborted) while it read 0..43" "of /images"
check 3 "HDF5 that divides by zero is an error" breaks_hdf5 H5Dread 8 "Floating point exception) while it read 0.." "of /images"

# HDF5 that wants ever more memory gets so much: the machine needs the rest.
hdf5_gets_no_more_memory_than_it_needs() {
    cp examples/glyphs/calibration.h5 "$work/broken.h5"
    wrapper=(env "LD_PRELOAD=$tools/broken_hdf5.so" BREAK_DATASET=/images)
    refused 4 "broken.h5: cannot read 0..43 of /images; the file is damaged" "$small" \
        --set "models.0.calibration={file: $work/broken.h5, samples: 44}"
}
check 1 hdf5_gets_no_more_memory_than_it_needs

the_rank_where_hdf5_crashes_is_named() {
    cp examples/glyphs/calibration.h5 "$work/broken.h5"
    export BREAK_AT=H5Dread BREAK_SIGNAL=7 BREAK_DATASET=/images
    wrapper=("$here/on_rank" 1 "LD_PRELOAD=$tools/broken_hdf5.so")
    refused 4 "broken.h5: HDF5 ended with signal 7 (Bus error)" "$small" \
        --set "models.0.calibration={file: $work/broken.h5, samples: 44}"
    expect_told "rank 1 on "
}
check 3 the_rank_where_hdf5_crashes_is_named

# The other model's cases are done as if nothing had happened.
a_crash_of_hdf5_fails_the_cases_of_its_model_alone() {
    cp examples/glyphs/calibration.h5 "$work/broken.h5"
    {
        printf 'name: two\ntargets: paper\nbits: W4A4\nmethods: minmax\nmodels:\n'
        for name in bad good; do
            printf '  - {name: %s, network: examples/glyphs/glyphs.onnx, inputs: /images, labels: /labels, ' $name
            printf 'calibration: {file: %s, samples: 44}}\n' \
                "$([ $name = bad ] && echo "$work/broken.h5" || echo examples/glyphs/calibration.h5)"
        done
    } >"$work/two.yaml"
    wrapper=(env "LD_PRELOAD=$tools/broken_hdf5.so" BREAK_AT=H5Dread BREAK_SIGNAL=11 BREAK_DATASET=/images)
    calq run "$work/two.yaml" --set "out=$work/run"
    expect_code 7
    expect_in "$work/log" "broken.h5: HDF5 ended with signal 11"
    [ -e "$work/run/cases/good-paper-W4A4-minmax/result.json" ] || fail "the good case is not done"
    [ ! -e "$work/run/cases/bad-paper-W4A4-minmax/result.json" ] || fail "the bad case is done"
}
check 1 a_crash_of_hdf5_fails_the_cases_of_its_model_alone
check 2 a_crash_of_hdf5_fails_the_cases_of_its_model_alone

# ---- overlapping samples ----------------------------------------------------------------------

refuses "validation samples that are calibration samples too are refused" 4 \
    "12 validation samples are calibration samples too, first sample 32 of" "$small" \
    --set "models.0.validation={file: examples/glyphs/calibration.h5, samples: 32..99}"
refuses_alone "the same samples in another file and type are found" 4 \
    "32 validation samples are calibration samples too, first sample 0 of" "$small" \
    --set "models.0.validation={file: $inputs/same-in-float.h5, samples: all}"

overlap_that_is_allowed_is_on_record() {
    calibrate "$small" --set overlap=allow --set methods=minmax --set bits=W4A4 --set targets=paper \
        --set "models.0.validation={file: examples/glyphs/calibration.h5, samples: 32..99}"
    expect_in "$work/out" "12 validation samples are calibration samples too"
    expect_in "$work/run/cases/glyphs-paper-W4A4-minmax/result.json" '"overlapping_samples": 12'
    expect_in "$work/run/cases/glyphs-paper-W4A4-minmax/result.json" \
        "12 validation samples are calibration samples too"
}
check 1 overlap_that_is_allowed_is_on_record
check 3 overlap_that_is_allowed_is_on_record

overlap_is_found_by_a_dry_run() {
    local overlapping="models.0.validation={file: examples/glyphs/calibration.h5, samples: 32..99}"
    refused 4 "12 validation samples are calibration samples too, first sample 32 of" "$small" \
        --dry-run --set "$overlapping"
    calq run "$small" --dry-run --set overlap=allow --set "$overlapping"
    expect_code 0
    expect_in "$work/out" "WARNING: model glyphs: 12 validation samples are calibration samples too"
}
check 1 overlap_is_found_by_a_dry_run
check 3 overlap_is_found_by_a_dry_run

# ---- a float network that guesses ---------------------------------------------------------------

# In the dry run, the log, the table and the result; a sentence with the settings in effect.
guesses() { # SETTINGS_IN_EFFECT ARGUMENTS...
    local guessing="the float network is no better than guessing: it predicts "
    calq run --dry-run "$small" "${@:2}"
    expect_code 0
    expect_in "$work/out" "WARNING: model glyphs: $guessing"
    expect_in "$work/out" "$1"
    calibrate "$small" --set bits=W4A4 --set targets=paper --set 'methods=[minmax, mmse]' "${@:2}"
    [ "$(grep -c "^WARNING: model glyphs: $guessing" "$work/log")" -eq 1 ] ||
        fail "it is not told once in the log"
    expect_in "$work/log" "$1"
    [ "$(grep -c "  note: $guessing" "$work/out")" -eq 2 ] || fail "the table does not tell"
    expect_in "$work/run/cases/glyphs-paper-W4A4-mmse/result.json" "$guessing"
    expect_in "$work/run/cases/glyphs-paper-W4A4-mmse/result.json" "$1"
}
wrong_mean="scale 0.00392157, mean 100, std 0.181821, which gives values from -550 to"
for ranks_here in 1 3; do
    check $ranks_here "a wrong mean makes the float network guess" \
        guesses "samples /images as [1, 24, 24] (channels first), (stored * scale - mean) / std with $wrong_mean" \
        --set models.0.mean=100
done
# So few samples that the rank that tells has none of its own.
check 3 "a wrong mean makes the float network guess: few samples" \
    guesses "which gives values from -549.2 to -544.7" --set models.0.mean=100 \
    --set models.0.calibration.samples=8
check 1 "a wrong mean makes the float network guess: a loss without labels" \
    guesses "$wrong_mean" --set models.0.mean=100 --set models.0.loss=kl_to_float
check 1 "labels that are counted from 1 make the float network guess" \
    guesses "labels /labels from 1 to 46, of classes 0 to 46" --set models.0.mean=.5 --set models.0.std=.18 \
    --set "models.0.calibration={file: $inputs/labels-from-1.h5, samples: all}"

a_network_that_does_not_guess_is_not_suspected() {
    local loss
    for loss in cross_entropy kl_to_float mse_to_float; do
        calq run --dry-run "$small" --set "models.0.loss=$loss" --set models.0.calibration.samples=12
        expect_code 0
        expect_not_in "$work/out" "WARNING"
        expect_in "$work/out" "% of its calibration predictions are right"
    done
    calibrate "$small" --set bits=W4A4 --set targets=paper --set methods=minmax
    expect_not_in "$work/log" "WARNING"
}
check 1 a_network_that_does_not_guess_is_not_suspected

# What an earlier run has found out is known without scores.
a_run_that_goes_on_tells_of_guessing_too() {
    local few=(--set bits=W4A4 --set targets=paper --set models.0.mean=100)
    calibrate "$small" "${few[@]}" --set methods=minmax
    calibrate "$small" "${few[@]}" --set 'methods=[minmax, mmse]'
    expect_in "$work/log" "1 of 2 cases are done already"
    expect_in "$work/log" "WARNING: model glyphs: the float network is no better than guessing"
    expect_in "$work/run/cases/glyphs-paper-W4A4-mmse/result.json" "no better than guessing"
}
check 1 a_run_that_goes_on_tells_of_guessing_too

# ---- one rank that sees something else --------------------------------------------------------

# Rank 1 alone finds another value of the environment variable HERE, with which a path begins.
differs_on_rank_1() { # VALUE CODE SENTENCE ARGUMENTS...
    export HERE=examples/glyphs
    wrapper=("$here/on_rank" 1 "HERE=$1")
    refused "$2" "$3" "${@:4}"
    expect_told "rank 1 on "
}
check 3 "one rank that cannot open the calibration data is named" \
    differs_on_rank_1 /no/such 4 "cannot open /no/such/calibration.h5" \
    "$small" --set 'models.0.calibration.file=${HERE}/calibration.h5'
check 3 "one rank that cannot open the validation data is named" \
    differs_on_rank_1 /no/such 4 "cannot open /no/such/validation.h5" \
    "$small" --set 'models.0.validation.file=${HERE}/validation.h5'
check 3 "one rank that cannot open the model is named" \
    differs_on_rank_1 /no/such 4 "/no/such/glyphs.onnx: cannot open" \
    "$small" --set 'models.0.network=${HERE}/glyphs.onnx'

a_model_that_differs_on_one_rank_is_refused() {
    cp examples/glyphs/glyphs.onnx "$work/glyphs.onnx"
    mkdir "$work/other"
    cp "$inputs/another.onnx" "$work/other/glyphs.onnx"
    export HERE=$work
    wrapper=("$here/on_rank" 1 "HERE=$work/other")
    refused 4 "glyphs.onnx is not the same file on all ranks" "$small" \
        --set 'models.0.network=${HERE}/glyphs.onnx'
}
check 3 a_model_that_differs_on_one_rank_is_refused

# The validation samples have the shape of the calibration samples, and are more.
data_that_differ_on_one_rank_are_refused() {
    mkdir "$work/own" "$work/other"
    cp examples/glyphs/calibration.h5 "$work/own/data.h5"
    cp examples/glyphs/validation.h5 "$work/other/data.h5"
    export HERE=$work/own
    wrapper=("$here/on_rank" 1 "HERE=$work/other")
    refused 4 "is not the same file on all ranks, or its data are not" "$small" \
        --set 'models.0.calibration.file=${HERE}/data.h5'
}
check 3 data_that_differ_on_one_rank_are_refused

a_configuration_that_is_missing_on_one_rank_is_told() {
    wrapper=("$here/on_rank" 1 ELSEWHERE=/ sh -c 'cd "${ELSEWHERE:-.}" && exec "$@"' sh)
    refused 3 "rank 1 on " "$small"
    expect_told "cannot open $small: No such file or directory"
}
check 3 a_configuration_that_is_missing_on_one_rank_is_told

refuses "as many held-out samples as there are is told" 3 \
    "model glyphs: check: 44 leaves nothing of the 44 calibration samples to search with" \
    "$small" --set models.0.calibration.check=44
