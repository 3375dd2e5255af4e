# SPDX-License-Identifier: MIT
"""A Bottle app: routes, a form, a file, an error page."""
import os

from bottle import Bottle, request, static_file

app = Bottle()


@app.get("/hello/<name>")
def hello(name):
    return f"Hello, {name}!"


@app.post("/form")
def form():
    return {"name": request.forms.get("name"), "file": request.files["file"].file.read().decode()}


@app.get("/source")
def source():
    return static_file(os.path.basename(__file__), root=os.path.dirname(__file__), mimetype="text/x-python")


@app.error(404)
def lost(error):
    return "lost"
