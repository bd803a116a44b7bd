# SPDX-License-Identifier: MIT
"""Figures by subject. Each file here is loaded by itself: a new one needs no other line."""
