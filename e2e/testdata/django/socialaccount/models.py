from django.contrib.auth.models import User
from django.db import models


class SocialAccount(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    provider = models.CharField(max_length=200)
    uid = models.CharField(max_length=191)
    extra_data = models.JSONField(default=dict)
