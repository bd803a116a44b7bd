# SPDX-License-Identifier: MIT
"""A cocotb test as its users write them; with +at=CYCLE an assertion fails there."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer


@cocotb.test()
async def adds(dut):
    at = int(cocotb.plusargs.get("at", "-1"))
    cocotb.start_soon(Clock(dut.clk, 10, units="ns").start())
    dut.rst.value = 1
    dut.a.value = 0
    for _ in range(2):
        await RisingEdge(dut.clk)
    dut.rst.value = 0
    total = 0
    for cycle in range(1, 401):
        value = random.randrange(256)
        dut.a.value = value
        await RisingEdge(dut.clk)
        await Timer(1, units="ns")
        total = (total + value) & 0xFFFF
        assert int(dut.sum.value) == total
        assert cycle != at, "told to"
