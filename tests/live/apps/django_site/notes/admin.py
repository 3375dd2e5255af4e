# SPDX-License-Identifier: MIT
from django.contrib import admin

from django_site.notes.models import Note

admin.site.register(Note)
