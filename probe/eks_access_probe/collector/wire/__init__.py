"""Decodes the API server's protobuf and JSON while they arrive, and of each object only the fields that are kept.

Why not a Kubernetes client: for a cluster with 20,000 pods, lightkube takes 7 to 8 times as long as the collector, and
the official typed client 26 to 28 times (benchmarks/README.md). The difference has three causes:

- protobuf, which the API server encodes in a third of the time of JSON (`encodings`);
- fields that are not kept are never made into Python objects (`messages`), environment values and annotations among
  them;
- objects are decoded one by one while their page arrives, and are not converted to other classes (`protobuf_stream`,
  `protobuf`). That took 1.8 s in place of 3.1 s, and less memory. The protobuf library itself parses complete messages
  only, and a page of 500 pods has 5 MB; so the fields around the objects are read here, and each object is parsed by
  the library.
"""
