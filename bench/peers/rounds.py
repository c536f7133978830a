"""What the Python peers share: `serve` prints a port, `call PORT` measures rounds, as ../peer.ts says."""

import json
import os
import statistics
import sys
import threading
import time


def end_with_input():
    """Ends the process at the end of its standard input: its parent is gone."""

    def wait():
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def tell(*values):
    print(*values, flush=True)


def run(serve, connect):
    """serve() must call `tell(port)`; connect(port) gives (echo, many): one call, and as many in flight as it gets."""
    if sys.argv[1] == "serve":
        end_with_input()
        serve()
        return
    echo, many = connect(int(sys.argv[2]))
    for line in sys.stdin:
        asked = json.loads(line)
        payload, seconds, in_flight = asked["payload"], asked["forMs"] / 1000, asked["inFlight"]
        answer = echo(payload)
        if answer != payload:
            raise AssertionError("another echo than was sent: %r" % (answer,))
        if in_flight == 1:
            tell(*median_us(echo, payload, seconds))
        else:
            tell(*calls_per_second(many, payload, seconds, in_flight))
    os._exit(0)


def median_us(echo, payload, seconds):
    times = []
    now = time.perf_counter()
    end = now + seconds
    while now < end:
        echo(payload)
        started, now = now, time.perf_counter()
        times.append(now - started)
    return statistics.median(times) * 1e6, len(times)


def calls_per_second(many, payload, seconds, in_flight):
    started = time.perf_counter()
    calls = 0
    while time.perf_counter() - started < seconds:
        many(payload, in_flight)
        calls += in_flight
    return calls / (time.perf_counter() - started), calls
