# SPDX-License-Identifier: MIT
# Makes each line a string of C, with a comma behind it. (Meson changes backslashes in commands.)
s/[\\"]/\\&/g
s/^/"/
s/$/\\n",/
