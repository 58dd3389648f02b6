"""Delivery inside one process: from the news of the streams to the sockets, in order.

| about | in the order in which one reads them |
|---|---|
| messages | ``hub``, ``session``, ``local_room``, ``seating``, ``courier``, ``outbound``, ``journey``, ``safety_net`` |
| what was missed | ``deliveries`` |
| watermarks | ``statuses``, ``marks``, ``room_status``, ``status_pusher``, ``live_status``, ``privacy`` |
| who is there | ``company``, ``attendance``, ``activity``, ``acquaintances``, ``presence``, ``typing`` |
| badges of other pages | ``badge``, ``notifier``, ``recounts`` |
| sign-ins that ended | ``sign_in_sweep`` |
"""

from services.chat.hub.hub import Hub
from services.chat.hub.outbound import Outbound, Wire
from services.chat.hub.safety_net import SafetyNet
from services.chat.hub.session import Session
from services.chat.hub.sign_in_sweep import SignInSweep

__all__ = ["Hub", "Outbound", "SafetyNet", "Session", "SignInSweep", "Wire"]
