"""The page on which staff finds messages. What was written is shown where a setting says so.

Whoever may read it leaves an entry in the audit log, in the transaction that reads.
"""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from services.chat.actions.audit import Action, entry, note
from services.chat.api.parts import address_of
from services.chat.selectors.found_messages import FOUND, Found, Wanted, found_messages
from services.chat.selectors.people import id_of_username

WORD_CHARS = 200


class SearchForm(forms.Form):
    """What is searched for."""

    room = forms.UUIDField(required=False, label="Room")
    sender = forms.CharField(required=False, label="Sender (username)", max_length=150)
    client_id = forms.UUIDField(required=False, label="client_id")
    until = forms.DateTimeField(required=False, label="Not newer than (UTC)")
    text = forms.CharField(required=False, label="A part of the text", max_length=WORD_CHARS)

    def __init__(self, *args: Any, with_content: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_content:
            del self.fields["text"]

    def clean_sender(self) -> str:
        """Return the id of the sender.

        Raises:
            ValidationError: there is nobody of that name.
        """
        name: str = self.cleaned_data["sender"].strip()
        known = id_of_username(name) if name else ""
        if known is None:
            raise forms.ValidationError("There is nobody of that name.")
        return str(known)

    def clean(self) -> dict[str, Any]:
        """Return what is searched for.

        Raises:
            ValidationError: it names neither a room nor a sender.
        """
        cleaned = super().clean() or {}
        if not self.errors and not (cleaned.get("room") or cleaned.get("sender")):
            raise forms.ValidationError("Name a room or a sender: messages are kept by room.")
        return cleaned


def messages_page(
    request: HttpRequest, *, context: dict[str, Any], with_content: bool
) -> HttpResponse:
    """Show the newest messages that fit.

    Args:
        request: of staff; its query is the search.
        context: what every page of the admin has.
        with_content: whether staff may read what was written.
    """
    form = SearchForm(request.GET or None, with_content=with_content)
    found: list[Found] | None = None
    if form.is_bound and form.is_valid():
        found = _found(request, form.cleaned_data, with_content=with_content)
    more = {"title": "Messages", "form": form, "found": found, "most": FOUND}
    return render(request, "admin/messages.html", {**context, **more, "with_content": with_content})


def _found(request: HttpRequest, asked: dict[str, Any], *, with_content: bool) -> list[Found]:
    wanted = Wanted(
        room=asked["room"],
        sender=asked["sender"] or None,
        client_id=asked["client_id"],
        until=asked["until"],
        text=asked.get("text", "").strip(),
    )
    with transaction.atomic():
        found = found_messages(wanted, with_content=with_content)
        if with_content and found:
            note(
                entry(
                    Action.MESSAGES_READ,
                    actor=str(request.user.pk),
                    subject=wanted.sender,
                    room=wanted.room,
                    address=address_of(request),
                )
            )
    return found
