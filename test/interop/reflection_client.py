"""A client that has no .proto file: it asks the server what it can do, by standard server reflection.

    python3 reflection_client.py ADDRESS v1|v1alpha list
    python3 reflection_client.py ADDRESS v1|v1alpha call SERVICE METHOD JSON

It needs grpcio and protobuf (on Debian: python3-grpcio, python3-protobuf) and prints JSON: the services with their
methods, or the list of a method's answers. An error is printed as {"error": ...}, with exit status 1.
"""

import json
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

TEXT = descriptor_pb2.FieldDescriptorProto.TYPE_STRING
BYTES = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
INT32 = descriptor_pb2.FieldDescriptorProto.TYPE_INT32


def message_class(pool, name):
    """Makes the class of a message from its description."""
    descriptor = pool.FindMessageTypeByName(name)
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


def reflection_messages(version):
    """Makes the messages of reflection itself, as far as they are needed here.

    The package grpcio-reflection has them ready; where it is not installed, this is all there is to them.
    """
    package = "grpc.reflection." + version
    file = descriptor_pb2.FileDescriptorProto(name=package, package=package, syntax="proto3")

    def message(name, *fields):
        described = file.message_type.add(name=name)
        for number, field_name, field_type, repeated in fields:
            field = described.field.add(name=field_name, number=number, label=3 if repeated else 1)
            if isinstance(field_type, str):
                field.type_name = f".{package}.{field_type}"
                field.type = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
            else:
                field.type = field_type

    def one_of(name):
        """Says that of the last message's fields at most one is there."""
        described = file.message_type[-1]
        described.oneof_decl.add(name=name)
        for field in described.field:
            field.oneof_index = 0

    message(
        "ServerReflectionRequest",
        (3, "file_by_filename", TEXT, False),
        (4, "file_containing_symbol", TEXT, False),
        (7, "list_services", TEXT, False),
    )
    one_of("message_request")
    message(
        "ServerReflectionResponse",
        (4, "file_descriptor_response", "FileDescriptorResponse", False),
        (6, "list_services_response", "ListServiceResponse", False),
        (7, "error_response", "ErrorResponse", False),
    )
    one_of("message_response")
    message("FileDescriptorResponse", (1, "file_descriptor_proto", BYTES, True))
    message("ListServiceResponse", (1, "service", "ServiceResponse", True))
    message("ServiceResponse", (1, "name", TEXT, False))
    message("ErrorResponse", (1, "error_code", INT32, False), (2, "error_message", TEXT, False))

    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return (
        message_class(pool, package + ".ServerReflectionRequest"),
        message_class(pool, package + ".ServerReflectionResponse"),
    )


class Reflection:
    """What a server tells about itself."""

    def __init__(self, channel, version):
        self._channel = channel
        self._Request, response = reflection_messages(version)
        self._ask = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=self._Request.SerializeToString,
            response_deserializer=response.FromString,
        )
        self._pool = descriptor_pool.DescriptorPool()
        self._files = set()

    def ask(self, **question):
        response = next(self._ask(iter([self._Request(**question)]), timeout=10))
        if response.HasField("error_response"):
            raise LookupError(response.error_response.error_message)
        return response

    def services(self):
        return [service.name for service in self.ask(list_services="").list_services_response.service]

    def _learn(self, answer):
        """Takes the files of an answer, and first those that they import, which the answer may hold or not."""
        files = [
            descriptor_pb2.FileDescriptorProto.FromString(each)
            for each in answer.file_descriptor_response.file_descriptor_proto
        ]
        by_name = {file.name: file for file in files}

        def add(file):
            if file.name in self._files:
                return
            self._files.add(file.name)
            for name in file.dependency:
                if name in by_name:
                    add(by_name[name])
                else:
                    self._learn(self.ask(file_by_filename=name))
            self._pool.Add(file)

        for file in files:
            add(file)

    def service(self, name):
        """Learns a service and all of its messages."""
        self._learn(self.ask(file_containing_symbol=name))
        return self._pool.FindServiceByName(name)

    def method(self, service, name):
        """Makes a method that can be called, and the class of what it takes."""
        method = self.service(service).methods_by_name[name]
        request = message_class(self._pool, method.input_type.full_name)
        response = message_class(self._pool, method.output_type.full_name)
        described = descriptor_pb2.MethodDescriptorProto()
        method.CopyToProto(described)
        kind = self._channel.unary_stream if described.server_streaming else self._channel.unary_unary
        return request, kind(
            f"/{service}/{name}",
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString,
        )


    def call(self, service, name, request):
        """Calls a method with a JSON request, and gives the list of its answers as JSON data."""
        Request, method = self.method(service, name)
        answers = method(json_format.ParseDict(request, Request()), timeout=10)
        answers = answers if hasattr(answers, "__next__") else [answers]
        return [json_format.MessageToDict(answer) for answer in answers]

    def explain(self, error):
        """Reads the google.rpc.Status in an error's trailer, which says more than gRPC's own status."""
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                self._learn(self.ask(file_containing_symbol="google.rpc.Status"))
                status = message_class(self._pool, "google.rpc.Status").FromString(value)
                return json_format.MessageToDict(status, descriptor_pool=self._pool)
        return {"code": error.code().value[0], "message": error.details()}


def main(address, version, command, *words):
    with grpc.insecure_channel(address) as channel:
        reflection = Reflection(channel, version)
        if command == "list":
            found = {}
            for name in reflection.services():
                found[name] = [method.name for method in reflection.service(name).methods]
            print(json.dumps(found))
            return 0
        service, method, request = words
        try:
            print(json.dumps(reflection.call(service, method, json.loads(request))))
            return 0
        except grpc.RpcError as error:
            print(json.dumps({"error": reflection.explain(error)}))
            return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
