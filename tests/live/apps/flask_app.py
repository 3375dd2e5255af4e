# SPDX-License-Identifier: MIT
"""Flask as people use it: routes, sessions, JSON, uploads, streams, files, errors, blueprints."""
import hashlib
import tempfile

from flask import Blueprint, Flask, abort, jsonify, redirect, request, send_file, session, url_for

app = Flask(__name__)
app.secret_key = "the tests' own"
api = Blueprint("api", __name__, url_prefix="/api")

DOWNLOAD = tempfile.TemporaryFile()  # one a worker, so its entity tag is given below, not made of its time
DOWNLOAD.write(b"0123456789" * 50_000)
DOWNLOAD.flush()


@app.get("/")
def index():
    return "Hello from Flask"


@app.get("/user/<name>")
def user(name):
    return f"user {name}, query {request.args.get('q', '')}"


@app.get("/count")
def count():
    session["count"] = session.get("count", 0) + 1
    return jsonify(count=session["count"])


@api.post("/sum")
def total():
    return jsonify(total=sum(request.get_json()["numbers"]))


@app.post("/form")
def form():
    return jsonify(dict(request.form))


@app.post("/upload")
def upload():
    stored = request.files["file"]
    digest = hashlib.sha256()
    size = 0
    while chunk := stored.stream.read(65536):
        digest.update(chunk)
        size += len(chunk)
    return jsonify(name=stored.filename, size=size, sha256=digest.hexdigest())


@app.post("/raw")
def raw():
    return jsonify(size=len(request.get_data()))


@app.get("/stream")
def stream():
    return app.response_class((f"line {number}\n" for number in range(1000)), mimetype="text/plain")


@app.get("/download")
def download():
    return send_file(f"/proc/self/fd/{DOWNLOAD.fileno()}", mimetype="application/octet-stream",
                     conditional=True, etag="download-1", last_modified=1_700_000_000)


@app.get("/away")
def away():
    return redirect(url_for("index"))


@app.get("/teapot")
def teapot():
    abort(418)


@app.get("/broken")
def broken():
    raise RuntimeError("a bug in the view")


app.register_blueprint(api)
