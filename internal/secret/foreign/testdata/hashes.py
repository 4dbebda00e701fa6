"""Prints hashes that Django, passlib, werkzeug and hashlib make, one as JSON on each line.

    /usr/bin/python3 hashes.py [everything]

Debian: python3-django python3-bcrypt python3-argon2; for everything also python3-passlib python3-werkzeug.
"""

import base64, hashlib, json, os, sys

from django.conf import settings

settings.configure(PASSWORD_HASHERS=["django.contrib.auth.hashers." + name for name in (
    "PBKDF2PasswordHasher", "PBKDF2SHA1PasswordHasher", "Argon2PasswordHasher", "BCryptSHA256PasswordHasher",
    "BCryptPasswordHasher", "SHA1PasswordHasher", "MD5PasswordHasher", "UnsaltedSHA1PasswordHasher", "UnsaltedMD5PasswordHasher")])

import django
from django.contrib.auth import hashers

LONG = "a password of more than seventy-two bytes, of which bcrypt looks at the first ones only"
PASSWORDS = ["correct horse battery", "Pa\u00dfw\u00f6rt \u706b\U0001f525", "u\u0308ber and \u212b", LONG]


def line(made_by, form, password, *text):
    print(json.dumps({"by": made_by, "as": form, "password": password, "text": text}))


def of_django():
    by = "Django " + django.get_version()
    for hasher in hashers.get_hashers():
        if hasattr(hasher, "iterations"):
            hasher.iterations = 1200
        if hasattr(hasher, "rounds"):
            hasher.rounds = 5
        if hasattr(hasher, "memory_cost"):
            hasher.time_cost, hasher.memory_cost, hasher.parallelism = 2, 512, 2
        for password in PASSWORDS:
            line(by, "text", password, hasher.encode(password, hasher.salt() if "Unsalted" not in type(hasher).__name__ else ""))


def of_passlib():
    from passlib import __version__
    from passlib import hash as made
    by = "passlib " + __version__
    for hasher in (made.sha256_crypt, made.sha512_crypt):
        for rounds in (1000, 1234, 5000):
            line(by, "text", PASSWORDS[1], hasher.using(rounds=rounds).hash(PASSWORDS[1]))
        line(by, "text", LONG, hasher.using(rounds=1001).hash(LONG))
    for password in PASSWORDS:
        line(by, "text", password, made.phpass.using(rounds=8).hash(password))
    line(by, "text", PASSWORDS[1], made.phpass.using(rounds=8, ident="H").hash(PASSWORDS[1]))
    for hasher in (made.pbkdf2_sha1, made.pbkdf2_sha256, made.pbkdf2_sha512):
        line(by, "text", PASSWORDS[1], hasher.using(rounds=1100).hash(PASSWORDS[1]))
    line(by, "text", PASSWORDS[1], made.scrypt.using(rounds=9).hash(PASSWORDS[1]))
    line(by, "text", PASSWORDS[1], made.ldap_salted_sha1.hash(PASSWORDS[1]))
    line(by, "text", PASSWORDS[1], made.ldap_salted_sha256.hash(PASSWORDS[1]))
    line(by, "text", PASSWORDS[1], made.ldap_salted_sha512.hash(PASSWORDS[1]))


def of_werkzeug():
    from importlib.metadata import version
    from werkzeug.security import generate_password_hash
    by = "werkzeug " + version("werkzeug")
    for method in ("pbkdf2:sha256:1300", "pbkdf2:sha512:1300", "pbkdf2:sha1:1300"):
        line(by, "text", PASSWORDS[1], generate_password_hash(PASSWORDS[1], method))


def of_hashlib():
    # Programs that are not here, by what their sources say.
    password = PASSWORDS[1]
    raw, salt = password.encode(), os.urandom(16)
    b64 = lambda b: base64.b64encode(b).decode()

    def scrypt(salt, n, r, p, length):
        return hashlib.scrypt(raw, salt=salt, n=n, r=r, p=p, dklen=length, maxmem=1 << 30)

    line("hashlib, as Django 4", "text", password, "scrypt$512$salty$8$2$" + b64(scrypt(b"salty", 512, 8, 2, 64)))
    line("hashlib, as werkzeug 3", "text", password, "scrypt:512:8:1$salty$" + scrypt(b"salty", 512, 8, 1, 64).hex())
    line("hashlib, as Kratos", "text", password, "$scrypt$ln=512,r=8,p=1$%s$%s" % (b64(salt), b64(scrypt(salt, 512, 8, 1, 32))))
    pbkdf2 = lambda name, n, length: hashlib.pbkdf2_hmac(name, raw, salt, n, length)
    bare = lambda b: b64(b).rstrip("=")
    line("hashlib, as Kratos", "text", password, "$pbkdf2-sha512$i=1400,l=32$%s$%s" % (bare(salt), bare(pbkdf2("sha512", 1400, 32))))
    for algorithm, name, length in (("pbkdf2-sha256", "sha256", 64), ("pbkdf2-sha512", "sha512", 64), ("pbkdf2", "sha1", 64)):
        line("hashlib, as Keycloak", "keycloak", password,
             json.dumps({"hashIterations": 1500, "algorithm": algorithm, "additionalParameters": {}}),
             json.dumps({"value": b64(pbkdf2(name, 1500, length)), "salt": b64(salt), "additionalParameters": {}}))
    import argon2
    for kind in ("id", "i"):
        made = argon2.low_level.hash_secret_raw(raw, salt, 3, 256, 1, 32, getattr(argon2.Type, kind.upper()))
        line("argon2-cffi, as Keycloak", "keycloak", password,
             json.dumps({"hashIterations": 3, "algorithm": "argon2", "additionalParameters": {
                 "hashLength": ["32"], "memory": ["256"], "type": [kind], "version": ["1.3"], "parallelism": ["1"]}}),
             json.dumps({"value": b64(made), "salt": b64(salt), "additionalParameters": {}}))
    import bcrypt
    for typed in (password, "x" * 69):
        line("bcrypt, as Devise", "devise", typed, bcrypt.hashpw((typed + "pepper").encode()[:72], bcrypt.gensalt(5, b"2a")).decode(), "pepper")
    line("bcrypt, as Auth0 and Spring", "text", password, "{bcrypt}" + bcrypt.hashpw(raw, bcrypt.gensalt(4, b"2b")).decode())


of_django()
if "everything" in sys.argv:
    of_passlib()
    of_werkzeug()
    of_hashlib()
