/* SPDX-License-Identifier: MIT */
/* A library that does nothing, to be preloaded: what the loader notes of any library is the same of this one.
 */
int nothing_is_done(void);
int nothing_is_done(void)
{
    return 0;
}
