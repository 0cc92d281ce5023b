"""Fetches Maven artifacts without Maven: `python jgo_fetch.py REPOSITORY DIRECTORY GROUP:ARTIFACT:VERSION…`.

Run as a file, with the wheels of `jgo.lock` on the path; verifying what came is the caller's part.
"""

import shutil
import sys
from pathlib import Path

from jgo.maven import MavenContext  # on the path of this one process only

DOWNLOAD_SECONDS_MAX = 60


def main(repository: Path, directory: Path, coordinates: list[str]) -> None:
    """Every artifact's jar stands in the directory under its usual name."""
    context = MavenContext(repo_cache=repository, timeout=DOWNLOAD_SECONDS_MAX)
    for coordinate in coordinates:
        group, artifact, version = coordinate.split(":")
        found = context.project(group, artifact).at_version(version).artifact().resolve()
        shutil.copyfile(found, directory / f"{artifact}-{version}.jar")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
