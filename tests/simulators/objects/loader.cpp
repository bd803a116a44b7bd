// SPDX-License-Identifier: MIT
// A program without a model: it opens the shared object that its first argument names and runs the main()
// in there. The object is found by the program's own RUNPATH.
#include <cstdio>
#include <dlfcn.h>

int main(int argc, char **argv)
{
    void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : nullptr;
    void *entry = library ? dlsym(library, "main") : nullptr;
    if (!entry) {
        fprintf(stderr, "loader: %s\n", argc > 1 ? dlerror() : "give the name of a library");
        return 64;
    }
    return reinterpret_cast<int (*)(int, char **)>(entry)(argc - 1, argv + 1);
}
