# SPDX-License-Identifier: MIT
"""What is asked of the servers."""
from dataclasses import dataclass

BROWSER = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.7,de;q=0.3",
    "Cache-Control": "max-age=0",
    "Cookie": "session=eyJhbGciOiJIUzI1NiJ9.c2Vzc2lvbg; theme=dark; consent=all; _ga=GA1.1.1234567890.1700000000",
    "DNT": "1",
    "Priority": "u=0, i",
    "Referer": "https://www.example.test/catalogue/things?page=3",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-User": "?1",
    "Upgrade-Insecure-Requests": "1",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "X-Forwarded-For": "203.0.113.7",
}  # and Host, which wrk adds: 16

VARIED = """
local count = 0
request = function()
    count = count + 1
    wrk.headers["Cookie"] = "session=" .. count .. "; theme=dark"
    return wrk.format("GET", "/thing/" .. count .. "?page=" .. count)
end
"""


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    app: str = "plain:hello"
    connections: int = 64
    script: str = ""  # Lua, for wrk
    response_bytes: int = 13
    request_bytes: int = 0
    closes: bool = False
    is_file: bool = False
    app_alone: bool = False  # also measure what the app costs without a server
    without: tuple = ()  # servers that cannot be compared here


def headers(fields):
    return "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in fields.items())


SCENARIOS = {scenario.name: scenario for scenario in (
    Scenario("hello-1", "hello, keep-alive, 1 connection", connections=1),
    Scenario("hello-64", "hello, keep-alive, 64 connections"),
    Scenario("hello-1000", "hello, keep-alive, 1,000 connections", connections=1000),
    Scenario("hello-close", "hello, a connection a request, 64 at a time", closes=True,
             script='wrk.headers["Connection"] = "close"'),
    Scenario("browser", "hello, 16 request headers of a browser, repeated", script=headers(BROWSER)),
    Scenario("browser-varied", "the same, another Cookie and path each request", script=headers(BROWSER) + VARIED,
             without=("nginx",)),
    Scenario("post-10k", "POST of 10 KB, read by the app", app="plain:post", request_bytes=10_000,
             script='wrk.method = "POST"\nwrk.body = string.rep("x", 10000)', without=("nginx",)),
    Scenario("response-100k", "response of 100 KB", app="plain:large", response_bytes=100_000, without=("nginx",)),
    Scenario("flask", "Flask hello", app="flask_hello:app", app_alone=True, without=("nginx", "floor")),
    Scenario("django", "Django hello", app="django_hello:app", app_alone=True, without=("nginx", "floor")),
    Scenario("file-64m", "64 MB file by file_wrapper", app="plain:file", connections=4, is_file=True,
             without=("floor",)),
)}
