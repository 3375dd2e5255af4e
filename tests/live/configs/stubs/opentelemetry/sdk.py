# SPDX-License-Identifier: MIT
import recorder


class Resource:
    @staticmethod
    def create(attributes):
        return attributes


class TracerProvider:
    def __init__(self, resource):
        self.resource = resource

    def add_span_processor(self, processor):
        recorder.write("add_span_processor", endpoint=processor.endpoint)


class BatchSpanProcessor:
    def __init__(self, endpoint):
        self.endpoint = endpoint
