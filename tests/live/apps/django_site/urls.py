# SPDX-License-Identifier: MIT
from django.contrib import admin
from django.urls import path

from django_site.notes import views

urlpatterns = [
    path("admin/", admin.site.urls),
    path("notes/", views.notes),
    path("upload/", views.upload),
    path("stream/", views.stream),
    path("file/<str:name>", views.stored_file),
    path("where/", views.where),
    path("broken/", views.broken),
]
