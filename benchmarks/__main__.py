"""``python -m benchmarks --dossiers 10000``, inside ``python -m config.embedded run``."""

import argparse
import os
import sys
from datetime import date

import django


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--dossiers", type=int, default=10000)
    parser.add_argument("--times", type=int, default=30, help="requests a page")
    parser.add_argument("--only", default="", help="pages whose name holds this word")
    parser.add_argument("--no-exports", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.demo")
    django.setup()
    from benchmarks import run

    result = run.bench(
        dossiers=options.dossiers,
        times=options.times,
        only=options.only,
        with_exports=not options.no_exports,
        say=say,
    )
    result["on"] = date.today().isoformat()  # noqa: DTZ011  (a day on paper)
    if options.only or options.no_exports:
        return 0  # a look, not a measure to keep
    from benchmarks import report

    path = report.write(result)
    say(f"{path.relative_to(report.ROOT)} and {report.DOCUMENT.relative_to(report.ROOT)} written")
    return 0


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
