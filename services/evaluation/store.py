"""How evaluation's state is kept: as JSON in the core's table of subjects. Nobody queries it, so no other table is."""

from __future__ import annotations

from pydantic import TypeAdapter

from services.evaluation.domain.dossier import State

STATE = TypeAdapter(State)
