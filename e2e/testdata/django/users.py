"""Makes a user with each hasher, and others of whom something is special: `manage.py shell <users.py`."""

from account.models import EmailAddress
from django.contrib.auth.hashers import get_hashers, make_password
from django.contrib.auth.models import User
from knox.models import AuthToken
from mfa.models import Authenticator
from socialaccount.models import SocialAccount

PASSWORD = "Pa\u00dfw\u00f6rt u\u0308ber 17"


def add(name, password=PASSWORD, hasher="pbkdf2_sha256", verified=True, **fields):
    user = User.objects.create(username=name, email=name + "@example.com", password=make_password(password, hasher=hasher), first_name=name.title(), last_name="Of Django", **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=verified, primary=True)
    return user


for hasher in get_hashers():
    add(hasher.algorithm, hasher=hasher.algorithm)

several = add("several")
EmailAddress.objects.create(user=several, email="second@example.com", verified=True)
AuthToken.objects.create(user=several, digest="0123")
Authenticator.objects.create(user=add("factor"), type="totp", data={"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"})
SocialAccount.objects.create(user=add("social", password=None), provider="google", uid="117000000000000000017")
add("inactive", is_active=False)
add("unverified", verified=False)
User.objects.create(username="nowhere", password=make_password(PASSWORD))
