# SPDX-License-Identifier: MIT
"""A Pyramid app: routes, JSON, a FileResponse (which uses wsgi.file_wrapper), an exception view."""
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import FileResponse, Response


def hello(request):
    return Response(f"Hello, {request.matchdict['name']}!")


def total(request):
    return {"total": sum(request.json_body)}


def source(request):
    return FileResponse(__file__, request=request, content_type="text/x-python")


def lost(error, request):
    return Response("lost", status=404)


def make_app():
    with Configurator() as config:
        config.add_route("hello", "/hello/{name}")
        config.add_route("total", "/total")
        config.add_route("source", "/source")
        config.add_view(hello, route_name="hello")
        config.add_view(total, route_name="total", renderer="json", request_method="POST")
        config.add_view(source, route_name="source")
        config.add_view(lost, context=HTTPNotFound)
        return config.make_wsgi_app()
