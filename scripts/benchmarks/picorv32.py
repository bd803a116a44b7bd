# SPDX-License-Identifier: MIT
"""A program for picorv32 that goes on for as many rounds as it is told: the firmware that comes with it ends after a second.
The testbench reads it as words in hexadecimal, and is told by a number at an address that all is well."""

OK_ADDRESS, OK_NUMBER = 0x20000000, 123456789
DATA_ADDRESS = 0x10000
COUNTER, DATA, VALUE, PRODUCT = 5, 6, 7, 8  # registers


def i_type(opcode, funct3, target, source, immediate):
    return (immediate & 0xFFF) << 20 | source << 15 | funct3 << 12 | target << 7 | opcode


def lui(target, value):
    return (value & 0xFFFFF000) | target << 7 | 0x37


def addi(target, source, immediate):
    return i_type(0x13, 0, target, source, immediate)


def lw(target, base, offset):
    return i_type(0x03, 2, target, base, offset)


def sw(source, base, offset):
    return (offset >> 5 & 0x7F) << 25 | source << 20 | base << 15 | 2 << 12 | (offset & 0x1F) << 7 | 0x23


def mul(target, one, other):
    return 1 << 25 | other << 20 | one << 15 | target << 7 | 0x33


def bnez(register, offset):
    sign, high, low, bit = offset >> 12 & 1, offset >> 5 & 0x3F, offset >> 1 & 0xF, offset >> 11 & 1
    return sign << 31 | high << 25 | register << 15 | 1 << 12 | low << 8 | bit << 7 | 0x63


def load(register, value):
    """A number of 32 bits; the second instruction adds a signed one."""
    return [lui(register, value + 0x800), addi(register, register, value)]


def words(rounds):
    body = [lw(VALUE, DATA, 0), addi(VALUE, VALUE, 1), mul(PRODUCT, VALUE, COUNTER), sw(VALUE, DATA, 0), sw(PRODUCT, DATA, 4)]
    body.append(addi(COUNTER, COUNTER, -1))
    body.append(bnez(COUNTER, -4 * len(body)))
    ends = [*load(DATA, OK_ADDRESS), *load(VALUE, OK_NUMBER), sw(VALUE, DATA, 0), 0x00100073]  # ebreak
    return [*load(COUNTER, rounds), *load(DATA, DATA_ADDRESS), *body, *ends]


def write(path, rounds):
    with open(path, "w", encoding="ascii") as file:
        file.writelines(f"{word:08x}\n" for word in words(rounds))
