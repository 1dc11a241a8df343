"""What a procedure costs: a published definition and the applicant's choices in, lines and totals out. Pure.

*catalog* answers with it, and *applications*, which keeps published definitions, quotes with it by itself.
"""

from infra.fees.quoting import DEAREST, FeeQuery, format_money, quote
from infra.fees.refusals import ChannelNotOffered, ChoiceMissing

__all__ = ["DEAREST", "ChannelNotOffered", "ChoiceMissing", "FeeQuery", "format_money", "quote"]
