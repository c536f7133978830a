"""Stands where systemd stands: prints what arrives at a socket of notifications, with the time of its clock."""

import json
import socket
import sys
import time

receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print(json.dumps({"text": "bound"}), flush=True)
while True:
    text = receiver.recv(65536).decode()
    print(json.dumps({"text": text, "monotonic": time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}), flush=True)
