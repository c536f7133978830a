"""Pyro5 as it comes: serpent, the threaded server. Many calls in flight are its batch."""

import Pyro5.api
from rounds import run, tell


@Pyro5.api.expose
class Echo(object):
    def echo(self, payload):
        return payload


def serve():
    daemon = Pyro5.api.Daemon(host="127.0.0.1", port=0)
    daemon.register(Echo(), "echo")
    tell(daemon.sock.getsockname()[1])
    daemon.requestLoop()


def connect(port):
    proxy = Pyro5.api.Proxy("PYRO:echo@127.0.0.1:%d" % port)

    def many(payload, calls):
        batch = Pyro5.api.BatchProxy(proxy)
        for _ in range(calls):
            batch.echo(payload)
        for _ in batch():
            pass

    return proxy.echo, many


run(serve, connect)
