#!/bin/sh
# What a container does before it serves, then gcorn in this shell's place, as process 1:
#
#     ENTRYPOINT ["/entrypoint.sh"]
#     CMD ["/opt/gcorn/bin/gcorn", "-b", "0.0.0.0:8000", "app:app"]
set -eu

if [ -n "${MIGRATE:-}" ]; then
    python manage.py migrate --noinput
fi
exec "$@"
