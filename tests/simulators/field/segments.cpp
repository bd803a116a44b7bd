// SPDX-License-Identifier: MIT
// A testbench with a segment, a semaphore and a queue of System V, which it gives back where it fails.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "Valpha.h"
#include "verilated.h"

struct message {
    long type;
    char text[16];
};

static void say(const char *what, long result)
{
    printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
}

static void use_late(int semaphore, int queue)
{
    struct message message = {7, "hello"};
    struct sembuf up = {0, 3, 0};
    struct shmid_ds facts;
    int segment = shmget(IPC_PRIVATE, 8192, 0600 | IPC_CREAT);
    char *memory = static_cast<char *>(shmat(segment, nullptr, 0));

    memory[5000] = 'x';
    shmctl(segment, IPC_STAT, &facts);
    printf("segment %d: %c, %zu bytes\n", segment, memory[5000], facts.shm_segsz);
    say("shmdt", shmdt(memory));
    say("shmctl", shmctl(segment, IPC_RMID, nullptr));
    say("semop", semop(semaphore, &up, 1));
    say("GETVAL", semctl(semaphore, 0, GETVAL));
    say("msgsnd", msgsnd(queue, &message, sizeof message.text, 0));
    memset(&message, 0, sizeof message);
    say("msgrcv", msgrcv(queue, &message, sizeof message.text, 0, 0));
    printf("%ld %s\n", message.type, message.text);
}

int main()
{
    int segment = shmget(IPC_PRIVATE, 1024, 0600 | IPC_CREAT);
    int semaphore = semget(IPC_PRIVATE, 1, 0600 | IPC_CREAT), queue = msgget(IPC_PRIVATE, 0600 | IPC_CREAT);
    unsigned *memory = static_cast<unsigned *>(shmat(segment, nullptr, 0));
    VerilatedContext context;
    Valpha top(&context);

    for (unsigned n = 0; n < 20000; n++) {
        top.clk = !top.clk;
        top.d = n;
        top.eval();
        memory[0] += top.q;
        context.timeInc(1);
    }
    use_late(semaphore, queue);
    printf("sum %u\n", memory[0]);
    say("shmdt", shmdt(memory));
    say("shmdt again", shmdt(memory));
    say("shmctl", shmctl(segment, IPC_RMID, nullptr));
    say("semctl", semctl(semaphore, 0, IPC_RMID));
    say("msgctl", msgctl(queue, IPC_RMID, nullptr));
    return 1;
}
