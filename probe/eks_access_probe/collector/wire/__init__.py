"""The API server's protobuf and JSON, parsed as it streams in and only as far as it is used."""
