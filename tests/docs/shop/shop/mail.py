"""Letters to customers."""

from django.core.mail import send_mail


def mail_receipt(order):
    send_mail(f"Order {order.id}", "Thank you.", "shop@example.com", [order.customer.email])
