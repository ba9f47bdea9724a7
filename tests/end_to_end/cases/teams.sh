# shellcheck shell=bash disable=SC2154,SC2034,SC2086  # names of harness.sh; $pids are words
# teams.sh - ranks in several teams take the cases of a sweep in turn, and nothing shows of it in the
# digits, the table or the files.

check 1 "a run of one rank gives the digits to compare with" same small "$small"

# The files of a run do not tell who has made them.
one_table_in_order() {
    grep -o '^glyphs-[^ ]*' "$work/out" >"$work/cases"
    grep -o '^glyphs-[^,]*' "$work/run/results.csv" >"$work/lines"
    [ "$(wc -l <"$work/cases")" -eq 24 ] || fail "the table has not 24 cases"
    expect_same "$work/cases" "$work/lines"
    [ "$(grep -c '^results: ' "$work/out")" -eq 1 ] || fail "the end is told more than once"
}

teams_of() { # RANKS_PER_CASE
    same small "$small" --set "ranks_per_case=$1"
    one_table_in_order
}
for ranks in 2 3 4 8; do
    for team in 1 2 all; do
        check $ranks "teams of $team give the same digits" teams_of $team
    done
done
check 5 "teams of 3 and of 2 give the same digits" teams_of 3
check 3 "teams of more ranks than there are give the same digits" teams_of 7

a_part_may_have_teams() {
    calibrate "$small" --set ranks_per_case=1 --part 1/2
    expect_in "$work/log" "part 1 of 2: 12 of the 24 cases"
    calibrate "$small" --set ranks_per_case=2 --part 2/2
    digits "$work/run" >"$work/digits"
    expect_same "$scratch/digits.small" "$work/digits"
}
check 4 a_part_may_have_teams

teams_without_a_case_are_told_of() {
    calibrate "$small" --set ranks_per_case=1 --set bits=W8A8 --set targets=onnx
    expect_in "$work/log" "4 teams for 3 cases: some have nothing to do"
}
check 4 teams_without_a_case_are_told_of

# Every team sees the failures of the others through rank 0 alone.
failures_of_all_teams_are_told_once() {
    calq run "$small" --set "out=$work/run" --set ranks_per_case=1 --set bits=W4A4 \
        --set targets=onnx --set 'models.0.keep_float=[no_such_layer]'
    expect_code 3
    expect_told "no_such_layer"
    [ "$(find "$work/run" -name failed | wc -l)" -eq 3 ] || fail "3 cases have not failed"
    calibrate "$small" --set ranks_per_case=1 --set bits=W4A4 --set targets=onnx
    [ -z "$(find "$work/run" -name failed)" ] || fail "failures are still told"
}
check 4 failures_of_all_teams_are_told_once

one_team_fails_where_its_folder_cannot_be_written() {
    mkdir -p "$work/run/cases"
    echo >"$work/run/cases/glyphs-onnx-W4A4-minmax"
    calq run "$small" --set "out=$work/run" --set ranks_per_case=1 --set bits=W4A4 --set targets=onnx
    expect_code 8
    expect_told "case glyphs-onnx-W4A4-minmax: "
    [ "$(wc -l <"$work/run/results.csv")" -eq 3 ] || fail "the other cases are not done"
    rm "$work/run/cases/glyphs-onnx-W4A4-minmax"
    calibrate "$small" --set ranks_per_case=1 --set bits=W4A4 --set targets=onnx
}
check 3 one_team_fails_where_its_folder_cannot_be_written

a_dry_run_tells_the_teams() {
    calq run "$small" --dry-run --set ranks_per_case=2
    expect_code 0
    expect_in "$work/out" "24 cases on 2 teams of 2 ranks"
}
check 4 a_dry_run_tells_the_teams

refuses_team() { # TEXT SENTENCE
    calq run "$small" --set "ranks_per_case=$1"
    expect_code 3
    expect_told "$2"
}
check 1 "ranks_per_case: 0 is refused" refuses_team 0 "\"0\" is out of range"
check 3 "ranks_per_case: some is refused" refuses_team some "\"some\" is not a whole number; it may be all, too"
