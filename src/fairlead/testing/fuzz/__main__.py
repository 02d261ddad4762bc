"""Run fuzz targets under atheris: `make fuzz`.

    python -m fairlead.testing.fuzz [TARGET…] [--seconds N] [--seed N] [--seeds DIR] [--corpus DIR] [--findings DIR]

Each target runs in a process of its own for its share of the seconds, and starts from its seeds and what an earlier run
kept: inputs that reach new branches stay in the corpus. An input that breaks a law is made smaller and written to the
folder of findings, once for each cause; the run goes on. Returns 1 when there are findings. Those of an earlier run are
tried again first, and dropped when they hold. What was mended moves to the seeds, where a unit test replays it.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

MEMORY_BYTES = 3 << 30
HANG_SECONDS = 60  # wall time: an input that no Python code interrupts
RESTARTS = 20


def main(argv: list[str] | None = None) -> int:
    """Run the targets that *argv* names."""
    parser = argparse.ArgumentParser(prog="fuzz", description="Fuzz the engines, steered by coverage.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="names of targets; all without any")
    parser.add_argument("--seconds", type=float, default=120, help="for all targets together")
    parser.add_argument("--seed", type=int, default=1, help="of the fuzzer's choices")
    parser.add_argument("--seeds", type=Path, default=Path("tests/data/fuzz"), help="inputs to start from")
    parser.add_argument("--corpus", type=Path, default=Path(".fuzz/corpus"), help="inputs that reach new branches")
    parser.add_argument("--findings", type=Path, default=Path(".fuzz/findings"), help="inputs that break a law")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.child:
        _fuzz(args)
        return 0
    if importlib.util.find_spec("atheris") is None:
        parser.error("atheris is not installed: `make fuzz` brings it (Python 3.11, Linux on x86-64)")
    from fairlead.testing.fuzz.targets import TARGETS

    unknown = [name for name in args.targets if name not in TARGETS]
    if unknown:
        parser.error(f"no target {', '.join(map(repr, unknown))}; there are {', '.join(TARGETS)}")
    names = args.targets or list(TARGETS)
    found = 0
    for name in names:
        found += _run(name, args, args.seconds / len(names))
    print(f"{len(names)} targets, {found} findings" + (f" in {args.findings}" if found else ""))
    return 1 if found else 0


def _run(name: str, args: argparse.Namespace, seconds: float) -> int:
    """Fuzz one target in processes of its own; return how many findings there are."""
    corpus, findings = args.corpus / name, args.findings / name
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    for path in findings.glob("ended-*"):  # tried again as part of the corpus
        path.unlink() if path.suffix == ".txt" else path.rename(corpus / path.name)
    end = time.monotonic() + seconds
    for attempt in range(RESTARTS):
        left = end - time.monotonic()
        if left < 1:
            break
        options = ["--seconds", f"{left:.0f}", "--seed", str(args.seed + attempt)]
        folders = [f"--{kind}={getattr(args, kind)}" for kind in ("seeds", "corpus", "findings")]
        command = [sys.executable, "-m", "fairlead.testing.fuzz", "--child", name, *options, *folders]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        last = [line for line in done.stderr.splitlines() if line.startswith(("#", "Done "))][-1:]
        if done.returncode == 0:
            break
        # Only what no handler can catch ends a process: the input is in ended-*, when libFuzzer could still write it.
        (findings / f"ended-{attempt}.txt").write_text(f"the process ended\n{done.stderr[-4000:]}")
        if "Traceback" in done.stderr:
            break  # not the input's fault
    told = sorted(findings.glob("*.txt"))
    state = last[0] if last else ""
    print(f"{name}: {len(told)} findings, {len(list(corpus.iterdir()))} inputs kept  {state}", flush=True)
    for path in told:
        print(f"  {path.read_text().splitlines()[0]}  ({path})", flush=True)
    return len(told)


def _fuzz(args: argparse.Namespace) -> None:
    """Fuzz one target in this process, which does not return."""
    import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]  # installed by make fuzz alone

    with atheris.instrument_imports(include=["fairlead"], exclude=["fairlead.testing.fuzz.__main__"]):
        _import_engines()
        from fairlead.testing.fuzz.target import finding, minimised
        from fairlead.testing.fuzz.targets import TARGETS

    name = args.targets[0]
    target = TARGETS[name]
    folder = args.findings / name
    known = still_broken(folder, lambda data: finding(target.law, data))

    def once(data: bytes) -> None:
        found = finding(target.law, data)
        if found is None or found[0] in known:
            return
        known.add(found[0])
        small = minimised(target.law, data, found[0])
        where = folder / hashlib.sha256(found[0].encode()).hexdigest()[:12]
        where.with_suffix(".bin").write_bytes(small)
        told = finding(target.law, small) or found
        where.with_suffix(".txt").write_text(f"{found[0]}\n{small!r}\n{told[1]}")

    corpus = args.corpus / name
    for seed in sorted((args.seeds / name).glob("*.bin")):
        (corpus / seed.name).write_bytes(seed.read_bytes())
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    options = [
        f"-max_total_time={args.seconds:.0f}",
        f"-seed={args.seed}",
        f"-max_len={target.max_bytes}",
        f"-timeout={HANG_SECONDS}",
        "-rss_limit_mb=2048",
        f"-artifact_prefix={folder}/ended-",
        "-print_final_stats=0",
        "-verbosity=1",
    ]
    if target.words:
        words = args.corpus / f"{name}.dict"
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
        options.append(f"-dict={words}")
    atheris.Setup([sys.argv[0], *options, str(corpus)], once)
    atheris.Fuzz()


def still_broken(folder: Path, found: Callable[[bytes], tuple[str, str] | None]) -> set[str]:
    """The names of the findings in *folder* that are still findings; the others are removed."""
    names: set[str] = set()
    for path in sorted(folder.glob("*.bin")):
        told = found(path.read_bytes())
        if told is None:
            path.unlink()
            path.with_suffix(".txt").unlink(missing_ok=True)
        else:
            names.add(told[0])
    return names


def _import_engines() -> None:
    """Load all modules of the engines, also those that are loaded when first used, so that all are watched."""
    import importlib
    import pkgutil

    import fairlead.base
    import fairlead.engines

    for package in (fairlead.base, fairlead.engines):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            with contextlib.suppress(ImportError):  # what half of an edit left behind is not fuzzed
                importlib.import_module(module.name)


def _escaped(word: str) -> str:
    """*word* as a libFuzzer dictionary has it."""
    plain = range(0x20, 0x7F)
    return "".join(chr(b) if b in plain and b not in b'"\\' else f"\\x{b:02x}" for b in word.encode())


if __name__ == "__main__":
    sys.exit(main())
