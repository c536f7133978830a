"""Pyro4's name server with its store in memory, and a client of it.

`serve COUNT` prints an address; `call ADDRESS COUNT` reads rounds as ../names-peer.ts does. Ends with its input.
"""

import json
import os
import statistics
import sys
import threading
import time

import Pyro4
import Pyro4.naming


def name_at(index, count):
    return "rack%04d/node%d" % (index % (count // 100), index)


def end_with_input():
    sys.stdin.read()
    os._exit(0)


def serve(count):
    _, daemon, _ = Pyro4.naming.startNS(host="127.0.0.1", port=0, enableBroadcast=False)
    for index in range(count):
        daemon.nameserver.register(name_at(index, count), "PYRO:o%d@127.0.0.1:7441" % index)
    threading.Thread(target=end_with_input, daemon=True).start()
    print(daemon.locationStr, flush=True)
    daemon.requestLoop()


def call(address, count):
    host, port = address.split(":")
    names = Pyro4.locateNS(host=host, port=int(port))
    index = 0
    for line in sys.stdin:
        asked = json.loads(line)
        times = []
        end = time.perf_counter() + asked["forMs"] / 1000
        while time.perf_counter() < end or len(times) < asked.get("calls", 0):
            index = (index + 7919) % count
            started = time.perf_counter()
            names.lookup(name_at(index, count))
            times.append(time.perf_counter() - started)
        print(statistics.median(times) * 1e6, flush=True)


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
else:
    call(sys.argv[2], int(sys.argv[3]))
