# SPDX-License-Identifier: MIT
"""A small Flask app: examples/quickstart.sh starts it.

By hand, with Flask in the virtual environment build/venv:
    VIRTUAL_ENV=build/venv build/gcorn --chdir examples/flask app:app
"""
import os
import time

from flask import Flask, jsonify, request, session

app = Flask(__name__)
app.secret_key = os.urandom(32)  # one per start: a real app reads its key from its configuration


@app.get("/")
def index():
    return f"Hello from Flask under {request.environ['SERVER_SOFTWARE']}, worker {os.getpid()}.\n"


@app.get("/visits")
def visits():
    session["visits"] = session.get("visits", 0) + 1
    return jsonify(visits=session["visits"])


@app.post("/echo")
def echo():
    return jsonify(received=request.get_json())


@app.get("/countdown")
def countdown():
    def numbers():
        for number in range(3, 0, -1):
            yield f"{number}\n"
            time.sleep(0.5)
        yield "lift-off\n"

    return app.response_class(numbers(), mimetype="text/plain")
