"""The fenced blocks of the documents, and what is done with each: see CONTRIBUTING.md, "Snippets".

What a block is for stands in a comment on the line above its fence, ``<!-- snippet: KIND ARGUMENT -->``. Without one a
block is checked as far as its language lets it, and Python is executed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
DOCUMENTS = PAGES + sorted(path for path in (ROOT / "docs").rglob("*.md"))

KINDS = {
    "run": "sh: the commands are run, in a copy of the source tree, and succeed",
    "serve": "sh: the command is started in the copy and goes on until the document ends",
    "output": "what the `run` before it prints; … stands for anything",
    "file": "the content of a file that the reader makes: its path is the argument",
    "change": "diff: what the reader changes in a file, which is the argument",
    "fragment": "python: compiled, and what it imports is there; not executed",
    "as": "json: valid under a schema of schemas/json, which is the argument",
    "tested": "executed by another test module, which is the argument and names the document",
    "text": "nothing that could be executed: why is the argument",
}
LANGUAGES = {
    *("", "sh", "python", "json", "yaml", "toml", "diff", "html", "js", "ts", "css", "mermaid", "promql", "text"),
    *("go", "java", "xml"),  # of other clients: another module runs them, or they are for reading
}

_FENCE = re.compile(
    r"^(?:<!-- snippet: (?P<kind>\w+) ?(?P<argument>[^\n]*?) *-->\n)?"
    r"(?P<indent> *)```(?P<language>[\w-]*)\n(?P<text>.*?)^ *```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Snippet:
    document: Path
    line: int
    language: str
    text: str
    kind: str
    argument: str

    @property
    def place(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


def snippets(document: Path) -> list[Snippet]:
    """The blocks of a document in their order."""
    content, found = document.read_text(encoding="utf-8"), []
    for match in _FENCE.finditer(content):
        indent = match["indent"]
        text = re.sub(rf"^{indent}", "", match["text"], flags=re.MULTILINE) if indent else match["text"]
        line = content.count("\n", 0, match.start("language")) + 1
        found.append(Snippet(document, line, match["language"], text, match["kind"] or "", match["argument"] or ""))
    return found


def label_problems(document: Path) -> list[str]:
    """Comments that label nothing, and labels and languages that nobody knows."""
    content, found = document.read_text(encoding="utf-8"), []
    labels = len(re.findall(r"^ *<!-- *snippet", content, re.MULTILINE))
    of_blocks = [one for one in snippets(document) if one.kind]
    if labels != len(of_blocks):
        found.append(f"{document.name}: {labels - len(of_blocks)} snippet comments do not stand right above a fence")
    for one in snippets(document):
        if one.kind and one.kind not in KINDS:
            found.append(f"{one.place}: there is no kind {one.kind!r}, but {', '.join(KINDS)}")
        if one.language not in LANGUAGES:
            found.append(f"{one.place}: the language {one.language!r} is none of {', '.join(sorted(LANGUAGES))}")
        if one.kind in ("file", "change", "as", "tested", "text") and not one.argument:
            found.append(f"{one.place}: {one.kind} needs an argument")
    return found
