# shellcheck shell=bash disable=SC2154,SC2034,SC2086  # names of harness.sh; $pids are words
# stopping.sh - a run that is told to stop ends soon, on all ranks, with exit code 75, and goes on with
# the same digits when it is run again; one with a rank that is stuck ends with its name.

search=("$small" --set bits=W4A4 --set 'methods=[{name: lapq, p_count: 10, sweeps: 30}]'
    --set budget.evaluations=1500)
# The same with an end that is near, though not reached before it is disturbed.
short_search=("${search[@]}" --set targets=paper --set budget.evaluations=30)

# In bytes of answers: the search is under way.
some=6000

# ---- helpers ---------------------------------------------------------------------------------

# Starts calq in the background; every rank writes its process id and its exit code into $work.
begin() { # ARGUMENTS...
    local launcher=()
    # shellcheck disable=SC2206
    [ "$ranks" -eq 1 ] || launcher=($MPIRUN -n "$ranks")
    rm -f "$work"/pid.* "$work"/code.* "$work"/shell.*
    "${launcher[@]}" "$here/tell_rank" "$work" "$program" run \
        --set "out=$work/run" "$@" "${slowly[@]}" >"$work/out" 2>"$work/log" &
    launched=$!
    began=$(milliseconds)
}

# Waits until it has found so many more bytes of answers.
until_it_searches() { # [BYTES]
    await_answers "$launched" "${1:-$some}" || fail "it has ended already"
}

# After the evaluations of the p grid nothing but losses is asked for.
asks_for_losses() {
    "$program" status "$work/run" 2>/dev/null | awk '$2 == "running" && $4 > 10 { found = 1 } END { exit !found }'
}

pid_of() { cat "$work/pid.$1"; } # RANK

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# Sends signals one after the other.
send() { # TO SIGNAL...
    local to=$launched signal
    [ "$1" = launcher ] || to=$(pid_of "$1")
    shift
    began=$(milliseconds)
    for signal in "$@"; do kill -s "$signal" "$to"; done
}

# Waits for the end and takes the time since the signal.
await_end() {
    wait "$launched"
    code=$?
    took=$(($(milliseconds) - began))
}

expect_within() { # MILLISECONDS
    [ "$took" -lt "$1" ] || fail "the end came after $took ms"
}

# The launcher may end before the shells around the ranks have told. When the first rank has ended with
# a code, it ends all others, of which some may be killed before they tell; one has told.
expect_all_ranks_end_with() { # CODE
    local rank told=0 found
    for ((rank = 0; rank < ranks; rank++)); do
        wait_until_gone "$(cat "$work/shell.$rank")"
        found=$(cat "$work/code.$rank" 2>/dev/null)
        [ -z "$found" ] || told=$((told + 1))
        [ -z "$found" ] || [ "$found" = "$1" ] || fail "rank $rank ended with $found"
        wait_until_gone "$(pid_of $rank)"
    done
    [ $told -gt 0 ] || fail "no rank has told how it ended"
}

# A process that has ended may stay in the table for a moment.
is_gone() { # PID
    [ ! -e "/proc/$1" ] || grep -q '^State:\s*Z' "/proc/$1/status" 2>/dev/null || [ ! -e "/proc/$1" ]
}

wait_until_gone() { # PID
    local tries
    for ((tries = 0; tries < 1000; tries++)); do
        ! is_gone "$1" || return 0
        sleep 0.01
    done
    fail "process $1 is still there"
}

expect_gone() {
    local rank
    for ((rank = 0; rank < ranks; rank++)); do wait_until_gone "$(pid_of $rank)"; done
}

# It has the digits of a run that nothing disturbed.
expect_digits_of() { # NAME
    digits "$work/run" >"$work/digits"
    expect_same "$scratch/digits.$1" "$work/digits"
}

# Run again, it gives the digits of a run that nothing disturbed.
goes_on() {
    calibrate "${search[@]}"
    expect_digits_of stopping
}

check 1 "a run that nothing disturbs gives the digits to compare with" same stopping "${search[@]}"
check 1 "a short run that nothing disturbs gives the digits to compare with" \
    same short "${short_search[@]}"

# ---- signals --------------------------------------------------------------------------------

stops() { # TO SIGNAL...
    begin "${search[@]}"
    until_it_searches
    send "$@"
    await_end
    expect_code 75
    expect_within 5000
    expect_all_ranks_end_with 75
    expect_told ": stopped by SIG"
    expect_in "$work/log" "0 of 2 cases are done; run again to go on"
    goes_on
}
check 1 "SIGTERM stops a run, which goes on" stops 0 TERM
check 1 "SIGUSR1 stops a run, which goes on" stops 0 USR1
check 1 "SIGINT stops a run, which goes on" stops 0 INT
check 1 "SIGCONT before and after disturbs nothing" stops 0 CONT TERM CONT
check 3 "SIGTERM to the coordinating rank stops all" stops 0 TERM
check 3 "SIGUSR1 to another rank stops all" stops 2 USR1
check 3 "SIGTERM and SIGCONT to another rank stop all" stops 1 CONT TERM CONT
check 3 "SIGUSR1 to the launcher stops all" stops launcher USR1

# Two teams search, a third has nothing to do.
in_teams() { # RANKS_PER_CASE COMMAND...
    search+=(--set "ranks_per_case=$1")
    "${@:2}"
}
check 3 "SIGTERM to the first of three teams stops all" in_teams 1 stops 0 TERM
check 3 "SIGTERM to a working team stops all" in_teams 1 stops 1 TERM
check 3 "SIGUSR1 to an idle team stops all" in_teams 1 stops 2 USR1
check 4 "SIGTERM to a member of another team stops all" \
    in_teams 2 stops 3 TERM

# A launcher may answer SIGTERM with an exit code of its own, and end ranks that have yet to leave MPI;
# what they say last may not get through.
sigterm_to_the_launcher_stops_all() {
    begin "${search[@]}"
    until_it_searches
    send launcher TERM
    await_end
    [ "$code" -ne 0 ] || fail "the exit code is 0"
    expect_within 5000
    expect_gone
    goes_on
}
check 3 sigterm_to_the_launcher_stops_all

a_signal_to_all_ranks_stops_them() {
    begin "${search[@]}"
    until_it_searches
    began=$(milliseconds)
    kill -TERM $(cat "$work"/pid.*)
    kill -CONT $(cat "$work"/pid.*)
    await_end
    expect_code 75
    expect_within 5000
    expect_all_ranks_end_with 75
    goes_on
}
check 3 a_signal_to_all_ranks_stops_them

sigcont_alone_stops_nothing() {
    begin "${short_search[@]}"
    until_it_searches
    send 0 CONT CONT
    await_end
    expect_code 0
    expect_digits_of short
}
check 1 sigcont_alone_stops_nothing

a_run_stopped_again_and_again_gives_the_same_digits() {
    local time
    for time in 0 1 2 3; do
        begin "${search[@]}"
        until_it_searches 3000
        send $((time % ranks)) TERM
        await_end
        expect_code 75
    done
    goes_on
}
check 1 a_run_stopped_again_and_again_gives_the_same_digits
check 3 a_run_stopped_again_and_again_gives_the_same_digits

# ---- long evaluations -------------------------------------------------------------------------

# One evaluation takes longer than a run has time to end.
long_search() {
    [ -e "${CALQ_KIT:-}/cifar10/resnet44.onnx" ] || skip "CALQ_KIT has no cifar10/resnet44.onnx"
    search=("$here/long.yaml")
    slowly=() # it is long enough, and a block must not be
}

has_a_journal() { [ -n "$(find "$work/run" -name journal)" ]; }

# Waits until all is read and the first evaluation is under way.
until_it_works() {
    await "$launched" has_a_journal || fail "it has ended already"
    sleep 0.5
}

between_blocks() { # TO SIGNAL
    long_search
    begin "${search[@]}"
    until_it_works
    send "$@"
    await_end
    expect_code 75
    expect_within 5000
    expect_all_ranks_end_with 75
}
check 1 "a long evaluation is cut short" between_blocks 0 TERM
check 2 "a long evaluation is cut short" between_blocks 0 USR1
check 2 "a long evaluation is cut short on a wish of another rank" between_blocks 1 USR1

time_that_is_over_cuts_a_long_evaluation() {
    long_search
    search+=(--set budget.run_seconds=2)
    began=$(milliseconds)
    begin "${search[@]}"
    await_end
    expect_code 75
    expect_within 7000
    expect_told "the time of this run is over: 0 of 1 cases are done"
}
check 1 time_that_is_over_cuts_a_long_evaluation
check 2 time_that_is_over_cuts_a_long_evaluation

# ---- a second SIGINT ----------------------------------------------------------------------------

has_taken_signals() { # PID
    grep -q '^ShdPnd:\s*0*$' "/proc/$1/status"
}

a_second_sigint_ends_at_once() {
    long_search
    begin "${search[@]}" --set block=512 --set kernel=scalar
    until_it_works
    send 0 INT
    await "$launched" has_taken_signals "$(pid_of 0)" || fail "it has ended already"
    send 0 INT
    await_end
    [ "$(cat "$work/code.0")" -eq 130 ] || fail "it ended with $(cat "$work/code.0")"
    expect_within 1000
    expect_not_in "$work/log" "calq: "
}
check 1 a_second_sigint_ends_at_once

# ---- ranks that are stuck ------------------------------------------------------------------------

is_named() { # RANK SENTENCE
    begin "${search[@]}" --set stuck_after=2
    await "$launched" asks_for_losses || fail "it has ended already"
    send "$1" STOP
    await_end
    expect_code 8
    expect_within 4500
    expect_told "$2"
    expect_in "$work/log" "has not been heard of for 2 s (stuck_after); run again to go on"
    expect_gone
    wait_for_lock
    goes_on
}
check 2 "a rank that is stuck is named with what it was asked" is_named 1 \
    "rank 1 on $(hostname), asked to score candidates "
check 3 "a rank that is stuck is named with what it was asked" is_named 2 \
    "rank 2 on $(hostname), asked to score candidates "
check 3 "a coordinating rank that is stuck is named by another" is_named 0 \
    "rank 0 on $(hostname), which coordinates, "

check 3 "a team that is stuck is named by the first" in_teams 1 is_named 1 \
    "rank 1 on $(hostname), which coordinates, "
check 3 "the first team is named by others when it is stuck" in_teams 1 is_named 0 \
    "rank 0 on $(hostname), which coordinates, "

a_pause_of_a_rank_or_of_all_is_no_end() {
    local all
    begin "${short_search[@]}" --set stuck_after=2
    until_it_searches 3000
    all=$(cat "$work"/pid.*)
    kill -STOP "$(pid_of 1)" || fail "it has ended already"
    sleep 1
    kill -CONT "$(pid_of 1)"
    until_it_searches 1000
    kill -STOP $all || fail "it has ended already"
    sleep 3
    kill -CONT $all
    await_end
    expect_code 0
    expect_digits_of short
}
check 3 a_pause_of_a_rank_or_of_all_is_no_end

# It works for a tenth of the time.
slow_down() { # PID
    while kill -STOP "$1" 2>/dev/null; do
        sleep 0.27
        kill -CONT "$1" 2>/dev/null
        sleep 0.03
    done
}

a_rank_slowed_ten_times_finishes() {
    local slower
    begin "${short_search[@]}" --set stuck_after=2
    await "$launched" test -s "$work/pid.1" || fail "it has ended already"
    slow_down "$(pid_of 1)" &
    slower=$!
    await_end
    kill $slower 2>/dev/null
    expect_code 0
    expect_digits_of short
}
check 2 a_rank_slowed_ten_times_finishes
