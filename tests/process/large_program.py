#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a copy of a program that has the size and the symbol table of a large simulator: 500 MB, of which most is a
hole that takes no room on the disk, and a million symbols more, in front of its own. It runs as the program does.

    large_program.py PROGRAM COPY"""

import os
import struct
import sys

SIZE = 500 << 20
SYMBOLS = 1000000
HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
SHT_SYMTAB = 2
LOCAL_FUNCTION, LOCAL_OBJECT, GLOBAL_FUNCTION = 0x02, 0x01, 0x12


def sections_of(program):
    header = HEADER.unpack_from(program)
    start, size, count = header[6], header[11], header[12]
    return [list(SECTION.unpack_from(program, start + i * size)) for i in range(count)]


def contents(program, section):
    return program[section[4] : section[4] + section[5]]


def name(number):
    """As Verilator's are: long, and alike at their beginning."""
    place = f"SimTop__DOT__core__DOT__backend__DOT__rob__DOT__entry_{number}"
    if number % 4 == 0:
        return f"_ZN18VSimTop___024root{len(place)}{place}E"
    method = f"VSimTop___024root___nba_sequent__TOP__{number}"
    return f"_Z{len(method)}{method}P18VSimTop___024root"


def symbols_of(count, kind, function, first_name):
    """So many, all of them at the place of a function that is there. Returns the table and the names."""
    names = [name(number).encode() for number in range(first_name, first_name + count)]
    index, address, size = function
    table, at = [], 0
    for one in names:
        table.append((at, kind, 0, index, address, size))
        at += len(one) + 1
    return table, b"\0".join(names) + b"\0"


def enlarge(program, size=SIZE, count=SYMBOLS):
    """Returns what is to be written: pairs of an offset and bytes."""
    sections = sections_of(program)
    symbols = next(section for section in sections if section[1] == SHT_SYMTAB)
    strings = sections[symbols[6]]
    own = list(SYMBOL.iter_unpack(contents(program, symbols)))
    own_names = contents(program, strings)
    main = next(s for s in own if own_names[s[0] :].startswith(b"main\0"))
    function = main[3:6]
    third = count // 3
    parts = [symbols_of(third, LOCAL_OBJECT, function, 0), symbols_of(third, LOCAL_FUNCTION, function, third)]
    parts.append(symbols_of(count - 2 * third, GLOBAL_FUNCTION, function, 2 * third))
    table, names = [], b"\0"
    for entries, text in parts:
        table.append([(at + len(names), *rest) for at, *rest in entries])
        names += text
    own = [(at + len(names), *rest) for at, *rest in own]
    locals_before = own[: symbols[7]] + table[0] + table[1]
    whole = locals_before + table[2] + own[symbols[7] :]
    packed = b"".join(SYMBOL.pack(*entry) for entry in whole)
    names += own_names
    start = (size - len(packed) - len(names) - SECTION.size * len(sections)) & ~4095
    symbols[4:6] = start, len(packed)
    symbols[7] = len(locals_before)
    strings[4:6] = start + len(packed), len(names)
    behind = (strings[4] + len(names) + 7) & ~7
    header = bytearray(program[: HEADER.size])
    struct.pack_into("<Q", header, 40, behind)
    headers = b"".join(SECTION.pack(*section) for section in sections)
    return [(0, program), (0, header), (start, packed), (strings[4], names), (behind, headers)]


def make(program, copy):
    with open(program, "rb") as file:
        parts = enlarge(file.read())
    with open(copy, "wb") as file:
        for offset, part in parts:
            file.seek(offset)
            file.write(part)
    os.chmod(copy, 0o755)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    make(*sys.argv[1:])
