"""Make template snippets that try functions and the language at their edges.

The cases in tests/golden/helm/snippets.json are a sample of these, with what
Helm's library made of them; record_helm.py records them.
"""

# ruff: noqa: C901, E501, N805, RUF005, RUF021, RUF034, SIM905

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

from fairlead.engines.helm.functions.table import FUNCTIONS

VALUES = r"""
s: hello World
n3: 3
f: 2.5
big: 1000000
huge: 12345678901234567890
bigint: 9007199254740993
neg: -7
negf: -2.75
small: 1e-7
large: 1e21
t: true
fa: false
e: ""
nul: null
l: [a, b, c]
ln: [3, 1, 2]
mixed: [1, "x", null, true, {k: v}, [1, [2]], 2.5]
dup: [a, a, 1, 1, null, null, "", {a: 1}, {a: 1}]
m: {a: 1, b: {c: deep}, z: [1, 2]}
m2: {a: 2, b: {d: other}, y: null, x: false}
em: {}
el: []
u: "héllo wörld ß日本 😀"
num: "12"
oct: "010"
hex: "0x1F"
fl: "3.7"
ver: "1.2.3-beta.1+b5"
url: "https://user:pa%20ss@host.io:8080/p/a?q=1&r=2#frag"
multi: "line1\nline2\n\n  line3\n"
sp: "  pad\t "
quo: 'say "hi" & <b> it''s \ back'
date: "2024-02-29"
ts: "2023-12-31T23:59:59.123456789+02:00"
yml: "a: 1\nb: [x, 2.50, null, true]\nc: {d: 0x10, e: 1e3}\n"
js: '{"a": 1, "b": [1.5, null, "x"], "c": {"d": 12345678901234567890}}'
path: /a/b/../c.tar.gz
"""
FILES = {
    "Chart.yaml": "apiVersion: v2\nname: p\nversion: 0.1.0\nappVersion: 1.10\nannotations: {a: b}\n",
    "values.yaml": VALUES,
    "f.txt": "one\ntwo\n",
    "d/g.yaml": "x: 1\n",
    "d/h.bin": "\u00e9\n",
}
STR = [
    '""',
    '"a"',
    '"hello World"',
    ".Values.u",
    ".Values.multi",
    ".Values.sp",
    ".Values.quo",
    '"12"',
    '"-3"',
    '"3.7"',
    '"0x1F"',
    '"010"',
    '"1_000"',
    '"true"',
    '"abc-DEF_ghi.jkl"',
    '"a,b,,c"',
    '"foo$bar"',
    ".Values.path",
    '"日"',
    '"\\t\\n"',
    '"aaa bbb"',
    '"-"',
    '","',
    '" "',
]
INT = ["0", "1", "-1", "2", "3", "5", "10", "100", "-7"]
ANY = [
    "nil",
    '""',
    '"a"',
    '"12"',
    '"3.7"',
    '"0x1F"',
    '"1e3"',
    "0",
    "1",
    "-1",
    "3.5",
    "-2.5",
    "1e20",
    ".Values.n3",
    ".Values.f",
    ".Values.big",
    ".Values.huge",
    ".Values.bigint",
    ".Values.neg",
    ".Values.negf",
    ".Values.small",
    ".Values.large",
    "true",
    "false",
    ".Values.nul",
    ".Values.missing",
    ".Values.l",
    ".Values.ln",
    ".Values.mixed",
    ".Values.dup",
    ".Values.m",
    ".Values.em",
    ".Values.el",
    "(list)",
    "(dict)",
    "(list 1 2 3)",
    '(list "b" "a")',
    '(dict "x" 1 "y" nil)',
    "(int64 5)",
    "(int 7)",
    "(float64 2)",
    ".Values.u",
    ".Values.multi",
    '(splitList "," "a,b")',
    '(duration "95")',
    "'a'",
    "1+2i",
    ".Values.ver",
    ".Values",
    "(index .Values.mixed 2)",
    ".Values.date",
    '"2h30m"',
    ".Chart.Version",
    ".Capabilities.KubeVersion",
    '(.Files.GetBytes "f.txt")',
    '(semver "1.2.3")',
]
MAP = [
    ".Values.m",
    ".Values.m2",
    ".Values.em",
    "(dict)",
    '(dict "a" (dict "b" 1))',
    '(dict "k" nil)',
    ".Values",
    '(dict "a" 1 "b" 2)',
    ".Values.nul",
    "nil",
    ".Values.s",
    ".Values.l",
    "(fromYaml .Values.yml)",
    "(fromJson .Values.js)",
    '(dict "a" "s")',
]
LIST = [
    ".Values.l",
    ".Values.ln",
    ".Values.mixed",
    ".Values.dup",
    ".Values.el",
    "(list)",
    "(list 1 2 3)",
    '(list "b" "a" "")',
    '(list nil 0 "" false)',
    '(splitList "," "a,b,a")',
    ".Values.nul",
    "nil",
    ".Values.s",
    ".Values.m",
    "(until 4)",
    "(list (list 1) (list 2))",
    '(list 1 2.0 "3")',
]
DUR = [
    '"95"',
    '"1h30m"',
    '"1.5s"',
    '"-2m"',
    '"bad"',
    "90",
    "(int64 5000)",
    "2.5",
    "nil",
    '""',
    '"100ms"',
    '"2540h"',
    '"1us"',
    '"36h15m30.918273645s"',
]
TIME = [
    '(toDate "2006-01-02" "2024-02-29")',
    '(toDate "2006-01-02T15:04:05Z07:00" .Values.ts)',
    '(toDate "2006-01-02" "bad")',
    '(mustToDate "2006-01-02" "2020-01-01")',
]
LAYOUT = [
    '"2006-01-02"',
    '"Mon Jan _2 15:04:05 MST 2006"',
    '"02 January 06 3:04PM -0700 Z07:00 .000 .999999"',
    '"Monday __2 002 pm PM 05,000"',
    '""',
    '"Jan"',
]
DATEV = TIME + ["0", "1700000000", "(int64 86400)", '"x"', "nil", ".Values.n3", "-1"]
RE = [
    '"a"',
    '"[a-z]+"',
    '"(l+)(o)?"',
    '"^$"',
    '""',
    '"("',
    '"[[:alpha:]]"',
    '"(?i)HELLO"',
    '"\\\\d+"',
    '"(?P<n>w.)"',
    '"o|l"',
    '"\\\\bW"',
    '"."',
    '"a{2,1}"',
    '"\\\\p{Greek}"',
    '"[^a]"',
    '"x*"',
    '"(?s)l.*l"',
    '"\\\\"',
    '"a**"',
    '"(?<n>a)"',
    '"(?=a)"',
    '"\\\\Z"',
    '"\\\\z"',
    '"[a"',
    '"a{1001}"',
]
REPL = ['"X"', '"$1"', '"${1}x"', '"$n"', '"$0"', '"$"', '"$$"', '"${n}"', '"$1x"', '"${"', '""']
SEMV = [
    '"1.2.3"',
    '"v1.2"',
    '"1"',
    '"1.2.3-beta.1+b5"',
    '"bad"',
    '""',
    '"01.2.3"',
    '"1.2.3.4"',
    '"v1.37.0"',
    '"1.2.x"',
    '"1.2.3-01"',
    '"v1.26.4-gke.500"',
]
CON = [
    '">=1.2.0"',
    '"^1.2"',
    '"~1.2.3"',
    '"1.x"',
    '"*"',
    '">1 <2 || 3"',
    '"1.2 - 1.4"',
    '"!=1.2.3"',
    '"=1.2.3"',
    '">=1.2.0-0"',
    '"bad"',
    '""',
    '">= 1.2, < 2"',
    '"<1.2.3-beta.2"',
    '"^0.0.3"',
    '"~1"',
    '"=>1.0"',
    '">1.2.3"',
    '"^v1"',
    '">=1.19-0"',
    '"1.2.3 || 1.2.4"',
    '"~>1.2"',
    '"v1.2.3"',
]
URLS = [
    ".Values.url",
    '"http://a"',
    '"//h/p"',
    '"mailto:x@y"',
    '"/p?q#f"',
    '""',
    '"http://[::1]:80/"',
    '"http://a b"',
    '"%zz"',
    '"http://user@h"',
    '"ftp://h:99999/x%2Fy"',
    '"a:b"',
    '":x"',
]
B64 = ['"aGVsbG8="', '"aGVsbG8"', '"!!"', '""', '"aGk=\\n"', ".Values.u", '"MFRGG==="']
YML = [
    ".Values.yml",
    ".Values.js",
    '""',
    '"a"',
    '"- 1\\n- x\\n"',
    '"a: [1"',
    '"a: 1\\na: 2"',
    '"1"',
    '"null"',
    '"? x"',
    '"a: !!str 1"',
    '"a: &x 1\\nb: *x"',
    '"a: 2024-01-02"',
    '"a: 0o17\\nb: 017\\nc: 1_000\\nd: .5\\ne: +1\\nf: .inf\\ng: ~\\nh: yes\\ni: 0b11\\nj: 1:30"',
    '"a: |\\n  x\\n  y\\nb: >\\n  x\\n  y\\n"',
    '"---\\na: 1\\n---\\nb: 2\\n"',
    '"<<: {a: 1}\\nb: 2"',
    '"\\ta: 1"',
    '"{\\"a\\": 1}"',
    '"{1: 2, true: 3, null: 4, 1.5: x}"',
    '"[1, 2"',
    '"a: b: c"',
    '"{\\"a\\":}"',
    '"[1,2]"',
    '"[]"',
    '"{}"',
    '"a: \\"\\\\x41\\""',
    '"\\"x"',
    '"tru"',
    '"{\\"a\\": 1} x"',
    '"nul"',
    '"1.50"',
    '"{\\"a\\": \\"\\\\ud83d\\\\ude00\\"}"',
]
TOML = [
    '"a = 1"',
    '"[t]\\nb = \\"x\\""',
    '"a = [1, 2]"',
    '"bad"',
    '""',
    '"a = 1979-05-27"',
    '"[[x]]\\na=1.5\\n[[x]]\\nb=true"',
    '"a.b.c = 1"',
    '"a = 1e3"',
    '"a = 0x1F"',
    '"a = inf"',
    '"a = \\"\\"\\"x\\ny\\"\\"\\""',
]
SEP = ['","', '""', '"-"', '" "', '"l"', '"日"', '"ab"']


# param letter -> pool
def pool(name: str, letter: str, i: int) -> list[str]:
    special = {
        "semver": [SEMV],
        "semverCompare": [CON, SEMV],
        "urlParse": [URLS],
        "fromYaml": [YML],
        "fromYamlArray": [YML],
        "fromJson": [YML],
        "fromJsonArray": [YML],
        "mustFromJson": [YML],
        "fromToml": [TOML],
        "b64dec": [B64],
        "b32dec": [B64],
        "decryptAES": [STR, B64],
        "regexMatch": [RE, STR],
        "regexFind": [RE, STR],
        "regexFindAll": [RE, STR, ["-1", "0", "1", "2", "5"]],
        "regexReplaceAll": [RE, STR, REPL],
        "regexReplaceAllLiteral": [RE, STR, REPL],
        "regexSplit": [RE, STR, ["-1", "0", "1", "2", "5"]],
        "date": [LAYOUT, DATEV],
        "dateInZone": [
            LAYOUT,
            DATEV,
            ['"UTC"', '"America/New_York"', '"Bad/Zone"', '""', '"Local"', '"Europe/Berlin"'],
        ],
        "dateModify": [DUR, TIME],
        "toDate": [LAYOUT, ['"2024-02-29"', '"bad"', '""', ".Values.ts", '"2024-13-01"']],
        "htmlDate": [DATEV],
        "htmlDateInZone": [DATEV, ['"UTC"', '"Asia/Tokyo"', '"bad"']],
        "unixEpoch": [TIME],
        "duration": [DUR + ANY],
        "durationRound": [
            [
                '"2h"',
                '"95m"',
                "90",
                '"26h"',
                '"3s"',
                '"800h"',
                '"9000h"',
                "nil",
                "(int64 9000000000000)",
                '"x"',
                '(toDate "2006-01-02" "bad")',
            ]
        ],
        "repeat": [INT, STR],
        "until": [INT],
        "untilStep": [INT, INT, INT],
        "seq": [INT, INT, INT, INT],
        "join": [SEP, LIST + ANY],
        "split": [SEP, STR],
        "splitList": [SEP, STR],
        "splitn": [SEP, INT, STR],
        "printf": [
            [
                '"%v"',
                '"%d"',
                '"%s"',
                '"%q"',
                '"%5.2f"',
                '"%-8s|"',
                '"%08.3f"',
                '"%x"',
                '"%X"',
                '"%t"',
                '"%T"',
                '"%+v"',
                '"%#v"',
                '"%e"',
                '"%g"',
                '"%G"',
                '"%c"',
                '"%U"',
                '"%b"',
                '"%o"',
                '"%O"',
                '"%p"',
                '"%%"',
                '"%"',
                '"%!"',
                '"%5d|"',
                '"%-5d|"',
                '"%+d"',
                '"% d"',
                '"%05d"',
                '"%6.2v"',
                '"%10v"',
                '"%[1]d"',
                '"%[2]d"',
                '"%*d"',
                '"% x"',
                '"%#x"',
                '"%.3s"',
                '"%.0f"',
                '"%+q"',
                '"%#q"',
                '"%w"',
                '"%z"',
                '"%6t"',
                '"%E"',
                '"%#o"',
                '"%x %d"',
                '"%s %s"',
                '"%.2e"',
                '"%#g"',
                '"%+.3g"',
                '"%F"',
                '"%5c"',
                '"%#U"',
                '"%-10q|"',
                '"%3.1d"',
                '"%.3x"',
                '"%k"',
                '"% X"',
                '"%#v %T"',
                '"%[3]*.[2]*[1]f"',
                '"%[1]v %[1]T"',
                '"no verbs"',
            ]
        ],
    }
    if name in ("mustDateModify", "date_modify", "must_date_modify"):
        name = "dateModify"
    if name in ("mustToDate",):
        name = "toDate"
    if name in ("date_in_zone",):
        name = "dateInZone"
    if name.startswith("mustRegex"):
        name = "r" + name[5:]
    if name.startswith("duration") and name not in ("duration", "durationRound") or name == "mustToDuration":
        return DUR + ANY
    if name in special:
        s = special[name]
        if i < len(s):
            return s[i]
    if name in (
        "first",
        "last",
        "rest",
        "initial",
        "reverse",
        "compact",
        "uniq",
        "sortAlpha",
        "toStrings",
        "concat",
        "mustFirst",
    ):
        return LIST + ANY
    if name in ("append", "prepend", "push", "without", "has", "slice", "chunk"):
        if name == "has":
            return ANY if i == 0 else LIST
        if name == "chunk":
            return INT if i == 0 else LIST
        if name == "slice":
            return LIST + STR if i == 0 else INT
        return LIST if i == 0 else ANY
    if name in ("index",):
        return (
            (MAP + LIST + STR[:6])
            if i == 0
            else ["0", "1", "-1", '"a"', '"b"', "nil", "5", "1.0", '"c"', ".Values.nul", "(int64 1)"]
        )
    if name == "dig":
        return [
            '"a"',
            '"b"',
            '"c"',
            '"k"',
            ".Values.m",
            "(dict)",
            '"dflt"',
            ".Values.nul",
            ".Values",
            "1",
            '(dict "a" (dict "b" 1))',
            "nil",
        ]
    if letter == "s":
        if name in ("get", "set", "unset", "hasKey", "pluck", "pick", "omit"):
            return ['"a"', '"b"', '"zz"', '"k"', '""', "1", "nil"]
        return STR
    if letter in "iI":
        return INT
    if letter == "m":
        return MAP
    if letter == "l":
        return LIST
    if letter == "S":
        return LIST
    if letter == "U":
        return INT
    if letter == "t":
        return TIME
    if letter == "E":
        return ["nil"]
    return ANY


SKIP = set(
    "now ago randAlphaNum randAlpha randAscii randNumeric randBytes randInt shuffle uuidv4 genPrivateKey genCA genCAWithKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey buildCustomCert bcrypt htpasswd encryptAES include tpl lookup fail required hello".split()
)


def calls(rng: random.Random, per: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, fn in sorted(FUNCTIONS.items()):
        if name in SKIP:
            continue
        sig = fn.signature
        fixed = sig.fixed
        ars = [fixed]
        if sig.variadic:
            ars = [fixed, fixed + 1, fixed + 2, fixed + 3]
        for n in ars:
            pools = [pool(name, sig.parameter(i) if sig.parameters else "a", i) for i in range(n)]
            total = 1
            for p in pools:
                total *= len(p)
            if total <= per * 3:
                combos = list(itertools.product(*pools))
            else:
                combos = [tuple(rng.choice(p) for p in pools) for _ in range(per)]
                # cover each pool value once
                for i, p in enumerate(pools):
                    for v in p:
                        combos.append(tuple(v if j == i else rng.choice(q) for j, q in enumerate(pools)))
            for c in combos:
                # cross-typed mutation sometimes
                if c and rng.random() < 0.12:
                    c = list(c)
                    c[rng.randrange(len(c))] = rng.choice(ANY)
                    c = tuple(c)
                yield name, c
        # wrong arity
        for n in {max(0, fixed - 1), len(sig.parameters) + 1}:
            pools = [pool(name, sig.parameter(i) if sig.parameters else "a", i) for i in range(n)]
            yield name, tuple(rng.choice(p) for p in pools)


def wrap(name: str, args: tuple[str, ...]) -> str:
    expr = " ".join([name, *args])
    if name in ("keys", "values"):
        expr = f"sortAlpha ({expr})" if name == "keys" else f"sortAlpha ({expr})"
    return "{{ $x := " + expr + ' }}{{ printf "%T|%v" $x $x }}|{{ toJson $x }}|{{ $x }}'


class Language:
    """Writes random templates: pipelines, control structures, definitions, and broken actions."""

    def __init__(s, r):
        s.r = r
        s.vars = [[]]
        s.d = 0
        s.loop = 0
        s.n = 0

    def c(s, *a):
        return s.r.choice(a)

    def allvars(s):
        return [v for sc in s.vars for v in sc]

    def lit(s):
        return s.c(
            "1",
            "0",
            "-3",
            "2.5",
            "1e3",
            '"a"',
            '""',
            "`raw`",
            "true",
            "false",
            "nil",
            "'x'",
            "0x10",
            '"b"',
            "3",
            "1_0",
            "1i",
            "07",
        )

    def field(s):
        f = [
            ".Values.l",
            ".Values.m",
            ".Values.m.a",
            ".Values.m.b.c",
            ".Values.missing",
            ".Values.missing.x",
            ".Values.missing.x.y",
            ".Values.nul",
            ".Values.nul.x",
            ".Values.t",
            ".Values.fa",
            ".Values.n3",
            ".Values.s",
            ".Values.s.x",
            ".Values.l.x",
            ".Values.em",
            ".Values.el",
            ".Values.mixed",
            ".",
            ".Chart.Name",
            ".Chart.name",
            ".Release.Name",
            ".Release.Nope",
            ".Chart.Nope",
            ".Files",
            ".Values",
            "$",
            "$.Values.s",
            "$.Values.m.b",
            ".a",
            ".b.c",
            ".k",
            ".x",
            ".Capabilities.KubeVersion.Minor",
            ".Capabilities.Nope",
            ".Template.Name",
            ".Values.dup",
            ".Subcharts",
            ".Values.ln",
            ".Chart.Annotations",
            ".Chart.Maintainers",
            ".Chart.Keywords",
            ".Capabilities.APIVersions",
            ".Release",
            ".Chart",
        ]
        v = s.allvars()
        if v and s.r.random() < 0.5:
            x = s.r.choice(v)
            return x + s.c("", "", "", ".a", ".x.y")
        return s.r.choice(f)

    def operand(s, d=0):
        x = s.r.random()
        if x < 0.35 or d > 2:
            return s.field()
        if x < 0.6:
            return s.lit()
        if x < 0.9:
            return "(" + s.pipe(d + 1) + ")" + s.c("", "", "", "", ".a", ".Major", ".x.y")
        return s.c(
            "list",
            "dict",
            '.Files.Get "f.txt"',
            "now2",
            "$nope",
            "(list 1 2 3)",
            '(dict "a" 1 "b" (dict "c" 2))',
            '"é"',
        )

    def call(s, d=0):
        f = s.c(
            'printf "%v"',
            "print",
            "len",
            "not",
            "index",
            "eq",
            "ne",
            "lt",
            "gt",
            "le",
            "ge",
            "and",
            "or",
            "default",
            "quote",
            "upper",
            "toYaml",
            "toJson",
            "list",
            "dict",
            "tpl",
            "include",
            "required",
            "ternary",
            "coalesce",
            "empty",
            "first",
            "last",
            "add",
            "int",
            "hasKey",
            "get",
            'join ","',
            "until",
            "kindOf",
            "typeOf",
            "slice",
            "html",
            "js",
            "urlquery",
            "println",
            "call",
            "fail",
            "lookup",
            'splitList ","',
            "trim",
            "indent 2",
            "nindent 2",
            "b64enc",
            ".Files.Get",
            ".Files.Glob",
            ".Capabilities.APIVersions.Has",
            'contains "a"',
            "fromYaml",
            "toString",
            "atoi",
            "nope",
            "range",
            "if",
            "merge",
            "set",
            "mul",
            "max",
            "float64",
            'semverCompare ">1"',
            'regexMatch "a"',
        )
        n = s.r.choice([0, 1, 1, 1, 2, 2, 3])
        return " ".join([f] + [s.operand(d + 1) for _ in range(n)])

    def cmd(s, d=0):
        return s.call(d) if s.r.random() < 0.6 else s.operand(d)

    def pipe(s, d=0):
        return s.c(" | ", " | ", "|").join(s.cmd(d) for _ in range(s.r.choice([1, 1, 1, 2, 2, 3])))

    def nv(s):
        s.n += 1
        return f"$v{s.n}"

    def delim(s, body):
        return s.c("{{", "{{", "{{- ") + s.c("", " ") + body + s.c("", " ") + s.c("}}", "}}", " -}}")

    def text(s):
        return s.c("x", "\n", "  a: ", "\n- ", "é\n", " \n\t", '"q"', "-", "{", "}", "")

    def stmt(s):
        s.d += 1
        try:
            x = s.r.random()
            if s.d > 4:
                return s.delim(s.pipe(1))
            if x < 0.3:
                return s.delim(s.pipe())
            if x < 0.42:
                v = s.nv()
                p = s.pipe()
                r = s.delim(f"{v} := {p}")
                s.vars[-1].append(v)
                return r
            if x < 0.48 and s.allvars():
                return s.delim(f"{s.r.choice(s.allvars())} = {s.pipe()}")
            if x < 0.62:
                return s.block("if", s.pipe())
            if x < 0.72:
                return s.block("with", s.pipe())
            if x < 0.86:
                return s.rng()
            if x < 0.88:
                return s.delim(s.c("break", "continue")) if s.r.random() < 0.7 or s.loop else ""
            if x < 0.91:
                s.n += 1
                nm = f'"t{s.n}"'
                sv = s.vars
                s.vars = [[]]
                lp = s.loop
                s.loop = 0
                b = s.body()
                s.vars = sv
                s.loop = lp
                return (
                    s.delim("define " + nm)
                    + b
                    + s.delim("end")
                    + s.delim(f"template {nm} " + s.c("", ".", "$", s.operand()))
                    + s.delim(f"include {nm} " + s.c(".", "$", s.operand()))
                )
            if x < 0.93:
                s.n += 1
                sv = s.vars
                s.vars = [[]]
                lp = s.loop
                s.loop = 0
                b = s.body()
                s.vars = sv
                s.loop = lp
                return s.delim(f'block "b{s.n}" ' + s.operand()) + b + s.delim("end")
            if x < 0.95:
                return s.c("{{/* c */}}", "{{- /* c */ -}}", "{{/* a\nb */}}", "{{ /* bad */ }}", "{{/* c */ }}")
            if x < 0.97:
                return s.delim(
                    "tpl "
                    + s.c(
                        '"{{ .Values.s }}"',
                        "`{{ .x }}`",
                        '"{{ include \\"nope\\" . }}"',
                        '"{{ fail \\"f\\" }}"',
                        '"{{ define \\"z\\" }}Z{{ end }}{{ template \\"z\\" }}"',
                        '"{{ .a.b.c }}"',
                    )
                    + " "
                    + s.c(".", "$", s.operand())
                )
            return s.c(
                "{{",
                "}}",
                "{{ . ",
                "{{ end }}",
                "{{ else }}",
                "{{ if }}",
                "{{ (1 }}",
                "{{ 1) }}",
                '{{ "a }}',
                "{{ $ := 1 }}",
                "{{ 1 | 2 }}",
                "{{ .a..b }}",
                "{{ | }}",
                "{{ $x }}",
                "{{ 1.2.3 }}",
                "{{ @ }}",
                "{{}}",
                "{{ 'ab' }}",
                "{{ range $a, $b, $c := . }}{{ end }}",
                "{{ if $x := 1, 2 }}{{ end }}",
                "{{ template x }}",
                '{{ template "nope" . }}',
                "{{ define x }}{{ end }}",
                "{{ .Values.m.a.b.c }}",
                "{{ 08 }}",
                "{{ nil }}",
                "{{ nil | print }}",
                "{{ print nil }}",
                '{{ "x" | nil }}',
                "{{ with $x := .Values.m }}{{ $x.a }}{{ end }}{{ $x }}",
                "{{ break }}",
                "{{ .Values.l.0 }}",
                "{{ true.x }}",
                "{{ .é }}",
                "{{- 3 }}",
                "{{-3 }}",
                "{{ 3-}}",
                "{{ 3 -}} x",
            )
        finally:
            s.d -= 1

    def body(s):
        s.vars.append([])
        r = "".join(s.c(s.text(), "") + s.stmt() for _ in range(s.r.choice([1, 1, 2, 2, 3]))) + s.text()
        s.vars.pop()
        return r

    def block(s, kw, p):
        s.vars.append([])
        h = p
        if s.r.random() < 0.3:
            v = s.nv()
            h = f"{v} := {p}"
            s.vars[-1].append(v)
        out = s.delim(f"{kw} {h}") + s.body()
        if s.r.random() < 0.25:
            out += s.delim(f"else {kw} {s.pipe()}") + s.body()
        if s.r.random() < 0.3:
            out += s.delim("else") + s.body()
        s.vars.pop()
        return out + s.delim("end")

    def rng(s):
        s.vars.append([])
        p = s.c(
            ".Values.l",
            ".Values.m",
            ".Values.mixed",
            "(list 1 2 3)",
            "3",
            ".Values.el",
            ".Values.nul",
            "(until 3)",
            ".Values.s",
            '(dict "a" 1)',
            ".Values.n3",
            '.Files.Lines "f.txt"',
            "2.5",
            "true",
            ".Values.dup",
            s.pipe(),
            "(int64 2)",
            '"ab"',
            ".Files",
            ".Values",
        )
        x = s.r.random()
        if x < 0.3:
            h = p
        elif x < 0.6:
            v = s.nv()
            h = f"{v} := {p}"
            s.vars[-1].append(v)
        elif x < 0.9:
            a, b = s.nv(), s.nv()
            h = f"{a}, {b} := {p}"
            s.vars[-1] += [a, b]
        elif len(s.allvars()) > 1:
            a, b = s.allvars()[:2]
            h = f"{a}, {b} = {p}"
        else:
            h = p
        s.loop += 1
        out = s.delim(f"range {h}") + s.body()
        s.loop -= 1
        if s.r.random() < 0.3:
            out += s.delim("else") + s.body()
        s.vars.pop()
        return out + s.delim("end")
