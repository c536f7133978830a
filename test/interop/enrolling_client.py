"""How a client in Python enrols, and calls by its certificate: python3 enrolling_client.py NAME_SERVER NAME ROOTS TOKEN

NAME is the name server's name, ROOTS a file with its root, which is compared with the token before that is sent. Keys and
signatures are made by openssl. What it did is printed as one line of JSON.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tempfile

import grpc
from patchbay.v1 import identity_pb2, identity_pb2_grpc

from patchbay_client import CallError, Patchbay


def openssl(*arguments, data=b""):
    return subprocess.run(("openssl",) + arguments, input=data, capture_output=True, check=True).stdout


def digest_of(public_key):
    """The SHA-256 of a public key in PEM, as SPKI in DER."""
    return hashlib.sha256(openssl("pkey", "-pubin", "-outform", "DER", data=public_key)).digest()


class Identity:
    """A key, and what is signed with it."""

    def __init__(self, folder):
        self.file = f"{folder}/key.pem"
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.file)
        self.public_key = openssl("pkey", "-in", self.file, "-pubout")
        self.fingerprint = "SHA256:" + base64.b64encode(digest_of(self.public_key)).decode().rstrip("=")

    def sign(self, *lines):
        return openssl("dgst", "-sha256", "-sign", self.file, data="".join(f"{line}\n" for line in lines).encode())

    def enrol(self, stub, token):
        challenge = stub.Status(identity_pb2.StatusRequest()).challenge
        signature = self.sign("patchbay-enrol-1", challenge, "host", "", token, self.fingerprint, "")
        request = identity_pb2.EnrolRequest(
            kind="host", public_key=self.public_key, challenge=challenge, signature=signature, token=token
        )
        return stub.Enrol(request)

    def renew(self, stub, name):
        challenge = stub.Status(identity_pb2.StatusRequest()).challenge
        signature = self.sign("patchbay-renew-1", challenge, "host", name, self.fingerprint)
        request = identity_pb2.RenewRequest(
            kind="host", name=name, public_key=self.public_key, challenge=challenge, signature=signature
        )
        return stub.Renew(request)

    def credentials(self, certificate, roots):
        with open(self.file, "rb") as key:
            return grpc.ssl_channel_credentials(roots, key.read(), certificate.encode())


def channel_to(address, name, credentials):
    return grpc.secure_channel(address, credentials, (("grpc.ssl_target_name_override", name),))


def reason_of(act):
    """The reason with which the server refuses."""
    try:
        return act()
    except grpc.RpcError as error:
        return CallError(error).reason


def main():
    address, name, roots_file, token = sys.argv[1:]
    with open(roots_file, "rb") as file:
        roots = file.read()
    pin = base64.urlsafe_b64encode(digest_of(openssl("x509", "-pubkey", "-noout", data=roots))).decode().rstrip("=")
    if token.split(".")[3] != pin:
        raise SystemExit("that is not the name server that made the token")
    with tempfile.TemporaryDirectory() as folder:
        identity = Identity(folder)
        outcomes = {}
        with channel_to(address, name, grpc.ssl_channel_credentials(roots)) as channel:
            stub = identity_pb2_grpc.IdentityStub(channel)
            outcomes["guess"] = reason_of(lambda: identity.enrol(stub, token.replace(".", ".0", 2)))
            enrolled = identity.enrol(stub, token)
            outcomes["enrolled"] = f"{enrolled.state} {enrolled.kind}:{enrolled.name}"
            renewed = identity.renew(stub, enrolled.name)
            outcomes["renewed"] = renewed.certificate != enrolled.certificate and renewed.remaining_ms > 0
            outcomes["anonymous"] = reason_of(lambda: next(stub.Policy(identity_pb2.PolicyRequest())))
        credentials = identity.credentials(renewed.certificate, roots)
        with channel_to(address, name, credentials) as channel:
            first = next(identity_pb2_grpc.IdentityStub(channel).Policy(identity_pb2.PolicyRequest()))
            outcomes["policy"] = sorted(each.principal for each in first.document.principals)
        patchbay = Patchbay(address, credentials, name)
        outcomes["who"] = patchbay.call("desk.web1", "who", timeout=10).wait()
        patchbay.close()
    print(json.dumps(outcomes))


main()
