# SPDX-License-Identifier: MIT
"""WebSockets by flask-sock."""
from flask import Flask
from flask_sock import Sock

app = Flask(__name__)
sock = Sock(app)


@sock.route("/echo")
def echo(ws):
    while True:
        ws.send(ws.receive())


@sock.route("/once")
def once(ws):
    ws.send("once")


@app.get("/hello")
def hello():
    return "hello"
