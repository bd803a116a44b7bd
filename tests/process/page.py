# SPDX-License-Identifier: MIT
"""Reads the page of `lightsss report --html` and finds what is wrong with it, where html.parser of Python would look away."""

import html.parser
import os
import urllib.parse

VOID = {"meta", "br"}
TAGS = VOID | set(
    "html head title style body main h1 h2 p div table thead tbody tr th td a section header span svg line rect circle ul li dl "
    "dt dd details summary pre".split()
)


class Page(html.parser.HTMLParser):
    """Every tag is one of the page's own, and is closed; links lead to files that are there, or to places of the page."""

    def __init__(self, path):
        super().__init__()
        self.open, self.text, self.links, self.ids, self.problems = [], [], [], [], []
        with open(path, encoding="utf-8") as file:
            source = file.read()
        self.feed(source)
        self.close()
        self.problems += [f"open at the end: {self.open}"] * bool(self.open)
        for link in self.links:
            if link.startswith("#"):
                found = link[1:] in self.ids
            else:
                found = os.path.exists(os.path.join(os.path.dirname(path), urllib.parse.unquote(link)))
            if not found:
                self.problems.append(f"a link to nowhere: {link}")
        for word in ("http:", "https:", "<script", "@import", "url("):
            if word in source:
                self.problems.append(f"the page has {word}")

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if tag not in TAGS or len(set(names)) < len(names) or any(name.startswith("on") for name in names):
            self.problems.append(f"{tag} {attrs}")
        self.links += [value for name, value in attrs if name in ("href", "src")]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")

    def handle_data(self, data):
        self.text.append(data)

    def handle_entityref(self, name):
        self.problems.append(f"&{name}; stands by itself")
