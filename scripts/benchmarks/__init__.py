# SPDX-License-Identifier: MIT
"""What scripts/bench measures. Every figure is a row of one registry (registry.py); the files beside it hold them by
subject. A figure compares runs with each other that follow each other in turn; no test depends on one."""
