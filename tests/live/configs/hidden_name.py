# SPDX-License-Identifier: MIT
import gunicorn

gunicorn.SERVER_SOFTWARE = "shop"
gunicorn.SERVER = "shop"

workers = 1
