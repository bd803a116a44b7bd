#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`lightsss report` on directories of runs, and of what somebody has made of them: all that can be read is shown, and what
cannot gets one line. tests/simulators/test_report.py has those with waveforms."""

import json
import os
import shutil
import subprocess
import unittest
from urllib.parse import unquote_to_bytes

from command import COMMAND, FAKE, TOP, CommandCase, columns
from page import Page

VCD = """$scope module TOP $end
$var wire 1 ! clk $end
$var wire 4 " b [3:0] $end
$upscope $end
$enddefinitions $end
#0
0!
b101 "
#7
1!
"""


class Report(CommandCase):
    def failing(self, *steps, program=FAKE, **variables):
        """A failed run without a waveform; returns its directory."""
        folder = os.path.join(self.work, variables.get("LIGHTSSS_DIR", "lightsss"))
        before = set(os.listdir(folder)) if os.path.isdir(folder) else set()
        status, _, err = self.lightsss("run", "--wave", "off", program, *(steps or ("print:text", "eval:2", "exit:3")), **variables)
        self.assertNotEqual(status, 0, err)
        (name,) = set(os.listdir(folder)) - before
        return os.path.join(folder, name)

    def edit(self, run, text=None, **members):
        path = os.path.join(run, "report.json")
        if text is None:
            with open(path, encoding="utf-8") as file:
                text = json.dumps({**json.load(file), **members})
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def report(self, *words, status=0, err="", **variables):
        got = self.lightsss("report", *words, **variables)
        self.assertEqual((got[0], got[2]), (status, err))
        return got[1]

    def page(self, *words, name="page.html", **more):
        self.assertEqual(self.report("--html", name, *words, **more), "")
        page = Page(os.path.join(self.work, name))
        self.assertEqual(page.problems, [])
        return page

    def test_table(self):
        runs = [self.failing(), self.failing("print:x", "eval:7", "abort"), self.failing()]
        for i, run in enumerate(runs):
            os.utime(os.path.join(run, "report.json"), (1700000000 + 60 * i,) * 2)
        lines = self.report().splitlines()
        self.assertEqual(lines[0].split(), "WHEN PROGRAM PID END EVAL TIME VERDICT SIZE WAVEFORM".split())
        rows = [line.split() for line in lines[1:]]
        self.assertEqual([row[-1] for row in rows], [os.path.relpath(run, self.work) + "/" for run in runs])
        pids = [run.rpartition(".")[2] for run in runs]
        self.assertEqual([row[2:-1] for row in rows], [
            ["fake_simulator", pids[0], "exit", "3", "2", "10", "reproduced", "-"],
            ["fake_simulator", pids[1], "SIGABRT", "7", "35", "reproduced", "-"],
            ["fake_simulator", pids[2], "exit", "3", "2", "10", "reproduced", "-"],
        ])
        # Newest last, whatever the order of the folders; each once.
        self.assertEqual(self.report("lightsss", "lightsss/", runs[2], runs[0]).count("\n"), 4)
        self.assertEqual(self.report(runs[2], runs[0]).splitlines()[1].split()[-1], runs[0] + "/")

    def test_folders(self):
        self.assertEqual(self.report(err="lightsss: no failed run in lightsss\n"), "")
        self.assertEqual(self.report("--json", err="lightsss: no failed run in elsewhere\n", LIGHTSSS_DIR="elsewhere"), "[]\n")
        self.page(err="lightsss: no failed run in lightsss\n")
        self.report("nowhere", status=1, err="lightsss: nowhere cannot be read: No such file or directory\n")
        run = self.failing(LIGHTSSS_DIR="deep/er/waves")
        os.symlink(os.path.join(self.work, "deep"), os.path.join(self.work, "deep", "loop"))
        self.assertEqual(self.report(".").splitlines()[1].split()[-1], "./" + os.path.relpath(run, self.work) + "/")
        self.assertEqual(self.report(LIGHTSSS_DIR="deep/er/waves").count("\n"), 2)
        # A link that the user names is followed.
        os.symlink("deep", os.path.join(self.work, "link"))
        self.assertEqual(self.report("link").count("\n"), 2)

    def test_named_runs(self):
        """As other commands name them: by the name in LIGHTSSS_DIR, or by the process. What is there goes first."""
        runs = [self.failing(), self.failing()]
        names = [os.path.basename(run) for run in runs]
        for words in ((names[0],), (names[0].rpartition(".")[2],), (runs[0], names[0])):
            rows = self.report(*words).splitlines()[1:]
            self.assertEqual([os.path.basename(row.split()[-1].rstrip("/")) for row in rows], [names[0]], words)
        self.report(names[0], status=1, err=f"lightsss: {names[0]} cannot be read: No such file or directory\n", LIGHTSSS_DIR="elsewhere")
        os.mkdir(os.path.join(self.work, names[1]))
        self.report(names[1], err=f"lightsss: no failed run in {names[1]}\n")

    def test_json(self):
        runs = sorted((self.failing(), self.failing("eval:7", "abort")), key=lambda run: os.stat(os.path.join(run, "report.json")).st_mtime_ns)
        self.edit(runs[1], end={"kind": "abort", "signal": "SIGABRT", "eval": 7, "match": 'a "ä" \\ \n'})
        made = json.loads(self.report("--json"))
        for run in runs:
            with open(os.path.join(run, "report.json"), encoding="utf-8") as file:
                self.assertIn({**json.load(file), "directory": os.path.relpath(run, self.work)}, made)
        self.assertEqual(len(made), 2)
        # A directory's name may be no UTF-8.
        os.rename(os.path.join(self.work, "lightsss"), os.path.join(os.fsencode(self.work), b"l\xff"))
        process = subprocess.run([COMMAND, "report", "--json", b"l\xff"], cwd=self.work, env=self.environment({}), stdout=subprocess.PIPE, check=True)
        first = json.loads(process.stdout)[0]
        self.assertTrue(first["directory"].startswith("l\ufffd/fake_simulator."))
        self.assertTrue(os.path.isdir(os.path.join(os.fsencode(self.work), unquote_to_bytes(first["directory_bytes"]))))
        self.assertNotIn("directory_bytes", made[0])

    def test_what_cannot_be_read(self):
        """One line each, and the rest is there."""
        good = self.failing()
        cases = {
            "{": "line 1: string or '}' expected near end of file",
            "": "line 1: '[' or '{' expected near end of file",
            "[]": "it is no report of lightsss",
            "{}": "it is no report of lightsss",
            '{"version": 2}': "it is of a newer release (version 2)",
            '{"version": 1}\n x': "line 2: end of file expected near 'x'",
            '{"version": 1, "a": "\udcff"}': None,
            '{"version": 1, "a": ' + "[" * 33 + "]" * 33 + "}": "it is nested too deeply for a report",
            '{"version": 1, "a": ' + '{"b": ' * 2000 + "1" + "}" * 2001: "it is nested too deeply for a report",
        }
        for text, why in cases.items():
            bad = self.failing()
            with open(os.path.join(bad, "report.json"), "wb") as file:
                file.write(text.encode("utf-8", "surrogateescape"))
            status, out, err = self.lightsss("report")
            self.assertEqual((status, len(out.splitlines())), (1, 2), text)
            self.assertEqual(len(err.splitlines()), 1)
            if why is not None:
                self.assertEqual(err, f"lightsss: {os.path.relpath(bad, self.work)}/report.json cannot be read: {why}\n")
            shutil.rmtree(bad)
        self.assertEqual(self.report().splitlines()[1].split()[-1], os.path.relpath(good, self.work) + "/")

    def test_odd_files(self):
        """Nothing is waited for, and no link is followed."""
        self.failing()
        places = [self.failing() for _ in range(3)]
        for run in places:
            os.unlink(os.path.join(run, "report.json"))
        os.mkfifo(os.path.join(places[0], "report.json"))
        os.symlink("/dev/zero", os.path.join(places[1], "report.json"))
        with open(os.path.join(places[2], "report.json"), "w", encoding="ascii") as file:
            file.truncate(1 << 30)
        names = [os.path.relpath(run, self.work) for run in places]
        status, out, err = self.lightsss("report")
        self.assertEqual((status, len(out.splitlines())), (1, 2))
        self.assertEqual(sorted(err.splitlines()), sorted([
            f"lightsss: {names[0]}/report.json cannot be read: it is no regular file",
            f"lightsss: {names[1]}/report.json cannot be read: it is no regular file",
            f"lightsss: {names[2]}/report.json cannot be read: it is too large for a report",
        ]))
        os.unlink(os.path.join(places[0], "report.json"))
        self.report(
            names[0], status=1, err=f"lightsss: {names[0]} has no report.json: its replay has just begun, or could not write\n"
        )

    def test_edited_reports(self):
        """Members that are missing or of another type are unknown."""
        run = self.failing()
        self.edit(run, '{"version": 1}')
        self.assertEqual(self.report().splitlines()[1].split()[2:], ["-"] * 7 + [os.path.relpath(run, self.work) + "/"])
        self.page()
        odd = [None, True, 1, -1, 1.5, "x", [], [1], {}, {"eval": "x"}, {"eval": 1e300, "kind": 3}, {"path": "../../../etc/passwd"}]
        with open(os.path.join(run, "report.json"), encoding="utf-8") as file:
            members = ["program", "pid", "end", "snapshot", "snapshots", "replay", "wave", "files", "cost", "model"]
        for value in odd:
            self.edit(run, json.dumps({"version": 1, **{name: value for name in members}}))
            self.assertEqual(self.report().count("\n"), 2)
            self.assertEqual(self.report("--json").count('"directory"'), 1)
            self.assertFalse([link for link in self.page().links if "etc" in link])

    def test_page(self):
        name = "e<m>&\"'u; \u00e4"
        program = os.path.join(self.work, name)
        shutil.copy(FAKE, program)
        run = self.failing("eval:2", "print:<b>bold & 'so'</b>", "exit:3", program=program, LIGHTSSS_DIR="d:<i>&\"'#?")
        self.edit(run, model="</section><script>alert(1)</script>", replay={"verdict": "diverged", "why": "<x>", "notes": ["<y>", 7]})
        with open(os.path.join(run, "replay.stderr"), "wb") as file:
            file.write(b"".join(b"line %d \x1b[31mred\x1b[0m\n" % i for i in range(1000)) + b"\xff\0<end>")
        for place in ("page.html", "d:<i>&\"'#?/page.html", os.path.join(run, "page.html"), "/".join([self.temporary, "page.html"])):
            page = self.page("d:<i>&\"'#?", name=place)
            text = "".join(page.text)
            self.assertIn(name, text)
            self.assertIn("<b>bold & 'so'</b>", text)
            self.assertIn("</section><script>alert(1)</script>", text)
            self.assertIn("line 999 red\n\ufffd\ufffd<end>", text)
            self.assertNotIn("line 900 ", text)
            self.assertEqual(len([link for link in page.links if link.endswith("report.json")]), 1)

    def test_names_on_a_terminal(self):
        """Columns stand below each other, and no name turns what is around it."""
        program = os.path.join(self.work, "\u6a21\u62dfe\u0301")
        shutil.copy(FAKE, program)
        runs = [self.failing(), self.failing(program=program), self.failing(program=program, LIGHTSSS_DIR="d\u202ex")]
        self.edit(runs[0], program="a\u202eb\u2066")
        lines = self.report(".").splitlines()
        self.assertEqual(len({columns(line.partition("  reproduced  ")[0]) for line in lines[1:]}), 1)
        self.assertIn("  a???b???  ", "\n".join(lines))
        self.assertIn("./d???x/", "\n".join(lines))
        self.assertNotRegex("\n".join(lines), "[\u202e\u2066]")
        text = self.report("--json", ".")
        self.assertNotRegex(text, "[\u202e\u2066]")
        self.assertEqual({run["program"] for run in json.loads(text)}, {"a\u202eb\u2066", "\u6a21\u62dfe\u0301"})
        page = "".join(self.page(".").text)
        self.assertIn("/d\ufffdx/", page)
        self.assertNotRegex(page, "[\u202e\u2066]")

    def test_page_of_a_replay_under_way(self):
        """The library writes this why as the replay begins, so that it is there when something kills it."""
        why = "the replay was killed before it was done"
        with open(os.path.join(TOP, "preload", "report", "report.c"), encoding="utf-8") as file:
            self.assertIn(f'.why = "{why}",', file.read())
        self.edit(self.failing(), replay={"verdict": "incomplete", "why": why})
        self.assertIn(why + ", or is still at work", "".join(self.page().text))

    def test_page_stays(self):
        """What cannot be written leaves the page of before, and nothing beside it."""
        self.failing()
        self.page()
        before = os.stat(os.path.join(self.work, "page.html"))
        mask = os.umask(0)
        os.umask(mask)
        self.assertEqual(before.st_mode & 0o777, 0o666 & ~mask)
        self.report("--html", "no/page.html", status=1, err="lightsss: no/page.html cannot be written: No such file or directory\n")
        self.report("--html", "/dev/full", status=1, err="lightsss: /dev/full cannot be written: No space left on device\n")
        self.assertEqual(sorted(os.listdir(self.work)), ["lightsss", "page.html"])
        out = self.report("--html", "/dev/stdout")
        self.assertTrue(out.startswith("<!DOCTYPE html>") and out.endswith("</html>\n"))

    def test_page_on_stdout(self):
        """Its links lead from where the command runs."""
        run = self.failing()
        out = self.report("--html", "-")
        self.assertEqual(os.listdir(self.work), ["lightsss"])
        self.file("page.html", out)
        page = Page(os.path.join(self.work, "page.html"))
        self.assertEqual(page.problems, [])
        self.assertIn(os.path.relpath(run, self.work) + "/report.json", page.links)

    def test_full_disk(self):
        self.failing()
        for words in ((), ("--json",), ("--html", "-")):
            with open("/dev/full", "wb") as full:
                run = subprocess.run([COMMAND, "report", *words], cwd=self.work, env=self.environment({}), stdout=full, stderr=subprocess.PIPE, check=False)
            self.assertEqual(run.returncode, 125)
            self.assertRegex(run.stderr, rb"^lightsss: what it printed could not be written: (No space left on device|an error of output)\n$")

    def test_words(self):
        self.failing()
        for words, line in (
            (["--jsno"], "unknown option --jsno; did you mean --json?"),
            (["--html"], "--html needs a value: one page that holds all: timelines, verdicts, costs, last lines, links; - is stdout"),
            (["--html="], "--html needs a value: one page that holds all: timelines, verdicts, costs, last lines, links; - is stdout"),
            (["--json=1"], "--json has no value"),
            (["--signals", "a", "--radix", "oct"], "--radix=oct is not valid: give hex, bin or dec"),
            (["--radix", "hex"], "--radix is for --signals"),
            (["--signals", "a", "--json"], "--signals goes neither with --json nor with --html"),
            (["--json", "--html", "-"], "--json and --html - both write to stdout; give one of them"),
            (["--signals", "a", "b", "c"], "--signals is for one run; 2 were named"),
            (["--signals", ",,"], "--signals names no signal"),
            (["--signals= , "], "--signals names no signal"),
        ):
            self.report(*words, status=2, err=f"lightsss: {line}\n")
        self.report("", status=1, err="lightsss: a directory has no name\n")
        self.report("--", "--json", status=1, err="lightsss: --json cannot be read: No such file or directory\n")
        self.assertEqual(self.report("lightsss", "--json"), self.report("--json", "lightsss"))
        self.assertIn("--signals NAMES", self.report("--help"))

    def with_waveform(self, text, verdict="reproduced", why=None):
        run = os.path.relpath(self.failing(), self.work)
        self.edit(os.path.join(self.work, run), wave={"path": "wave.vcd"}, replay={"verdict": verdict, "why": why})
        self.file(run + "/wave.vcd", text)
        return run

    def test_signals_of_which_some_are_missing(self):
        """The others are printed, in their order."""
        run = self.with_waveform(VCD)
        wave = run + "/wave.vcd"
        missing = f"lightsss: there is no signal {{}} in {wave}; the nearest is {{}}\n"
        self.assertEqual(
            self.report(run, "--signals= b,,nonesuch,\tclk ,cl\n", status=1, err=missing.format("nonesuch", "TOP.clk") + missing.format("cl", "TOP.clk")),
            "TOP.b 0x5\nTOP.clk 1\n",
        )
        self.assertEqual(self.report(run, "--signals=bb", status=1, err=missing.format("bb", "TOP.b")), "")

    def test_signals_of_a_waveform_that_was_cut(self):
        """Its writer was killed, or the disk was full."""
        run = self.with_waveform(VCD[:-1])
        line = "lightsss: {}/wave.vcd is cut off: the values are those of time 7\n"
        self.assertEqual(self.report(run, "--signals=clk,b", err=line.format(run)), "TOP.clk 0\nTOP.b 0x5\n")
        self.file(run + "/wave.vcd", VCD + "#80\nb00")
        self.assertEqual(self.report(run + "/wave.vcd", "--signals=b", err=line.format(run).replace("time 7", "time 80")), "TOP.b 0x5\n")
        self.file(run + "/wave.vcd", VCD)
        self.report(run, "--signals=clk")

    def test_signals_of_a_replay_that_did_not_get_there(self):
        line = "lightsss: the verdict of {} is {}: these need not be the values of the failure\n"
        for verdict, why, words in (
            ("diverged", "it ended elsewhere", "diverged, it ended elsewhere"),
            ("incomplete", None, "incomplete"),
            ("incomplete", "the replay was killed before it was done", "incomplete, the replay was killed before it was done, or is still at work"),
        ):
            run = self.with_waveform(VCD, verdict, why)
            self.assertEqual(self.report(run, "--signals=clk", err=line.format(run, words)), "TOP.clk 1\n")
            self.assertEqual(self.report(run + "/wave.vcd", "--signals=clk", err=line.format(run, words)), "TOP.clk 1\n")
        work, self.work = self.work, os.path.join(self.work, run)
        self.report("wave.vcd", "--signals=clk", err=line.format(".", words))
        self.work = work
        self.file(run + "/other.vcd", VCD)
        self.report(run + "/other.vcd", "--signals=clk")  # of that the report does not tell
        self.edit(os.path.join(self.work, run), "no report")
        self.report(run + "/wave.vcd", "--signals=clk")

    def test_signals_without_a_waveform(self):
        run = os.path.relpath(self.failing(), self.work)
        self.report("--signals=a", status=1, err=f"lightsss: {run} has no waveform\n")
        self.edit(os.path.join(self.work, run), wave={"path": "wave.vcd"})
        self.report(run, "--signals=a", status=1, err=f"lightsss: {run}/wave.vcd cannot be read: No such file or directory\n")
        os.mkfifo(os.path.join(self.work, run, "wave.vcd"))
        self.report(run, "--signals=a", status=1, err=f"lightsss: {run}/wave.vcd cannot be read: it is no regular file\n")
        self.assertEqual(self.report(run).splitlines()[1].split()[-2], "-")
        self.page(run)
        self.report("/dev/null", "--signals=a", status=1, err="lightsss: /dev/null cannot be read: it is no regular file\n")
        shutil.rmtree(os.path.join(self.work, "lightsss"))
        self.report("--signals=a", status=1, err="lightsss: no failed run in lightsss\n")


if __name__ == "__main__":
    unittest.main()
