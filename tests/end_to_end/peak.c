/* peak.c - runs a command and writes how many kilobytes of memory it held at most.
 * Usage: peak FILE COMMAND [ARGUMENT...]; ends as the command does. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(char **command, long *kilobytes)
{
    pid_t child = fork();
    struct rusage usage;
    int status;

    if (child == 0) {
        execvp(command[0], command);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0 ||
        getrusage(RUSAGE_CHILDREN, &usage) < 0)
        return 2;
    *kilobytes = usage.ru_maxrss;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int count, char **arguments)
{
    long kilobytes = 0;
    FILE *file;
    int code;

    if (count < 3) {
        fprintf(stderr, "usage: peak FILE COMMAND [ARGUMENT...]\n");
        return 2;
    }
    code = run(arguments + 2, &kilobytes);
    file = fopen(arguments[1], "w");
    if (!file || fprintf(file, "%ld\n", kilobytes) < 0 || fclose(file) != 0) {
        fprintf(stderr, "peak: cannot write %s\n", arguments[1]);
        return 2;
    }
    return code;
}
