"""Accounts for everything a site holds: a reader of its own, which shares no code with what it checks."""

from __future__ import annotations

from deploy.verify.account import account
from deploy.verify.findings import Account, Kind, Unexplained

__all__ = ["Account", "Kind", "Unexplained", "account"]
