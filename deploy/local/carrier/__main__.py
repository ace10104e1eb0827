"""`python -m deploy.local.carrier`: the carrier as a process. Prints its two ports in one line when it is ready."""

import argparse
import asyncio
import signal
import sys
import time
from functools import partial
from pathlib import Path

from deploy.local.carrier import table
from deploy.local.carrier.behaviour import Behaviour
from deploy.local.carrier.handsets import plain_number
from deploy.local.carrier.http import serve
from deploy.local.carrier.network import Network
from deploy.local.carrier.session import Session
from deploy.local.carrier.web import Web
from shared.clock import FileCountyClock, SystemCountyClock

BEAT = 0.02
"""Seconds between two looks at county time."""


def arguments(words: list[str]) -> argparse.Namespace:
    """Read the command line; a bad one ends the process with a usage line."""
    parser = argparse.ArgumentParser(prog="carrier", description="An SMPP 3.4 carrier with the families' handsets.")
    parser.add_argument("--port", type=int, default=2775, help="SMPP; 0 takes a free one")
    parser.add_argument("--http-port", type=int, default=2780, help="pages and state; 0 takes a free one")
    parser.add_argument("--county-time", type=Path, help="the conductor's file")
    parser.add_argument("--real-time", action="store_true", help="no county time: receipts and answers come at once")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--system-id", default="springrain")
    parser.add_argument("--password", default="rain")
    parser.add_argument("--receipt-ids", choices=("same", "decimal"), default="same")
    parser.add_argument(
        "--character", action="append", default=[], metavar="NUMBER=WHAT", type=_character, help=", ".join(CHARACTERS)
    )
    read = parser.parse_args(words)
    if read.real_time == (read.county_time is not None):
        parser.error("give either --county-time FILE or --real-time")
    return read


CHARACTERS = (*table.NUMBERS, "family")


def _character(word: str) -> tuple[str, str]:
    number, _, character = word.partition("=")
    if not number or character not in CHARACTERS:
        raise argparse.ArgumentTypeError(f"NUMBER=one of {', '.join(CHARACTERS)}")
    return plain_number(number), character


async def run(read: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    clock = SystemCountyClock() if read.real_time else FileCountyClock(read.county_time)
    behaviour = Behaviour(read.seed, dict(read.character), at_once=read.real_time)
    first_id = time.time_ns() // 1_000_000 % 2**39  # ids go on growing over a restart
    network = Network(clock, behaviour, first_id, read.receipt_ids == "decimal")
    sessions: list[Session] = []
    web = Web(network, partial(_deliver, sessions), partial(_cut, sessions))
    smpp = await loop.create_server(lambda: Session(network, read.system_id, read.password, sessions), "127.0.0.1", read.port)
    http = await serve(web, "127.0.0.1", read.http_port)
    ports = [server.sockets[0].getsockname()[1] for server in (smpp, http)]
    print(f"carrier ready smpp={ports[0]} http={ports[1]}", flush=True)
    beat = asyncio.create_task(_beat(network, sessions))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({beat, stopping}, return_when=asyncio.FIRST_COMPLETED)
    smpp.close()
    http.close()
    _cut(sessions)
    if beat.done():
        beat.result()  # raises what ended it


async def _beat(network: Network, sessions: list[Session]) -> None:
    while True:
        network.tick()
        _deliver(sessions)
        for session in list(sessions):
            session.overdue()
        await asyncio.sleep(BEAT)


def _deliver(sessions: list[Session]) -> None:
    for session in sessions:
        session.deliver()


def _cut(sessions: list[Session]) -> None:
    for session in list(sessions):
        session.abort()


def main(words: list[str]) -> int:
    """Run; 1 when a port is in use or the file of county time cannot be read."""
    read = arguments(words)
    try:
        asyncio.run(run(read))
    except (OSError, ValueError, OverflowError) as error:
        print(f"carrier: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
