"""Controls: sliders and choices around charts, bets, decisions. Each has a plain-parameter twin that one can type."""

from crmlab.controls.bets import after_bet, bet, calibration, reveal
from crmlab.controls.decisions import decide, lab_button, memo
from crmlab.controls.explore import explore

__all__ = ["after_bet", "bet", "calibration", "decide", "explore", "lab_button", "memo", "reveal"]
