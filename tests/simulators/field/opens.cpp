// SPDX-License-Identifier: MIT
// Opens one library after another and runs what is in it: opens END LIBRARY EVALS ... END is an exit status,
// or "kill". With FIELD_NAMESPACE each library is in a namespace of its own (dlmopen).
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    for (int i = 2; i + 1 < argc; i += 2) {
        void *library = getenv("FIELD_NAMESPACE") != nullptr
                            ? dlmopen(LM_ID_NEWLM, argv[i], RTLD_NOW | RTLD_LOCAL)
                            : dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) {
            fprintf(stderr, "%s\n", dlerror());
            return 99;
        }
        auto run = reinterpret_cast<unsigned (*)(long)>(dlsym(library, "dut_run"));
        printf("%d: %u\n", i / 2, run(atol(argv[i + 1])));
        dlclose(library);
    }
    fflush(stdout);
    if (argc > 1 && strcmp(argv[1], "kill") == 0) {
        raise(SIGKILL);
        pause();
    }
    return argc > 1 ? atoi(argv[1]) : 0;
}
