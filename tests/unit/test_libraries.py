# SPDX-License-Identifier: MIT
"""The patcher at every function of real libraries. What stands for a head in its stub is decoded by objdump, which
shares nothing with the decoder that made it, and must be the same instructions with the same targets."""

import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HELPER = os.environ["LIGHTSSS_TEST_RELOCATE"]
LIBRARIES = ["libc.so.6", "libm.so.6", "libstdc++.so.6", "libcrypto.so.3", "libelf.so.1", "libz.so.1",
             "libpython3.11.so.1.0", "libZydis.so.4.0", "libgcc_s.so.1", "ld-linux-x86-64.so.2"]
NOPS = 16 * b"\x90" # between what objdump reads: no instruction is as long
WORD = 1 << 64
LINE = re.compile(r"^\s*([0-9a-f]+):\t(.*?)\s*(?:#\s*0x([0-9a-f]+))?$")
BRANCH = re.compile(r"^((?:bnd |notrack )?(?:j\w+|call|loop\w*|xbegin))(?:,p[nt])?\s+0x([0-9a-f]+)$")

Instruction = collections.namedtuple("Instruction", "text target")
Moved = collections.namedtuple("Moved", "name head head_bytes original original_bytes constant")


def decode(codes):
    """For each (address, bytes): its instructions, with absolute targets."""
    size = max(len(code) for _, code in codes) + len(NOPS)
    with tempfile.NamedTemporaryFile() as file:
        for _, code in codes:
            file.write(code.ljust(size, NOPS[:1]))
        file.flush()
        done = subprocess.run(
            ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "--no-show-raw-insn", "-z", file.name],
            stdout=subprocess.PIPE, check=True, text=True)
    result = [[] for _ in codes]
    for line in done.stdout.splitlines():
        match = LINE.match(line)
        if not match:
            continue
        slot, offset = divmod(int(match[1], 16), size)
        address, code = codes[slot]
        if offset >= len(code):
            continue
        shift = address - slot * size
        text, target = re.sub(r"\s+", " ", match[2]), None
        branch = BRANCH.match(text)
        if branch:
            text, target = branch[1].replace("bnd ", ""), (int(branch[2], 16) + shift) % WORD
        elif match[3]:
            target = (int(match[3], 16) + shift) % WORD
            text = re.sub(r"\[rip[+-]0x[0-9a-f]+\]", "[rip]", text)
        result[slot].append(Instruction(text, target))
    return result


def expected(moved, head):
    """What must stand in the stub; of a push, the value."""
    behind = moved.head + len(moved.head_bytes)
    for instruction in head:
        if instruction.text == "call" and instruction.target is not None:
            yield Instruction("push", behind)
            yield Instruction("jmp", instruction.target)
        else:
            yield instruction
    yield Instruction("jmp", behind)


def differs(moved, head, stub):
    """The first instruction that is another one, or None."""
    for number, wanted in enumerate(expected(moved, head)):
        found = stub[number] if number < len(stub) else None
        if found and wanted.text == "push" and found.text == "push QWORD PTR [rip]":
            found = Instruction("push", moved.constant)
        if found != wanted:
            return f"{moved.name}: {wanted} became {found}; head {head}, stub {stub[:number + 2]}"
    return None


def relocate(library):
    """What the helper says of a library: heads that were moved, and reasons of refusals; None where it is missing."""
    lines = subprocess.run([HELPER, library], stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    if lines == ["missing"]:
        return None, None
    moved, refused = [], collections.Counter()
    for line in lines:
        kind, name, rest = line.split(" ", 2)
        if kind == "moved":
            head, head_bytes, original, original_bytes, constant = rest.split()
            moved.append(Moved(name, int(head, 16), bytes.fromhex(head_bytes), int(original, 16),
                               bytes.fromhex(original_bytes), int(constant, 16)))
        else:
            refused[rest.replace(name, "NAME")] += 1
    return moved, refused


class Libraries(unittest.TestCase):
    def check(self, library):
        """How many heads were moved."""
        moved, refused = relocate(library)
        if moved is None:
            print(f"{library}: not here")
            return 0
        heads = decode([(one.head, one.head_bytes) for one in moved])
        stubs = decode([(one.original, one.original_bytes) for one in moved])
        wrong = [found for found in map(differs, moved, heads, stubs) if found]
        print(f"{library}: {len(moved)} moved, {sum(refused.values())} refused, {len(wrong)} wrong")
        for reason, count in refused.most_common():
            print(f"    {count:5} {re.sub('only [0-9]+ bytes', 'only N bytes', reason)}")
            self.assertRegex(reason, "^NAME .*: .*")
        self.assertEqual(wrong, [])
        return len(moved)

    def test_moved_heads_are_what_they_were(self):
        self.assertGreater(sum(self.check(library) for library in LIBRARIES), 2000)

    def test_a_difference_is_seen(self):
        code = bytes.fromhex("488d0510000000")  # lea rax, [rip + 16]
        jump = bytes.fromhex("e9f2ffffff")  # from behind it, where it is 7 further, to its end
        moved = Moved("f", 0x1000, code, 0x1007, code + jump, 0)
        heads, same = decode([(0x1000, code)]), decode([(0x1000, code + bytes.fromhex("e9fbffffff"))])
        self.assertIsNone(differs(moved, heads[0], same[0]))
        other = decode([(0x1007, code + jump)])
        self.assertIn("lea", differs(moved, heads[0], other[0]))


if __name__ == "__main__":
    if not shutil.which("objdump"):
        print("skipped: objdump is missing (Debian: apt-get install binutils)")
        sys.exit(77)
    unittest.main(verbosity=0)
