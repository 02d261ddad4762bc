"""Record what Helm makes of snippets, of broken charts and of values with schemas.

    python tests/peer/record_helm.py snippets|broken|schemas [--seed N]

Needs .peers/helm and .peers/helm-render (`make peers`). Cases whose answer
depends on the clock or on chance are left out, and so are those where we are
known to differ: docs/compat/helm.md says which.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
HELM = ROOT / ".peers" / "helm"
HELM_RENDER = ROOT / ".peers" / "helm-render"
GOLDEN = ROOT / "tests" / "golden" / "helm"
PER_FUNCTION = 14
LANGUAGE = 1500
MAX_ANSWER = 400

sys.path[:0] = [str(ROOT / "tests" / "peer"), str(ROOT / "tests" / "golden" / "helm")]


def ask_helm(files: dict[str, str], snippets: list[str]) -> list[dict[str, str]]:
    """Return Helm's answers; ``killed`` where it killed its process."""
    answers: list[dict[str, str]] = []
    while len(answers) < len(snippets):
        asked = json.dumps({"files": files, "snippets": snippets[len(answers) :]})
        done = subprocess.run([str(HELM_RENDER), "snippets"], input=asked.encode(), capture_output=True, check=False)
        answers += [json.loads(line) for line in done.stdout.decode().split("\n") if line.endswith("}")]
        if done.returncode:
            answers.append({"out": "", "err": "killed"})
    return answers


def make_snippets(seed: int) -> dict[str, list[str]]:
    """Return snippets by function, and the language's under ``language``."""
    import helm_snippets

    rng = random.Random(seed)
    groups: dict[str, list[str]] = {}
    for name, arguments in helm_snippets.calls(rng, 4):
        groups.setdefault(name, []).append(helm_snippets.wrap(name, arguments))
    chosen = {}
    for name, found in groups.items():
        unique = sorted(set(found))
        chosen[name] = sorted(rng.sample(unique, min(PER_FUNCTION, len(unique))))
    language = []
    for _ in range(LANGUAGE):
        writer = helm_snippets.Language(rng)
        language.append("".join(writer.text() + writer.stmt() for _ in range(rng.choice([1, 1, 2]))))
    chosen["language"] = language
    return chosen


def record_snippets(seed: int) -> None:
    """Write snippets.json."""
    import helm_snippets
    from test_snippets import render_snippet

    kept: dict[str, list[dict[str, str]]] = {}
    left_out = 0
    for name, snippets in make_snippets(seed).items():
        first, second = (ask_helm(helm_snippets.FILES, snippets) for _ in range(2))
        for snippet, answer, again in zip(snippets, first, second, strict=True):
            said = answer.get("err") or answer["out"]
            if answer != again or len(said) > MAX_ANSWER or said == "killed":
                continue
            if render_snippet(helm_snippets.FILES, snippet) != answer:
                left_out += 1
                print(f"differs: {snippet!r}\n   helm: {said!r}")
                continue
            kept.setdefault(name, []).append({"in": snippet, **answer})
    data = {"files": helm_snippets.FILES, "cases": kept}
    (GOLDEN / "snippets.json").write_text(json.dumps(data, ensure_ascii=False, indent=0, separators=(",", ":")))
    print(f"{sum(map(len, kept.values()))} cases kept, {left_out} left out because we differ")


def run_helm(files: dict[str, str], flags: list[str]) -> tuple[int, str]:
    """Return the exit code and the error of ``helm template`` over a chart made of *files*."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / "c" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
        done = subprocess.run(
            [str(HELM), "template", "c", *flags], cwd=folder, capture_output=True, text=True, check=False
        )
        error = done.stderr[done.stderr.find("Error: ") :] if "Error: " in done.stderr else ""
        error = error.replace(folder, "DIR")
        return done.returncode, error.replace("\n\nUse --debug flag to render out invalid YAML", "").strip()


def record_broken() -> None:
    """Write broken.json."""
    from broken_charts import BROKEN, chart_of

    cases: list[dict[str, Any]] = []
    for name, change, flags, place in BROKEN:
        code, error = run_helm(chart_of(change), flags)
        if code == 0:
            print(f"not broken for helm: {name}")
        cases.append({"name": name, "fails": code != 0, "error": error, "place": place})
    (GOLDEN / "broken.json").write_text(json.dumps(cases, ensure_ascii=False, indent=1) + "\n")
    print(f"{len(cases)} broken charts")


SCHEMAS_AT_ONCE = 40


def ask_about_schemas(cases: list[tuple[Any, dict[str, Any]]]) -> list[str]:
    """Return what Helm says about values and their schemas, each the schema of a chart's dependency."""
    names = [f"zz{index:03}q" for index in range(len(cases))]
    with tempfile.TemporaryDirectory() as folder:
        for name, (schema, values) in zip(["top", *names], [("{}", {}), *cases], strict=True):
            path = Path(folder) if name == "top" else Path(folder) / "charts" / name
            path.mkdir(parents=True, exist_ok=True)
            (path / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n")
            (path / "values.schema.json").write_text(schema if isinstance(schema, str) else json.dumps(schema))
            (path / "values.yaml").write_text(json.dumps(values))
        done = subprocess.run([str(HELM), "template", folder], capture_output=True, text=True, check=False)
    parts = re.split(r"(zz\d\d\dq):\n", done.stderr.partition("chart(s):\n")[2])
    said = dict(zip(parts[1::2], parts[2::2], strict=True))
    return [said.get(name, "").rstrip("\n") for name in names]


def _as_dependency(value: Any) -> Any:
    """Return values as Helm hands them to a dependency: without nulls in maps."""
    if isinstance(value, dict):
        return {key: _as_dependency(item) for key, item in value.items() if item is not None}
    return value


def record_schemas(seed: int) -> None:
    """Write schemas.jsonl."""
    from schema_cases import cases, tree

    from fairlead.engines.helm.schema import validate

    kept: list[str] = []
    left_out = 0
    found = [(schema, {**_as_dependency(values), "global": {}}) for schema, values in cases(seed)]
    for start in range(0, len(found), SCHEMAS_AT_ONCE):
        part = found[start : start + SCHEMAS_AT_ONCE]
        first, second = (ask_about_schemas(part) for _ in range(2))
        for (schema, values), says, again in zip(part, first, second, strict=True):
            if tree(says) != tree(again):
                continue
            text = schema if isinstance(schema, str) else json.dumps(schema)
            if tree(validate(text.encode(), values)) != tree(says):
                left_out += 1
                print(f"differs: {text}\n   helm: {says!r}")
                continue
            case = {"schema": schema, "values": values, "says": says}
            kept.append(json.dumps(case, ensure_ascii=False, separators=(",", ":")))
    (GOLDEN / "schemas.jsonl").write_text("\n".join(kept) + "\n")
    print(f"{len(kept)} cases kept, {left_out} left out because we differ")


def main() -> int:
    """Record one of the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("snippets", "broken", "schemas"))
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if args.what == "snippets":
        record_snippets(args.seed)
    elif args.what == "schemas":
        record_schemas(args.seed)
    else:
        record_broken()
    return 0


if __name__ == "__main__":
    sys.exit(main())
