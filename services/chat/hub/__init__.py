"""Delivery inside one process: from the news of the streams to the sockets, in order."""

from services.chat.hub.hub import Hub
from services.chat.hub.outbound import Outbound, Wire
from services.chat.hub.safety_net import SafetyNet
from services.chat.hub.session import Session
from services.chat.hub.sign_in_sweep import SignInSweep

__all__ = ["Hub", "Outbound", "SafetyNet", "Session", "SignInSweep", "Wire"]
