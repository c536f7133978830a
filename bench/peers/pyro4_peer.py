"""Pyro4 as it comes: serpent, the threaded server. Many calls in flight are its batch."""

import Pyro4
from rounds import run, tell


@Pyro4.expose
class Echo(object):
    def echo(self, payload):
        return payload


def serve():
    daemon = Pyro4.Daemon(host="127.0.0.1", port=0)
    daemon.register(Echo(), "echo")
    tell(daemon.sock.getsockname()[1])
    daemon.requestLoop()


def connect(port):
    proxy = Pyro4.Proxy("PYRO:echo@127.0.0.1:%d" % port)

    def many(payload, calls):
        batch = Pyro4.batch(proxy)
        for _ in range(calls):
            batch.echo(payload)
        for _ in batch():
            pass

    return proxy.echo, many


run(serve, connect)
