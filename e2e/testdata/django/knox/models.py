from django.contrib.auth.models import User
from django.db import models


class AuthToken(models.Model):
    digest = models.CharField(max_length=128, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
