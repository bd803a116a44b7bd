#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""opens.cpp in Python: one DUT after another, each in a library of its own."""

import ctypes
import sys

for library, evals in zip(sys.argv[2::2], sys.argv[3::2]):
    print(ctypes.CDLL(library).dut_run(ctypes.c_long(int(evals))), flush=True)
sys.exit(int(sys.argv[1]))
