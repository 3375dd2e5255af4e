/* SPDX-License-Identifier: MIT */
/*
 * The strings that every request needs, made and interned once.
 */
#ifndef GCORN_PYTHON_NAMES_H
#define GCORN_PYTHON_NAMES_H

#include "py.h"

#include <gcorn/base/compiler.h>

/* NAME(member, text) */
#define GCN_PY_NAMES(NAME)                               \
    NAME(request_method, "REQUEST_METHOD")               \
    NAME(query_string, "QUERY_STRING")                   \
    NAME(raw_uri, "RAW_URI")                             \
    NAME(server_protocol, "SERVER_PROTOCOL")             \
    NAME(script_name, "SCRIPT_NAME")                     \
    NAME(path_info, "PATH_INFO")                         \
    NAME(content_type, "CONTENT_TYPE")                   \
    NAME(content_length, "CONTENT_LENGTH")               \
    NAME(remote_addr, "REMOTE_ADDR")                     \
    NAME(remote_port, "REMOTE_PORT")                     \
    NAME(server_name, "SERVER_NAME")                     \
    NAME(server_port, "SERVER_PORT")                     \
    NAME(server_software, "SERVER_SOFTWARE")             \
    NAME(proxy_protocol, "PROXY_PROTOCOL")               \
    NAME(proxy_addr, "PROXY_ADDR")                       \
    NAME(proxy_port, "PROXY_PORT")                       \
    NAME(wsgi_version, "wsgi.version")                   \
    NAME(wsgi_url_scheme, "wsgi.url_scheme")             \
    NAME(wsgi_input, "wsgi.input")                       \
    NAME(wsgi_input_terminated, "wsgi.input_terminated") \
    NAME(wsgi_errors, "wsgi.errors")                     \
    NAME(wsgi_multithread, "wsgi.multithread")           \
    NAME(wsgi_multiprocess, "wsgi.multiprocess")         \
    NAME(wsgi_run_once, "wsgi.run_once")                 \
    NAME(wsgi_file_wrapper, "wsgi.file_wrapper")         \
    NAME(wsgi_early_hints, "wsgi.early_hints")           \
    NAME(gunicorn_socket, "gunicorn.socket")             \
    NAME(queue_time, "gcorn.queue_time")                 \
    NAME(request_id, "HTTP_X_REQUEST_ID")                \
    NAME(empty, "")                                      \
    NAME(http, "http")                                   \
    NAME(https, "https")                                 \
    NAME(port_http, "80")                                \
    NAME(port_https, "443")                              \
    NAME(protocol_10, "HTTP/1.0")                        \
    NAME(protocol_11, "HTTP/1.1")                        \
    NAME(status, "status")                               \
    NAME(headers, "headers")                             \
    NAME(exc_info, "exc_info")                           \
    NAME(close, "close")                                 \
    NAME(read, "read")                                   \
    NAME(wrapped, "__wrapped__")                         \
    NAME(raw, "raw")                                     \
    NAME(fileno, "fileno")                               \
    NAME(tell, "tell")

/* Process. Every member owns an interned str. */
struct gcn_py_names {
#define NAME(member, text) PyObject *member;
    GCN_PY_NAMES(NAME)
#undef NAME
};

/* Make them all. -1 with an exception set. GIL: held. */
GCN_MUST_CHECK int gcn_py_names_init(struct gcn_py_names *names);

#endif
