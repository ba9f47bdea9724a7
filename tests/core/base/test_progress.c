#include "core/base/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int terminal;
static struct progress progress;
static char screen[4096];

/* A terminal of 20 columns, of which what is written is read back. */
static int start(void **state)
{
    struct winsize size = {.ws_row = 10, .ws_col = 20};
    const char *name;
    FILE *out;

    (void)state;
    terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) < 0 || unlockpt(terminal) < 0)
        return -1;
    name = ptsname(terminal);
    out = name ? fopen(name, "w") : NULL;
    if (!out || ioctl(terminal, TIOCSWINSZ, &size) < 0)
        return -1;
    progress_init(&progress, out);
    progress.interval = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    fclose(progress.out);
    return close(terminal);
}

static const char *shown(void)
{
    ssize_t length = read(terminal, screen, sizeof screen - 1);

    screen[length > 0 ? length : 0] = '\0';
    return screen;
}

static void two_lines(void *context, char *text, size_t bytes)
{
    (void)context;
    snprintf(text, bytes, "first\nsecond");
}

/* ---- facts ---------------------------------------------------------------------------------- */

static void a_line_is_cut_where_the_terminal_ends(void **state)
{
    (void)state;
    progress_show(&progress, "%s", "a line of more than 20 columns");
    assert_string_equal(shown(), "a line of more than");
}

/* The terminal writes a carriage return before each newline. */
static void two_lines_are_wiped_before_they_are_drawn_again(void **state)
{
    (void)state;
    progress_describe(&progress, two_lines, NULL);
    progress.interval = 0;
    progress_show(&progress, "%s", "");
    assert_string_equal(shown(), "first\r\nsecond");
    progress_show(&progress, "%s", "");
    assert_string_equal(shown(), "\r\033[K\033[A\r\033[Kfirst\r\nsecond");
    progress_clear(&progress);
    assert_string_equal(shown(), "\r\033[K\033[A\r\033[K");
}

static void nothing_is_wiped_where_nothing_stands(void **state)
{
    (void)state;
    progress_clear(&progress);
    progress_show(&progress, "x");
    assert_string_equal(shown(), "x");
}

static void a_bar_is_as_full_as_its_share(void **state)
{
    static const struct {
        double share;
        const char *bar;
    } bars[] = {
        {0, "[....................]"},    {0.04, "[....................]"},
        {0.25, "[#####...............]"}, {1, "[####################]"},
        {-1, "[....................]"},   {7, "[####################]"},
    };
    char text[PROGRESS_BAR_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof bars / sizeof *bars; i++)
        assert_string_equal(progress_bar(bars[i].share, text), bars[i].bar);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, start, end)
    static const struct CMUnitTest tests[] = {
        TEST(a_line_is_cut_where_the_terminal_ends),
        TEST(two_lines_are_wiped_before_they_are_drawn_again),
        TEST(nothing_is_wiped_where_nothing_stands),
        cmocka_unit_test(a_bar_is_as_full_as_its_share),
    };

    return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
