#include "core/evaluate/turn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { BLOCKS = 100 };

static void every_turn_has_as_many_blocks_as_all_before(void **state)
{
    static const int turns[] = {0, 3, 2, 3, 1, 3, 2, 3, 0, 3, 2, 3, 1, 3, 2, 3, 0};

    (void)state;
    for (size_t block = 0; block < sizeof turns / sizeof *turns; block++)
        assert_int_equal(turn_of_block(block, 3), turns[block]);
}

static void without_halvings_there_is_one_turn(void **state)
{
    (void)state;
    for (size_t block = 0; block < BLOCKS; block++)
        assert_int_equal(turn_of_block(block, 0), 0);
    assert_int_equal(turn_blocks(BLOCKS, 0, 0), BLOCKS);
}

static void blocks_of_turns_are_counted(void **state)
{
    (void)state;
    for (int halvings = 0; halvings <= TURN_HALVINGS_MOST; halvings++)
        for (int turn = 0; turn <= halvings; turn++)
            for (size_t blocks = 0, count = 0; blocks < BLOCKS; blocks++) {
                assert_int_equal(turn_blocks(blocks, halvings, turn), count);
                count += turn_of_block(blocks, halvings) <= turn;
            }
}

/* Consecutive blocks, wherever they begin. */
static void every_rank_has_its_part_of_every_turn(void **state)
{
    enum { HALVINGS = 3, OWN = 24 };

    (void)state;
    for (size_t first = 0; first < BLOCKS; first++) {
        int counts[HALVINGS + 1] = {0};

        for (size_t block = first; block < first + OWN; block++)
            counts[turn_of_block(block, HALVINGS)]++;
        assert_int_equal(counts[0], OWN / 8);
        for (int turn = 1; turn <= HALVINGS; turn++)
            assert_int_equal(counts[turn], OWN / 8 << (turn - 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_turn_has_as_many_blocks_as_all_before),
        cmocka_unit_test(without_halvings_there_is_one_turn),
        cmocka_unit_test(blocks_of_turns_are_counted),
        cmocka_unit_test(every_rank_has_its_part_of_every_turn),
    };

    return cmocka_run_group_tests_name("turn", tests, NULL, NULL);
}
