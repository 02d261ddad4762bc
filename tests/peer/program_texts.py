"""Random texts for random_programs.py: hard scalars, YAML, JSON, TOML, patterns, layouts, verbs, versions."""

# ruff: noqa: E501 - tables of fragments

from __future__ import annotations

import json
import random

SCALARS = (
    "", "a", "no", "No", "NO", "off", "y", "Y", "n", "yes", "on", "true", "True", "TRUE", "tRue", "null", "Null", "~", "nul", "NaN", ".nan", ".NaN", ".inf", "-.inf", "+.Inf", "inf",
    "0", "-0", "00", "01", "010", "0o10", "0x1F", "0X1f", "0b11", "0b2", "1_000", "_1", "1__0", "1e3", "1E3", "1e", "1.5", ".5", "5.", "1.", "+1", "+.5", "-.5", "1.2.3", "12:30", "12:30:45", "1:2", "190:20:30.15", "9223372036854775807",
    "9223372036854775808", "18446744073709551616", "1e400", "0.1e-5", "2024-01-02", "2024-1-2", "2024-01-02T03:04:05Z", "2024-01-02 03:04:05", "2001-12-14t21:59:43.10-05:00", "2024-13-45",
    "-", "--", "---", "...", "--- a", "- a", "-a", "?", "? a", "?a", ":", ": a", "a:", "a: b", "a:b", ":a", "#", "# a", "a # b", "a#b", "[", "]", "[a", "a]", "{", "}", "{a", "a}", ",", "a,b", ", a", "&", "&a", "*", "*a", "!", "!a", "!!str a", "|", "|a", ">", ">a", "%", "%a", "@", "@a", "`", "`a`", "'", "''", "'a'", "it's", "a'", "\"", "\"a\"", "a\"b", "\\", "a\\nb",
    " ", "  ", " a", "a ", " a ", "\t", "\ta", "a\t", "a\tb", "\n", "a\n", "a\n\n", "\na", "\n\na", "a\nb", "a\nb\n", "a\n\nb\n\n", " a\nb", "  a\n b\n", "a\n b\n", "a \nb", "a\n ", "\n ", " \n", "a\n\tb", "\ta\nb", "a\r\nb", "\r", "a\rb", "# a\nb", "- a\n- b\n", "a: b\nc: d\n", "---\na", "a\n---\nb", "...\n", "\n# c\n",
    "é", "日本語", "😀", "\u00a0", "a\u00a0b", "\u2028", "a\u2028b", "\u2029", "\u0085", "a\u0085b", "\ufeff", "\ufeffa", "a\ufeff", "\0", "a\0b", "\x01", "\x1b[0m", "\x7f", "\x80", "\u0300", "\ufffd", "\ufffe", "\u200b", "\ud7ff", "\ue000", "\U0001f600\n", "\U000e0001", "ﬀ", "İ", "ß", "ǆ", "\xad",
    "<", "<<", "<a>&b", "=", "==", "<script>", "</", "&amp;", "http://a.b/c?d=e&f=g#h", "a/b", "$a", "${a}", "{{ a }}", "%d", "100%", "C:\\dir", "key: [a, b]", "a,b: c", "[]", "{}", "[a]", "{a: b}", "\"\"", "null ", "true ", "1 ", "0x", "0xg", "1e+3", "1e-3", "1.0", "1.50", "-1", "- 1", "+", "+a", "1,000", "1a", "a1", "0.0", "-0.0", "0e0", "123e45", "6e5", "12e03", "1.e5", "1_0.5", "0b", "0o", "0o8", "08", "09.5", "-010", "+0x1", "-0b1",
)  # fmt: skip
WORDS = (
    "word",
    "a",
    "long-word-without-any-space-in-it",
    "x:",
    "#y",
    "it's",
    '"q"',
    "é日",
    "-",
    "  ",
    "1",
    "true,",
    "{z}",
    "end.",
    "http://h/p",
    "a\\b",
    "\t",
    "?",
    "!",
)
YAML_BITS = (
    "a: 1", "b: x", "- 1", "- a: 1", "  b: 2", "  - c", "a:", "a: |", "a: >", "a: |-", "a: >-", "a: |+", "a: >+", "a: |2", "a: >1-", "  text", "   more", "    x", "", " ", "\t", "# c", "a: b # c", "a: b#c", "a: 'it''s'", 'a: "x\\ty\\u00e9\\x41\\n"', "a: 'x", '"', "a: [1, 2, {b: c}]", "a: {b: 1, c: [x, y], }", "a: {b, c: d}", "a: [a: b]", "a: [", "]", "  ]", "a: {", "}", "a: &x 1", "b: *x", "b: *nope", "<<: *x", "<<: {z: 1}", "<<: [{z: 1}, {y: 2}]", "a: &x {q: 1, r: 2}", "b: {<<: *x, q: 3}", "b:\n  <<: *x\n  s: 4", "a: !!str 1", "a: !!int \"1\"", "a: !!float 1", "a: !!bool yes", "a: !!binary aGk=", "a: !!null x", "a: !custom x", "a: !!set {x, y}", "a: !!timestamp 2024-01-02", "a: !!map {}", "a: !!seq []", "!!map", "? a", ": b", "? [a, b]\n: c", "? {a: b}\n: c", "---", "...", "%YAML 1.1", "%TAG ! !foo", "--- a", "--- {a: 1}", "--- |", "a : b", "a:b", "a:  b  ", "'a': 1", '"a b": 1', "a b: 1", "1: x", "1.5: x", "true: x", "null: x", "~: x", "2024-01-02: x", "a: 1\na: 2", "0x10: x", "yes: x", "[1]: x", "{a: b}: c", "a: b: c", "a: - b", "a: 'b' c", "a: @x", "a: `x`", "a: %x", "a: *", "a: &", "a: !", "a: ?", "a: -", "a: :", "a: ,", "a: x, y", "a: x: y", "a: \"x\n  y\"", "a: 'x\n\n  y'", "a: x\n  y\n  z", "a: x\n\n  y", "a:\n  x\n  y", "a:\n- 1\n- 2", "a:\n  - 1\n  -\n  - x: 1\n    y: 2", "-", "- ", "- - 1\n  - 2", "- - - x", "-\n  a: 1", "a:\n\n  b: 1", "a: \n  b: 1", "a:\tb", "\ta: b", "a: b\t", "a: b\t# c", "a:\n\tb: 1", "a: \"\\/\"", "a: \"\\ \"", "a: \"\\q\"", "a: \"\\U0001F600\"", "a: \"\\ud83d\"", "a: \"x\\\n  y\"", "a: 1_000", "a: 0o17", "a: 017", "a: 0b101", "a: 1:30", "a: .inf", "a: .nan", "a: 1e3", "a: 12e03", "a: +1", "a: 1.", "a: ~", "a: Null", "a: YES", "a: off", "a: y", "a: =", "=: a", "a: <<", "a: 2024-01-02", "a: 2024-01-02T01:02:03.5Z", "a: 2024-1-2 1:2:3 +5", "a: 12345678901234567890", "a: 123456789012345678901234567890", "a: -9223372036854775808", "a: 1e400", "a: 0.1", "a: 1.10", "a: 1e21", "a: 100000000000000000000", "a: 1234567.0", "a: \u2028b", "\ufeffa: 1", "a: \u0085x", "a: é", "é: 1", "a: \x01", "a: 😀", "a: [1,2,\n 3]", "a: [1,\n2]", "a: {x: 1,\n  y: 2}", "a: [x y, 'z', \"w\"]", "a: [,]", "a: [1,,2]", "a: {,}", "a: {:}", "a: {x:1}", 'a: {"x":1}', "a: [x:1]", "a: [-1, - 1]", "a: {? x : 1}", "a: [? x]", "a: [#c\n1]", "a: {x: [}]", "[a, b]", "{a: b}", "x", "'x'", "\"x\"", "|\n x", ">\n x\n y", "- |\n x\n- >\n y\n\n z", "a: |\n\n  x\n\n\n", "a: |\n   x\n  y", "a: >\n  x\n   y\n  z", "a: >\n  x\n\n  y\n\n\n  z\n", "a: | # c\n  x", "a: |x\n  y", "a: |0\n x", "a: |9\n x", "a: >-\n\n\n  x\n", "a: |+\n  x\n\nb: 1", "a: |-\n  x\n\nb: 1", "a: |\n  x\n # c\nb: 1", "a: |\n\tx", "a: !!str\nb: 1", "a: &x\nb: *x", "a: &x [*x]", "&a b: 1", "&a", "- &a b\n- *a", "*a : b", "a: &a !!str b", "a: !!str &a b", "a: !<tag:yaml.org,2002:str> 1", "a: !!merge <<", "a: !!omap [x: 1]", "a: !!python/x y", "? |\n  k\n: - v", "? - a\n: - b", "?\n: x", ": x", "a: {<<: {b: 1}, b: 2}", "a: {b: 2, <<: {b: 1}}", "<<: 1", "<<: [1]", "<<: [*x]", "<<: null", "a: {<<: [{b: 1}, {b: 2}]}",
)  # fmt: skip
JSON_BITS = ("{", "}", "[", "]", ",", ":", '"a"', '"b"', "1", "-1", "1.5", "1e3", "1E+2", "-0", "01", "1.", ".5", "true", "false", "null", "nul", "tru", '"\\u00e9"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\x"', '"\n"', '"\t"', '"', " ", "\n", "12345678901234567890", "1e400", '"\\/"', '"<&>"', "'a'", "//c", "NaN", '"\u2028"', '"a":1', '"a":{"b":[1,2]}', '"c":"d"', "\ufeff")  # fmt: skip
TOML_BITS = ("a = 1", "b = \"x\"", "c = 'y'", "d = 1.5", "e = true", "f = [1, 2]", "g = {x = 1}", "[t]", "[t.u]", "[[v]]", "h.i = 1", "j = 1979-05-27", "k = 1979-05-27T07:32:00Z", "k = 1979-05-27 07:32:00", "l = 1e3", "m = 0xff", "n = inf", "o = \"\"\"\nx\ny\"\"\"", "p = '''x'''", "\"q r\" = 1", "s = 1_000", "# c", "", "t = ", "u", "= 1", "w = [1, \"x\"]", "x = \"\\u00e9\\t\"", "y = -0.0", "z = [[1], [2]]", "aa = [{b=1},{c=2}]", "a = 2", "ab = \"a\\qb\"", "ac = 'a\nb'", "ad = nan", "ae = 07:32:00", "af = 01", "ag = +1", "[a]", "ah = 0b11", "ai = 0o7", "aj = [\n1,\n2,\n]", "'' = 1")  # fmt: skip
RE_BITS = ("a", "b", "l", "o", ".", "[a-z]", "[^a]", "\\d", "\\w", "\\s", "\\D", "\\W", "\\b", "\\B", "^", "$", "\\A", "\\z", "\\Z", "(", ")", "(?:", "(?P<n>", "(?<m>", "(?i)", "(?s)", "(?m)", "(?U)", "(?-i)", "|", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,}", "{1,2}", "{0}", "{,2}", "{2,1}", "{1001}", "\\pL", "\\p{Lu}", "\\p{Greek}", "\\PL", "\\p{Nope}", "[[:alpha:]]", "[[:nope:]]", "[\\d-]", "[]a]", "[a", "[z-a]", "\\Qa.b\\E", "\\x41", "\\x{1F600}", "\\077", "\\1", "\\", "\\.", "\\-", "\\_", "\\e", "\\t", "\\n", "é", "日", " ", "(?=a)", "(?!a)", "(?#c)", "\\C", "(a|b)", "(?i:h)", "x*", "()", "-", "/", "\"", "[^\\n]", "[\\w.]+", "\\S+", "(.*)", "(.+?)", "[0-9]+")  # fmt: skip
LAYOUT_BITS = ("2006", "06", "01", "1", "Jan", "January", "02", "2", "_2", "002", "__2", "Mon", "Monday", "15", "03", "3", "04", "4", "05", "5", "PM", "pm", "MST", "-0700", "-07:00", "-07", "Z0700", "Z07:00", "Z07", "-070000", "Z07:00:00", ".000", ".999", ",000", ".0", ".999999999", "-", ":", "T", " ", "/", "x", "7", "_", "Y", "yyyy", "0", "é", "20060102", "Janx", "Mond")  # fmt: skip
ZONES = (
    "UTC",
    "Local",
    "",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "Bad/Zone",
    "EST",
    "GMT",
    "Australia/Lord_Howe",
    "Etc/GMT+5",
    "utc",
    "../etc",
    "America/Sao_Paulo",
)
VERSION_BITS = (
    "1",
    "2",
    "0",
    "10",
    "01",
    "x",
    "X",
    "*",
    ".",
    ".",
    ".",
    "-",
    "+",
    "rc",
    "beta.1",
    "alpha",
    "v",
    "b5",
    " ",
    "é",
    "1.2.3",
    "0.0.3",
    "1.2",
    "-0",
    "-rc.1",
    "18446744073709551616",
)
OPERATORS = (
    "",
    "=",
    "!=",
    ">",
    "<",
    ">=",
    "=>",
    "<=",
    "=<",
    "~",
    "~>",
    "^",
    "==",
    ">>",
    "^^",
    " - ",
    "||",
    ",",
    " ",
    " || ",
    ", ",
)
FLAGS = ("", "", "", "+", "-", "#", " ", "0", "+#", "-0", "+ ", "# ", "+0", "#0", "-#")
VERBS = "vvvvvdsqxXtTbcoOUeEfFgGpwz%"
DURATIONS = (
    "1h",
    "90m",
    "1.5s",
    "-2m",
    "100ms",
    "1us",
    "1µs",
    "5ns",
    "36h15m30.918273645s",
    "2540h",
    "0",
    "",
    "bad",
    "1",
    "1d",
    "1h bad",
    ".5h",
    "-",
    "1h-2m",
    "9999999h",
    "1.h",
    "+3s",
    "95",
    "1e3s",
    " 1h",
)
URL_BITS = (
    "http",
    "https",
    ":",
    "//",
    "user",
    "@",
    "pa%20ss",
    "host",
    ".io",
    ":80",
    "/",
    "p",
    "?",
    "q=1",
    "&",
    "#",
    "frag",
    "%zz",
    "%2F",
    " ",
    "[::1]",
    "é",
    "..",
    ";",
    "+",
    "*",
    "mailto",
    "1",
    "\\",
)
SPECIAL: dict[str, tuple[str, ...]] = {
    "regexmatch": ("pattern", "subject"), "regexfind": ("pattern", "subject"), "regexfindall": ("pattern", "subject", "small"),
    "regexreplaceall": ("pattern", "subject", "replacement"), "regexreplaceallliteral": ("pattern", "subject", "replacement"), "regexsplit": ("pattern", "subject", "small"),
    "semver": ("version",), "semvercompare": ("constraint", "version"), "date": ("layout", "date"), "dateinzone": ("layout", "date", "zone"), "date_in_zone": ("layout", "date", "zone"),
    "htmldate": ("date",), "htmldateinzone": ("date", "zone"), "todate": ("layout", "stamp"), "datemodify": ("duration", ""), "date_modify": ("duration", ""), "duration": ("nanos",), "durationround": ("nanos",), "toduration": ("nanos",),
    "durationseconds": ("nanos",), "durationminutes": ("nanos",), "durationhours": ("nanos",), "durationdays": ("nanos",), "durationweeks": ("nanos",), "durationmilliseconds": ("nanos",), "durationnanoseconds": ("nanos",), "durationroundto": ("nanos", "nanos"), "durationtruncateto": ("nanos", "nanos"),
    "printf": ("verb",), "urlparse": ("url",), "fromyaml": ("yaml",), "fromyamlarray": ("yaml",), "fromjson": ("json",), "fromjsonarray": ("json",), "fromtoml": ("toml",),
    "repeat": ("small",), "until": ("small",), "untilstep": ("small", "small", "small"), "seq": ("small", "small", "small"), "indent": ("small",), "nindent": ("small",), "trunc": ("small",), "substr": ("small", "small"), "abbrev": ("small",), "abbrevboth": ("small", "small"), "wrap": ("small", "prose"), "wrapwith": ("small", "text", "prose"),
    "split": ("separator",), "splitlist": ("separator",), "splitn": ("separator", "small"), "join": ("separator", "list"), "replace": ("separator", "text"), "atoi": ("scalar",), "int": (), "b64dec": ("base",), "b32dec": ("base",),
    "get": ("m", "key"), "set": ("m", "key"), "unset": ("m", "key"), "haskey": ("m", "key"), "pluck": ("key",), "pick": ("m", "key", "key"), "omit": ("m", "key", "key"), "dig": ("key", "key", "", "m"),
    "first": ("list",), "last": ("list",), "rest": ("list",), "initial": ("list",), "reverse": ("list",), "compact": ("list",), "uniq": ("list",), "sortalpha": ("list",), "append": ("list",), "prepend": ("list",), "push": ("list",), "without": ("list",), "has": ("", "list"), "slice": ("list", "small", "small"), "chunk": ("small", "list"), "concat": ("list", "list"), "index": ("list", "small"), "kindis": ("kind",), "typeis": ("kind",), "typeislike": ("kind",),
    "tpl": ("template",), "include": ("text",), "camelcase": ("words",), "snakecase": ("words",), "kebabcase": ("words",), "title": ("words",), "untitle": ("words",), "initials": ("words",), "swapcase": ("words",), "plural": ("", "", "small"), "round": ("", "small"),
    "base": ("path",), "dir": ("path",), "clean": ("path",), "ext": ("path",), "osbase": ("path",), "osdir": ("path",), "osclean": ("path",), "osext": ("path",), "isabs": ("path",), "trimall": ("text",), "trimprefix": ("text",), "trimsuffix": ("text",),
}  # fmt: skip


class Texts:
    """Draws texts."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def several(self, bits: tuple[str, ...] | str, most: int, between: str = "") -> str:
        return between.join(self.rng.choice(bits) for _ in range(self.rng.randrange(1, most + 1)))

    def scalar(self) -> str:
        x = self.rng.randrange(10)
        if x < 6:
            return self.rng.choice(SCALARS)
        if x < 8:
            return (
                self.rng.choice(SCALARS) + self.rng.choice(("", " ", "\n", ": ", ",", "a")) + self.rng.choice(SCALARS)
            )
        return self.prose() + self.rng.choice(("", "\n"))

    def prose(self) -> str:
        return self.several(WORDS, 30, self.rng.choice((" ", " ", " ", "\n", "  ")))

    def text(self) -> str:
        x = self.rng.randrange(10)
        if x < 4:
            return self.rng.choice(
                ("", "a", "b", "abc", "a,b", "hello World", "1", "12", "-3.5", "true", "x-y_z", "aXbX", "K", "é")
            )
        return self.scalar() if x < 8 else self.words()

    def words(self) -> str:
        return self.several(
            (
                "foo",
                "Bar",
                "BAZ",
                "fooBar",
                "HTTPServer",
                "x1",
                "2y",
                "_",
                "-",
                " ",
                ".",
                "é",
                "ß",
                "A",
                "1",
                "  ",
                "日",
                "ǆ",
                "__",
                "/",
                "i18n",
            ),
            5,
        )

    def key(self) -> str:
        return self.rng.choice(("a", "b", "c", "k", "zz", ""))

    def kind(self) -> str:
        return self.rng.choice(
            (
                "string",
                "int",
                "int64",
                "float64",
                "bool",
                "map",
                "slice",
                "invalid",
                "map[string]interface {}",
                "[]interface {}",
                "[]string",
                "*semver.Version",
                "time.Time",
                "nil",
                "<nil>",
                "ptr",
                "struct",
                "uint8",
                "common.Values",
                "chartutil.Values",
            )
        )

    def separator(self) -> str:
        return self.rng.choice((",", "", "-", " ", "l", "日", "ab", "\n", "a", "aa", "."))

    def path(self) -> str:
        return self.several(("/", "a", ".", "..", "b.c", "//", "x.tar.gz", "./", "../", " ", ".h"), 6)

    def yaml(self) -> str:
        if self.rng.randrange(4) == 0:
            return "a: " + self.scalar()
        return self.several(YAML_BITS, 4, "\n") + self.rng.choice(("", "\n", "\n\n"))

    def json(self) -> str:
        if self.rng.randrange(3) == 0:
            return self.several(JSON_BITS, 6)
        inner = self.several(
            (
                '"a":1',
                '"b":[1,2.50,"x"]',
                '"c":{"d":null}',
                '"e":"' + "\\u00e9\\n" + '"',
                '"a":2',
                '"f":1e3',
                '"g":12345678901234567890',
                json.dumps({"h": self.scalar()})[1:-1],
            ),
            4,
            ",",
        )
        return self.rng.choice(("{%s}", "{%s}", "[{%s}]", "{%s} ", "{%s}x", "{%s,}", "%s")) % inner

    def toml(self) -> str:
        return self.several(TOML_BITS, 5, "\n")

    def pattern(self) -> str:
        return self.several(RE_BITS, 4)

    def subject(self) -> str:
        return self.several(
            (
                "a",
                "b",
                "l",
                "o",
                "hello",
                " ",
                "\n",
                "é",
                "日",
                "-",
                ".",
                "1",
                "42",
                "World",
                "_",
                "",
                "A",
                "foo.bar",
                "x@y.z",
            ),
            6,
        )

    def replacement(self) -> str:
        return self.several(
            (
                "$1",
                "${1}",
                "$n",
                "${n}",
                "$0",
                "$",
                "$$",
                "X",
                "x",
                "${",
                "}",
                "$1x",
                "${m}",
                "\\1",
                "$10",
                "é",
                "${0}",
                "$-",
                "$é",
                "1",
            ),
            3,
        )

    def layout(self) -> str:
        return (
            self.several(LAYOUT_BITS, 7)
            if self.rng.randrange(4)
            else self.rng.choice(
                (
                    "2006-01-02",
                    "Mon, 02 Jan 2006 15:04:05 MST",
                    "2006-01-02T15:04:05Z07:00",
                    "3:04PM",
                    "Jan _2 15:04:05.000000",
                    "02 Jan 06 15:04 -0700",
                )
            )
        )

    def stamp(self) -> str:
        return self.rng.choice(
            (
                "2024-02-29",
                "2023-02-29",
                "2024-13-01",
                "2023-12-31T23:59:59.123456789+02:00",
                "2024-02-29T12:00:00Z",
                "Mon, 02 Jan 2006 15:04:05 MST",
                "3:04PM",
                "bad",
                "",
                "2024-2-9",
                "1 Jan 2020",
                "12:30",
                "2024-02-29x",
                "20240229",
                "02 Jan 06 15:04 -0700",
            )
        )

    def zone(self) -> str:
        return self.rng.choice(ZONES)

    def duration(self) -> str:
        return self.rng.choice(DURATIONS)

    def version(self) -> str:
        if self.rng.randrange(2):
            return self.rng.choice(
                (
                    "1.2.3",
                    "v1.2.3",
                    "1.2",
                    "1",
                    "1.2.3-rc.1",
                    "1.2.3+b",
                    "v1.26.4-gke.500",
                    "0.0.3",
                    "2.0.0-alpha",
                    "1.2.3-beta.11",
                    "10.0.0",
                )
            )
        return self.several(VERSION_BITS, 5)

    def constraint(self) -> str:
        parts = []
        for _ in range(self.rng.choice((1, 1, 1, 2, 2, 3))):
            parts.append(
                self.rng.choice(OPERATORS[:15])
                + self.rng.choice(("", "", " "))
                + (
                    self.rng.choice(
                        (
                            "1.2.3",
                            "1.2",
                            "1",
                            "1.x",
                            "1.2.x",
                            "*",
                            "0",
                            "0.0.3",
                            "0.2",
                            "1.2.3-beta",
                            "1.2-0",
                            "2",
                            "v1",
                            "x",
                            "1.2.3+b",
                        )
                    )
                    if self.rng.randrange(5)
                    else self.version()
                )
            )
        return self.rng.choice((" ", ", ", " || ", ",", "||", " - ", " , ")).join(parts)

    def verb(self) -> str:
        if self.rng.randrange(12) == 0:
            return self.rng.choice(
                (
                    "%[1]v",
                    "%[2]d",
                    "%[3]*.[2]*[1]f",
                    "%*d",
                    "%.*f",
                    "%[x]d",
                    "%[1]*d",
                    "%!",
                    "%",
                    "%%",
                    "%-+d",
                    "%é",
                    "plain",
                    "%.",
                    "%5",
                    "%.3.3d",
                    "%[1",
                    "%[-1]d",
                    "%[0]d",
                    "%1000d",
                    "%[1]d %d",
                    "%-*d",
                    "%06.2f|",
                    "%+.3e",
                    "%x %X",
                )
            )
        width = self.rng.choice(("", "", "", "1", "5", "10", "20"))
        precision = self.rng.choice(("", "", "", ".", ".0", ".1", ".3", ".10"))
        return (
            self.rng.choice(("", "", "", "|"))
            + "%"
            + self.rng.choice(FLAGS)
            + width
            + precision
            + self.rng.choice(VERBS)
            + self.rng.choice(("", "|", " "))
        )

    def url(self) -> str:
        return (
            self.several(URL_BITS, 8)
            if self.rng.randrange(3)
            else self.rng.choice(
                (
                    "https://u:p@h:80/p/a?q=1&r#f",
                    "//h/p",
                    "mailto:x@y",
                    "/p?q#f",
                    "http://[::1]:80/",
                    "a:b",
                    "HTTP://H/%41",
                )
            )
        )

    def base(self) -> str:
        return self.rng.choice(
            (
                "aGVsbG8=",
                "aGVsbG8",
                "!!",
                "",
                "aGk=\n",
                "MFRGG===",
                "aG Vs",
                "=",
                "A===",
                "AAAA",
                "MFRGG",
                "_-==",
                "YQ==YQ==",
            )
        )

    def template(self) -> str:
        return self.rng.choice(
            (
                "{{ . }}",
                "{{ .a }}",
                "{{ .Values.s }}",
                "x",
                "",
                "{{",
                "{{ nope }}",
                "{{ .a.b.c }}",
                '{{ fail "x" }}',
                "{{ end }}",
                "{{/* c */}}",
                "{{ len . }}",
                "<no value>{{ .zz }}",
            )
        )
