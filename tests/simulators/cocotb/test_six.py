# SPDX-License-Identifier: MIT
"""Six cocotb tests in one process, of which the second fails. Those behind it drive the design for +cycles=N each."""

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer


async def drive(dut, cycles):
    """Returns the sum that the design must have."""
    cocotb.start_soon(Clock(dut.clk, 10, units="ns").start())
    dut.rst.value = 1
    dut.a.value = 0
    for _ in range(2):
        await RisingEdge(dut.clk)
    dut.rst.value = 0
    dut.a.value = 3
    for _ in range(cycles):
        await RisingEdge(dut.clk)
    await Timer(1, units="ns")
    return 3 * cycles & 0xFFFF


async def pass_on(dut, cycles):
    total = await drive(dut, cycles)
    assert int(dut.sum.value) == total


def cycles_behind():
    return int(cocotb.plusargs.get("cycles", "300"))


@cocotb.test()
async def first(dut):
    await pass_on(dut, 200)


@cocotb.test()
async def second(dut):
    total = await drive(dut, 700)
    assert int(dut.sum.value) != total, "told to"


@cocotb.test()
async def third(dut):
    await pass_on(dut, cycles_behind())


@cocotb.test()
async def fourth(dut):
    await pass_on(dut, cycles_behind())


@cocotb.test()
async def fifth(dut):
    await pass_on(dut, cycles_behind())


@cocotb.test()
async def sixth(dut):
    await pass_on(dut, cycles_behind())
