"""Write random values files and --set texts, and compare what Helm's library and we merge from them.

python tests/peer/random_values.py [--count N] [--seed N] [--peer PATH]
"""

# ruff: noqa: E501 - tables of fragments

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from fairlead.engines.gotemplate.gofmt import sprintf
from fairlead.engines.helm import HelmError, load_values, strvals
from fairlead.engines.helm.chart import merge_maps
from fairlead.engines.helm.errors import ChartError, ValuesError

ROOT = Path(__file__).parents[2]
HELM_RENDER = ROOT / ".peers" / "helm-render"
sys.path[:0] = [str(ROOT / "tests" / "peer")]

from program_texts import Texts  # noqa: E402

KEYS = (
    "a",
    "b",
    "c",
    "a.b",
    "a.b.c",
    "b[0]",
    "b[1].x",
    "a[0][1]",
    "c[2]",
    "",
    "a\\.b",
    "a\\,b",
    "a b",
    " a",
    "a ",
    "é",
    "a[",
    "a]",
    "a[x]",
    "a[-1]",
    "a[99999999]",
    "a[]",
    ".a",
    "a.",
    "a..b",
    "[0]",
    "a\\[0]",
    "a{b",
    "a}b",
    "a\\=b",
    "\\a",
    "a\\",
    "b[0][0].y",
    "a.b[1]",
    '"a"',
    "'a'",
    "a:b",
    "a[0]b",
    "a[0].b[1].c",
    "true",
    "1",
    "nil",
)
VALUES = (
    "1",
    "0",
    "-1",
    "01",
    "1.5",
    "true",
    "True",
    "FALSE",
    "null",
    "NULL",
    "nil",
    "",
    "x",
    "a b",
    " x ",
    "{}",
    "{a,b}",
    "{1,2,{x}}",
    "{a",
    "a}",
    "{a,b}c",
    "{,}",
    "{a,,b}",
    "a\\,b",
    "a=b",
    "a==b",
    "\\",
    "\\\\",
    "\\n",
    "\\=",
    "{a\\,b}",
    "'x'",
    '"x"',
    '"a,b"',
    "[1,2]",
    "9223372036854775807",
    "9223372036854775808",
    "1e3",
    "0x1F",
    "+1",
    "1_000",
    "é☺",
    "a.b",
    "{ a , b }",
    "{null,true,1}",
    "a\nb",
    "@x",
    "-",
    "{{ .x }}",
    "{a=b}",
    "a[0]",
    "~",
    "0.0",
    "00",
    "-0",
    '{"a": 1}',
    '{"a"',
    "[1,",
    "tru",
    "{a}{b}",
    "\\{a\\}",
    "\\{a",
    "a\\}b",
)
JSON = (
    '{"a":1}',
    '{"a":{"b":[1,2]}}',
    "a=1",
    'a="x"',
    'a={"b":2}',
    "a=[1,2]",
    'a[0]={"x":null}',
    "a=",
    "a",
    "a=1,b=2",
    'a={"b":1},c=[1]',
    "a=x",
    "{",
    '{"a":1}x',
    "[1]",
    ' {"a": 2} ',
    "a= 1",
    'a="x,y"',
    "a.b=null",
    "a=1e3",
    "a=12345678901234567890",
    "a=1 b=2",
    'a={"b":1}x',
    "a=true,b",
    "a={},b=[]",
    "=1",
    'a["x"]=1',
    "null",
    '{"a":null}',
    "a=1,",
    ",a=1",
    'a={"x":1.50}',
    "",
)


class Writer:
    """Writes what the flags give."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(f"values {seed}")
        self.texts = Texts(self.rng)

    def line(self) -> str:
        rng = self.rng
        parts = [
            rng.choice(KEYS) + rng.choice(("=", "=", "=", "=", "=", "", "==", " = ")) + rng.choice(VALUES)
            for _ in range(rng.choice((1, 1, 2, 3)))
        ]
        text = rng.choice((",", ",", ",", ", ", ",,", ";")).join(parts)
        if rng.random() < 0.15:
            at = rng.randrange(len(text) + 1)
            text = text[:at] + rng.choice("{}[],=\\. \"'0a") + text[at:]
        return text

    def some(self, percent: int) -> list[str]:
        return [self.line() for _ in range(self.rng.choice((1, 1, 2)))] if self.rng.randrange(100) < percent else []

    def request(self) -> dict[str, Any]:
        rng = self.rng
        given: dict[str, Any] = {"set": self.some(60), "string": self.some(20), "literal": self.some(15), "json": []}
        if rng.randrange(100) < 25:
            given["json"] = [rng.choice(JSON) if rng.random() < 0.7 else self.line() for _ in range(rng.choice((1, 2)))]
        if rng.randrange(100) < 50:
            given["file"] = (
                self.texts.yaml()
                if rng.random() < 0.5
                else rng.choice(
                    ("a: {b: {c: 1}}\nb: [1, {x: 2}]\nc: text\n", "a: [[1, 2], 3]\nb: null\n", "a: 1\nc: [x]\n", "")
                )
            )
        return given


def ask_helm(requests: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the answers of Helm's library."""
    done = subprocess.run(
        [str(HELM_RENDER), "values"], input=json.dumps(requests).encode(), capture_output=True, check=True
    )
    return [json.loads(line) for line in done.stdout.decode().split("\n") if line]


def ours(given: dict[str, Any]) -> dict[str, str]:
    """Return what we merge, or our error."""
    try:
        values: dict[str, Any] = {}
        if "file" in given:
            try:
                values = merge_maps(values, load_values(given["file"].encode(), "FILE"))
            except ChartError as error:
                raise ValuesError(f"failed to parse FILE: {error}") from error
        for text in given["json"]:
            values = strvals.parse_set_json(text, values)
        for text in given["set"]:
            strvals.parse_set(text, values)
        for text in given["string"]:
            strvals.parse_set_string(text, values)
        for text in given["literal"]:
            strvals.parse_set_literal(text, values)
        return {"out": sprintf("%#v", (values,))}
    except HelmError as error:
        return {"out": "", "err": str(error)}
    except Exception as error:
        return {"out": "", "err": f"CRASH {type(error).__name__}: {error}"}


def reduced(given: dict[str, Any]) -> dict[str, Any]:
    """Return *given* with what does not matter left out."""
    changed = True
    while changed:
        changed = False
        for key in ("file", "set", "string", "literal", "json"):
            smaller = (
                [{**given, key: given[key][:at] + given[key][at + 1 :]} for at in range(len(given[key]))]
                if key != "file"
                else [{name: part for name, part in given.items() if name != "file"}] * ("file" in given)
            )
            for one in smaller:
                if ask_helm([one])[0] != ours(one):
                    given, changed = one, True
                    break
    return {key: part for key, part in given.items() if part}


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=20)
    parser.add_argument("--peer", type=Path, default=HELM_RENDER, help="the program over Helm's library")
    args = parser.parse_args()
    globals()["HELM_RENDER"] = args.peer
    writer = Writer(args.seed)
    requests = [writer.request() for _ in range(args.count)]
    wrong = [
        (given, theirs) for given, theirs in zip(requests, ask_helm(requests), strict=True) if ours(given) != theirs
    ]
    print(f"{args.count} compared, {len(wrong)} differ")
    for given, _ in sorted(wrong, key=lambda item: len(str(item)))[: args.show]:
        least = reduced(given)
        full = {"set": [], "string": [], "literal": [], "json": [], **least}
        theirs, mine = ask_helm([full])[0], ours(full)
        print(
            f"-- {least!r}\n   helm: {theirs.get('err') or theirs['out']!r}\n   ours: {mine.get('err') or mine['out']!r}"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
