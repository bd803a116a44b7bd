// SPDX-License-Identifier: MIT
// Opens some libraries, among them one that is heap.cpp, which it runs: heap_open LIBRARY EVALS STATUS.
#include <initializer_list>

#include <dlfcn.h>

#include "heap_facts.h"

int main(int argc, char **argv)
{
    heap_facts_begin(argv);
    bool each = getenv("HEAP_EACH") != nullptr;
    heap_facts_look("start", each);
    for (const char *other : {"libz.so.1", "libexpat.so.1"})
        if (dlopen(other, RTLD_NOW) == nullptr)
            HEAP_FACTS_SAY("no %s\n", other);
    void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : nullptr;
    if (library == nullptr)
        return 99;
    heap_facts_look("opened", each);
    dlopen("libm.so.6", RTLD_NOW);
    auto run = reinterpret_cast<int (*)(int, char **)>(dlsym(library, "heap_run"));
    return run != nullptr ? run(argc - 1, argv + 1) : 98;
}
