"""Who may come in, and how hard the process is pressed.

Newcomers are refused before members suffer.
"""

from services.chat.admission.admission import Admission
from services.chat.admission.gauge import PressureGauge
from services.chat.admission.memory import memory_share

__all__ = ["Admission", "PressureGauge", "memory_share"]
