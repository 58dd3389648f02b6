"""Rows of a table, to look at: nobody adds, changes or deletes any.

Whoever is let in by ``StaffSite`` may look, whatever their row of Django's users says of them.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import DataError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property

ROWS_COUNTED = 10_000
"""A list counts no further, and ends there: all rows of a large table would take too long."""


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # Django does not know it
    """Counts up to ``ROWS_COUNTED``."""

    @cached_property
    def count(self) -> int:
        """How many rows the list shows on all of its pages."""
        rows: Any = self.object_list
        return int(rows[:ROWS_COUNTED].count())


class LookOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # Django does not know it
    """Shows rows. What one searches for has to equal one of ``search_fields``, which have an index.

    Django's own search compares text, for which an id would have to be turned into some.
    """

    show_full_result_count = False
    paginator = BoundedPaginator
    list_per_page = 50

    def has_module_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Everybody who is let in may look."""
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - likewise
        """Likewise."""
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - likewise
        """Nobody writes in the name of others."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - likewise
        """Nobody changes what is there."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - likewise
        """What is there goes by itself, where it goes at all."""
        return False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return a list of rows.

        Raises:
            IncorrectLookupParameters: no row can be asked for like that. Django finds out only when it
                asks for the rows: NUL, the year 99999.
        """
        try:
            return super().get_changelist_instance(request)
        except (ValueError, DataError) as error:
            raise IncorrectLookupParameters from error

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *more: Any, **named: Any
    ) -> HttpResponse | None:
        """Do something to the rows that were chosen, unless there can be no such rows."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if all(self._may_be("pk", each) for each in chosen):
            return super().response_action(request, queryset, *more, **named)
        self.message_user(request, "There are no such rows.", messages.WARNING)
        return HttpResponseRedirect(request.get_full_path())

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002 - likewise
        queryset: QuerySet[Any],
        search_term: str,
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows that have the term in one of the fields, and that none comes twice."""
        term = search_term.strip()
        if not term:
            return queryset, False
        wanted = [Q(**{name: term}) for name in self.search_fields if self._may_be(name, term)]
        return (queryset.filter(Q.create(wanted, Q.OR)) if wanted else queryset.none()), False  # type: ignore[arg-type]  # it takes any children

    def _may_be(self, name: str, term: str) -> bool:
        field: Any = self.opts.pk if name == "pk" else self.opts.get_field(name)
        try:
            field.to_python(term)
        except ValidationError:
            return False
        return "\0" not in term
