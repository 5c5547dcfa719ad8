"""``python -m config.embedded up | down | reset | run [--fast] -- COMMAND | demo [--port N]``."""

import argparse
import os
import shutil
import signal
import subprocess
import sys

from . import paths
from .paths import EmbeddedError
from .services import Services


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m config.embedded", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    up = actions.add_parser("up", help="start PostgreSQL and Redis and leave them running")
    up.add_argument("--fast", action="store_true", help="no fsync: for tests")
    actions.add_parser("down", help="stop them")
    actions.add_parser("reset", help="stop them and erase this checkout's demonstration data")
    run = actions.add_parser("run", help="run a command with both services at hand")
    run.add_argument("--fast", action="store_true", help="no fsync: for tests")
    run.add_argument("command", nargs=argparse.REMAINDER)
    demo = actions.add_parser("demo", help="start the whole portal on this machine")
    demo.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    try:
        return ACTIONS[options.action](options)
    except EmbeddedError as error:
        say(str(error), to=sys.stderr)
        return 1


def say(text: str, *, to=None) -> None:
    stream = to or sys.stdout
    stream.write(f"{text}\n")
    stream.flush()


def up(options: argparse.Namespace) -> int:
    services = Services(fast=options.fast)
    services.start()
    services.keep_up()
    found = paths.addresses()
    say(f"export DATABASE_URL='{found.database_url}'\nexport REDIS_URL='{found.redis_url}'")
    return 0


def down(options: argparse.Namespace) -> int:
    if Services().take_down():
        return 0
    raise EmbeddedError("Les services servent encore à un autre terminal : rien n’est arrêté.")


def reset(options: argparse.Namespace) -> int:
    if not Services().take_down():
        raise EmbeddedError("La démonstration tourne : arrêtez-la d’abord (Ctrl-C).")
    state = paths.state_folder()
    for name in ("postgres", "postgres.new", "redis", "media", "log", "staticfiles", "run"):
        shutil.rmtree(state / name, ignore_errors=True)
    say(f"Données de démonstration effacées ({state}).")
    return 0


def run(options: argparse.Namespace) -> int:
    """Run a command with DATABASE_URL and REDIS_URL set; end with its exit code."""
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        raise EmbeddedError("Il manque la commande : run -- COMMANDE")
    services = Services(fast=options.fast)
    found = None
    child: subprocess.Popen | None = None
    asked: list[int] = []

    def pass_on(number: int, frame) -> None:
        asked.append(number)
        if child and child.poll() is None and number != signal.SIGINT:
            child.send_signal(number)  # the terminal sends Ctrl-C to the child itself

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, pass_on)
    try:
        services.start()
        if asked:
            return 128 + asked[0]
        found = paths.addresses()
        child = subprocess.Popen(  # noqa: S603
            command,
            env={
                **os.environ,
                "DATABASE_URL": found.database_url,
                "REDIS_URL": found.redis_url,
                "MAILLAGE_STATE_DIR": str(paths.state_folder()),
            },
        )
        code = child.wait()
        return code if code >= 0 else 128 - code
    finally:
        services.leave()


def demo(options: argparse.Namespace) -> int:
    from .supervisor import Supervisor

    return Supervisor(port=options.port).run()


ACTIONS = {"up": up, "down": down, "reset": reset, "run": run, "demo": demo}


if __name__ == "__main__":
    sys.exit(main())
