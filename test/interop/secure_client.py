"""What a client in Python may do over TLS: python3 secure_client.py NAME_SERVER NAME_OF_NAME_SERVER IDENTITY_FILE KEY_FILE

It tries to call the object `desk.web1` with the certificate of a user, without one, without TLS, where another server is
expected, and with other roots; then by signed calls with an API key, with another secret, and for another cluster. It
prints what came of each as one line of JSON.
"""

import json
import sys

import grpc

from patchbay_client import Call, CallError, Patchbay, SignedPatchbay, credentials_in


def attempt(patchbay):
    """Tells what a call returns, or the error that it ends with."""
    try:
        answer = patchbay.call("desk.web1", "who", timeout=10)
        return answer.wait() if isinstance(answer, Call) else answer
    except CallError as error:
        return {"code": error.code, "reason": error.reason, "message": error.message}
    finally:
        patchbay.close()


def roots_in(identity_file):
    with open(identity_file, encoding="utf-8") as file:
        return "".join(json.load(file)["roots"]).encode()


def main():
    address, name, identity_file, key_file = sys.argv[1:]
    with open(identity_file, encoding="utf-8") as file:
        cluster = json.load(file)["cluster"]
    with open(key_file, encoding="utf-8") as file:
        key = file.read()

    def signed(by=key, of=cluster):
        return attempt(SignedPatchbay(address, roots_in(identity_file), name, of, by))

    credentials = credentials_in(identity_file)
    outcomes = {
        "user": attempt(Patchbay(address, credentials, name)),
        "anonymous": attempt(Patchbay(address, grpc.ssl_channel_credentials(roots_in(identity_file)), name)),
        "other": attempt(Patchbay(address, credentials, "elsewhere")),
        "plain": attempt(Patchbay(address)),
        "signed": signed(),
        "forged": signed(by=key.strip()[:-43] + "x" * 43),
        "foreign": signed(of="elsewhere"),
        "stranger": attempt(Patchbay(address, grpc.ssl_channel_credentials(), name)),
    }
    print(json.dumps(outcomes))


main()
