from django.contrib.auth.models import User
from django.db import models


class Authenticator(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    type = models.CharField(max_length=20)
    data = models.JSONField()
