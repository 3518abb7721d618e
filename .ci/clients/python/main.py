"""Sets the official Python client on the server, in both protocol eras, over
HTTP and over stdio.

    python main.py URL PROGRAM CALLS

Prints one row for every check: "pass" or "fail", a tab and its name.
"""

import asyncio
import json
import os
import sys

from mcp import Client, StdioServerParameters

from drive import Session

MODERN, LEGACY = "2026-07-28", "2025-11-25"


async def main(url: str, program: str, calls: str) -> None:
    with open(calls, encoding="utf-8") as f:
        plan = json.load(f)
    # A server started for stdio sees the same environment as this program.
    command = StdioServerParameters(command=program, args=["stdio"], env=dict(os.environ))
    connections = [
        ("http auto", url, "auto", MODERN),
        ("http modern", url, MODERN, MODERN),
        ("http legacy", url, "legacy", LEGACY),
        ("stdio auto", command, "auto", MODERN),
        ("stdio legacy", command, "legacy", LEGACY),
    ]
    for name, server, mode, version in connections:

        def row(outcome: str, check: str, name: str = name) -> None:
            print(outcome, f"{name}: {check}", sep="\t", flush=True)

        try:
            async with Client(server, mode=mode, read_timeout_seconds=30, cache=None) as client:
                spoken = client.protocol_version
                row("pass" if spoken == version else "fail", f"connects, speaking {spoken}")
                await Session(client, plan, row).drive()
        except Exception as error:  # an error that ends the session early is the finding
            row("fail", "ends early: " + " ".join(repr(error).split())[:200])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
