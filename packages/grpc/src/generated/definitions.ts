// Made by scripts/generate.sh from proto/. Do not edit.
export const definitions: object = {
  "nested": {
    "patchbay": {
      "nested": {
        "v1": {
          "nested": {
            "ObjectServer": {
              "methods": {
                "Describe": {
                  "requestType": "DescribeRequest",
                  "responseType": "DescribeResponse"
                },
                "Call": {
                  "requestType": "CallRequest",
                  "responseType": "CallResponse",
                  "responseStream": true
                },
                "Session": {
                  "requestType": "Frames",
                  "requestStream": true,
                  "responseType": "Frames",
                  "responseStream": true
                }
              }
            },
            "DescribeRequest": {
              "fields": {
                "object": {
                  "type": "string",
                  "id": 1
                }
              }
            },
            "DescribeResponse": {
              "fields": {
                "objects": {
                  "rule": "repeated",
                  "type": "google.protobuf.Struct",
                  "id": 1
                }
              }
            },
            "CallRequest": {
              "fields": {
                "object": {
                  "type": "string",
                  "id": 1
                },
                "method": {
                  "type": "string",
                  "id": 2
                },
                "arguments": {
                  "rule": "repeated",
                  "type": "google.protobuf.Value",
                  "id": 3
                }
              }
            },
            "CallResponse": {
              "oneofs": {
                "kind": {
                  "oneof": [
                    "item",
                    "result"
                  ]
                }
              },
              "fields": {
                "item": {
                  "type": "google.protobuf.Value",
                  "id": 1
                },
                "result": {
                  "type": "google.protobuf.Value",
                  "id": 2
                }
              }
            },
            "Frames": {
              "fields": {
                "frames": {
                  "rule": "repeated",
                  "type": "Frame",
                  "id": 1
                }
              }
            },
            "Frame": {
              "oneofs": {
                "kind": {
                  "oneof": [
                    "hello",
                    "invoke",
                    "cancel",
                    "credit",
                    "item",
                    "result",
                    "failure",
                    "chunk",
                    "end",
                    "release",
                    "heartbeat",
                    "subscription"
                  ]
                }
              },
              "fields": {
                "hello": {
                  "type": "Hello",
                  "id": 1
                },
                "invoke": {
                  "type": "Invoke",
                  "id": 2
                },
                "cancel": {
                  "type": "Cancel",
                  "id": 3
                },
                "credit": {
                  "type": "Credit",
                  "id": 4
                },
                "item": {
                  "type": "Item",
                  "id": 5
                },
                "result": {
                  "type": "Result",
                  "id": 6
                },
                "failure": {
                  "type": "Failure",
                  "id": 7
                },
                "chunk": {
                  "type": "Chunk",
                  "id": 8
                },
                "end": {
                  "type": "End",
                  "id": 9
                },
                "release": {
                  "type": "Release",
                  "id": 10
                },
                "heartbeat": {
                  "type": "Heartbeat",
                  "id": 11
                },
                "subscription": {
                  "type": "Subscription",
                  "id": 12
                }
              }
            },
            "Hello": {
              "fields": {
                "client": {
                  "type": "string",
                  "id": 1
                },
                "maxCalls": {
                  "type": "uint32",
                  "id": 2
                },
                "itemWindow": {
                  "type": "uint32",
                  "id": 3
                },
                "maxFrame": {
                  "type": "uint32",
                  "id": 4
                },
                "server": {
                  "type": "string",
                  "id": 5
                },
                "challenge": {
                  "type": "bytes",
                  "id": 6
                },
                "key": {
                  "type": "string",
                  "id": 7
                },
                "proof": {
                  "type": "bytes",
                  "id": 8
                },
                "claims": {
                  "type": "string",
                  "id": 9
                },
                "idempotent": {
                  "rule": "repeated",
                  "type": "IdempotentMethods",
                  "id": 10
                },
                "itemCountWindow": {
                  "type": "uint32",
                  "id": 11
                },
                "heartbeatMs": {
                  "type": "uint32",
                  "id": 13
                },
                "methodTimeouts": {
                  "type": "bool",
                  "id": 14
                },
                "keepsFunctions": {
                  "type": "bool",
                  "id": 16
                }
              }
            },
            "IdempotentMethods": {
              "fields": {
                "object": {
                  "type": "string",
                  "id": 1
                },
                "methods": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 2
                }
              }
            },
            "Payload": {
              "fields": {
                "json": {
                  "type": "bytes",
                  "id": 1
                },
                "attachments": {
                  "rule": "repeated",
                  "type": "Attachment",
                  "id": 2
                }
              }
            },
            "Attachment": {
              "oneofs": {
                "content": {
                  "oneof": [
                    "text",
                    "data",
                    "stream",
                    "callback",
                    "object"
                  ]
                }
              },
              "fields": {
                "path": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 1
                },
                "text": {
                  "type": "string",
                  "id": 2
                },
                "data": {
                  "type": "bytes",
                  "id": 3
                },
                "stream": {
                  "type": "uint32",
                  "id": 4
                },
                "callback": {
                  "type": "uint32",
                  "id": 5
                },
                "object": {
                  "type": "uint64",
                  "id": 6
                }
              }
            },
            "Invoke": {
              "fields": {
                "call": {
                  "type": "uint64",
                  "id": 1
                },
                "object": {
                  "type": "string",
                  "id": 2
                },
                "method": {
                  "type": "string",
                  "id": 3
                },
                "arguments": {
                  "type": "Payload",
                  "id": 4
                },
                "words": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 5
                },
                "asWords": {
                  "type": "bool",
                  "id": 6
                },
                "timeoutMs": {
                  "type": "uint32",
                  "id": 7
                },
                "methodTimeout": {
                  "type": "bool",
                  "id": 15
                },
                "target": {
                  "type": "uint64",
                  "id": 8
                },
                "oneWay": {
                  "type": "bool",
                  "id": 9
                },
                "ofCall": {
                  "type": "uint64",
                  "id": 10
                },
                "callback": {
                  "type": "uint32",
                  "id": 12
                },
                "correlation": {
                  "type": "string",
                  "id": 11
                },
                "metadata": {
                  "keyType": "string",
                  "type": "string",
                  "id": 13
                },
                "isRead": {
                  "type": "bool",
                  "id": 16
                },
                "onBehalfOf": {
                  "type": "string",
                  "id": 14
                }
              }
            },
            "Cancel": {
              "fields": {
                "call": {
                  "type": "uint64",
                  "id": 1
                }
              }
            },
            "Credit": {
              "fields": {
                "call": {
                  "type": "uint64",
                  "id": 1
                },
                "bytes": {
                  "type": "uint32",
                  "id": 2
                },
                "stream": {
                  "type": "uint32",
                  "id": 3
                },
                "items": {
                  "type": "uint32",
                  "id": 4
                }
              }
            },
            "Item": {
              "fields": {
                "call": {
                  "type": "uint64",
                  "id": 1
                },
                "value": {
                  "type": "Payload",
                  "id": 2
                },
                "stream": {
                  "type": "uint32",
                  "id": 3
                }
              }
            },
            "End": {
              "fields": {
                "call": {
                  "type": "uint64",
                  "id": 1
                },
                "stream": {
                  "type": "uint32",
                  "id": 2
                }
              }
            },
            "Release": {
              "fields": {
                "object": {
                  "type": "uint64",
                  "id": 1
                }
              }
            },
            "Subscription": {
              "fields": {
                "call": {
                  "type": "uint64",
                  "id": 1
                },
                "callback": {
                  "type": "uint32",
                  "id": 2
                },
                "released": {
                  "type": "bool",
                  "id": 3
                }
              }
            },
            "Heartbeat": {
              "fields": {}
            },
            "Result": {
              "fields": {
                "call": {
                  "type": "uint64",
                  "id": 1
                },
                "value": {
                  "type": "Payload",
                  "id": 2
                },
                "metadata": {
                  "keyType": "string",
                  "type": "string",
                  "id": 3
                }
              }
            },
            "Failure": {
              "fields": {
                "call": {
                  "type": "uint64",
                  "id": 1
                },
                "code": {
                  "type": "uint32",
                  "id": 2
                },
                "reason": {
                  "type": "string",
                  "id": 3
                },
                "message": {
                  "type": "string",
                  "id": 4
                },
                "details": {
                  "type": "bytes",
                  "id": 5
                },
                "stack": {
                  "type": "string",
                  "id": 6
                },
                "notBegun": {
                  "type": "bool",
                  "id": 7
                },
                "metadata": {
                  "keyType": "string",
                  "type": "string",
                  "id": 8
                }
              }
            },
            "Chunk": {
              "fields": {
                "number": {
                  "type": "uint32",
                  "id": 1
                },
                "data": {
                  "type": "bytes",
                  "id": 2
                },
                "total": {
                  "type": "uint32",
                  "id": 3
                }
              }
            },
            "NameServer": {
              "methods": {
                "Register": {
                  "requestType": "RegisterRequest",
                  "responseType": "LeaseResponse"
                },
                "KeepAlive": {
                  "requestType": "KeepAliveRequest",
                  "requestStream": true,
                  "responseType": "LeaseResponse",
                  "responseStream": true
                },
                "Unregister": {
                  "requestType": "UnregisterRequest",
                  "responseType": "UnregisterResponse"
                },
                "Lookup": {
                  "requestType": "LookupRequest",
                  "responseType": "NameRecord"
                },
                "List": {
                  "requestType": "ListRequest",
                  "responseType": "ListResponse"
                },
                "Watch": {
                  "requestType": "WatchRequest",
                  "responseType": "NameEvent",
                  "responseStream": true
                },
                "SetMetadata": {
                  "requestType": "SetMetadataRequest",
                  "responseType": "NameRecord"
                },
                "Info": {
                  "requestType": "InfoRequest",
                  "responseType": "InfoResponse"
                }
              }
            },
            "NameClaim": {
              "fields": {
                "name": {
                  "type": "string",
                  "id": 1
                },
                "metadata": {
                  "keyType": "string",
                  "type": "string",
                  "id": 2
                },
                "shared": {
                  "type": "bool",
                  "id": 3
                },
                "replace": {
                  "type": "bool",
                  "id": 4
                }
              }
            },
            "RegisterRequest": {
              "fields": {
                "serverId": {
                  "type": "string",
                  "id": 1
                },
                "address": {
                  "type": "string",
                  "id": 2
                },
                "claims": {
                  "rule": "repeated",
                  "type": "NameClaim",
                  "id": 3
                },
                "ttlMs": {
                  "type": "uint32",
                  "id": 4
                },
                "socket": {
                  "type": "string",
                  "id": 5
                },
                "machine": {
                  "type": "string",
                  "id": 6
                }
              }
            },
            "LeaseResponse": {
              "fields": {
                "leaseId": {
                  "type": "string",
                  "id": 1
                },
                "ttlMs": {
                  "type": "uint32",
                  "id": 2
                },
                "revision": {
                  "type": "int64",
                  "id": 3
                },
                "lost": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 4
                }
              },
              "reserved": [
                [
                  5,
                  5
                ]
              ]
            },
            "KeepAliveRequest": {
              "fields": {
                "leaseId": {
                  "type": "string",
                  "id": 1
                }
              }
            },
            "UnregisterRequest": {
              "fields": {
                "leaseId": {
                  "type": "string",
                  "id": 1
                }
              }
            },
            "UnregisterResponse": {
              "fields": {}
            },
            "LookupRequest": {
              "fields": {
                "name": {
                  "type": "string",
                  "id": 1
                }
              }
            },
            "Endpoint": {
              "fields": {
                "address": {
                  "type": "string",
                  "id": 1
                },
                "serverId": {
                  "type": "string",
                  "id": 2
                },
                "leaseId": {
                  "type": "string",
                  "id": 3
                },
                "host": {
                  "type": "string",
                  "id": 4
                },
                "socket": {
                  "type": "string",
                  "id": 5
                },
                "machine": {
                  "type": "string",
                  "id": 6
                },
                "local": {
                  "type": "bool",
                  "id": 7
                }
              }
            },
            "NameRecord": {
              "oneofs": {
                "_shared": {
                  "oneof": [
                    "shared"
                  ]
                }
              },
              "fields": {
                "name": {
                  "type": "string",
                  "id": 1
                },
                "endpoints": {
                  "rule": "repeated",
                  "type": "Endpoint",
                  "id": 2
                },
                "metadata": {
                  "keyType": "string",
                  "type": "string",
                  "id": 3
                },
                "revision": {
                  "type": "int64",
                  "id": 4
                },
                "registeredAt": {
                  "type": "string",
                  "id": 5
                },
                "shared": {
                  "type": "bool",
                  "id": 6,
                  "options": {
                    "proto3_optional": true
                  }
                }
              }
            },
            "ListRequest": {
              "fields": {
                "prefix": {
                  "type": "string",
                  "id": 1
                },
                "after": {
                  "type": "string",
                  "id": 2
                },
                "limit": {
                  "type": "uint32",
                  "id": 3
                },
                "glob": {
                  "type": "string",
                  "id": 4
                },
                "regex": {
                  "type": "string",
                  "id": 5
                },
                "meta": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 6
                },
                "anyMeta": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 7
                }
              }
            },
            "ListResponse": {
              "fields": {
                "names": {
                  "rule": "repeated",
                  "type": "NameRecord",
                  "id": 1
                },
                "next": {
                  "type": "string",
                  "id": 2
                },
                "revision": {
                  "type": "int64",
                  "id": 3
                }
              }
            },
            "WatchRequest": {
              "oneofs": {
                "_fromRevision": {
                  "oneof": [
                    "fromRevision"
                  ]
                }
              },
              "fields": {
                "prefix": {
                  "type": "string",
                  "id": 1
                },
                "fromRevision": {
                  "type": "int64",
                  "id": 2,
                  "options": {
                    "proto3_optional": true
                  }
                }
              }
            },
            "NameEvent": {
              "fields": {
                "type": {
                  "type": "Type",
                  "id": 1
                },
                "record": {
                  "type": "NameRecord",
                  "id": 2
                },
                "revision": {
                  "type": "int64",
                  "id": 3
                }
              },
              "nested": {
                "Type": {
                  "values": {
                    "TYPE_UNSPECIFIED": 0,
                    "REGISTERED": 1,
                    "CHANGED": 2,
                    "REMOVED": 3
                  }
                }
              }
            },
            "SetMetadataRequest": {
              "fields": {
                "name": {
                  "type": "string",
                  "id": 1
                },
                "set": {
                  "keyType": "string",
                  "type": "string",
                  "id": 2
                },
                "remove": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 3
                }
              }
            },
            "InfoRequest": {
              "fields": {}
            },
            "InfoResponse": {
              "fields": {
                "version": {
                  "type": "string",
                  "id": 1
                },
                "startedAt": {
                  "type": "string",
                  "id": 2
                },
                "names": {
                  "type": "uint64",
                  "id": 3
                },
                "leases": {
                  "type": "uint64",
                  "id": 4
                },
                "revision": {
                  "type": "int64",
                  "id": 5
                },
                "problem": {
                  "type": "string",
                  "id": 6
                }
              }
            },
            "Identity": {
              "methods": {
                "Status": {
                  "requestType": "StatusRequest",
                  "responseType": "StatusResponse"
                },
                "Enrol": {
                  "requestType": "EnrolRequest",
                  "responseType": "EnrolResponse"
                },
                "Renew": {
                  "requestType": "RenewRequest",
                  "responseType": "EnrolResponse"
                },
                "Policy": {
                  "requestType": "PolicyRequest",
                  "responseType": "PolicyEvent",
                  "responseStream": true
                }
              }
            },
            "StatusRequest": {
              "fields": {}
            },
            "StatusResponse": {
              "fields": {
                "version": {
                  "type": "string",
                  "id": 1
                },
                "serverUrl": {
                  "type": "string",
                  "id": 2
                },
                "endpoints": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 3
                },
                "cluster": {
                  "type": "string",
                  "id": 4
                },
                "roots": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 5
                },
                "time": {
                  "type": "string",
                  "id": 6
                },
                "challenge": {
                  "type": "string",
                  "id": 7
                }
              }
            },
            "EnrolRequest": {
              "fields": {
                "kind": {
                  "type": "string",
                  "id": 1
                },
                "publicKey": {
                  "type": "string",
                  "id": 2
                },
                "challenge": {
                  "type": "string",
                  "id": 3
                },
                "signature": {
                  "type": "bytes",
                  "id": 4
                },
                "name": {
                  "type": "string",
                  "id": 5
                },
                "token": {
                  "type": "string",
                  "id": 6
                },
                "sealingKey": {
                  "type": "string",
                  "id": 7
                }
              }
            },
            "RenewRequest": {
              "fields": {
                "kind": {
                  "type": "string",
                  "id": 1
                },
                "name": {
                  "type": "string",
                  "id": 2
                },
                "publicKey": {
                  "type": "string",
                  "id": 3
                },
                "challenge": {
                  "type": "string",
                  "id": 4
                },
                "signature": {
                  "type": "bytes",
                  "id": 5
                }
              }
            },
            "EnrolResponse": {
              "fields": {
                "state": {
                  "type": "string",
                  "id": 1
                },
                "kind": {
                  "type": "string",
                  "id": 2
                },
                "name": {
                  "type": "string",
                  "id": 3
                },
                "cluster": {
                  "type": "string",
                  "id": 4
                },
                "fingerprint": {
                  "type": "string",
                  "id": 5
                },
                "groups": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 6
                },
                "roots": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 7
                },
                "certificate": {
                  "type": "string",
                  "id": 8
                },
                "remainingMs": {
                  "type": "int64",
                  "id": 9
                },
                "lifetimeMs": {
                  "type": "int64",
                  "id": 10
                }
              }
            },
            "PolicyRequest": {
              "fields": {}
            },
            "PolicyEvent": {
              "oneofs": {
                "event": {
                  "oneof": [
                    "document",
                    "change",
                    "unchanged"
                  ]
                }
              },
              "fields": {
                "document": {
                  "type": "PolicyDocument",
                  "id": 1
                },
                "change": {
                  "type": "PolicyChange",
                  "id": 2
                },
                "unchanged": {
                  "type": "int64",
                  "id": 3
                }
              }
            },
            "PolicyDocument": {
              "fields": {
                "revision": {
                  "type": "int64",
                  "id": 1
                },
                "cluster": {
                  "type": "string",
                  "id": 2
                },
                "roots": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 3
                },
                "principals": {
                  "rule": "repeated",
                  "type": "PolicyPrincipal",
                  "id": 4
                },
                "grants": {
                  "rule": "repeated",
                  "type": "PolicyGrant",
                  "id": 5
                },
                "certificates": {
                  "type": "string",
                  "id": 6
                },
                "revocations": {
                  "rule": "repeated",
                  "type": "PolicyRevocation",
                  "id": 7
                },
                "keys": {
                  "rule": "repeated",
                  "type": "PolicyKey",
                  "id": 8
                }
              }
            },
            "PolicyRevocation": {
              "fields": {
                "what": {
                  "type": "string",
                  "id": 1
                },
                "atMs": {
                  "type": "int64",
                  "id": 2
                },
                "proof": {
                  "type": "string",
                  "id": 3
                }
              }
            },
            "PolicyKey": {
              "fields": {
                "id": {
                  "type": "string",
                  "id": 1
                },
                "principal": {
                  "type": "string",
                  "id": 2
                },
                "key": {
                  "type": "string",
                  "id": 3
                }
              }
            },
            "PolicyPrincipal": {
              "fields": {
                "principal": {
                  "type": "string",
                  "id": 1
                },
                "state": {
                  "type": "string",
                  "id": 2
                },
                "groups": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 3
                },
                "fingerprints": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 4
                }
              }
            },
            "PolicyGrant": {
              "oneofs": {
                "_untilMs": {
                  "oneof": [
                    "untilMs"
                  ]
                }
              },
              "fields": {
                "id": {
                  "type": "string",
                  "id": 1
                },
                "to": {
                  "type": "string",
                  "id": 2
                },
                "role": {
                  "type": "string",
                  "id": 3
                },
                "objects": {
                  "type": "string",
                  "id": 4
                },
                "methods": {
                  "type": "string",
                  "id": 5
                },
                "untilMs": {
                  "type": "int64",
                  "id": 6,
                  "options": {
                    "proto3_optional": true
                  }
                }
              }
            },
            "PolicyChange": {
              "fields": {
                "revision": {
                  "type": "int64",
                  "id": 1
                },
                "hasRoots": {
                  "type": "bool",
                  "id": 2
                },
                "roots": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 3
                },
                "principals": {
                  "rule": "repeated",
                  "type": "PolicyPrincipal",
                  "id": 4
                },
                "grants": {
                  "rule": "repeated",
                  "type": "PolicyGrant",
                  "id": 5
                },
                "removedPrincipals": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 6
                },
                "removedGrants": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 7
                },
                "revocations": {
                  "rule": "repeated",
                  "type": "PolicyRevocation",
                  "id": 8
                },
                "liftedRevocations": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 9
                },
                "keys": {
                  "rule": "repeated",
                  "type": "PolicyKey",
                  "id": 10
                },
                "removedKeys": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 11
                }
              }
            }
          }
        }
      }
    },
    "google": {
      "nested": {
        "protobuf": {
          "nested": {
            "Struct": {
              "fields": {
                "fields": {
                  "keyType": "string",
                  "type": "Value",
                  "id": 1
                }
              }
            },
            "Value": {
              "oneofs": {
                "kind": {
                  "oneof": [
                    "nullValue",
                    "numberValue",
                    "stringValue",
                    "boolValue",
                    "structValue",
                    "listValue"
                  ]
                }
              },
              "fields": {
                "nullValue": {
                  "type": "NullValue",
                  "id": 1
                },
                "numberValue": {
                  "type": "double",
                  "id": 2
                },
                "stringValue": {
                  "type": "string",
                  "id": 3
                },
                "boolValue": {
                  "type": "bool",
                  "id": 4
                },
                "structValue": {
                  "type": "Struct",
                  "id": 5
                },
                "listValue": {
                  "type": "ListValue",
                  "id": 6
                }
              }
            },
            "NullValue": {
              "values": {
                "NULL_VALUE": 0
              }
            },
            "ListValue": {
              "fields": {
                "values": {
                  "rule": "repeated",
                  "type": "Value",
                  "id": 1
                }
              }
            },
            "Any": {
              "fields": {
                "type_url": {
                  "type": "string",
                  "id": 1
                },
                "value": {
                  "type": "bytes",
                  "id": 2
                }
              }
            }
          }
        },
        "rpc": {
          "nested": {
            "Status": {
              "fields": {
                "code": {
                  "type": "int32",
                  "id": 1
                },
                "message": {
                  "type": "string",
                  "id": 2
                },
                "details": {
                  "rule": "repeated",
                  "type": "google.protobuf.Any",
                  "id": 3
                }
              }
            },
            "ErrorInfo": {
              "fields": {
                "reason": {
                  "type": "string",
                  "id": 1
                },
                "domain": {
                  "type": "string",
                  "id": 2
                },
                "metadata": {
                  "keyType": "string",
                  "type": "string",
                  "id": 3
                }
              }
            }
          }
        }
      }
    }
  }
};
