// SPDX-License-Identifier: MIT
// Nothing: main() is in the shared object that this program is linked with, and so is the model.
extern int linked;
int linked = 1;
