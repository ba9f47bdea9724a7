# shellcheck shell=bash disable=SC2154,SC2034,SC2086  # names of harness.sh; $pids are words
# stopping.sh - a run that is told to stop ends soon, on all ranks, with exit code 75, and goes on with
# the same digits when it is run again; one with a rank that is stuck ends with its name.

search=("$small" --set bits=W4A4 --set 'methods=[{name: lapq, p_count: 10, sweeps: 30}]'
    --set budget.evaluations=1500)

# ---- helpers ---------------------------------------------------------------------------------

# Starts calq in the background; every rank writes its process id and its exit code into $work.
begin() { # ARGUMENTS...
    local launcher=()
    # shellcheck disable=SC2206
    [ "$ranks" -eq 1 ] || launcher=($MPIRUN -n "$ranks")
    rm -f "$work"/pid.* "$work"/code.*
    "${launcher[@]}" "$here/tell_rank" "$work" "$program" run \
        --set "out=$work/run" "$@" >"$work/out" 2>"$work/log" &
    launched=$!
    began=$(milliseconds)
}

# Waits until the first answers are in a journal, so that the search is on its way.
until_it_searches() {
    local tries=0
    until [ -n "$(find "$work/run" -name journal -size +"${1:-6}"k 2>/dev/null)" ]; do
        kill -0 "$launched" 2>/dev/null || fail "it has ended already"
        [ $((tries += 1)) -lt 3000 ] || fail "there is no journal"
        sleep 0.01
    done
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
    local rank tries told=0 found
    for ((rank = 0; rank < ranks; rank++)); do
        for ((tries = 0; tries < 30; tries++)); do
            [ ! -s "$work/code.$rank" ] || break
            sleep 0.1
        done
        found=$(cat "$work/code.$rank" 2>/dev/null)
        [ -z "$found" ] || told=$((told + 1))
        [ -z "$found" ] || [ "$found" = "$1" ] || fail "rank $rank ended with $found"
        is_gone "$(pid_of $rank)" || fail "rank $rank is still there"
    done
    [ $told -gt 0 ] || fail "no rank has told how it ended"
}

# A process that has ended may stay in the table for a moment.
is_gone() { # PID
    [ ! -e "/proc/$1" ] || grep -q '^State:\s*Z' "/proc/$1/status" 2>/dev/null || [ ! -e "/proc/$1" ]
}

expect_gone() {
    local rank tries
    for ((rank = 0; rank < ranks; rank++)); do
        for ((tries = 0; tries < 100; tries++)); do
            ! is_gone "$(pid_of $rank)" || continue 2
            sleep 0.01
        done
        fail "rank $rank is still there"
    done
}

# Run again, it gives the digits of a run that nothing disturbed.
goes_on() {
    calibrate "${search[@]}"
    digits "$work/run" >"$work/digits"
    expect_same "$scratch/digits.stopping" "$work/digits"
}

check 1 "a run that nothing disturbs gives the digits to compare with" same stopping "${search[@]}"

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
    begin "${search[@]}"
    until_it_searches
    send 0 CONT CONT
    await_end
    expect_code 0
    digits "$work/run" >"$work/digits"
    expect_same "$scratch/digits.stopping" "$work/digits"
}
check 1 sigcont_alone_stops_nothing

a_run_stopped_again_and_again_gives_the_same_digits() {
    local size
    for size in 6 15 25 35; do
        begin "${search[@]}"
        until_it_searches $size
        sleep 0.1
        send $((size % ranks)) TERM
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
}

between_blocks() { # TO SIGNAL
    long_search
    begin "${search[@]}"
    until [ -s "$work/run/lock" ]; do sleep 0.01; done
    sleep 2
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

a_second_sigint_ends_at_once() {
    long_search
    begin "${search[@]}" --set block=512
    until [ -s "$work/run/lock" ]; do sleep 0.01; done
    sleep 1
    send 0 INT
    sleep 0.1
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
    until_it_searches 40
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
    "rank 1 on $(hostname), asked to score candidates on the calibration samples, "
check 3 "a rank that is stuck is named with what it was asked" is_named 2 \
    "rank 2 on $(hostname), asked to score candidates on the calibration samples, "
check 3 "a coordinating rank that is stuck is named by another" is_named 0 \
    "rank 0 on $(hostname), which coordinates, "

check 3 "a team that is stuck is named by the first" in_teams 1 is_named 1 \
    "rank 1 on $(hostname), which coordinates, "
check 3 "the first team is named by others when it is stuck" in_teams 1 is_named 0 \
    "rank 0 on $(hostname), which coordinates, "

# Ranks whose launcher was killed end a little later.
wait_for_lock() {
    flock -w 20 "$work/run/lock" true || fail "the lock is still held"
}

a_pause_of_a_rank_or_of_all_is_no_end() {
    local all
    begin "${search[@]}" --set stuck_after=2
    until_it_searches 40
    all=$(cat "$work"/pid.*)
    kill -STOP "$(pid_of 1)"
    sleep 1
    kill -CONT "$(pid_of 1)"
    sleep 0.5
    kill -STOP $all
    sleep 3
    kill -CONT $all
    sleep 1
    await_end
    expect_code 0
    digits "$work/run" >"$work/digits"
    expect_same "$scratch/digits.stopping" "$work/digits"
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
    search+=(--set budget.evaluations=20)
    same slowed "${search[@]}"
    rm -rf "$work/run"
    begin "${search[@]}" --set stuck_after=2
    until [ -s "$work/pid.1" ]; do sleep 0.01; done
    slow_down "$(pid_of 1)" &
    slower=$!
    await_end
    kill $slower 2>/dev/null
    expect_code 0
    digits "$work/run" >"$work/digits"
    expect_same "$scratch/digits.slowed" "$work/digits"
}
check 2 a_rank_slowed_ten_times_finishes
