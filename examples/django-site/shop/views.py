"""The home page."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render

from shop.models import Order


@login_required
def home(request):
    """Show what somebody bought."""
    return render(request, "home.html", {"orders": Order.objects.filter(user=request.user)})
