"""A small Patchbay client for Python: looks a name up at the name server, and calls the object behind it.

The modules that end in _pb2 and _pb2_grpc are made from Patchbay's proto/ directory:

    protoc -I proto --python_out=gen --grpc_python_out=gen \
      --plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin \
      patchbay/v1/nameserver.proto patchbay/v1/objects.proto google/rpc/status.proto

and found by PYTHONPATH=gen. On Debian the packages are python3-grpcio, python3-protobuf, protobuf-compiler,
protobuf-compiler-grpc and libprotobuf-dev.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time

import grpc
from google.protobuf import json_format, struct_pb2
from google.rpc import status_pb2
from patchbay.v1 import nameserver_pb2, nameserver_pb2_grpc, objects_pb2, objects_pb2_grpc


class CallError(Exception):
    """What a server refused: a code of gRPC, a reason for programs, a message for people, and details."""

    def __init__(self, error):
        super().__init__(error.details())
        self.code = error.code().name
        self.message = error.details()
        self.reason = None
        self.details = {}
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                self._read(status_pb2.Status.FromString(value))

    def _read(self, status):
        info = status_pb2.ErrorInfo()
        for detail in status.details:
            if detail.Unpack(info):
                self.reason = info.reason
                self.details = dict(info.metadata)


def to_value(data):
    """Turns JSON data into a google.protobuf.Value."""
    return json_format.ParseDict(data, struct_pb2.Value())


def from_value(value):
    """Turns a google.protobuf.Value into JSON data. Its numbers are doubles."""
    return json_format.MessageToDict(value)


class Call:
    """A call that runs: iterate for what the method yields; afterwards `result` is what it returned."""

    def __init__(self, stream):
        self._stream = stream
        self.result = None

    def __iter__(self):
        try:
            for answer in self._stream:
                if answer.WhichOneof("kind") == "result":
                    self.result = from_value(answer.result)
                else:
                    yield from_value(answer.item)
        except grpc.RpcError as error:
            raise CallError(error) from error

    def wait(self):
        """Gives the result, and drops what the method yields before it."""
        for _ in self:
            pass
        return self.result

    def cancel(self):
        """Aborts the method on the server."""
        self._stream.cancel()


def credentials_in(identity_file):
    """Reads what `rpcclient login` keeps: who calls, and whose certificates count."""
    with open(identity_file, encoding="utf-8") as file:
        identity = json.load(file)
    return grpc.ssl_channel_credentials(
        "".join(identity["roots"]).encode(),
        identity["privateKey"].encode(),
        identity["certificate"].encode(),
    )


class Patchbay:
    """A name server, and the objects that it knows.

    With credentials it speaks TLS. A certificate names its server as a DNS name, not by its address: the name server by
    the name that `nameserver init` printed, and a host by its own, which the record of an object has.
    """

    def __init__(self, name_server, credentials=None, name_server_name=""):
        self._channels = {}
        self._credentials = credentials
        self.names = nameserver_pb2_grpc.NameServerStub(self._channel(name_server, name_server_name))

    def _channel(self, address, name):
        key = (address, name)
        if key not in self._channels:
            options = [("grpc.ssl_target_name_override", name)]
            self._channels[key] = (
                grpc.insecure_channel(address)
                if self._credentials is None
                else grpc.secure_channel(address, self._credentials, options)
            )
        return self._channels[key]

    def lookup(self, name):
        """Gives the record of a name: who answers to it, and its metadata."""
        try:
            return self.names.Lookup(nameserver_pb2.LookupRequest(name=name), timeout=10)
        except grpc.RpcError as error:
            raise CallError(error) from error

    def call(self, name, method, *arguments, timeout=60):
        """Starts a call. A dict behind the positional arguments is the method's options; timeout is in seconds."""
        endpoint = self.lookup(name).endpoints[0]
        host = endpoint.host.removeprefix("host:")
        objects = objects_pb2_grpc.ObjectServerStub(self._channel(endpoint.address, host))
        request = objects_pb2.CallRequest(object=name, method=method, arguments=map(to_value, arguments))
        return Call(objects.Call(request, timeout=timeout))

    def close(self):
        for channel in self._channels.values():
            channel.close()


class SignedPatchbay(Patchbay):
    """The same, for a user's API key in place of a certificate: each call is signed, and counts once.

    It needs the roots of the cluster, as `identity.status` has them, to know its servers, and is given the name of the
    name server and of the cluster.
    """

    def __init__(self, name_server, roots, name_server_name, cluster, api_key):
        super().__init__(name_server, grpc.ssl_channel_credentials(roots), name_server_name)
        _, self._key, self._secret = api_key.strip().split(".")
        self._cluster = cluster
        self._name_server = (name_server, f"nameserver:{name_server_name}")
        self._runs = {}

    def lookup(self, name):
        """Gives the record of a name, by a call that is signed as well: the typed NameServer takes no signatures."""
        return self._signed(*self._name_server, "nameserver", "lookup", [name], 10)

    def call(self, name, method, *arguments, timeout=60):
        """Makes a call, and gives its result."""
        endpoint = self.lookup(name)["endpoints"][0]
        return self._signed(endpoint["address"], endpoint["host"], name, method, arguments, timeout)

    def _signed(self, address, host, name, method, arguments, timeout):
        # Sent as they are signed: bytes.
        request = objects_pb2.CallRequest(object=name, method=method, arguments=map(to_value, arguments))
        encoded = request.SerializeToString()
        call = self._channel(address, host.split(":")[1]).unary_stream(
            "/patchbay.v1.ObjectServer/Call",
            request_serializer=lambda message: message,
            response_deserializer=objects_pb2.CallResponse.FromString,
        )
        for attempt in (1, 2):
            run = self._runs.get(host, "none/yet")
            metadata = (
                ("x-patchbay-auth", self._signature(host, run, name, method, encoded)),
                ("x-patchbay-server", run),
            )
            try:
                return Call(call(encoded, timeout=timeout, metadata=metadata)).wait()
            except CallError as error:
                # It has not begun: the server was started anew, or was never called, and says what to sign for.
                if error.reason != "SERVER_RESTARTED" or attempt == 2:
                    raise
                self._runs[host] = error.details["server"]
        return None

    def _signature(self, host, run, name, method, encoded):
        # What the key is on this host, and on no other.
        derived = f"patchbay-key-1\0{self._cluster}\0{host}".encode()
        key = hmac.digest(self._secret.encode(), derived, "sha256")
        nonce = secrets.token_urlsafe(16)
        seconds = str(int(time.time()))
        digest = hashlib.sha256(encoded).hexdigest()
        text = "\n".join(
            ["patchbay-call-1", host, run, self._key, nonce, seconds, name, method, digest]
        )
        mac = base64.urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).decode().rstrip("=")
        return ";".join(["1", self._key, nonce, seconds, mac])
