"""The folder that `eks-access adopt` writes: its own files are written again, and nobody else's."""

import json
from pathlib import Path

from .adopt_engine import Computed
from .adopt_environment import AdoptError

MARK = "<!-- Written by eks-access adopt; written again by its next run. -->"
PLAN, IMPORT, CONFIGURATION, KUBECONFIG = "plan.md", "import.json", "configuration.yaml", "kubeconfig.yaml"
MANIFEST = "manifest.json"
_FILES = frozenset({PLAN, IMPORT, CONFIGURATION, KUBECONFIG, MANIFEST})


def validate_folder(folder: Path) -> None:
    """
    Raises:
        AdoptError: the folder has something in it that this program did not write.
    """
    if not folder.exists() and not folder.is_symlink():
        return
    names = {each.name for each in folder.iterdir()} if folder.is_dir() else {""}
    if not names:
        return
    plan = folder / PLAN
    is_ours = names <= _FILES and plan.is_file() and plan.read_text(encoding="utf-8", errors="replace").startswith(MARK)
    if not is_ours:
        raise AdoptError(f"--out: {folder} is there and was not written by this command, so it is left as it is")


def write_folder(folder: Path, computed: Computed, plan: str, configuration: str, manifest: str = "") -> None:
    """Writes the files; those of an earlier run that there is nothing for any more are removed.

    Raises:
        AdoptError: one cannot be written.
    """
    texts = {
        # First, so that a folder whose writing was interrupted is known to be this program's.
        PLAN: f"{MARK}\n\n{plan}",
        IMPORT: json.dumps(computed.imported.content, indent=2, ensure_ascii=False) + "\n",
        CONFIGURATION: configuration,
        KUBECONFIG: computed.kubeconfig,
        MANIFEST: manifest,
    }
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in texts.items():
            path = folder / name
            if text:
                path.write_text(text, encoding="utf-8")
                path.chmod(0o600)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise AdoptError(f"--out: {error.filename}: {error.strerror}") from error


def name_file(folder: Path, name: str, project: Path) -> str:
    """A file's name for commands that are run in the project's folder."""
    path = (folder / name).resolve()
    return str(path.relative_to(project.resolve())) if path.is_relative_to(project.resolve()) else str(path)
