"""Pages taken apart as a browser would, and what users and auditors are told."""

from html.parser import HTMLParser

from django.contrib.admin.models import LogEntry

OURS = ("/static/", "/admin/jsi18n/")
CODE = ("style", "iframe", "object", "embed", "base")


class Page(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, response):
        super().__init__()
        self.elements = []
        self.text = ""
        self.inline_scripts = ""
        self.feed(response.content.decode())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data):
        if self.cdata_elem in self.CDATA_CONTENT_ELEMENTS:
            self.inline_scripts += data.strip()
        else:
            self.text += data

    def harm(self):
        """What a browser would run or load that is not the admin's own file."""
        found = [self.inline_scripts] if self.inline_scripts else []
        for tag, attrs in self.elements:
            is_loaded = tag in ("script", "img", "link") and not attrs.get(
                "src", attrs.get("href", "")
            ).startswith(OURS)
            is_handler = any(name.startswith("on") or name == "style" for name in attrs)
            is_address = any(
                attrs.get(name, "").lower().lstrip().startswith("javascript") for name in ("href", "action")
            )
            if tag in CODE or is_loaded or is_handler or is_address:
                found.append((tag, attrs))
        return found

    def rows(self):
        """How many rows a list shows that can be ticked."""
        return sum(
            attrs.get("name") == "_selected_action" and attrs.get("type") == "checkbox"
            for _, attrs in self.elements
        )

    def buttons(self):
        """The actions that a row's own page offers."""
        return [
            attrs["value"]
            for tag, attrs in self.elements
            if tag == "input" and attrs.get("name") == "action" and attrs.get("type") == "hidden"
        ]

    def choices(self):
        """The actions that a list offers."""
        return {attrs["value"] for tag, attrs in self.elements if tag == "option" and attrs.get("value")}


def said(response):
    """The messages that this response has for the user."""
    return " ".join(str(message) for message in response.wsgi_request._messages._queued_messages)


def logged():
    """What the admin log says, oldest first: model, row, message."""
    entries = LogEntry.objects.select_related("content_type").order_by("id")
    return [(entry.content_type.model, entry.object_id, entry.change_message) for entry in entries]
