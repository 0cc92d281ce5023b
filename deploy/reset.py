"""`./ocop reset`: forget everything that this checkout's instance knows."""

from __future__ import annotations

import shutil

import typer

from deploy.local import postgres
from deploy.local.layout import Layout, default_layout, instance_lock
from deploy.local.supervisor import Supervisor


def reset() -> None:
    """Quên mọi dữ liệu của phiên bản trên máy này, trừ những gì đã tải về. / Forget all data; keep what was fetched."""
    layout = default_layout()
    forget(layout)
    typer.echo(f"Đã quên dữ liệu tại {layout.home}. / The data at {layout.home} is forgotten.")


def forget(layout: Layout) -> None:
    """Nothing is left in the home but the cache; raises `AnotherInstance` while an instance runs there."""
    with instance_lock(layout):
        with Supervisor(layout):
            pass  # entering it ends what a crashed launcher left running
        postgres.forget(layout)
        for path in layout.home.iterdir():
            if path in (layout.cache, layout.lock_file):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
