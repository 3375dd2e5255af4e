# SPDX-License-Identifier: MIT
"""A Falcon app: a resource with JSON, a stream, an error."""
import falcon


class Things:
    def __init__(self):
        self.things = []

    def on_get(self, request, response):
        response.media = {"things": self.things}

    def on_post(self, request, response):
        self.things.append(request.media["name"])
        response.status = falcon.HTTP_201
        response.media = {"count": len(self.things)}


class Stream:
    def on_get(self, request, response):
        response.content_type = "text/plain"
        response.stream = (b"part %d\n" % number for number in range(5))


app = falcon.App()
app.add_route("/things", Things())
app.add_route("/stream", Stream())
