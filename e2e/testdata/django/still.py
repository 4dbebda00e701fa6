"""Prints which users Django would still let in: `manage.py shell <still.py`."""

from django.contrib.auth.models import User

print("still:", sum(user.check_password("Pa\u00dfw\u00f6rt u\u0308ber 17") for user in User.objects.all()))
