# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# status.sh - what is told of a run directory, by one who only looks.

status_of_run() {
    calq status "$work/run"
    expect_code 0
    [ ! -s "$work/log" ] || fail "there is something on stderr"
}

expect_case() { # PATTERN
    grep -Eq "^glyphs-paper-$1" "$work/out" || fail "no line fits $1: $(cat "$work/out")"
}

a_finished_run_is_done() {
    calibrate "$small" --set targets=paper
    (cd "$work/run" && find . -printf '%p %i %T@\n' | sort) >"$work/before"
    status_of_run
    expect_in "$work/out" "$work/run: 12 of 12 cases are done"
    expect_case 'W4A4-minmax +done +[0-9.]+ +1 +- *$'
    (cd "$work/run" && find . -printf '%p %i %T@\n' | sort) >"$work/after"
    expect_same "$work/before" "$work/after"
}
check 1 a_finished_run_is_done

two_cases=("$small" --set targets=paper --set bits=W4A4 --set 'methods=[minmax, {name: lapq, p_count: 4}]'
    --set budget.evaluations=30)

# Starts a run that takes its time.
start_run() {
    "$program" run "${two_cases[@]}" "${slowly[@]}" --set "out=$work/run" >"$work/run.out" 2>"$work/run.log" &
    run=$!
}

tells_progress() {
    [ -e "$work/run/config.yaml" ] || return
    status_of_run
    grep -Eq '^glyphs-paper-W4A4-lapq +running +[0-9.]+ +[0-9]+ +[0-9.]+ ' "$work/out"
}

# The best loss of what was stopped is in its journal.
a_case_that_was_stopped_is_interrupted_and_those_behind_it_wait() {
    start_run
    await $run tells_progress || fail "the run has ended already"
    kill -TERM $run
    wait $run
    code=$?
    expect_code 75
    status_of_run
    expect_in "$work/out" "0 of 2 cases are done, 1 interrupted, 1 waiting"
    expect_case 'W4A4-lapq +interrupted +[0-9.]+ +[1-9][0-9]* +-( +[0-9].*| *)$'
    expect_case 'W4A4-minmax +waiting +- +0 +-'
}
check 1 a_case_that_was_stopped_is_interrupted_and_those_behind_it_wait

a_run_that_goes_on_is_seen_and_not_disturbed() {
    start_run
    await $run tells_progress || fail "the run failed: $(cat "$work/run.log")"
    expect_case 'W4A4-lapq +running'
    expect_in "$work/out" "1 running, 1 waiting"
    expect_not_in "$work/out" "about 0 s" # a few evaluations do not tell how fast it goes
    for _ in $(seq 20); do status_of_run; done
    wait $run || fail "the run failed: $(cat "$work/run.log")"
    status_of_run
    expect_in "$work/out" "2 of 2 cases are done"
}
check 1 a_run_that_goes_on_is_seen_and_not_disturbed

a_case_that_has_failed_says_why_until_it_is_done() {
    calq run "$small" --set "out=$work/run" --set targets=paper --set bits=W4A4 --set budget.evaluations=3
    expect_code 7
    status_of_run
    expect_in "$work/out" "2 of 3 cases are done, 1 failed"
    expect_in "$work/out" "3 evaluations are too few for lapq"
    calibrate "$small" --set targets=paper --set bits=W4A4
    status_of_run
    expect_in "$work/out" "3 of 3 cases are done"
}
check 1 a_case_that_has_failed_says_why_until_it_is_done

a_directory_that_was_moved_and_whose_files_are_gone_still_tells() {
    cp examples/glyphs/glyphs.onnx "$work/gone.onnx"
    calibrate "$small" --set targets=paper --set bits=W4A4 --set "models.0.network=$work/gone.onnx"
    rm "$work/gone.onnx"
    mv "$work/run" "$work/moved"
    calq status "$work/moved"
    expect_code 0
    expect_in "$work/out" "$work/moved: 3 of 3 cases are done"
}
check 1 a_directory_that_was_moved_and_whose_files_are_gone_still_tells

refused() { # TEXT ARGUMENTS...
    calq status "${@:2}"
    expect_code 2
    expect_told "$1"
}
check 1 "status needs a run directory" refused "which run directory?"
check 1 "status of no run directory is refused" refused "no run has begun in no/such" no/such

a_case_that_is_named_stands_alone_and_a_misspelt_one_is_told_with_the_others() {
    local command
    calibrate "$small" --set targets=paper --set bits=W4A4
    calq status "$work/run/cases/glyphs-paper-W4A4-mmse"
    expect_code 0
    [ "$(grep -c '^glyphs-' "$work/out")" -eq 1 ] || fail "it tells of other cases"
    expect_case 'W4A4-mmse +done'
    for command in status "export -o $work/file" "verify $work/file --against"; do
        # shellcheck disable=SC2086  # the command has options
        calq $command "$work/run/cases/glyphs-paper-W4A4-mmes"
        expect_code 2
        expect_told 'has no case "glyphs-paper-W4A4-mmes"; it has: glyphs-paper-W4A4-mmse, glyphs-paper-W4A4-'
    done
    calq table "$work/runn"
    expect_code 2
    expect_told "; run directories in $work: run"
}
check 1 a_case_that_is_named_stands_alone_and_a_misspelt_one_is_told_with_the_others

# On a terminal the log is two bars, which are redrawn; elsewhere it has neither bars nor escapes.
a_terminal_shows_bars_and_a_log_does_not() {
    command -v script >/dev/null || skip "there is no script"
    script -qec "'$program' run ${two_cases[0]} --set targets=paper --set bits=W4A4 --set kernel=scalar \
        --set 'methods=[{name: lapq, sweeps: 8}]' --set budget.evaluations=400 --set 'out=$work/seen'" \
        /dev/null </dev/null | tr '\r' '\n' >"$work/seen.txt"
    grep -Eq 'run  \[[#.]{20}\] 0 of 1 cases' "$work/seen.txt" || fail "there is no bar of the run"
    grep -Eq 'case \[[#.]{20}\] loss [0-9.]+, [0-9]+ evaluations?' "$work/seen.txt" ||
        fail "there is no bar of the case"
    calibrate "${two_cases[@]}"
    expect_not_in "$work/log" "[#"
    expect_not_in "$work/log" "$(printf '\033')"
}
check 1 a_terminal_shows_bars_and_a_log_does_not
