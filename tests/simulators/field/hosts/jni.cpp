// SPDX-License-Identifier: MIT
// The model as native methods of Simulate.java.
#include <jni.h>

#include "bench.h"

extern "C" {
JNIEXPORT void JNICALL Java_Simulate_open(JNIEnv *, jclass)
{
    bench_open();
}

JNIEXPORT jint JNICALL Java_Simulate_step(JNIEnv *, jclass, jint d)
{
    return static_cast<jint>(bench_step(static_cast<unsigned>(d)));
}

JNIEXPORT void JNICALL Java_Simulate_close(JNIEnv *, jclass)
{
    bench_close();
}
}
