// SPDX-License-Identifier: MIT
// A model for programs of other languages.
#pragma once

extern "C" {
void bench_open(void);
unsigned bench_step(unsigned d); // the value of q after one more eval
void bench_close(void);
}
