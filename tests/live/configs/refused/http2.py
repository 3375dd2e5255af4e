# SPDX-License-Identifier: MIT
# refused: http_protocols: ['h2', 'h1']: not in this version: HTTP/2
# refused: http2_max_concurrent_streams: 250: not in this version: HTTP/2
# refused: worker_class: gevent: not in this version: the gevent worker
worker_class = "gevent"
http_protocols = "h2,h1"
http2_max_concurrent_streams = 250
