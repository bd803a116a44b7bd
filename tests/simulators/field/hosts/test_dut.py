# SPDX-License-Identifier: MIT
# What pytest runs: the second test fails.
import dut
import pytest


@pytest.fixture(autouse=True)
def model():
    dut.open()
    yield
    dut.close()


def run(evals):
    last = 0
    for n in range(evals):
        last = dut.step(n)
    return last


def test_short():
    assert run(100) != 0


def test_long():
    assert run(3000) == 0


def test_after_it():
    assert run(50) != 0
