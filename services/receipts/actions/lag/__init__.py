from services.receipts.actions.lag.judge import LagJudge

__all__ = ["LagJudge"]
