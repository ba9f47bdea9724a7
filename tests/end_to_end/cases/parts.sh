# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# parts.sh - runs that share the cases of a configuration and its folder.

check 1 "a run in one piece gives the digits to compare with" same small "$small"

# Starts a part in the background: its log goes to $work/log.NUMBER.
start_part() { # NUMBER COUNT ARGUMENTS...
    "$program" run --part "$1/$2" --set "out=$work/run" "${@:3}" "$small" \
        >"$work/out.$1" 2>"$work/log.$1" &
}

# A case is there once, and once in results.csv.
expect_whole() {
    digits "$work/run" >"$work/digits"
    expect_same "$scratch/digits.small" "$work/digits"
    [ "$(wc -l <"$work/run/results.csv")" -eq 25 ] || fail "results.csv has not 24 cases"
    [ "$(sort -u "$work/run/results.csv" | wc -l)" -eq 25 ] || fail "a case is there twice"
}

parts_beside_each_other_make_the_whole() {
    local number
    for number in 1 2 3; do start_part $number 3; done
    for number in 1 2 3; do wait -n || fail "a part failed: $(cat "$work"/log.*)"; done
    expect_whole
    expect_in "$work/log.2" "part 2 of 3: 8 of the 24 cases"
}
check 1 parts_beside_each_other_make_the_whole

parts_one_after_the_other_make_the_whole() {
    calibrate "$small" --part 2/2
    [ "$(wc -l <"$work/run/results.csv")" -eq 13 ] || fail "results.csv has not 12 cases"
    calibrate "$small" --part 1/2
    expect_in "$work/log" "12 of 24 cases are done already"
    expect_whole
    calibrate "$small"
    expect_in "$work/log" "24 of 24 cases are done already"
    expect_whole
}
check 1 parts_one_after_the_other_make_the_whole
check 3 parts_one_after_the_other_make_the_whole

a_part_without_a_case_is_done() {
    calibrate "$small" --part 30/30
    expect_in "$work/log" "part 30 of 30: 0 of the 24 cases"
}
check 1 a_part_without_a_case_is_done

# While part 2 of 3 works: what may be there beside it, and what not.
neither_the_same_part_nor_another_split_nor_a_whole_run_may_be_beside_a_part() {
    local part
    start_part 2 3 "${slowly[@]}" --set 'methods=[{name: lapq, p_count: 10, sweeps: 30}]'
    part=$!
    await $part test -s "$work/log.2" || fail "the part was over too early"
    calq run "$small" --set "out=$work/run" --part 2/3
    expect_code 8
    expect_told "$work/run/lock.2-of-3 is held by process $part on "
    calq run "$small" --set "out=$work/run" --part 1/2
    expect_code 8
    expect_told "$work/run/lock is held by a run in 3 parts: process $part on "
    calq run "$small" --set "out=$work/run"
    expect_code 8
    expect_told "$work/run/lock is held by a run in 3 parts: process $part on "
    kill -9 "$part" || fail "the part was over too early"
    wait "$part" 2>/dev/null
    calibrate "$small" --set 'methods=[minmax]'
}
check 1 neither_the_same_part_nor_another_split_nor_a_whole_run_may_be_beside_a_part

a_dry_run_of_a_part_prints_its_cases() {
    calq run "$small" --dry-run --part 1/5
    [ "$(grep -c '^glyphs-' "$work/out")" -eq 5 ] || fail "it does not print 5 cases"
}
check 1 a_dry_run_of_a_part_prints_its_cases

refuses_part() { # OPTION TEXT
    calq run "$small" --set "out=$work/run" "$1" "$2"
    expect_code 2
    expect_told "$1 needs I/N with I from 1 to N, e.g. --part 2/8"
}
for text in 0/2 3/2 1 1/0 a/b 1/2x -1/2; do
    check 1 "--part $text is refused" refuses_part --part "$text"
done
check 1 "--shard is another name of --part" refuses_part --shard 3/2

the_other_name_of_part_takes_a_part() {
    calq run "$small" --dry-run --shard 1/5
    [ "$(grep -c '^glyphs-' "$work/out")" -eq 5 ] || fail "it does not print 5 cases"
}
check 1 the_other_name_of_part_takes_a_part
