"""The shop's jobs that the pages speak of."""

from django.tasks import task

from shop.mail import mail_receipt
from shop.models import Order


@task
def send_receipt(order_id):
    mail_receipt(Order.objects.get(id=order_id))


@task
def send_reminder(order_id):
    return Order.objects.get(id=order_id).customer.email


@task
def charge(order_id):
    return f"{Order.objects.get(id=order_id).cents / 100:.2f}"


@task
def resize(photo_id, width):
    return [photo_id, width]


@task
def cleanup(days=7):
    return days


@task
def fetch_rates():
    return {"EUR": 1}


@task
def send_report(tenant_id):
    return tenant_id


@task
def ping():
    return "pong"
