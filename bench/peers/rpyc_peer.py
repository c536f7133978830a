"""RPyC as it comes: the threaded server. Many calls in flight are its asynchronous calls.

Without TCP_NODELAY, which it leaves off, 64 calls in flight wait for delayed acknowledgements; it is on here. RPyC
passes a dict as a reference to it, so an object goes as a tuple of its pairs, which is how RPyC copies.
"""

import socket

import rpyc
from rounds import run, tell
from rpyc.core.stream import SocketStream
from rpyc.utils.server import ThreadedServer


class Echo(rpyc.Service):
    def exposed_echo(self, payload):
        return payload

    def exposed_echo_pairs(self, pairs):
        return tuple(dict(pairs).items())


def serve():
    server = ThreadedServer(Echo, hostname="127.0.0.1", port=0)
    server.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what it accepts inherits it
    tell(server.port)
    server.start()


def connect(port):
    connection = rpyc.connect_stream(SocketStream.connect("127.0.0.1", port, nodelay=True))
    one, pairs = connection.root.echo, connection.root.echo_pairs
    later, pairs_later = rpyc.async_(one), rpyc.async_(pairs)

    def echo(payload):
        if isinstance(payload, dict):
            return dict(pairs(tuple(payload.items())))
        return one(payload)

    def many(payload, calls):
        if isinstance(payload, dict):
            for answer in [pairs_later(tuple(payload.items())) for _ in range(calls)]:
                dict(answer.value)
        else:
            for answer in [later(payload) for _ in range(calls)]:
                answer.value

    return echo, many


run(serve, connect)
