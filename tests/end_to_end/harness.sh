# shellcheck shell=bash disable=SC2154,SC2034  # $program and $here are set by run
# harness.sh - what the cases are written with; read by run.
#
# A case is a function that is named by the fact it shows. It runs in a process of its own with
#
#   $ranks    how many ranks calq runs on
#   $work     an empty folder
#   $inputs   the folder of what make_inputs wrote
#
# and ends with fail or skip, or well.

MPIRUN=${MPIRUN:-mpirun}
limit=${LIMIT:-300} # seconds for one run of calq, and for a state that is waited for: what takes longer hangs
passed=0 failed=0 skipped=0

# Open MPI refuses root unless told twice; more ranks than cores must be allowed.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1

tools=$(dirname "$program")/tests/end_to_end
small=$here/small.yaml
settings=$here/settings.yaml
unseen=$here/unseen.yaml
rules=$here/rules.yaml
starts=$here/starts.yaml

prepare() {
    local tool
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/calq-end-to-end.XXXXXX") || exit 2
    trap 'rm -rf "$scratch"' EXIT
    # Open MPI makes and removes its folder while other groups start programs in it.
    export OMPI_MCA_orte_tmpdir_base=$scratch
    inputs=$scratch/inputs
    mkdir "$inputs"
    for tool in make_inputs make_large digits peak write_logits write_codes ncnn_files broken_hdf5.so; do
        [ -x "$tools/$tool" ] || env -u MAKEFLAGS make --silent \
            "BUILD=$(dirname "$program")" "$tools/$tool" || exit 2
    done
    "$tools/make_inputs" "$inputs" || exit 2
}

finish() {
    local line="$passed passed, $failed failed"
    [ $skipped -eq 0 ] || line="$line, $skipped skipped"
    echo "$line"
    [ $failed -eq 0 ]
}

# ---- a case ---------------------------------------------------------------------------------

# check RANKS FACT [COMMAND...]: runs the case and prints what came of it. Without a command, FACT
# is the function.
check() {
    local ranks=$1 fact=${2//_/ } where=
    shift
    [ $# -eq 1 ] || shift
    [ "$ranks" -eq 1 ] || where=", on $ranks ranks"
    work=$(mktemp -d "$scratch/case.XXXXXX")
    ("$@") 3>"$work/problem" >&3 2>&1
    case $? in
    0)
        passed=$((passed + 1))
        echo "ok       $fact$where"
        ;;
    77)
        skipped=$((skipped + 1))
        echo "skipped  $fact$where: $(cat "$work/problem")"
        ;;
    *)
        failed=$((failed + 1))
        echo "FAILED   $fact$where"
        sed 's/^/         /' "$work/problem"
        [ ! -e "$work/log" ] || sed 's/^/         | /' "$work/log" | head -n 40
        ;;
    esac
    rm -rf "$work"
}

fail() {
    echo "$*" >&3
    exit 1
}

skip() {
    echo "$*" >&3
    exit 77
}

# Runs calq: its output goes to $work/out, its log to $work/log, its exit code to $code. What stands
# in the array `wrapper` starts it on every rank.
wrapper=()
calq() {
    local launcher=()
    # MPIRUN may come with options.
    # shellcheck disable=SC2206
    [ "$ranks" -eq 1 ] || launcher=($MPIRUN -n "$ranks")
    timeout --kill-after=10 "$limit" "${launcher[@]}" "${wrapper[@]}" "$program" "$@" \
        >"$work/out" 2>"$work/log"
    code=$?
    case $code in
    124 | 137) fail "calq $*: no end after $limit s" ;;
    esac
}

# The same for a run that must succeed: results go to $work/run unless told otherwise.
calibrate() {
    calq run --set "out=$work/run" "$@"
    expect_code 0
}

python=${PYTHON:-/usr/bin/python3}

needs_python() { # MODULE...
    "$python" -c "import $(echo "$@" | tr ' ' ,)" >/dev/null 2>&1 || skip "there is no Python with $*"
}

# ---- what is expected ------------------------------------------------------------------------

expect_code() {
    [ "$code" -eq "$1" ] || fail "the exit code is $code, not $1"
}

expect_in() { # FILE TEXT
    grep -qF -e "$2" "$1" || fail "$(basename "$1") does not say: $2"
}

expect_not_in() { # FILE TEXT
    ! grep -qF -e "$2" "$1" || fail "$(basename "$1") says: $2"
}

# The text is told, and by one rank only.
expect_told() {
    local times
    expect_in "$work/log" "$1"
    times=$(grep -c '^calq: ' "$work/log")
    [ "$times" -eq 1 ] || fail "it is told $times times, not once"
}

expect_files() { # FOLDER, and on stdin the files that are to be in it
    diff - <(cd "$1" && find . -type f | sort) || fail "$1 holds other files"
}

expect_same() { # FILE FILE
    cmp -s "$1" "$2" || {
        diff "$1" "$2" | head -n 20
        fail "$(basename "$1") and $(basename "$2") differ"
    }
}

# ---- helpers ---------------------------------------------------------------------------------

# Prints all of the results in a run folder that must be the same in every run.
digits() {
    "$tools/digits" "$1"/cases/*/result.json || fail "the results in $1 are not sound"
}

# Compares with what the first run of this NAME gave; the first is the measure.
same() { # NAME ARGUMENTS...
    local measure=$scratch/digits.$1
    calibrate "${@:2}"
    digits "$work/run" >"$work/digits"
    [ -e "$measure" ] || cp "$work/digits" "$measure"
    expect_same "$measure" "$work/digits"
}

# Prints the name of each phase of a case, its evaluations, and the multiply-adds that they ran, avoided and
# dropped.
phases() { # CASE
    awk '/^  "phases": / { is_phase = 1 }
        /^  \]/ { is_phase = 0 }
        is_phase && match($0, /: /) { value = substr($0, RSTART + 2); sub(/,$/, "", value) }
        is_phase && /"name"/ { gsub(/ /, "-", value); name = value }
        is_phase && /"evaluations"/ { evaluations = value }
        is_phase && /"macs_run"/ { run = value }
        is_phase && /"macs_avoided"/ { avoided = value }
        is_phase && /"macs_dropped"/ { print name, evaluations, run, avoided, value }' \
        "$work/run/cases/$1/result.json"
}

# What each phase of a case ran, avoided and dropped is what whole evaluations on so many calibration samples take.
expect_whole_evaluations() { # CASE SAMPLES MACS_OF_A_SAMPLE
    phases "$1" >"$work/phases"
    awk -v samples="$2" -v macs="$3" '
        $2 > 0 && $3 + $4 + $5 != $2 * samples * macs { exit 1 }
        { evaluations += $2 }
        END { exit evaluations == 0 }' "$work/phases" ||
        fail "$1: these are no whole evaluations: $(cat "$work/phases")"
}

# Prints the multiply-adds of a sample.
macs_of() { "$program" inspect "$1" | awk '$1 == "a" && $2 == "sample" { print $3 }'; } # NETWORK

# ---- runs in the background -----------------------------------------------------------------

# For runs that are to be disturbed: no machine is through before that, and no digit is another. What
# goes on afterwards may have the fastest kernels.
slowly=(--set kernel=scalar)

# Waits until a command succeeds; fails when the process ends before.
await() { # PID COMMAND...
    local end=$((SECONDS + limit))
    until "${@:2}"; do
        kill -0 "$1" 2>/dev/null || return 1
        [ $SECONDS -lt $end ] || fail "no end of waiting for: ${*:2}"
        sleep 0.01
    done
}

is_locked() { [ -s "$work/run/lock" ]; }

# How many bytes of answers are in the journals.
journal_bytes() { cat "$work"/run/cases/*/journal 2>/dev/null | wc -c; }

has_answers() { [ "$(journal_bytes)" -ge "$1" ]; } # BYTES

# Waits until there are so many more bytes of answers than now; fails when the process ends before.
await_answers() { # PID BYTES
    await "$1" has_answers $(($(journal_bytes) + $2))
}

# Ranks whose launcher was killed end a little later.
wait_for_lock() {
    [ ! -e "$work/run/lock" ] || flock -w "$limit" "$work/run/lock" true || fail "the lock is still held"
}

# Starts calq, kills it when it has found so many more bytes of answers, and waits until all of it is gone; fails where it
# ends before.
killed_after() { # COMMAND BYTES ARGUMENTS...
    local launcher=() pid
    # shellcheck disable=SC2206
    [ "$ranks" -eq 1 ] || launcher=($MPIRUN -n "$ranks")
    # shellcheck disable=SC2086  # the command may be two words
    "${launcher[@]}" "$program" $1 --set "out=$work/run" "${@:3}" >/dev/null 2>&1 &
    pid=$!
    await_answers $pid "$2" || return 1
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    wait_for_lock
}

# Exports a case to $work/out.onnx, which gives what the case does to the last bit.
comes_back() { # CASE
    calq export "$1" -o "$work/out.onnx"
    expect_code 0
    calq verify "$work/out.onnx" --against "$1"
    expect_code 0
    expect_in "$work/out" "the largest difference of logits is 0"
}

# ---- what a case may need --------------------------------------------------------------------

needs_kernels() { # NAME
    ! "$program" version | grep '^kernels:' | grep -qF " $1 (not" ||
        skip "this machine has not what it takes"
}
