# SPDX-License-Identifier: MIT
import threading

from django.db import transaction
from django.http import FileResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

from django_site.notes.models import Note


@csrf_exempt
def notes(request):
    if request.method == "POST":
        with transaction.atomic():
            Note.objects.create(title=request.POST["title"])
    return JsonResponse({"titles": list(Note.objects.order_by("id").values_list("title", flat=True))})


@csrf_exempt
def upload(request):
    note = Note.objects.create(title=request.POST["title"], attachment=request.FILES["file"])
    return JsonResponse({"name": note.attachment.name, "size": note.attachment.size})


def stream(request):
    return StreamingHttpResponse((f"row {number}\n" for number in range(2000)), content_type="text/plain")


def stored_file(request, name):
    return FileResponse(Note.objects.get(attachment=f"attachments/{name}").attachment.open("rb"))


def where(request):
    return JsonResponse({"url": request.build_absolute_uri(), "secure": request.is_secure(),
                         "thread": threading.current_thread() is threading.main_thread()})


def broken(request):
    raise RuntimeError("a bug in the view")
