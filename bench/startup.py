"""Pyro4 as it comes, from cold: `serve` prints where its name server is, `call ADDRESS` looks up and calls once."""

import sys
import threading

import Pyro4


def serve():
    import Pyro4.naming

    class Echo(object):
        @Pyro4.expose
        def echo(self, text):
            return text

    names = Pyro4.naming.startNS(host="127.0.0.1", port=0, enableBroadcast=False)[1]
    threading.Thread(target=names.requestLoop, daemon=True).start()
    daemon = Pyro4.Daemon(host="127.0.0.1", port=0)
    names.nameserver.register("echo", daemon.register(Echo()))
    print(names.locationStr, flush=True)
    daemon.requestLoop()


def call(address):
    host, port = address.split(":")
    with Pyro4.locateNS(host, int(port), broadcast=False) as names:
        uri = names.lookup("echo")
    with Pyro4.Proxy(uri) as echo:
        print(echo.echo("hello"))


if sys.argv[1] == "serve":
    serve()
else:
    call(sys.argv[2])
