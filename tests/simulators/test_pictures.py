#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/pictures makes the pictures of the documents anew, and they show what they should; on a phone nothing of the page of
runs is cut off. test_pictures.py BUILD_DIR"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

DEBIAN = "/usr/bin/python3"  # to which python3-pil belongs
try:
    import PIL.Image
except ImportError:
    if sys.executable != DEBIAN and os.path.exists(DEBIAN):
        os.execv(DEBIAN, [DEBIAN, *sys.argv])
    sys.exit(print("python3-pil is missing (scripts/setup pictures)") or 77)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPT = os.path.join(ROOT, "scripts", "pictures")
BUILD = None
PATIENCE_S = 400
LARGEST = 100_000  # bytes
NEAR = 24
# Measures whether the table of runs is wider than its place, and writes it into its own title.
MEASURE = """<!doctype html><title>unknown</title><iframe src="report.html" style="width:390px;height:700px"></iframe>
<script>onload = () => { const wide = frames[0].document.querySelector(".wide");
document.title = "fits: " + wide.scrollWidth + " in " + wide.clientWidth; }</script>"""


def near(one, other):
    return all(abs(a - b) <= NEAR for a, b in zip(one, other))


class Picture:
    def __init__(self, path):
        with PIL.Image.open(path) as image:
            self.image = image.convert("RGB")
        self.size = self.image.size
        self.pixels = self.image.load()

    def count(self, colour, box=None):
        part = self.image.crop(box) if box else self.image
        return sum(count for count, seen in part.getcolors(part.width * part.height) if near(seen, colour))

    def columns(self, colour, least):
        """Those in which so many pixels have the colour."""
        width, height = self.size
        return [x for x in range(width) if sum(near(self.pixels[x, y], colour) for y in range(height)) >= least]


class Pictures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.mkdtemp(prefix="pictures-")
        cls.addClassCleanup(shutil.rmtree, cls.place, ignore_errors=True)
        done = subprocess.run([SCRIPT, "--build", BUILD, cls.place], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=PATIENCE_S)
        if done.returncode == 77:
            raise unittest.SkipTest(done.stdout.strip())
        if done.returncode != 0:
            raise AssertionError(done.stdout)
        cls.said = done.stdout
        rows = subprocess.run([SCRIPT, "--list"], capture_output=True, text=True, check=True).stdout.splitlines()
        cls.sizes = {name: (int(width), int(height)) for name, width, height in map(str.split, rows)}

    def picture(self, name):
        picture = Picture(os.path.join(self.place, name))
        self.assertEqual(picture.size, self.sizes[name])
        return picture

    def test_all_are_made(self):
        self.assertEqual(set(os.listdir(self.place)), set(self.sizes))
        for name in self.sizes:
            self.assertLess(os.path.getsize(os.path.join(self.place, name)), LARGEST, name)
            self.assertIn(os.path.join(self.place, name), self.said)

    def test_runs_are_real(self):
        self.assertEqual(self.said.count("lightsss: replay reproduced"), 4, self.said)

    def test_waves(self):
        picture = self.picture("failure.png")
        width, height = picture.size
        self.assertGreater(picture.count((0, 0, 0)), width * height // 4)
        traces = picture.columns((0, 255, 0), 1)
        self.assertGreater(len(traces), width // 2)
        markers = [x for x in picture.columns((255, 140, 140), height // 2) if x in traces or x - 1 in traces]
        self.assertTrue(markers and max(markers) < traces[-1] and min(markers) > width // 2, markers)

    def test_page(self):
        picture = self.picture("report.png")
        width, height = picture.size
        self.assertGreater(picture.count((255, 255, 255)), width * height // 5)
        for colour in ((0x17, 0x71, 0x3A), (0x0A, 0x58, 0xCA), (0x9E, 0xC5, 0xFE), (0xB3, 0x26, 0x1E)):
            self.assertGreater(picture.count(colour), 80, colour)

    def test_phones(self):
        """By day at the left, by night at the right."""
        picture = self.picture("report-phone.png")
        width, height = picture.size
        left, right = (20, 20, width // 2 - 20, height - 20), (width // 2 + 20, 20, width - 20, height - 20)
        area = (width // 2 - 40) * (height - 40)
        self.assertGreater(picture.count((255, 255, 255), left), area // 4)
        self.assertGreater(picture.count((0x14, 0x17, 0x1B), right), area // 4)
        self.assertEqual(picture.count((255, 255, 255), right), 0)

    def test_chart(self):
        root = xml.etree.ElementTree.parse(os.path.join(self.place, "ways.svg")).getroot()
        bars = [float(one.get("width")) for one in root.iter("{http://www.w3.org/2000/svg}rect")][1:]
        self.assertGreater(len(bars), 2)
        self.assertEqual(bars[0], min(bars))
        self.assertIn("scripts/bench ", "".join(root.itertext()))

    def test_phone_cuts_nothing(self):
        place = os.path.join(self.place, "..", os.path.basename(self.place) + "-run")
        os.mkdir(place)
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        shutil.copy(os.path.join(BUILD, "tests", "simulators", "sim_mcu_vcd1"), os.path.join(place, "emu"))
        environment = {**{name: value for name, value in os.environ.items() if not name.startswith("LIGHTSSS")}, "HOME": place}
        command = os.path.join(BUILD, "scripts", "lightsss")
        words = ["--window", "20000evals", "--", "./emu", "--quiet", "--fail", "stop@10000000", "--cycles", "100000000"]
        subprocess.run([command, "run", *words], cwd=place, env=environment, capture_output=True, check=False, timeout=PATIENCE_S)
        subprocess.run([command, "report", "--html", "report.html"], cwd=place, env=environment, capture_output=True, check=True)
        with open(os.path.join(place, "measure.html"), "w", encoding="ascii") as file:
            file.write(MEASURE)
        browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", f"--user-data-dir={place}/chromium"]
        done = subprocess.run([*browser, "--dump-dom", f"file://{os.path.realpath(place)}/measure.html"], cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        fits = re.search(r"<title>fits: (\d+) in (\d+)</title>", done.stdout)
        self.assertTrue(fits, done.stdout + done.stderr)
        self.assertLessEqual(int(fits[1]), int(fits[2]))


if __name__ == "__main__":
    BUILD = os.path.abspath(sys.argv.pop(1))
    program = unittest.main(exit=False)
    skipped, ran = program.result.skipped, program.result.testsRun
    if program.result.wasSuccessful() and ran == 0 and skipped:
        sys.exit(print(skipped[0][1]) or 77)
    sys.exit(not program.result.wasSuccessful())
