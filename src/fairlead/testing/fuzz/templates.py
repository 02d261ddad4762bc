"""Fuzz targets of the template engine and Helm: lexer, parser, execution, printf, values, charts, archives."""

from __future__ import annotations

import contextlib
import copy
import gzip
import io
import tarfile
from typing import Any

from fairlead.base import yaml
from fairlead.engines.gotemplate import lexer
from fairlead.engines.gotemplate.errors import FuncError, ParseError
from fairlead.engines.gotemplate.gofmt import sprintf
from fairlead.engines.gotemplate.parser import parse
from fairlead.engines.gotemplate.strconv import quote, unquote
from fairlead.engines.gotemplate.template import Limits
from fairlead.engines.helm import HelmError, Options, load_archive, load_chart, load_values, render
from fairlead.engines.helm import coalesce as coalesce_values
from fairlead.engines.helm.engine import SourceCache
from fairlead.engines.helm.functions.regexes import compile_pattern
from fairlead.engines.helm.functions.table import FUNCTIONS
from fairlead.engines.helm.functions.toml import from_toml, must_to_toml
from fairlead.engines.helm.helmignore import Rules
from fairlead.engines.helm.record import RecordError, decode
from fairlead.engines.helm.repository import parse_index
from fairlead.engines.helm.sourcemap import output_origins
from fairlead.engines.helm.strvals import (
    parse_set,
    parse_set_file,
    parse_set_json,
    parse_set_literal,
    parse_set_string,
)
from fairlead.testing.fuzz.drawing import Draw
from fairlead.testing.fuzz.target import Target, hold

META = b"apiVersion: v2\nname: c\nversion: 1.0.0\n"
VALUES = b"""\
s: hello World
n: 3
f: 2.5
neg: -7
big: 12345678901234567890
t: true
e: ""
nul: null
l: [a, b, 1, null, {k: v}]
m: {a: 1, b: {c: deep}, z: [1, 2]}
yml: "a: 1\\nb: [x, 2.50, null]\\n"
js: '{"a": [1.5, null, "x"]}'
tpl: "{{ .Values.s }}"
ver: 1.2.3-beta.1+b5
date: "2024-02-29"
"""
LIMITS = Limits(steps=20_000, output_chars=200_000)
_SLOW_NAMES = "genCA genCAWithKey genSignedCert genSignedCertWithKey genSelfSignedCert genSelfSignedCertWithKey"
SLOW = frozenset(f"{_SLOW_NAMES} genPrivateKey derivePassword bcrypt htpasswd".split())
CALLS = tuple(name for name in sorted(FUNCTIONS) if name not in SLOW)
WORDS = (
    "{{", "}}", "{{-", " -}}", "{{/*", "*/}}", "if ", "else", "else if ", "end", "range ", "range $i, $e := ", "with ",
    "define \"x\"", "block \"x\" .", "template \"x\" .", "include \"x\" .", "break", "continue", "nil", "true", "$x :=",
    "$x = ", "$x", "$", ".", ".Values.s", ".Values.n", ".Values.f", ".Values.l", ".Values.m", ".Values.m.b.c",
    ".Values.missing", ".Values.nul", ".Values.yml", ".Values.js", ".Values.tpl", ".Values.ver", ".Values.date",
    ".Values", ".Chart.Name", ".Release", ".Files", ".Files.Get \"f.txt\"", ".Capabilities.KubeVersion", ".Template",
    "(", ")", "|", ",", "\"", "`", "'a'", "\"a\"", "0", "1", "-1", "2.5", "0x1F", "1e3", " ", "\n", "- ", ": ",
    *(f"{name} " for name in sorted(FUNCTIONS) if name not in SLOW),
)  # fmt: skip
CONSTRUCTS = (
    ("{{ ", " }}"), ("{{- ", " -}}"), ("{{ if ", " }}y{{ else }}n{{ end }}"), ("{{ range ", " }}[{{ . }}]{{ end }}"),
    ("{{ with ", " }}<{{ . }}>{{ else }}-{{ end }}"), ("{{ $x := ", " }}{{ $x }}"), ("{{ ", " | toYaml }}"),
    ("{{ ", " | toJson }}"), ("{{ ", " | quote }}"),
    ("{{ printf \"%v %T %q %d %s\" ", " 1 }}"), ("a: {{ tpl ", " . }}"),
    ("{{ range $k, $v := ", " }}{{ $k }}={{ $v }};{{ end }}"), ("{{ kindOf (", ") }}"), ("\n", "\n"),
)  # fmt: skip
ARGUMENTS = tuple(
    """nil "" "a" "12" "3.7" `x y` 0 1 -1 2 5 100 2.5 1e20 true false .Values.s .Values.n .Values.f .Values.neg
    .Values.big .Values.t .Values.e .Values.nul .Values.missing .Values.l .Values.m .Values.m.b .Values.yml .Values.js
    .Values.tpl .Values.ver .Values.date . .Values .Chart .Release .Files .Capabilities .Template (list) (dict) (list|1)
    (dict|"a"|1) (printf|"%d"|3) (until|3) ("2006-01-02") "-1h" "%s" "[a-z]+" "a.b" (list|"a"|"b"|"a")
    (dict|"b"|(dict|"c"|2))""".replace("\n", " ").split()
)  # fmt: skip


def _shown(argument: str) -> str:
    return argument.replace("|", " ") if argument.startswith("(") else argument


def lex(data: bytes) -> None:
    """Tokens come in order, and end with EOF or an error."""
    tokens = lexer.tokenize(data.decode("utf-8", "replace"))
    positions = [position for _, position, _ in tokens]
    hold(positions == sorted(positions), "tokens are in order", positions)
    hold(tokens[-1][0] in (lexer.EOF, lexer.ERROR), "the last token ends the text", tokens[-1])


def parse_text(data: bytes) -> None:
    """A template parses or is refused with its line."""
    text = data.decode("utf-8", "replace")
    try:
        hold("t" in parse("t", text, FUNCTIONS), "a template is there", text)
    except ParseError as error:
        hold(0 <= error.line <= text.count("\n") + 1, "an error has a line of the text", error.line)


def execute_text(data: bytes) -> None:
    """A chart with this template renders alike from a fresh cache, and under the tracer; or fails in Helm's family."""
    _render(data)


def execute_drawn(data: bytes) -> None:
    """The same with a template of known words, which gets further into functions."""
    draw = Draw(data)
    pieces: list[str] = []
    while not draw.is_empty and len(pieces) < 12:
        head, tail = draw.pick(CONSTRUCTS)
        pieces.append(head)
        for number in range(1 + draw.byte() % 3):
            pieces.append(" | " if number else "")
            pieces.append(f"{CALLS[(draw.byte() << 8 | draw.byte()) % len(CALLS)]} ")
            pieces.extend(f"{_shown(draw.pick(ARGUMENTS))} " for _ in draw.some(4))
        pieces.append(tail)
    _render("".join(pieces).encode())


def _render(template: bytes) -> None:
    files = {"Chart.yaml": META, "values.yaml": VALUES, "templates/t.yaml": template, "f.txt": b"one\ntwo\n"}
    try:
        chart = load_chart({**files, "templates/_x.tpl": b'{{ define "x" }}x{{ .Values.n }}{{ end }}'})
        done = render(chart, {}, options=Options(limits=LIMITS, cache=SourceCache()))
    except HelmError as error:
        hold(str(error), "an error has a text", error)
        return
    text = done.to_text()
    origins = output_origins(done)
    hold(len(origins) == text.count("\n"), "each line has an origin", len(origins), text)
    for manifest in done.manifests:
        found = done.source_map.document(manifest.name, manifest.content)
        hold(len(found) == manifest.content.count("\n") + 1, "the traced text is the text", manifest.content)


def printf(data: bytes) -> None:
    """Complaints are in the text, never raised."""
    draw = Draw(data)
    values: list[Any] = [draw.value() for _ in draw.some(4)]
    hold(isinstance(sprintf(draw.rest().decode("utf-8", "replace"), values), str), "printf gives a text", values)


def quoting(data: bytes) -> None:
    """A quoted text is a Go literal of itself; any other literal is read or refused."""
    text = data.decode("utf-8", "replace")
    hold(unquote(quote(text)) == text, "unquote undoes quote", text)
    with contextlib.suppress(ValueError):
        unquote(text)


def regexp(data: bytes) -> None:
    """A pattern compiles or is refused in Go's words."""
    try:
        compiled = compile_pattern(data.decode("utf-8", "replace"))
    except FuncError as error:
        hold("error parsing regexp" in str(error), "a refusal has Go's words", error)
        return
    compiled.search(b"ab-12 \xc3\xa9\n")


def set_flags(data: bytes) -> None:
    """Every --set flag takes or refuses any text over any values."""
    text = data.decode("utf-8", "replace")
    parsers = (parse_set, parse_set_string, parse_set_literal, parse_set_json)
    for parser in (*parsers, lambda text, values: parse_set_file(text, values, lambda name: f"<{name}>")):
        values: dict[str, Any] = {"a": {"b": [1, {"c": "x"}]}, "l": ["p", None], "n": 1, "e": None}
        with contextlib.suppress(HelmError):
            parser(text, values)


def values_file(data: bytes) -> None:
    """A values file of any bytes loads or is refused."""
    with contextlib.suppress(HelmError):
        load_values(data, "values.yaml")


KEYS = ("a", "b", "sub", "global", "x", "tags", "enabled", "exports", "data")


def coalescing(data: bytes) -> None:
    """Values of any shape lie over a chart with a subchart, which renders or fails; neither input changes."""
    draw = Draw(data)
    own, below, user = (draw.mapping(KEYS, 3) for _ in range(3))
    imports = "import-values: [data, {child: a, parent: b}]"
    entry = f"- {{name: sub, version: 1.0.0, condition: sub.enabled, tags: [x], {imports}}}\n"
    try:
        files = {
            "Chart.yaml": META + (b"dependencies:\n" + entry.encode() if draw.byte() % 2 else b""),
            "values.yaml": yaml.dump(own).encode(),
            "templates/t.yaml": b"v: {{ toJson .Values }}\n",
            "charts/sub/Chart.yaml": META.replace(b"name: c", b"name: sub"),
            "charts/sub/values.yaml": yaml.dump(below).encode(),
            "charts/sub/templates/s.yaml": b"v: {{ toJson .Values }}\n",
        }
        chart = load_chart(files)
    except (HelmError, yaml.YamlError):
        return
    before, defaults = copy.deepcopy(user), copy.deepcopy(chart.values)
    with contextlib.suppress(HelmError):
        coalesce_values(chart, user, [])
        hold(repr(user) == repr(before), "the user's values stay", user, before)
    with contextlib.suppress(HelmError):
        render(chart, user)
    hold(repr(user) == repr(before), "rendering leaves the user's values", user, before)
    hold(repr(chart.values) == repr(defaults), "rendering leaves the chart's values", chart.values, defaults)


def metadata(data: bytes) -> None:
    """A Chart.yaml of any bytes loads or is refused, also where it names what it depends on."""
    with contextlib.suppress(HelmError):
        chart = load_chart({"Chart.yaml": data, "templates/t.yaml": b"a: {{ toJson .Chart }}\n"})
        render(chart, {})


def archive(data: bytes) -> None:
    """An archive of any bytes, packed or not, loads or is refused."""
    for packed in (data, gzip.compress(data, 1, mtime=0)):
        with contextlib.suppress(HelmError):
            load_archive(packed)


def helmignore(data: bytes) -> None:
    """A .helmignore of any bytes is read or refused."""
    with contextlib.suppress(HelmError):
        rules = Rules(data)
        for path in ("a", "templates/a.yaml", "x/y/z.txt", ".git/config", "[a]"):
            rules.ignores(path, False)
            rules.ignores(path, True)


def schema(data: bytes) -> None:
    """A values.schema.json of any bytes validates, complains, or is refused."""
    with contextlib.suppress(HelmError):
        render(load_chart({"Chart.yaml": META, "values.yaml": VALUES, "values.schema.json": data}), {})


def index(data: bytes) -> None:
    """A repository's index of any bytes is read or refused."""
    with contextlib.suppress(HelmError):
        found = parse_index(data, "u")
        found.get("c", "")


def release(data: bytes) -> None:
    """A release record of any text is read or refused."""
    with contextlib.suppress(RecordError):
        decode(data.decode("latin-1"))


def toml(data: bytes) -> None:
    """Any text is TOML or not; what is written is read back."""
    hold(isinstance(from_toml(data.decode("utf-8", "replace")), dict), "fromToml gives a table", data)
    value = Draw(data).mapping(("a", "b c", "d.e"), 3)
    with contextlib.suppress(FuncError):
        text = must_to_toml(value)
        again = from_toml(text)
        hold("Error" not in again, "toToml writes what fromToml reads", text, again)


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packed:
        for name, body in (("c/Chart.yaml", META), ("c/templates/a.yaml", b"a: 1\n")):
            info = tarfile.TarInfo(name)
            info.size = len(body)
            packed.addfile(info, io.BytesIO(body))
    return out.getvalue()[:3072]


TARGETS = {
    "lexer": Target(lex, WORDS[:64]),
    "parser": Target(parse_text, WORDS[:64]),
    "template": Target(execute_text, WORDS, max_bytes=300),
    "functions": Target(execute_drawn, max_bytes=120),
    "printf": Target(printf, ("%v", "%[2]*.[1]*f", "%!", "%#q")),
    "quoting": Target(quoting, ("\\u", "\\U0010FFFF", "\\x", "\\7")),
    "regexp": Target(regexp, ("[[:alpha:]]", "\\p{Greek}", "(?s)", "{1000}"), max_bytes=60),
    "set": Target(set_flags, ("[", "]=", "{", "},", "\\,", "null", "[0]"), max_bytes=120),
    "values": Target(values_file, ("&a ", "*a", "<<: ", "!!str ", "|-\n", "---\n"), max_bytes=300),
    "coalescing": Target(coalescing, max_bytes=300),
    "chart": Target(
        metadata, ("type: library\n", "keywords: ", "maintainers: ", "annotations: ", "kubeVersion: "), max_bytes=300
    ),
    "archive": Target(archive, ("ustar", "Chart.yaml", "../"), max_bytes=4096),
    "helmignore": Target(helmignore, ("[^", "\\", "**", "!")),
    "values-schema": Target(
        schema, ('"pattern":"', '"$schema":"http://json-schema.org/draft-07/schema#"', '"not":', '"if":'), max_bytes=300
    ),
    "index": Target(index, ("entries: ", "urls: ", "version: "), max_bytes=300),
    "release": Target(release),
    "toml": Target(toml, ("[[", "'''", '"""', "inf", "0x", "= {")),
}
