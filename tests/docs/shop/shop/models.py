"""What the shop keeps."""

from django.db import models


class Customer(models.Model):
    email = models.EmailField()

    def __str__(self):
        return self.email


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    cents = models.IntegerField(null=True)
    receipt_sent_at = models.DateTimeField(null=True)

    def __str__(self):
        return f"order {self.id}"
