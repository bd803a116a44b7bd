# SPDX-License-Identifier: MIT
"""An X server whose picture can be read: Xvfb keeps it in a file, in the format of xwd."""

import array
import os
import shutil
import struct
import subprocess
import sys
import tempfile

WIDTH, HEIGHT = 1280, 800


class Picture:
    """What is on the screen now; colours are 0xRRGGBB."""

    def __init__(self, path):
        with open(path, "rb") as file:
            content = file.read()
        head = struct.unpack(">25I", content[:100])
        size, _, _, _, self.width, self.height, _, order = head[:8]
        bits, stride, colours = head[11], head[12], head[19]
        if bits != 32 or order != 0 or sys.byteorder != "little":
            raise RuntimeError(f"an X server of another kind: {head}")
        at = size + 12 * colours
        pixels = array.array("I", content[at : at + stride * self.height])
        self.rows = [pixels[y * stride // 4 :][: self.width] for y in range(self.height)]

    def is_at(self, x, y, test):
        pixel = self.rows[y][x]
        return test(pixel >> 16 & 255, pixel >> 8 & 255, pixel & 255)


class Screen:
    def __init__(self):
        """Of an empty screen all is white."""
        self.directory = tempfile.mkdtemp(prefix="screen-")
        command = ["Xvfb", "-displayfd", "1", "-wr", "-nolisten", "tcp", "-fbdir", self.directory]
        self.server = subprocess.Popen(
            [*command, "-screen", "0", f"{WIDTH}x{HEIGHT}x24"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.name = ":" + self.server.stdout.readline().decode().strip()

    def picture(self):
        return Picture(os.path.join(self.directory, "Xvfb_screen0"))

    def close(self):
        self.server.terminate()
        self.server.wait()
        self.server.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)
