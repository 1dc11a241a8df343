"""What cannot be quoted, and what to do; the catalogue and whoever quotes from a copy of it say it alike."""

from __future__ import annotations

from infra.chassis.refusals import Refusal


class ChannelNotOffered(Refusal):
    """The procedure is not offered over that channel."""

    vi = "Thủ tục {code} không tiếp nhận qua kênh {channel}; các kênh có: {offered}."
    en = "{code} is not offered over {channel}; offered: {offered}."
    todo_vi = "Chọn một trong các kênh được nêu."
    todo_en = "Choose one of the channels named."


class ChoiceMissing(Refusal):
    """A fee depends on a choice which was not made, or not among its options; ``options`` names them."""

    vi = "Cần chọn «{choice}» để tính {fee}; các lựa chọn: {shown}."
    en = "Choose “{choice}” to price {fee_en}; the options are: {shown_en}."
    todo_vi = "Gửi lại với choices có giá trị là một trong các mã lựa chọn."
    todo_en = "Send it again with choices holding one of the option ids."
