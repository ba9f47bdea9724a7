#include "core/base/apart.h"

#include "core/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Two processes stand apart: a keeper, and the one that answers. When the latter ends badly, the
 * keeper says so and forks another. The keeper has only ever waited, so that is as safe as at
 * first. */
struct apart {
    struct apart_work work;
    int socket; /* to the other side */
    int memory; /* the room, as a file without a name */
    void *room; /* as it is mapped here */
    size_t room_bytes;
    uint64_t number; /* of the last question */
    pid_t keeper;
};

/* What stands before a question, before an answer, or alone: how the process ended. */
struct head {
    uint64_t number;
    uint64_t room_bytes;
    bool has_ended;
    struct apart_end end;
};

/* ---- the room ------------------------------------------------------------------------------ */

static int map_room(struct apart *apart, size_t bytes)
{
    void *room;

    if (bytes <= apart->room_bytes)
        return 0;
    room = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, apart->memory, 0);
    if (room == MAP_FAILED)
        return -1;
    if (apart->room)
        munmap(apart->room, apart->room_bytes);
    apart->room = room;
    apart->room_bytes = bytes;
    return 0;
}

void *apart_room(struct apart *apart, size_t bytes, struct error *err)
{
    if (bytes > apart->room_bytes &&
        (ftruncate(apart->memory, (off_t)bytes) < 0 || map_room(apart, bytes) < 0)) {
        error_set(err, EXIT_MACHINE, "there is no memory of %zu bytes to share: %s",
                  bytes, strerror(errno));
        return NULL;
    }
    return apart->room;
}

/* ---- the wire ------------------------------------------------------------------------------ */

static ssize_t send_packet(int socket, struct head *head, const void *body,
                           size_t bytes)
{
    struct iovec parts[] = {{head, sizeof *head}, {(void *)body, bytes}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent;

    do
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent;
}

/* 0 where the other side is no more, or the wire is broken; -1 where nothing is there and `flags`
 * say not to wait. */
static ssize_t receive_packet(int socket, struct head *head, void *body, size_t bytes,
                              int flags)
{
    struct iovec parts[] = {{head, sizeof *head}, {body, bytes}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t got;

    do
        got = recvmsg(socket, &message, flags);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
        return 0;
    return got;
}

/* ---- the processes apart ------------------------------------------------------------------- */

/* Of the processor's time, 0: as much as it takes. */
static void limit_time(int seconds)
{
    struct itimerval timer = {.it_value.tv_sec = seconds};

    setitimer(ITIMER_PROF, &timer, NULL);
}

static _Noreturn void answer_questions(struct apart *apart)
{
    const struct apart_work *work = &apart->work;
    void *question = memory_get(work->question_bytes);
    void *answer = memory_get(work->answer_bytes);
    struct head head;

    while (receive_packet(apart->socket, &head, question, work->question_bytes, 0) >
           0) {
        if (map_room(apart, head.room_bytes) < 0)
            _exit(EXIT_MACHINE);
        memset(answer, 0, work->answer_bytes);
        limit_time(work->cpu_seconds);
        work->answer(question, apart->room, answer);
        limit_time(0);
        send_packet(apart->socket, &head, answer, work->answer_bytes);
    }
    _exit(0);
}

/* When the process that forked this one ends, so does this one. */
static void end_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
}

/* Whoever waits for the end of a pipe shall not wait for this process; signals to a whole group
 * are not for it; and what it may leave is no core. */
static void stand_back(void)
{
    static const int deaf_to[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGQUIT};
    struct rlimit none = {0, 0};
    int nowhere = open("/dev/null", O_RDWR);

    for (size_t i = 0; i < sizeof deaf_to / sizeof *deaf_to; i++)
        signal(deaf_to[i], SIG_IGN);
    setrlimit(RLIMIT_CORE, &none);
    for (int stream = 0; nowhere >= 0 && stream <= 2; stream++)
        dup2(nowhere, stream);
    if (nowhere > 2)
        close(nowhere);
}

static struct apart_end wait_for_end(pid_t process)
{
    struct apart_end end = {0, 0};
    int status;

    while (waitpid(process, &status, 0) < 0)
        if (errno != EINTR)
            return (struct apart_end){0, EXIT_MACHINE};
    if (WIFSIGNALED(status))
        end.signal = WTERMSIG(status);
    else
        end.code = WEXITSTATUS(status);
    return end;
}

static _Noreturn void keep_answering(struct apart *apart)
{
    struct head head = {.has_ended = true};
    pid_t keeper = getpid();

    for (;;) {
        pid_t process = fork();

        if (process < 0)
            _exit(EXIT_MACHINE);
        if (process == 0) {
            end_with(keeper);
            answer_questions(apart);
        }
        head.end = wait_for_end(process);
        if (head.end.signal == 0 && head.end.code == 0)
            _exit(0);
        send_packet(apart->socket, &head, NULL, 0);
    }
}

/* ---- life ---------------------------------------------------------------------------------- */

static int fork_keeper(struct apart *apart)
{
    pid_t parent = getpid();
    int sockets[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
        return -1;
    apart->keeper = fork();
    if (apart->keeper == 0) {
        end_with(parent);
        close(sockets[0]);
        stand_back();
        apart->socket = sockets[1];
        keep_answering(apart);
    }
    close(sockets[1]);
    apart->socket = sockets[0];
    return apart->keeper < 0 ? -1 : 0;
}

struct apart *apart_start(const struct apart_work *work, struct error *err)
{
    struct apart *apart = memory_zeroed(1, sizeof *apart);

    apart->work = *work;
    apart->socket = apart->keeper = -1;
    apart->memory = memfd_create("calq", MFD_CLOEXEC);
    if (apart->memory >= 0 && fork_keeper(apart) == 0)
        return apart;
    error_set(err, EXIT_MACHINE, "cannot start a process: %s", strerror(errno));
    apart_stop(apart);
    return NULL;
}

void apart_stop(struct apart *apart)
{
    if (!apart)
        return;
    if (apart->socket >= 0)
        close(apart->socket);
    if (apart->keeper > 0)
        wait_for_end(apart->keeper);
    if (apart->room)
        munmap(apart->room, apart->room_bytes);
    if (apart->memory >= 0)
        close(apart->memory);
    free(apart);
}

/* Takes in what is there: whether a process has ended since the last answer. */
static bool has_ended(const struct apart *apart, struct apart_end *end)
{
    struct head head;
    bool has_ended = false;

    while (receive_packet(apart->socket, &head, NULL, 0, MSG_DONTWAIT) > 0)
        if (head.has_ended) {
            has_ended = true;
            *end = head.end;
        }
    return has_ended;
}

int apart_ask(struct apart *apart, const void *question, void *answer,
              struct apart_end *end)
{
    const struct apart_work *work = &apart->work;
    struct head head = {.number = ++apart->number, .room_bytes = apart->room_bytes};

    *end = (struct apart_end){0, EXIT_MACHINE}; /* the keeper's own */
    if (has_ended(apart, end) ||
        send_packet(apart->socket, &head, question, work->question_bytes) < 0)
        return -1;
    while (receive_packet(apart->socket, &head, answer, work->answer_bytes, 0) > 0) {
        if (head.has_ended) {
            *end = head.end;
            return -1;
        }
        if (head.number == apart->number)
            return 0;
    }
    return -1;
}
