"""What a client made from the .proto files does: python3 typed_client.py NAME_SERVER

It shows each thing once, against the object `workshop` of workshop.ts, and prints what came of it as one line of JSON.
"""

import json
import sys

from google.protobuf import json_format
from patchbay.v1 import nameserver_pb2

from patchbay_client import CallError, Patchbay


def look_up(patchbay):
    return json_format.MessageToDict(patchbay.lookup("workshop"))


def call_with_arguments_and_options(patchbay):
    tool = {"name": "säge", "teeth": [1, 2.5], "sharp": True, "owner": None}
    return patchbay.call("workshop", "label", tool, "shelf 3", {"copies": 2}).wait()


def read_items_and_result(patchbay):
    call = patchbay.call("workshop", "count", 3)
    items = list(call)
    return {"items": items, "result": call.result}


def outcome(act):
    """Tells the error that something ends with."""
    try:
        act()
    except CallError as error:
        return vars(error)
    return None


def typed_error(patchbay):
    return outcome(lambda: patchbay.call("workshop", "borrow", "hammer").wait())


def wrong_argument(patchbay):
    return outcome(lambda: patchbay.call("workshop", "count", "three").wait())


def unknown_name(patchbay):
    return outcome(lambda: patchbay.lookup("workshpo"))


def deadline(patchbay):
    return outcome(lambda: patchbay.call("workshop", "wait", timeout=0.5).wait())


def cancel(patchbay):
    call = patchbay.call("workshop", "tick")
    ticks = iter(call)
    seen = [next(ticks), next(ticks)]
    call.cancel()
    return {"seen": seen, "error": outcome(lambda: list(ticks))}


def watch(patchbay):
    names = patchbay.names
    revision = names.List(nameserver_pb2.ListRequest(prefix="interop/")).revision
    events = names.Watch(
        nameserver_pb2.WatchRequest(prefix="interop/", from_revision=revision), timeout=10
    )
    claim = nameserver_pb2.NameClaim(name="interop/saw", metadata={"language": "python"})
    lease = names.Register(
        nameserver_pb2.RegisterRequest(server_id="python", address="127.0.0.1:9", claims=[claim])
    )
    kept = list(names.KeepAlive(iter([nameserver_pb2.KeepAliveRequest(lease_id=lease.lease_id)])))
    names.SetMetadata(nameserver_pb2.SetMetadataRequest(name="interop/saw", set={"sharp": "yes"}))
    names.Unregister(nameserver_pb2.UnregisterRequest(lease_id=lease.lease_id))
    seen = [next(events) for _ in range(3)]
    events.cancel()
    return {
        "kept": [each.lease_id == lease.lease_id for each in kept],
        "events": [
            [nameserver_pb2.NameEvent.Type.Name(event.type), event.record.name, dict(event.record.metadata)]
            for event in seen
        ],
    }


STEPS = [
    look_up,
    call_with_arguments_and_options,
    read_items_and_result,
    typed_error,
    wrong_argument,
    unknown_name,
    deadline,
    cancel,
    watch,
]


def main(name_server):
    patchbay = Patchbay(name_server)
    for step in STEPS:
        print(json.dumps({"step": step.__name__, "outcome": step(patchbay)}), flush=True)
    patchbay.close()


if __name__ == "__main__":
    main(sys.argv[1])
