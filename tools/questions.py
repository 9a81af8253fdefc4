"""Makes sets of questions and the passages that answer them: python3 tools/questions.py <unpacked packages> <folder>.

The packages are python3.11-doc, debian-faq and its translations. A set is a JSON file with questions `q`, passages `p`, and for each question the
index of its passage, `rel`. Tune nothing on these sets."""

import gzip
import json
import random
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

# Number of words of an answer that is searched, and of a piece of another text.
ANSWER, PIECE = 220, 180
# Number of pieces among which the answers of the Python FAQ are searched.
OTHERS = 1300
LANGUAGES = ["en", "de", "fr", "ja", "ru", "zh-cn"]
# Languages that write words without spaces; there, this many characters of an answer are searched.
WITHOUT_SPACES, CHARACTERS = {"ja", "zh-cn"}, 500


def plain(text):
    return re.sub(r"\s+", " ", text).strip()


class Sections(HTMLParser):
    """The sections of a page without sections in them, as heading and text, and the text of its body."""

    def __init__(self):
        super().__init__()
        self.found, self.body, self.open = [], [], []
        self.heading = self.in_body = self.skipped = 0

    def handle_starttag(self, tag, attributes):
        classes = (dict(attributes).get("class") or "").split()
        if tag == "div":
            self.in_body += 1 if self.in_body or "body" in classes else 0
        elif tag == "section":
            for section in self.open:
                section["is_leaf"] = False
            self.open.append({"is_leaf": True, "heading": [], "text": []})
        elif tag in ("h2", "h3", "h4") and self.open and not self.open[-1]["heading"]:
            self.heading += 1
        elif tag == "a" and "headerlink" in classes:
            self.skipped += 1

    def handle_endtag(self, tag):
        if tag == "div" and self.in_body:
            self.in_body -= 1
        elif tag == "section" and self.open:
            section = self.open.pop()
            if section["is_leaf"]:
                self.found.append((plain(" ".join(section["heading"])), plain(" ".join(section["text"]))))
        elif tag in ("h2", "h3", "h4") and self.heading:
            self.heading -= 1
        elif tag == "a" and self.skipped:
            self.skipped -= 1

    def handle_data(self, data):
        if self.skipped:
            return
        if self.in_body:
            self.body.append(data)
        if self.open:
            self.open[-1]["heading" if self.heading else "text"].append(data)


def sections(path):
    page = Sections()
    page.feed(path.read_text(encoding="utf8"))
    return page


def python_faq(documents):
    html = documents / "python3.11/html"
    questions, passages = [], []
    for path in sorted((html / "faq").glob("*.html")):
        for heading, text in sections(path).found:
            if heading.endswith("?") and len(text) > 80:
                questions.append(heading)
                passages.append(" ".join(text.split()[:ANSWER]))
    others = []
    for folder in ["library", "tutorial", "howto", "reference"]:
        for path in sorted((html / folder).glob("*.html")):
            words = " ".join(sections(path).body).split()
            others += [" ".join(words[at : at + PIECE]) for at in range(0, len(words), PIECE)]
    random.Random(1).shuffle(others)
    passages += [piece for piece in others if len(piece) > 400][:OTHERS]
    return {"q": questions, "p": passages, "rel": list(range(len(questions)))}


def debian_faq(documents, language):
    lines = gzip.decompress((documents / f"debian/FAQ/debian-faq.{language}.txt.gz").read_bytes()).decode("utf8", "replace").splitlines()
    entries, entry, is_heading = {}, None, False
    for line in lines:
        numbered = re.match(r"^(\d+\.\d+(?:\.\d+)?)\.\s+(\S.*)$", line)
        if numbered:
            # The table of contents has the same numbers, and comes first.
            entry = entries[numbered[1]] = [[numbered[2]], []]
            is_heading = True
        elif entry and is_heading and line.strip() and not line[0].isspace():
            entry[0].append(line.strip())
        elif entry:
            is_heading = False
            entry[1].append(line)
    whole = [(plain(" ".join(heading)), plain("\n".join(text))) for heading, text in entries.values()]
    whole = [(heading, text) for heading, text in whole if len(text) > 60]
    cut = (lambda text: text[:CHARACTERS]) if language in WITHOUT_SPACES else (lambda text: " ".join(text.split()[:ANSWER]))
    return {"q": [heading for heading, _ in whole], "p": [cut(text) for _, text in whole], "rel": list(range(len(whole)))}


def main():
    documents, folder = Path(sys.argv[1]) / "usr/share/doc", Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    sets = {"python-faq": python_faq(documents)} | {f"debian-faq-{it}": debian_faq(documents, it) for it in LANGUAGES}
    for name, questions in sets.items():
        (folder / f"{name}.json").write_text(json.dumps(questions, ensure_ascii=False), encoding="utf8")


main()
