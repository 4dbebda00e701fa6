"""What happens in Django after the first import, while both systems run: `manage.py shell <later.py`."""

from account.models import EmailAddress
from django.contrib.auth.models import User

for name in ("bcrypt_sha256", "argon2"):
    user = User.objects.get(username=name)
    user.set_password("changed in Django meanwhile")
    user.save()

late = User.objects.create_user("late", "late@example.com", "came late to Django")
EmailAddress.objects.create(user=late, email=late.email, verified=True, primary=True)
