# shellcheck shell=bash disable=SC2154,SC2034,SC2016  # names of harness.sh; ${HERE} is for calq
# resume.sh - a run that died, was stopped or is done is run again: the digits are those of a run that
# nothing disturbed, and nothing is computed twice.

one_case=(--set bits=W4A4 --set targets=paper --set 'methods=[{name: lapq, p_count: 4}]')
one_id=glyphs-paper-W4A4-lapq

# Prints what tells whether a file was written again.
files() { # PATTERN
    # shellcheck disable=SC2086  # it is a pattern
    (cd "$work/run/cases" && stat -c '%n %i %Y' $1) || fail "there is no $1"
}

# The last run has the digits of this NAME; the first such run is the measure.
same_as() { # NAME
    local measure=$scratch/digits.$1
    digits "$work/run" >"$work/digits"
    [ -e "$measure" ] || cp "$work/digits" "$measure"
    expect_same "$measure" "$work/digits"
}

# ---- kills ----------------------------------------------------------------------------------

check 1 "a run that nothing disturbs gives the digits to compare with" same small "$small"

a_run_killed_again_and_again_ends_with_the_same_digits() {
    local bytes
    for bytes in 1 2500 2500; do killed_after run $bytes "$small" "${slowly[@]}" || fail "it has ended already"; done
    for bytes in 10000 15000; do
        killed_after run $bytes "$small" || fail "it has ended already"
        [ -z "$(find "$work/run" -name '*.json' -size 0 2>/dev/null)" ] || fail "a result is empty"
    done
    calibrate "$small"
    same_as small
    expect_whole_evaluations glyphs-paper-W8A8-lapq 44 "$(macs_of examples/glyphs/glyphs.onnx)"
}
check 1 a_run_killed_again_and_again_ends_with_the_same_digits
check 3 a_run_killed_again_and_again_ends_with_the_same_digits

a_killed_search_that_drops_probes_goes_on() {
    local bytes
    for bytes in 1 20000 60000 20000; do killed_after run $bytes "$here/contests.yaml" "${slowly[@]}" || fail "it has ended already"; done
    calibrate "$here/contests.yaml"
    same_as contests
    expect_whole_evaluations glyphs-paper-W4A4-lapq 212 "$(macs_of examples/glyphs/glyphs.onnx)"
}
check 1 "a search that drops probes gives the digits to compare with" same contests "$here/contests.yaml"
check 1 a_killed_search_that_drops_probes_goes_on
check 3 a_killed_search_that_drops_probes_goes_on

a_killed_run_goes_on_with_other_ranks_memory_and_kernels() {
    killed_after run 20000 "$small" || fail "it has ended already"
    ranks=2
    killed_after run 15000 "$small" --set memory=0 || fail "it has ended already"
    ranks=1
    calibrate "$small" --set kernel=scalar --set memory=2MiB
    same_as small
}
check 1 a_killed_run_goes_on_with_other_ranks_memory_and_kernels

# ---- what is there is not computed again ------------------------------------------------------

a_finished_run_computes_nothing() {
    calibrate "$small"
    cp "$work/out" "$work/first"
    cp "$work/run/results.csv" "$work/first.csv"
    files '*/*' >"$work/before"
    calibrate "$small"
    files '*/*' >"$work/after"
    expect_same "$work/before" "$work/after"
    expect_same "$work/first" "$work/out"
    expect_same "$work/first.csv" "$work/run/results.csv"
    expect_in "$work/log" "24 of 24 cases are done already"
}
check 1 a_finished_run_computes_nothing
check 3 a_finished_run_computes_nothing

only_the_case_that_is_missing_is_computed() {
    calibrate "$small" --set targets=paper
    digits "$work/run" >"$work/first"
    rm -r "$work/run/cases/$one_id"
    files '*/*' >"$work/before"
    calibrate "$small" --set targets=paper
    files '*/*' | grep -v "^$one_id/" >"$work/after"
    expect_same "$work/before" "$work/after"
    expect_in "$work/log" "11 of 12 cases are done already"
    digits "$work/run" >"$work/second"
    expect_same "$work/first" "$work/second"
}
check 1 only_the_case_that_is_missing_is_computed

# What evaluations took, but for the time.
work_of_evaluations() { grep -hE '"(layers|epilogues|macs)_[a-z]+":' "$work"/run/cases/*/result.json; }

answers_in_the_journals_are_not_computed_again() {
    calibrate "$small"
    work_of_evaluations >"$work/first"
    rm "$work"/run/cases/*/result.json
    files '*/journal' >"$work/before"
    calibrate "$small"
    files '*/journal' >"$work/after"
    expect_same "$work/before" "$work/after"
    work_of_evaluations >"$work/second"
    expect_same "$work/first" "$work/second"
    same_as small
}
check 1 answers_in_the_journals_are_not_computed_again
check 3 answers_in_the_journals_are_not_computed_again

check 1 "a run with batch norms measured again gives its digits" same unseen "$unseen"
batch_norms_and_warnings_come_from_the_journals_too() {
    calibrate "$unseen"
    grep '  note: ' "$work/out" >"$work/first"
    rm "$work"/run/cases/*/result.json
    files '*/journal' >"$work/before"
    calibrate "$unseen"
    files '*/journal' >"$work/after"
    expect_same "$work/before" "$work/after"
    grep '  note: ' "$work/out" >"$work/second"
    expect_same "$work/first" "$work/second"
    same_as unseen
}
check 1 batch_norms_and_warnings_come_from_the_journals_too
check 3 batch_norms_and_warnings_come_from_the_journals_too

the_table_can_grow() {
    calibrate "$small" --set targets=paper --set bits=W4A4
    files '*/*' >"$work/before"
    calibrate "$small"
    files '*-paper-W4A4-*/*' >"$work/after"
    expect_same "$work/before" "$work/after"
    [ "$(wc -l <"$work/run/results.csv")" -eq 25 ] || fail "results.csv has not all cases"
    same_as small
}
check 1 the_table_can_grow

# ---- CPU seconds ----------------------------------------------------------------------------------

# Prints those that all cases took.
cpu_seconds() {
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "cpu_seconds") column = i }
        NR > 1 { sum += $column }
        END { print sum }' "$work/run/results.csv"
}

expect_that() { # EXPRESSION
    awk "BEGIN { exit !($1) }" || fail "it is not so that $1"
}

results_that_are_made_again_tell_what_their_answers_took() {
    local first second
    calibrate "$small" "${one_case[@]}" "${slowly[@]}" --set budget.evaluations=200
    first=$(cpu_seconds)
    rm "$work"/run/cases/*/result.json
    calibrate "$small" "${one_case[@]}" "${slowly[@]}" --set budget.evaluations=200
    second=$(cpu_seconds)
    expect_that "$second > 0.9 * $first"
    expect_that "$second < 1.5 * $first"
}
check 1 results_that_are_made_again_tell_what_their_answers_took
check 3 results_that_are_made_again_tell_what_their_answers_took

# Prints the CPU seconds that a process took, from its start to its end.
seconds_of_process() { awk '{ print $1 + $2 }' "$work/times"; }

# The process opens MPI, too, and answers that it was about to give are lost.
a_run_that_goes_on_counts_the_seconds_of_all_starts() {
    local TIMEFORMAT='%U %S' first second
    { time calq run "$small" "${one_case[@]}" "${slowly[@]}" --set "out=$work/run" \
        --set budget.run_seconds=2 --set methods.0.sweeps=1000; } 2>"$work/times"
    expect_code 75
    first=$(seconds_of_process)
    { time calibrate "$small" "${one_case[@]}" "${slowly[@]}" --set methods.0.sweeps=1000 \
        --set budget.evaluations=500; } 2>"$work/times"
    second=$(seconds_of_process)
    expect_in "$work/log" "goes on from"
    expect_that "$(cpu_seconds) > $second + 0.5 * $first"
    expect_that "$(cpu_seconds) < $second + $first"
}
check 1 a_run_that_goes_on_counts_the_seconds_of_all_starts

# ---- damage ---------------------------------------------------------------------------------

damaged_journals_are_gone_on_from_where_they_are_sound() {
    local journal size
    calibrate "$small"
    rm "$work"/run/cases/*/result.json
    for journal in "$work"/run/cases/*/journal; do
        size=$(wc -c <"$journal")
        case $journal in
        *-lapq/*) printf '\377' | dd of="$journal" bs=1 seek=$((size * 2 / 3)) conv=notrunc ;;
        *-mmse/*) truncate -s $((size - 3)) "$journal" ;;
        *) head -c 5000 /dev/zero >>"$journal" ;;
        esac 2>/dev/null
    done
    calibrate "$small"
    expect_in "$work/log" "the journal's damaged end, 5000 bytes, is cut off"
    same_as small
}
check 1 damaged_journals_are_gone_on_from_where_they_are_sound

a_result_that_is_not_whole_is_made_again() {
    calibrate "$small" "${one_case[@]}"
    same_as one_case
    truncate -s 1000 "$work/run/cases/$one_id/result.json"
    calibrate "$small" "${one_case[@]}"
    same_as one_case
}
check 1 a_result_that_is_not_whole_is_made_again

# ---- the state of a result ------------------------------------------------------------------------

measured=(--set targets=onnx --set bits=W4A4 --set 'methods=[{name: mmse,
    bias_correction: empirical, bias_correction_accept: always,
    reestimate_batchnorm: after, reestimate_accept: always}]')

is_refused() { # CASE SENTENCE
    calq export "$1" -o "$work/other.onnx"
    expect_code 4
    expect_told "$2"
    calq verify "$work/one.onnx" --against "$1"
    expect_code 4
    expect_told "$2"
}

# Export and verify tell it, and a run writes it again, from the journal.
a_state_that_is_not_whole_is_told_and_made_again() { # SENTENCE COMMAND...
    local case sentence=$1 work_before
    shift
    calibrate "$small" "${measured[@]}"
    case=$(echo "$work"/run/cases/*)
    calq export "$case" -o "$work/one.onnx"
    expect_code 0
    cp "$case/state" "$work/whole"
    work_before=$(grep -c bias_shift "$case/state")
    [ "$work_before" -gt 0 ] || fail "no biases were measured"
    "$@" "$case/state"
    is_refused "$case" "$sentence"
    calibrate "$small" "${measured[@]}"
    expect_in "$work/log" "goes on from"
    expect_same "$work/whole" "$case/state"
    calq export "$case" -o "$work/other.onnx"
    expect_code 0
    expect_same "$work/one.onnx" "$work/other.onnx"
}
of_another_calq() { echo "calq state 9" >"$1"; }
of_another_result() {
    calibrate "$small" --set 'methods=[minmax]' --set targets=onnx --set bits=W4A4 --set "out=$work/another"
    cp "$work"/another/cases/*/state "$1"
}
check 1 "a state that is missing is told and made again" \
    a_state_that_is_not_whole_is_told_and_made_again "state: No such file" rm
check 1 "a state that is cut is told and made again" \
    a_state_that_is_not_whole_is_told_and_made_again "state is damaged" truncate -s 1000
check 1 "a state with another digit is told and made again" \
    a_state_that_is_not_whole_is_told_and_made_again "state is damaged" sed -i '3s/0x1/0x2/'
check 1 "a state of another calq is told and made again" \
    a_state_that_is_not_whole_is_told_and_made_again "state is no state, or that of another calq" \
    of_another_calq
check 1 "a state of another result is told and made again" \
    a_state_that_is_not_whole_is_told_and_made_again \
    "is not the state that the result.json beside it" of_another_result

results_of_earlier_versions_stay_done_and_are_not_exported() {
    local case
    calibrate "$small" "${measured[@]}"
    case=$(echo "$work"/run/cases/*)
    calq export "$case" -o "$work/one.onnx"
    expect_code 0
    sed -i 's/"state": "/"earlier": "/' "$case/result.json"
    rm "$case/state"
    is_refused "$case" "was found by an earlier calq"
    calibrate "$small" "${measured[@]}"
    expect_in "$work/log" "1 of 1 cases are done already"
    rm "$case"/{result.json,journal}
    calibrate "$small" "${measured[@]}"
    calq verify "$work/one.onnx" --against "$case"
    expect_code 0
}
check 1 results_of_earlier_versions_stay_done_and_are_not_exported

a_file_that_is_no_journal_is_refused() {
    mkdir -p "$work/run/cases/$one_id"
    cp "$small" "$work/run/cases/$one_id/journal"
    calq run "$small" "${one_case[@]}" --set "out=$work/run"
    expect_code 8
    expect_told "$one_id/journal is no journal of calq, or its beginning is damaged"
    expect_same "$small" "$work/run/cases/$one_id/journal"
}
check 1 a_file_that_is_no_journal_is_refused
check 3 a_file_that_is_no_journal_is_refused

# ---- other settings, other files -----------------------------------------------------------------

# Refused, with the difference, and nothing is touched.
differs() { # CODE SENTENCE ARGUMENTS...
    find "$work/run" -type f ! -name lock -exec md5sum {} + | sort >"$work/before"
    calq run --set "out=$work/run" "${@:3}"
    expect_code "$1"
    expect_told "$2"
    find "$work/run" -type f ! -name lock -exec md5sum {} + | sort >"$work/after"
    expect_same "$work/before" "$work/after"
}

a_run_with_other_settings_is_refused_with_the_difference() {
    calibrate "$small" "${one_case[@]}"
    differs 3 "cases/$one_id/journal was written with \`block: 8\`, this run has \`block: 16\`" \
        "$small" "${one_case[@]}" --set block=16
    differs 3 '`method.p_count: 4`, this run has `method.p_count: 5`; choose another `out`, or remove' \
        "$small" "${one_case[@]}" --set methods.0.p_count=5
    differs 3 '`model.calibration.samples: 44`, this run has `model.calibration.samples: 43`' \
        "$small" "${one_case[@]}" --set models.0.calibration.samples=43
    differs 3 '`name: small`, this run has `name: other`' "$small" "${one_case[@]}" --set name=other
    rm "$work/run/cases/$one_id/journal"
    differs 3 "cases/$one_id/result.json was written with \`block: 8\`" \
        "$small" "${one_case[@]}" --set block=16
}
check 1 a_run_with_other_settings_is_refused_with_the_difference
check 3 a_run_with_other_settings_is_refused_with_the_difference

a_run_with_other_files_is_refused() {
    cp examples/glyphs/glyphs.onnx examples/glyphs/calibration.h5 "$work"
    export HERE=$work
    calibrate "$small" "${one_case[@]}" --set 'models.0.network=${HERE}/glyphs.onnx' \
        --set 'models.0.calibration.file=${HERE}/calibration.h5'
    calibrate "$small" "${one_case[@]}" # the same content elsewhere
    differs 4 "journal was written with \`network: content " "$small" "${one_case[@]}" \
        --set "models.0.network=$inputs/another.onnx"
    differs 4 "journal was written with \`calibration: content " "$small" "${one_case[@]}" \
        --set "models.0.calibration.file=$inputs/same-in-float.h5"
}
check 1 a_run_with_other_files_is_refused

settings_that_change_no_digit_may_differ() {
    calibrate "$small" "${one_case[@]}"
    files '*/*' >"$work/before"
    calibrate "$small" "${one_case[@]}" --set memory=0 --set kernel=scalar --set overlap=allow \
        --set models.0.metric=top5
    files '*/*' >"$work/after"
    expect_same "$work/before" "$work/after"
    expect_in "$work/run/results.csv" ",top5,"
}
check 1 settings_that_change_no_digit_may_differ

results_of_overlapping_samples_are_refused_when_overlap_is() {
    local overlapping=("$small" "${one_case[@]}" --set \
        "models.0.validation={file: examples/glyphs/calibration.h5, samples: 32..99}")
    calibrate "${overlapping[@]}" --set overlap=allow
    calq run "${overlapping[@]}" --set "out=$work/run"
    expect_code 4
    expect_told "12 validation samples are calibration samples too"
    calibrate "${overlapping[@]}" --set overlap=allow
    expect_in "$work/log" "1 of 1 cases are done already"
}
check 1 results_of_overlapping_samples_are_refused_when_overlap_is

# ---- one calq at a time ---------------------------------------------------------------------------

a_second_calq_is_told_who_runs_here() {
    local pid
    "$program" run --set "out=$work/run" "$small" >/dev/null 2>&1 &
    pid=$!
    await $pid is_locked || fail "the first calq has ended already"
    kill -STOP $pid # it is there as long as needed
    calq run --set "out=$work/run" "$small"
    kill -CONT $pid || fail "the first calq has ended already"
    expect_code 8
    expect_told "$work/run/lock is held by process $pid on "
    expect_in "$work/log" "UTC; wait for its end, or choose another \`out\`"
    wait $pid || fail "the first calq was disturbed"
    same_as small
}
check 1 a_second_calq_is_told_who_runs_here
check 3 a_second_calq_is_told_who_runs_here

# ---- budgets ------------------------------------------------------------------------------------

with_budget() { calibrate "$small" "${one_case[@]}" --set "budget.evaluations=$1"; }
check 1 "twenty evaluations give their digits" same twenty "$small" "${one_case[@]}" \
    --set budget.evaluations=20
check 1 "forty evaluations give their digits" same forty "$small" "${one_case[@]}" \
    --set budget.evaluations=40

a_budget_can_be_changed() {
    with_budget 20
    same_as twenty
    with_budget 40 # goes on
    expect_in "$work/log" "goes on from"
    same_as forty
    with_budget 40
    expect_in "$work/log" "1 of 1 cases are done already"
    with_budget 20 # ends earlier
    same_as twenty
}
check 1 a_budget_can_be_changed
check 3 a_budget_can_be_changed

a_budget_that_was_not_spent_can_be_raised_for_nothing() {
    with_budget 4000
    files '*/*' >"$work/before"
    with_budget 5000
    files '*/*' >"$work/after"
    expect_same "$work/before" "$work/after"
}
check 1 a_budget_that_was_not_spent_can_be_raised_for_nothing

seconds_end_a_search_with_the_best_so_far() { # SECONDS
    local result="$work/run/cases/$one_id/result.json"
    calibrate "$small" "${one_case[@]}" "${slowly[@]}" --set methods.0.sweeps=1000 \
        --set "budget.seconds=$1"
    expect_in "$result" '"ended": "all seconds spent"'
    expect_in "$result" '"spent": true'
    expect_in "$work/out" "the search was ended after its $1 seconds (budget: seconds)"
    digits "$work/run" >"$work/first"
    calibrate "$small" "${one_case[@]}" --set methods.0.sweeps=1000 --set "budget.seconds=$1"
    expect_in "$work/log" "1 of 1 cases are done already"
    calibrate "$small" "${one_case[@]}" --set methods.0.sweeps=1000 --set budget.seconds=0 \
        --set budget.evaluations=200
    expect_in "$work/log" "goes on from"
    expect_not_in "$result" "all seconds spent"
}
check 1 "seconds that end with the first p leave the best so far" \
    seconds_end_a_search_with_the_best_so_far 0.001
check 1 "seconds that end in the search leave the best so far" \
    seconds_end_a_search_with_the_best_so_far 0.8
check 3 "seconds that end in the search leave the best so far" \
    seconds_end_a_search_with_the_best_so_far 0.8

a_run_whose_time_is_over_stops_and_goes_on() {
    for _ in 1 2; do
        calq run "$small" "${slowly[@]}" --set "out=$work/run" --set budget.run_seconds=0.6
        expect_code 75
        expect_told "the time of this run is over: "
        expect_in "$work/log" " of 24 cases are done; run again to go on"
    done
    calibrate "$small"
    same_as small
}
check 1 a_run_whose_time_is_over_stops_and_goes_on
check 3 a_run_whose_time_is_over_stops_and_goes_on

# ---- which cases, in which order ------------------------------------------------------------------

the_longest_case_runs_first_and_the_table_keeps_its_order() {
    calibrate "$small" --set targets=paper --set bits=W8A8
    [ "$(head -n 1 "$work/log")" = "glyphs-paper-W8A8-lapq: done; 1 of 3 cases are done" ] ||
        fail "another case runs first"
    [ "$(grep -o '^glyphs-paper[^ ]*' "$work/out" | tr '\n' ' ')" = \
        "glyphs-paper-W8A8-minmax glyphs-paper-W8A8-mmse glyphs-paper-W8A8-lapq " ] ||
        fail "the table has another order"
    [ "$(cut -d, -f5 "$work/run/results.csv" | tr '\n' ' ')" = "method minmax mmse lapq " ] ||
        fail "results.csv has another order"
}
check 1 the_longest_case_runs_first_and_the_table_keeps_its_order

cases_that_fit_an_entry_of_exclude_are_left_out() {
    calibrate "$small" --set targets=paper \
        --set 'exclude=[{bits: "W*A4", method: "m*"}, {bits: W4A32}]'
    [ "$(cut -d, -f1 "$work/run/results.csv" | tr '\n' ' ')" = \
        "case glyphs-paper-W4A4-lapq glyphs-paper-W8A8-minmax glyphs-paper-W8A8-mmse $(
        )glyphs-paper-W8A8-lapq glyphs-paper-W32A4-lapq " ] || fail "there are other cases"
    calq run "$small" --dry-run --set 'exclude=[{method: kld}]'
    expect_code 3
    expect_told "exclude: entry 1 fits no case"
}
check 1 cases_that_fit_an_entry_of_exclude_are_left_out
check 3 cases_that_fit_an_entry_of_exclude_are_left_out

# ---- disks --------------------------------------------------------------------------------------

a_full_disk_is_told_and_the_run_goes_on_when_there_is_room() {
    mkdir "$work/disk"
    mount -t tmpfs -o size=80k none "$work/disk" 2>/dev/null || skip "only root can mount a small disk"
    calq run "$small" --set "out=$work/disk/run"
    cp -r "$work/disk/run" "$work/run"
    umount "$work/disk"
    expect_code 8
    expect_told "No space left on device"
    [ -z "$(find "$work/run" -name '*.draft')" ] || fail "there is a draft"
    calibrate "$small"
    same_as small
}
check 1 a_full_disk_is_told_and_the_run_goes_on_when_there_is_room
check 3 a_full_disk_is_told_and_the_run_goes_on_when_there_is_room

a_folder_that_may_not_be_written_is_told() {
    [ "$(id -u)" -ne 0 ] || skip "permissions do not bind root"
    calibrate "$small" --set targets=paper
    chmod 555 "$work/run"
    calq run "$small" --set "out=$work/run"
    chmod 755 "$work/run"
    expect_code 8
    expect_told "Permission denied"
    calibrate "$small"
    same_as small
}
check 1 a_folder_that_may_not_be_written_is_told
