#include "bench/peer.h"

#include "core/base/memory.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_BYTES = 1024, PATIENCE_MS = 120 * 1000 };

struct peer {
    const char *program; /* borrowed from the arguments */
    pid_t process;
    FILE *requests, *answers;
    char answer[ANSWER_BYTES];
};

static void become(char *const *arguments, int requests[2], int answers[2])
{
    dup2(requests[0], STDIN_FILENO);
    dup2(answers[1], STDOUT_FILENO);
    close(requests[0]);
    close(requests[1]);
    close(answers[0]);
    close(answers[1]);
    execvp(arguments[0], arguments);
    printf("error %s cannot be started\n", arguments[0]);
    fflush(stdout);
    _exit(1);
}

struct peer *peer_start(char *const *arguments, struct error *err)
{
    struct peer *peer = memory_zeroed(1, sizeof *peer);
    int requests[2], answers[2];

    peer->program = arguments[0];
    signal(SIGPIPE, SIG_IGN); /* a peer that is gone is told by its answer */
    if (pipe(requests) < 0 || pipe(answers) < 0 || (peer->process = fork()) < 0) {
        error_set(err, EXIT_MACHINE, "cannot start %s", arguments[0]);
        free(peer);
        return NULL;
    }
    if (peer->process == 0)
        become(arguments, requests, answers);
    close(requests[0]);
    close(answers[1]);
    peer->requests = fdopen(requests[1], "w");
    peer->answers = fdopen(answers[0], "r");
    setvbuf(peer->answers, NULL, _IONBF, 0); /* so that poll() sees what is there */
    return peer;
}

void peer_stop(struct peer *peer)
{
    if (!peer)
        return;
    fclose(peer->requests);
    fclose(peer->answers);
    kill(peer->process, SIGTERM);
    waitpid(peer->process, NULL, 0);
    free(peer);
}

/* One line of the peer, without its end. */
static int read_answer(struct peer *peer, struct error *err)
{
    struct pollfd one = {.fd = fileno(peer->answers), .events = POLLIN};

    if (poll(&one, 1, PATIENCE_MS) <= 0)
        return error_set(err, EXIT_MACHINE, "%s has not answered for %d seconds",
                         peer->program, PATIENCE_MS / 1000);
    if (!fgets(peer->answer, sizeof peer->answer, peer->answers))
        return error_set(err, EXIT_MACHINE, "%s ended without an answer",
                         peer->program);
    peer->answer[strcspn(peer->answer, "\n")] = '\0';
    if (strncmp(peer->answer, "error ", 6) == 0)
        return error_set(err, EXIT_MACHINE, "%s: %s", peer->program, peer->answer + 6);
    return 0;
}

const char *peer_prepare(struct peer *peer, const char *line, struct error *err)
{
    if (line) {
        fprintf(peer->requests, "%s\n", line);
        fflush(peer->requests);
    }
    if (read_answer(peer, err) < 0)
        return NULL;
    if (strncmp(peer->answer, "ready ", 6) != 0) {
        error_set(err, EXIT_MACHINE, "%s answered \"%s\", not \"ready NAME\"",
                  peer->program, peer->answer);
        return NULL;
    }
    return peer->answer + 6;
}

int peer_round(struct peer *peer, int times, double *seconds, struct error *err)
{
    char *end;

    fprintf(peer->requests, "round %d\n", times);
    fflush(peer->requests);
    if (read_answer(peer, err) < 0)
        return -1;
    *seconds = strtod(peer->answer, &end);
    if (end == peer->answer || *end != '\0' || !(*seconds > 0))
        return error_set(err, EXIT_MACHINE, "%s answered \"%s\", not a number",
                         peer->program, peer->answer);
    return 0;
}

bool peer_path(const char *below, char *text)
{
    ssize_t count = readlink("/proc/self/exe", text, PEER_PATH_BYTES - 1);
    char *name;

    if (count < 0)
        return false;
    text[count] = '\0';
    name = strrchr(text, '/') + 1;
    snprintf(name, (size_t)(PEER_PATH_BYTES - (name - text)), "%s", below);
    return access(text, R_OK) == 0;
}
