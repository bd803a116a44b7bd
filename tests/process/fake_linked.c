/* SPDX-License-Identifier: MIT */
/* The fake simulator with everything, main() included, in a shared object that it is linked with. */
int main(int argc, char **argv);
int (*const fake_linked_main)(int argc, char **argv) = main;
