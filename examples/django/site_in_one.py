# SPDX-License-Identifier: MIT
"""A Django site in one file.

    build/venv/bin/pip install Django
    VIRTUAL_ENV=build/venv build/gcorn --chdir examples/django -w 2 site_in_one

A project made by `django-admin startproject shop` is served the same way: build/gcorn --chdir DIRECTORY shop.wsgi
"""
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import path

settings.configure(
    SECRET_KEY=os.environ.get("SECRET_KEY", os.urandom(32).hex()),
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
)


def index(request):
    return HttpResponse("Hello from Django\n", content_type="text/plain")


def about(request):
    return JsonResponse({"worker": os.getpid(), "url": request.build_absolute_uri()})


urlpatterns = [path("", index), path("about/", about)]
application = get_wsgi_application()
