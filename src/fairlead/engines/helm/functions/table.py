"""Which function templates may call, what it takes, and where its body is.

Source: sprig v3.3 functions.go (genericMap without env and expandenv), Helm
v4.3 pkg/engine/funcs.go. A line is: names, signature (see
gotemplate/signatures.py), module:function; ``!`` marks a body that takes the
render first. Modules are imported when the first template that names one of
their functions is compiled.
"""

from __future__ import annotations

import sys

from fairlead.engines.gotemplate.builtins import BUILTINS
from fairlead.engines.gotemplate.signatures import Function, parse_signature

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
else:
    from _collections_abc import Mapping  # loaded already, where collections.abc is not

_TABLE = """
hello :s strings:hello
upper s:s strings:upper
lower s:s strings:lower
title s:s strings:title
untitle s:s strings:untitle
swapcase s:s strings:swapcase
trim s:s strings:trim
trimAll,trimall ss:s strings:trim_all
trimSuffix ss:s strings:trim_suffix
trimPrefix ss:s strings:trim_prefix
nospace s:s strings:nospace
initials s:s strings:initials
repeat is:s strings:repeat
substr iis:s strings:substr
trunc is:s strings:trunc
abbrev is:s strings:abbrev
abbrevboth iis:s strings:abbrevboth
wrap is:s strings:wrap
wrapWith iss:s strings:wrap_with
contains ss:b strings:contains
hasPrefix ss:b strings:has_prefix
hasSuffix ss:b strings:has_suffix
quote a*:s strings:quote
squote a*:s strings:squote
cat a*:s strings:cat
indent is:s strings:indent
nindent is:s strings:nindent
replace sss:s strings:replace
plural ssi:s strings:plural
toString a:s strings:to_string
join sa:s strings:join
split ss:a strings:split
splitn sis:a strings:splitn
splitList ss:S strings:split_list
b64enc s:s strings:b64enc
b64dec s:s strings:b64dec
b32enc s:s strings:b32enc
b32dec s:s strings:b32dec
camelcase s:s strings:camelcase
snakecase s:s strings:snakecase
kebabcase s:s strings:kebabcase
default aa*:a values:default
empty a:b values:empty
coalesce a*:a values:coalesce
all a*:b values:all_
any a*:b values:any_
ternary aab:a values:ternary
typeOf a:s values:type_of
typeIs sa:b values:type_is
typeIsLike sa:b values:type_is_like
kindOf a:s values:kind_of
kindIs sa:b values:kind_is
deepEqual aa:b values:deep_equal
deepCopy,mustDeepCopy a:a values:deep_copy
base,osBase s:s values:base
dir,osDir s:s values:dir_
clean,osClean s:s values:clean
ext,osExt s:s values:ext
isAbs,osIsAbs s:b values:is_abs
tuple,list a*:l lists:make_list
append,push,mustAppend,mustPush aa:l lists:append
prepend,mustPrepend aa:l lists:prepend
first,mustFirst a:a lists:first
last,mustLast a:a lists:last
rest,mustRest a:l lists:rest
initial,mustInitial a:l lists:initial
reverse,mustReverse a:l lists:reverse
compact,mustCompact a:l lists:compact
uniq,mustUniq a:l lists:uniq
without,mustWithout aa*:l lists:without
has,mustHas aa:b lists:has
slice,mustSlice aa*:a lists:slice_
concat a*:a lists:concat
chunk,mustChunk ia:a lists:chunk
sortAlpha a:S lists:sort_alpha
toStrings a:S lists:to_strings
until i:a lists:until
untilStep iii:a lists:until_step
seq i*:s lists:seq
dict a*:m dicts:make_dict
get ms:a dicts:get
set msa:m dicts:set_
unset ms:m dicts:unset
hasKey ms:b dicts:has_key
pluck sm*:l dicts:pluck
keys m*:S dicts:keys
values m:l dicts:values
pick ms*:m dicts:pick
omit ms*:m dicts:omit
dig a*:a dicts:dig
merge,mustMerge mm*:a dicts:merge
mergeOverwrite,mustMergeOverwrite mm*:a dicts:merge_overwrite
int a:i numbers:int_
int64 a:I numbers:int64
float64 a:f numbers:float64
atoi s:i numbers:atoi
toDecimal a:I numbers:to_decimal
add1 a:I numbers:add1
add a*:I numbers:add
sub aa:I numbers:sub
mul aa*:I numbers:mul
div aa:I numbers:div
mod aa:I numbers:mod
max,biggest aa*:I numbers:max_
min aa*:I numbers:min_
maxf aa*:f numbers:maxf
minf aa*:f numbers:minf
floor a:f numbers:floor
ceil a:f numbers:ceil
round aif*:f numbers:round_
addf a*:f numbers:addf
add1f a:f numbers:add1f
subf aa*:f numbers:subf
mulf aa*:f numbers:mulf
divf aa*:f numbers:divf
toYaml a:s encoding:to_yaml
mustToYaml a:s encoding:must_to_yaml
toYamlPretty a:s pretty:to_yaml_pretty
fromYaml s:m encoding:from_yaml
fromYamlArray s:l encoding:from_yaml_array
toJson a:s encoding:to_json
mustToJson a:s encoding:must_to_json
toPrettyJson a:s encoding:to_pretty_json
mustToPrettyJson a:s encoding:must_to_pretty_json
toRawJson,mustToRawJson a:s encoding:to_raw_json
fromJson s:m encoding:from_json
fromJsonArray s:l encoding:from_json_array
mustFromJson s:a encoding:from_json_any
toToml a:s toml:to_toml
mustToToml a:s toml:must_to_toml
fromToml s:m toml:from_toml
include sa:s render:include!
tpl sa:s render:tpl!
required sa:a render:required!
fail s:s render:fail!
lookup ssss:m render:lookup!
getHostByName s:s render:get_host_by_name
regexMatch ss:b regexes:match
mustRegexMatch ss:b regexes:must_match
regexFind ss:s regexes:find
mustRegexFind ss:s regexes:must_find
regexFindAll ssi:S regexes:find_all
mustRegexFindAll ssi:S regexes:must_find_all
regexReplaceAll sss:s regexes:replace_all
mustRegexReplaceAll sss:s regexes:must_replace_all
regexReplaceAllLiteral sss:s regexes:replace_all_literal
mustRegexReplaceAllLiteral sss:s regexes:must_replace_all_literal
regexSplit ssi:S regexes:split
mustRegexSplit ssi:S regexes:must_split
regexQuoteMeta s:s regexes:quote_meta
semver s:a versions:semver
semverCompare ss:b versions:semver_compare
urlParse s:m urls:url_parse
urlJoin m:s urls:url_join
now :a dates:now!
date sa:s dates:date!
dateInZone,date_in_zone sas:s dates:date_in_zone!
dateModify,date_modify st:a dates:date_modify
mustDateModify,must_date_modify st:a dates:must_date_modify
toDate ss:a dates:to_date
mustToDate ss:a dates:must_to_date
htmlDate a:s dates:html_date!
htmlDateInZone as:s dates:html_date_in_zone!
ago a:s dates:ago!
duration a:s dates:duration
durationRound a:s dates:duration_round!
unixEpoch t:s dates:unix_epoch
mustToDuration a:a dates:must_to_duration
durationSeconds a:f dates:duration_seconds
durationMilliseconds a:I dates:duration_milliseconds
durationMicroseconds a:I dates:duration_microseconds
durationNanoseconds a:I dates:duration_nanoseconds
durationMinutes a:f dates:duration_minutes
durationHours a:f dates:duration_hours
durationDays a:f dates:duration_days
durationWeeks a:f dates:duration_weeks
durationRoundTo aa:a dates:duration_round_to
durationTruncateTo aa:a dates:duration_truncate_to
sha1sum s:s digests:sha1sum
sha256sum s:s digests:sha256sum
sha512sum s:s digests:sha512sum
adler32sum s:s digests:adler32sum
bcrypt s:s digests:bcrypt!
htpasswd ss:s digests:htpasswd!
derivePassword Ussss:s digests:derive_password
encryptAES ss:s digests:encrypt_aes!
decryptAES ss:s digests:decrypt_aes
randAlphaNum i:s random:rand_alpha_num!
randAlpha i:s random:rand_alpha!
randAscii i:s random:rand_ascii!
randNumeric i:s random:rand_numeric!
randBytes i:s random:rand_bytes!
randInt ii:i random:rand_int!
shuffle s:s random:shuffle!
uuidv4 :s random:uuidv4!
genPrivateKey s:s certificates:gen_private_key!
genCA si:a certificates:gen_ca!
genCAWithKey sis:a certificates:gen_ca_with_key!
genSelfSignedCert slli:a certificates:gen_self_signed_cert!
genSelfSignedCertWithKey sllis:a certificates:gen_self_signed_cert_with_key!
genSignedCert sllic:a certificates:gen_signed_cert!
genSignedCertWithKey sllics:a certificates:gen_signed_cert_with_key!
buildCustomCert ss:a certificates:build_custom_cert
"""


class _Loader:
    """Finds a function's body when it is first asked for."""

    __slots__ = ("function", "module")

    def __init__(self, module: str, function: str) -> None:
        self.module = module
        self.function = function

    def __call__(self) -> Callable[..., object]:
        name = f"fairlead.engines.helm.functions.{self.module}"
        __import__(name)
        body: Callable[..., object] = getattr(sys.modules[name], self.function)
        return body


class _Functions(Mapping[str, Function]):
    """The functions by name. A line of the table is read when one of its names is first asked for."""

    __slots__ = ("_found", "_lines")

    def __init__(self) -> None:
        self._found: dict[str, Function] = dict(BUILTINS)
        self._lines: dict[str, str] = {}
        for line in _TABLE.strip().splitlines():
            names, _, entry = line.partition(" ")
            for name in names.split(","):
                self._lines[name] = entry
                self._found.pop(name, None)

    def __getitem__(self, name: str) -> Function:
        found = self._found.get(name)
        if found is None:
            signature, place = self._lines[name].split()
            module, _, function = place.partition(":")
            loader = _Loader(module, function.rstrip("!"))
            found = self._found[name] = Function(parse_signature(signature), loader, place.endswith("!"))
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._lines or name in self._found

    def __iter__(self) -> Iterator[str]:
        return iter({**self._found, **self._lines})

    def __len__(self) -> int:
        return len({**self._found, **self._lines})


FUNCTIONS = _Functions()
