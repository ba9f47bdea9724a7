#include "core/base/child.h"

#include "core/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CODE_OF_NO_PROGRAM = 127 };

static void become(const char *const *arguments, int output)
{
    int nothing = open("/dev/null", O_RDONLY);

    setpgid(0, 0);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execvp(arguments[0], (char *const *)arguments);
    _exit(CODE_OF_NO_PROGRAM);
}

/* What does not fit is read and dropped, so that the program does not wait. Returns false at the end. */
static bool take_some(int from, struct child *child, size_t *used)
{
    char piece[4096];
    ssize_t bytes = read(from, piece, sizeof piece);
    size_t room = sizeof child->output - 1 - *used;

    if (bytes <= 0)
        return bytes < 0 && errno == EINTR;
    room = (size_t)bytes < room ? (size_t)bytes : room;
    memcpy(child->output + *used, piece, room);
    *used += room;
    child->output[*used] = '\0';
    return true;
}

static void take_output(int from, double end, struct child *child)
{
    struct pollfd wait = {.fd = from, .events = POLLIN};
    size_t used = 0;

    for (bool is_open = true; is_open;) {
        double left = end - clock_seconds();

        if (left <= 0) {
            child->is_late = true;
            return;
        }
        if (poll(&wait, 1, (int)(left * 1000) + 1) > 0)
            is_open = take_some(from, child, &used);
    }
}

/* One that closes its output, and stays, is late too. */
static int wait_until(pid_t process, double end, struct child *child)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    int status = 0;

    while (!child->is_late && waitpid(process, &status, WNOHANG) == 0) {
        child->is_late = clock_seconds() > end;
        nanosleep(&pause, NULL);
    }
    if (child->is_late) {
        kill(-process, SIGKILL);
        waitpid(process, &status, 0);
    }
    return status;
}

void child_run(const char *const *arguments, double seconds, struct child *child)
{
    double end = clock_seconds() + seconds;
    int pipes[2], status;
    pid_t process;

    memset(child, 0, sizeof *child);
    if (pipe2(pipes, O_CLOEXEC) < 0)
        return;
    process = fork();
    if (process == 0)
        become(arguments, pipes[1]);
    close(pipes[1]);
    if (process > 0) {
        setpgid(process, process);
        take_output(pipes[0], end, child);
        status = wait_until(process, end, child);
        child->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        child->code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
        child->is_there = child->code != CODE_OF_NO_PROGRAM;
    }
    close(pipes[0]);
}

bool child_is_well(const struct child *child)
{
    return child->is_there && !child->is_late && child->signal == 0 && child->code == 0;
}
