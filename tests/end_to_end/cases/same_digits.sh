# shellcheck shell=bash disable=SC2154,SC2034,SC2016  # names of harness.sh; ${HERE} is for calq
# same_digits.sh - the same configuration gives the same steps, losses and metrics to the last bit,
# on any number of ranks, with any kernels and any memory.

one_case=(--set bits=W4A4 --set targets=onnx --set 'methods=[{name: lapq, p_count: 3}]')

check 1 "all methods, targets and bits give their digits" same small "$small"
check 1 "a second run gives the same digits" same small "$small"
check 2 "the digits are the same" same small "$small"
check 3 "the digits are the same" same small "$small"
check 5 "the digits are the same" same small "$small"
check 1 "the digits are the same without memory for activations" same small "$small" --set memory=0
check 3 "the digits are the same with a little memory" same small "$small" --set memory=2MiB

# The input has both signs, and padding of its zero.
asymmetric=(--set 'models.0.keep_float=[]' --set models.0.activation_grid=asymmetric
    --set 'targets=[onnx, openvino]' --set 'bits=[W8A8, W4A4]'
    --set 'methods=[minmax, {name: lapq, p_count: 3}]' --set budget.evaluations=20)
asymmetric_grids_are_there() {
    calibrate "$small" "${asymmetric[@]}"
    for case in onnx-W8A8 onnx-W4A4 openvino-W8A8 openvino-W4A4; do
        grep -q '"grid": "asymmetric"' "$work/run/cases/glyphs-$case-lapq/result.json" ||
            fail "$case has no asymmetric grid"
    done
}
check 1 asymmetric_grids_are_there
check 1 "asymmetric grids give their digits" same asymmetric "$small" "${asymmetric[@]}"
check 2 "asymmetric grids give the same digits" same asymmetric "$small" "${asymmetric[@]}"
check 3 "asymmetric grids give the same digits without memory" \
    same asymmetric "$small" "${asymmetric[@]}" --set memory=0
for kernel in avx2 scalar; do
    check 1 "asymmetric grids give the same digits with the kernels $kernel" \
        same asymmetric "$small" "${asymmetric[@]}" --set kernel=$kernel
done

# ---- work -------------------------------------------------------------------------------------

macs=$(macs_of examples/glyphs/glyphs.onnx)

evaluations_are_counted_as_whole_ones() { # MEMORY
    local case
    calibrate "$small" --set bits=W4A4 --set "memory=$1"
    for case in glyphs-paper-W4A4-{minmax,mmse,lapq} glyphs-onnx-W4A4-lapq; do
        expect_whole_evaluations "$case" 44 "$macs"
    done
}

share_of_search() { phases glyphs-onnx-W4A4-lapq | awk '$1 ~ /joint-search/ { print ($4 > 0.3 * ($3 + $4)) }'; }

measuring_spares_no_evaluation() {
    evaluations_are_counted_as_whole_ones 2GiB
    [ "$(share_of_search)" -eq 1 ] || fail "the search avoids too little"
    for case in glyphs-paper-W4A4-{minmax,mmse}; do
        phases "$case" | grep -vq ' 0 0$' && fail "$case avoids work: $(phases "$case")"
    done
    [ "$(grep -c 'multiply-adds avoided' "$work/out")" -eq 2 ] || fail "others avoid work than the searches"
}
check 1 measuring_spares_no_evaluation
check 3 measuring_spares_no_evaluation

without_memory_all_multiply_adds_run() {
    evaluations_are_counted_as_whole_ones 0
    expect_not_in "$work/out" "multiply-adds avoided"
}
check 1 without_memory_all_multiply_adds_run
check 3 without_memory_all_multiply_adds_run

# ---- probes that are dropped ------------------------------------------------------------------

contests=$here/contests.yaml
check 1 "searches that drop probes give their digits" same contests "$contests"
check 2 "searches that drop probes give the same digits" same contests "$contests"
check 3 "searches that drop probes give the same digits without memory" \
    same contests "$contests" --set memory=0
check 5 "searches that drop probes give the same digits" same contests "$contests"
for kernel in auto avx2 scalar; do
    check 1 "searches that drop probes give the same digits with the kernels $kernel" \
        same contests_of_kernels "$contests" --set kernel=$kernel --set bits=W4A4 \
        --set budget.evaluations=30
done

what_is_dropped_is_told_apart() {
    local case
    calibrate "$contests"
    for case in glyphs-paper-{W4A4,W3A3}-{lapq,sooner,all}; do
        expect_whole_evaluations "$case" 212 "$macs"
    done
    for case in glyphs-paper-{W4A4,W3A3}-{lapq,sooner}; do
        phases "$case" | awk '$1 ~ /joint-search/ { exit !($5 > 0.2 * ($3 + $4 + $5)) }' ||
            fail "$case drops too little: $(phases "$case")"
    done
    phases glyphs-paper-W4A4-all | grep -vq ' 0$' && fail "something is dropped: $(phases glyphs-paper-W4A4-all)"
    [ "$(grep -c 'of the multiply-adds dropped' "$work/out")" -eq 4 ] || fail "it is not told"
}
check 1 what_is_dropped_is_told_apart
check 3 what_is_dropped_is_told_apart

# ---- kernels ----------------------------------------------------------------------------------

# The scalar kernels are slow, so this is less work.
with_kernel() {
    needs_kernels "$1"
    same kernels "$small" --set "kernel=$1" --set 'bits=[W4A4, W8A8]' \
        --set 'methods=[minmax, {name: lapq, p_count: 3}]' --set budget.evaluations=20
}
for kernel in avx512vnni avx512 avxvnni avx2 scalar; do
    check 1 "the digits are the same with the kernels $kernel" with_kernel $kernel
done

other="bias correction, independent steps, reference search, folded batch norm"
check 1 "$other give their digits" same settings "$settings"
check 3 "$other give the same digits" same settings "$settings"

check 1 "every clip rule gives its digits" same rules "$rules"
check 3 "every clip rule gives the same digits" same rules "$rules"
check 2 "every clip rule gives the same digits without memory" \
    same rules "$rules" --set memory=0

check 1 "every start and both searches give their digits" same starts "$starts"
check 3 "every start and both searches give the same digits" same starts "$starts"
check 2 "every start and both searches give the same digits without memory" \
    same starts "$starts" --set memory=0

steps_of_seed() { # SEED
    calibrate "$starts" --set "seed=$1" --set "out=$work/$1" \
        --set 'methods=[{name: lapq, start: random, sweeps: 0}]'
    digits "$work/$1" | grep step_hex >"$work/steps.$1"
    [ -s "$work/steps.$1" ] || fail "there are no steps"
}
another_seed_starts_elsewhere() {
    steps_of_seed 1
    steps_of_seed 2
    ! cmp -s "$work/steps.1" "$work/steps.2" || fail "the steps are the same"
}
check 1 another_seed_starts_elsewhere

check 1 "a single block of samples gives its digits" \
    same one_block "$small" "${one_case[@]}" --set block=64
check 3 "more ranks than blocks give the same digits" \
    same one_block "$small" "${one_case[@]}" --set block=64

unseen_samples="losses to float, held-out samples and batch norms measured again"
check 1 "$unseen_samples give their digits" same unseen "$unseen"
check 2 "$unseen_samples give the same digits" same unseen "$unseen"
check 5 "$unseen_samples give the same digits" same unseen "$unseen"
check 3 "$unseen_samples give the same digits without memory" \
    same unseen "$unseen" --set memory=0

codes=$here/codes.yaml
throughout="all activations, a rounded output and no layer in float"
check 1 "$throughout give their digits" same codes "$codes"
check 3 "$throughout give the same digits" same codes "$codes"
check 2 "$throughout give the same digits without memory" same codes "$codes" --set memory=0
check 5 "$throughout give the same digits with a little memory" \
    same codes "$codes" --set memory=1MiB
codes_with_kernel() {
    needs_kernels "$1"
    same codes "$codes" --set "kernel=$1"
}
for kernel in avx2 scalar; do
    check 1 "$throughout give the same digits with the kernels $kernel" codes_with_kernel $kernel
done

# Behind a Clip from 0 to 0.5 codes end where it does, wherever a step comes from.
largest_unsigned_step() { # CASE
    awk '/"grid": "unsigned"/ {of = 1} of && /"step":/ {gsub(/[^0-9.e-]/, "", $2)
             if ($2 + 0 > most) most = $2 + 0; of = 0} END {printf "%.9g", most}' "$1/result.json"
}
steps_stay_within_clamps() {
    local case step
    calibrate "$starts" --set models.0.network="$inputs/clamped.onnx" --set targets=onnx \
        --set bits=W8A8 --set 'methods=[minmax, {name: percentile, percentile: 90}, kld,
            {name: lapq, start: random}, {name: lapq, p_count: 3},
            {name: lapq, p_count: 3, search: coordinate, line_search: reference}]'
    for case in "$work"/run/cases/*; do
        step=$(largest_unsigned_step "$case")
        awk -v step="$step" 'BEGIN {exit !(step > 0 && 255 * step <= 0.5)}' ||
            fail "$case: a step of $step is beyond 0.5 / 255"
    done
}
check 1 steps_stay_within_clamps

# One pixel far beyond all others hides nothing of them, wherever it is counted.
clips_of_input() { # DATA ARGUMENTS...
    calibrate "$rules" --set models.0.calibration.samples=all \
        --set "models.0.calibration.file=$inputs/$1" --set targets=paper --set bits=W8A8 \
        --set 'methods=[{name: percentile, percentile: 99},
            {name: percentile, percentile: 90, layerwise: independent}, kld,
            {name: kld, layerwise: independent}]' "${@:2}"
    grep -h -A 8 '"tensor": "input"' "$work"/run/cases/*/result.json | grep '"clip":' |
        tr -dc '0-9.e\n-' >"$work/clips.$1"
    [ "$(wc -l <"$work/clips.$1")" -eq 4 ] || fail "there are not four clips"
}
far_outliers_leave_clips() {
    clips_of_input same-in-float.h5
    rm -r "$work/run"
    clips_of_input far-outlier.h5
    paste "$work/clips.same-in-float.h5" "$work/clips.far-outlier.h5" |
        awk '{difference = $1 - $2} difference * difference > 1e-4 * $1 * $1 {exit 1}' ||
        fail "clips: $(cat "$work/clips.far-outlier.h5"); without outlier: $(
            cat "$work/clips.same-in-float.h5")"
}
check 1 far_outliers_leave_clips
check 3 far_outliers_leave_clips
digits_of_far_outlier() {
    clips_of_input far-outlier.h5
    digits "$work/run" >"$work/digits"
    [ -e "$scratch/digits.outlier" ] || cp "$work/digits" "$scratch/digits.outlier"
    expect_same "$scratch/digits.outlier" "$work/digits"
}
check 1 "a far outlier has its digits" digits_of_far_outlier
check 3 "a far outlier has the same digits" digits_of_far_outlier
check 2 "a far outlier has the same digits" digits_of_far_outlier
