"""A job of the shop that fails while its order is not there."""

from django.tasks import task

from shop.models import Order


@task
def refund(order_id):
    return Order.objects.get(id=order_id).cents
