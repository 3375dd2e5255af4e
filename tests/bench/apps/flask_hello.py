# SPDX-License-Identifier: MIT
"""Flask's own hello."""
from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return "Hello, World!"
