from services.receipts.actions.reconcile.asking import ChatAsked
from services.receipts.actions.reconcile.hourly import HourlyReconcile
from services.receipts.actions.reconcile.reconciler import ChatIsSilent, Reconciler, Report

__all__ = ["ChatAsked", "ChatIsSilent", "HourlyReconcile", "Reconciler", "Report"]
